"""Making workspaces and changing what they are called and how they work."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.runtime.errors import Stale
from services.task import reading
from services.task.commands import keeping
from services.task.commands.recording import (
    Notice,
    Recorded,
    perform_recorded,
    record,
)
from services.task.commands.storing import Answer, Asked, Told, Written
from services.task.commands.writing import Store, first_answer, present_actor
from services.task.model import (
    ActKind,
    EventType,
    Person,
    PersonRecord,
    Workspace,
    WorkspaceId,
)
from services.task.rules import workspaces as rules

MEMBERSHIPS = 100  # that one human is told of
# The place of requests that a service makes on its own behalf.
NOWHERE, NOBODY = WorkspaceId(0), 0

INSERT_WORKSPACE = Hot(
    "insert_workspace",
    sa.text(
        """
INSERT INTO task.workspaces (id, display_name, timezone, claimed, settings, created_at, touched)
SELECT nextval('task.workspaces_id_seq'), CAST(:display_name AS text), CAST(:timezone AS text),
    CAST(:claimed AS boolean), CAST(:settings AS jsonb), CAST(:at AS timestamptz),
    nextval('task.events_id_seq')
RETURNING id, touched
"""
    ),
)
# With the act, by which a repeated request finds the events that the first one wrote elsewhere.
REMEMBER_FOUNDING = Hot(
    "remember_founding",
    sa.text(
        """
INSERT INTO task.requests
    (workspace_id, actor_id, request_id, method, body_hash, answer, act, at)
VALUES (CAST(:workspace AS bigint), CAST(:actor AS bigint), CAST(:request_id AS uuid),
    CAST(:method AS text), CAST(:body_hash AS bytea), CAST(:answer AS bytea),
    CAST(:act AS uuid), CAST(:at AS timestamptz))
ON CONFLICT DO NOTHING
RETURNING true
"""
    ),
)
# Where else the human is whose account this person has come in from, and here.
MEMBERSHIPS_OF = Hot(
    "memberships_of",
    sa.text(
        """
SELECT other.id FROM task.people AS me
LEFT JOIN task.telegram_accounts AS proven
    ON proven.person_id = me.id AND proven.telegram_id = me.telegram_id
JOIN task.people AS other ON other.id = me.id OR other.telegram_id = proven.telegram_id
WHERE me.id = CAST(:person AS bigint) AND other.status <> 3
"""
    ),
)
GET_WORKSPACES = Hot(
    "get_workspaces",
    sa.text("SELECT * FROM task.workspaces WHERE id = ANY (CAST(:ids AS bigint[]))"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer is made of: the workspace as written, and the act or the owner."""

    workspace: Workspace
    act: UUID | None = None
    owner: PersonRecord | None = None


Compose = Callable[[Outcome], Answer]


class _Known(Exception):  # noqa: N818 -- an outcome, caught in `create_workspace`
    """The request id is known: nothing of this was written."""


async def update_workspace(
    store: Store, asked: Asked, changes: Mapping[str, object], *, etag: str, compose: Compose
) -> Written:
    """The answer with the workspace after the edit. Raises Stale, Conflict DEPARTMENT_IN_USE."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        before = await keeping.locked_workspace(fetch, asked.workspace)
        if etag and etag != before.etag:
            raise Stale(
                "ETAG_MISMATCH",
                "The workspace was changed meanwhile: read it again, then decide again.",
                metadata={"etag": before.etag},
            )
        lists = "settings.departments" in changes
        members = await keeping.members_of(fetch, asked.workspace) if lists else ()
        after = rules.edit(before, changes, actor=actor, members=members)
        if after is None:
            return Recorded((), Told(uuid.uuid4(), ""), compose(Outcome(before)))
        written, notice = await keeping.write_workspace(fetch, before, after)
        # Claiming is no act of the owner's: it comes with the first sign-in.
        claims = after.claimed and not before.claimed
        kind = ActKind.NOTE if claims else ActKind.ACT
        told = Told(uuid.uuid4(), "changed the workspace", kind)
        act = None if claims else told.id
        return Recorded((notice,), told, compose(Outcome(written, act)))

    written = await perform_recorded(store, asked, work)
    store.roster.forget_workspace(asked.workspace)
    return written


async def create_workspace(
    store: Store, asked: Asked, workspace: Workspace, owner: Person | None, compose: Compose
) -> Written:
    """The answer with a new workspace and its owner.

    Without `owner` it is the caller, who must own a workspace. Raises Forbidden NOT_ALLOWED.
    """
    if (first := await first_answer(store, asked)) is not None:
        return first
    if owner is None:
        actor = await present_actor(store, asked)
        rules.require_founder(actor)
        owner = replace(actor.person, leads=(), created_at=asked.now, updated_at=asked.now)
    try:
        return await _found(store, asked, workspace, owner, compose=compose)
    except _Known:
        first = await first_answer(store, asked)
        assert first is not None  # noqa: S101 -- the statement waited for it
        return first


async def _found(
    store: Store, asked: Asked, workspace: Workspace, owner: Person, *, compose: Compose
) -> Written:
    async with store.database.hot_transaction() as fetch:
        (row,) = await fetch(
            INSERT_WORKSPACE,
            display_name=workspace.display_name,
            timezone=workspace.timezone,
            claimed=workspace.claimed,
            settings=msgspec.json.encode(workspace.settings).decode(),
            at=asked.now,
        )
        made = replace(workspace, id=row["id"], touched=row["touched"], created_at=asked.now)
        sequence = f"CREATE SEQUENCE task.task_number_{made.id:d}"
        await fetch(Hot("make_task_numbers", sa.text(sequence)))
        person, told_of = await keeping.write_person(fetch, made.id, owner)
        told = Told(uuid.uuid4(), f"made {made.display_name}", ActKind.NOTE)
        answer = compose(Outcome(made, owner=person))
        remembered = await fetch(
            REMEMBER_FOUNDING,
            workspace=asked.workspace,
            actor=asked.actor,
            request_id=asked.request_id,
            method=asked.method,
            body_hash=asked.body_hash,
            answer=answer.SerializeToString(),
            act=told.id,
            at=asked.now,
        )
        if not remembered:
            raise _Known
        notice = Notice(EventType.WORKSPACE_CREATED, after=rules.image(made), event=made.touched)
        there = replace(asked, workspace=made.id, actor=person.id)
        drawn = await record(
            fetch, there, Recorded((notice, told_of), told, answer), people={person.id: person}
        )
    return Written(answer, drawn)


async def memberships(store: Store, person: PersonRecord) -> list[tuple[Workspace, PersonRecord]]:
    """The workspaces of the same human, by name, and who they are in each."""
    rows = await store.database.hot_rows(MEMBERSHIPS_OF, person=person.id)
    people = await store.roster.get([row["id"] for row in rows])
    homes = {record.workspace: record for record in people.values()}
    rows = await store.database.hot_rows(GET_WORKSPACES, ids=list(homes))
    found = [reading.workspace(row) for row in rows]
    found.sort(key=lambda each: (each.display_name.casefold(), each.id))
    return [(each, homes[each.id]) for each in found[:MEMBERSHIPS]]
