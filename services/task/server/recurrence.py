"""RecurrenceService: what becomes of a series of repeated tasks."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from boss.task.v1 import recurrence_service_pb2 as pb
from boss.task.v1 import recurrence_service_pb2_grpc as rpc

from services.runtime import clock
from services.task import queries
from services.task.commands.change import require_etag
from services.task.commands.storing import Answer, Asked
from services.task.commands.taking import Step, take_part
from services.task.commands.writing import Outcome, Store
from services.task.convert.checks import Faults
from services.task.convert.names import task_target
from services.task.convert.tasks import task_to_proto
from services.task.model import Entry, PersonRecord, TaskView, WorkspaceId
from services.task.rules import recurring, series
from services.task.rules.absent import task_not_found
from services.task.rules.permissions import People
from services.task.server.calls import Answers, act_id, asked, viewer_of

PREVIEWED = 10
M = TypeVar("M")


class RecurrenceServicer(rpc.RecurrenceServiceServicer):
    """Pausing, going on, skipping, ending, looking ahead."""

    def __init__(self, store: Store, answers: Answers) -> None:
        self._store = store
        self._answers = answers

    async def PauseRecurrence(
        self, request: pb.PauseRecurrenceRequest, _context: Any
    ) -> pb.PauseRecurrenceResponse:
        """Nothing follows until it goes on."""
        ask = self._asked(request)
        return await self._do(
            request,
            ask,
            lambda view, actor, people: recurring.pause(
                view, actor=actor, people=people, now=ask.now
            ),
            done="paused the series of",
            kind=pb.PauseRecurrenceResponse,
        )

    async def ResumeRecurrence(
        self, request: pb.ResumeRecurrenceRequest, _context: Any
    ) -> pb.ResumeRecurrenceResponse:
        """It goes on with the next date."""
        ask = self._asked(request)
        return await self._do(
            request,
            ask,
            lambda view, actor, people: recurring.resume(
                view, actor=actor, people=people, now=ask.now
            ),
            done="resumed the series of",
            kind=pb.ResumeRecurrenceResponse,
        )

    async def SkipOccurrence(
        self, request: pb.SkipOccurrenceRequest, _context: Any
    ) -> pb.SkipOccurrenceResponse:
        """The task stands for its next date."""
        ask = self._asked(request)
        zone = await self._zone(ask.workspace)

        def step(view: TaskView, actor: PersonRecord, people: People) -> Entry | None:
            require_etag(view, request.etag)
            return recurring.skip(view, zone=zone, actor=actor, people=people, now=ask.now)

        return await self._do(
            request, ask, step, done="skipped a date of", kind=pb.SkipOccurrenceResponse
        )

    async def EndRecurrence(
        self, request: pb.EndRecurrenceRequest, _context: Any
    ) -> pb.EndRecurrenceResponse:
        """Nothing follows any more."""
        ask = self._asked(request)
        return await self._do(
            request,
            ask,
            lambda view, actor, people: recurring.end(
                view, actor=actor, people=people, now=ask.now
            ),
            done="ended the series of",
            kind=pb.EndRecurrenceResponse,
        )

    async def PreviewOccurrences(
        self, request: pb.PreviewOccurrencesRequest, _context: Any
    ) -> pb.PreviewOccurrencesResponse:
        """The dates that follow."""
        faults = Faults()
        if not 0 <= request.page_size <= series.MOST_PREVIEWED:
            faults.add("page_size", f"Give 1 to {series.MOST_PREVIEWED}.")
        viewer = await viewer_of(self._store.roster)
        workspace, number = task_target(request.name, viewer.workspace)
        faults.raise_if_any()
        found = await queries.get_task(self._store.database, workspace, number, viewer=viewer)
        if found is None:
            raise task_not_found(number)
        most = request.page_size or PREVIEWED
        zone = await self._zone(workspace)
        times = series.preview(found[0].task, zone=zone, now=clock.now(), most=most + 1)
        response = pb.PreviewOccurrencesResponse(more=len(times) > most)
        for time in times[:most]:
            response.times.add().FromDatetime(time)
        return response

    async def _zone(self, workspace: WorkspaceId) -> ZoneInfo:
        return ZoneInfo((await self._store.roster.workspace(workspace)).timezone)

    def _asked(self, request: Any) -> Asked:
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        faults.raise_if_any()
        return ask

    async def _do(self, request: Any, ask: Asked, step: Step, *, done: str, kind: type[M]) -> M:
        _, number = task_target(request.name, ask.workspace)
        response: Any = kind

        def compose(outcome: Outcome) -> Answer:
            answer: Answer = response(task=task_to_proto(outcome.views[0]), act=act_id(outcome.act))
            return answer

        written = await take_part(self._store, ask, number, step=step, done=done, compose=compose)
        return await self._answers.complete(written, kind, ask.workspace)
