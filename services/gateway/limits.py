"""How often one may ask: a sliding window of a minute, in this process's memory.

A signed-in program may ask 100 times a minute (BOSS_RATE_API), a console session six times that,
an address without a sign-in 20 times (BOSS_RATE_PUBLIC), the webhook 200 (BOSS_RATE_WEBHOOK);
0 lifts a limit. Two counts a key: this minute's, and the last one's in proportion to how much of
it still lies in the window, so that no edge between minutes lets twice as many through.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from services.gateway.answer import Header
from services.runtime.errors import TooMany

CONSOLE_FACTOR = 6
WINDOW_S = 60
KEPT_KEYS = 20_000


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


@dataclass(slots=True)
class _Counts:
    window: int
    now: int = 0
    before: int = 0

    def slide(self, window: int) -> None:
        """Make this the present window."""
        if window != self.window:
            self.before = self.now if window == self.window + 1 else 0
            self.now = 0
            self.window = window


class Limiter:
    """Counts requests by key."""

    def __init__(
        self,
        rates: Rates,
        *,
        clock: Callable[[], float] = time.monotonic,
        kept_keys: int = KEPT_KEYS,
    ) -> None:
        self.rates = rates
        self._clock = clock
        self._kept_keys = kept_keys
        self._counts: dict[tuple[str, str], _Counts] = {}

    def count(self, sort: str, key: str, a_minute: int) -> tuple[Header, ...]:
        """Count one request; return the headers that tell what is left. TooMany at the limit."""
        if a_minute == 0:
            return ()
        now = self._clock()
        window, passed_s = int(now // WINDOW_S), now % WINDOW_S
        counts = self._of((sort, key), window)
        used = counts.before * (1 - passed_s / WINDOW_S) + counts.now
        if used + 1 > a_minute:
            wait_s = _wait_s(counts, a_minute, passed_s)
            raise TooMany(
                "RATE_LIMIT",
                f"More than {a_minute} requests in a minute: wait {wait_s} s, then go on.",
                metadata={"limit": str(a_minute)},
                retry_after=timedelta(seconds=wait_s),
            )
        counts.now += 1
        return headers(a_minute, left=int(a_minute - used - 1), reset_s=ceil(WINDOW_S - passed_s))

    def _of(self, key: tuple[str, str], window: int) -> _Counts:
        counts = self._counts.get(key)
        if counts is None:
            if len(self._counts) >= self._kept_keys:
                self._forget(window)
            counts = self._counts[key] = _Counts(window)
        counts.slide(window)
        return counts

    def _forget(self, window: int) -> None:
        """Drop those that have not asked lately; where all have, the older half."""
        self._counts = {
            key: counts for key, counts in self._counts.items() if counts.window >= window - 1
        }
        if len(self._counts) >= self._kept_keys:
            kept = list(self._counts.items())[self._kept_keys // 2 :]
            self._counts = dict(kept)


def _wait_s(counts: _Counts, a_minute: int, passed_s: float) -> int:
    """Return the seconds until one more request fits."""
    room = a_minute - 1 - counts.now
    if room >= 0 and counts.before:
        # In this window: enough of the last one has to slide out.
        share = 1 - room / counts.before
        return max(1, ceil(WINDOW_S * share - passed_s))
    # In the next one, in which this window's count slides out.
    share = 1 - (a_minute - 1) / max(1, counts.now)
    return max(1, ceil(WINDOW_S - passed_s + WINDOW_S * max(0.0, share)))


def headers(a_minute: int, *, left: int, reset_s: int) -> tuple[Header, ...]:
    """Return what draft-ietf-httpapi-ratelimit-headers calls limit, remaining and reset."""
    return (
        (b"ratelimit-policy", f"{a_minute};w={WINDOW_S}".encode()),
        (b"ratelimit-limit", str(a_minute).encode()),
        (b"ratelimit-remaining", str(max(0, left)).encode()),
        (b"ratelimit-reset", str(reset_s).encode()),
    )
