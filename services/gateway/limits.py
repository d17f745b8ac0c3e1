"""How often one may ask: sliding windows of a minute, in this process's memory.

A signed-in program may ask 100 times a minute (BOSS_RATE_API), a console session six times that,
an address without a sign-in 20 times (BOSS_RATE_PUBLIC), the webhook 200 (BOSS_RATE_WEBHOOK);
0 lifts a limit. Built on `limits`: two counters a key, 12 µs a question.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from services.gateway.answer import Header
from services.runtime.errors import TooMany

CONSOLE_FACTOR = 6


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a minute; 0: no limit."""

    api: int
    public: int
    webhook: int

    @property
    def console(self) -> int:
        """Return the limit of a session: a page asks more often than a program."""
        return self.api * CONSOLE_FACTOR


class Limiter:
    """Counts requests by key."""

    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self._windows = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, sort: str, key: str, a_minute: int) -> tuple[Header, ...]:
        """Count one request; return the headers that tell what is left. TooMany at the limit."""
        if a_minute == 0:
            return ()
        item = RateLimitItemPerMinute(a_minute)
        counted = self._windows.hit(item, sort, key)
        stats = self._windows.get_window_stats(item, sort, key)
        reset_s = max(1, ceil(stats.reset_time - time.time()))
        if not counted:
            raise TooMany(
                "RATE_LIMIT",
                f"More than {a_minute} requests in a minute: wait {reset_s} s, then go on.",
                metadata={"limit": str(a_minute)},
                retry_after=timedelta(seconds=reset_s),
            )
        return headers(a_minute, left=stats.remaining, reset_s=reset_s)


def headers(a_minute: int, *, left: int, reset_s: int) -> tuple[Header, ...]:
    """Return what draft-ietf-httpapi-ratelimit-headers calls limit, remaining and reset."""
    return (
        (b"ratelimit-policy", f"{a_minute};w=60".encode()),
        (b"ratelimit-limit", str(a_minute).encode()),
        (b"ratelimit-remaining", str(max(0, left)).encode()),
        (b"ratelimit-reset", str(reset_s).encode()),
    )
