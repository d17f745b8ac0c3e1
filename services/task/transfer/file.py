"""A file as it was read: its records with their lines, and the lines that can't be taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from services.runtime.errors import Invalid, Violation
from services.task.model import Person, PersonId, Task
from services.task.rules.templates import Template
from services.task.transfer.kept import Comment, Head, Presence, Time

MOST_BYTES = 64 * 1024 * 1024
MOST_LINES = 200_000
MOST_REFUSED = 1_000  # lines that are told of one by one
MOST_TOLD = 1_000_000  # bytes of what is told of them
# The longest title and reason of a refused line that are shown, and how many reasons.
SHOWN, REASON, MOST_REASONS = 100, 300, 20

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Row(Generic[V]):
    """A record, and the line that it stands on."""

    line: int
    value: V


@dataclass(frozen=True, slots=True)
class Keyed(Generic[V]):
    """A person or a task, and what it is called in the file."""

    key: int
    value: V


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is not taken."""

    line: int
    title: str
    reasons: tuple[str, ...]

    def shown(self) -> Refused:
        """The same as people see it: short, and without what would move a terminal."""
        reasons = [_plain(each, REASON) for each in self.reasons[:MOST_REASONS]]
        if (more := len(self.reasons) - MOST_REASONS) > 0:
            reasons.append(f"And {more} faults more.")
        return Refused(self.line, _plain(self.title, SHOWN), tuple(reasons))


def _plain(text: str, most: int) -> str:
    shown = text if len(text) <= most else text[: most - 1] + "…"
    return "".join(each if each.isprintable() else " " for each in shown)


@dataclass(slots=True)
class File:
    """What a file holds. A table's people are those of the workspace, by their own numbers."""

    head: Head | None = None
    people: list[Row[Keyed[Person]]] = field(default_factory=list)
    templates: list[Row[Template]] = field(default_factory=list)
    tasks: list[Row[Keyed[Task]]] = field(default_factory=list)
    comments: list[Row[Comment]] = field(default_factory=list)
    times: list[Row[Time]] = field(default_factory=list)
    presences: list[Row[Presence]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    # People of the workspace whom a table names.
    named: dict[PersonId, PersonId] = field(default_factory=dict)
    # How people are told of a task that the file has, taken or not, by key: "T-7 (line 3)".
    called: dict[int, str] = field(default_factory=dict)
    # What is wrong with rows whose other cells are still to be checked, by line.
    faults: dict[int, tuple[str, ...]] = field(default_factory=dict)

    # Heads of columns that nothing was read from.
    unused: list[str] = field(default_factory=list)

    def refuse(self, line: int, title: str, *reasons: str) -> None:
        """Notes that a line is not taken."""
        self.refused.append(Refused(line, title, reasons))

    def drop(self, rows: list[Row[V]], refused: Iterable[Refused]) -> None:
        """Takes the refused ones out of its rows of a kind, and notes them."""
        found = list(refused)
        gone = {each.line for each in found}
        self.refused += found
        rows[:] = [row for row in rows if row.line not in gone]

    def lacking(self, key: int) -> str:
        """What is said to whoever names a task that is not taken."""
        if (called := self.called.get(key)) is not None:
            return f"{called} is not taken: correct it there, or leave it out here."
        return f"there is no task {key} in this file: add it, or leave it out here."

    def only(self, lines: frozenset[int]) -> None:
        """Keeps what stands on these lines."""
        for rows in self.rows:
            rows[:] = [row for row in rows if row.line in lines]

    @property
    def rows(self) -> tuple[list[Row], ...]:  # type: ignore[type-arg]
        """Its records by kind, in the order in which they are written."""
        return (
            self.people,
            self.templates,
            self.tasks,
            self.comments,
            self.times,
            self.presences,
        )

    @property
    def total(self) -> int:
        """How many records there are to take."""
        return sum(map(len, self.rows))


def unreadable(detail: str) -> Invalid:
    """The refusal of a whole file."""
    return Invalid("FILE_UNREADABLE", detail, violations=[Violation("content", detail)])


def too_large() -> Invalid:
    """The refusal of a file that is too much at once."""
    detail = (
        f"A file may have {MOST_BYTES // 2**20} MiB and {MOST_LINES:,} lines: take it in parts."
    )
    return Invalid("FILE_TOO_LARGE", detail, violations=[Violation("content", detail)])
