"""ParticipationService: the small steps of those who take part in a task."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from typing import Any, TypeVar

from boss.task.v1 import participation_service_pb2 as pb
from boss.task.v1 import participation_service_pb2_grpc as rpc

from services.task.commands.storing import Answer, Asked
from services.task.commands.taking import Step, take_part
from services.task.commands.writing import Outcome, Store
from services.task.convert.checks import Faults
from services.task.convert.names import task_target
from services.task.convert.tasks import CRITERION, FILE_NAME, attachment_from, task_to_proto
from services.task.rules import taking
from services.task.server.calls import Answers, asked

REASON = 1_000
M = TypeVar("M")


class ParticipationServicer(rpc.ParticipationServiceServicer):
    """Watching, ticking, answering, attaching."""

    def __init__(self, store: Store, answers: Answers) -> None:
        self._store = store
        self._answers = answers

    async def WatchTask(self, request: pb.WatchTaskRequest, _context: Any) -> pb.WatchTaskResponse:
        """The caller watches the task, or no longer."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        faults.raise_if_any()
        return await self._take(
            request,
            ask,
            lambda view, actor, _: taking.watch(view, on=request.watch, actor=actor, now=ask.now),
            done="watched" if request.watch else "stopped watching",
            kind=pb.WatchTaskResponse,
        )

    async def TickCriterion(
        self, request: pb.TickCriterionRequest, _context: Any
    ) -> pb.TickCriterionResponse:
        """A criterion is met, or not."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        _index(request.index, faults)
        text = faults.line("text", request.text, least=1, most=CRITERION)
        faults.raise_if_any()
        return await self._take(
            request,
            ask,
            lambda view, actor, people: taking.tick(
                view,
                request.index,
                text,
                done=request.done,
                actor=actor,
                people=people,
                now=ask.now,
            ),
            done="ticked a criterion of" if request.done else "unticked a criterion of",
            kind=pb.TickCriterionResponse,
        )

    async def AcceptTask(
        self, request: pb.AcceptTaskRequest, _context: Any
    ) -> pb.AcceptTaskResponse:
        """Who was asked takes the task."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        faults.raise_if_any()
        return await self._take(
            request,
            ask,
            lambda view, actor, _: taking.accept(view, actor=actor, now=ask.now),
            done="accepted",
            kind=pb.AcceptTaskResponse,
        )

    async def DeclineTask(
        self, request: pb.DeclineTaskRequest, _context: Any
    ) -> pb.DeclineTaskResponse:
        """Who was asked does not take the task."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        reason = faults.lines("reason", request.reason.strip(), most=REASON)
        faults.raise_if_any()
        return await self._take(
            request,
            ask,
            lambda view, actor, _: taking.decline(view, reason, actor=actor, now=ask.now),
            done="declined",
            kind=pb.DeclineTaskResponse,
        )

    async def AddAttachment(
        self, request: pb.AddAttachmentRequest, _context: Any
    ) -> pb.AddAttachmentResponse:
        """One file more."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        file = attachment_from(request.attachment, faults, "attachment")
        faults.raise_if_any()
        return await self._take(
            request,
            ask,
            lambda view, actor, people: taking.attach(
                view, file, actor=actor, people=people, now=ask.now
            ),
            done="attached a file to",
            kind=pb.AddAttachmentResponse,
        )

    async def RemoveAttachment(
        self, request: pb.RemoveAttachmentRequest, _context: Any
    ) -> pb.RemoveAttachmentResponse:
        """One file less."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        _index(request.index, faults)
        name = faults.line("file_name", request.file_name, least=1, most=FILE_NAME)
        faults.raise_if_any()
        return await self._take(
            request,
            ask,
            lambda view, actor, people: taking.detach(
                view, request.index, name, actor=actor, people=people, now=ask.now
            ),
            done="took a file from",
            kind=pb.RemoveAttachmentResponse,
        )

    async def _take(self, request: Any, ask: Asked, step: Step, *, done: str, kind: type[M]) -> M:
        _, number = task_target(request.name, ask.workspace)
        response: Any = kind

        def compose(outcome: Outcome) -> Answer:
            act = str(outcome.act) if outcome.act else ""
            answer: Answer = response(task=task_to_proto(outcome.views[0]), act=act)
            return answer

        written = await take_part(self._store, ask, number, step=step, done=done, compose=compose)
        return await self._answers.complete(written, kind, ask.workspace)


def _index(index: int, faults: Faults) -> None:
    if index < 0:
        faults.add("index", "Count from 0.")
