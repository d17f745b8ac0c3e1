"""/api/stats, /api/dashboard, /api/projects: figures over what the caller may see."""

# ruff: noqa: RUF012 -- msgspec copies defaults

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from boss.task.v1 import stats_pb2
from boss.task.v1 import stats_service_pb2 as pb
from msgspec import Meta

from services.gateway import present, present_stats, shapes_stats
from services.gateway.answer import Answer, Span, json
from services.gateway.caching.kept import Life
from services.gateway.clients import Clients
from services.gateway.directory import Directory, names_caller
from services.gateway.fields import Text, text
from services.gateway.operation import Call, Operation, Query
from services.gateway.present import words
from services.gateway.rendered import Rendered

GROUPS: dict[str, Any] = {
    word: number for number, word in enumerate(words(stats_pb2.GroupBy, "GROUP_BY_")) if number
}
GROUPS["none"] = stats_pb2.GROUP_BY_UNSPECIFIED


class StatsQuery(Query, frozen=True):
    """Of which days, both included, whose tasks, of which project; told apart by what.

    Without days the last 30.
    """

    first: date | None = msgspec.field(default=None, name="from")
    last: date | None = msgspec.field(default=None, name="to")
    group_by: Literal["none", "person", "priority", "project", "department", "day", "week"] = "none"
    person: list[Annotated[str, text(200, 1)]] = []
    project: Annotated[str, text(100)] | None = None


class ProjectQuery(Query, frozen=True):
    """Which page of projects."""

    per_page: Annotated[int, Meta(ge=1, le=500)] = 100
    cursor: Text | None = None


class Stats:
    """The figures of the caller's workspace."""

    def __init__(self, clients: Clients, directory: Directory, rendered: Rendered) -> None:
        self._stats = clients.stats
        self._directory = directory
        self._rendered = rendered

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", "/api/stats", self.figures,
                "How things stand and what happened in a span, in all and by group",
                {200: shapes_stats.Stats}, query=StatsQuery, kept=Life.STATISTICS, alike=True,
            ),
            Operation(
                "GET", "/api/dashboard", self.dashboard,
                "What somebody who runs the workspace wants to see first",
                {200: shapes_stats.Dashboard}, kept=Life.DASHBOARD, alike=True,
            ),
            Operation(
                "GET", "/api/projects", self.projects, "The projects of tasks, with counts",
                {200: shapes_stats.ProjectPage}, query=ProjectQuery,
                kept=Life.STATISTICS, alike=True,
            ),
        )  # fmt: skip

    async def figures(self, call: Call, query: StatsQuery) -> Answer:
        """Answer with figures."""
        asked = [("person", one) for one in query.person]
        known = self._directory.head
        people = await self._directory.find(asked, call.who)
        request = pb.GetStatsRequest(
            from_date=query.first.isoformat() if query.first else "",
            to_date=query.last.isoformat() if query.last else "",
            group_by=GROUPS[query.group_by],
            people=[one.name for one in people],
            project=query.project,
        )
        told = await self._stats.GetStats(request, actor=call.person)
        return json(
            present_stats.stats(told, by_person=query.group_by == "person"),
            as_of=min(told.as_of, known) if people else told.as_of,
            clocked=True,
            span=_span(told),
            for_all=told.sees_all and not names_caller(query.person),
        )

    async def dashboard(self, call: Call) -> Answer:
        """Answer with what is to be seen first."""
        told = await self._stats.GetDashboard(pb.GetDashboardRequest(), actor=call.person)
        board = present_stats.dashboard(told, self._rendered)
        return _for_a_while(board, told)

    async def projects(self, call: Call, query: ProjectQuery) -> Answer:
        """Answer with a page of projects."""
        request = pb.ListProjectsRequest(page_size=query.per_page, page_token=query.cursor or "")
        told = await self._stats.ListProjects(request, actor=call.person)
        return _for_a_while(present_stats.projects(told), told)


def _for_a_while(value: Any, told: Any) -> Answer:
    """Answer with what the same question is answered with until the clock changes it."""
    return json(value, as_of=told.as_of, clocked=True, span=_span(told), for_all=told.sees_all)


def _span(told: Any) -> Span:
    return Span(present.moment(told.time).timestamp(), present.moment(told.until).timestamp())
