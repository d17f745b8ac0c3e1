"""Rows of attendance and time, written: what the commands on both share with the clock.

Whoever changes a person's attendance or time holds the person's lock first, then rows of
attendance, of time, of tasks, in this order. The clock takes only rows that nobody holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.task import reading
from services.task.attendance import ENTRY, PRESENCE, entry_of
from services.task.commands.recording import Notice
from services.task.commands.writing import READ_TASKS
from services.task.model import (
    EventType,
    PersonId,
    Status,
    TaskNumber,
    TaskRef,
    TaskView,
    WorkspaceId,
)
from services.task.rules.attendance import Presence
from services.task.rules.timers import TimeEntry

PERSON_SPACE = 7_302  # of pg_advisory_xact_lock: the lock on a person's attendance and time

LOCK_PERSON = Hot(
    "lock_person_time",
    sa.text(
        "SELECT pg_advisory_xact_lock(CAST(:space AS integer),"
        " CAST(CAST(:person AS bigint) % 2147483647 AS integer))"
    ),
)
INSERT_PRESENCE = Hot(
    "insert_attendance",
    sa.text(
        """
INSERT INTO task.attendance (workspace_id, person_id, day, came_at, left_at, breaks, late_from,
    ends_at, closes_at, forgotten, corrected, removed_at, version)
VALUES (CAST(:workspace AS bigint), CAST(:person AS bigint), CAST(:day AS date),
    CAST(:came_at AS timestamptz), CAST(:left_at AS timestamptz), CAST(:breaks AS jsonb),
    CAST(:late_from AS timestamptz), CAST(:ends_at AS timestamptz),
    CAST(:closes_at AS timestamptz), CAST(:forgotten AS boolean), CAST(:corrected AS boolean),
    NULL, CAST(:version AS integer))
RETURNING id
"""
    ),
)
UPDATE_PRESENCE = Hot(
    "update_attendance",
    sa.text(
        """
UPDATE task.attendance SET day = CAST(:day AS date), came_at = CAST(:came_at AS timestamptz),
    left_at = CAST(:left_at AS timestamptz), breaks = CAST(:breaks AS jsonb),
    late_from = CAST(:late_from AS timestamptz), ends_at = CAST(:ends_at AS timestamptz),
    closes_at = CAST(:closes_at AS timestamptz), forgotten = CAST(:forgotten AS boolean),
    corrected = CAST(:corrected AS boolean), removed_at = CAST(:removed_at AS timestamptz),
    version = CAST(:version AS integer)
WHERE id = CAST(:id AS bigint)
"""
    ),
)
INSERT_ENTRY = Hot(
    "insert_time_entry",
    sa.text(
        """
INSERT INTO task.time_entries (workspace_id, person_id, task_number, day, minutes, note, began_at,
    ended_at, ends_at, closes_at, forgotten, created_at, updated_at, version)
VALUES (CAST(:workspace AS bigint), CAST(:person AS bigint), CAST(:task AS bigint),
    CAST(:day AS date), CAST(:minutes AS integer), CAST(:note AS text),
    CAST(:began_at AS timestamptz), CAST(:ended_at AS timestamptz), CAST(:ends_at AS timestamptz),
    CAST(:closes_at AS timestamptz), CAST(:forgotten AS boolean), CAST(:created_at AS timestamptz),
    CAST(:updated_at AS timestamptz), CAST(:version AS integer))
RETURNING id
"""
    ),
)
UPDATE_ENTRY = Hot(
    "update_time_entry",
    sa.text(
        """
UPDATE task.time_entries SET day = CAST(:day AS date), minutes = CAST(:minutes AS integer),
    note = CAST(:note AS text), began_at = CAST(:began_at AS timestamptz),
    ended_at = CAST(:ended_at AS timestamptz), ends_at = CAST(:ends_at AS timestamptz),
    closes_at = CAST(:closes_at AS timestamptz), forgotten = CAST(:forgotten AS boolean),
    updated_at = CAST(:updated_at AS timestamptz), deleted_at = CAST(:deleted_at AS timestamptz),
    version = CAST(:version AS integer)
WHERE id = CAST(:id AS bigint)
"""
    ),
)
# What is open, and what began lately, in order.
READ_PRESENCES = Hot(
    "read_presences",
    sa.text(
        f"""
SELECT CAST({PRESENCE} AS text) AS presence FROM task.attendance AS presence
WHERE person_id = CAST(:person AS bigint) AND removed_at IS NULL
    AND (day BETWEEN CAST(:first AS date) AND CAST(:last AS date) OR left_at IS NULL)
ORDER BY came_at FOR UPDATE
"""  # noqa: S608 -- our own words
    ),
)
READ_RUNNING = Hot(
    "read_running_timer",
    sa.text(
        f"""
SELECT CAST({ENTRY} AS text) AS entry FROM task.time_entries AS entry
WHERE person_id = CAST(:person AS bigint) AND began_at IS NOT NULL AND ended_at IS NULL
    AND deleted_at IS NULL
FOR UPDATE
"""  # noqa: S608 -- our own words
    ),
)
LOCK_TASKS = Hot(
    "lock_tasks_for_time",
    sa.text(
        """
