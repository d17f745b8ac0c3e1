"""How every write on tasks runs: lock, read, decide, store in one statement, or answer as at first.

Creating needs no lock: one statement in autocommit. What changes tasks locks them first, lower
numbers first, and reads them by a later statement, whose snapshot is then fresh. What adds or
removes links, closes or hides, holds the workspace's lock on links before that: only so are a
circle, or two last dependencies that close at once, seen by one of the two.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from asyncpg import UniqueViolationError

from services.runtime.database import Database, Fetch, Hot
from services.runtime.driver_errors import worth_another_try
from services.runtime.errors import Conflict, Forbidden, Invalid, ServiceError, Unavailable
from services.task import queries, reading, requests, seeing
from services.task.commands.storing import Answer, Asked, Drawn, Told, Written
from services.task.commands.storing import store as store_act
from services.task.model import (
    Entry,
    PersonId,
    PersonRecord,
    PersonStatus,
    Task,
    TaskNumber,
    TaskRef,
    TaskView,
    Viewer,
    shown_people,
)
from services.task.roster import Roster
from services.task.rules.absent import person_left, task_not_found
from services.task.rules.undo import Kept
from services.task.schema import tasks

ATTEMPTS = 6
PAUSE_S = 0.01
FORMER_IDS = "tasks_by_former_id"
LINKS_SPACE = 7_301  # of pg_advisory_xact_lock: the lock on a workspace's links

LOCK_LINKS = Hot(
    "lock_links",
    sa.text("SELECT pg_advisory_xact_lock(CAST(:space AS integer), CAST(:workspace AS integer))"),
)
LOCK_TASKS = Hot(
    "lock_tasks",
    sa.text(
        """
SELECT number FROM task.tasks
WHERE workspace_id = :workspace AND number = ANY (CAST(:numbers AS bigint[]))
ORDER BY number FOR UPDATE
"""
    ),
)
# With the tasks that wait for these, which may be freed, with their parts and their wholes.
LOCK_TASKS_AND_LINKED = Hot(
    "lock_tasks_and_linked",
    sa.text(
        """
SELECT number FROM task.tasks
WHERE workspace_id = :workspace AND number IN (
    SELECT unnest(CAST(:numbers AS bigint[]))
    UNION SELECT task_number FROM task.task_dependencies
    WHERE workspace_id = :workspace AND on_number = ANY (CAST(:numbers AS bigint[]))
    UNION SELECT number FROM task.tasks
    WHERE workspace_id = :workspace AND parent = ANY (CAST(:numbers AS bigint[]))
    UNION SELECT parent FROM task.tasks
    WHERE workspace_id = :workspace AND number = ANY (CAST(:numbers AS bigint[])))
ORDER BY number FOR UPDATE
"""
    ),
)
READ_TASKS = Hot(
    "read_locked_tasks",
    sa.select(
        *queries.shown(tasks),
        sa.text(
            """(SELECT CAST(json_agg(d.task_number) AS text) FROM task.task_dependencies AS d
            WHERE d.workspace_id = task.tasks.workspace_id
                AND d.on_number = task.tasks.number) AS dependents"""
        ),
    ).where(
        tasks.c.workspace_id == queries.bind("workspace", queries.BIG),
        tasks.c.number == sa.func.any(queries.bind("numbers", queries.BIGS)),
    ),
)


@dataclass(frozen=True, slots=True)
class Store:
    """What commands work with."""

    database: Database
    roster: Roster


class _Moved(Exception):  # noqa: N818 -- an outcome, caught in `perform`
    """Nothing was written: the request id is known, or the people have changed."""


@dataclass(frozen=True, slots=True)
class Held:
    """Tasks under their locks, by number; `dependents` are those that wait for each."""

    # Within the transaction of the locks; None where nothing is locked.
    fetch: Fetch | None
    views: Mapping[TaskNumber, TaskView]
    dependents: Mapping[TaskNumber, tuple[TaskNumber, ...]]
    viewer: Viewer
    # Those that the actor sees; the others are held for what follows from a command.
    seen: Collection[TaskNumber] = ()

    def view(self, number: TaskNumber) -> TaskView:
        """A task that is there and shown; NotFound TASK_NOT_FOUND where it is not."""
        view = self.known(number)
        if view.task.deleted_at is not None:
            raise task_not_found(number)
        return view

    def known(self, number: TaskNumber) -> TaskView:
        """A task that is there, deleted or not; NotFound TASK_NOT_FOUND where it is not."""
        view = self.views.get(number)
        if view is None or number not in self.seen:
            raise task_not_found(number)
        return view

    def near(self, entry: Entry) -> set[TaskNumber]:
        """The tasks that show something of the entry's task which the entry changes."""
        before, after = entry.before, entry.after
        near: set[TaskNumber] = set()
        if before is not None and before.parent != after.parent:
            near |= {n for n in (before.parent, after.parent) if n is not None}
        if entry.number is None or before is None:
            return near if after.parent is None else near | {after.parent}
        if before.place != after.place:
            near |= {n for n in (after.parent,) if n is not None}
        if _shown_elsewhere(before) != _shown_elsewhere(after):
            view = self.views[entry.number]
            near |= {ref.number for ref in view.subtasks}
            near |= {n for n in (after.parent,) if n is not None}
            near |= set(self.dependents.get(entry.number, ()))
        return near


