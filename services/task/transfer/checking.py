"""What of a file can be taken into a workspace, and what is wrong with the rest.

A record that names another which is not taken is not taken either, so this goes on until nothing
more falls out. Limits are those of every other way in: records are checked as requests are.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from services.runtime.errors import Invalid
from services.task.convert.checks import Faults
from services.task.convert.people import new_person, person_to_proto
from services.task.convert.tasks import DEPENDENCIES, NOTE, new_task, task_to_proto
from services.task.convert.templates import new_template, template_to_proto
from services.task.convert.workspaces import workspace_changes, workspace_to_proto
from services.task.model import (
    Person,
    PersonId,
    PersonRecord,
    PersonStatus,
    Role,
    Task,
    TaskNumber,
    TaskView,
    Workspace,
)
from services.task.rules import people as people_rules
from services.task.rules import workspaces
from services.task.rules.linking import MAX_SUBTASKS
from services.task.rules.names import fold
from services.task.rules.people import CHIEFS
from services.task.rules.templates import MAX_TEMPLATES, Stored
from services.task.transfer.file import File, Keyed, Refused, Row, unreadable
from services.task.transfer.hanging import check_hanging
from services.task.transfer.kept import Head
from services.task.transfer.renaming import numbers_in, people_in

AT_ONCE = 50
LONGEST_TEXT = 1_000
FIRST = PersonId(1)


@dataclass(frozen=True, slots=True)
class Here:
    """The workspace that a file is to be taken into, and who asks."""

    home: Workspace
    actor: PersonRecord
    people: Sequence[PersonRecord]
    # Folded names of its own templates.
    templates: frozenset[str]
    # What the predecessor called tasks that are here already, with their numbers.
    legacy: Mapping[str, int]
    # Nothing is in it but the one person who asks.
    empty: bool


@dataclass(slots=True)
class Checked:
    """What is taken: the file without the rest, and which of its people are here already."""

    file: File
    # The workspace as it is to be; None: as it is.
    home: Workspace | None = None
    # By key of the file.
    known: dict[int, PersonRecord] = field(default_factory=dict)


async def check(file: File, here: Here) -> Checked:
    """What of the file can be taken; the lines of the rest are among its refused ones."""
    checked = Checked(file)
    if file.head is not None and here.empty:
        checked.home = _home(file.head, here.home)
    _people(checked, here)
    _templates(file, here)
    await _tasks(file, here)
    _end_series(file, here)
    people = {*file.named, *(PersonId(row.value.key) for row in file.people)}
    _cascade(file, people)
    check_hanging(file, people, empty=here.empty)
    file.refused.sort(key=lambda refused: refused.line)
    return checked


def _home(head: Head, home: Workspace) -> Workspace:
    """The workspace as the file has it. Raises Invalid FILE_UNREADABLE."""
    after = replace(home, display_name=head.name, timezone=head.timezone, settings=head.settings)
    faults = Faults()
    with _within_limits(faults, "workspace"):
        paths = list(workspaces.changed(home, after))
        if paths:
            workspace_changes(workspace_to_proto(after), paths, faults)
    if wrong := told(faults):
        raise unreadable(f"Line 1: {wrong[0]}")
    return after


@contextmanager
def _within_limits(faults: Faults, field: str) -> Iterator[None]:
    """Notes a value that no request could even say, such as a number that is far too large."""
    try:
        yield
    except (ValueError, TypeError, OverflowError):
        faults.add(field, "A value is out of its range.")


# --- people ---


def _people(checked: Checked, here: Here) -> None:
    file, home = checked.file, checked.home or here.home
    names = {key: each for each in here.people for key in people_rules.keys(each.person)}
    telegram = {each.person.telegram_id for each in here.people}
    left = {(each.person.display_name, each.person.created_at): each for each in here.people}
    seen: set[str] = set()
    keys: set[int] = set()

    def faults(row: Row[Keyed[Person]]) -> Iterator[str]:
        person, key = row.value.value, row.value.key
        own = people_rules.keys(person)
        known = next((names[each] for each in sorted(own) if each in names), None)
        if known is None and person.status is PersonStatus.LEFT:
            known = left.get((person.display_name, person.created_at))
        if key in keys:
            yield f"key: {key} is another person's already."
        if double := sorted(own & seen):
            yield f"“{double[0]}” is another person's of this file already."
        keys.add(key)
        seen.update(own)
        if known is not None:
            checked.known[key] = known
            return
        yield from _of_person(person, home, here)
        here_too = person.status is not PersonStatus.LEFT
        if here_too and person.telegram_id is not None and person.telegram_id in telegram:
            yield "telegram_id: it is another person's of this workspace."
        telegram.add(person.telegram_id)

    file.drop(
        file.people,
        [
            Refused(row.line, row.value.value.display_name, tuple(wrong))
            for row in file.people
            if (wrong := list(faults(row)))
        ],
    )


def _of_person(person: Person, home: Workspace, here: Here) -> Iterator[str]:
    if person.role in CHIEFS and here.actor.person.role is not Role.OWNER:
        yield "role: only the owner may bring in owners and bosses."
    record = PersonRecord(home.id, FIRST, 0, person)
    faults = Faults()
    with _within_limits(faults, "person"):
        new_person(person_to_proto(record), faults, home=home, now=person.created_at)
    yield from told(faults)


def told(faults: Faults) -> list[str]:
    """The faults in words, each with its field."""
    try:
        faults.raise_if_any()
    except Invalid as error:
        return [
            f"{wrong.field.partition('.')[2] or wrong.field}: {wrong.detail}"
            for wrong in error.violations
        ]
    return []


# --- templates ---


def _templates(file: File, here: Here) -> None:
    seen = set(here.templates)
    refused = []
    for row in file.templates:
        faults = Faults()
        with _within_limits(faults, "template"):
            new_template(template_to_proto(here.home.id, Stored(row.value)), faults)
        wrong = told(faults)
        if row.value.key in seen:
            wrong.append("name: there is such a template already.")
        elif len(seen) >= MAX_TEMPLATES:
            wrong.append(f"A workspace has at most {MAX_TEMPLATES} templates.")
        if wrong:
            refused.append(Refused(row.line, row.value.name, tuple(wrong)))
        else:
            seen.add(row.value.key)
    file.drop(file.templates, refused)


# --- tasks ---


async def _tasks(file: File, here: Here) -> None:
    numbers = Counter(row.value.key for row in file.tasks)
    legacy = Counter(row.value.value.legacy_id for row in file.tasks)
    refused = []
    for place, row in enumerate(file.tasks):
        if place % AT_ONCE == 0:
            await asyncio.sleep(0)
        task = row.value.value
        wrong = [*file.faults.get(row.line, ()), *_of_task(task, here)]
        if numbers[row.value.key] > 1:
            wrong.append(f"number: {row.value.key} is on several lines.")
        if task.legacy_id and legacy[task.legacy_id] > 1:
            wrong.append(f"legacy_id: {task.legacy_id} is on several lines.")
        if task.legacy_id in here.legacy:
            known = f"T-{here.legacy[task.legacy_id]}"
            wrong.append(f"legacy_id: it is here already, as {known}; leave this line out.")
        if wrong:
            refused.append(Refused(row.line, task.title, tuple(wrong)))
    file.drop(file.tasks, refused)


def _of_task(task: Task, here: Here) -> list[str]:
    view = TaskView(here.home.id, TaskNumber(0), 0, task)
    faults = Faults()
    with _within_limits(faults, "task"):
        new_task(
            task_to_proto(view),
            faults,
            at="task",
            workspace=here.home.id,
            creator=here.actor.id,
            now=task.created_at,
        )
    faults.many("task.depends_on", len(task.depends_on), most=DEPENDENCIES)
    for name in ("reason", "delay_reason"):
        faults.line(f"task.{name}", getattr(task, name), most=LONGEST_TEXT)
    for name in ("submission", "feedback"):
        faults.lines(f"task.{name}", getattr(task, name), most=NOTE)
    for name in ("people", "watchers", "suggested", "depends_on"):
        several = getattr(task, name)
        if len(set(several)) < len(several):
            shown = "assignees" if name == "people" else name
            faults.add(f"task.{shown}", "Name each only once.")
    for name in ("revision_count", "delay_count", "reopen_count", "place", "occurrence"):
        if not 0 <= getattr(task, name) < 2**31:
            faults.add(f"task.{name}", "Give a number from 0.")
    faults.line("task.legacy_id", task.legacy_id, most=64)
    return told(faults)


def _end_series(file: File, here: Here) -> None:
    """Ends a series where its next occurrence is not in the file: it must not begin once more.

    Where numbers are kept, the number alone says that there was one.
    """
    if here.empty and file.head is not None:
        return
    there = {row.value.key for row in file.tasks}
    for place, row in enumerate(file.tasks):
        task = row.value.value
        if task.successor is not None and task.successor not in there:
            ended = replace(task, successor=None, recurrence="")
            file.tasks[place] = replace(row, value=replace(row.value, value=ended))


def _cascade(file: File, people: set[PersonId]) -> None:
    """Takes out tasks that name what is not there, until none does."""
    while True:
        tasks = {row.value.key: row.value.value for row in file.tasks}
        parts = Counter(task.parent for task in tasks.values() if task.parent is not None)
        circles = _in_circles(tasks)
        refused = []
        for row in file.tasks:
            wrong = list(_of_links(file, row.value, tasks, parts, people=people))
            if row.value.key in circles:
                wrong.append("depends_on: it closes a circle; take one of its tasks out of it.")
            if wrong:
                refused.append(Refused(row.line, row.value.value.title, tuple(wrong)))
        if not refused:
            return
        file.drop(file.tasks, refused)


def _of_links(
    file: File,
    row: Keyed[Task],
    tasks: Mapping[int, Task],
    parts: Mapping[TaskNumber, int],
    *,
    people: set[PersonId],
) -> Iterator[str]:
    task = row.value
    for name, who in dict.fromkeys(people_in(task)):
        if who not in people:
            yield f"{name}: person {who} is not taken; correct that line, or name somebody else."
    for name, number in numbers_in(task):
        if number not in tasks:
            yield f"{name}: {file.lacking(number)}"
    if task.parent is not None and task.parent in tasks:
        if tasks[task.parent].parent is not None or task.parent == row.key:
            yield "parent: it is itself a part of another; one level is the limit."
        if parts[task.parent] > MAX_SUBTASKS:
            yield f"parent: it has more than {MAX_SUBTASKS} parts."


def _in_circles(tasks: Mapping[int, Task]) -> set[int]:
    """The tasks that wait for themselves in the end: what is left when all else was taken away."""
    waits: dict[int, int] = {
        key: sum(on in tasks for on in task.depends_on) for key, task in tasks.items()
    }
    waiting: dict[int, list[int]] = defaultdict(list)
    for key, task in tasks.items():
        for on in task.depends_on:
            waiting[on].append(key)
    free = [key for key, count in waits.items() if not count]
    while free:
        key = free.pop()
        del waits[key]
        for other in waiting[key]:
            if other in waits:
                waits[other] -= 1
                if not waits[other]:
                    free.append(other)
    return set(waits)


def names_of(people: Iterable[PersonRecord]) -> dict[str, PersonId]:
    """Who is meant by a name of a table: whoever answers to it, else who had it and has left."""
    found: dict[str, PersonId] = {}
    for record in people:
        person = record.person
        if person.status is PersonStatus.LEFT:
            found.setdefault(fold(person.display_name), record.id)
    for record in people:
        found.update(dict.fromkeys(people_rules.keys(record.person), record.id))
    return found
