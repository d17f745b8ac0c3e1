"""What the gateway measures of the answers that it keeps."""

from typing import Any

from prometheus_client import Counter, Gauge

from services.gateway.caching.kept import Life
from services.runtime.metrics import expect, off
from services.runtime.quick_metrics import QuickCounter, QuickHistogram

RESULTS = ("hit", "miss", "outdated", "unseen", "unsettled", "too_old", "ahead", "off")

CACHE_REQUESTS = QuickCounter(
    "boss_cache_requests_total",
    "Questions whose answer may be kept, by what became of them",
    ("cache", "result"),
)
CACHE_BYTES = Gauge("boss_cache_bytes", "Bytes of the answers kept in this process")
CACHE_ENTRIES = Gauge("boss_cache_entries", "Answers kept in this process")
CACHE_EVICTIONS = Counter(
    "boss_cache_evictions_total", "Answers dropped before their time, as there was no room"
)
CACHE_AGE = QuickHistogram(
    "boss_cache_age_seconds",
    "Age of kept answers when they are given; they are right whatever their age",
    ("cache",),
    buckets=(0.01, 0.1, 1.0, 10.0, 60.0, 300.0, 900.0, 3600.0),
)
CACHE_WAITS = Counter(
    "boss_cache_waits_total", "Questions that waited for the answer to an equal one", ("cache",)
)
for life in Life:
    expect(CACHE_REQUESTS, life.value, RESULTS)
    CACHE_WAITS.labels(life.value)

CACHE_WARMED = Counter(
    "boss_cache_warmed_total",
    "Answers made before somebody asked: at the start, after bulk changes",
)

STREAM_AGE = Gauge(
    "boss_cache_stream_age_seconds",
    "Time since the log said that it has been heard to its end; over 1 s nothing kept is given",
)
HEARD = Gauge(
    "boss_log_position", "The position of the log that this consumer has read", ("consumer",)
)

_results: dict[tuple[str, str], Any] = {}
_ages: dict[str, Any] = {}


def asked(cache: str, result: str) -> None:
    """Count a question: one of RESULTS."""
    if off():
        return
    key = (cache, result)
    child = _results.get(key)
    if child is None:
        child = _results[key] = CACHE_REQUESTS.labels(cache, result)
    child.inc()


def given(cache: str, age_s: float) -> None:
    """Note the age of a kept answer that is given."""
    if off():
        return
    child = _ages.get(cache)
    if child is None:
        child = _ages[cache] = CACHE_AGE.labels(cache)
    child.observe(age_s)
