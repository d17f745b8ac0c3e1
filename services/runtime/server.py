"""A service's gRPC server: interceptors, health, reflection, TLS or loopback, an orderly stop.

The order of stopping: NOT_SERVING, streams ended, no new calls, calls in flight finished (1.5 s at
most), background work cancelled, pools closed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from services.runtime import deadlines as limits
from services.runtime import logs, process
from services.runtime.credentials import Authenticate
from services.runtime.errors import AddressInUse, ServiceError, StartError
from services.runtime.exposition import exposing
from services.runtime.interceptors import Method, Streams, chain, wrap
from services.runtime.parse import is_loopback
from services.runtime.settings import Settings
from services.runtime.supervise import Supervisor

DRAIN_S = 1.5
CLOSE_S = 0.5
READY_EVERY_S = 0.5
READY_WITHIN_S = 0.5
OPTIONS = (
    # Two servers on one port would share its calls silently; we want to hear that it is taken.
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # So that clients meet new replicas; a stream resumes from its cursor.
    ("grpc.max_connection_age_ms", 3_600_000),
    ("grpc.max_connection_age_grace_ms", 60_000),
)

_log = logs.logger("server")


@dataclass(frozen=True, slots=True)
class Servicer:
    """A servicer and the generated function that adds it to a server."""

    add: Callable[[Any, Any], None]
    servicer: object


@dataclass(frozen=True, slots=True)
class Background:
    """A coroutine that lives as long as the server, restarted when it dies."""

    name: str
    run: Callable[[], Awaitable[None]]


class Server:
    """A gRPC server that is not ready until told so."""

    def __init__(
        self,
        settings: Settings,
        *,
        address: str,
        servicers: Sequence[Servicer],
        authenticate: Authenticate,
        deadlines: Mapping[str, float] | None = None,
    ) -> None:
        self._streams = Streams()
        self._server = grpc.aio.server(options=OPTIONS)
        self._health = health.aio.HealthServicer()
        handlers: Any = _Handlers()
        registrar = _Wrapping(handlers, self._streams, authenticate, deadlines)
        for each in servicers:
            each.add(each.servicer, registrar)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, handlers)
        self.names = (*registrar.names, health.SERVICE_NAME)
        reflecting = reflection.aio.ReflectionServicer((*self.names, reflection.SERVICE_NAME))
        add_reflection: Any = reflection_pb2_grpc.add_ServerReflectionServicer_to_server
        add_reflection(reflecting, handlers)
        self._server.add_generic_rpc_handlers((handlers,))
        self.address = _listen(self._server, settings, address)
        self.ready = False

    async def start(self) -> None:
        """Take calls; health says NOT_SERVING until `set_ready`."""
        await self._tell(health_pb2.HealthCheckResponse.NOT_SERVING)
        await self._server.start()

    async def set_ready(self, *, ready: bool) -> None:
        """Tell health whether the service can do its work."""
        if ready != self.ready:
            self.ready = ready
            serving = health_pb2.HealthCheckResponse
            await self._tell(serving.SERVING if ready else serving.NOT_SERVING)

    async def stop(self, *, grace_s: float = DRAIN_S) -> None:
        """Take no more calls, end the streams, let the calls in flight finish."""
        self.ready = False
        await self._health.enter_graceful_shutdown()
        self._streams.stop()
        await self._server.stop(grace_s)

    async def _tell(self, status: Any) -> None:
        for name in ("", *self.names):
            await self._health.set(name, status)


async def serve(
    settings: Settings,
    *,
    service: str,
    address: str,
    servicers: Sequence[Servicer],
    authenticate: Authenticate,
    ready: Callable[[], Awaitable[bool]],
    deadlines: Mapping[str, float] | None = None,
    background: Sequence[Background] = (),
    on_stop: Sequence[Callable[[], Awaitable[None]]] = (),
    stopping: asyncio.Event | None = None,
) -> None:
    """Serve until the process is told to stop (or `stopping` is set), then stop in order."""
    stop = process.stopping() if stopping is None else stopping
    server = Server(
        settings,
        address=address,
        servicers=servicers,
        authenticate=authenticate,
        deadlines=deadlines,
    )
    async with AsyncExitStack() as stack:
        for close in reversed(on_stop):
            stack.push_async_callback(_closed, close)
        supervisor = await stack.enter_async_context(Supervisor())
        base = await stack.enter_async_context(
            exposing(settings, service=service, ready=lambda: server.ready)
        )
        await server.start()
        stack.push_async_callback(server.stop)
        for each in background:
            supervisor.start(each.name, each.run)
        _log.info("serving", address=server.address, metrics=f"{base}/metrics")
        while not stop.is_set():
            await server.set_ready(ready=await _is_ready(ready))
            try:
                await asyncio.wait_for(stop.wait(), READY_EVERY_S)
            except TimeoutError:
                continue
        _log.info("stopping")


class _Handlers(grpc.GenericRpcHandler):
    """All handlers by method, in one table; stands in for the server while servicers are added.

    grpcio's server waits on one future for each method that is registered with it, for each call
    anew: with our hundred methods that is a third of what a small call costs it.
    """

    def __init__(self) -> None:
        self._by_method: dict[str, Any] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """Return what handles a call, None where nothing does."""
        return self._by_method.get(handler_call_details.method)

    def add_generic_rpc_handlers(self, _handlers: object) -> None:
        """Nothing: generated code gives the same handlers to both of these."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """Add the handlers of one service."""
        self._by_method.update((f"/{service}/{name}", each) for name, each in handlers.items())


class _Wrapping(_Handlers):
    """The same, with the interceptors round each handler."""

    def __init__(
        self,
        handlers: _Handlers,
        streams: Streams,
        authenticate: Authenticate,
        deadlines: Mapping[str, float] | None,
    ) -> None:
        super().__init__()
        self._handlers = handlers
        self._streams = streams
        self._chain = chain(authenticate)
        self._deadlines = deadlines
        self.names: list[str] = []

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """Add the handlers of one service, wrapped."""
        self.names.append(service)
        self._handlers.add_registered_method_handlers(
            service, {name: self._wrapped(service, name, each) for name, each in handlers.items()}
        )

    def _wrapped(self, service: str, name: str, handler: Any) -> Any:
        messages = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.unary_unary is not None:
            method = Method(service, name, limits.default_s(name, self._deadlines))
            behaviour = wrap(self._chain, method, handler.unary_unary)
            return grpc.unary_unary_rpc_method_handler(behaviour, **messages)
        if handler.unary_stream is not None:
            written = self._streams.written(handler.unary_stream)
            behaviour = wrap(self._chain, Method(service, name), written)
            return grpc.unary_stream_rpc_method_handler(behaviour, **messages)
        if handler.stream_stream is not None:
            written = self._streams.written(handler.stream_stream)
            behaviour = wrap(self._chain, Method(service, name), written)
            return grpc.stream_stream_rpc_method_handler(behaviour, **messages)
        message = f"{service}/{name}: a stream of requests is answered by a stream here"
        raise TypeError(message)


def _listen(server: grpc.aio.Server, settings: Settings, address: str) -> str:
    """Bind, and return the address with the port that was given for port 0."""
    host = address.rpartition(":")[0]
    try:
        if settings.tls:
            port = server.add_secure_port(address, _server_credentials(settings))
        elif address.startswith("unix:") or is_loopback(host) or settings.allow_plaintext:
            port = server.add_insecure_port(address)
        else:
            raise StartError(
                f"{address} is not on loopback: set BOSS_TLS_CERT, BOSS_TLS_KEY and BOSS_TLS_CA, "
                f"or BOSS_ALLOW_PLAINTEXT=1 where something else encrypts"
            )
    except RuntimeError as error:
        raise AddressInUse(
            f"{address} cannot be listened on: it is in use, or not of this machine"
        ) from error
    return address if address.startswith("unix:") else f"{host}:{port}"


def _server_credentials(settings: Settings) -> grpc.ServerCredentials:
    if settings.tls_cert is None or settings.tls_key is None or settings.tls_ca is None:
        raise StartError("mTLS needs BOSS_TLS_CERT, BOSS_TLS_KEY and BOSS_TLS_CA")
    return grpc.ssl_server_credentials(
        [(settings.tls_key.read_bytes(), settings.tls_cert.read_bytes())],
        root_certificates=settings.tls_ca.read_bytes(),
        require_client_auth=True,
    )


async def _is_ready(ready: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            return await ready()
    except (ServiceError, TimeoutError) as error:
        _log.warning("not ready", error=str(error) or repr(error))
        return False


async def _closed(close: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(CLOSE_S):
            await close()
    except TimeoutError:
        _log.warning("a part does not close in time")
