"""What is kept: a whole answer, where in the log it was read, and for how long it may take room."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from services.gateway.answer import Answer

# An entry's own objects, its key, and the compressed form that may be made of it later.
ENTRY_BYTES = 600
PACKED_SHARE = 4


class Life(enum.Enum):
    """How long an answer may take room; whether it is still right is another matter."""

    RESPONSE = "response"
    # One task, which only what touches it makes old.
    TASK = "task"
    STATISTICS = "statistics"
    DASHBOARD = "dashboard"
    PREFERENCES = "preferences"

    @property
    def seconds(self) -> float:
        """Return the longest time that an answer is kept."""
        return _SECONDS[self]


_SECONDS = {
    Life.RESPONSE: 60.0,
    Life.TASK: 60.0,
    Life.STATISTICS: 300.0,
    Life.DASHBOARD: 900.0,
    Life.PREFERENCES: 3_600.0,
}


class Key(NamedTuple):
    """Whose question it is, and which. Of two that ask the same, each may see something else.

    A tuple, as it is looked up at each request: a dataclass computes its hash in Python.
    """

    workspace: int
    viewer: int
    path: str
    query: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer with the head of the log of the very statement that read it.

    `made_at` is by the wall clock, before the question went out, as gateways share what they keep.
    """

    answer: Answer
    as_of: int
    made_at: float
    life: Life

    @property
    def size(self) -> int:
        """Return the bytes that it takes."""
        body = len(self.answer.body)
        headers = sum(len(name) + len(value) for name, value in self.answer.headers)
        return body + body // PACKED_SHARE + headers + ENTRY_BYTES


NewEnough = Callable[[Kept], bool]


class Keeping(Protocol):
    """A place where answers are kept. It may lose any of them at any time, and never fails."""

    async def get(self, key: Key, new_enough: NewEnough) -> Kept | None:
        """Return what is kept, None where nothing is or where it can't be had at once.

        It need not be new enough; but where it is not, something newer may be elsewhere.
        """

    async def put(self, key: Key, kept: Kept) -> None:
        """Keep an answer, if there is room."""

    def note(self, key: Key, kept: Kept) -> None:
        """Keep in this process alone what came along with another answer, if there is room."""

    async def close(self) -> None:
        """Give back what is held."""
