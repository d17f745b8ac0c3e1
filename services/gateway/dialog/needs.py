"""What a decision must know of the world, asked for without touching it.

`respond` is a generator: it yields a need, is sent the answer, and at last returns its decision.
Whoever drives it (`converse`, or a test with a table of answers) does the fetching.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from services.gateway.dialog.drafts import Draft
from services.gateway.dialog.effects import Effect
from services.gateway.dialog.model import Listing, NewTask, Person, Priority, Reading, Status, Task

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Need(Generic[T]):
    """Something to be fetched, of type T."""


Talk = Generator[Need[Any], Any, T]


@dataclass(frozen=True, slots=True)
class Interpret(Need[Reading]):
    """The reading of a text; `tasks` are those that "it" or "2" may mean."""

    text: str
    tasks: tuple[str, ...] = ()
    last_task: str = ""


@dataclass(frozen=True, slots=True)
class Tasks(Need[tuple[Task, ...]]):
    """These tasks, in this order; those that don't exist are left out."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search(Need[Listing]):
    """The first `limit` tasks that are so, nearest deadline first; without a status, open ones."""

    assignees: tuple[str, ...] = ()
    status: Status | None = None
    priority: Priority | None = None
    tag: str = ""
    text: str = ""
    due_after: datetime | None = None
    due_before: datetime | None = None
    limit: int = 10


@dataclass(frozen=True, slots=True)
class People(Need[tuple[Person, ...]]):
    """Everybody of the workspace who hasn't left."""


@dataclass(frozen=True, slots=True)
class FindDraft(Need[Draft | None]):
    """A draft of this chat."""

    id: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What an earlier message of a person led to: what was decided, and the tasks of its card.

    `read` are the tasks as the latest edit that was applied has them; empty before the first.
    """

    effects: tuple[Effect, ...]
    tasks: tuple[str, ...]
    # The gateway's own message that shows them.
    card: str | None
    read: tuple[NewTask, ...] = ()


@dataclass(frozen=True, slots=True)
class FindOrigin(Need[Origin | None]):
    """What the person's message with this id led to."""

    message: str


@dataclass(frozen=True, slots=True)
class Card:
    """A message that the gateway itself sent, and the tasks that it shows."""

    message: str
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindCard(Need[Card | None]):
    """The gateway's own message with this id, or that with the button of this act."""

    message: str = ""
    act: str = ""


def ask(need: Need[T]) -> Talk[T]:
    """The answer to one need."""
    answer: T = yield need
    return answer


def one_task(name: str) -> Talk[Task | None]:
    """The task, if there is one."""
    found: Sequence[Task] = yield from ask(Tasks((name,)))
    return found[0] if found else None
