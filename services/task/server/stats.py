"""StatsService: figures over what the caller sees, the first page, the projects."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from boss.task.v1 import stats_service_pb2 as pb
from boss.task.v1 import stats_service_pb2_grpc as rpc

from services.runtime import clock
from services.task.commands.writing import Store
from services.task.convert.checks import Faults
from services.task.convert.stats import (
    away_to_proto,
    excerpt_to_proto,
    flow_to_proto,
    group_to_proto,
    project_to_proto,
    projects_place,
    projects_token,
    standing_to_proto,
    stats_to_proto,
    wanted_from,
)
from services.task.convert.tasks import stamp
from services.task.model import Viewer, WorkspaceId
from services.task.rules.absent import person_not_found
from services.task.rules.figures import (
    DAY,
    MOST_AWAY,
    MOST_WORKLOAD,
    RECENT_DAYS,
    Excerpt,
    GroupBy,
    Span,
    Wanted,
    by_load,
    midnight,
    monday,
    until,
)
from services.task.server.calls import need_person
from services.task.server.time import limit_from
from services.task.stats.dashboard import Moments, get_excerpts, list_projects
from services.task.stats.figures import get_figures

PROJECTS_PAGE, PROJECTS_PAGE_DEFAULT = 500, 100
WEEK = 7


class StatsServicer(rpc.StatsServiceServicer):
    """Figures of the caller's workspace."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def GetStats(self, request: pb.GetStatsRequest, _context: Any) -> pb.GetStatsResponse:
        """How things stand and what happened in a span."""
        workspace, viewer, zone = await self._who()
        now = clock.now()
        wanted = wanted_from(request, workspace, zone=zone, now=now)
        if len(await self._store.roster.of(workspace, wanted.people)) < len(wanted.people):
            raise person_not_found()
        figures, _ = await get_figures(
            self._store.database, workspace, wanted, viewer=viewer, now=now
        )
        told = stats_to_proto(figures, wanted, workspace, now)
        told.sees_all = viewer.sees_all
        told.until.FromDatetime(until(now, zone, (figures.next_due,)))
        return told

    async def GetDashboard(
        self, _request: pb.GetDashboardRequest, _context: Any
    ) -> pb.GetDashboardResponse:
        """What somebody who runs the workspace wants to see first."""
        workspace, viewer, zone = await self._who()
        now = clock.now()
        today = now.astimezone(zone).date()
        span = Span(today - (RECENT_DAYS - 1) * DAY, today, zone)
        figures, away = await get_figures(
            self._store.database,
            workspace,
            Wanted(span, (GroupBy.PERSON, GroupBy.DAY)),
            viewer=viewer,
            now=now,
            away=True,
        )
        moments = Moments(
            now=now,
            tomorrow=midnight(today + DAY, zone),
            next_week=midnight(monday(today) + WEEK * DAY, zone),
            recent=span.start,
        )
        lists = await get_excerpts(self._store.database, workspace, moments, viewer=viewer)
        everybody = [each for each in figures.groups[GroupBy.PERSON] if each.key]
        nobodys = [each for each in figures.groups[GroupBy.PERSON] if not each.key]
        shown = by_load(everybody)[:MOST_WORKLOAD]
        return pb.GetDashboardResponse(
            time_zone=zone.key,
            time=stamp(now),
            standing=standing_to_proto(figures.total.standing),
            unassigned=sum(each.standing.open for each in nobodys),
            flow=flow_to_proto(figures.total.flow),
            before=flow_to_proto(figures.total.before),
            days=[
                group_to_proto(each, GroupBy.DAY, workspace) for each in figures.groups[GroupBy.DAY]
            ],
            workload=[group_to_proto(each, GroupBy.PERSON, workspace) for each in shown],
            more_workload=len(everybody) - len(shown),
            overdue=excerpt_to_proto(lists[Excerpt.OVERDUE]),
            due_today=excerpt_to_proto(lists[Excerpt.DUE_TODAY]),
            due_this_week=excerpt_to_proto(lists[Excerpt.DUE_THIS_WEEK]),
            waiting_approval=excerpt_to_proto(lists[Excerpt.WAITING_APPROVAL]),
            blocked=excerpt_to_proto(lists[Excerpt.BLOCKED]),
            completed=excerpt_to_proto(lists[Excerpt.COMPLETED]),
            away=away_to_proto(away, workspace),
            more_away=max(0, len(away) - MOST_AWAY),
            as_of=figures.as_of,
            until=stamp(until(now, zone, (figures.next_due, *(each.until for each in away)))),
            sees_all=viewer.sees_all,
        )

    async def ListProjects(
        self, request: pb.ListProjectsRequest, _context: Any
    ) -> pb.ListProjectsResponse:
        """One page of the names that tasks have as their project."""
        workspace, viewer, zone = await self._who()
        now = clock.now()
        faults = Faults()
        limit = limit_from(request.page_size, PROJECTS_PAGE, faults) or PROJECTS_PAGE_DEFAULT
        faults.raise_if_any()
        found = await list_projects(
            self._store.database,
            workspace,
            viewer=viewer,
            now=now,
            after=projects_place(request.page_token),
            limit=limit,
        )
        return pb.ListProjectsResponse(
            projects=[project_to_proto(each) for each in found.projects],
            next_page_token=projects_token(found.projects[-1].name) if found.more else "",
            total_size=found.total,
            as_of=found.as_of,
            time=stamp(now),
            until=stamp(until(now, zone, (found.next_due,))),
            sees_all=viewer.sees_all,
        )

    async def _who(self) -> tuple[WorkspaceId, Viewer, ZoneInfo]:
        """The workspace, what the caller sees of it, and the zone of its days."""
        workspace, person = need_person()
        viewer = await self._store.roster.viewer(workspace, person)
        home = await self._store.roster.workspace(workspace)
        return workspace, viewer, ZoneInfo(home.timezone)
