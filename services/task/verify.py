"""Checks the log against the state: what it says last of each task is what the task's row holds.

So for people, the names that they answer to, workspaces and comments; and whatever the log has and
nobody erased must be there. Where an image was erased, the row must still be of that event; more
can't be known.

Reads the whole installation; for tests and for whoever suspects something, not for every day:
`boss verify` runs it as a program of its own, which prints the report as JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from services.runtime.database import Hot
from services.task.model import EventType, Task
from services.task.schema import IMAGE

# What an image holds that was written before the task had all of today's fields.
_SINCE = datetime.fromtimestamp(0, UTC)
_DEFAULTS = msgspec.json.encode(
    {
        name: value
        for name, value in msgspec.to_builtins(
            Task(title="", created_at=_SINCE, updated_at=_SINCE, status_since=_SINCE)
        ).items()
        if name in IMAGE and value is not None
    }
).decode()
_FIELDS = IMAGE

DIFFERENT_TASKS = Hot(
    "verify_tasks",
    sa.text(
        f"""
SELECT task.workspace_id, task.number
FROM task.tasks AS task
LEFT JOIN LATERAL (
    SELECT id, after, erased FROM task.events AS event
    WHERE event.workspace_id = task.workspace_id AND event.task_number = task.number
        AND (event.after IS NOT NULL OR event.erased)
    ORDER BY id DESC LIMIT 1
) AS last ON true
LEFT JOIN LATERAL jsonb_populate_record(
    NULL::task.tasks, CAST(:defaults AS jsonb) || last.after) AS row ON true
WHERE last.id IS DISTINCT FROM task.touched
    OR NOT last.erased AND (ROW ({", ".join(f"task.{name}" for name in _FIELDS)})
        IS DISTINCT FROM ROW ({", ".join(f"row.{name}" for name in _FIELDS)})
    OR last.after -> 'assignees' IS DISTINCT FROM (
        SELECT coalesce(jsonb_agg(jsonb_build_object('person', person_id, 'mark', mark)
            ORDER BY place), '[]')
        FROM task.task_assignees AS a
        WHERE a.workspace_id = task.workspace_id AND a.task_number = task.number)
    OR last.after -> 'watchers' IS DISTINCT FROM (
        SELECT coalesce(jsonb_agg(person_id ORDER BY place), '[]')
        FROM task.task_watchers AS w
        WHERE w.workspace_id = task.workspace_id AND w.task_number = task.number)
    OR last.after -> 'depends_on' IS DISTINCT FROM (
        SELECT coalesce(jsonb_agg(on_number ORDER BY place), '[]')
        FROM task.task_dependencies AS d
        WHERE d.workspace_id = task.workspace_id AND d.task_number = task.number))
ORDER BY 1, 2
"""  # noqa: S608 -- column names of our own table
    ).bindparams(defaults=_DEFAULTS),
)
DIFFERENT_PEOPLE = Hot(
    "verify_people",
    sa.text(
        """
SELECT person.workspace_id, person.id AS number
FROM task.people AS person
LEFT JOIN (
    SELECT DISTINCT ON (person_id) person_id, id, after, erased FROM task.events
    WHERE person_id IS NOT NULL AND (after IS NOT NULL OR erased)
    ORDER BY person_id, id DESC
) AS last ON last.person_id = person.id
WHERE last.id IS DISTINCT FROM person.touched
    OR NOT last.erased AND person IS DISTINCT FROM jsonb_populate_record(
        NULL::task.people, last.after || jsonb_build_object('id', person.id, 'workspace_id',
            person.workspace_id, 'touched', person.touched))
ORDER BY 1, 2
"""
    ),
)
# Tasks of the log that nobody erased, and no row.
LOST_TASKS = Hot(
    "verify_presence",
    sa.text(
        f"""
SELECT workspace_id, task_number AS number FROM task.events AS event
WHERE task_number IS NOT NULL
    AND NOT EXISTS (SELECT FROM task.tasks AS task
        WHERE task.workspace_id = event.workspace_id AND task.number = event.task_number)
GROUP BY workspace_id, task_number
HAVING bool_or(after IS NOT NULL OR erased)
    AND NOT bool_or(type = {EventType.TASK_ERASED.value})
ORDER BY 1, 2
"""  # noqa: S608 -- a number of ours
    ),
)
# Names by which people are found, each folded, and nobody else's.
DIFFERENT_NAMES = Hot(
    "verify_names",
    sa.text(
        """
SELECT coalesce(name.workspace_id, person.workspace_id) AS workspace_id,
    coalesce(name.person_id, person.id) AS number
