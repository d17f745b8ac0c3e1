"""/api/search: tasks by what is said in them and of them, in the words of docs/filters.md."""

from collections.abc import Sequence
from typing import Annotated, Any

from boss.task.v1 import search_pb2
from boss.task.v1 import search_service_pb2 as pb
from msgspec import Meta

from services.gateway import present, shapes
from services.gateway.answer import Answer, json
from services.gateway.caching.kept import Life
from services.gateway.clients import Clients
from services.gateway.fields import Text, text
from services.gateway.operation import Call, Operation, Query
from services.gateway.rendered import Rendered

# What makes a term more than words, in the grammar of filters.
SIGNS = frozenset(":<>=@")
MATCHES = ("filter", "id", "task", "comment", "similar")


class SearchQuery(Query, frozen=True, kw_only=True):
    """What is looked for, and which page of it."""

    q: Annotated[str, text(1_000, 1)]
    per_page: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: Text | None = None


class Search:
    """Search over the tasks of the caller's workspace."""

    def __init__(self, clients: Clients, rendered: Rendered) -> None:
        self._search = clients.search
        self._rendered = rendered

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", "/api/search", self.search,
                "Tasks that have these words, or are otherwise as the terms say, the best first",
                {200: shapes.SearchPage}, query=SearchQuery, kept=Life.RESPONSE,
                alike=True,
            ),
        )  # fmt: skip

    async def search(self, call: Call, query: SearchQuery) -> Answer:
        """Answer with a page of what is found."""
        request = pb.SearchTasksRequest(
            query=query.q, page_size=query.per_page, page_token=query.cursor or ""
        )
        told = await self._search.SearchTasks(request, actor=call.person)
        shown = self._rendered.shown(one.task for one in told.results)
        # Days and "me" are what the asker means by them; words and ids say the same to all.
        plain = SIGNS.isdisjoint(query.q)
        return json(
            shapes.SearchPage(
                results=[
                    self._result(one, task.raw)
                    for one, task in zip(told.results, shown, strict=True)
                ],
                total=told.total_size,
                more_than_total=told.more_than_total,
                next_cursor=told.next_page_token or None,
            ),
            as_of=told.as_of,
            clocked=not plain,
            for_all=told.sees_all and plain,
            shown=shown,
        )

    @staticmethod
    def _result(found: search_pb2.SearchResult, task: Any) -> shapes.SearchResult:
        match: Any = MATCHES[found.match]
        return shapes.SearchResult(
            task=task,
            snippet=found.snippet,
            score=found.score,
            match=match,
            comment=present.subject(found.comment) if found.comment else None,
        )
