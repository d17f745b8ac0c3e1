"""The metrics that every service has, and the text in which Prometheus reads them.

Each service's own are in its `metrics.py`. Names begin with boss_; no label takes a value from a
user. `docs/metrics.md` lists them all.
"""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

# From a cache hit to the model's 30 s; p95 ≤ 500 ms is the alert, so it is dense round there.
BUCKETS_S = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0, 30.0,
)  # fmt: skip

RPC_DURATION = Histogram(
    "boss_rpc_duration_seconds",
    "Time to answer an RPC; a stream counts when it ends",
    ("service", "method", "code"),
    buckets=BUCKETS_S,
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
QUERY_DURATION = Histogram(
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


def expose() -> tuple[bytes, str]:
    """Return all metrics of this process as Prometheus reads them, and their content type."""
    return generate_latest(), CONTENT_TYPE_LATEST
