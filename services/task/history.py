"""The log, read for one subject by page: a task, a person, or the whole workspace.

A task's events are read by id, which is their true order; others by position. A person's are
those that are about the person and those of what the person did, each from an index of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.task import events
from services.task.model import Happened
from services.task.rules.history import Question


@dataclass(frozen=True, slots=True)
class Found:
    """One event, and the key behind which the next page begins."""

    key: int
    event: Happened


@dataclass(frozen=True, slots=True)
class History:
    """A page of events; `more` says whether others follow.

    `deleted` says whether the task that was asked for is, None where there is none.
    """

    found: tuple[Found, ...]
    more: bool
    as_of: int
    deleted: bool | None = None


_CONDITIONS = {
    "types": "type = ANY (CAST(:types AS smallint[]))",
    "actor": "actor_id = CAST(:actor AS bigint)",
    "start": "at >= CAST(:start AS timestamptz)",
    "end": "at < CAST(:end AS timestamptz)",
}
_TASK = "workspace_id = CAST(:workspace AS bigint) AND task_number = CAST(:task AS bigint)"
_PERSON = "person_id = CAST(:person AS bigint)"
_BY_PERSON = f"actor_id = CAST(:person AS bigint) AND NOT coalesce({_PERSON}, false)"
_WORKSPACE = "workspace_id = CAST(:workspace AS bigint)"
_DELETED = f"""(SELECT deleted_at IS NOT NULL FROM task.tasks
    WHERE {_WORKSPACE} AND number = CAST(:task AS bigint))"""  # noqa: S608 -- our own words


@lru_cache(maxsize=512)
def _read(
    subject: str, present: frozenset[str], *, oldest_first: bool, after: bool, limit: int
) -> Hot:
    """The statement of one shape of question; its limit is a constant, as in lists.py."""
    key = "id" if subject == "task" else "position"
    turn = "ASC" if oldest_first else "DESC"
    wanted = [_CONDITIONS[name] for name in sorted(present)]
    if after:
        wanted.append(f"{key} {'>' if oldest_first else '<'} CAST(:after AS bigint)")

    def page(where: str) -> str:
        conditions = " AND ".join([where, "position IS NOT NULL", *wanted])
        return (
            f"SELECT {key} AS key, {events.COLUMNS} FROM task.events "  # noqa: S608 -- our own words
            f"WHERE {conditions} ORDER BY {key} {turn} LIMIT {limit}"
        )

    match subject:
        case "task":
            found = page(_TASK)
        case "person":
            found = f"({page(_PERSON)}) UNION ALL ({page(_BY_PERSON)})"
        case _:
            found = page(_WORKSPACE)
    deleted = _DELETED if subject == "task" else "NULL"
    return Hot(
        f"read_history_of_{subject}",
        sa.text(
            f"""
SELECT page.*, head.position AS as_of, {deleted} AS deleted
FROM task.log_head AS head LEFT JOIN ({found}) AS page ON true
ORDER BY page.key {turn} LIMIT {limit}
"""  # noqa: S608 -- our own words
        ),
    )


def statement(question: Question, *, after: int | None, limit: int) -> tuple[Hot, dict[str, Any]]:
    """The statement that reads so many events behind `after`, and its parameters."""
    params: dict[str, Any] = {}
    if question.types:
        params["types"] = [each.value for each in question.types]
    for name in ("actor", "start", "end"):
        if (value := getattr(question, name)) is not None:
            params[name] = value
    subject = _subject(question)
    hot = _read(
        subject,
        frozenset(params),
        oldest_first=question.oldest_first,
        after=after is not None,
        limit=limit,
    )
    if after is not None:
        params["after"] = after
    if subject == "person":
        params["person"] = question.person
    else:
        params["workspace"] = question.workspace
    if subject == "task":
        params["task"] = question.task
    return hot, params


async def read(database: Database, question: Question, *, after: int | None, limit: int) -> History:
    """The page behind the key `after`."""
    hot, params = statement(question, after=after, limit=limit + 1)
    rows: Sequence[Any] = await database.hot_rows(hot, **params)
    page = [row for row in rows[:limit] if row["key"] is not None]
    happened = await events.happened(database, page)
    return History(
        tuple(Found(row["key"], event) for row, event in zip(page, happened, strict=True)),
        len(rows) > limit,
        rows[0]["as_of"],
        rows[0]["deleted"],
    )


def _subject(question: Question) -> str:
    if question.task is not None:
        return "task"
    return "workspace" if question.person is None else "person"
