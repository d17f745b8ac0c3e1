"""One act in one statement: rows, links, events, the act and the stored answer, or nothing.

What is written is the events' after-images: the statement makes the rows from them, so that log
and state can't differ. It writes only if the people are still those that the decision rested on
and the request id is new; a concurrent duplicate waits at the unique key for the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.runtime.database import Hot
from services.task.model import (
    ActKind,
    Entry,
    PersonId,
    PersonRecord,
    TaskNumber,
    WorkspaceId,
    changed_fields,
    value_of,
)
from services.task.schema import tasks

# The columns that an after-image has.
_FIELDS = [c.name for c in tasks.c if c.name not in {"workspace_id", "number", "touched", "search"}]
_SET = ", ".join(f"{name} = excluded.{name}" for name in ("touched", *_FIELDS))

# `drawn` gives each entry its numbers, one after the other: it depends on `request`, so that a
# refused one draws none, and event ids are drawn when the rows are locked (or new).
STORE = Hot(
    "store_act",
    sa.text(
        f"""
WITH decided_on AS (
    SELECT count(*) AS people
    FROM unnest(CAST(:person_ids AS bigint[]), CAST(:person_versions AS bigint[]))
        AS v (id, touched)
    JOIN task.people AS person ON person.id = v.id AND person.touched = v.touched
), request AS (
    INSERT INTO task.requests
        (workspace_id, actor_id, request_id, method, body_hash, answer, act, at)
    SELECT CAST(:workspace AS bigint), CAST(:actor AS bigint), CAST(:request_id AS uuid),
        CAST(:method AS text), CAST(:body_hash AS bytea), CAST(:answer AS bytea),
        CAST(:act AS uuid), CAST(:at AS timestamptz)
    FROM decided_on WHERE people = cardinality(CAST(:person_ids AS bigint[]))
    ON CONFLICT DO NOTHING
    RETURNING workspace_id
), drawn AS MATERIALIZED (
    SELECT e.*, coalesce(e.number, nextval(CAST(CAST(:sequence AS text) AS regclass))) AS task,
        nextval('task.events_id_seq') AS event
    FROM request, jsonb_to_recordset(CAST(:entries AS jsonb)) AS e (
        number bigint, type smallint, undo boolean, changed text[], touches bigint[],
        people boolean, watchers boolean, links boolean, before jsonb, after jsonb
    )
), task_row AS (
    INSERT INTO task.tasks (workspace_id, number, touched, {", ".join(_FIELDS)})
    SELECT request.workspace_id, drawn.task, drawn.event, {", ".join(f"row.{f}" for f in _FIELDS)}
    FROM request, drawn, jsonb_populate_record(NULL::task.tasks, drawn.after) AS row
    ON CONFLICT (workspace_id, number) DO UPDATE SET {_SET}
), assignee AS (
    INSERT INTO task.task_assignees
        (workspace_id, task_number, person_id, place, mark, created_at)
    SELECT request.workspace_id, drawn.task, CAST(a.value ->> 'person' AS bigint), a.place,
        CAST(a.value ->> 'mark' AS smallint), CAST(drawn.after ->> 'created_at' AS timestamptz)
    FROM request, drawn,
        jsonb_array_elements(drawn.after -> 'assignees') WITH ORDINALITY AS a (value, place)
    WHERE drawn.people
    ON CONFLICT (workspace_id, task_number, person_id)
        DO UPDATE SET place = excluded.place, mark = excluded.mark
), unassigned AS (
    DELETE FROM task.task_assignees AS a USING request, drawn
    WHERE drawn.people AND a.workspace_id = request.workspace_id AND a.task_number = drawn.number
        AND NOT drawn.after -> 'assignees' @> jsonb_build_array(jsonb_build_object(
            'person', a.person_id))
), watcher AS (
    INSERT INTO task.task_watchers (workspace_id, task_number, person_id, place)
    SELECT request.workspace_id, drawn.task, CAST(w.value AS bigint), w.place
    FROM request, drawn,
        jsonb_array_elements(drawn.after -> 'watchers') WITH ORDINALITY AS w (value, place)
    WHERE drawn.watchers
    ON CONFLICT (workspace_id, task_number, person_id) DO UPDATE SET place = excluded.place
), unwatched AS (
    DELETE FROM task.task_watchers AS w USING request, drawn
    WHERE drawn.watchers AND w.workspace_id = request.workspace_id AND w.task_number = drawn.number
        AND NOT drawn.after -> 'watchers' @> to_jsonb(w.person_id)
), dependency AS (
    INSERT INTO task.task_dependencies (workspace_id, task_number, on_number, place)
    SELECT request.workspace_id, drawn.task, CAST(d.value AS bigint), d.place
    FROM request, drawn,
        jsonb_array_elements(drawn.after -> 'depends_on') WITH ORDINALITY AS d (value, place)
    WHERE drawn.links
    ON CONFLICT (workspace_id, task_number, on_number) DO UPDATE SET place = excluded.place
), independent AS (
    DELETE FROM task.task_dependencies AS d USING request, drawn
    WHERE drawn.links AND d.workspace_id = request.workspace_id AND d.task_number = drawn.number
        AND NOT drawn.after -> 'depends_on' @> to_jsonb(d.on_number)
), act AS (
    INSERT INTO task.acts (id, workspace_id, actor_id, at, kind, summary, events, undoes)
    SELECT CAST(:act AS uuid), request.workspace_id, CAST(:actor AS bigint),
        CAST(:at AS timestamptz), CAST(:kind AS smallint), CAST(:summary AS text),
        (SELECT array_agg(event ORDER BY event) FROM drawn), CAST(:undoes AS uuid)
    FROM request
), undone AS (
    UPDATE task.acts SET undone_by = CAST(:act AS uuid)
    FROM request WHERE acts.id = CAST(:undoes AS uuid)
), event AS (
    INSERT INTO task.events (id, workspace_id, type, task_number, actor_id, at, act, request_id,
        touches, changed, before, after, undo)
    SELECT drawn.event, request.workspace_id, drawn.type, drawn.task, CAST(:actor AS bigint),
        CAST(:at AS timestamptz), CAST(:act AS uuid), CAST(:request_id AS uuid),
        array_prepend(drawn.task, drawn.touches), drawn.changed, drawn.before, drawn.after,
        drawn.undo
    FROM request, drawn
)
SELECT task, event FROM drawn ORDER BY event
"""  # noqa: S608 -- column names of our own table
    ),
)


class Answer(Protocol):
    """A response as it travels; this layer only keeps its bytes."""

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes:  # noqa: N802
        """The bytes of the response."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a write, under which request id, with which body, and when."""

    workspace: WorkspaceId
    actor: PersonId
    request_id: UUID
    method: str
    body_hash: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """The act of a write: its id, a few words for people, and what it is to undo."""

    id: UUID
    summary: str
    kind: ActKind = ActKind.ACT
    undoes: UUID | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the statement gave one entry: its task's number and its event's id."""

    task: TaskNumber
    event: int


@dataclass(frozen=True, slots=True)
class Written:
    """A write's answer, without what was drawn, and that; nothing drawn: nothing has changed."""

    answer: Answer | bytes
    drawn: tuple[Drawn, ...]


