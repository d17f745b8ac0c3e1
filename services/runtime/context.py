"""What is known of the call being served: its request id, its caller, the time it has left.

One context variable holds it all; the interceptors fill it, `client.py` passes it on, logs show it.
"""

import time
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a person (by token, or through a service that acts for them), or a service."""

    service: str | None = None
    person: int | None = None
    workspace: int | None = None
    token: int | None = None


NOBODY = Caller()


@dataclass(slots=True)
class Call:
    """One call being served. `deadline` is on the monotonic clock.

    `origin` is through what a person asks (telegram, web …); the edge sets it, calls carry it on.
    """

    request_id: str
    caller: Caller = NOBODY
    deadline: float | None = None
    metadata: Mapping[str, str | bytes] = field(default_factory=dict)
    origin: str = ""


_current: ContextVar[Call | None] = ContextVar("call", default=None)


def current() -> Call | None:
    """Return the call being served, None outside of one."""
    return _current.get()


def begin(call: Call) -> None:
    """Make this the call that the present task serves."""
    _current.set(call)


def request_id() -> str:
    """Return the id of the call being served, empty outside of one."""
    call = _current.get()
    return "" if call is None else call.request_id


def caller() -> Caller:
    """Return who called; a caller with nothing in it outside of a call."""
    call = _current.get()
    return NOBODY if call is None else call.caller


def set_caller(who: Caller) -> None:
    """Set who calls; the interceptor does so once the credential is checked."""
    call = _current.get()
    if call is None:
        call = Call(new_request_id())
        _current.set(call)
    call.caller = who


def origin() -> str:
    """Return through what the person asks; empty where nobody has said it."""
    call = _current.get()
    return "" if call is None else call.origin


def set_origin(through: str) -> None:
    """Set through what the person asks, once it is known."""
    call = _current.get()
    if call is None:
        call = Call(new_request_id())
        _current.set(call)
    call.origin = through


def remaining() -> float | None:
    """Return the seconds that are left, at least 0; None where there is no limit."""
    call = _current.get()
    if call is None or call.deadline is None:
        return None
    return max(0.0, call.deadline - time.monotonic())


def within(limit_s: float, *, margin_s: float) -> float:
    """Return the seconds that a call out may take: at most what is left but for the margin."""
    left_s = remaining()
    return limit_s if left_s is None else min(limit_s, left_s - margin_s)


def new_request_id() -> str:
    """Return an id for a call that brought none."""
    return uuid.uuid4().hex
