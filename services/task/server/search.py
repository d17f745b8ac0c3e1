"""SearchService: tasks by what is said in them and of them."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from dataclasses import replace
from typing import Any

from boss.task.v1 import search_service_pb2 as pb
from boss.task.v1 import search_service_pb2_grpc as rpc

from services.task.commands.writing import Store
from services.task.convert import search as convert
from services.task.convert.checks import Faults
from services.task.convert.lists import PAGE_DEFAULT
from services.task.filters.filter import Filter, Narrowed, last_query, words_query
from services.task.filters.where import Where
from services.task.search.find import Sought, search_tasks
from services.task.server.calls import need_person, viewer_of
from services.task.server.filtering import text_meant


class SearchServicer(rpc.SearchServiceServicer):
    """Search over the tasks of the caller's workspace."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def SearchTasks(
        self, request: pb.SearchTasksRequest, _context: Any
    ) -> pb.SearchTasksResponse:
        """One page of what is found, the best first."""
        workspace, _ = need_person()
        faults = Faults()
        convert.check(request, faults)
        where, narrowed = await text_meant(self._store, request.query, faults, field="query")
        faults.raise_if_any()
        viewer = await viewer_of(self._store.roster)
        found = await search_tasks(
            self._store.database,
            workspace,
            sought(where, narrowed),
            viewer=viewer,
            limit=request.page_size or PAGE_DEFAULT,
            after=convert.place(request),
        )
        told = convert.response(request, found)
        told.sees_all = viewer.sees_all
        return told


def sought(where: Where, narrowed: Narrowed) -> Sought:
    """What is looked for: words and ids apart from what else must be so."""
    rest = replace(narrowed, words="", last="", exact="", numbers=(), legacy_ids=())
    return Sought(
        words=words_query(where.words),
        last=last_query(where.words),
        exact=narrowed.exact,
        numbers=narrowed.numbers,
        legacy_ids=narrowed.legacy_ids,
        text=" ".join((*where.words, *where.phrases)),
        # Archived ones are found, unless they are excluded.
        wanted=Filter(archived=None).narrowed(rest),
    )
