"""Prometheus' histogram and counter at a quarter of the cost, for what every request counts.

The library's own find a bucket by trying each, and take a lock for each number. Our counting is
done in the loop's thread, so none is needed; what is read at a scrape stays the library's.
`tests/unit/runtime/test_quick_metrics.py` holds both to the same figures.
"""

# ruff: noqa: SLF001 -- numbers of the library's own objects are added to, without its lock

import time
from bisect import bisect_left

from prometheus_client import Counter, Histogram
from prometheus_client.samples import Exemplar


class QuickHistogram(Histogram):
    """A histogram of which the loop's thread alone makes observations."""

    def observe(self, amount: float, exemplar: dict[str, str] | None = None) -> None:
        """Note an amount, with what it is an example of."""
        self._sum._value += amount
        bucket = self._buckets[bisect_left(self._upper_bounds, amount)]
        bucket._value += 1
        if exemplar is not None:
            bucket.set_exemplar(Exemplar(exemplar, amount, time.time()))


class QuickCounter(Counter):
    """A counter that the loop's thread alone counts with."""

    def inc(self, amount: float = 1, _exemplar: dict[str, str] | None = None) -> None:
        """Count on."""
        self._value._value += amount
