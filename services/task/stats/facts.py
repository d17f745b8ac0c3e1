"""The statement of figures: facts of tasks, added up in all and by group.

It goes once over what the tasks of a workspace are like now ("stands"), and what happened to them
in the span (part 0) or the one before (part 1): "facts", of which each says that a task was
created, completed, or set back (put off, sent back, opened again). Tasks are read from an index
that covers them, events from two small ones, so that a workspace costs the same however large the
store is.
"""

# ruff: noqa: S608 -- our own words

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import sqlalchemy as sa

from services.runtime.database import Hot
from services.task.model import CLOSED, EventType, PersonStatus, Priority, Role, Status
from services.task.rules.figures import GroupBy
from services.task.seeing import seen

OPEN = f"status < {min(status.value for status in CLOSED)}"

# The tasks that count: those of the workspace, of the people, of the project, that the viewer sees.
CONDITIONS = {
    "people": """EXISTS (SELECT FROM task.task_assignees AS held
        WHERE held.workspace_id = task.workspace_id AND held.task_number = task.number
            AND held.person_id = ANY (CAST(:people AS bigint[])))""",
    "project": "task.project = CAST(:project AS text)",
    "viewer": seen("task"),
}
# Tasks that wait for one that is open, whoever may see that one.
WAITING = f"""SELECT link.task_number AS number FROM task.task_dependencies AS link
    JOIN task.tasks AS other
        ON other.workspace_id = link.workspace_id AND other.number = link.on_number
    WHERE link.workspace_id = CAST(:workspace AS bigint) AND other.deleted_at IS NULL
        AND other.{OPEN}"""

_SPANS = """CAST(:start AS timestamptz) AS start, CAST(:end AS timestamptz) AS "end",
    CAST(:before AS timestamptz) AS earlier"""
_FACTS = f"""
WITH span AS (SELECT {_SPANS}, CAST(:zone AS text) AS zone), mine AS MATERIALIZED (
    SELECT task.number, task.status, task.priority, task.project, task.created_at,
        task.completed_at, task.deadline, task.estimate_minutes
    FROM task.tasks AS task
    WHERE task.workspace_id = CAST(:workspace AS bigint) AND task.deleted_at IS NULL{{conditions}}
), waiting AS MATERIALIZED (
    {WAITING}
), setback AS (
    SELECT task_number AS number, at,
        {{delays}} AS delays, {{revisions}} AS revisions, {{reopens}} AS reopens
    FROM task.events
    WHERE workspace_id = CAST(:workspace AS bigint) AND position IS NOT NULL
        AND changed && '{{{{delay_count,revision_count,reopen_count}}}}'
        AND at >= CAST(:before AS timestamptz) AND at < CAST(:end AS timestamptz)
), stands AS MATERIALIZED (
    SELECT number, project, priority, status,
        {OPEN} AND deadline < CAST(:now AS timestamptz) AS overdue,
        status = {Status.BLOCKED.value}
            OR ({OPEN} AND number IN (SELECT number FROM waiting)) AS blocked,
        CASE WHEN {OPEN} THEN estimate_minutes END AS minutes
    FROM mine
), facts AS MATERIALIZED (
    SELECT CASE WHEN created_at >= span.start THEN 0 ELSE 1 END AS part, number, project, priority,
        created_at AS at, true AS created, CASE WHEN status <> {Status.CANCELLED.value}
            THEN coalesce(completed_at < CASE WHEN created_at >= span.start THEN span.end
                ELSE span.start END, false) END AS done,
        CAST(NULL AS float8) AS seconds, CAST(NULL AS boolean) AS on_time,
        0 AS delays, 0 AS revisions, 0 AS reopens
    FROM mine, span WHERE created_at >= span.earlier AND created_at < span.end
UNION ALL
    SELECT CASE WHEN completed_at >= span.start THEN 0 ELSE 1 END, number, project, priority,
        completed_at, false, NULL,
        greatest(CAST(extract(epoch FROM completed_at - coalesce(started.at, created_at))
            AS float8), 0), completed_at <= deadline, 0, 0, 0
    FROM span, mine LEFT JOIN LATERAL (
        SELECT min(event.at) AS at FROM task.events AS event
        WHERE event.workspace_id = CAST(:workspace AS bigint) AND event.task_number = mine.number
            AND event.type = {EventType.TASK_STARTED.value} AND event.position IS NOT NULL
    ) AS started ON true
    WHERE completed_at >= span.earlier AND completed_at < span.end
UNION ALL
    SELECT CASE WHEN setback.at >= span.start THEN 0 ELSE 1 END, number, project, priority,
        setback.at, false, NULL, NULL, NULL, setback.delays, setback.revisions, setback.reopens
    FROM span, setback JOIN mine USING (number)
)
"""

