"""The graph that linking decides on: read under the workspace's lock on links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from services.runtime.database import Hot
from services.task.commands.writing import Held
from services.task.model import Status, TaskNumber, TaskRef, WorkspaceId
from services.task.rules.linking import NO_LINKS, Graph, Linked
from services.task.seeing import seen_of

READ_LINKED = Hot(
    "read_linked_tasks",
    sa.text(
        """
SELECT task.number, task.title, task.status, task.parent, task.place,
    parts.subtask_count, parts.last_place
FROM task.tasks AS task, LATERAL (
    SELECT count(*) AS subtask_count, coalesce(max(part.place), 0) AS last_place
    FROM task.tasks AS part
    WHERE part.workspace_id = task.workspace_id AND part.parent = task.number
        AND part.deleted_at IS NULL) AS parts
WHERE task.workspace_id = CAST(:workspace AS bigint)
    AND task.number = ANY (CAST(:numbers AS bigint[])) AND task.deleted_at IS NULL
"""
    ),
)
READ_EDGES = Hot(
    "read_dependencies",
    sa.text(
        """
WITH RECURSIVE reached (task_number, on_number) AS (
    SELECT task_number, on_number FROM task.task_dependencies
    WHERE workspace_id = CAST(:workspace AS bigint)
        AND task_number = ANY (CAST(:numbers AS bigint[]))
    UNION
    SELECT next.task_number, next.on_number
    FROM reached JOIN task.task_dependencies AS next
        ON next.workspace_id = CAST(:workspace AS bigint) AND next.task_number = reached.on_number
)
SELECT task_number, on_number FROM reached
"""
    ),
)


async def graph(
    held: Held,
    workspace: WorkspaceId,
    numbers: Iterable[TaskNumber | None],
    *,
    seen_only: bool = True,
) -> tuple[Graph, dict[TaskNumber, TaskRef]]:
    """What linking to these tasks needs to know, and how they are shown.

    What the actor does not see is left out, but for links that are there already; so it is not
    where links are put back.
    """
    wanted = {number for number in numbers if number is not None}
    if not wanted or held.fetch is None:
        return NO_LINKS, {}
    params = {"workspace": workspace, "numbers": list(wanted)}
    linked = await held.fetch(READ_LINKED, **params)
    if seen_only and not held.viewer.sees_all:
        linked = await _seen(held, linked)
    edges: dict[TaskNumber, list[TaskNumber]] = {}
    for task_number, on_number in await held.fetch(READ_EDGES, **params):
        edges.setdefault(task_number, []).append(on_number)
    found = {
        row["number"]: Linked(row["title"], row["parent"], row["subtask_count"], row["last_place"])
        for row in linked
    }
    refs = {
        row["number"]: TaskRef(row["number"], row["title"], Status(row["status"]), row["place"])
        for row in linked
    }
    return Graph(found, edges), refs


async def _seen(held: Held, linked: Sequence[Any]) -> list[Any]:
    """Those rows of tasks that the actor sees, or that a held task is linked to already."""
    assert held.fetch is not None  # noqa: S101 -- by the caller
    seen = await seen_of(held.fetch, held.viewer, {row["number"] for row in linked})
    already = {
        number
        for view in held.views.values()
        for number in (*view.task.depends_on, view.task.parent)
    }
    return [
        row if row["number"] in seen else {**row, "title": ""}
        for row in linked
        if row["number"] in seen or row["number"] in already
    ]
