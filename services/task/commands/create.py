"""Creating tasks: one alone in one statement, several with their links as one act."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from services.runtime.database import Hot
from services.runtime.errors import Violation
from services.task.commands.links import graph
from services.task.commands.storing import Asked, Told, Written
from services.task.commands.writing import (
    Compose,
    Decided,
    Held,
    Outcome,
    Store,
    after_view,
    people_of,
    perform,
)
from services.task.model import (
    Entry,
    PersonRecord,
    Status,
    Task,
    TaskNumber,
    TaskRef,
    TaskView,
    WorkspaceId,
)
from services.task.rules import edits, linking
from services.task.rules.linking import MAX_SUBTASKS
from services.task.rules.wrong import Wrong

DRAW_NUMBERS = Hot(
    "draw_numbers",
    sa.text(
        """
SELECT nextval(CAST(CAST(:sequence AS text) AS regclass)) AS number
FROM generate_series(1, CAST(:many AS integer))
"""
    ),
)
NEW = TaskNumber(0)
__all__ = ["MAX_SUBTASKS", "Draft", "create_many", "create_one", "draw_numbers"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A task to create: `after` are places, among those created with it, of its dependencies."""

    task: Task
    after: tuple[int, ...] = ()
    subtasks: tuple[str, ...] = ()


async def create_one(
    store: Store,
    asked: Asked,
    task: Task,
    compose: Compose,
    *,
    faults: Sequence[Violation] = (),
    at: str = "task",
) -> Written:
    """The answer with the task that was created.

    Raises Invalid with the `faults` that were found in the request's fields, and those found here:
    `at` is where the task is in the request.
    """

    async def decide(held: Held, actor: PersonRecord) -> Decided:
        people = await store.roster.of(asked.workspace, people_of([task], actor.id))
        links, refs = await graph(held, asked.workspace, (task.parent, *task.depends_on))
        wrong = Wrong.fields(faults)
        entry = edits.create(task, actor=actor, people=people, graph=links, at=at, wrong=wrong)
        wrong.refuse()
        fresh = TaskView(asked.workspace, NEW, 0, entry.after)
        view = after_view(fresh, entry.after, people=people, refs=refs)
        told = Told(uuid.uuid4(), f"created “{task.title}”")
        return Decided((entry,), told, people, Outcome((view,), told.id))

    linked = task.parent is not None or bool(task.depends_on)
    return await perform(store, asked, decide, compose=compose, links=linked, lock=linked)


async def create_many(
    store: Store,
    asked: Asked,
    drafts: Sequence[Draft],
    compose: Compose,
    *,
    faults: Sequence[Violation] = (),
) -> Written:
    """The answer with the tasks that were created, all or none, in the order of the drafts.

    Raises Invalid with the `faults` that were found in the request's fields, and those found here.
    """
    if len(drafts) == 1 and not (drafts[0].subtasks or drafts[0].after):
        # Nothing has to know its number before it is written: one statement does it all.
        task = drafts[0].task
        return await create_one(store, asked, task, compose, faults=faults, at="tasks[0].task")
    many = len(drafts) + sum(len(d.subtasks) for d in drafts)
    # What is refused anyhow takes no numbers.
    numbers = [TaskNumber(-n) for n in range(1, many + 1)]
    if not faults:
        numbers = await draw_numbers(store.database.hot_rows, asked.workspace, many)
    tasks, parts = _placed(drafts, numbers)

    async def decide(held: Held, actor: PersonRecord) -> Decided:
        everything = [*tasks.values(), *(part for _, part in parts.values())]
        people = await store.roster.of(asked.workspace, people_of(everything, actor.id))
        known = set(tasks)
        outside = [
            number
            for task in tasks.values()
            for number in (task.parent, *task.depends_on)
            if number not in known
        ]
        links, refs = await graph(held, asked.workspace, outside)
        own = {n: linking.Linked(task.title, task.parent, 0) for n, task in tasks.items()}
        within = {number: task.depends_on for number, task in tasks.items()}
        links = linking.Graph({**own, **links.tasks}, within)
        entries = []
        wrong = Wrong.fields(faults)
        for index, (number, task) in enumerate(tasks.items()):
            at = f"tasks[{index}].task"
            entry = edits.create(task, actor=actor, people=people, graph=links, at=at, wrong=wrong)
            entries.append(replace(entry, number=number))
            links = links.with_part(entry.after)
        wrong.refuse()
        for index, (number, on) in enumerate(within.items()):
            linking.check_circle(number, on, links, at=f"tasks[{index}].after")
        for number, (_, part) in parts.items():
            entry = edits.create(part, actor=actor, people=people, graph=links, wrong=wrong)
            entries.append(replace(entry, number=number))
        refs |= {n: TaskRef(n, task.title, Status.PENDING) for n, task in tasks.items()}
        views = []
        afters = {entry.number: entry.after for entry in entries}
        for number in tasks:
            after = afters[number]
            below = tuple(
                TaskRef(n, part.title, part.status, part.place)
                for n, (above, part) in parts.items()
                if above == number
            )
            fresh = TaskView(asked.workspace, number, 0, after, subtasks=below)
            views.append(after_view(fresh, after, people=people, refs=refs))
        told = Told(uuid.uuid4(), _summary(entries))
        return Decided(tuple(entries), told, people, Outcome(tuple(views), told.id))

    linked = any(draft.task.parent is not None or draft.task.depends_on for draft in drafts)
    return await perform(store, asked, decide, compose=compose, links=linked, lock=linked)


async def draw_numbers(fetch: Any, workspace: WorkspaceId, many: int) -> list[TaskNumber]:
    """So many task numbers, for tasks that name each other: they have to know them before."""
    sequence = f"task.task_number_{workspace}"
    rows = await fetch(DRAW_NUMBERS, sequence=sequence, many=many)
    return [TaskNumber(row["number"]) for row in rows]


def _placed(
    drafts: Sequence[Draft], numbers: Sequence[TaskNumber]
) -> tuple[dict[TaskNumber, Task], dict[TaskNumber, tuple[TaskNumber, Task]]]:
    """The drafts' tasks by number, linked with each other, and their subtasks with whose."""
    tasks = {
        number: replace(
            draft.task,
            depends_on=tuple(
                dict.fromkeys((*draft.task.depends_on, *(numbers[index] for index in draft.after)))
            ),
        )
        for number, draft in zip(numbers, drafts, strict=False)
    }
    left = iter(numbers[len(drafts) :])
    parts = {
        next(left): (
            number,
            Task(
                title=title,
                creator=draft.task.creator,
                assignees=draft.task.assignees,
                requires_approval=draft.task.requires_approval,
                parent=number,
                place=place,
                created_at=draft.task.created_at,
                updated_at=draft.task.updated_at,
                status_since=draft.task.status_since,
                status_by=draft.task.status_by,
            ),
        )
        for number, draft in zip(numbers, drafts, strict=False)
        for place, title in enumerate(draft.subtasks, 1)
    }
    return tasks, parts


def _summary(entries: Sequence[Entry]) -> str:
    if len(entries) == 1:
        return f"created “{entries[0].after.title}”"
    return f"created {len(entries)} tasks"
