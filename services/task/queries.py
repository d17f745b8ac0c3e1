"""Reads: one named statement each, in autocommit, mapped by reading.py.

What is cached downstream carries `as_of`, the log's head of the very same statement. Statements
are Core expressions, compiled once for the driver; lists have one for each shape of filter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.task import reading
from services.task.model import (
    PersonId,
    PersonRecord,
    PersonStatus,
    Status,
    TaskNumber,
    TaskView,
    Token,
    Viewer,
    Workspace,
    WorkspaceId,
)
from services.task.reading import Row
from services.task.schema import (
    SHOWN,
    log_head,
    people,
    tasks,
    tokens,
    workspaces,
)
from services.task.seeing import redacted, seen

HEAD = sa.select(log_head.c.position).scalar_subquery()
# Given as text: reading.py decodes them, at a fraction of what the driver's codec takes.
JSON_COLUMNS = ("criteria", "attachments")
PENDING = Status.PENDING.value
TASK_COLUMNS = [column for column in tasks.c if column.name != "clock_at"]


# What a task shows of others, as one JSON array in no order: a part of a statement costs the server
# its start for each task, even where it finds nothing. Each begins with its sort (reading.Link),
# its place and its number. Names are looked up one by one: joined, people are read all where a
# workspace has few.
_LINKS = """
SELECT json_build_array(1, link.place, link.person_id, link.mark,
    (SELECT display_name FROM task.people WHERE id = link.person_id)) AS told
FROM task.task_assignees AS link
WHERE link.workspace_id = {task}.workspace_id AND link.task_number = {task}.number
UNION ALL
SELECT json_build_array(2, link.place, link.person_id,
    (SELECT display_name FROM task.people WHERE id = link.person_id))
FROM task.task_watchers AS link
WHERE link.workspace_id = {task}.workspace_id AND link.task_number = {task}.number
UNION ALL
SELECT json_build_array(3, link.place, other.number, other.title, other.status,
    other.deleted_at IS NOT NULL)
FROM task.task_dependencies AS link
JOIN task.tasks AS other
    ON other.workspace_id = link.workspace_id AND other.number = link.on_number
WHERE link.workspace_id = {task}.workspace_id AND link.task_number = {task}.number
UNION ALL
SELECT json_build_array(4, other.place, other.number, other.title, other.status)
FROM task.tasks AS other
WHERE other.workspace_id = {task}.workspace_id AND other.parent = {task}.number
    AND other.deleted_at IS NULL
UNION ALL
SELECT json_build_array(5, 0, other.number, other.title, other.status)
FROM task.tasks AS other
WHERE other.workspace_id = {task}.workspace_id AND other.number = {task}.parent
    AND other.deleted_at IS NULL
"""


def shown(task: Any) -> list[sa.ColumnElement[Any]]:
    """The columns of a task and of what it shows of others; `task` is the table or a page of it."""
    c = task.c
    person = people.alias("person")
    links = _LINKS.format(task=task.fullname if isinstance(task, sa.Table) else task.name)

    def name_of(ident: sa.ColumnElement[Any]) -> Any:
        found = sa.select(person.c.display_name).where(person.c.id == ident)
        return found.correlate(task).scalar_subquery()

    # Who moved it last (from where it began), and who was asked to take it: shown with few tasks.
    moved = c.status != PENDING
    asked = c.suggested
    both = sa.case((moved, sa.func.array_append(asked, c.status_by)), else_=asked)
    pair = sa.func.json_build_array
    others = sa.case(
        (
            sa.func.cardinality(asked) > 0,
            sa.select(sa.cast(sa.func.json_agg(pair(person.c.id, person.c.display_name)), sa.Text))
            .where(person.c.id == sa.func.any(both))
            .correlate(task)
            .scalar_subquery(),
        ),
        (
            # An import may not know who moved it.
            sa.and_(moved, c.status_by.isnot(None)),
            sa.cast(pair(pair(c.status_by, name_of(c.status_by))), sa.Text),
        ),
    )
    return [
        *[c[column.name] for column in TASK_COLUMNS if column.name not in JSON_COLUMNS],
        *[sa.cast(c[name], sa.Text).label(name) for name in JSON_COLUMNS],
        sa.literal_column(
            f"(SELECT CAST(json_agg(links.told) AS text) FROM ({links}) AS links)"  # noqa: S608 -- our own words
        ).label("links"),
        name_of(c.creator).label("creator_name"),
        others.label("other_names"),
    ]


def bind(name: str, type_: Any) -> sa.BindParameter[Any]:
    """A parameter with its type, which the driver's statement then says."""
    return sa.bindparam(name, type_=type_)