SELECT number FROM task.tasks
WHERE workspace_id = CAST(:workspace AS bigint) AND number = ANY (CAST(:numbers AS bigint[]))
ORDER BY number FOR UPDATE
"""
    ),
)
# What the clock tells: nobody's act, and no answer to anybody.
TELL = Hot(
    "tell_of_clock",
    sa.text(
        """
INSERT INTO task.events
    (id, workspace_id, type, task_number, person_id, at, touches, changed, undo, detail, origin)
VALUES (nextval('task.events_id_seq'), CAST(:workspace AS bigint), CAST(:type AS smallint),
    CAST(:task AS bigint), CAST(:person AS bigint), CAST(:at AS timestamptz),
    CAST(:touches AS bigint[]), '{}', false, CAST(:detail AS jsonb), 'clock')
"""
    ),
)


async def lock_person(fetch: Fetch, person: PersonId) -> None:
    """Waits until nobody else changes this person's attendance and time."""
    await fetch(LOCK_PERSON, space=PERSON_SPACE, person=person)


async def write_presence(
    fetch: Fetch, workspace: WorkspaceId, presence: Presence, *, removed_at: datetime | None = None
) -> Presence:
    """The presence as it is stored now."""
    values: dict[str, Any] = {
        "day": presence.day,
        "came_at": presence.came_at,
        "left_at": presence.left_at,
        "breaks": msgspec.json.encode(presence.breaks).decode(),
        "late_from": presence.late_from,
        "ends_at": presence.ends_at,
        "closes_at": presence.closes_at,
        "forgotten": presence.forgotten,
        "corrected": presence.corrected,
    }
    if not presence.id:
        (row,) = await fetch(
            INSERT_PRESENCE, workspace=workspace, person=presence.person, version=1, **values
        )
        return replace(presence, id=row["id"])
    version = presence.version + 1
    await fetch(UPDATE_PRESENCE, id=presence.id, removed_at=removed_at, version=version, **values)
    return replace(presence, version=version)


async def write_entry(fetch: Fetch, workspace: WorkspaceId, entry: TimeEntry) -> TimeEntry:
    """The entry as it is stored now."""
    values: dict[str, Any] = {
        "day": entry.day,
        "minutes": entry.minutes,
        "note": entry.note,
        "began_at": entry.began_at,
        "ended_at": entry.ended_at,
        "ends_at": entry.ends_at,
        "closes_at": entry.closes_at,
        "forgotten": entry.forgotten,
        "updated_at": entry.updated_at,
    }
    if not entry.id:
        (row,) = await fetch(
            INSERT_ENTRY,
            workspace=workspace,
            person=entry.person,
            task=entry.task,
            created_at=entry.created_at,
            version=1,
            **values,
        )
        return replace(entry, id=row["id"])
    version = entry.version + 1
    await fetch(UPDATE_ENTRY, id=entry.id, deleted_at=entry.deleted_at, version=version, **values)
    return replace(entry, version=version)


async def running_timer(fetch: Fetch, person: PersonId) -> TimeEntry | None:
    """The timer that runs for the person, under its lock."""
    rows = await fetch(READ_RUNNING, person=person)
    return entry_of(rows[0]["entry"]) if rows else None


async def locked_tasks(
    fetch: Fetch, workspace: WorkspaceId, numbers: set[TaskNumber]
) -> dict[TaskNumber, TaskView]:
    """These tasks, deleted ones too, under their locks: so what the log tells is in order."""
    await fetch(LOCK_TASKS, workspace=workspace, numbers=sorted(numbers))
    rows = await fetch(READ_TASKS, workspace=workspace, numbers=sorted(numbers))
    views = (reading.task_view(row) for row in rows)
    return {view.number: view for view in views}


def ref_of(views: Mapping[TaskNumber, TaskView], number: TaskNumber) -> TaskRef:
    """The task as shown inside something else; time stays when its task is erased."""
    if number not in views:
        return TaskRef(number, "", Status.CANCELLED)
    task = views[number].task
    return TaskRef(number, task.title, task.status)


async def tell(fetch: Fetch, workspace: WorkspaceId, notice: Notice, *, at: datetime) -> None:
    """Has the log tell what the clock did."""
    await fetch(
        TELL,
        workspace=workspace,
        type=notice.type.value,
        task=notice.task,
        person=notice.person,
        at=at,
        touches=[] if notice.task is None else [notice.task],
        detail=msgspec.json.encode(notice.detail).decode(),
    )


def attendance_notice(type_: EventType, presence: Presence, at: datetime, **more: object) -> Notice:
    """What the log tells of a presence."""
    detail = {"attendance": presence.id, "at": at, "day": presence.day, **more}
    return Notice(type_, person=presence.person, detail=detail)


def entry_notice(type_: EventType, entry: TimeEntry, **more: object) -> Notice:
    """What the log tells of a time entry."""
    detail = {
        "entry": entry.id,
        "minutes": entry.minutes,
        "note": entry.note,
        "day": entry.day,
        **more,
    }
    return Notice(type_, task=entry.task, person=entry.person, detail=detail)
