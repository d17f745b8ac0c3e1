"""Taking back one's own acts, and doing again what was taken back; each is a new act.

Which act it is was chosen before anything is locked, and is looked at again under the locks: two
who take back at the same time take back two acts. What an act did to tasks is put back here, what
it did to anything else in undo_others.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.runtime.errors import Conflict, Forbidden, NotFound, Unavailable
from services.task import reading
from services.task.commands import undo_others
from services.task.commands.links import graph
from services.task.commands.recording import Recorded, perform_recorded
from services.task.commands.storing import Answer, Asked, Told, Written
from services.task.commands.writing import (
    Decided,
    Held,
    Outcome,
    Store,
    after_view,
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
    TaskNumber,
    TaskView,
    Workspace,
)
from services.task.rules import acts as rules
from services.task.rules import states, undo
from services.task.rules.undo import Kept

# Of so many of one person's at once each still finds an act of its own.
ROUNDS = 24
# Since the last 20 that can be taken back, with what took them back and did them again.
LOOK_BACK = 1_000

READ_ACTS = Hot(
    "read_acts",
    sa.text(
        """
SELECT id, workspace_id, actor_id, at, kind, summary, events, undone_by, undoes
FROM task.acts
WHERE actor_id = CAST(:actor AS bigint) AND kind <> 4 AND number >= coalesce((
    SELECT min(number) FROM (
        SELECT number FROM task.acts WHERE actor_id = CAST(:actor AS bigint) AND kind = 1
        ORDER BY number DESC LIMIT CAST(:last AS integer)) AS recent), 0)
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
LOCK_ACT = Hot(
    "lock_act",
    sa.text("SELECT true FROM task.acts WHERE id = CAST(:act AS uuid) FOR UPDATE"),
)
READ_EVENTS = Hot(
    "read_events_of_act",
    sa.text(
        """
SELECT id, type, task_number, person_id, actor_id, changed, CAST(before AS text) AS before,
    CAST(after AS text) AS after, CAST(detail AS text) AS detail
FROM task.events WHERE id = ANY (CAST(:events AS bigint[])) ORDER BY id
"""
    ),
)
# With the notices, which stand in the way of taking back a creation.
READ_SINCE = Hot(
    "read_events_since",
    sa.text(
        """
SELECT id, type, task_number, actor_id, changed, CAST(before AS text) AS before,
    CAST(after AS text) AS after
FROM task.events
WHERE workspace_id = CAST(:workspace AS bigint) AND task_number = ANY (CAST(:numbers AS bigint[]))
    AND id >= CAST(:since AS bigint)
ORDER BY id
"""
    ),
)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What an answer is made of: everything that was put back, as it is now, and what stays."""

    summary: str
    act: UUID
    kept: tuple[Kept, ...] = ()
    views: tuple[TaskView, ...] = ()
    people: tuple[PersonRecord, ...] = ()
    workspace: Workspace | None = None
    # Names within the workspace: "comments/7".
    others: tuple[str, ...] = ()


Compose = Callable[[TakenBack], Answer]


class _AnotherAct(Exception):  # noqa: N818 -- an outcome, caught in `_take_back`
    """Between the look and the lock, the act to take back has become another one."""


async def undo_act(store: Store, asked: Asked, act: UUID | None, compose: Compose) -> Written:
    """The answer to taking back the named act, or the last one."""
    return await _take_back(store, asked, compose, wanted=act, kind=ActKind.UNDO)


async def redo_act(store: Store, asked: Asked, compose: Compose) -> Written:
    """The answer to doing again what was taken back last."""
    return await _take_back(store, asked, compose, wanted=None, kind=ActKind.REDO)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The act that is to be taken back, and how it was asked for."""

    act: Act
    wanted: UUID | None
    kind: ActKind


async def _take_back(
    store: Store, asked: Asked, compose: Compose, *, wanted: UUID | None, kind: ActKind
) -> Written:
    for _ in range(ROUNDS):
        if (first := await first_answer(store, asked)) is not None:
            return first
        act = await _choose(store.database.hot_rows, asked, wanted, kind)
        chosen = _Chosen(act, wanted, kind)
        rows = await store.database.hot_rows(READ_EVENTS, events=list(act.events))
        numbers = sorted(
            {row["task_number"] for row in rows if row["after"] and row["task_number"] is not None}
        )
        try:
            if numbers:
                return await _undo_tasks(store, asked, compose, chosen=chosen, numbers=numbers)
            return await _undo_others(store, asked, compose, chosen=chosen, rows=rows)
        except _AnotherAct:
            continue
    raise Unavailable("UNDO_BUSY", "Too much is being taken back at once; try again.")


async def _undo_others(
    store: Store, asked: Asked, compose: Compose, *, chosen: _Chosen, rows: Sequence[Any]
) -> Written:
    act = chosen.act
    touched: set[PersonId] = set()

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        await _hold(fetch, asked, chosen)
        back = await undo_others.take_back(store, fetch, asked, actor=actor, rows=rows)
        if not back.notices:
            raise undo.nothing(back.kept)
        touched.update(record.id for record in back.people)
        told = Told(uuid.uuid4(), act.summary, chosen.kind, act.id)
        taken = TakenBack(
            act.summary,
            told.id,
            tuple(back.kept),
            people=tuple(back.people),
            workspace=back.workspace,
            others=tuple(back.others),
        )
        return Recorded(back.notices, told, compose(taken), people=back.people)

    written = await perform_recorded(store, asked, work)
    store.roster.forget(touched)
    store.roster.forget_workspace(asked.workspace)
    return written