# What is added up of how tasks stand: first alike ones, then these.
_STANDING = {
    **{
        f"status_{one.value}": f"coalesce(sum(tasks) FILTER (WHERE status = {one.value}), 0)"
        for one in Status
    },
    **{
        f"priority_{one.value}": f"""coalesce(sum(tasks)
            FILTER (WHERE {OPEN} AND priority = {one.value}), 0)"""
        for one in Priority
    },
    "overdue": "coalesce(sum(tasks) FILTER (WHERE overdue), 0)",
    "blocked": "coalesce(sum(tasks) FILTER (WHERE blocked), 0)",
    "minutes": "coalesce(sum(minutes), 0)",
}
_FLOW = {
    "created": "count(*) FILTER (WHERE created)",
    "completed": "count(seconds)",
    "to_complete": "count(done)",
    "to_complete_done": "count(*) FILTER (WHERE done)",
    "with_deadline": "count(on_time)",
    "on_time": "count(*) FILTER (WHERE on_time)",
    "delays": "sum(delays)",
    "revisions": "sum(revisions)",
    "reopens": "sum(reopens)",
    "median": "percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)",
    "p90": "percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds)",
    "mean": "avg(seconds)",
}
COUNTS = tuple(_FLOW)[:9]
_DAY = "CAST(at AT TIME ZONE span.zone AS date)"
_HELD = "held.workspace_id = CAST(:workspace AS bigint)"
_KEY = "coalesce(CAST(key AS text), '') AS key"
# The rows of `stands` or `facts`, each with the keys of the groups that it counts in.
_KEYED = {
    None: "SELECT rows.*, CAST(NULL AS text) AS key FROM {rows} AS rows",
    GroupBy.PRIORITY: "SELECT rows.*, priority AS key FROM {rows} AS rows",
    GroupBy.PROJECT: "SELECT rows.*, project AS key FROM {rows} AS rows",
    GroupBy.DAY: f"""SELECT rows.*, {_DAY} AS key
        FROM {{rows}} AS rows, span WHERE part = 0""",
    GroupBy.WEEK: f"""SELECT rows.*,
            {_DAY} - CAST(extract(isodow FROM {_DAY}) AS integer) + 1 AS key
        FROM {{rows}} AS rows, span WHERE part = 0""",
    GroupBy.PERSON: f"""SELECT rows.*, held.person_id AS key
        FROM {{rows}} AS rows {{join}} JOIN task.task_assignees AS held
            ON {_HELD} AND held.task_number = rows.number {{only}}""",
    GroupBy.DEPARTMENT: f"""SELECT rows.*, nullif(held.department, '') AS key
        FROM {{rows}} AS rows {{join}} JOIN (
            SELECT DISTINCT held.task_number, person.department
            FROM task.task_assignees AS held JOIN task.people AS person
                ON person.id = held.person_id
                    AND person.workspace_id = CAST(:workspace AS bigint)
            WHERE {_HELD} {{only}}
        ) AS held ON held.task_number = rows.number""",
}
# Whoever works here has a group, with nothing too.
_EVERYBODY = f"""
    UNION ALL
        SELECT held.person_id, NULL, NULL, false, false, 0, NULL
        FROM (SELECT id AS person_id FROM task.people
            WHERE workspace_id = CAST(:workspace AS bigint)
                AND status <> {PersonStatus.LEFT.value} AND role <> {Role.GUEST.value}) AS held
        WHERE true {{only}}"""
