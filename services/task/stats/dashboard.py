"""Short lists of tasks for the first page, and projects with their counts: a statement each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.task import reading
from services.task.model import Status, Viewer, WorkspaceId
from services.task.queries import TASK_COLUMNS, shown
from services.task.rules.figures import Excerpt, Listed, Project
from services.task.seeing import redacted
from services.task.stats.facts import NEXT_DUE, OPEN, WAITING, conditions

EXCERPT = 5


@dataclass(frozen=True, slots=True)
class Moments:
    """What the lists go by: now, the ends of this day and week, since when tasks are recent."""

    now: datetime
    tomorrow: datetime
    next_week: datetime
    recent: datetime


# Which tasks each list has, and what it is ordered by, the least first.
_LISTS = {
    Excerpt.OVERDUE: (f"{OPEN} AND deadline < CAST(:now AS timestamptz)", "deadline"),
    Excerpt.DUE_TODAY: (
        f"""{OPEN} AND deadline >= CAST(:now AS timestamptz)
            AND deadline < CAST(:tomorrow AS timestamptz)""",
        "deadline",
    ),
    Excerpt.DUE_THIS_WEEK: (
        f"""{OPEN} AND deadline >= CAST(:tomorrow AS timestamptz)
            AND deadline < CAST(:next_week AS timestamptz)""",
        "deadline",
    ),
    Excerpt.WAITING_APPROVAL: (f"status = {Status.IN_REVIEW.value}", "status_since"),
    Excerpt.BLOCKED: (
        f"status = {Status.BLOCKED.value} OR {OPEN} AND number IN (SELECT number FROM waiting)",  # noqa: S608
        "status_since",
    ),
    Excerpt.COMPLETED: (
        f"status = {Status.COMPLETED.value} AND completed_at >= CAST(:recent AS timestamptz)",
        "completed_at",
    ),
}
_LISTED = "\nUNION ALL\n".join(
    f"SELECT {each.value} AS list, number, extract(epoch FROM {at})"  # noqa: S608 -- our own words
    f"{' * -1' if each is Excerpt.COMPLETED else ''} AS key FROM mine WHERE {where}"
    for each, (where, at) in _LISTS.items()
)


@lru_cache(maxsize=2)
def _excerpts(present: frozenset[str]) -> Hot:
    names = ", ".join(f"task.{column.name}" for column in TASK_COLUMNS)
    found = sa.text(
        f"""
WITH mine AS MATERIALIZED (
    SELECT number, status, deadline, completed_at, status_since FROM task.tasks AS task
    WHERE workspace_id = CAST(:workspace AS bigint) AND deleted_at IS NULL
        AND ({OPEN} OR completed_at >= CAST(:recent AS timestamptz)){conditions(present)}
), waiting AS MATERIALIZED (
    {WAITING}
), listed AS (
    {_LISTED}
), ranked AS MATERIALIZED (
    SELECT list, number, row_number() OVER (PARTITION BY list ORDER BY key, number) AS rank,
        count(*) OVER (PARTITION BY list) AS total
    FROM listed
)
SELECT {names}, ranked.list, ranked.rank, ranked.total
FROM ranked JOIN task.tasks AS task
    ON task.workspace_id = CAST(:workspace AS bigint) AND task.number = ranked.number