def _shown_elsewhere(task: Task) -> tuple[Any, ...]:
    return task.title, task.status, task.deleted_at


@asynccontextmanager
async def hold(
    store: Store, asked: Asked, numbers: Sequence[TaskNumber], *, links: bool
) -> AsyncIterator[Held]:
    """Give these tasks under their locks; with `links`, also the workspace's lock on links.

    With that lock the tasks that depend on these, their parts and those that they are parts of are
    locked and read as well.
    """
    async with store.database.hot_transaction() as fetch:
        wanted = {"workspace": asked.workspace, "numbers": list(numbers)}
        lock = LOCK_TASKS
        if links:
            await fetch(LOCK_LINKS, space=LINKS_SPACE, workspace=asked.workspace)
            lock = LOCK_TASKS_AND_LINKED
        locked = [row["number"] for row in await fetch(lock, **wanted)]
        rows = []
        if locked:
            rows = await fetch(READ_TASKS, workspace=asked.workspace, numbers=locked)
        views = (reading.task_view(row) for row in rows)
        dependents = {
            row["number"]: tuple(msgspec.json.decode(row["dependents"]))
            for row in rows
            if row["dependents"]
        }
        held = {view.number: view for view in views}
        viewer = await store.roster.viewer(asked.workspace, asked.actor)
        seen: Collection[TaskNumber] = held.keys()
        if not viewer.sees_all:
            near = set().union(held, *(seeing.shown_refs(view) for view in held.values()))
            seen = await seeing.seen_of(fetch, viewer, near)
            held = {n: seeing.without_titles(view, seen) for n, view in held.items()}
        yield Held(fetch, held, dependents, viewer, seen)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one of many tasks stays as it is."""

    number: TaskNumber
    error: ServiceError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer is made of: tasks as they are after the write, and the act if there is one."""

    views: tuple[TaskView, ...]
    act: UUID | None
    kept: tuple[Kept, ...] = ()
    summary: str = ""
    refused: tuple[Refusal, ...] = ()
    # Tasks whose last open part was closed.
    completable: tuple[TaskRef, ...] = ()


Compose = Callable[[Outcome], Answer]


@dataclass(frozen=True, slots=True)
class Decided:
    """What is to be written, the answer, and the people it rests on, the actor among them."""

    entries: tuple[Entry, ...]
    told: Told
    people: Mapping[PersonId, PersonRecord]
    outcome: Outcome


Decide = Callable[[Held, PersonRecord], Awaitable[Decided]]


async def perform(
    store: Store,
    asked: Asked,
    decide: Decide,
    *,
    compose: Compose,
    numbers: Sequence[TaskNumber] = (),
    links: bool = False,
    lock: bool = True,
) -> Written:
    """The answer to a write and what was drawn for it, the first time or again.

    Without `lock` nothing that exists is changed: one statement does it all.
    """
    concerned: set[PersonId] = {asked.actor}
    for attempt in range(ATTEMPTS):
        try:
            async with _held(store, asked, numbers, links=links, lock=lock) as held:
                decided = await decide(held, await present_actor(store, asked))
                concerned |= decided.people.keys()
                answer = compose(decided.outcome)
                drawn = await _store(store, asked, held, decided=decided, answer=answer)
            if drawn or await remember(store, asked, answer):
                return Written(answer, drawn)
        except _Moved:
            pass
        except ServiceError as error:
            if await once_more(error, attempt):
                continue
            if (first := await first_answer(store, asked)) is not None:
                return first
            # The decision may rest on people as they were a moment ago: once more, read anew.
            if attempt > 0 or not isinstance(error, Forbidden | Invalid):
                raise
        if (first := await first_answer(store, asked)) is not None:
            return first
        store.roster.forget(concerned)
    raise Unavailable("PEOPLE_CHANGING", "People are being changed just now; try again.")


