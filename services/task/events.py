"""The log, read by position: what happened, with the names of people as they are now.

It never writes: an event is written by the statement that writes the change (commands/storing.py)
and gets its position after the commit (numbering.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.task import reading
from services.task.model import (
    EventType,
    Happened,
    PersonId,
    PersonRecord,
    Status,
    Task,
    TaskNumber,
    TaskRef,
    TaskView,
    WorkspaceId,
    shown_people,
)

WORKSPACE = frozenset({EventType.WORKSPACE_CREATED, EventType.WORKSPACE_CHANGED})
COLUMNS = """id, position, workspace_id, type, task_number, person_id, actor_id, at, act, touches,
    changed, CAST(before AS text) AS before, CAST(after AS text) AS after, undo,
    CAST(detail AS text) AS detail, origin, erased"""
READ = Hot(
    "read_events",
    sa.text(
        f"""
SELECT {COLUMNS}
FROM task.events
WHERE position > CAST(:after AS bigint)
ORDER BY position LIMIT CAST(:limit AS integer)
"""  # noqa: S608 -- our own words
    ),
)
# Names of people, and the tasks that these tasks refer to, in one statement for a whole batch.
RESOLVE = Hot(
    "resolve_events",
    sa.text(
        """
SELECT 0 AS kind, workspace_id, id AS number, NULL::bigint AS parent, display_name AS title,
    0::smallint AS status, 0 AS place
FROM task.people WHERE id = ANY (CAST(:people AS bigint[]))
UNION ALL
SELECT 1, task.workspace_id, task.number, task.parent, task.title, task.status, 0
FROM task.tasks AS task
JOIN unnest(CAST(:ref_workspaces AS bigint[]), CAST(:ref_numbers AS bigint[])) AS ref (w, n)
    ON task.workspace_id = ref.w AND task.number = ref.n
WHERE task.deleted_at IS NULL
UNION ALL
SELECT 2, part.workspace_id, part.number, part.parent, part.title, part.status, part.place
FROM task.tasks AS part
JOIN unnest(CAST(:workspaces AS bigint[]), CAST(:numbers AS bigint[])) AS whole (w, n)
    ON part.workspace_id = whole.w AND part.parent = whole.n
WHERE part.deleted_at IS NULL AND part.parent IS NOT NULL
ORDER BY kind, place, number
"""
    ),
)


async def read(database: Database, *, after: int, limit: int) -> list[Happened]:
    """The events behind this position, of all workspaces, in order."""
    return await happened(database, await database.hot_rows(READ, after=after, limit=limit))


async def happened(database: Database, rows: Sequence[Any]) -> list[Happened]:
    """The events of rows with these columns, with the names of whom they speak."""
    if not rows:
        return []
    known = await _resolve(database, [_Image.of(row) for row in rows], rows)
    return [known.happened(row) for row in rows]


@dataclass(frozen=True, slots=True)
class _Image:
    """An event's images, decoded, and whom they speak of."""

    workspace: WorkspaceId
    number: TaskNumber | None
    task: Task | None
    before: Mapping[str, object]
    people: frozenset[PersonId]

    @classmethod
    def of(cls, row: Any) -> _Image:
        people = {row["actor_id"]} - {None}
        if row["person_id"] is not None:
            people.add(row["person_id"])
        if row["detail"]:
            people.update(msgspec.json.decode(row["detail"]).get("mentions", ()))
        if row["task_number"] is None or row["after"] is None:
            return cls(row["workspace_id"], None, None, {}, frozenset(people))
        task = reading.task_image(row["after"])
        before = reading.task_values(row["before"])
        for some in (before.get("assignees"), before.get("watchers"), before.get("suggested")):
            people.update(some or ())  # type: ignore[arg-type]
        people |= shown_people(task)
        return cls(row["workspace_id"], row["task_number"], task, before, frozenset(people))


@dataclass(frozen=True, slots=True)
class _Known:
    """What the events of a batch show of people and of other tasks."""

    images: Mapping[int, _Image]
    names: Mapping[int, str]
    refs: Mapping[tuple[int, int], TaskRef]
    parts: Mapping[tuple[int, int], Sequence[TaskRef]]

    def happened(self, row: Any) -> Happened:
        image = self.images[row["position"]]
        task = person = home = before = None
        if image.task is not None and image.number is not None:
            task = self._view(image, row["id"])
            before = image.before
        elif row["person_id"] is not None and row["after"] is not None:
            person = PersonRecord(
                row["workspace_id"], row["person_id"], row["id"], reading.person_image(row["after"])
            )
            before = reading.person_values(row["before"])
        elif EventType(row["type"]) in WORKSPACE and row["after"] is not None:
            home = reading.workspace_image(row["after"], row["workspace_id"], row["id"])
            before = reading.workspace_values(row["before"])
        return Happened(
            id=row["id"],
            position=row["position"],
            type=EventType(row["type"]),
            workspace=row["workspace_id"],
            actor=row["actor_id"],
            actor_name=self.names.get(row["actor_id"], ""),
            at=row["at"],
            act=row["act"],
            undo=row["undo"],
            touches=tuple(row["touches"]),
            changed=tuple(row["changed"]),
            task=task,
            person=person,
            home=home,
            before=before,
            names=self.names,
            detail=None if row["detail"] is None else msgspec.json.decode(row["detail"]),
            origin=row["origin"],
            erased=row["erased"],
            about=row["task_number"],
            whom=row["person_id"],
        )

    def _view(self, image: _Image, event: int) -> TaskView:
        task, workspace = image.task, image.workspace
        assert task is not None and image.number is not None  # noqa: S101, PT018 -- by the caller
        on = (self.refs.get((workspace, number)) for number in task.depends_on)
        return TaskView(
            workspace=workspace,
            number=image.number,
            touched=event,
            task=task,
            names={who: self.names.get(who, "") for who in shown_people(task)},
            parent=self.refs.get((workspace, task.parent)) if task.parent else None,
            subtasks=tuple(self.parts.get((workspace, image.number), ())),
            depends_on=tuple(ref for ref in on if ref is not None),
        )


async def _resolve(database: Database, images: Sequence[_Image], rows: Iterable[Any]) -> _Known:
    people: set[int] = set()
    wholes: set[tuple[int, int]] = set()
    wanted: set[tuple[int, int]] = set()
    for image in images:
        people |= image.people
        if image.task is not None and image.number is not None:
            wholes.add((image.workspace, image.number))
            linked = (*image.task.depends_on, *([image.task.parent] if image.task.parent else []))
            wanted.update((image.workspace, number) for number in linked)
    found = await database.hot_rows(
        RESOLVE,
        people=list(people),
        ref_workspaces=[workspace for workspace, _ in wanted],
        ref_numbers=[number for _, number in wanted],
        workspaces=[workspace for workspace, _ in wholes],
        numbers=[number for _, number in wholes],
    )
    names: dict[int, str] = {}
    refs: dict[tuple[int, int], TaskRef] = {}
    parts: dict[tuple[int, int], list[TaskRef]] = {}
    for kind, workspace, number, parent, title, status, place in found:
        if kind == 0:
            names[number] = title
            continue
        ref = TaskRef(number, title, Status(status), place)
        if kind == 1:
            refs[workspace, number] = ref
        else:
            parts.setdefault((workspace, parent), []).append(ref)
    by_position = {row["position"]: image for row, image in zip(rows, images, strict=True)}
    return _Known(by_position, names, refs, parts)