LEFT = PersonStatus.LEFT.value
BIG = sa.BigInteger()
BIGS = sa.ARRAY(sa.BigInteger())

GET_TASKS = Hot(
    "get_tasks",
    sa.select(*shown(tasks), HEAD.label("as_of")).where(
        tasks.c.workspace_id == bind("workspace", BIG),
        tasks.c.number == sa.func.any(bind("numbers", BIGS)),
        SHOWN,
    ),
)
GET_TASK = Hot(
    "get_task",
    sa.select(*shown(tasks), HEAD.label("as_of")).where(
        tasks.c.workspace_id == bind("workspace", BIG),
        tasks.c.number == bind("number", BIG),
        SHOWN,
    ),
)
# The same for whoever sees only some.
GET_TASKS_SEEN, GET_TASK_SEEN = (
    Hot(hot.name, hot.statement.where(sa.text(seen("task.tasks"))))  # type: ignore[attr-defined]
    for hot in (GET_TASKS, GET_TASK)
)
FIND_LEGACY = Hot(
    "find_legacy_ids",
    sa.select(tasks.c.legacy_id, tasks.c.number).where(
        tasks.c.workspace_id == bind("workspace", BIG),
        tasks.c.legacy_id != "",
        tasks.c.legacy_id == sa.func.any(bind("ids", sa.ARRAY(sa.Text()))),
        SHOWN,
    ),
)
GET_HEAD = Hot("get_head", sa.select(log_head.c.position))
GET_PEOPLE = Hot(
    "get_people", sa.select(people).where(people.c.id == sa.func.any(bind("ids", BIGS)))
)
FIND_PEOPLE = Hot(
    "find_people",
    sa.select(people).where(
        people.c.telegram_id == bind("telegram_id", BIG), people.c.status != LEFT
    ),
)
GET_WORKSPACE = Hot(
    "get_workspace", sa.select(workspaces).where(workspaces.c.id == bind("workspace", BIG))
)
FIND_TOKEN = Hot(
    "find_token",
    sa.select(tokens, people.c.display_name, people.c.status)
    .join(people, people.c.id == tokens.c.person_id)
    .where(tokens.c.sha256 == bind("sha256", sa.LargeBinary()), tokens.c.revoked_at.is_(None)),
)
LIST_TOKENS = Hot(
    "list_tokens",
    sa.select(tokens, people.c.display_name)
    .join(people, people.c.id == tokens.c.person_id)
    .where(tokens.c.person_id == bind("person", BIG), tokens.c.revoked_at.is_(None))
    .order_by(tokens.c.id),
)


async def find_legacy(
    database: Database, workspace: WorkspaceId, ids: Sequence[str]
) -> dict[str, TaskNumber]:
    """The numbers of tasks, but for deleted ones, by what the predecessor called them."""
    rows = await database.hot_rows(FIND_LEGACY, workspace=workspace, ids=list(ids))
    return {row["legacy_id"]: TaskNumber(row["number"]) for row in rows}


async def get_task(
    database: Database, workspace: WorkspaceId, number: TaskNumber, *, viewer: Viewer
) -> tuple[TaskView, int] | None:
    """The task and the head it was read at; None where there is none that the viewer sees."""
    found = await get_shown(database, workspace, number, viewer=viewer)
    if found is None:
        return None
    shown, as_of = found
    return (shown if isinstance(shown, TaskView) else reading.task_view(shown)), as_of


async def get_shown(
    database: Database, workspace: WorkspaceId, number: TaskNumber, *, viewer: Viewer
) -> tuple[Row | TaskView, int] | None:
    """The same; as its row to whoever sees all that it shows."""
    if viewer.sees_all:
        rows = await database.hot_rows(GET_TASK, workspace=workspace, number=number)
        return (rows[0], rows[0]["as_of"]) if rows else None
    rows = await database.hot_rows(
        GET_TASK_SEEN, workspace=workspace, number=number, viewer=viewer.person
    )
    if not rows:
        return None
    views = await redacted(database.hot_rows, viewer, {number: reading.task_view(rows[0])})
    return views[number], rows[0]["as_of"]


