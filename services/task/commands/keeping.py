"""Rows of people and workspaces, written within a transaction that has locked the workspace.

Each write draws its event's id first, which the row keeps as its version, and gives the notice
that tells the log of it. Undoing writes the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.task import reading
from services.task.commands.recording import Notice
from services.task.model import (
    EventType,
    Person,
    PersonId,
    PersonRecord,
    Workspace,
    WorkspaceId,
)
from services.task.rules import people as rules
from services.task.rules import workspaces
from services.task.schema import people as table

_FIELDS = [c.name for c in table.c if c.name not in {"id", "workspace_id", "touched"}]
_SET = ", ".join(f"{name} = excluded.{name}" for name in ("touched", *_FIELDS))

WRITE_PERSON = Hot(
    "write_person",
    sa.text(
        f"""
WITH drawn AS MATERIALIZED (
    SELECT coalesce(CAST(:id AS bigint), nextval('task.people_id_seq')) AS person,
        nextval('task.events_id_seq') AS event
), person_row AS (
    INSERT INTO task.people (id, workspace_id, touched, {", ".join(_FIELDS)})
    SELECT drawn.person, CAST(:workspace AS bigint), drawn.event,
        {", ".join(f"row.{name}" for name in _FIELDS)}
    FROM drawn, jsonb_populate_record(NULL::task.people, CAST(:after AS jsonb)) AS row
    ON CONFLICT (id) DO UPDATE SET {_SET}
), unnamed AS (
    DELETE FROM task.person_names AS name USING drawn
    WHERE name.workspace_id = CAST(:workspace AS bigint) AND name.person_id = drawn.person
        AND name.key = ANY (CAST(:removed AS text[]))
), named AS (
    INSERT INTO task.person_names (workspace_id, key, person_id)
    SELECT CAST(:workspace AS bigint), key, drawn.person
    FROM drawn, unnest(CAST(:added AS text[])) AS key
)
SELECT person, event FROM drawn
"""  # noqa: S608 -- column names of our own table
    ),
)
# All writes on people and settings of a workspace come one after the other, so that two owners
# can't end each other and nobody is put into a department that is just being taken off the list.
LOCK_WORKSPACE = Hot(
    "lock_workspace",
    sa.text("SELECT * FROM task.workspaces WHERE id = CAST(:workspace AS bigint) FOR UPDATE"),
)
READ_PEOPLE = Hot(
    "read_locked_people",
    sa.text(
        """
SELECT * FROM task.people
WHERE id = ANY (CAST(:ids AS bigint[])) AND workspace_id = CAST(:workspace AS bigint)
"""
    ),
)
COUNT_OWNERS = Hot(
    "count_owners",
    sa.text(
        """
SELECT count(*) AS owners FROM task.people
WHERE workspace_id = CAST(:workspace AS bigint) AND role = 1 AND status <> 3
"""
    ),
)
MEMBERS = Hot(
    "read_departments",
    sa.text(
        """
SELECT department, display_name FROM task.people
WHERE workspace_id = CAST(:workspace AS bigint) AND status <> 3 AND department <> ''
UNION ALL
SELECT led, display_name FROM task.people, unnest(leads) AS led
WHERE workspace_id = CAST(:workspace AS bigint) AND status <> 3
ORDER BY 1, 2
"""
    ),
)
# Whose each of these names is, and who has this Telegram account.
WHOSE = Hot(
    "whose_names",
    sa.text(
        """
SELECT name.key, person.display_name FROM task.person_names AS name
JOIN task.people AS person ON person.id = name.person_id
WHERE name.workspace_id = CAST(:workspace AS bigint) AND name.key = ANY (CAST(:keys AS text[]))
    AND name.person_id <> CAST(:person AS bigint)
UNION ALL
SELECT '', display_name FROM task.people
WHERE workspace_id = CAST(:workspace AS bigint) AND telegram_id = CAST(:telegram_id AS bigint)
    AND status <> 3 AND id <> CAST(:person AS bigint)
