"""Figures of a workspace, read in one statement; facts.py has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from services.runtime.database import Database, Hot
from services.task.model import PersonId, Priority, Status, Viewer, WorkspaceId
from services.task.rules.figures import (
    Away,
    CycleTime,
    Figures,
    Flow,
    Group,
    Standing,
    Wanted,
    in_order,
)
from services.task.stats.facts import COUNTS, figures

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
        if row["grouping"] is not None:
            groups = found[row["grouping"]]
            groups[row["key"]] = _with(groups.get(row["key"]), row)
    told = Figures(
        as_of=rows[0]["as_of"],
        total=found[0].get("") or Group(""),
        groups={each: in_order(each, found[each.value], wanted.span) for each in wanted.groups},
        next_due=rows[0]["next_due"],
    )
    gone = _away.decode(rows[0]["away"]) if rows[0]["away"] else ()
    return told, [Away(PersonId(who), name, until) for who, name, until in gone]


def _with(group: Group | None, row: Mapping[str, Any]) -> Group:
    """The group with what this row says: of how things stand, or of one of the two spans."""
    group = group or Group(row["key"], row["label"] or "")
    match row["part"]:
        case None:
            return replace(group, standing=_standing(row))
        case 0:
            return replace(group, flow=_flow(row))
        case _:
            return replace(group, before=_flow(row))


def _standing(row: Mapping[str, Any]) -> Standing:
    return Standing(
        by_status={one: int(row[f"status_{one.value}"]) for one in Status},
        by_priority={one: int(row[f"priority_{one.value}"]) for one in Priority},
        overdue=int(row["overdue"]),
        blocked=int(row["blocked"]),
        estimate_minutes=int(row["minutes"]),
    )


def _flow(row: Mapping[str, Any]) -> Flow:
    cycle = None
    if row["completed"]:
        cycle = CycleTime(*(round(row[name]) for name in ("median", "mean", "p90")))
    return Flow(cycle_time=cycle, **{name: row[name] for name in COUNTS})
