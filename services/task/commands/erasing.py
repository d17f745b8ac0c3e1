"""The end of a task that was deleted long ago: its row, links and comments go, its log keeps quiet.

The log still says that something was done to the task, when and by whom, but no longer what. Time
that people spent stays in their timesheets, without their notes. What others link to it with is
taken from them by ordinary changes, so that log and state agree. Answers to old requests that
showed it, its own and those of its neighbours, are kept no longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.task import reading
from services.task.commands.storing import store_by_clock
from services.task.commands.writing import READ_TASKS, Store, people_of
from services.task.model import Entry, EventType, TaskNumber, TaskView, WorkspaceId
from services.task.requests import ERASED_SQL
from services.task.rules.clock import next_instant

# Waits for nobody: whoever holds a neighbour may wait for the task that is held here.
LOCK_NEIGHBOURS = Hot(
    "lock_neighbours",
    sa.text(
        """
SELECT number FROM task.tasks
WHERE workspace_id = CAST(:workspace AS bigint) AND number IN (
    SELECT number FROM task.tasks
    WHERE workspace_id = CAST(:workspace AS bigint) AND parent = CAST(:number AS bigint)
    UNION SELECT task_number FROM task.task_dependencies
    WHERE workspace_id = CAST(:workspace AS bigint) AND on_number = CAST(:number AS bigint))
FOR UPDATE SKIP LOCKED
"""
    ),
)
COUNT_NEIGHBOURS = Hot(
    "count_neighbours",
    sa.text(
        """
SELECT count(*) AS many FROM (
    SELECT number FROM task.tasks
    WHERE workspace_id = CAST(:workspace AS bigint) AND parent = CAST(:number AS bigint)
    UNION SELECT task_number FROM task.task_dependencies
    WHERE workspace_id = CAST(:workspace AS bigint) AND on_number = CAST(:number AS bigint)
) AS neighbour
"""
    ),
)
_OF_TASK = "workspace_id = CAST(:workspace AS bigint) AND task_number = CAST(:number AS bigint)"
ERASE = Hot(
    "erase_task",
    sa.text(
        f"""
WITH near AS MATERIALIZED (
    SELECT unnest(CAST(:near AS bigint[])) AS number
    UNION SELECT on_number FROM task.task_dependencies WHERE {_OF_TASK}
    UNION SELECT parent FROM task.tasks
    WHERE workspace_id = CAST(:workspace AS bigint) AND number = CAST(:number AS bigint)
        AND parent IS NOT NULL
), gone AS (
    DELETE FROM task.tasks
    WHERE workspace_id = CAST(:workspace AS bigint) AND number = CAST(:number AS bigint)
), assigned AS (DELETE FROM task.task_assignees WHERE {_OF_TASK}
), watched AS (DELETE FROM task.task_watchers WHERE {_OF_TASK}
), linked AS (DELETE FROM task.task_dependencies WHERE {_OF_TASK}
), said AS (DELETE FROM task.comments WHERE {_OF_TASK}
), spent AS (UPDATE task.time_entries SET note = '' WHERE {_OF_TASK} AND note <> ''
), silenced AS (
    UPDATE task.events SET before = NULL, after = NULL, detail = NULL,
        erased = erased OR after IS NOT NULL
    WHERE {_OF_TASK}
    RETURNING act, actor_id, request_id
), summed AS (
    UPDATE task.acts SET summary = '' WHERE id IN (SELECT act FROM silenced)
), shown AS (
    SELECT actor_id, request_id FROM silenced WHERE request_id IS NOT NULL
    UNION SELECT event.actor_id, event.request_id
    FROM near JOIN task.events AS event
        ON event.workspace_id = CAST(:workspace AS bigint) AND event.task_number = near.number
    WHERE event.request_id IS NOT NULL AND event.at <= (SELECT deleted_at FROM task.tasks
        WHERE workspace_id = CAST(:workspace AS bigint) AND number = CAST(:number AS bigint))
), answered AS (
    UPDATE task.requests AS request SET answer = {ERASED_SQL} FROM shown
    WHERE request.workspace_id = CAST(:workspace AS bigint)
        AND request.actor_id = shown.actor_id AND request.request_id = shown.request_id
)
INSERT INTO task.events (id, workspace_id, type, task_number, at, touches, changed, undo, origin)
VALUES (nextval('task.events_id_seq'), CAST(:workspace AS bigint), CAST(:type AS smallint),
    CAST(:number AS bigint), CAST(:now AS timestamptz), ARRAY[CAST(:number AS bigint)], '{{}}',
    false, 'clock')
"""  # noqa: S608 -- our own words
    ),
)


async def erase(
    store: Store, fetch: Fetch, workspace: WorkspaceId, number: TaskNumber, now: datetime
) -> bool:
    """Whether the task, which is held, is gone: not while somebody holds one that links to it."""
    found = await fetch(LOCK_NEIGHBOURS, workspace=workspace, number=number)
    (there,) = await fetch(COUNT_NEIGHBOURS, workspace=workspace, number=number)
    if len(found) != there["many"]:
        return False
    numbers = [row["number"] for row in found]
    if found:
        rows = await fetch(READ_TASKS, workspace=workspace, numbers=numbers)
        await _unlink(store, fetch, [reading.task_view(row) for row in rows], number, now)
    await fetch(
        ERASE,
        workspace=workspace,
        number=number,
        near=numbers,
        type=EventType.TASK_ERASED.value,
        now=now,
    )
    return True


async def _unlink(
    store: Store, fetch: Fetch, views: Sequence[TaskView], number: TaskNumber, now: datetime
) -> None:
    """Takes the task from those that are its parts or wait for it."""
    workspace = views[0].workspace
    people = await store.roster.of(workspace, people_of(view.task for view in views))
    zone = ZoneInfo((await store.roster.workspace(workspace)).timezone)
    entries = [
        Entry(
            EventType.TASK_CHANGED,
            replace(
                view.task,
                parent=None if view.task.parent == number else view.task.parent,
                depends_on=tuple(each for each in view.task.depends_on if each != number),
            ),
            before=view.task,
            number=view.number,
        )
        for view in views
    ]
    await store_by_clock(
        fetch,
        workspace,
        entries=entries,
        touches=[() for _ in entries],
        clock_at=[next_instant(e.after, people=people, zone=zone, now=now) for e in entries],
        now=now,
    )
