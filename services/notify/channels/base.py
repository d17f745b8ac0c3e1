"""What a channel is: an address for a person, and a send whose outcome is a value."""

from dataclasses import dataclass
from typing import Protocol

from services.notify.model import Message


@dataclass(frozen=True, slots=True)
class Sent:
    """It was taken; `external_id` is its name over there."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Retry:
    """It may work later. `after_s`: as the other side asked; None: by our own back-off.

    `tried` is False where nothing was sent at all, which is then no attempt.
    """

    reason: str
    after_s: float | None = None
    tried: bool = True


@dataclass(frozen=True, slots=True)
class Moved:
    """The address has changed; send it again there."""

    to: str


@dataclass(frozen=True, slots=True)
class Dead:
    """It will never work; the reason is for the operator."""

    reason: str


Outcome = Sent | Retry | Moved | Dead


class Channel(Protocol):
    """One way to people."""

    def wait_s(self, address: str) -> float:
        """Returns 0 and takes a place in the rate limit, or the seconds until there is one."""
        ...

    async def send(self, address: str, message: Message) -> Outcome:
        """Returns what became of it; an outside's failure is an outcome, never an exception."""
        ...