async def _undo_tasks(
    store: Store,
    asked: Asked,
    compose: Compose,
    *,
    chosen: _Chosen,
    numbers: Sequence[TaskNumber],
) -> Written:
    act = chosen.act

    async def decide(held: Held, actor: PersonRecord) -> Decided:
        fetch = held.fetch
        assert fetch is not None  # noqa: S101 -- undo holds locks
        await _hold(fetch, asked, chosen)
        since = min(act.events, default=0)
        rows = await fetch(
            READ_SINCE, workspace=asked.workspace, numbers=list(numbers), since=since
        )
        later = [_past(row) for row in rows]
        past = [event for event in later if event.id in act.events]
        concerned = _concerned(held, later, actor)
        people = await store.roster.of(asked.workspace, concerned)
        linked, refs = await graph(held, asked.workspace, _linked(past), seen_only=False)
        entries, kept = undo.take_back(
            past,
            views=held.views,
            later=later,
            actor=actor.id,
            names={ident: record.person.display_name for ident, record in people.items()},
            now=asked.now,
            graph=linked,
        )
        afters = {entry.number: entry.after for entry in entries if entry.number is not None}
        freed = states.freed(held.views.values(), afters)
        told = Told(uuid.uuid4(), act.summary, chosen.kind, act.id)
        moved = {entry.number for entry in (*entries, *freed)}
        views = []
        for number in numbers:
            view = held.views.get(number)
            if view is None or number not in held.seen:
                continue
            after = afters.get(number, view.task)
            shown = after_view(view, after, people=people, refs=refs, afters=afters)
            # One that stays has no new event, but may show others that were put back.
            views.append(shown if number in moved else replace(shown, touched=view.touched))
        return Decided(
            (*entries, *freed), told, people, Outcome(tuple(views), told.id, kept, act.summary)
        )

    def composed(outcome: Outcome) -> Answer:
        assert outcome.act is not None  # noqa: S101 -- `decide` gives one
        return compose(TakenBack(outcome.summary, outcome.act, outcome.kept, outcome.views))

    return await perform(store, asked, decide, compose=composed, numbers=numbers, links=True)


def _concerned(held: Held, later: Sequence[undo.Past], actor: PersonRecord) -> set[PersonId]:
    """Everybody whom the tasks show, or showed, or who has changed them since."""
    tasks = [view.task for view in held.views.values()]
    tasks += [event.after for event in later if event.after is not None]
    found = people_of(tasks, actor.id)
    for event in later:
        if event.actor is not None:
            found.add(event.actor)
        for name in ("assignees", "watchers", "suggested"):
            found |= set(event.before.get(name, ()))  # type: ignore[call-overload]
    return found


def _linked(past: Sequence[undo.Past]) -> set[TaskNumber]:
    """The tasks that these events had linked to before."""
    found: set[TaskNumber] = set()
    for event in past:
        on: Any = event.before.get("depends_on", ())
        parent: Any = event.before.get("parent")
        found.update((*on, *([] if parent is None else [parent])))
    return found


async def _hold(fetch: Fetch, asked: Asked, chosen: _Chosen) -> None:
    """Locks the act that was chosen.

    Acts done since it was chosen don't matter, it was the last one then; that it was taken back
    meanwhile does. Raises _AnotherAct where another is to be chosen.
    """
    act = chosen.act
    await fetch(LOCK_ACT, act=act.id)
    last = chosen.wanted is None and chosen.kind is ActKind.UNDO
    try:
        found = await _choose(fetch, asked, act.id if last else chosen.wanted, chosen.kind)
    except Conflict:
        if last:
            raise _AnotherAct from None
        raise
    if found.id != act.id:
        raise _AnotherAct


async def _choose(fetch: Any, asked: Asked, wanted: UUID | None, kind: ActKind) -> Act:
    """The act to take back: the wanted one, or the last; for a redo, the last undoing.

    Raises NotFound ACT_NOT_FOUND, Forbidden NOT_YOUR_ACT, Conflict where there is none.
    """
    rows = await fetch(READ_ACTS, actor=asked.actor, last=rules.LAST, limit=LOOK_BACK)
    acts = [reading.act(row) for row in rows]
    if kind is ActKind.REDO:
        return rules.to_redo(acts, now=asked.now)
    if wanted is not None and not any(act.id == wanted for act in acts):
        rows = await fetch(READ_ACT, act=wanted, workspace=asked.workspace)
        if not rows:
            raise NotFound("ACT_NOT_FOUND", "There is no such act to take back.")
        act = reading.act(rows[0])
        if act.actor != asked.actor:
            raise Forbidden("NOT_YOUR_ACT", "Only who did it can take it back.")
        acts.append(act)
    return rules.to_undo(acts, wanted, now=asked.now)


def _past(row: Any) -> undo.Past:
    image = row["after"] is not None
    return undo.Past(
        id=row["id"],
        type=EventType(row["type"]),
        number=TaskNumber(row["task_number"]),
        actor=row["actor_id"],
        changed=tuple(row["changed"]),
        before=reading.task_values(row["before"]) if image else {},
        after=reading.task_image(row["after"]) if image else None,
    )
