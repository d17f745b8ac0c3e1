"""Attendance and time, read: presences and entries of people over days, a page of people at a time.

Rows come as JSON that is decoded into the values of the rules. One statement gives a page: the
people, what they did, and of those who are away since when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.task import reading
from services.task.model import PersonId, PersonRecord, TaskNumber, TaskRef, WorkspaceId
from services.task.rules.attendance import Presence
from services.task.rules.timers import TimeEntry

PRESENCE = """json_build_object('id', presence.id, 'person', presence.person_id,
    'day', presence.day, 'came_at', presence.came_at, 'left_at', presence.left_at,
    'breaks', presence.breaks, 'late_from', presence.late_from, 'ends_at', presence.ends_at,
    'closes_at', presence.closes_at, 'forgotten', presence.forgotten,
    'corrected', presence.corrected, 'version', presence.version)"""
ENTRY = """json_build_object('id', entry.id, 'person', entry.person_id,
    'task', entry.task_number, 'day', entry.day, 'minutes', entry.minutes, 'note', entry.note,
    'began_at', entry.began_at, 'ended_at', entry.ended_at, 'ends_at', entry.ends_at,
    'closes_at', entry.closes_at, 'forgotten', entry.forgotten, 'created_at', entry.created_at,
    'updated_at', entry.updated_at, 'deleted_at', entry.deleted_at, 'version', entry.version)"""

_OF_PERSON = """{one}.person_id = person.id
    AND {one}.day BETWEEN CAST(:first AS date) AND CAST(:last AS date)"""
_PRESENCES = f"""FROM task.attendance AS presence
    WHERE {_OF_PERSON.format(one="presence")} AND presence.removed_at IS NULL"""
_ENTRIES = f"""FROM task.time_entries AS entry
    WHERE {_OF_PERSON.format(one="entry")} AND entry.deleted_at IS NULL"""
_THERE = """EXISTS (SELECT FROM task.{table} AS {one} WHERE {one}.person_id = person.id
    AND {one}.day BETWEEN CAST(:shown_first AS date) AND CAST(:shown_last AS date)
    AND {one}.{gone} IS NULL)"""
_AT_WORK = _THERE.format(table="attendance", one="presence", gone="removed_at")
_SPENT = _THERE.format(table="time_entries", one="entry", gone="deleted_at")
_DAYS = """
WITH listed AS (
    SELECT person.id, lower(person.display_name) AS key FROM task.people AS person
    WHERE person.workspace_id = CAST(:workspace AS bigint)
        AND (CAST(:person AS bigint) IS NULL OR person.id = CAST(:person AS bigint))
        AND (CAST(:department AS text) IS NULL
            OR lower(person.department) = lower(CAST(:department AS text)))
        AND (CAST(:departments AS text[]) IS NULL OR person.id = CAST(:own AS bigint)
            OR person.department = ANY (CAST(:departments AS text[])))
        AND (person.status <> 3 AND person.role <> 5 OR CAST(:person AS bigint) IS NOT NULL
            OR {at_work})
), page AS (
    SELECT id, key FROM listed
    WHERE CAST(:after_key AS text) IS NULL
        OR (key, id) > (CAST(:after_key AS text), CAST(:after_id AS bigint))
    ORDER BY key, id LIMIT CAST(:limit AS integer)
)
SELECT person.*, page.key, (SELECT count(*) FROM listed) AS total, head.position AS as_of,
    CASE WHEN person.status = 2 THEN coalesce((
        SELECT max(event.at) FROM task.events AS event
        WHERE event.person_id = person.id AND event.position IS NOT NULL
            AND 'status' = ANY (event.changed)), person.created_at) END AS away_since,
    (SELECT CAST(json_agg({presence} ORDER BY presence.came_at) AS text) {presences}) AS presences,
    {entries} AS entries
FROM task.log_head AS head
LEFT JOIN page ON true LEFT JOIN task.people AS person ON person.id = page.id
ORDER BY page.key, page.id
"""
_WITH_ENTRIES = f"""(SELECT CAST(json_agg(json_build_array({ENTRY}, coalesce(task.title, ''),
        coalesce(task.status, 8))
        ORDER BY entry.day, entry.id) AS text)
    {
    _ENTRIES.replace(
        "WHERE",
        '''LEFT JOIN task.tasks AS task
        ON task.workspace_id = entry.workspace_id AND task.number = entry.task_number
    WHERE''',
        1,
    )
})"""
READ_DAYS = Hot(
    "read_attendance",
    sa.text(
        _DAYS.format(
            at_work=_AT_WORK,
            presence=PRESENCE,
            presences=_PRESENCES,
            entries="CAST(NULL AS text)",
        )
    ),
)
READ_TIME = Hot(
    "read_timesheets",
    sa.text(
        _DAYS.format(
            at_work=f"{_AT_WORK} OR {_SPENT}",
            presence=PRESENCE,
            presences=_PRESENCES,
            entries=_WITH_ENTRIES,
        )
    ),
)

presence_of = msgspec.json.Decoder(Presence).decode
entry_of = msgspec.json.Decoder(TimeEntry).decode
_presences = msgspec.json.Decoder(tuple[Presence, ...])
_entries = msgspec.json.Decoder(tuple[tuple[TimeEntry, str, int], ...])


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose time is asked for, of whom the asker may see: all, or departments and oneself."""

    workspace: WorkspaceId
    own: PersonId | None = None
    departments: tuple[str, ...] | None = None
    person: PersonId | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class PersonDays:
    """A person's presences and entries on some days."""

    record: PersonRecord
    presences: tuple[Presence, ...]
    entries: tuple[TimeEntry, ...] = ()
    tasks: Mapping[TaskNumber, TaskRef] | None = None
    away_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of people, how many there are in all, and where the next page begins."""

    people: Sequence[PersonDays]
    total: int
    as_of: int
    next_key: tuple[str, int] | None


async def read_days(
    database: Database,
    scope: Scope,
    *,
    first: date,
    last: date,
    around: timedelta = timedelta(0),
    limit: int,
    after: tuple[str, int] | None = None,
    with_entries: bool = False,
) -> Page:
    """People by name with what is of these days of work, both included, and of those around them.

    Who left and guests are there only where they have something on the days themselves.
    """
    rows: Any = await database.hot_rows(
        READ_TIME if with_entries else READ_DAYS,
        workspace=scope.workspace,
        person=scope.person,
        department=scope.department,
        departments=None if scope.departments is None else list(scope.departments),
        own=scope.own,
        first=first - around,
        last=last + around,
        shown_first=first,
        shown_last=last,
        after_key=after[0] if after else None,
        after_id=after[1] if after else None,
        limit=limit + 1,
    )
    found = [row for row in rows if row["id"] is not None]
    key = None
    if len(found) > limit:
        key = found[limit - 1]["key"], found[limit - 1]["id"]
    people = [_person_days(row) for row in found[:limit]]
    total = found[0]["total"] if found else 0
    return Page(people, total, rows[0]["as_of"], key)


def _person_days(row: Any) -> PersonDays:
    entries = _entries.decode(row["entries"]) if row["entries"] else ()
    return PersonDays(
        reading.person_record(row),
        _presences.decode(row["presences"]) if row["presences"] else (),
        tuple(entry for entry, _, _ in entries),
        {
            entry.task: TaskRef(entry.task, title, reading.STATUS[status])
            for entry, title, status in entries
        },
        row["away_since"],
    )
