"""/api/history and its like: who did what, when and through what, with before and after."""

# ruff: noqa: RUF012 -- msgspec copies defaults

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from boss.task.v1 import history_service_pb2 as pb
from msgspec import Meta

from services.gateway import present, shapes
from services.gateway.answer import Answer, json
from services.gateway.caching.kept import Life
from services.gateway.clients import Clients
from services.gateway.directory import MYSELF, Directory
from services.gateway.fields import (
    Moment,
    Text,
    check_moments,
    person_name,
    task_name,
    text,
    timestamp,
)
from services.gateway.operation import Call, Operation, Query
from services.gateway.present_events import entry

TYPES: dict[str, Any] = {word: at for at, word in enumerate(present.EVENT_TYPES) if at}


class HistoryQuery(Query, frozen=True):
    """Which part of a history, and which page of it."""

    commas = frozenset({"type"})

    type: list[Annotated[str, text(50, 1)]] = []
    actor: Annotated[str, text(200, 1)] | None = None
    since: Moment | None = None
    until: Moment | None = None
    order: Literal["newest", "oldest"] = "newest"
    per_page: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Text | None = None
    page_token: Text | None = None

    def __post_init__(self) -> None:
        check_moments(since=self.since, until=self.until)
        if self.cursor is not None and self.page_token is not None:
            raise ValueError("Give a cursor or a page_token, which are the same, not both")
        if unknown := [word for word in self.type if word not in TYPES]:
            message = f"type: there is no event {unknown[0]!r}; task.created is one"
            raise ValueError(message)


class History:
    """The log, for those whom it concerns."""

    def __init__(self, clients: Clients, directory: Directory) -> None:
        self._history = clients.history
        self._directory = directory

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        returns = {200: shapes.History}
        return (
            Operation(
                "GET", "/api/history", self.of_workspace,
                "What happened in the workspace; for the owner and bosses", returns,
                query=HistoryQuery, kept=Life.RESPONSE,
            ),
            Operation(
                "GET", "/api/tasks/{id}/history", self.of_task, "What happened to a task",
                returns, query=HistoryQuery, problems=(404,), kept=Life.RESPONSE,
            ),
            Operation(
                "GET", "/api/people/{id}/history", self.of_person,
                "What a person did, and what was changed of the person; `me` is the caller",
                returns, query=HistoryQuery, problems=(404,), kept=Life.RESPONSE,
            ),
        )  # fmt: skip

    async def of_workspace(self, call: Call, query: HistoryQuery) -> Answer:
        """Answer with a page of everything."""
        return await self._page(call, query, "")

    async def of_task(self, call: Call, query: HistoryQuery) -> Answer:
        """Answer with a page of a task's history."""
        return await self._page(call, query, task_name(call.params["id"], call.who.workspace))

    async def of_person(self, call: Call, query: HistoryQuery) -> Answer:
        """Answer with a page of a person's history."""
        asked, workspace = call.params["id"], call.who.workspace
        person = str(call.person) if asked == MYSELF else asked
        return await self._page(call, query, person_name(person, workspace))

    async def _page(self, call: Call, query: HistoryQuery, subject: str) -> Answer:
        asked = [] if query.actor is None else [("actor", query.actor)]
        known = self._directory.head
        actors = await self._directory.find(asked, call.who)
        request = pb.ListHistoryRequest(
            subject=subject,
            types=[TYPES[word] for word in query.type],
            actor=actors[0].name if actors else "",
            oldest_first=query.order == "oldest",
            page_size=query.per_page,
            page_token=query.cursor or query.page_token or "",
        )
        if query.since is not None:
            request.start_time.CopyFrom(timestamp(query.since))
        if query.until is not None:
            request.end_time.CopyFrom(timestamp(query.until))
        told = await self._history.ListHistory(request, actor=call.person)
        return json(
            shapes.History(
                events=[entry(one) for one in told.events],
                next_cursor=told.next_page_token or None,
            ),
            as_of=min(told.as_of, known) if actors else told.as_of,
            clocked=True,
        )
