"""How fast one outside API may be written to, over all and to each address. Time is an argument.

In this process alone: replicas share the bot by each having a share (BOSS_RATE_TELEGRAM_NOTIFY).
The outside's own word (429 and its retry_after) rules in any case.
"""

from dataclasses import dataclass, field

# Addresses whose bucket is full again need no memory; looked through when there are this many.
SWEEP_AT = 4096


@dataclass(slots=True)
class Bucket:
    """`burst` at once, then `per_s` a second; may be told to stand still until a time."""

    per_s: float
    burst: float
    left: float
    at: float
    still_until: float = 0.0

    def wait_s(self, now: float) -> float:
        """Returns the seconds until there is one to take; takes none."""
        self._fill(now)
        missing = 0.0 if self.left >= 1 else (1 - self.left) / self.per_s
        return max(missing, self.still_until - now, 0.0)

    def take(self, now: float) -> None:
        """Takes one."""
        self._fill(now)
        self.left -= 1

    def _fill(self, now: float) -> None:
        self.left = min(self.burst, self.left + (now - self.at) * self.per_s)
        self.at = now


@dataclass(slots=True)
class Pace:
    """The buckets of one outside API."""

    per_s: float
    per_address_s: float = 1.0
    address_burst: float = 3.0
    _all: Bucket = field(init=False)
    _each: dict[str, Bucket] = field(init=False, default_factory=dict)
    _paused: dict[str, float] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._all = Bucket(self.per_s, self.per_s, self.per_s, 0.0)

    def wait_s(self, address: str, now: float) -> float:
        """Returns 0 and takes a place, or the seconds until one is free."""
        each = self._bucket(address, now)
        wait = max(each.wait_s(now), self._all.wait_s(now))
        if wait <= 0:
            each.take(now)
            self._all.take(now)
            return 0.0
        return wait

    def asked_to_wait(self, address: str, seconds: float, now: float) -> None:
        """Notes a 429: this address rests; where several are told so at a time, all rest.

        Telegram does not say whether the limit was the chat's or the bot's; two chats that are
        refused within one pause mean the bot's.
        """
        until = now + seconds
        self._bucket(address, now).still_until = until
        self._paused = {a: u for a, u in self._paused.items() if u > now} | {address: until}
        if len(self._paused) > 1:
            self._all.still_until = max(self._all.still_until, until)

    def _bucket(self, address: str, now: float) -> Bucket:
        found = self._each.get(address)
        if found is None:
            if len(self._each) >= SWEEP_AT:
                self._each = {
                    a: b for a, b in self._each.items() if b.wait_s(now) > 0 or b.left < b.burst
                }
            found = Bucket(self.per_address_s, self.address_burst, self.address_burst, now)
            self._each[address] = found
        return found
