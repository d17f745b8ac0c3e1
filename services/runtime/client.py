"""Calls to another service: one channel for the life of the process, a deadline on every call.

`Peer.stub` gives a stub whose methods take the acting person or a token, pass on the request id
and what is left of the deadline, and raise the kinds of errors.py. Retries are in the service
config: UNAVAILABLE alone, and only where asking twice does no harm. The deadline is not: in grpcio
a `timeout` there fires a second early and the server sees none (grpc/grpc#40633, #34547).
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Self

import grpc
from grpc.aio import AioRpcError

from services.runtime import context, deadlines
from services.runtime.credentials import (
    AUTHORIZATION,
    PACKED,
    REQUEST_ID,
    packed,
    proof_of,
    service_key,
)
from services.runtime.errors import DeadlineExceeded, ServiceError, StartError
from services.runtime.settings import Settings
from services.runtime.status import DETAILS, error_of

RETRY = {
    "maxAttempts": 4,
    "initialBackoff": "0.05s",
    "maxBackoff": "0.5s",
    "backoffMultiplier": 2.0,
    "retryableStatusCodes": ["UNAVAILABLE"],
}


# Is told the acting person and the answer of each call, before the caller has it.
Heard = Callable[[int | None, Any], None]


class Peer:
    """One service as the others see it.

    Every RPC of ours is a read or carries a request_id, so all may be sent twice; `once` names the
    exceptions ("boss.task.v1.PeopleService/CreateToken").
    """

    def __init__(
        self,
        address: str,
        *,
        service: str,
        settings: Settings,
        once: Sequence[str] = (),
        heard: Heard | None = None,
    ) -> None:
        self._proof = proof_of(service, service_key(settings))
        self._heard = heard
        self._channel = _channel(address, settings, once)

    def stub(
        self,
        stub_class: Callable[[Any], Any],
        deadlines_s: Mapping[str, float] | None = None,
        **deadlines_by_method: float,
    ) -> "Stub":
        """Return a stub of the service; seconds by method where the defaults do not fit."""
        limits_s = deadlines_s or deadlines_by_method
        return Stub(stub_class(self._channel), self._proof, limits_s, heard=self._heard)

    async def close(self) -> None:
        """Close the channel; calls in flight are cancelled."""
        await self._channel.close()


class Stub:
    """The methods of one service: `await stub.GetTask(request, actor=7)`."""

    def __init__(
        self,
        generated: Any,
        proof: str,
        deadlines_s: Mapping[str, float],
        *,
        heard: Heard | None = None,
    ) -> None:
        for name, method in vars(generated).items():
            if isinstance(method, grpc.aio.UnaryUnaryMultiCallable):
                limit_s = deadlines.default_s(name, deadlines_s)
                setattr(self, name, _unary(method, proof, limit_s, name, heard))
            elif isinstance(
                method, grpc.aio.UnaryStreamMultiCallable | grpc.aio.StreamStreamMultiCallable
            ):
                setattr(self, name, _stream(method, proof))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the service has no method {name}")


class Responses:
    """A stream of answers; `async for` it, and `close` it (or `async with`) to end it early."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self._responses = call.__aiter__()

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        """Return the next answer; the kinds of errors.py where the stream broke."""
        try:
            return await self._responses.__anext__()
        except AioRpcError as error:
            raise _known(error) from error

    def close(self) -> None:
        """End the stream; does nothing when it has ended."""
        self._call.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.close()

    def __del__(self) -> None:
        self._call.cancel()


def channel_options(once: Sequence[str]) -> list[tuple[str, Any]]:
    """Return the options of a channel: balancing, retries, quick reconnection, keepalive."""
    config = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {"name": [{}], "retryPolicy": RETRY},
            *({"name": [_named(method)]} for method in once),
        ],
        # When more than half of the calls fail, retries stop making it worse.
        "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1},
    }
    return [
        ("grpc.service_config", json.dumps(config)),
        ("grpc.enable_retries", 1),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 1_000),
        ("grpc.max_reconnect_backoff_ms", 1_000),
        ("grpc.keepalive_time_ms", 20_000),
        ("grpc.keepalive_timeout_ms", 5_000),
        ("grpc.keepalive_permit_without_calls", 1),
        # A channel of its own for each peer, also where two have the same address.
        ("grpc.use_local_subchannel_pool", 1),
    ]


def _unary(
    method: Any,
    proof: str,
    limit_s: float,
    name: str,
    heard: Heard | None,
) -> Callable[..., Any]:
    async def call(
        request: Any,
        *,
        actor: int | None = None,
        token: str | None = None,
        timeout: float | None = None,
    ) -> Any:
        left = context.remaining()
        allowed = limit_s if timeout is None else timeout
        if left is not None and left - deadlines.MARGIN_S < allowed:
            allowed = left - deadlines.MARGIN_S
            if allowed <= 0:
                raise DeadlineExceeded("DEADLINE_EXCEEDED", f"No time is left to ask for {name}.")
        try:
            told = await method(request, timeout=allowed, metadata=_metadata(proof, actor, token))
        except AioRpcError as error:
            raise _known(error) from error
        if heard is not None:
            heard(actor, told)
        return told

    return call


def _stream(method: Any, proof: str) -> Callable[..., Responses]:
    def call(
        request: Any,
        *,
        actor: int | None = None,
        token: str | None = None,
        timeout: float | None = None,
    ) -> Responses:
        return Responses(method(request, timeout=timeout, metadata=_metadata(proof, actor, token)))

    return call


def _metadata(proof: str, actor: int | None, token: str | None) -> tuple[tuple[str, str], ...]:
    request_id = context.request_id() or context.new_request_id()
    if token is not None:
        return ((AUTHORIZATION, f"Bearer {token}"), (REQUEST_ID, request_id))
    origin = "" if actor is None else context.origin()
    return ((PACKED, packed(proof, request_id=request_id, actor=actor, origin=origin)),)


def _known(error: AioRpcError) -> ServiceError:
    raw = None
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS:
            raw = value
    return error_of(error.code(), error.details() or "", raw)


def _channel(address: str, settings: Settings, once: Sequence[str]) -> grpc.aio.Channel:
    options = channel_options(once)
    target = address if address.startswith("unix:") else f"dns:///{address}"
    if not settings.tls:
        return grpc.aio.insecure_channel(target, options=options)
    if settings.tls_cert is None or settings.tls_key is None or settings.tls_ca is None:
        raise StartError("mTLS needs BOSS_TLS_CERT, BOSS_TLS_KEY and BOSS_TLS_CA")
    credentials = grpc.ssl_channel_credentials(
        settings.tls_ca.read_bytes(), settings.tls_key.read_bytes(), settings.tls_cert.read_bytes()
    )
    return grpc.aio.secure_channel(target, credentials, options=options)


def _named(method: str) -> dict[str, str]:
    service, _, name = method.partition("/")
    return {"service": service, "method": name}
