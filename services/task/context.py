"""What understanding a message needs of a workspace, whole or since a position; read only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.task import queries, reading
from services.task.model import PersonRecord, Priority, Status, Viewer, WorkspaceId
from services.task.seeing import seen

OPEN_MOST = 5_000
EVENTS_MOST = 2_000

_OPEN = """
SELECT task.number, task.title, task.status, task.priority, task.deadline, (
    SELECT CAST(json_agg(a.person_id ORDER BY a.place) AS text)
    FROM task.task_assignees AS a
    WHERE a.workspace_id = task.workspace_id AND a.task_number = task.number) AS assignees
FROM task.tasks AS task
WHERE task.workspace_id = CAST(:workspace AS bigint) AND task.deleted_at IS NULL
    AND task.status < 7 {only}
ORDER BY task.number DESC LIMIT CAST(:limit AS integer)
"""
READ_OPEN = Hot("read_open_tasks", sa.text(_OPEN.format(only="")))
READ_OPEN_SEEN = Hot("read_open_tasks", sa.text(_OPEN.format(only=f"AND {seen('task')}")))
READ_CHANGED = Hot(
    "read_changed_tasks",
    sa.text(_OPEN.format(only="AND task.number = ANY (CAST(:numbers AS bigint[]))")),
)
READ_EVERYBODY = Hot(
    "read_everybody",
    sa.text("SELECT * FROM task.people WHERE workspace_id = CAST(:workspace AS bigint)"),
)
# What an event says of tasks and people, with the number of events looked at.
READ_TOUCHED = Hot(
    "read_touched",
    sa.text(
        """
WITH since AS (
    SELECT workspace_id, task_number, person_id FROM task.events
    WHERE position > CAST(:after AS bigint) ORDER BY position LIMIT CAST(:limit AS integer)
)
SELECT (SELECT count(*) FROM since) AS events,
    array_agg(DISTINCT task_number) FILTER (WHERE task_number IS NOT NULL) AS tasks,
    array_agg(DISTINCT person_id) FILTER (WHERE person_id IS NOT NULL) AS people
FROM since WHERE workspace_id = CAST(:workspace AS bigint)
"""
    ),
)


@dataclass(frozen=True, slots=True)
class OpenTask:
    """An open task as far as understanding needs it."""

    number: int
    title: str
    assignees: tuple[int, ...]
    status: Status
    deadline: datetime | None
    priority: Priority


@dataclass(frozen=True, slots=True)
class Context:
    """What holds as of a position: everything, or what has changed since."""

    position: int
    people: tuple[PersonRecord, ...]
    open_tasks: tuple[OpenTask, ...]
    closed: tuple[int, ...] = ()
    full: bool = True


async def read(
    database: Database, workspace: WorkspaceId, *, after: int, viewer: Viewer
) -> Context:
    """The context; whole where nothing is known yet or too much has changed.

    The head is read first: what is told may be newer, never older, than its position. Who sees
    only some gets it whole: which others were closed since is not for them to know.
    """
    head = await queries.get_head(database)
    if after == head:
        return Context(head, (), (), full=False)
    if not 0 < after < head or not viewer.sees_all:
        return await _whole(database, workspace, head, viewer)
    (row,) = await database.hot_rows(
        READ_TOUCHED, workspace=workspace, after=after, limit=EVENTS_MOST
    )
    if row["events"] == EVENTS_MOST:
        return await _whole(database, workspace, head, viewer)
    numbers, ids = row["tasks"] or [], row["people"] or []
    people = await queries.get_people(database, ids) if ids else {}
    found: tuple[OpenTask, ...] = ()
    if numbers:
        found = await _open(database, READ_CHANGED, workspace=workspace, numbers=numbers)
    closed = set(numbers) - {task.number for task in found}
    return Context(head, tuple(people.values()), found, tuple(sorted(closed)), full=False)


async def _whole(database: Database, workspace: WorkspaceId, head: int, viewer: Viewer) -> Context:
    rows = await database.hot_rows(READ_EVERYBODY, workspace=workspace)
    people = tuple(reading.person_record(row) for row in rows)
    if viewer.sees_all:
        found = await _open(database, READ_OPEN, workspace=workspace)
    else:
        found = await _open(database, READ_OPEN_SEEN, workspace=workspace, viewer=viewer.person)
    return Context(head, people, found)


async def _open(database: Database, hot: Hot, **params: Any) -> tuple[OpenTask, ...]:
    rows = await database.hot_rows(hot, limit=OPEN_MOST, **params)
    return tuple(
        OpenTask(
            row["number"],
            row["title"],
            tuple(msgspec.json.decode(row["assignees"])) if row["assignees"] else (),
            reading.STATUS[row["status"]],
            row["deadline"],
            reading.PRIORITY[row["priority"]],
        )
        for row in rows
    )
