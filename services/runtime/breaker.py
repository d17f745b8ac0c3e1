"""A circuit breaker that lets one probe through at a time.

The libraries tried let every waiting call through after the pause; an API that is coming back
would be asked by all of them at once.
"""

import enum
import time
from collections.abc import Callable


class State(enum.Enum):
    """Whether calls go through."""

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"


class Breaker:
    """Opens after so many failures in a row, then lets one call in `pause_s` seconds try.

    A probe that has not come back after `probe_s` makes room for the next one: an API that hangs
    keeps a probe for as long as the longest call, and may be back long before that.
    """

    def __init__(
        self,
        *,
        failures: int = 5,
        pause_s: float = 10.0,
        probe_s: float = float("inf"),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = failures
        self._pause_s = pause_s
        self._probe_s = probe_s
        self._clock = clock
        self._failures = 0
        self._tried_at = 0.0
        self._probed_at = 0.0
        self.state = State.CLOSED

    def enter(self) -> bool:
        """Return whether a call may go; one that may has to tell how it went."""
        if self.state is State.CLOSED:
            return True
        now = self._clock()
        if self.state is State.PROBING and now < self._probed_at + self._probe_s:
            return False
        if self.state is State.OPEN and now < self._tried_at + self._pause_s:
            return False
        self.state = State.PROBING
        self._probed_at = now
        return True

    def succeeded(self) -> None:
        """Note that the API has answered, be it by a refusal."""
        self._failures = 0
        self.state = State.CLOSED

    def failed(self) -> None:
        """Note that the API is broken, or silent."""
        self._failures += 1
        if self.state is State.PROBING or self._failures >= self._limit:
            self.state = State.OPEN
            self._tried_at = self._clock()

    def left(self) -> None:
        """Note that a call ended without an answer that tells anything (it was cancelled)."""
        if self.state is State.PROBING:
            self.state = State.OPEN

    def retry_in_s(self) -> float:
        """Return the seconds until the next call may try."""
        if self.state is State.CLOSED:
            return 0.0
        return max(0.0, self._tried_at + self._pause_s - self._clock())
