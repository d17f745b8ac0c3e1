"""The statement that writes an act, put together of the parts that the act has.

One for each set of parts, compiled once: a creation carries no deletions, an edit of a title
touches no links, and each part that is there costs the server its start even when it does nothing.
"""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy as sa

from services.runtime.database import Hot
from services.task.schema import IMAGE

_SET = ", ".join(f"{name} = excluded.{name}" for name in ("touched", *IMAGE))
# What the clock has not said yet, though its time has come, it still says.
_CLOCK = """clock_at = CASE WHEN tasks.clock_at <= CAST(:at AS timestamptz) THEN tasks.clock_at
        ELSE excluded.clock_at END"""

# `drawn` gives each entry its numbers, one after the other: it depends on `request`, so that a
# refused one draws none, and event ids are drawn when the rows are locked (or new).
_REQUEST = """
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
"""
_BY_CLOCK = """
WITH request AS (
    SELECT CAST(:workspace AS bigint) AS workspace_id
"""
_DRAWN = """), drawn AS MATERIALIZED (
    SELECT e.*, coalesce(e.number, nextval(CAST(CAST(:sequence AS text) AS regclass))) AS task,
        nextval('task.events_id_seq') AS event
    FROM request, jsonb_to_recordset(CAST(:entries AS jsonb)) AS e (
        number bigint, type smallint, undo boolean, changed text[], touches bigint[],
        people boolean, watchers boolean, links boolean, before jsonb, after jsonb, detail jsonb,
        clock_at timestamptz
    )
"""
_ACT = """), act AS (
    INSERT INTO task.acts (id, workspace_id, actor_id, at, kind, summary, events, undoes)
    SELECT CAST(:act AS uuid), request.workspace_id, CAST(:actor AS bigint),
        CAST(:at AS timestamptz), CAST(:kind AS smallint), CAST(:summary AS text),
        (SELECT array_agg(event ORDER BY event) FROM drawn), CAST(:undoes AS uuid)
    FROM request
"""
_ROWS = f"""), event AS (
    INSERT INTO task.events (id, workspace_id, type, task_number, actor_id, at, act, request_id,
        touches, changed, before, after, undo, detail, origin)
    SELECT drawn.event, request.workspace_id, drawn.type, drawn.task, CAST(:actor AS bigint),
        CAST(:at AS timestamptz), CAST(:act AS uuid), CAST(:request_id AS uuid),
        array_prepend(drawn.task, drawn.touches), drawn.changed, drawn.before, drawn.after,
        drawn.undo, drawn.detail, CAST(:origin AS text)
    FROM request, drawn
), task_row AS (
    INSERT INTO task.tasks (workspace_id, number, touched, clock_at, {", ".join(IMAGE)})
    SELECT request.workspace_id, drawn.task, drawn.event, drawn.clock_at,
        {", ".join(f"row.{name}" for name in IMAGE)}
    FROM request, drawn, jsonb_populate_record(NULL::task.tasks, drawn.after) AS row
"""  # noqa: S608 -- column names of our own table
_EXISTING = "    ON CONFLICT (workspace_id, number) DO UPDATE SET "

_PARTS = {
    "people": """), assignee AS (
    INSERT INTO task.task_assignees
        (workspace_id, task_number, person_id, place, mark, created_at)
    SELECT request.workspace_id, drawn.task, CAST(a.value ->> 'person' AS bigint), a.place,
        CAST(a.value ->> 'mark' AS smallint), CAST(drawn.after ->> 'created_at' AS timestamptz)
    FROM request, drawn,
        jsonb_array_elements(drawn.after -> 'assignees') WITH ORDINALITY AS a (value, place)
    WHERE drawn.people
    ON CONFLICT (workspace_id, task_number, person_id)
        DO UPDATE SET place = excluded.place, mark = excluded.mark
""",
    "fewer people": """), unassigned AS (
    DELETE FROM task.task_assignees AS a USING request, drawn
    WHERE drawn.people AND a.workspace_id = request.workspace_id AND a.task_number = drawn.number
        AND NOT drawn.after -> 'assignees' @> jsonb_build_array(jsonb_build_object(
            'person', a.person_id))
""",
    "watchers": """), watcher AS (
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
""",
    "links": """), dependency AS (
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
""",
    "undo": """), undone AS (
    UPDATE task.acts SET undone_by = CAST(:act AS uuid)
    FROM request WHERE acts.id = CAST(:undoes AS uuid)
""",
}
EXISTING = "existing"


@lru_cache(maxsize=64)
def statement(parts: frozenset[str]) -> Hot:
    """The statement with these parts; EXISTING where some of the tasks are there already."""
    text = _REQUEST + _DRAWN + _ACT + _rows(parts, clock=_CLOCK)
    return Hot("store_act", sa.text(text))


@lru_cache(maxsize=64)
def clock_statement(parts: frozenset[str]) -> Hot:
    """The same for what the clock does by itself: no request, no act, and nobody who acts."""
    text = _BY_CLOCK + _DRAWN + _rows(parts | {EXISTING}, clock="clock_at = excluded.clock_at")
    return Hot("store_clock", sa.text(text))


def _rows(parts: frozenset[str], *, clock: str) -> str:
    text = _ROWS + (f"{_EXISTING}{clock}, {_SET}\n" if EXISTING in parts else "")
    text += "".join(sql for part, sql in _PARTS.items() if part in parts)
    return text + ")\nSELECT task, event FROM drawn ORDER BY event\n"
