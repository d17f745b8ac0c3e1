"""Comments, time, attendance and templates as the store keeps them, page by page, and back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from services.runtime.database import Database, Fetch, Hot
from services.task.model import PersonId, WorkspaceId
from services.task.rules.templates import Template
from services.task.transfer.kept import Comment, Presence, Time

PAGE = 500
_FIRST_DAY = date(1, 1, 1)

V = TypeVar("V", Comment, Time, Presence)

PAGE_OF_COMMENTS = Hot(
    "export_comments",
    sa.text(
        """
SELECT task_number, id, CAST(json_build_object('task', task_number, 'author', author, 'text', text,
    'at', at, 'edited_at', edited_at, 'mentions', mentions, 'attachments', attachments) AS text)
    AS record
FROM task.comments
WHERE workspace_id = CAST(:workspace AS bigint) AND deleted_at IS NULL
    AND (task_number, id) > (CAST(:task AS bigint), CAST(:after AS bigint))
ORDER BY task_number, id LIMIT CAST(:limit AS integer)
"""
    ),
)
PAGE_OF_TIMES = Hot(
    "export_time_entries",
    sa.text(
        """
SELECT day, id, CAST(json_build_object('person', person_id, 'task', task_number, 'day', day,
    'minutes', minutes, 'created_at', created_at, 'updated_at', updated_at, 'note', note,
    'began_at', began_at, 'ended_at', ended_at, 'ends_at', ends_at, 'closes_at', closes_at,
    'forgotten', forgotten) AS text) AS record
FROM task.time_entries
WHERE workspace_id = CAST(:workspace AS bigint) AND deleted_at IS NULL
    AND (day, id) > (CAST(:day AS date), CAST(:after AS bigint))
ORDER BY day, id LIMIT CAST(:limit AS integer)
"""
    ),
)
PRESENCES_OF = Hot(
    "export_attendance",
    sa.text(
        """
SELECT CAST(json_build_object('person', person_id, 'day', day, 'came_at', came_at,
    'left_at', left_at, 'breaks', breaks, 'late_from', late_from, 'ends_at', ends_at,
    'closes_at', closes_at, 'forgotten', forgotten, 'corrected', corrected) AS text) AS record
FROM task.attendance
WHERE person_id = ANY (CAST(:people AS bigint[])) AND removed_at IS NULL
ORDER BY person_id, day, came_at, id
"""
    ),
)
OWN_TEMPLATES = Hot(
    "export_templates",
    sa.text(
        """
SELECT CAST(json_build_object('name', name, 'about', about, 'priority', priority, 'tags', tags,
    'type', type, 'criteria', criteria, 'estimate_minutes', estimate_minutes,
    'subtasks', subtasks) AS text) AS record
FROM task.templates WHERE workspace_id = CAST(:workspace AS bigint) ORDER BY key
"""
    ),
)
KEEP_COMMENTS = Hot(
    "import_comments",
    sa.text(
        """
INSERT INTO task.comments
    (workspace_id, task_number, author, text, at, edited_at, mentions, attachments)
SELECT CAST(:workspace AS bigint), task, author, text, at, edited_at, mentions, attachments
FROM jsonb_to_recordset(CAST(:records AS jsonb)) AS r (
    task bigint, author bigint, text text, at timestamptz, edited_at timestamptz,
    mentions bigint[], attachments jsonb)
"""
    ),
)
KEEP_TIMES = Hot(
    "import_time_entries",
    sa.text(
        """
INSERT INTO task.time_entries (workspace_id, person_id, task_number, day, minutes, note, began_at,
    ended_at, ends_at, closes_at, forgotten, created_at, updated_at, version)
SELECT CAST(:workspace AS bigint), person, task, day, minutes, note, began_at, ended_at, ends_at,
    closes_at, forgotten, created_at, updated_at, 1
FROM jsonb_to_recordset(CAST(:records AS jsonb)) AS r (
    person bigint, task bigint, day date, minutes integer, note text, began_at timestamptz,
    ended_at timestamptz, ends_at timestamptz, closes_at timestamptz, forgotten boolean,
    created_at timestamptz, updated_at timestamptz)