async def get_tasks(
    database: Database, workspace: WorkspaceId, numbers: Sequence[TaskNumber], *, viewer: Viewer
) -> tuple[Mapping[TaskNumber, Row | TaskView], int]:
    """The tasks by number, and the head they were read at (or 0 where none is there)."""
    params: dict[str, Any] = {"workspace": workspace, "numbers": list(numbers)}
    if viewer.sees_all:
        rows = await database.hot_rows(GET_TASKS, **params)
        return {row["number"]: row for row in rows}, rows[0]["as_of"] if rows else 0
    rows = await database.hot_rows(GET_TASKS_SEEN, viewer=viewer.person, **params)
    views = {view.number: view for view in map(reading.task_view, rows)}
    found = await redacted(database.hot_rows, viewer, views)
    return found, rows[0]["as_of"] if rows else 0


async def get_head(database: Database) -> int:
    """The position of the newest numbered event."""
    rows = await database.hot_rows(GET_HEAD)
    head: int = rows[0]["position"]
    return head


async def get_people(database: Database, ids: Iterable[PersonId]) -> dict[PersonId, PersonRecord]:
    """These people, of whichever workspace, by id."""
    rows = await database.hot_rows(GET_PEOPLE, ids=list(ids))
    records = (reading.person_record(row) for row in rows)
    return {record.id: record for record in records}


async def find_people(database: Database, telegram_id: int) -> list[PersonRecord]:
    """The persons with this Telegram id, one for each workspace; who left is not found."""
    rows = await database.hot_rows(FIND_PEOPLE, telegram_id=telegram_id)
    return [reading.person_record(row) for row in rows]


async def get_workspace(database: Database, ident: WorkspaceId) -> Workspace | None:
    """The workspace."""
    rows = await database.hot_rows(GET_WORKSPACE, workspace=ident)
    return reading.workspace(rows[0]) if rows else None


async def find_token(database: Database, sha256: bytes) -> Token | None:
    """The token with this hash, unless it was revoked or its person left."""
    rows = await database.hot_rows(FIND_TOKEN, sha256=sha256)
    return reading.token(rows[0]) if rows and rows[0]["status"] != LEFT else None


async def list_tokens(database: Database, person: PersonId) -> list[Token]:
    """A person's tokens that hold."""
    rows = await database.hot_rows(LIST_TOKENS, person=person)
    return [reading.token(row) for row in rows]


# --- people, by name ---

PEOPLE_KEY = sa.tuple_(sa.func.lower(people.c.display_name), people.c.id)


@lru_cache(maxsize=4)
def _list_people(*, with_left: bool, after: bool) -> Hot:
    page = sa.select(people).where(people.c.workspace_id == bind("workspace", BIG))
    if not with_left:
        page = page.where(people.c.status != LEFT)
    total = sa.select(sa.func.count()).select_from(page.subquery()).scalar_subquery()
    if after:
        page = page.where(
            sa.tuple_(bind("after_name", sa.Text()), bind("after_id", BIG)) < PEOPLE_KEY
        )
    page = page.order_by(sa.func.lower(people.c.display_name), people.c.id)
    found = page.limit(bind("limit", BIG)).subquery("page")
    return Hot(
        "list_people",
        sa.select(found, total.label("total"), log_head.c.position.label("as_of"))
        .select_from(log_head.outerjoin(found, sa.true()))
        .order_by(sa.func.lower(found.c.display_name), found.c.id),
    )


@dataclass(frozen=True, slots=True)
class People:
    """A page of people, and how many there are in all."""

    people: tuple[PersonRecord, ...]
    total: int
    as_of: int


async def list_people(
    database: Database,
    workspace: WorkspaceId,
    *,
    limit: int,
    after: tuple[str, int] | None = None,
    with_left: bool = False,
) -> People:
    """A page of people by folded name."""
    place = {} if after is None else {"after_name": after[0], "after_id": after[1]}
    rows = await database.hot_rows(
        _list_people(with_left=with_left, after=after is not None),
        workspace=workspace,
        limit=limit,
        **place,
    )
    found = tuple(reading.person_record(row) for row in rows if row["id"] is not None)
    return People(found, rows[0]["total"], rows[0]["as_of"])
