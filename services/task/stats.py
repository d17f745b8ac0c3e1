"""Figures of a workspace, in one statement for each shape of question.

The statement goes once over what happened: "facts", of which each says that a task stands so now,
was created, was completed, or was set back (put off, sent back, opened again), in the span (part 0)
or the one before (part 1). The total and the groups are added up from them. Tasks are read from an
index that covers them, events from two small ones, so that a workspace costs the same however large
the store is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.task.model import (
    CLOSED,
    EventType,
    PersonId,
    PersonStatus,
    Priority,
    Role,
    Status,
    Viewer,
    WorkspaceId,
)
from services.task.rules.figures import (
    NOTHING_HAPPENED,
    NOTHING_STANDS,
    Away,
    CycleTime,
    Figures,
    Flow,
    Group,
    GroupBy,
    Standing,
    Wanted,
    in_order,
)
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
        AND other.{OPEN}"""  # noqa: S608 -- our own words

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
), started AS (
    SELECT task_number AS number, min(at) AS at FROM task.events
    WHERE workspace_id = CAST(:workspace AS bigint) AND type = {EventType.TASK_STARTED.value}
        AND position IS NOT NULL
    GROUP BY task_number
), setback AS (
    SELECT task_number AS number, at,
        {{delays}} AS delays, {{revisions}} AS revisions, {{reopens}} AS reopens
    FROM task.events
    WHERE workspace_id = CAST(:workspace AS bigint) AND position IS NOT NULL
        AND changed && '{{{{delay_count,revision_count,reopen_count}}}}'
        AND at >= CAST(:before AS timestamptz) AND at < CAST(:end AS timestamptz)
), facts AS MATERIALIZED (
    SELECT 0 AS part, number, project, priority, CAST(NULL AS timestamptz) AS at, status,
        {OPEN} AS open, {OPEN} AND deadline < CAST(:now AS timestamptz) AS overdue,
        status = {Status.BLOCKED.value}
            OR ({OPEN} AND number IN (SELECT number FROM waiting)) AS blocked,
        CASE WHEN {OPEN} THEN estimate_minutes END AS minutes,
        false AS created, CAST(NULL AS boolean) AS done,
        CAST(NULL AS float8) AS seconds, CAST(NULL AS boolean) AS on_time,
        0 AS delays, 0 AS revisions, 0 AS reopens
    FROM mine
UNION ALL
    SELECT CASE WHEN created_at >= span.start THEN 0 ELSE 1 END, number, project, priority,
        created_at, NULL, false, false, false, NULL,
        true, CASE WHEN status <> {Status.CANCELLED.value} THEN coalesce(completed_at <
            CASE WHEN created_at >= span.start THEN span.end ELSE span.start END, false) END,
        NULL, NULL, 0, 0, 0
    FROM mine, span WHERE created_at >= span.earlier AND created_at < span.end
UNION ALL
    SELECT CASE WHEN completed_at >= span.start THEN 0 ELSE 1 END, number, project, priority,
        completed_at, NULL, false, false, false, NULL, false, NULL,
        greatest(CAST(extract(epoch FROM completed_at - coalesce(started.at, created_at))
            AS float8), 0), completed_at <= deadline, 0, 0, 0
    FROM span, mine LEFT JOIN started USING (number)
    WHERE completed_at >= span.earlier AND completed_at < span.end
UNION ALL
    SELECT CASE WHEN setback.at >= span.start THEN 0 ELSE 1 END, number, project, priority,
        setback.at, NULL, false, false, false, NULL, false, NULL, NULL, NULL,
        setback.delays, setback.revisions, setback.reopens
    FROM span, setback JOIN mine USING (number)
)
"""  # noqa: S608 -- our own words

_SUMS = ",\n    ".join(
    [
        *(f"count(*) FILTER (WHERE status = {one.value}) AS status_{one.value}" for one in Status),
        *(
            f"count(*) FILTER (WHERE open AND priority = {one.value}) AS priority_{one.value}"
            for one in Priority
        ),
        "count(*) FILTER (WHERE overdue) AS overdue",
        "count(*) FILTER (WHERE blocked) AS blocked",
        "coalesce(sum(minutes), 0) AS minutes",
        "count(*) FILTER (WHERE created) AS created",
        "count(seconds) AS completed",
        "count(done) AS to_complete",
        "count(*) FILTER (WHERE done) AS to_complete_done",
        "count(on_time) AS with_deadline",
        "count(*) FILTER (WHERE on_time) AS on_time",
        "percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median",
        "percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90",
        "avg(seconds) AS mean",
        "sum(delays) AS delays, sum(revisions) AS revisions, sum(reopens) AS reopens",
    ]
)
_DAY = "CAST(at AT TIME ZONE span.zone AS date)"
# From which facts, with which key, each kind of group is added up.
_KEYED = {
    GroupBy.PRIORITY: "SELECT facts.*, CAST(priority AS text) AS key FROM facts",
    GroupBy.PROJECT: "SELECT facts.*, project AS key FROM facts",
    GroupBy.DAY: f"""SELECT facts.*, CAST({_DAY} AS text) AS key FROM facts, span
        WHERE part = 0 AND at IS NOT NULL""",  # noqa: S608 -- our own words
    GroupBy.WEEK: f"""SELECT facts.*, CAST({_DAY} - CAST(extract(isodow FROM {_DAY}) AS integer) + 1
        AS text) AS key FROM facts, span WHERE part = 0 AND at IS NOT NULL""",  # noqa: S608
    # Whoever works here is there, with nothing too.
    GroupBy.PERSON: f"""SELECT facts.*, coalesce(CAST(held.person_id AS text), '') AS key
        FROM facts {{join}} JOIN task.task_assignees AS held
            ON held.workspace_id = CAST(:workspace AS bigint) AND held.task_number = facts.number
            {{only}}
        UNION ALL
        SELECT 0, NULL, NULL, NULL, NULL, NULL, false, false, false, NULL, false, NULL, NULL, NULL,
            0, 0, 0, CAST(held.id AS text)
        FROM (SELECT id, id AS person_id FROM task.people
            WHERE workspace_id = CAST(:workspace AS bigint)
                AND status <> {PersonStatus.LEFT.value} AND role <> {Role.GUEST.value}) AS held
        WHERE true {{only}}""",  # noqa: S608
    GroupBy.DEPARTMENT: """SELECT facts.*, coalesce(held.department, '') AS key
        FROM facts LEFT JOIN (
            SELECT DISTINCT held.task_number, person.department
            FROM task.task_assignees AS held JOIN task.people AS person
                ON person.id = held.person_id
            WHERE held.workspace_id = CAST(:workspace AS bigint) {only}
        ) AS held ON held.task_number = facts.number""",
}
_AWAY = f"""(SELECT CAST(json_agg(json_build_array(id, display_name, away_until)
        ORDER BY away_until, lower(display_name), id) AS text)
    FROM task.people WHERE workspace_id = CAST(:workspace AS bigint)
        AND status = {PersonStatus.AWAY.value}
        AND (away_until IS NULL OR away_until > CAST(:now AS timestamptz)))"""  # noqa: S608


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
    parts = [f"SELECT 0 AS grouping, part, '' AS key, {_SUMS} FROM facts GROUP BY part"]  # noqa: S608
    for each in sorted(groups, key=lambda group: group.value):
        keyed = _KEYED[each].format(join="" if whom else "LEFT", only=whom)
        parts.append(
            f"SELECT {each.value}, part, key, {_SUMS} FROM ({keyed}) AS keyed GROUP BY part, key"  # noqa: S608
        )
    sums = "\nUNION ALL\n".join(parts)
    return Hot(
        "get_stats",
        sa.text(
            f"""{facts}
