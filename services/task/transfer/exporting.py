"""Writing a workspace as a file: pieces of whole lines, read page by page.

Each page is what the store holds when it is read; whoever comes in the meantime is told of before
the first record that names him, so that a file never speaks of somebody whom it does not have.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.task import queries, reading
from services.task.model import PersonId, TaskNumber, TaskView, Workspace, WorkspaceId
from services.task.queries import BIG, bind
from services.task.rules.templates import Template
from services.task.schema import people, tasks
from services.task.transfer import kept, records, stored, table
from services.task.transfer.renaming import people_in, renamed

PAGE = 500
PEOPLE_PAGE = 20

COUNT = Hot(
    "count_records",
    sa.text(
        """
SELECT (SELECT count(*) FROM task.people WHERE workspace_id = w.id) AS people,
    (SELECT count(*) FROM task.templates WHERE workspace_id = w.id) AS templates,
    (SELECT count(*) FROM task.tasks WHERE workspace_id = w.id) AS tasks,
    (SELECT count(*) FROM task.comments WHERE workspace_id = w.id AND deleted_at IS NULL)
        AS comments,
    (SELECT count(*) FROM task.time_entries WHERE workspace_id = w.id AND deleted_at IS NULL)
        AS time_entries,
    (SELECT coalesce(max(number), 0) FROM task.tasks WHERE workspace_id = w.id) AS last_number
FROM task.workspaces AS w WHERE w.id = CAST(:workspace AS bigint)
"""
    ),
)
ALL_PEOPLE = Hot(
    "export_people",
    sa.select(people)
    .where(people.c.workspace_id == bind("workspace", BIG), people.c.id > bind("after", BIG))
    .order_by(people.c.id),
)
PAGE_OF_TASKS = Hot(
    "export_tasks",
    sa.select(*queries.shown(tasks))
    .where(tasks.c.workspace_id == bind("workspace", BIG), tasks.c.number > bind("after", BIG))
    .order_by(tasks.c.number)
    .limit(bind("limit", BIG)),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of a file, and how many records have been written of how many."""

    content: bytes
    done: int
    total: int


class Export:
    """One file being written."""

    def __init__(self, database: Database, workspace: Workspace) -> None:
        self._database = database
        self._workspace = workspace
        self._keys: dict[PersonId, PersonId] = {}
        self._last_person = 0
        self._done = 0
        self._total = 0

    async def as_table(self) -> AsyncIterator[Piece]:
        """The tasks that are not deleted, as a table."""
        counts = await self._counted()
        self._total = counts["tasks"]
        yield self._piece([table.head()], 0)
        async for views in self._tasks():
            shown = [view for view in views if view.task.deleted_at is None]
            yield self._piece(map(table.row, shown), len(views))

    async def as_records(self) -> AsyncIterator[Piece]:
        """Everything, a record a line; the last one says how many there are."""
        counts = await self._counted()
        self._total = sum(
            counts[name] for name in ("people", "templates", "tasks", "comments", "time_entries")
        )
        head = kept.Head(
            records.VERSION,
            self._workspace.display_name,
            self._workspace.timezone,
            counts["last_number"],
            self._workspace.settings,
        )
        yield self._piece([records.line(records.WORKSPACE, records.packed(head))], 0)
        yield await self._new_people()
        yield await self._templates()
        async for views in self._tasks():
            if any(who not in self._keys for view in views for _, who in people_in(view.task)):
                yield await self._new_people()
            yield self._piece(map(self._task, views), len(views))
        for kind, pages in (
            (records.COMMENT, stored.comments(self._database, self._ident)),
            (records.TIME, stored.times(self._database, self._ident)),
        ):
            async for page in pages:
                lines = [self._record(kind, each) for each in page]
                yield self._piece(lines, len(lines))
        known = list(self._keys)
        for begin in range(0, len(known), PEOPLE_PAGE):
            some = known[begin : begin + PEOPLE_PAGE]
            presences = await stored.presences(self._database, some)
            yield self._piece([self._record(records.ATTENDANCE, each) for each in presences], 0)
        yield self._piece([records.line(records.END, {})], 0)

    @property
    def _ident(self) -> WorkspaceId:
        return self._workspace.id

    async def _counted(self) -> Mapping[str, int]:
        (row,) = await self._database.hot_rows(COUNT, workspace=self._ident)
        return dict(row)

    def _piece(self, lines: Iterable[bytes], many: int) -> Piece:
        self._done += many
        self._total = max(self._total, self._done)
        return Piece(b"".join(lines), self._done, self._total)

    async def _new_people(self) -> Piece:
        """Those who have come since the last time, with their keys."""
        rows = await self._database.hot_rows(
            ALL_PEOPLE, workspace=self._ident, after=self._last_person
        )
        lines = []
        for record in map(reading.person_record, rows):
            key = PersonId(len(self._keys) + 1)
            self._keys[record.id] = key
            self._last_person = record.id
            lines.append(
                records.line(records.PERSON, {"key": key, **records.packed(record.person)})
            )
        return self._piece(lines, len(lines))

    async def _templates(self) -> Piece:
        found: list[Template] = await stored.templates(self._database, self._ident)
        lines = [records.line(records.TEMPLATE, records.packed(each)) for each in found]
        return self._piece(lines, len(lines))

    async def _tasks(self) -> AsyncIterator[list[TaskView]]:
        after = TaskNumber(0)
        while True:
            rows = await self._database.hot_rows(
                PAGE_OF_TASKS, workspace=self._ident, after=after, limit=PAGE
            )
            if not rows:
                return
            views = [reading.task_view(row) for row in rows]
            after = views[-1].number
            yield views

    def _task(self, view: TaskView) -> bytes:
        task = renamed(view.task, person=self._key, number=lambda number: number)
        return records.line(records.TASK, {"number": view.number, **records.packed(task)})

    def _record(self, kind: str, value: Any) -> bytes:
        return records.line(kind, records.packed(stored.with_people(value, self._key)))

    def _key(self, person: PersonId) -> PersonId:
        return self._keys[person]