_AWAY = f"""(SELECT CAST(json_agg(json_build_array(id, display_name, away_until)
        ORDER BY away_until, lower(display_name), id) AS text)
    FROM task.people WHERE workspace_id = CAST(:workspace AS bigint)
        AND status = {PersonStatus.AWAY.value}
        AND (away_until IS NULL OR away_until > CAST(:now AS timestamptz)))"""
# When the next open task of the workspace is overdue, whoever may see it.
NEXT_DUE = f"""(SELECT deadline FROM task.tasks
    WHERE workspace_id = CAST(:workspace AS bigint) AND deleted_at IS NULL AND {OPEN}
        AND coalesce(deadline, 'infinity') >= CAST(:now AS timestamptz)
        AND coalesce(deadline, 'infinity') < 'infinity'
    ORDER BY coalesce(deadline, 'infinity') LIMIT 1)"""


def conditions(present: Collection[str]) -> str:
    """What else tasks called `task` must be, in a statement with these parameters."""
    return "".join(f"\n        AND {CONDITIONS[name]}" for name in sorted(present))


def _set_back(field: str, type_: EventType) -> str:
    """By how much an event raised a count, or an undo lowered it.

    Where the log no longer keeps before and after, the event itself counts.
    """
    return f"""CASE WHEN NOT '{field}' = ANY (changed) THEN 0
        WHEN after IS NULL THEN CASE WHEN type = {type_.value} THEN 1 ELSE 0 END
        ELSE CAST(after ->> '{field}' AS integer) - CAST(before ->> '{field}' AS integer) END"""


def _sums(group: GroupBy | None, *, only: str) -> list[str]:
    """The statements that add up one kind of group."""
    number = 0 if group is None else group.value

    def keyed(rows: str) -> str:
        return _KEYED[group].format(rows=rows, only=only, join="" if only else "LEFT")

    stands = [f"{sql} AS {name}" for name, sql in _STANDING.items()]
    flow = [f"{sql} AS {name}" for name, sql in _FLOW.items()]
    sums = [
        f"""SELECT {number} AS grouping, part, {_KEY},
        {", ".join(f"NULL AS {name}" for name in _STANDING)}, {", ".join(flow)}
    FROM ({keyed("facts")}) AS keyed GROUP BY part, key"""
    ]
    if group is None or not group.is_of_time:
        everybody = _EVERYBODY.format(only=only) if group is GroupBy.PERSON else ""
        sums.insert(
            0,
            f"""SELECT {number} AS grouping, NULL AS part, {_KEY}, {", ".join(stands)},
        {", ".join(f"NULL AS {name}" for name in _FLOW)}
    FROM (
        SELECT key, status, priority, overdue, blocked, count(*) AS tasks, sum(minutes) AS minutes
        FROM ({keyed("stands")}) AS keyed GROUP BY key, status, priority, overdue, blocked
        {everybody}
    ) AS alike GROUP BY key""",
        )
    return sums


@lru_cache(maxsize=64)
def figures(present: frozenset[str], groups: frozenset[GroupBy], *, away: bool) -> Hot:
    """The statement of one shape of question."""
    whom = "AND held.person_id = ANY (CAST(:people AS bigint[]))" if "people" in present else ""
    facts = _FACTS.format(
        conditions=conditions(present),
        delays=_set_back("delay_count", EventType.TASK_DELAYED),
        revisions=_set_back("revision_count", EventType.TASK_REJECTED),
        reopens=_set_back("reopen_count", EventType.TASK_REOPENED),
    )
    sums = "\nUNION ALL\n".join(
        part
        for group in (None, *sorted(groups, key=lambda each: each.value))
        for part in _sums(group, only=whom)
    )
    return Hot(
        "get_stats",
        sa.text(
            f"""{facts}
SELECT head.position AS as_of, {_AWAY if away else "CAST(NULL AS text)"} AS away,
    {NEXT_DUE} AS next_due, named.display_name AS label, sums.*
FROM task.log_head AS head
LEFT JOIN ({sums}) AS sums ON true
LEFT JOIN task.people AS named ON named.workspace_id = CAST(:workspace AS bigint) AND named.id =
    CASE WHEN sums.grouping = {GroupBy.PERSON.value} AND sums.key <> ''
        THEN CAST(sums.key AS bigint) END
"""
        ),
    )
