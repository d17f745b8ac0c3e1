"""What the quick ones tell is what the library's own would."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.openmetrics.exposition import generate_latest

from services.runtime.quick_metrics import QuickCounter, QuickHistogram

BUCKETS = (0.1, 0.3, 1.0)


def told(counter, histogram) -> str:
    registry = CollectorRegistry()
    labelled = histogram("took", "…", ("route",), buckets=BUCKETS, registry=registry)
    # The bounds belong to the bucket below them.
    for seconds in (0.0, 0.1, 0.2, 0.3, 0.30001, 1.0, 7.0):
        labelled.labels("/a").observe(seconds)
    labelled.labels("/never")
    plain = histogram("plain", "…", buckets=BUCKETS, registry=registry)
    plain.observe(0.5)
    counted = counter("asked", "…", ("result",), registry=registry)
    counted.labels("hit").inc()
    counted.labels("hit").inc(2.5)
    counted.labels("miss")
    return "\n".join(
        line for line in generate_latest(registry).decode().splitlines() if "_created" not in line
    )


def test_they_tell_the_same_as_the_librarys_own():
    assert told(QuickCounter, QuickHistogram) == told(Counter, Histogram)


@pytest.mark.parametrize("seconds", [0.05, 0.3, 9.0])
def test_an_exemplar_stands_at_the_bucket_of_its_amount(seconds):
    registries = []
    for kind in (QuickHistogram, Histogram):
        registry = CollectorRegistry()
        kind("took", "…", buckets=BUCKETS, registry=registry).observe(seconds, {"request_id": "r"})
        registries.append(registry)

    ours, theirs = (
        [
            line.rsplit(" ", 1)[0]  # without the time
            for line in generate_latest(registry).decode().splitlines()
            if "request_id" in line
        ]
        for registry in registries
    )
    assert ours == theirs
    assert len(ours) == 1
