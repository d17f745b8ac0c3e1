"""Reading a table of tasks: our own, the predecessor's, or anybody's with a column of titles.

Cells are read one by one, and all that is wrong with a row is told at once.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from services.task.convert.names import LEGACY
from services.task.model import (
    Assignee,
    Criterion,
    PersonId,
    Priority,
    Status,
    Task,
    TaskNumber,
)
from services.task.rules import transfer as rules
from services.task.rules.names import fold
from services.task.transfer.cells import read_cells
from services.task.transfer.file import SHOWN, File, Keyed, Row
from services.task.transfer.table import parted

AT_ONCE = 100
MOST_UNUSED = 50  # columns that are told of
PRIORITIES: Mapping[str, Priority] = {
    **{each.name.lower(): each for each in Priority},
    "normal": Priority.MEDIUM,
    "critical": Priority.URGENT,
}
_OURS = re.compile(r"(?:[Tt]-?|#)?([0-9]{1,18})", re.ASCII)
_CRITERION = re.compile(r"\[([ xX])\]\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a table is read with: who is called what, and how the workspace keeps time."""

    people: Mapping[str, PersonId]
    actor: PersonId
    zone: ZoneInfo
    day_ends: time
    requires_approval: bool
    now: datetime


@dataclass(slots=True)
class _Row:
    """One row while it is read: its cells, and what is wrong with them."""

    cells: Mapping[str, str]
    setting: Setting
    numbers: Mapping[str, TaskNumber]
    faults: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        return self.cells.get(name, "").strip()

    def fault(self, name: str, detail: str) -> None:
        self.faults.append(f"{name}: {detail}")

    def people(self, name: str) -> tuple[PersonId, ...]:
        found = (self._person(name, part) for part in self._parts(name))
        return tuple(dict.fromkeys(each for each in found if each is not None))

    def _parts(self, name: str) -> tuple[str, ...]:
        parts = parted(self.text(name))
        # Tables of others have commas between people.
        if len(parts) == 1 and fold(parts[0]) not in self.setting.people and "," in parts[0]:
            return tuple(part.strip() for part in parts[0].split(",") if part.strip())
        return parts

    def _person(self, name: str, part: str) -> PersonId | None:
        found = self.setting.people.get(fold(part))
        if found is None:
            self.fault(
                name,
                f"nobody of this workspace is called “{part[:100]}”: add the person first, or "
                f"correct the name.",
            )
        return found

    def tasks(self, name: str) -> tuple[TaskNumber, ...]:
        found = []
        for part in parted(self.text(name).replace(",", ";")):
            number = self.numbers.get(_id(part))
            if number is None:
                self.fault(
                    name,
                    f"there is no task “{part[:100]}” in this table: add it, or leave it out.",
                )
            else:
                found.append(number)
        return tuple(dict.fromkeys(found))

    def moment(self, name: str, *, ends: bool = False) -> datetime | None:
        text = self.text(name)
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
            if len(text) == len("2026-11-25"):
                at = self.setting.day_ends if ends else time()
                found = datetime.combine(date.fromisoformat(text), at)
            if found.tzinfo is None:
                found = found.replace(tzinfo=self.setting.zone)
            return found.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fault(name, "write a time like 2026-11-25T17:00:00Z, or a day like 2026-11-25.")
            return None

    def number(self, name: str) -> int | None:
        text = self.text(name)
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
            self.fault(name, "write a whole number.")
            return None
        return int(text)

    def word(self, name: str) -> str:
        return re.sub(r"[\s-]+", "_", self.text(name).lower())

    def choice(self, name: str, choices: Mapping[str, Any], default: Any) -> Any:
        word = self.word(name)
        if word and word not in choices:
            self.fault(name, f"choose one of {', '.join(choices)}.")
        return choices.get(word, default)

    def state(self) -> Status:
        word = self.word("status")
        found = rules.state_of(word) if word else Status.PENDING
        if found is None:
            known = ", ".join(each.name.lower() for each in Status)
            self.fault("status", f"choose one of {known}.")
        return found or Status.PENDING


