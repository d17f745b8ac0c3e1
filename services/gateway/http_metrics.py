"""What the edge measures of its requests."""

import time
from typing import Any

from prometheus_client import Gauge, Histogram

from services.runtime.metrics import BUCKETS_S

HTTP_DURATION = Histogram(
    "boss_http_duration_seconds",
    "Time to answer an HTTP request; a stream counts when it ends",
    ("route", "method", "status"),
    buckets=BUCKETS_S,
)
HTTP_STREAMS = Gauge("boss_http_streams", "Streams of server-sent events that are open")

_children: dict[tuple[str, str, int], Any] = {}


def took(route: str, method: str, status: int, *, began: float) -> float:
    """Note how long a request took; return the seconds."""
    seconds = time.perf_counter() - began
    key = (route, method, status)
    child = _children.get(key)
    if child is None:
        child = _children[key] = HTTP_DURATION.labels(route, method, str(status))
    child.observe(seconds)
    return seconds
