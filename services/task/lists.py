"""Lists of tasks: one statement for each shape of filter and order, compiled once.

Pages go by key inside (nothing is skipped or doubled while others write), by count where a client
counts pages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.task import reading
from services.task.filters import narrowing
from services.task.filters.filter import Filter, Page
from services.task.model import PersonId, TaskView, Viewer, WorkspaceId
from services.task.queries import BIG, BIGS, TASK_COLUMNS, bind, shown
from services.task.reading import Row
from services.task.schema import DUE, HIDDEN, SHOWN, log_head, task_assignees, tasks
from services.task.seeing import redacted, seen

KEYS: dict[str, tuple[Any, Any]] = {
    # The key of the order, and the type in which a page token brings it back.
    "created": (tasks.c.created_at, sa.DateTime(timezone=True)),
    "updated": (tasks.c.updated_at, sa.DateTime(timezone=True)),
    "deadline": (DUE, sa.DateTime(timezone=True)),
    "priority": (tasks.c.priority, sa.SmallInteger()),
    "title": (sa.func.lower(tasks.c.title), sa.Text()),
    "number": (tasks.c.number, sa.BigInteger()),
}
LEAST = sa.text("'-infinity'::timestamptz")
MOST_TOTALS = 1_000
# What is asked for most: all of somebody's tasks that are there to be seen.
ALL_OF_A_PERSON = frozenset({"one_assignee", "not_archived"})


@dataclass(frozen=True, slots=True)
class Tasks:
    """A page of tasks; `next_key` is where the next one begins, None at the end.

    They come as their rows to whoever sees all that these show.
    """

    tasks: Sequence[Row | TaskView]
    next_key: tuple[Any, int] | None
    total: int | None
    as_of: int


def conditions(present: frozenset[str]) -> list[Any]:
    """The conditions of a shape of filter, over parameters of the same names."""
    # Also within the larger statements of searches, which have tables of the same names.
    assigned = (
        sa.select(sa.literal(1))
        .where(
            task_assignees.c.workspace_id == tasks.c.workspace_id,
            task_assignees.c.task_number == tasks.c.number,
        )
        .correlate(tasks)
    )
    small = sa.ARRAY(sa.SmallInteger())
    one = task_assignees.c.person_id == sa.func.any(bind("assignees", BIGS))
    # As a value of its own, made once for a statement.
    words = sa.select(
        sa.func.to_tsquery(sa.literal_column("'simple'"), bind("query", sa.Text()))
    ).scalar_subquery()
    moment = sa.DateTime(timezone=True)
    known: dict[str, Any] = {
        "assignees": assigned.where(one).exists(),
        "statuses": tasks.c.status == sa.func.any(bind("statuses", small)),
        "priorities": tasks.c.priority == sa.func.any(bind("priorities", small)),
        "tags": tasks.c.tags.contains(bind("tags", sa.ARRAY(sa.Text()))),
        "project": tasks.c.project == bind("project", sa.Text()),
        "due_before": tasks.c.deadline < bind("due_before", moment),
        "due_after": tasks.c.deadline >= bind("due_after", moment),
        "query": narrowing.says(words),
        # As a constant of the statement: only so does the planner know of the index of open tasks.
        "open_only": tasks.c.status < narrowing.FIRST_CLOSED_CONSTANT,
        "unassigned": ~assigned.exists(),
        "archived": tasks.c.archived_at.isnot(None),
        "not_archived": tasks.c.archived_at.is_(None),
        "viewer": sa.text(seen("task.tasks")),
    }
    ours = [known[name] for name in sorted(present & known.keys())]
    return [*ours, *narrowing.conditions(present)]


def _matching(present: frozenset[str]) -> tuple[Any, list[Any]]:
    """What a shape of filter selects from, and its conditions."""
    where = [tasks.c.workspace_id == bind("workspace", BIG), SHOWN, *conditions(present)]
    if "one_assignee" not in present:
        return tasks, where
    mine = task_assignees
    both = sa.and_(
        mine.c.workspace_id == tasks.c.workspace_id, mine.c.task_number == tasks.c.number
    )
    return tasks.join(mine, both), [*where, mine.c.person_id == bind("one_assignee", BIG)]


@lru_cache(maxsize=512)
def _list_tasks(
    present: frozenset[str],
    order: str,
    *,
    descending: bool,
    after: bool,
    limit: int,
    skips: bool,
    counts: bool = False,
) -> Hot:
    """The statement of one shape of list; with `counts`, it counts all that match too.

    The limit is a constant of it: with a limit unknown to the planner, PostgreSQL finds its
    generic plan dear and plans anew at each call, which takes longer than the call itself.
    """
    key, type_ = KEYS[order]
    if order == "deadline" and descending:
        key = sa.func.coalesce(tasks.c.deadline, LEAST)
    number: Any = tasks.c.number
    source, where = _matching(present)
    columns: Any = TASK_COLUMNS
    # The index of a person's tasks has the order of creation.
    if "one_assignee" in present and order == "created":
        key, number = task_assignees.c.created_at, task_assignees.c.task_number
    if present == ALL_OF_A_PERSON and order == "created":
        source, columns = _in_order_of_creation()
        where = _of_person()
    page = sa.select(*columns, key.label("sort_key")).select_from(source).where(*where)
    if after:
        place = bind("after_key", type_)
        edge = sa.tuple_(
            sa.func.coalesce(place, LEAST if descending else sa.text("'infinity'::timestamptz"))
            if order == "deadline"
            else place,
            bind("after_number", BIG),
        )
        here = sa.tuple_(key, number)
        page = page.where(here < edge if descending else here > edge)
    turn = sa.desc if descending else sa.asc
    found = (
        page.order_by(turn(key), turn(number))
        .limit(sa.literal_column(str(limit + 1)))
        .offset(bind("skip", BIG) if skips else None)
        .subquery("page")
    )
    told = [*shown(found), found.c.sort_key, log_head.c.position.label("as_of")]
    if counts:
        told.append(_total(present).label("total"))
    return Hot(
        "list_tasks",
        sa.select(*told)
        .select_from(log_head.outerjoin(found, sa.true()))
        .order_by(turn(found.c.sort_key), turn(found.c.number)),
    )


@lru_cache(maxsize=512)
def _count_tasks(present: frozenset[str]) -> Hot:
    """The statement that counts what one shape of filter lets through."""
    return Hot("count_tasks", sa.select(_total(present).label("total")))


def _total(present: frozenset[str]) -> Any:
    """How many tasks one shape of filter lets through."""
    count = sa.select(sa.func.count())
    if present != ALL_OF_A_PERSON:
        source, where = _matching(present)
        return count.select_from(source).where(*where).scalar_subquery()
    # Counted in the index of people, less the few in that of what is hidden: no task is looked at.
    hidden = (
        sa.select(sa.literal(1))
        .where(
            tasks.c.workspace_id == task_assignees.c.workspace_id,
            tasks.c.number == task_assignees.c.task_number,
            HIDDEN,
        )
        .correlate(task_assignees)
    )
    mine = count.select_from(task_assignees).where(*_of_person(), ~hidden.exists())
    return mine.scalar_subquery()


def _of_person() -> list[Any]:
    mine = task_assignees.c
    return [
        mine.workspace_id == bind("workspace", BIG),
        mine.person_id == bind("one_assignee", BIG),
    ]


def _in_order_of_creation() -> tuple[Any, list[Any]]:
    """All of a person's tasks, each looked up in turn, and their columns.

    Joined, they may be looked up by the workspace alone while the tables have no statistics: all
    tasks for each. OFFSET keeps this from being a join.
    """
    mine = task_assignees.c
    one = (
        sa.select(*TASK_COLUMNS)
        .where(tasks.c.workspace_id == mine.workspace_id, tasks.c.number == mine.task_number, SHOWN)
        .offset(sa.literal_column("0"))
        .lateral("task")
    )
    return task_assignees.join(one, sa.true()), [*one.c]


class Totals:
    """How many tasks a filter lets through, counted once for each head of the log.

    A count reads every task that matches, a page only those on it. Whoever has been told of a
    write has its position, so a total of the present head has all writes that anybody knows of.
    `most` are kept; with 0 the statement of each page counts for itself.
    """

    def __init__(self, database: Database, *, most: int = MOST_TOTALS) -> None:
        self._database = database
        self._most = most
        self.kept = most > 0
        self._as_of = -1
        self._known: dict[tuple[WorkspaceId, PersonId | None, Filter], int] = {}

    async def get(
        self, workspace: WorkspaceId, wanted: Filter, as_of: int, *, viewer: Viewer
    ) -> int:
        """The total at this head of the log, or a later one."""
        if as_of > self._as_of or len(self._known) >= self._most:
            self._as_of = max(as_of, self._as_of)
            self._known = {}
        known = self._known
        # Who sees all counts the same as everybody else who does.
        key = (workspace, None if viewer.sees_all else viewer.person, wanted)
        total = known.get(key)
        if total is None:
            params, flags = parameters(wanted, viewer)
            hot = _count_tasks(frozenset({*flags, *params}))
            (row,) = await self._database.hot_rows(hot, workspace=workspace, **params)
            # Into those of the head at which the count began: a newer head has others by now.
            total = known[key] = row["total"]
        return total


def beginnings(text: str) -> str:
    """Words as to_tsquery reads them: each from its beginning, all of them."""
    return " & ".join(f"{word}:*" for word in re.findall(r"\w+", text.lower()))


def parameters(wanted: Filter, viewer: Viewer) -> tuple[dict[str, Any], frozenset[str]]:
    """The parameters of a filter for this viewer, and what else there is of it."""
    params: dict[str, Any] = {} if viewer.sees_all else {"viewer": viewer.person}
    if len(wanted.assignees) == 1:
        params["one_assignee"] = wanted.assignees[0]
    elif wanted.assignees:
        params["assignees"] = list(wanted.assignees)
    if wanted.statuses:
        params["statuses"] = [status.value for status in wanted.statuses]
    if wanted.priorities:
        params["priorities"] = [priority.value for priority in wanted.priorities]
    if wanted.tags:
        params["tags"] = list(wanted.tags)
    for name in ("project", "due_before", "due_after"):
        if (value := getattr(wanted, name)) is not None:
            params[name] = value
    if wanted.query is not None:
        params["query"] = beginnings(wanted.query)
    if wanted.where is None:
        return params, _flags(wanted)
    more, names = narrowing.params(wanted.where)
    return {**params, **more}, _flags(wanted) | names


def _flags(wanted: Filter) -> frozenset[str]:
    """The names of conditions that have no parameter."""
    flags = {name for name in ("open_only", "unassigned") if getattr(wanted, name)}
    if wanted.archived is not None:
        flags.add("archived" if wanted.archived else "not_archived")
    return frozenset(flags)


async def list_tasks(
    database: Database,
    totals: Totals,
    workspace: WorkspaceId,
    wanted: Filter,
    page: Page,
    *,
    viewer: Viewer,
) -> Tasks:
    """One page of the tasks that the filter lets through and the viewer sees."""
    params, flags = parameters(wanted, viewer)
    counts = page.with_total and not totals.kept
    hot = _list_tasks(
        frozenset({*flags, *params}),
        page.order,
        descending=page.descending,
        after=page.after is not None,
        limit=page.limit,
        skips=page.skip > 0,
        counts=counts,
    )
    if page.skip > 0:
        params["skip"] = page.skip
    if page.after is not None:
        params["after_key"], params["after_number"] = page.after
    rows = await database.hot_rows(hot, workspace=workspace, **params)
    shown = [row for row in rows[: page.limit] if row["number"] is not None]
    if not viewer.sees_all:
        views = {row["number"]: reading.task_view(row) for row in shown}
        shown = [*(await redacted(database.hot_rows, viewer, views)).values()]
    as_of = rows[0]["as_of"]
    total = rows[0]["total"] if counts else None
    if page.with_total and not counts:
        total = await totals.get(workspace, wanted, as_of, viewer=viewer)
    return Tasks(
        shown,
        _key(rows[page.limit - 1], page.order) if len(rows) > page.limit else None,
        total,
        as_of,
    )


def _key(row: Any, order: str) -> tuple[Any, int]:
    # "Never" of a deadline is NULL outside SQL, where the driver has no infinity of its own.
    return row["deadline" if order == "deadline" else "sort_key"], row["number"]
