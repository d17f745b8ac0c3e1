"""/health, /ready and /metrics: what machines ask."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from grpc_health.v1 import health_pb2

from services.gateway import VERSION, shapes
from services.gateway.answer import Answer, json
from services.gateway.auth import Auth
from services.gateway.clients import Clients
from services.gateway.operation import Access, Call, Operation
from services.runtime import metrics
from services.runtime.database import Database
from services.runtime.errors import ServiceError

WITHIN_S = 0.8
# Without these nothing can be served. Messages wait in the inbox for `ai`, deliveries in the
# ledger for `notify`, so that their absence delays and loses nothing.
NEEDED = frozenset({"task", "database"})
UNCACHED = ((b"cache-control", b"no-store"),)

Probe = Callable[[], Awaitable[bool]]


class Ops:
    """What machines ask of this process."""

    def __init__(self, clients: Clients, database: Database, auth: Auth) -> None:
        self._auth = auth
        self._probes: Mapping[str, Probe] = {
            **{name: _serving(clients, name) for name in ("task", "ai", "notify")},
            "database": _pinged(database),
        }

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", "/health", self.health, "The process is alive", {200: shapes.Health},
                access=Access.PROBE,
            ),
            Operation(
                "GET", "/ready", self.ready, "Whether requests can be served",
                {200: shapes.Ready, 503: shapes.Ready}, access=Access.PROBE,
            ),
            Operation(
                "GET", "/metrics", self.metrics,
                "Figures for Prometheus; from this machine, or with a token", {200: str},
                access=Access.PROBE, media_type="text/plain", problems=(401,),
            ),
        )  # fmt: skip

    async def health(self, _call: Call) -> Answer:
        """Answer that the process lives; touches nothing else."""
        return json(shapes.Health("ok", VERSION), headers=UNCACHED)

    async def ready(self, _call: Call) -> Answer:
        """Answer what each part behind this one says of itself."""
        found = await asyncio.gather(*(_timed(probe) for probe in self._probes.values()))
        parts = {
            name: shapes.Dependency("up" if up else "down", latency_ms, name in NEEDED)
            for name, (up, latency_ms) in zip(self._probes, found, strict=True)
        }
        down = {name for name, part in parts.items() if part.state == "down"}
        if down & NEEDED:
            return json(shapes.Ready("down", parts), 503, headers=UNCACHED)
        return json(shapes.Ready("degraded" if down else "ready", parts), headers=UNCACHED)

    async def metrics(self, call: Call) -> Answer:
        """Answer with this process's figures."""
        if not call.local:
            await self._auth.identify(call)
        body, media_type = await metrics.expose(call.header(b"accept") or "")
        return Answer(200, body, UNCACHED, media_type.encode())


def _serving(clients: Clients, name: str) -> Probe:
    async def probe() -> bool:
        told = await clients.health[name].Check(health_pb2.HealthCheckRequest(), timeout=WITHIN_S)
        return bool(told.status == health_pb2.HealthCheckResponse.SERVING)

    return probe


def _pinged(database: Database) -> Probe:
    async def probe() -> bool:
        await database.ping()
        return True

    return probe


async def _timed(probe: Probe) -> tuple[bool, float]:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(WITHIN_S):
            up = await probe()
    except (ServiceError, TimeoutError):
        up = False
    return up, round((time.perf_counter() - began) * 1000, 2)
