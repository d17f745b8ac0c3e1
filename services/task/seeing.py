"""Which tasks a viewer sees, as one condition of SQL that every read and every command shares.

Where a workspace shows its members only their own, a member or guest sees tasks that they
created, hold, watch or were asked to take, and the whole and the parts of tasks that they hold
(as an assignee, or as the creator of a task without people). For whoever sees all, statements are
left as they are: the condition then costs nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from services.runtime.database import Hot
from services.task.model import TaskNumber, TaskRef, TaskView, Viewer

Fetch = Callable[..., Awaitable[Any]]

_ALONE = """NOT EXISTS (SELECT FROM task.task_assignees AS anybody
    WHERE anybody.workspace_id = whose.workspace_id AND anybody.task_number = whose.number)"""

# The numbers of all tasks that :viewer sees. Each part is read from an index, and a condition on
# the number goes down into each.
_SEEN = f"""
    SELECT number FROM task.tasks
    WHERE workspace_id = CAST(:workspace AS bigint) AND creator = CAST(:viewer AS bigint)
UNION ALL
    SELECT task_number FROM task.task_assignees
    WHERE workspace_id = CAST(:workspace AS bigint) AND person_id = CAST(:viewer AS bigint)
UNION ALL
    SELECT task_number FROM task.task_watchers
    WHERE workspace_id = CAST(:workspace AS bigint) AND person_id = CAST(:viewer AS bigint)
UNION ALL
    SELECT number FROM task.tasks
    WHERE workspace_id = CAST(:workspace AS bigint) AND suggested <> '{{}}'
        AND CAST(:viewer AS bigint) = ANY (suggested)
UNION ALL
    SELECT part.number FROM task.task_assignees AS held
    JOIN task.tasks AS part
        ON part.workspace_id = held.workspace_id AND part.parent = held.task_number
    WHERE held.workspace_id = CAST(:workspace AS bigint)
        AND held.person_id = CAST(:viewer AS bigint) AND part.parent IS NOT NULL
UNION ALL
    SELECT part.parent FROM task.task_assignees AS held
    JOIN task.tasks AS part
        ON part.workspace_id = held.workspace_id AND part.number = held.task_number
    WHERE held.workspace_id = CAST(:workspace AS bigint)
        AND held.person_id = CAST(:viewer AS bigint) AND part.parent IS NOT NULL
        AND part.deleted_at IS NULL
UNION ALL
    SELECT part.number FROM task.tasks AS whose
    JOIN task.tasks AS part
        ON part.workspace_id = whose.workspace_id AND part.parent = whose.number
    WHERE whose.workspace_id = CAST(:workspace AS bigint)
        AND whose.creator = CAST(:viewer AS bigint) AND part.parent IS NOT NULL AND {_ALONE}
UNION ALL
    SELECT whose.parent FROM task.tasks AS whose
    WHERE whose.workspace_id = CAST(:workspace AS bigint)
        AND whose.creator = CAST(:viewer AS bigint) AND whose.parent IS NOT NULL
        AND whose.deleted_at IS NULL AND {_ALONE}
"""  # noqa: S608 -- our own words


def seen(task: str) -> str:
    """The condition, for a statement in which tasks are called so; it takes :workspace, :viewer."""
    return f"{task}.number IN ({_SEEN})"


# Deleted ones too: what one does not see is to be told apart from what is gone.
SEEN_OF = Hot(
    "seen_tasks",
    sa.text(
        f"""
SELECT task.number FROM task.tasks AS task
WHERE task.workspace_id = CAST(:workspace AS bigint)
    AND task.number = ANY (CAST(:numbers AS bigint[])) AND {seen("task")}
"""  # noqa: S608 -- our own words
    ),
)


async def seen_of(
    fetch: Fetch, viewer: Viewer, numbers: Collection[TaskNumber]
) -> frozenset[TaskNumber]:
    """Those of these tasks that the viewer sees; all of them for whoever sees all."""
    if viewer.sees_all or not numbers:
        return frozenset(numbers)
    rows = await fetch(
        SEEN_OF, workspace=viewer.workspace, viewer=viewer.person, numbers=list(numbers)
    )
    return frozenset(TaskNumber(row["number"]) for row in rows)


def shown_refs(view: TaskView) -> set[TaskNumber]:
    """The numbers of the tasks that are shown inside this one."""
    refs = {ref.number for ref in (*view.depends_on, *view.subtasks)}
    return refs | {view.parent.number} if view.parent is not None else refs


async def redacted(
    fetch: Fetch, viewer: Viewer, views: Mapping[TaskNumber, TaskView]
) -> dict[TaskNumber, TaskView]:
    """These tasks without the titles of others shown inside them that the viewer does not see."""
    if viewer.sees_all:
        return dict(views)
    refs = set().union(*(shown_refs(view) for view in views.values()))
    known = await seen_of(fetch, viewer, refs)
    return {number: without_titles(view, known) for number, view in views.items()}


def without_titles(view: TaskView, known: Collection[TaskNumber]) -> TaskView:
    """The task with the titles of these tasks alone inside it; numbers and states stay."""

    def shown(refs: Iterable[TaskRef]) -> tuple[TaskRef, ...]:
        return tuple(ref if ref.number in known else replace(ref, title="") for ref in refs)

    if shown_refs(view) <= {*known}:
        return view
    return replace(
        view,
        parent=None if view.parent is None else shown((view.parent,))[0],
        subtasks=shown(view.subtasks),
        depends_on=shown(view.depends_on),
    )
