"""HistoryService: who did what, when and through what, with before and after."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from typing import Any

from boss.task.v1 import event_pb2
from boss.task.v1 import history_service_pb2 as pb
from boss.task.v1 import history_service_pb2_grpc as rpc

from services.task import history as reads
from services.task.commands.writing import Store
from services.task.convert.checks import Faults
from services.task.convert.events import event_to_proto
from services.task.convert.history import (
    PAGE_DEFAULT,
    next_token,
    place_of,
    question_from,
    trimmed,
)
from services.task.history import History
from services.task.model import PersonRecord, Viewer
from services.task.rules import history as rules
from services.task.rules.absent import person_not_found, task_not_found
from services.task.rules.history import Question
from services.task.seeing import seen_of
from services.task.server.calls import need_person
from services.task.server.shown import shown_to

# A page ends before its events are more than this, as messages have a limit of 4 MB.
MOST_BYTES = 2_000_000


class HistoryServicer(rpc.HistoryServiceServicer):
    """The log, for those whom it concerns."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def ListHistory(
        self, request: pb.ListHistoryRequest, _context: Any
    ) -> pb.ListHistoryResponse:
        """One page of a task's, a person's or the workspace's history."""
        workspace, person = need_person()
        question = question_from(request, workspace, Faults())
        after = place_of(request)
        viewer = await self._store.roster.viewer(workspace, person)
        people = await self._store.roster.of(workspace, (person,))
        await self._require(question, people[person])
        found = await reads.read(
            self._store.database, question, after=after, limit=request.page_size or PAGE_DEFAULT
        )
        await self._require_task(question, found, people[person], viewer)
        answer = pb.ListHistoryResponse(as_of=found.as_of)
        size, last = 0, None
        shown: list[event_pb2.Event] = []
        for each in found.found:
            message = trimmed(event_to_proto(each.event))
            size += message.ByteSize()
            if shown and size > MOST_BYTES:
                break
            shown.append(message)
            last = each.key
        if last is not None and (found.more or len(shown) < len(found.found)):
            answer.next_page_token = next_token(request, last)
        answer.events.extend(await self._seen(viewer, shown))
        return answer

    async def _require(self, question: Question, actor: PersonRecord) -> None:
        """Raises Forbidden NOT_ALLOWED, NotFound PERSON_NOT_FOUND."""
        named = {each for each in (question.person, question.actor) if each is not None}
        if len(await self._store.roster.of(question.workspace, named)) < len(named):
            raise person_not_found()
        if question.person is not None:
            rules.require_person(actor, question.person)
        elif question.task is None:
            rules.require_workspace(actor)

    async def _require_task(
        self, question: Question, found: History, actor: PersonRecord, viewer: Viewer
    ) -> None:
        """Raises NotFound TASK_NOT_FOUND where the actor sees no such task."""
        number = question.task
        if number is None:
            return
        hidden = found.deleted is None or (found.deleted and not rules.reads_all(actor))
        if hidden or number not in await seen_of(self._store.database.hot_rows, viewer, (number,)):
            raise task_not_found(number)

    async def _seen(self, viewer: Viewer, events: list[event_pb2.Event]) -> list[event_pb2.Event]:
        if viewer.sees_all:
            return events
        return await shown_to(viewer, events, self._store.database)
