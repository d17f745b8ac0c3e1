"""What the edge measures of its requests."""

import time
from collections.abc import Iterable
from typing import Any

from prometheus_client import Counter, Gauge

from services.runtime import context, metrics
from services.runtime.metrics import BUCKETS_S, SLOW_S
from services.runtime.quick_metrics import QuickHistogram

SERVER_ERROR = 500

HTTP_DURATION = QuickHistogram(
    "boss_http_duration_seconds",
    "Time to answer an HTTP request; a stream counts when it ends",
    ("route", "method", "status"),
    buckets=BUCKETS_S,
)
HTTP_ERRORS = Counter(
    "boss_http_errors_total", "HTTP requests that failed by our fault (5xx)", ("route",)
)
HTTP_STREAMS = Gauge("boss_http_streams", "Streams of server-sent events that are open")

_children: dict[tuple[str, str, int], Any] = {}


def expect(routes: Iterable[str]) -> None:
    """Have what counts failures at 0 for each route."""
    for route in routes:
        HTTP_ERRORS.labels(route)
        metrics.DEFECTS.labels(route)


def took(
    route: str, method: str, status: int, *, began: float, told_when_slow: bool = True
) -> float:
    """Note how long a request took; return the seconds.

    What failed or was slow is told in the log and is an exemplar, so that one leads to the other;
    streams are not told of.
    """
    seconds = time.perf_counter() - began
    if metrics.off():
        return seconds
    key = (route, method, status)
    child = _children.get(key)
    if child is None:
        child = _children[key] = HTTP_DURATION.labels(route, method, str(status))
    if status >= SERVER_ERROR:
        HTTP_ERRORS.labels(route).inc()
    if (seconds > SLOW_S and told_when_slow) or status >= SERVER_ERROR:
        child.observe(seconds, metrics.exemplar(context.request_id()))
    else:
        child.observe(seconds)
    return seconds