async def read_table(content: bytes, setting: Setting) -> File:
    """The file. Raises Invalid FILE_UNREADABLE, FILE_TOO_LARGE."""
    read = read_cells(content)
    rows = [(line.number, line.cells, line.beyond) for line in read.lines]
    numbers = {
        _id(cells["id"]): TaskNumber(place)
        for place, (_, cells, _) in enumerate(rows, 1)
        if cells.get("id", "").strip()
    }
    file = File(named={each: each for each in setting.people.values()})
    file.unused = [name[:SHOWN] for name in read.unused[:MOST_UNUSED]]
    for place, (line, cells, beyond) in enumerate(rows, 1):
        if place % AT_ONCE == 0:
            await asyncio.sleep(0)
        row = _Row(cells, setting, numbers)
        if beyond:
            row.faults.append(
                f"It has more cells than the head ({beyond} too many): put quotation marks round "
                f"cells that have separators in them."
            )
        file.tasks.append(Row(line, Keyed(place, _task(row))))
        file.called[place] = f"{row.text('id') or 'the task'} (line {line})"
        if row.faults:
            file.faults[line] = tuple(row.faults)
    return file


def _id(text: str) -> str:
    """An id in the form in which ids are compared."""
    ours = _OURS.fullmatch(text.strip())
    return f"T-{int(ours[1])}" if ours else text.strip().upper()


def _task(row: _Row) -> Task:
    setting = row.setting
    created = row.moment("created_at") or setting.now
    updated = row.moment("updated_at") or created
    completed = row.moment("completed_at")
    status, word = row.state(), row.word("status")
    if status is not Status.COMPLETED:
        completed = None
    elif completed is None:
        completed = updated
    creator = row.people("creator")
    parents = row.tasks("parent")
    identity = row.text("legacy_id") or row.text("id").upper()
    task = Task(
        title=row.text("title"),
        created_at=created,
        updated_at=max(updated, created),
        status_since=completed or updated,
        creator=creator[0] if creator else setting.actor,
        description=row.cells.get("description", ""),
        status=status,
        status_by=setting.actor,
        priority=row.choice("priority", PRIORITIES, Priority.MEDIUM),
        assignees=tuple(Assignee(each) for each in row.people("assignees")),
        deadline=row.moment("deadline", ends=True),
        start=row.moment("start"),
        estimate_minutes=row.number("estimate_minutes"),
        tags=tuple(dict.fromkeys(parted(row.text("tags")))),
        project=row.text("project"),
        type=row.word("type") or "task",
        criteria=tuple(map(_criterion, parted(row.text("criteria")))),
        parent=parents[0] if parents else None,
        depends_on=row.tasks("depends_on"),
        recurrence=row.text("recurrence"),
        requires_approval=row.choice(
            "requires_approval", {"yes": True, "no": False}, setting.requires_approval
        ),
        watchers=row.people("watchers"),
        revision_count=row.number("revision_count") or 0,
        completed_at=completed,
        submission=row.text("submission"),
        feedback=row.text("feedback"),
        reason=row.text("reason"),
        delay_reason=row.text("delay_reason"),
        delay_count=row.number("delay_count") or int(word == rules.DELAYED),
        reopen_count=row.number("reopen_count") or int(word in rules.REOPENED),
        legacy_id=identity if LEGACY.fullmatch(identity) else "",
    )
    return _held(row, task, word)


def _held(row: _Row, task: Task, word: str) -> Task:
    """The task with why it is blocked and where it goes on."""
    if task.status not in {Status.BLOCKED, Status.ON_HOLD}:
        return task
    task = replace(task, returns_to=Status.PENDING)
    if task.status is Status.ON_HOLD:
        return task
    usual = rules.BLOCK_REASONS.get(word, rules.BLOCK_REASON)
    reason = row.choice("block_reason", rules.BLOCK_WORDS, usual)
    return replace(task, block_reason=reason)


def _criterion(text: str) -> Criterion:
    found = _CRITERION.fullmatch(text)
    return Criterion(text) if found is None else Criterion(found[2], found[1] != " ")