FROM task.person_names AS name
FULL JOIN (SELECT * FROM task.people WHERE status <> 3) AS person ON person.id = name.person_id
WHERE person.id IS NULL OR name.key IS NULL
ORDER BY 1, 2
"""
    ),
)
DIFFERENT_WORKSPACES = Hot(
    "verify_workspaces",
    sa.text(
        """
SELECT workspace.id AS workspace_id, workspace.id AS number
FROM task.workspaces AS workspace
LEFT JOIN (
    SELECT DISTINCT ON (workspace_id) workspace_id, id, after, erased FROM task.events
    WHERE task_number IS NULL AND person_id IS NULL AND (after IS NOT NULL OR erased)
    ORDER BY workspace_id, id DESC
) AS last ON last.workspace_id = workspace.id
WHERE coalesce(last.id, 0) IS DISTINCT FROM workspace.touched
    OR last.id IS NOT NULL AND NOT last.erased AND workspace IS DISTINCT FROM
        jsonb_populate_record(workspace, last.after)
ORDER BY 1
"""
    ),
)
# By task: a text that is not what was said last of it in the log, where that was kept.
DIFFERENT_COMMENTS = Hot(
    "verify_comments",
    sa.text(
        f"""
SELECT DISTINCT comment.workspace_id, comment.task_number AS number
FROM task.comments AS comment
JOIN (
    SELECT DISTINCT ON (detail ->> 'comment') CAST(detail ->> 'comment' AS bigint) AS id,
        type, detail ->> 'text' AS text, workspace_id, task_number
    FROM task.events
    WHERE type BETWEEN {EventType.COMMENT_CREATED.value} AND {EventType.COMMENT_DELETED.value}
        AND detail IS NOT NULL
    ORDER BY detail ->> 'comment', task.events.id DESC
) AS last USING (id)
WHERE (comment.workspace_id, comment.task_number) IS DISTINCT FROM
        (last.workspace_id, last.task_number)
    OR (comment.deleted_at IS NOT NULL) <> (last.type = {EventType.COMMENT_DELETED.value})
    OR comment.deleted_at IS NULL AND comment.text IS DISTINCT FROM last.text
ORDER BY 1, 2
"""  # noqa: S608 -- numbers of ours
    ),
)
LOG_FAULTS = Hot(
    "verify_log",
    sa.text(
        """
SELECT count(position) AS numbered, coalesce(max(position), 0) AS newest,
    (SELECT position FROM task.log_head) AS head
FROM task.events
"""
    ),
)
# Of one task's events, a later one (by id) has the later position.
DISORDERED = Hot(
    "verify_order",
    sa.text(
        """
SELECT DISTINCT workspace_id, task_number AS number FROM (
    SELECT workspace_id, task_number, position, lag(position) OVER (
        PARTITION BY workspace_id, task_number ORDER BY id) AS former
    FROM task.events WHERE task_number IS NOT NULL AND position IS NOT NULL
) AS event WHERE position < former
"""
    ),
)


@dataclass(frozen=True, slots=True)
class Report:
    """What differs; all empty is as it should be."""

    tasks: tuple[tuple[int, int], ...]
    lost: tuple[tuple[int, int], ...]
    people: tuple[tuple[int, int], ...]
    names: tuple[tuple[int, int], ...]
    workspaces: tuple[tuple[int, int], ...]
    comments: tuple[tuple[int, int], ...]
    disordered: tuple[tuple[int, int], ...]
    gaps: int

    @property
    def good(self) -> bool:
        """Whether log and state agree."""
        return not any(getattr(self, field.name) for field in fields(self))


class Rows(Protocol):
    """What runs the statements: a database, or one transaction of it."""

    async def hot_rows(self, hot: Hot, **params: Any) -> Sequence[Any]:
        """The rows."""


async def verify(database: Rows) -> Report:
    """What differs between the log and the state."""

    async def pairs(hot: Hot) -> tuple[tuple[int, int], ...]:
        rows = await database.hot_rows(hot)
        return tuple((row["workspace_id"], row["number"]) for row in rows)

    (log,) = await database.hot_rows(LOG_FAULTS)
    return Report(
        tasks=await pairs(DIFFERENT_TASKS),
        lost=await pairs(LOST_TASKS),
        people=await pairs(DIFFERENT_PEOPLE),
        names=await pairs(DIFFERENT_NAMES),
        workspaces=await pairs(DIFFERENT_WORKSPACES),
        comments=await pairs(DIFFERENT_COMMENTS),
        disordered=await pairs(DISORDERED),
        gaps=abs(log["newest"] - log["numbered"]) + abs(log["head"] - log["newest"]),
    )
