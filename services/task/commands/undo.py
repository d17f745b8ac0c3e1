"""Taking back one's own acts, and doing again what was taken back; each is a new act."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.runtime.database import Hot
from services.runtime.errors import Forbidden, NotFound, Unavailable
from services.task import reading
from services.task.commands.storing import Asked, Told, Written
from services.task.commands.writing import (
    ATTEMPTS,
    Compose,
    Decided,
    Held,
    Outcome,
    Store,
    after_view,
    fetch_on,
    first_answer,
    people_of,
    perform,
)
from services.task.model import (
    Act,
    ActKind,
    EventType,
    PersonId,
    PersonRecord,
    Task,
    TaskNumber,
    TaskView,
)
from services.task.rules import states, undo

# More than the last 20 that can be taken back, as undoings are among them.
LOOK_BACK = 200

READ_ACTS = Hot(
    "read_acts",
    sa.text(
        """
SELECT id, workspace_id, actor_id, at, kind, summary, events, undone_by, undoes
FROM task.acts WHERE actor_id = CAST(:actor AS bigint)
ORDER BY number DESC LIMIT CAST(:limit AS integer)
"""
    ),
)
READ_ACT = Hot(
    "read_act",
    sa.text(
        """
SELECT id, workspace_id, actor_id, at, kind, summary, events, undone_by, undoes
FROM task.acts WHERE id = CAST(:act AS uuid) AND workspace_id = CAST(:workspace AS bigint)
"""
    ),
)
READ_NUMBERS = Hot(
    "read_act_tasks",
    sa.text(
        """
SELECT DISTINCT task_number FROM task.events
WHERE id = ANY (CAST(:events AS bigint[])) AND task_number IS NOT NULL
"""
    ),
)
READ_SINCE = Hot(
    "read_events_since",
    sa.text(
        """
SELECT id, type, task_number, actor_id, changed, CAST(before AS text) AS before,
    CAST(after AS text) AS after
FROM task.events
WHERE workspace_id = CAST(:workspace AS bigint) AND task_number = ANY (CAST(:numbers AS bigint[]))
    AND id >= CAST(:since AS bigint) AND after IS NOT NULL
ORDER BY id
"""
    ),
)


class _AnotherAct(Exception):  # noqa: N818 -- an outcome, caught in `_take_back`
    """Between the look and the lock, the act to take back has become another one."""


async def undo_act(store: Store, asked: Asked, act: UUID | None, compose: Compose) -> Written:
    """The answer to taking back the named act, or the last one."""
    return await _take_back(store, asked, compose, wanted=act, kind=ActKind.UNDO)


async def redo_act(store: Store, asked: Asked, compose: Compose) -> Written:
    """The answer to doing again what was taken back last."""
    return await _take_back(store, asked, compose, wanted=None, kind=ActKind.REDO)


async def _take_back(
    store: Store, asked: Asked, compose: Compose, *, wanted: UUID | None, kind: ActKind
) -> Written:
    for _ in range(ATTEMPTS):
        if (first := await first_answer(store, asked)) is not None:
            return first
        act = _choose(await _acts(store.database.hot_rows, asked, wanted), wanted, kind, asked)
        rows = await store.database.hot_rows(READ_NUMBERS, events=list(act.events))
        numbers = [TaskNumber(row["task_number"]) for row in rows]
        try:
            return await _undo_it(
                store, asked, compose, act=act, wanted=wanted, kind=kind, numbers=numbers
            )
        except _AnotherAct:
            continue
    raise Unavailable("UNDO_BUSY", "Too much is being taken back at once; try again.")


async def _undo_it(
    store: Store,
    asked: Asked,
    compose: Compose,
    *,
    act: Act,
    wanted: UUID | None,
    kind: ActKind,
    numbers: Sequence[TaskNumber],
) -> Written:
    async def decide(held: Held, actor: PersonRecord) -> Decided:
        async def fetch(hot: Hot, **params: Any) -> Any:
            assert held.connection is not None  # noqa: S101 -- undo holds locks
            return await fetch_on(held.connection, hot, params)

        acts = await _acts(fetch, asked, wanted)
        if _choose(acts, wanted, kind, asked).id != act.id:
            raise _AnotherAct
        later = [
            _past(row)
            for row in await fetch(
                READ_SINCE,
                workspace=asked.workspace,
                numbers=list(numbers),
                since=min(act.events, default=0),
            )
        ]
        concerned = people_of(
            (held.views[number].task for number in numbers),
            actor.id,
            *(event.actor for event in later if event.actor is not None),
        )
        for event in later:
            concerned |= people_of([event.after])
            concerned |= set(event.before.get("assignees", ()))  # type: ignore[call-overload]
            concerned |= set(event.before.get("watchers", ()))  # type: ignore[call-overload]
        people = await store.roster.of(asked.workspace, concerned)
        entries, kept = undo.take_back(
            [event for event in later if event.id in act.events],
            views=held.views,
            later=later,
            actor=actor.id,
            names={ident: record.person.display_name for ident, record in people.items()},
            now=asked.now,
        )
        afters = {entry.number: entry.after for entry in entries if entry.number is not None}
        freed = states.freed(held.views.values(), afters)
        afters |= {entry.number: entry.after for entry in freed if entry.number is not None}
        told = Told(uuid.uuid4(), act.summary, kind, act.id)
        views = tuple(_view(held.views[n], afters, people) for n in numbers)
        outcome = Outcome(views, told.id, kept, act.summary)
        return Decided((*entries, *freed), told, people, outcome)

    return await perform(store, asked, decide, compose=compose, numbers=numbers, links=True)


def _view(
    view: TaskView, afters: Mapping[TaskNumber, Task], people: Mapping[PersonId, PersonRecord]
) -> TaskView:
    """The task as it will be shown; one that stays may show others that don't."""
    after = afters.get(view.number)
    if after is not None:
        return after_view(view, after, people=people, afters=afters)
    return replace(after_view(view, view.task, people=people, afters=afters), touched=view.touched)


async def _acts(fetch: Any, asked: Asked, wanted: UUID | None) -> list[Act]:
    """The actor's newest acts, and the wanted one if it is older.

    Raises NotFound ACT_NOT_FOUND, Forbidden NOT_YOUR_ACT.
    """
    rows = await fetch(READ_ACTS, actor=asked.actor, limit=LOOK_BACK)
    acts = [reading.act(row) for row in rows]
    if wanted is not None and not any(act.id == wanted for act in acts):
        rows = await fetch(READ_ACT, act=wanted, workspace=asked.workspace)
        if not rows:
            raise NotFound("ACT_NOT_FOUND", "There is no such act to take back.")
        act = reading.act(rows[0])
        if act.actor != asked.actor:
            raise Forbidden("NOT_YOUR_ACT", "Only who did it can take it back.")
        acts.append(act)
    return acts


def _choose(acts: Sequence[Act], wanted: UUID | None, kind: ActKind, asked: Asked) -> Act:
    if kind is ActKind.REDO:
        return undo.to_redo(acts, now=asked.now)
    return undo.to_undo(acts, wanted, now=asked.now)


def _past(row: Any) -> undo.Past:
    return undo.Past(
        id=row["id"],
        type=EventType(row["type"]),
        number=TaskNumber(row["task_number"]),
        actor=row["actor_id"],
        changed=tuple(row["changed"]),
        before=reading.task_values(row["before"]),
        after=reading.task_image(row["after"]),
    )