Fetch = Callable[..., Any]


async def store(
    fetch: Fetch,
    asked: Asked,
    *,
    told: Told,
    entries: Sequence[Entry],
    touches: Sequence[Iterable[TaskNumber]],
    people: Iterable[PersonRecord],
    answer: Answer,
) -> tuple[Drawn, ...]:
    """What was drawn, one for each entry; () where nothing was written.

    Then either the request id is known or one of the people has changed meanwhile.
    """
    versions = {record.id: record.touched for record in people}
    rows = await fetch(
        STORE,
        workspace=asked.workspace,
        actor=asked.actor,
        request_id=asked.request_id,
        method=asked.method,
        body_hash=asked.body_hash,
        answer=answer.SerializeToString(),
        act=told.id,
        at=asked.now,
        kind=told.kind.value,
        summary=told.summary,
        undoes=told.undoes,
        person_ids=list(versions.keys()),
        person_versions=list(versions.values()),
        sequence=f"task.task_number_{asked.workspace}",
        entries=msgspec.json.encode(
            [_written(entry, near) for entry, near in zip(entries, touches, strict=True)]
        ).decode(),
    )
    return tuple(Drawn(task, event) for task, event in rows)


def _written(entry: Entry, touches: Iterable[TaskNumber]) -> dict[str, Any]:
    changed: tuple[str, ...] = ()
    before = None
    new = entry.before is None
    if entry.before is not None:
        changed = changed_fields(entry.before, entry.after)
        # Who comes back by an undo comes back with the former mark.
        kept = (*changed, "marks") if "assignees" in changed else changed
        before = {name: value_of(entry.before, name) for name in kept}
    return {
        "number": entry.number,
        "type": entry.type.value,
        "undo": entry.undo,
        "changed": changed,
        "touches": sorted({*touches} - {entry.number}),
        "people": new or "assignees" in changed or "marks" in changed,
        "watchers": bool(entry.after.watchers) if new else "watchers" in changed,
        "links": bool(entry.after.depends_on) if new else "depends_on" in changed,
        "before": before,
        "after": entry.after,
    }
