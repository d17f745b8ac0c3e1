"""Writes that change no row of tasks: their own rows and what the log tells of them, at once.

A command does its own statements within the transaction and says what to record; one statement
more stores the request, the act and the events. Where the request id is known already nothing of
it is kept, and the first answer is given again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.runtime.errors import Forbidden, Invalid, ServiceError, Unavailable
from services.task.commands.storing import Answer, Asked, Drawn, Told, Written
from services.task.commands.writing import (
    ATTEMPTS,
    Store,
    first_answer,
    once_more,
    present_actor,
    remember,
)
from services.task.model import EventType, PersonId, PersonRecord, TaskNumber

RECORD = Hot(
    "record_act",
    sa.text(
        """
WITH decided_on AS (
    SELECT count(*) AS people FROM task.people AS person
    WHERE person.id = ANY (CAST(:person_ids AS bigint[]))
        AND person.touched = (CAST(:person_versions AS bigint[]))[
            array_position(CAST(:person_ids AS bigint[]), person.id)]
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
    SELECT n.*, coalesce(n.known, nextval('task.events_id_seq')) AS event
    FROM request, jsonb_to_recordset(CAST(:notices AS jsonb)) AS n (
        known bigint, type smallint, task bigint, person bigint, touches bigint[], detail jsonb,
        changed text[], before jsonb, after jsonb, undo boolean
    )
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
    INSERT INTO task.events (id, workspace_id, type, task_number, person_id, actor_id, at, act,
        request_id, touches, changed, before, after, undo, detail, origin)
    SELECT drawn.event, request.workspace_id, drawn.type, drawn.task, drawn.person,
        CAST(:actor AS bigint), CAST(:at AS timestamptz), CAST(:act AS uuid),
        CAST(:request_id AS uuid), drawn.touches, drawn.changed, drawn.before, drawn.after,
        drawn.undo, drawn.detail, CAST(:origin AS text)
    FROM request, drawn
)
SELECT coalesce(task, person, 0) AS subject, event FROM drawn ORDER BY event
"""
    ),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One event. A task's has no images (they are written by storing.py alone), but a detail."""

    type: EventType
    task: TaskNumber | None = None
    person: PersonId | None = None
    detail: Mapping[str, object] | None = None
    touches: tuple[TaskNumber, ...] = ()
    changed: tuple[str, ...] = ()
    before: Mapping[str, object] | None = None
    after: object | None = None
    undo: bool = False
    # Its id, where it was drawn already for a row that keeps the id of its last event.
    event: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a write tells the log, and its answer; without notices nothing has changed.

    `people` are those that the decision rests on beside the actor.
    """

    notices: Sequence[Notice]
    told: Told
    answer: Answer
    people: Sequence[PersonRecord] = ()


Work = Callable[[Fetch, PersonRecord], Awaitable[Recorded]]


async def perform_recorded(store: Store, asked: Asked, work: Work) -> Written:
    """The answer to a write and what was drawn for it, the first time or again."""
    concerned: set[PersonId] = {asked.actor}
    for attempt in range(ATTEMPTS):
        try:
            written = await _attempt(store, asked, work, concerned)
        except ServiceError as error:
            if await once_more(error, attempt):
                continue
            if (first := await first_answer(store, asked)) is not None:
                return first
            # The decision may rest on people as they were a moment ago: once more, read anew.
            if attempt > 0 or not isinstance(error, Forbidden | Invalid):
                raise
        else:
            if written is not None:
                return written
            if (first := await first_answer(store, asked)) is not None:
                return first
        store.roster.forget(concerned)
    raise Unavailable("PEOPLE_CHANGING", "People are being changed just now; try again.")


class _Refused(Exception):  # noqa: N818 -- an outcome, caught in `_attempt`
    """Nothing was recorded: the request id is known, or the people have changed."""


async def _attempt(
    store: Store, asked: Asked, work: Work, concerned: set[PersonId]
) -> Written | None:
    """What was written, None where the request id is known or people have changed meanwhile."""
    try:
        async with store.database.hot_transaction() as fetch:
            actor = await present_actor(store, asked)
            recorded = await work(fetch, actor)
            drawn: tuple[Drawn, ...] = ()
            if recorded.notices:
                people = {record.id: record for record in (actor, *recorded.people)}
                concerned |= people.keys()
                drawn = await record(fetch, asked, recorded, people=people)
                if not drawn:
                    raise _Refused  # noqa: TRY301 -- it rolls the transaction back
    except _Refused:
        return None
    if drawn or await remember(store, asked, recorded.answer):
        return Written(recorded.answer, drawn)
    return None


async def record(
    fetch: Fetch, asked: Asked, recorded: Recorded, *, people: Mapping[PersonId, PersonRecord]
) -> tuple[Drawn, ...]:
    """What was drawn for the notices; () where the request id is known or people have changed."""
    rows = await fetch(
        RECORD,
        workspace=asked.workspace,
        actor=asked.actor,
        request_id=asked.request_id,
        method=asked.method,
        body_hash=asked.body_hash,
        answer=recorded.answer.SerializeToString(),
        act=recorded.told.id,
        at=asked.now,
        kind=recorded.told.kind.value,
        summary=recorded.told.summary,
        undoes=recorded.told.undoes,
        origin=asked.origin,
        person_ids=list(people),
        person_versions=[person.touched for person in people.values()],
        notices=msgspec.json.encode([_noticed(notice) for notice in recorded.notices]).decode(),
    )
    return tuple(Drawn(TaskNumber(subject), event) for subject, event in rows)


def _noticed(notice: Notice) -> dict[str, object]:
    touches = {*notice.touches, *(() if notice.task is None else (notice.task,))}
    return {
        "type": notice.type.value,
        "task": notice.task,
        "person": notice.person,
        "touches": sorted(touches),
        "detail": notice.detail,
        "changed": notice.changed,
        "before": notice.before,
        "after": notice.after,
        "undo": notice.undo,
        "known": notice.event,
    }
