"""The metrics that every service has, and the text in which Prometheus reads them.

Each service's own are in its `metrics.py`. Names begin with boss_; no label takes a value from a
user. `docs/metrics.md` lists them all. What counts failures is there at 0 before the first one: of
a series that begins at 1, Prometheus sees no increase.
"""

import asyncio
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import REGISTRY

from services.runtime.quick_metrics import QuickHistogram

# Each would be a series more for each that there is; Prometheus does not read them.
disable_created_metrics()  # type: ignore[no-untyped-call]

# The objective (docs/slo.md). What takes longer is told in the log, and is an exemplar: so a slow
# request that a graph shows is found there by its id.
SLOW_S = 0.3
# From a cache hit to the model's 30 s; dense where the objective and the alerts are.
BUCKETS_S = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, SLOW_S, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0,
    30.0,
)  # fmt: skip
OUTCOMES = ("ok", "refused", "too_many", "timeout", "broken", "breaker_open", "cancelled")
ENDS = ("done", "failed", "left")


def expect(metric: Any, *labels: Iterable[str]) -> None:
    """Have a series for each value of the last label, at 0; the labels before it are given."""
    *given, last = labels
    for value in last:
        metric.labels(*given, value)


RPC_DURATION = QuickHistogram(
    "boss_rpc_duration_seconds",
    "Time to answer an RPC; a stream counts when it ends",
    ("service", "method", "code"),
    buckets=BUCKETS_S,
)
RPC_ERRORS = Counter(
    "boss_rpc_errors_total",
    "RPCs that failed by our fault: none that a caller could have avoided",
    ("service", "method"),
)
DEFECTS = Counter(
    "boss_defects_total", "Errors that nobody foresaw, by where they were caught", ("where",)
)
EXTERNAL_DURATION = Histogram(
    "boss_external_duration_seconds",
    "Time of a call to an outside API",
    ("api", "outcome"),
    buckets=BUCKETS_S,
)
BREAKER_OPEN = Gauge("boss_breaker_open", "1 while an outside API is not being asked", ("api",))
POOL_CONNECTIONS = Gauge(
    "boss_db_pool_connections", "Connections to the database: in_use, idle, limit", ("state",)
)
POOL_UTILISATION = Gauge(
    "boss_db_pool_utilisation", "Connections in use, as a share of all that may be opened"
)
POOL_WAITING = Gauge("boss_db_pool_waiting", "Callers in line for a connection to the database")
DB_FAILURES = Counter(
    "boss_db_failures_total",
    "What was asked of the database and not done: lost, busy, conflict, slow",
    ("reason",),
)
QUERY_DURATION = QuickHistogram(
    "boss_db_query_duration_seconds", "Time of a named statement", ("query",), buckets=BUCKETS_S
)
CLAIMS = Counter(
    "boss_claims_total", "Pieces of claimed work, by how they ended", ("loop", "outcome")
)
CLAIM_DURATION = Histogram(
    "boss_claim_duration_seconds", "Time to handle a claim", ("loop",), buckets=BUCKETS_S
)
RESTARTS = Counter(
    "boss_restarts_total", "Long-lived coroutines begun again after an error", ("name",)
)
READY = Gauge("boss_ready", "1 while the service says that it is ready", ("service",))
BUILD = Gauge("boss_build_info", "1, with the version that runs", ("version",))
expect(DB_FAILURES, ("lost", "busy", "conflict", "slow"))
DISK_FREE = Gauge(
    "boss_disk_free_ratio", "Free space where the state folder is, as a share of the whole"
)


_off = False


def switch(*, on: bool) -> None:
    """Measure requests, RPCs, statements and the cache, or don't (BOSS_METRICS); told once."""
    global _off  # noqa: PLW0603 -- one switch for the process, set before anything is measured
    _off = not on


def off() -> bool:
    """Whether nothing is measured."""
    return _off


async def expose(accept: str = "") -> tuple[bytes, str]:
    """Return all metrics of this process as the asker reads them, and their content type.

    Exemplars are in OpenMetrics alone, which Prometheus asks for. A thousand lines take many
    milliseconds: they are written beside the loop, which goes on meanwhile.
    """
    encode, media_type = choose_encoder(accept)
    return await asyncio.to_thread(encode, REGISTRY), media_type


def exemplar(request_id: str) -> dict[str, str]:
    """Return what ties an observation to its lines in the logs."""
    return {"request_id": request_id}


def follow_disk(folder: Path) -> None:
    """Tell at each scrape how much room is left where a folder is."""

    def free() -> float:
        try:
            usage = shutil.disk_usage(folder)
        except OSError:
            return float("nan")
        return usage.free / usage.total

    DISK_FREE.set_function(free)