SELECT head.position AS as_of, {_AWAY if away else "CAST(NULL AS text)"} AS away,
    named.display_name AS label, sums.*
FROM task.log_head AS head
LEFT JOIN ({sums}) AS sums ON true
LEFT JOIN task.people AS named ON named.id =
    CASE WHEN sums.grouping = {GroupBy.PERSON.value} AND sums.key <> ''
        THEN CAST(sums.key AS bigint) END
"""  # noqa: S608 -- our own words
        ),
    )


_away = msgspec.json.Decoder(tuple[tuple[int, str, datetime | None], ...])


def statement(
    workspace: WorkspaceId, wanted: Wanted, *, viewer: Viewer, now: datetime, away: bool = False
) -> tuple[Hot, dict[str, Any]]:
    """The statement that answers this question, and its parameters."""
    some: dict[str, Any] = {}
    if wanted.people:
        some["people"] = list(wanted.people)
    if wanted.project is not None:
        some["project"] = wanted.project
    if not viewer.sees_all:
        some["viewer"] = viewer.person
    hot = figures(frozenset(some), frozenset(wanted.groups), away=away)
    span = wanted.span
    return hot, {
        **some,
        "workspace": workspace,
        "start": span.start,
        "end": span.end,
        "before": span.before.start,
        "zone": span.zone.key,
        "now": now,
    }


async def get_figures(
    database: Database,
    workspace: WorkspaceId,
    wanted: Wanted,
    *,
    viewer: Viewer,
    now: datetime,
    away: bool = False,
) -> tuple[Figures, Sequence[Away]]:
    """The figures over what the viewer sees, and who is away where that is asked for."""
    hot, params = statement(workspace, wanted, viewer=viewer, now=now, away=away)
    rows: Sequence[Any] = await database.hot_rows(hot, **params)
    found: dict[int, dict[str, Group]] = defaultdict(dict)
    for row in rows:
        if row["part"] is not None:
            groups = found[row["grouping"]]
            groups[row["key"]] = _with(groups.get(row["key"]), row)
    told = Figures(
        as_of=rows[0]["as_of"],
        total=found[0].get("") or Group(""),
        groups={each: in_order(each, found[each.value], wanted.span) for each in wanted.groups},
    )
    gone = _away.decode(rows[0]["away"]) if rows[0]["away"] else ()
    return told, [Away(PersonId(who), name, until) for who, name, until in gone]


def _with(group: Group | None, row: Mapping[str, Any]) -> Group:
    """The group with what this row says of one of the two spans."""
    group = group or Group(row["key"], row["label"] or "")
    if row["part"]:
        return replace(group, before=_flow(row))
    return replace(group, standing=_standing(row), flow=_flow(row))


def _standing(row: Mapping[str, Any]) -> Standing:
    return replace(
        NOTHING_STANDS,
        by_status={one: row[f"status_{one.value}"] for one in Status},
        by_priority={one: row[f"priority_{one.value}"] for one in Priority},
        overdue=row["overdue"],
        blocked=row["blocked"],
        estimate_minutes=row["minutes"],
    )


def _flow(row: Mapping[str, Any]) -> Flow:
    cycle = None
    if row["completed"]:
        cycle = CycleTime(*(round(row[name]) for name in ("median", "mean", "p90")))
    return replace(
        NOTHING_HAPPENED,
        cycle_time=cycle,
        **{
            name: row[name]
            for name in (
                "created",
                "completed",
                "to_complete",
                "to_complete_done",
                "with_deadline",
                "on_time",
                "delays",
                "revisions",
                "reopens",
            )
        },
    )