async def once_more(error: ServiceError, attempt: int) -> bool:
    """Whether to begin anew, after a pause: two have met in the database, or it was not reached.

    Even where the write was kept and only its answer was lost: the request id brings the first.
    """
    if attempt + 1 == ATTEMPTS or not worth_another_try(error):
        return False
    # Two that have met must not meet again.
    await asyncio.sleep(PAUSE_S * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 -- no secret
    return True


@asynccontextmanager
async def _held(
    store: Store, asked: Asked, numbers: Sequence[TaskNumber], *, links: bool, lock: bool
) -> AsyncIterator[Held]:
    if lock:
        async with hold(store, asked, numbers, links=links) as held:
            yield held
    else:
        yield Held(None, {}, {}, await store.roster.viewer(asked.workspace, asked.actor))


async def present_actor(store: Store, asked: Asked) -> PersonRecord:
    """Who acts. Raises Forbidden PERSON_LEFT."""
    people = await store.roster.of(asked.workspace, (asked.actor,))
    actor = people.get(asked.actor)
    if actor is None or actor.person.status is PersonStatus.LEFT:
        raise person_left()
    return actor


async def _store(
    store: Store, asked: Asked, held: Held, *, decided: Decided, answer: Answer
) -> tuple[Drawn, ...]:
    """What was drawn for the entries, () without any.

    Raises _Moved where it was not written, Conflict FORMER_ID_TAKEN.
    """
    if not decided.entries:
        return ()
    zone = ZoneInfo((await store.roster.workspace(asked.workspace)).timezone)
    try:
        drawn = await store_act(
            held.fetch or store.database.hot_rows,
            asked,
            told=decided.told,
            entries=decided.entries,
            touches=[held.near(entry) for entry in decided.entries],
            people=decided.people.values(),
            answer=answer,
            zone=zone,
        )
    except UniqueViolationError as error:
        if error.constraint_name != FORMER_IDS:
            raise
        raise Conflict(
            "FORMER_ID_TAKEN",
            "Another task has the predecessor's id of this one by now: delete that one first.",
        ) from error
    if not drawn:
        raise _Moved
    return drawn


async def remember(store: Store, asked: Asked, answer: Answer) -> bool:
    """Whether the answer of a command that changed nothing is the first to this request id."""
    rows = await store.database.hot_rows(
        requests.REMEMBER,
        workspace=asked.workspace,
        actor=asked.actor,
        request_id=asked.request_id,
        method=asked.method,
        body_hash=asked.body_hash,
        answer=answer.SerializeToString(),
        at=asked.now,
    )
    return bool(rows)


async def first_answer(store: Store, asked: Asked) -> Written | None:
    """What this request id was answered at first, None where it is new."""
    first = await requests.find(
        store.database,
        workspace=asked.workspace,
        actor=asked.actor,
        request_id=asked.request_id,
        method=asked.method,
        body_hash=asked.body_hash,
    )
    if first is None:
        return None
    drawn = tuple(Drawn(TaskNumber(task), event) for task, event in first.events)
    return Written(first.answer, drawn)


def after_view(
    view: TaskView,
    after: Task,
    *,
    people: Mapping[PersonId, PersonRecord],
    refs: Mapping[TaskNumber, TaskRef] = MappingProxyType({}),
    afters: Mapping[TaskNumber, Task] = MappingProxyType({}),
) -> TaskView:
    """The task as it will be shown once `after` is written.

    `refs` are tasks newly linked to, `afters` those that the same act writes. Its event is not
    known yet, so neither is the whole etag.
    """
    known = {ref.number: ref for ref in (*view.depends_on, view.parent, *view.subtasks) if ref}
    known.update(refs)
    parts = {ref.number for ref in view.subtasks}
    for number, task in afters.items():
        known[number] = TaskRef(number, task.title, task.status, task.place)
        if task.deleted_at is not None:
            parts.discard(number)
            del known[number]
        elif task.parent == view.number:
            parts.add(number)
    return TaskView(
        workspace=view.workspace,
        number=view.number,
        touched=0,
        task=after,
        names={
            person: people[person].person.display_name if person in people else view.names[person]
            for person in shown_people(after)
        },
        parent=known.get(after.parent) if after.parent else None,
        subtasks=tuple(sorted((known[number] for number in parts), key=lambda ref: ref.order)),
        depends_on=tuple(known[number] for number in after.depends_on if number in known),
    )


def people_of(tasks_: Iterable[Task], *more: PersonId) -> set[PersonId]:
    """Everybody whom decisions about these tasks ask about."""
    found = set(more)
    for task in tasks_:
        found |= shown_people(task)
    return found
