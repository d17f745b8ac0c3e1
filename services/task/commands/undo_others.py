"""Putting back what an act did to people, the workspace, and what is kept beside tasks.

Each kind of thing has a reversal here: it gets the act's events of its kind, in the transaction of
the undoing, writes its rows, and says what the log is to tell.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.task import reading
from services.task.commands import keeping, undo_comments, undo_templates, undo_time
from services.task.commands.recording import Notice
from services.task.commands.storing import Asked
from services.task.commands.tokens import end_tokens_of
from services.task.commands.writing import Store
from services.task.model import (
    EventType,
    PersonId,
    PersonRecord,
    PersonStatus,
    Workspace,
)
from services.task.rules import undo_people as rules
from services.task.rules.undo import Kept
from services.task.rules.undo_people import PastPerson, PastWorkspace

PERSON = frozenset({EventType.PERSON_CREATED, EventType.PERSON_CHANGED})
WORKSPACE = frozenset({EventType.WORKSPACE_CHANGED})

READ_PEOPLE_SINCE = Hot(
    "read_people_since",
    sa.text(
        """
SELECT id, type, person_id, actor_id, changed, CAST(before AS text) AS before,
    CAST(after AS text) AS after
FROM task.events
WHERE workspace_id = CAST(:workspace AS bigint) AND task_number IS NULL
    AND id >= CAST(:since AS bigint) AND after IS NOT NULL
    AND (person_id = ANY (CAST(:people AS bigint[])) OR type = ANY (CAST(:types AS smallint[])))
ORDER BY id
"""
    ),
)
HAS_ACTED = Hot(
    "has_acted",
    sa.text(
        "SELECT EXISTS (SELECT FROM task.acts WHERE actor_id = CAST(:person AS bigint)) AS acted"
    ),
)


@dataclass(slots=True)
class Back:
    """What was put back, what stays, and what the log is to tell."""

    notices: list[Notice] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    people: list[PersonRecord] = field(default_factory=list)
    workspace: Workspace | None = None
    others: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Undoing:
    """What a reversal works with."""

    store: Store
    fetch: Fetch
    asked: Asked
    actor: PersonRecord


Reversal = Callable[[Undoing, Sequence[Any], Back], Awaitable[None]]


async def take_back(
    store: Store, fetch: Fetch, asked: Asked, *, actor: PersonRecord, rows: Sequence[Any]
) -> Back:
    """What of these events of an act was put back."""
    back = Back()
    undoing = Undoing(store, fetch, asked, actor)
    for types, reverse in REVERSALS:
        mine = [row for row in rows if EventType(row["type"]) in types]
        if mine:
            await reverse(undoing, mine, back)
    return back


async def _names(undoing: Undoing, ids: set[PersonId]) -> dict[int, str]:
    found = await undoing.store.roster.of(undoing.asked.workspace, ids)
    return {ident: record.person.display_name for ident, record in found.items()}


async def _people(undoing: Undoing, rows: Sequence[Any], back: Back) -> None:
    fetch, asked = undoing.fetch, undoing.asked
    workspace = await keeping.locked_workspace(fetch, asked.workspace)
    ids = sorted({row["person_id"] for row in rows})
    known = await keeping.read_people(fetch, asked.workspace, ids)
    found = await fetch(
        READ_PEOPLE_SINCE,
        workspace=asked.workspace,
        since=min(row["id"] for row in rows),
        people=ids,
        types=[],
    )
    later = [_past_person(row) for row in found]
    names = await _names(undoing, {each.actor for each in later if each.actor is not None})
    for row in rows:
        past, record = _past_person(row), known[row["person_id"]]
        since = [each for each in later if each.person == past.person and each.id > past.id]
        after, kept = rules.put_back(
            past, record, since, actor=undoing.actor.id, names=names, now=asked.now
        )
        back.kept += [kept] if kept else []
        if after == record.person:
            continue
        moved = PersonRecord(asked.workspace, record.id, 0, after)
        creation = past.type is EventType.PERSON_CREATED
        around = rules.Around(
            workspace,
            await keeping.owners_of(fetch, asked.workspace),
            await keeping.whose(fetch, asked.workspace, moved),
            at_work=creation and (await fetch(HAS_ACTED, person=record.id))[0]["acted"],
        )
        if reason := rules.hindrance(record.person, after, around, creation=creation):
            back.kept.append(Kept(None, (), reason, f"people/{record.id}"))
            continue
        written, notice = await keeping.write_person(
            fetch, asked.workspace, after, before=record, undo=True
        )
        back.people.append(written)
        back.notices.append(notice)
        if after.status is PersonStatus.LEFT and record.person.status is not PersonStatus.LEFT:
            back.notices += await end_tokens_of(fetch, record.id, now=asked.now)


async def _workspace(undoing: Undoing, rows: Sequence[Any], back: Back) -> None:
    fetch, asked = undoing.fetch, undoing.asked
    before = await keeping.locked_workspace(fetch, asked.workspace)
    found = await fetch(
        READ_PEOPLE_SINCE,
        workspace=asked.workspace,
        since=min(row["id"] for row in rows),
        people=[],
        types=[EventType.WORKSPACE_CHANGED.value],
    )
    later = [_past_workspace(row, asked) for row in found]
    names = await _names(undoing, {each.actor for each in later if each.actor is not None})
    present = before
    for row in rows:
        past = _past_workspace(row, asked)
        present, kept = rules.put_back_workspace(
            past,
            present,
            [each for each in later if each.id > past.id],
            actor=undoing.actor.id,
            names=names,
            members=await keeping.members_of(fetch, asked.workspace),
        )
        back.kept += kept
    if present != before:
        back.workspace, notice = await keeping.write_workspace(fetch, before, present, undo=True)
        back.notices.append(notice)


def _past_person(row: Any) -> PastPerson:
    return PastPerson(
        row["id"],
        EventType(row["type"]),
        row["person_id"],
        row["actor_id"],
        tuple(row["changed"]),
        reading.person_values(row["before"]),
        reading.person_image(row["after"]),
    )


def _past_workspace(row: Any, asked: Asked) -> PastWorkspace:
    return PastWorkspace(
        row["id"],
        row["actor_id"],
        tuple(row["changed"]),
        reading.workspace_values(row["before"]),
        reading.workspace_image(row["after"], asked.workspace, row["id"]),
    )


PutBack = Callable[[Fetch, Asked, Any], Awaitable[tuple[Notice | None, Kept | None, str]]]


def _each(put_back: PutBack) -> Reversal:
    """The reversal of things that are put back one by one."""

    async def reverse(undoing: Undoing, rows: Sequence[Any], back: Back) -> None:
        for row in rows:
            notice, kept, name = await put_back(undoing.fetch, undoing.asked, row)
            back.notices += [notice] if notice else []
            back.kept += [kept] if kept else []
            back.others += [name] if notice else []

    return reverse


REVERSALS: Sequence[tuple[frozenset[EventType], Reversal]] = (
    (PERSON, _people),
    (WORKSPACE, _workspace),
    (undo_comments.TYPES, _each(undo_comments.put_back)),
    (undo_templates.TYPES, _each(undo_templates.put_back)),
    (undo_time.TYPES, _each(undo_time.put_back)),
)