"""
    ),
)
WRITE_WORKSPACE = Hot(
    "write_workspace",
    sa.text(
        """
UPDATE task.workspaces SET display_name = CAST(:display_name AS text),
    timezone = CAST(:timezone AS text), claimed = CAST(:claimed AS boolean),
    settings = CAST(:settings AS jsonb), touched = nextval('task.events_id_seq')
WHERE id = CAST(:workspace AS bigint)
RETURNING touched
"""
    ),
)


async def locked_workspace(fetch: Fetch, workspace: WorkspaceId) -> Workspace:
    """The workspace, held until the transaction ends."""
    (row,) = await fetch(LOCK_WORKSPACE, workspace=workspace)
    return reading.workspace(row)


async def read_people(
    fetch: Fetch, workspace: WorkspaceId, ids: Sequence[PersonId]
) -> dict[PersonId, PersonRecord]:
    """These people of the workspace, as they are under its lock."""
    rows = await fetch(READ_PEOPLE, workspace=workspace, ids=list(ids))
    records = (reading.person_record(row) for row in rows)
    return {record.id: record for record in records}


async def owners_of(fetch: Fetch, workspace: WorkspaceId) -> int:
    """How many owners the workspace has."""
    (row,) = await fetch(COUNT_OWNERS, workspace=workspace)
    owners: int = row["owners"]
    return owners


async def members_of(fetch: Fetch, workspace: WorkspaceId) -> list[tuple[str, str]]:
    """The departments that people are in or lead, each with whose."""
    return [tuple(row) for row in await fetch(MEMBERS, workspace=workspace)]


async def whose(fetch: Any, workspace: WorkspaceId, record: PersonRecord) -> dict[str, str]:
    """Who else answers to the person's names, by folded name; "" is the Telegram account."""
    rows = await fetch(
        WHOSE,
        workspace=workspace,
        keys=list(rules.keys(record.person)),
        person=record.id,
        telegram_id=record.person.telegram_id,
    )
    return {row["key"]: row["display_name"] for row in rows}


async def write_person(
    fetch: Fetch,
    workspace: WorkspaceId,
    after: Person,
    *,
    before: PersonRecord | None = None,
    undo: bool = False,
) -> tuple[PersonRecord, Notice]:
    """The person as written, new without `before`, and what the log is to tell.

    The driver's UniqueViolationError passes where a name or an account is another person's.
    """
    former = rules.keys(before.person) if before else frozenset()
    changed = tuple(
        name
        for name in sorted(rules.EDITABLE)
        if before is not None and getattr(before.person, name) != getattr(after, name)
    )
    (row,) = await fetch(
        WRITE_PERSON,
        workspace=workspace,
        id=before.id if before else None,
        after=msgspec.json.encode(after).decode(),
        removed=sorted(former - rules.keys(after)),
        added=sorted(rules.keys(after) - former),
    )
    record = PersonRecord(workspace, PersonId(row["person"]), row["event"], after)
    return record, Notice(
        EventType.PERSON_CHANGED if before else EventType.PERSON_CREATED,
        person=record.id,
        changed=changed,
        before={name: getattr(before.person, name) for name in changed} if before else None,
        after=after,
        undo=undo,
        event=row["event"],
    )


async def write_workspace(
    fetch: Fetch, before: Workspace, after: Workspace, *, undo: bool = False
) -> tuple[Workspace, Notice]:
    """The workspace as written, and what the log is to tell."""
    (row,) = await fetch(
        WRITE_WORKSPACE,
        workspace=after.id,
        display_name=after.display_name,
        timezone=after.timezone,
        claimed=after.claimed,
        settings=msgspec.json.encode(after.settings).decode(),
    )
    held = workspaces.values(before)
    changed = workspaces.changed(before, after)
    return replace(after, touched=row["touched"]), Notice(
        EventType.WORKSPACE_CHANGED,
        changed=changed,
        before={path: held[path] for path in changed},
        after=workspaces.image(after),
        undo=undo,
        event=row["touched"],
    )