WHERE ranked.rank <= {EXCERPT}
"""  # noqa: S608 -- our own words
    ).columns(
        *(sa.column(column.name, column.type) for column in TASK_COLUMNS),
        *(sa.column(name, sa.BigInteger()) for name in ("list", "rank", "total")),
    )
    page = found.subquery("page")
    return Hot(
        "get_excerpts",
        sa.select(*shown(page), page.c.list, page.c.total).order_by(page.c.list, page.c.rank),
    )


def excerpts_statement(
    workspace: WorkspaceId, moments: Moments, *, viewer: Viewer
) -> tuple[Hot, dict[str, Any]]:
    """The statement that reads all lists, and its parameters."""
    some: dict[str, Any] = {} if viewer.sees_all else {"viewer": viewer.person}
    return _excerpts(frozenset(some)), {
        **some,
        "workspace": workspace,
        "now": moments.now,
        "tomorrow": moments.tomorrow,
        "next_week": moments.next_week,
        "recent": moments.recent,
    }


async def get_excerpts(
    database: Database, workspace: WorkspaceId, moments: Moments, *, viewer: Viewer
) -> Mapping[Excerpt, Listed]:
    """Each of the lists, of what the viewer sees."""
    hot, params = excerpts_statement(workspace, moments, viewer=viewer)
    rows: Sequence[Any] = await database.hot_rows(hot, **params)
    views = {row["number"]: reading.task_view(row) for row in rows}
    views = await redacted(database.hot_rows, viewer, views)
    lists = {each: Listed() for each in Excerpt}
    for row in rows:
        listed = lists[Excerpt(row["list"])]
        listed.tasks.append(views[row["number"]])
        listed.total = row["total"]
    return lists


@dataclass(frozen=True, slots=True)
class Projects:
    """A page of projects by name; `more` says whether others follow."""

    projects: Sequence[Project]
    more: bool
    total: int
    as_of: int
    # When the next open task is overdue.
    next_due: datetime | None


@lru_cache(maxsize=2)
def _projects(present: frozenset[str]) -> Hot:
    return Hot(
        "list_projects",
        sa.text(
            f"""
WITH named AS MATERIALIZED (
    SELECT project AS name, count(*) AS tasks, count(*) FILTER (WHERE {OPEN}) AS open,
        count(*) FILTER (WHERE {OPEN} AND deadline < CAST(:now AS timestamptz)) AS overdue,
        count(*) FILTER (WHERE status = {Status.COMPLETED.value}) AS completed
    FROM task.tasks AS task
    WHERE workspace_id = CAST(:workspace AS bigint) AND deleted_at IS NULL
        AND project <> ''{conditions(present)}
    GROUP BY project
), page AS (
    SELECT * FROM named
    WHERE CAST(:after AS text) IS NULL
        OR (lower(name), name) > (lower(CAST(:after AS text)), CAST(:after AS text))
    ORDER BY lower(name), name LIMIT CAST(:limit AS integer)
)
SELECT head.position AS as_of, (SELECT count(*) FROM named) AS total,
    {NEXT_DUE} AS next_due, page.*
FROM task.log_head AS head LEFT JOIN page ON true
ORDER BY lower(page.name), page.name
"""  # noqa: S608 -- our own words
        ),
    )


def projects_statement(
    workspace: WorkspaceId, *, viewer: Viewer, now: datetime, after: str | None, limit: int
) -> tuple[Hot, dict[str, Any]]:
    """The statement that reads a page of projects, and its parameters."""
    some: dict[str, Any] = {} if viewer.sees_all else {"viewer": viewer.person}
    return _projects(frozenset(some)), {
        **some,
        "workspace": workspace,
        "now": now,
        "after": after,
        "limit": limit,
    }


async def list_projects(
    database: Database,
    workspace: WorkspaceId,
    *,
    viewer: Viewer,
    now: datetime,
    after: str | None,
    limit: int,
) -> Projects:
    """The projects behind this name, of the tasks that the viewer sees."""
    hot, params = projects_statement(
        workspace, viewer=viewer, now=now, after=after, limit=limit + 1
    )
    rows: Sequence[Any] = await database.hot_rows(hot, **params)
    page = [
        Project(row["name"], row["tasks"], row["open"], row["overdue"], row["completed"])
        for row in rows[:limit]
        if row["name"] is not None
    ]
    return Projects(
        page, len(rows) > limit, rows[0]["total"], rows[0]["as_of"], rows[0]["next_due"]
    )
