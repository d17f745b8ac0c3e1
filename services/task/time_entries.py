"""Time entries, read by page, the newest day first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.task import reading
from services.task.attendance import ENTRY, Scope, entry_of
from services.task.model import TaskNumber, TaskRef, WorkspaceId
from services.task.rules.timers import TimeEntry

_PERSON = "entry.person_id = CAST(:person AS bigint)"
_TASK = "entry.task_number = CAST(:task AS bigint)"
_LED = """entry.person_id IN (SELECT person.id FROM task.people AS person
    WHERE person.workspace_id = CAST(:workspace AS bigint) AND (person.id = CAST(:own AS bigint)
        OR person.department = ANY (CAST(:departments AS text[]))))"""
_LIST = """
WITH listed AS (
    SELECT entry.* FROM task.time_entries AS entry
    WHERE entry.workspace_id = CAST(:workspace AS bigint) AND entry.deleted_at IS NULL
        AND entry.day BETWEEN CAST(:first AS date) AND CAST(:last AS date) {where}
), page AS (
    SELECT * FROM listed
    WHERE (day, id) < (CAST(:before_day AS date), CAST(:before_id AS bigint))
    ORDER BY day DESC, id DESC LIMIT CAST(:limit AS integer)
)
SELECT entry.id, CAST({entry} AS text) AS entry, coalesce(task.title, '') AS title,
    coalesce(task.status, 8) AS status, person.display_name,
    (SELECT count(*) FROM listed) AS total, head.position AS as_of
FROM task.log_head AS head LEFT JOIN page AS entry ON true
LEFT JOIN task.tasks AS task
    ON task.workspace_id = entry.workspace_id AND task.number = entry.task_number
LEFT JOIN task.people AS person ON person.id = entry.person_id
ORDER BY entry.day DESC, entry.id DESC
"""


def _hot(*conditions: str) -> Hot:
    where = "".join(f" AND {condition}" for condition in conditions)
    return Hot("list_time_entries", sa.text(_LIST.format(where=where, entry=ENTRY)))


# By whether a person is asked for, a task, and what is seen is limited to departments.
LISTS = {
    (person, task, led): _hot(*[_PERSON] * person, *[_TASK] * task, *[_LED] * led)
    for person in (False, True)
    for task in (False, True)
    for led in (False, True)
}
BEYOND = (date.max, 2**63 - 1)


@dataclass(frozen=True, slots=True)
class Shown:
    """A time entry, and what it shows of its person and its task."""

    workspace: WorkspaceId
    entry: TimeEntry
    person_name: str
    task: TaskRef


@dataclass(frozen=True, slots=True)
class Entries:
    """A page of entries, how many there are in all, and where the next page begins."""

    entries: Sequence[Shown]
    total: int
    as_of: int
    next_key: tuple[date, int] | None


async def list_entries(
    database: Database,
    scope: Scope,
    *,
    task: TaskNumber | None,
    first: date,
    last: date,
    limit: int,
    before: tuple[date, int] | None,
) -> Entries:
    """The entries of these days, both included, behind a place in the list."""
    led = scope.departments is not None and scope.person is None
    params: dict[str, Any] = {"workspace": scope.workspace, "first": first, "last": last}
    params |= {"person": scope.person} if scope.person is not None else {}
    params |= {"task": task} if task is not None else {}
    params |= {"own": scope.own, "departments": list(scope.departments or ())} if led else {}
    day, ident = before or BEYOND
    rows = await database.hot_rows(
        LISTS[scope.person is not None, task is not None, led],
        **params,
        before_day=day,
        before_id=ident,
        limit=limit + 1,
    )
    found = [shown(row, scope.workspace) for row in rows if row["id"] is not None]
    key = None
    if len(found) > limit:
        key = found[limit - 1].entry.day, found[limit - 1].entry.id
    return Entries(found[:limit], rows[0]["total"], rows[0]["as_of"], key)


def shown(row: Mapping[str, Any], workspace: WorkspaceId) -> Shown:
    """The entry of a row with these columns."""
    entry = entry_of(row["entry"])
    task = TaskRef(entry.task, row["title"], reading.STATUS[row["status"]])
    return Shown(workspace, entry, row["display_name"], task)


def without_titles(entries: Sequence[Shown], known: frozenset[TaskNumber]) -> Sequence[Shown]:
    """The entries with the titles of these tasks alone; numbers and states stay."""
    return [
        each if each.entry.task in known else replace(each, task=replace(each.task, title=""))
        for each in entries
    ]
