"""What happens round every RPC, one concern each, in the one order of `chain`.

Handlers are wrapped once, when a service is registered, so a call costs plain nested coroutines.
A stream is written by the innermost wrapper, so that the others see one coroutine for both sorts.
Servicers raise kinds of errors.py and never touch the RPC's status.
"""

import asyncio
import logging
import math
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import grpc
from grpc.aio import AbortError

from services.runtime import context as calls
from services.runtime import logs
from services.runtime import metrics as figures
from services.runtime.credentials import REQUEST_ID, Authenticate, unpacked
from services.runtime.errors import DeadlineExceeded, Internal, ServiceError, Unavailable
from services.runtime.status import CODES, DETAILS, details

# Codes that say that the fault is ours; the others a caller could have avoided.
OURS = frozenset(
    {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
)

Rpc = Any  # grpc.aio.ServicerContext: its stubs are generic over both messages
Behaviour = Callable[[Any, Rpc], Awaitable[Any]]

_log = logs.logger("rpc")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC as the interceptors know it; no deadline for a stream."""

    service: str
    name: str
    deadline_s: float | None = None


Interceptor = Callable[[Method, Behaviour], Behaviour]


def chain(authenticate: Authenticate) -> tuple[Interceptor, ...]:
    """Return the interceptors, outermost first; each line says why it stands where it does."""
    return (
        context,  # first: all others, and every log line, show the request id
        log,  # outside of metrics, so that its line tells the time that the caller has seen
        metrics,  # outside of errors and authenticate, so that it counts refusals too
        errors,  # outside of all that raises kinds: one place makes a status of them
        deadline,  # outside of authenticate, which may itself ask another service
        authenticated_by(authenticate),  # last: whatever is further in knows its caller
    )


def wrap(interceptors: tuple[Interceptor, ...], method: Method, behaviour: Behaviour) -> Behaviour:
    """Return the behaviour with the interceptors round it."""
    for interceptor in reversed(interceptors):
        behaviour = interceptor(method, behaviour)
    return behaviour


def context(_method: Method, inner: Behaviour) -> Behaviour:
    """Begin the call's context: the request id that came along, or a new one."""

    async def call(request: Any, rpc: Rpc) -> Any:
        metadata = unpacked(dict(rpc.invocation_metadata() or ()))
        given = metadata.get(REQUEST_ID)
        if not (isinstance(given, str) and _REQUEST_ID.fullmatch(given)):
            given = calls.new_request_id()
        calls.begin(calls.Call(given, metadata=metadata))
        return await inner(request, rpc)

    return call


def log(method: Method, inner: Behaviour) -> Behaviour:
    """Write a line for each call: at info when it failed or was slow, else at debug."""

    def write(began: float, code: str) -> None:
        seconds = time.perf_counter() - began
        told = code not in {"OK", "CANCELLED"} or (
            seconds > figures.SLOW_S and method.deadline_s is not None
        )
        if told or _log.is_enabled_for(logging.DEBUG):
            who = calls.caller()
            (_log.info if told else _log.debug)(
                "rpc",
                method=f"{method.service}/{method.name}",
                code=code,
                seconds=round(seconds, 4),
                person=who.person,
                by=who.service,
            )

    async def call(request: Any, rpc: Rpc) -> Any:
        began = time.perf_counter()
        try:
            response = await inner(request, rpc)
        except BaseException as error:
            write(began, code_of(error, rpc))
            raise
        write(began, "OK")
        return response

    return call


def metrics(method: Method, inner: Behaviour) -> Behaviour:
    """Measure each call by how it ended; what the log tells of is an exemplar too."""
    if figures.off():
        return inner
    # Made with the first call: each has a dozen series, and most methods are seldom called.
    fine: Any = None
    failed = figures.RPC_ERRORS.labels(method.service, method.name)
    slow_s = figures.SLOW_S if method.deadline_s is not None else math.inf

    async def call(request: Any, rpc: Rpc) -> Any:
        nonlocal fine
        began = time.perf_counter()
        try:
            response = await inner(request, rpc)
        except BaseException as error:
            code = code_of(error, rpc)
            figures.RPC_DURATION.labels(method.service, method.name, code).observe(
                time.perf_counter() - began, figures.exemplar(calls.request_id())
            )
            if code in OURS:
                failed.inc()
            raise
        seconds = time.perf_counter() - began
        if fine is None:
            fine = figures.RPC_DURATION.labels(method.service, method.name, "OK")
        if seconds > slow_s:
            fine.observe(seconds, figures.exemplar(calls.request_id()))
        else:
            fine.observe(seconds)
        return response

    return call


def errors(method: Method, inner: Behaviour) -> Behaviour:
    """End the call with the status of the kind raised; anything else is a defect of ours."""
    defects = figures.DEFECTS.labels(f"{method.service}/{method.name}")

    async def call(request: Any, rpc: Rpc) -> Any:
        try:
            return await inner(request, rpc)
        except ServiceError as error:
            await abort(rpc, error)
        except AbortError:
            raise
        except Exception:  # noqa: BLE001 -- the edge of an RPC
            defects.inc()
            _log.exception("defect", method=f"{method.service}/{method.name}")
            await abort(
                rpc,
                Internal(
                    "INTERNAL",
                    f"Something is wrong here; the log has it under {calls.request_id()}.",
                    metadata={"request_id": calls.request_id()},
                ),
            )

    return call


def deadline(method: Method, inner: Behaviour) -> Behaviour:
    """Give the call its time: what the caller allows, at most what the method may take.

    gRPC itself ends the call at the caller's deadline; ours is for callers who set none, or more.
    """
    limit = method.deadline_s

    async def call(request: Any, rpc: Rpc) -> Any:
        current = calls.current()
        left = rpc.time_remaining()
        if current is None or (left is None and limit is None):
            return await inner(request, rpc)
        if limit is None or (left is not None and left <= limit):
            current.deadline = time.monotonic() + left
            return await inner(request, rpc)
        current.deadline = time.monotonic() + limit
        try:
            async with asyncio.timeout(limit) as ours:
                return await inner(request, rpc)
        except TimeoutError as error:
            if not ours.expired():
                raise
            raise DeadlineExceeded(
                "DEADLINE_EXCEEDED", f"{method.name} took longer than {limit:g} s."
            ) from error

    return call


def authenticated_by(authenticate: Authenticate) -> Interceptor:
    """Return the interceptor that finds out who calls."""

    def authenticated(_method: Method, inner: Behaviour) -> Behaviour:
        async def call(request: Any, rpc: Rpc) -> Any:
            current = calls.current()
            if current is not None:
                current.caller = await authenticate(current.metadata)
            return await inner(request, rpc)

        return call

    return authenticated


class Streams:
    """The streams that are open: a server that stops ends them instead of waiting for them."""

    def __init__(self) -> None:
        self._open: set[asyncio.Task[Any]] = set()
        self._stopping = asyncio.Event()

    def written(self, stream: Callable[[Any, Rpc], Any]) -> Behaviour:
        """Return a behaviour that writes what the stream yields, until the server stops."""

        async def call(request: Any, rpc: Rpc) -> None:
            if self._stopping.is_set():
                raise stopping()
            task = asyncio.current_task()
            if task is None:
                return
            self._open.add(task)
            try:
                async with aclosing(stream(request, rpc)) as responses:
                    async for response in responses:
                        await rpc.write(response)
            except asyncio.CancelledError:
                if not self._stopping.is_set():
                    raise
                task.uncancel()
                raise stopping() from None
            finally:
                self._open.discard(task)

        return call

    def stop(self) -> None:
        """End all open streams; those that begin from now on are refused."""
        self._stopping.set()
        for task in self._open:
            task.cancel()


def stopping() -> Unavailable:
    """Return what the callers of a server that stops are told."""
    return Unavailable("STOPPING", "This server stops; ask another, or the same one again soon.")


async def abort(rpc: Rpc, error: ServiceError) -> None:
    """End the RPC with the status of this error; raises."""
    await rpc.abort(CODES[error.kind], error.message, ((DETAILS, details(error)),))


def code_of(error: BaseException, rpc: Rpc) -> str:
    """Return the name of the code that the caller sees."""
    code = rpc.code()
    if isinstance(error, asyncio.CancelledError):
        late = calls.remaining() == 0
        return "DEADLINE_EXCEEDED" if late else "CANCELLED"
    return code.name if isinstance(code, grpc.StatusCode) else "UNKNOWN"