"""
    ),
)
KEEP_PRESENCES = Hot(
    "import_attendance",
    sa.text(
        """
INSERT INTO task.attendance (workspace_id, person_id, day, came_at, left_at, breaks, late_from,
    ends_at, closes_at, forgotten, corrected, version)
SELECT CAST(:workspace AS bigint), person, day, came_at, left_at, breaks, late_from, ends_at,
    closes_at, forgotten, corrected, 1
FROM jsonb_to_recordset(CAST(:records AS jsonb)) AS r (
    person bigint, day date, came_at timestamptz, left_at timestamptz, breaks jsonb,
    late_from timestamptz, ends_at timestamptz, closes_at timestamptz, forgotten boolean,
    corrected boolean)
"""
    ),
)
KEEP_TEMPLATES = Hot(
    "import_templates",
    sa.text(
        """
INSERT INTO task.templates (workspace_id, key, name, about, priority, tags, type, criteria,
    estimate_minutes, subtasks, created_at, updated_at, version)
SELECT CAST(:workspace AS bigint), key, name, about, priority, tags, type, criteria,
    estimate_minutes, subtasks, CAST(:at AS timestamptz), CAST(:at AS timestamptz), 1
FROM jsonb_to_recordset(CAST(:records AS jsonb)) AS r (
    key text, name text, about text, priority smallint, tags text[], type text, criteria text[],
    estimate_minutes integer, subtasks text[])
"""
    ),
)

_comment = msgspec.json.Decoder(Comment)
_time = msgspec.json.Decoder(Time)
_presence = msgspec.json.Decoder(Presence)
_template = msgspec.json.Decoder(Template)


async def comments(database: Database, workspace: WorkspaceId) -> AsyncIterator[list[Comment]]:
    """Pages of comments, task by task."""
    task, after = 0, 0
    while rows := await database.hot_rows(
        PAGE_OF_COMMENTS, workspace=workspace, task=task, after=after, limit=PAGE
    ):
        task, after = rows[-1]["task_number"], rows[-1]["id"]
        yield [_comment.decode(row["record"]) for row in rows]


async def times(database: Database, workspace: WorkspaceId) -> AsyncIterator[list[Time]]:
    """Pages of time entries, day by day."""
    day, after = _FIRST_DAY, 0
    while rows := await database.hot_rows(
        PAGE_OF_TIMES, workspace=workspace, day=day, after=after, limit=PAGE
    ):
        day, after = rows[-1]["day"], rows[-1]["id"]
        yield [_time.decode(row["record"]) for row in rows]


async def presences(database: Database, people: Sequence[PersonId]) -> list[Presence]:
    """The attendance of these people."""
    rows = await database.hot_rows(PRESENCES_OF, people=list(people))
    return [_presence.decode(row["record"]) for row in rows]


async def templates(database: Database, workspace: WorkspaceId) -> list[Template]:
    """The workspace's own templates."""
    rows = await database.hot_rows(OWN_TEMPLATES, workspace=workspace)
    return [_template.decode(row["record"]) for row in rows]


def with_people(value: V, person: Callable[[PersonId], PersonId]) -> V:
    """The same with each person replaced."""
    if isinstance(value, Comment):
        return replace(
            value,
            author=None if value.author is None else person(value.author),
            mentions=tuple(person(each) for each in value.mentions),
        )
    return replace(value, person=person(value.person))


async def keep(fetch: Fetch, workspace: WorkspaceId, values: Sequence[V]) -> None:
    """Writes these, all of one kind, in their order."""
    hot = {Comment: KEEP_COMMENTS, Time: KEEP_TIMES, Presence: KEEP_PRESENCES}[type(values[0])]
    encoded = msgspec.json.encode(values).decode()
    await fetch(hot, workspace=workspace, records=encoded)


async def keep_templates(
    fetch: Fetch, workspace: WorkspaceId, values: Sequence[Template], at: Any
) -> None:
    """Writes these templates, which have names of their own."""
    rows = [{"key": each.key, **msgspec.to_builtins(each)} for each in values]
    encoded = msgspec.json.encode(rows).decode()
    await fetch(KEEP_TEMPLATES, workspace=workspace, records=encoded, at=at)
