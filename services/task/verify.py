"""Checks the log against the state: what the last event of each task says is what its row holds.

Where that image was erased, the row must still be of that event; more can't be known.

Reads the whole installation; for tests and for whoever suspects something, not for every day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.task.model import Task
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
    people: tuple[tuple[int, int], ...]
    disordered: tuple[tuple[int, int], ...]
    gaps: int

    @property
    def good(self) -> bool:
        """Whether log and state agree."""
        return not (self.tasks or self.people or self.disordered or self.gaps)


async def verify(database: Database) -> Report:
    """What differs between the log and the state."""

    async def pairs(hot: Hot) -> tuple[tuple[int, int], ...]:
        rows = await database.hot_rows(hot)
        return tuple((row["workspace_id"], row["number"]) for row in rows)

    (log,) = await database.hot_rows(LOG_FAULTS)
    return Report(
        tasks=await pairs(DIFFERENT_TASKS),
        people=await pairs(DIFFERENT_PEOPLE),
        disordered=await pairs(DISORDERED),
        gaps=abs(log["newest"] - log["numbered"]) + abs(log["head"] - log["newest"]),
    )
