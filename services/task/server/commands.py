"""What moves a task from state to state, alone or many at once: the commands of TaskService."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from boss.task.v1 import task_service_pb2 as pb

from services.task.commands import bulk, change, ordering
from services.task.commands.change import OpenSubtasks
from services.task.commands.storing import Answer, Asked
from services.task.commands.writing import Outcome, Store
from services.task.convert.checks import Faults
from services.task.convert.lists import subtasks_in_order
from services.task.convert.names import task_name, task_target
from services.task.convert.tasks import NOTE, ref_to_proto, task_changes, task_to_proto
from services.task.model import BlockReason, TaskNumber
from services.task.rules.states import Command
from services.task.server.calls import Answers, asked, need_person

REASON = 1_000
BULK = 500
M = TypeVar("M")

# By the numbers of the proto's BatchCommand.
BATCH_COMMANDS = {
    pb.BATCH_COMMAND_START: Command.START,
    pb.BATCH_COMMAND_SUBMIT: Command.SUBMIT,
    pb.BATCH_COMMAND_APPROVE: Command.APPROVE,
    pb.BATCH_COMMAND_COMPLETE: Command.COMPLETE,
    pb.BATCH_COMMAND_CANCEL: Command.CANCEL,
    pb.BATCH_COMMAND_HOLD: Command.HOLD,
    pb.BATCH_COMMAND_RESUME: Command.RESUME,
    pb.BATCH_COMMAND_REOPEN: Command.REOPEN,
}


def act_of(outcome: Outcome) -> str:
    """The id of the act on the wire, empty where nothing has changed."""
    return str(outcome.act) if outcome.act else ""


def one(kind: Any) -> Callable[[Outcome], Answer]:
    """Composes an answer that shows one task."""

    def compose(outcome: Outcome) -> Answer:
        view = outcome.views[0]
        answer: Any = kind(task=task_to_proto(view), act=act_of(outcome))
        for whole in outcome.completable:
            answer.parent_completable.CopyFrom(ref_to_proto(whole, view.workspace))
        told: Answer = answer
        return told

    return compose


class Commands:
    """The commands, for the servicer of tasks."""

    _store: Store
    _answers: Answers

    async def StartTask(self, request: pb.StartTaskRequest, _context: Any) -> pb.StartTaskResponse:
        """To in_progress."""
        return await self._command(request, Command.START, pb.StartTaskResponse)

    async def SeeTask(self, request: pb.SeeTaskRequest, _context: Any) -> pb.SeeTaskResponse:
        """Its assignee has seen it."""
        ask, number = self._asked(request, Faults())

        def compose(outcome: Outcome) -> Answer:
            return pb.SeeTaskResponse(task=task_to_proto(outcome.views[0]))

        written = await change.see_task(self._store, ask, number, compose)
        return await self._answers.complete(written, pb.SeeTaskResponse, ask.workspace)

    async def SubmitTask(
        self, request: pb.SubmitTaskRequest, _context: Any
    ) -> pb.SubmitTaskResponse:
        """To in_review, or completed."""
        return await self._command(request, Command.SUBMIT, pb.SubmitTaskResponse, "notes")

    async def ApproveTask(
        self, request: pb.ApproveTaskRequest, _context: Any
    ) -> pb.ApproveTaskResponse:
        """To completed."""
        return await self._command(request, Command.APPROVE, pb.ApproveTaskResponse, "note")

    async def RejectTask(
        self, request: pb.RejectTaskRequest, _context: Any
    ) -> pb.RejectTaskResponse:
        """To needs_revision."""
        return await self._command(request, Command.REJECT, pb.RejectTaskResponse, "feedback")

    async def CompleteTask(
        self, request: pb.CompleteTaskRequest, _context: Any
    ) -> pb.CompleteTaskResponse:
        """To completed."""
        return await self._command(request, Command.COMPLETE, pb.CompleteTaskResponse)

    async def CancelTask(
        self, request: pb.CancelTaskRequest, _context: Any
    ) -> pb.CancelTaskResponse:
        """To cancelled."""
        return await self._command(request, Command.CANCEL, pb.CancelTaskResponse, "reason")

    async def BlockTask(self, request: pb.BlockTaskRequest, _context: Any) -> pb.BlockTaskResponse:
        """To blocked."""
        return await self._command(request, Command.BLOCK, pb.BlockTaskResponse, "reason")

    async def UnblockTask(
        self, request: pb.UnblockTaskRequest, _context: Any
    ) -> pb.UnblockTaskResponse:
        """Back to where it was."""
        return await self._command(request, Command.UNBLOCK, pb.UnblockTaskResponse)

    async def HoldTask(self, request: pb.HoldTaskRequest, _context: Any) -> pb.HoldTaskResponse:
        """To on_hold."""
        return await self._command(request, Command.HOLD, pb.HoldTaskResponse, "reason")

    async def ResumeTask(
        self, request: pb.ResumeTaskRequest, _context: Any
    ) -> pb.ResumeTaskResponse:
        """Back to where it was."""
        return await self._command(request, Command.RESUME, pb.ResumeTaskResponse)

    async def ReopenTask(
        self, request: pb.ReopenTaskRequest, _context: Any
    ) -> pb.ReopenTaskResponse:
        """To pending again."""
        return await self._command(request, Command.REOPEN, pb.ReopenTaskResponse, "reason")

    async def DelayTask(self, request: pb.DelayTaskRequest, _context: Any) -> pb.DelayTaskResponse:
        """Puts the deadline off for a reason."""
        faults = Faults()
        reason = faults.lines("reason", request.reason, most=REASON)
        if not reason:
            faults.add("reason", "Say why; or change the deadline without a reason by an update.")
        deadline = faults.moment("deadline", request, "deadline")
        if deadline is None:
            faults.add("deadline", "Give the new deadline.")
        ask, number = self._asked(request, faults)
        assert deadline is not None  # noqa: S101 -- else it was refused
        written = await change.delay_task(
            self._store,
            ask,
            number,
            deadline,
            reason=reason,
            etag=request.etag,
            compose=one(pb.DelayTaskResponse),
        )
        return await self._answers.complete(written, pb.DelayTaskResponse, ask.workspace)

    async def ReorderSubtasks(
        self, request: pb.ReorderSubtasksRequest, _context: Any
    ) -> pb.ReorderSubtasksResponse:
        """Puts subtasks in order."""
        faults = Faults()
        workspace, _ = need_person()
        wanted = subtasks_in_order(request.subtasks, workspace, faults)
        ask, number = self._asked(request, faults)
        compose = one(pb.ReorderSubtasksResponse)
        written = await ordering.reorder_subtasks(self._store, ask, number, wanted, compose=compose)
        return await self._answers.complete(written, pb.ReorderSubtasksResponse, workspace)

    async def RestoreTask(
        self, request: pb.RestoreTaskRequest, _context: Any
    ) -> pb.RestoreTaskResponse:
        """Shows a deleted task again."""
        ask, number = self._asked(request, Faults())
        compose = one(pb.RestoreTaskResponse)
        written = await change.restore_task(self._store, ask, number, compose=compose)
        return await self._answers.complete(written, pb.RestoreTaskResponse, ask.workspace)

    async def BatchUpdateTasks(
        self, request: pb.BatchUpdateTasksRequest, _context: Any
    ) -> pb.BatchUpdateTasksResponse:
        """Changes many tasks as one act."""
        faults = Faults()
        faults.many("names", len(request.names), most=BULK)
        if not request.names:
            faults.add("names", "Name at least one task.")
        ask = asked(request, faults.request_id(request.request_id))
        change_ = _bulk_change(request, faults, ask)
        faults.raise_if_any()
        numbers = [task_target(name, ask.workspace)[1] for name in request.names]

        def compose(outcome: Outcome) -> Answer:
            return pb.BatchUpdateTasksResponse(
                tasks=[task_to_proto(view) for view in outcome.views],
                act=act_of(outcome),
                refused=[
                    pb.Refused(
                        name=task_name(ask.workspace, refusal.number),
                        reason=refusal.error.reason,
                        message=refusal.error.message,
                    )
                    for refusal in outcome.refused
                ],
                parents_completable=[
                    ref_to_proto(whole, ask.workspace) for whole in outcome.completable
                ],
            )

        written = await bulk.change_many(
            self._store,
            ask,
            list(dict.fromkeys(numbers)),
            change_,
            skip_refused=request.skip_refused,
            compose=compose,
        )
        return await self._answers.complete(written, pb.BatchUpdateTasksResponse, ask.workspace)

    async def _command(
        self, request: Any, command: Command, kind: type[M], text_field: str = ""
    ) -> M:
        faults = Faults()
        text = ""
        if text_field:
            most = REASON if text_field == "reason" else NOTE
            text = faults.lines(text_field, getattr(request, text_field), most=most)
        more: dict[str, Any] = {}
        if command is Command.BLOCK:
            more["block_reason"] = _block_reason(request.block_reason, faults)
        if command in change.ASKING:
            more["open_subtasks"] = _open_subtasks(request.open_subtasks, faults)
        ask, number = self._asked(request, faults)
        written = await change.command_task(
            self._store, ask, number, command, text=text, compose=one(kind), **more
        )
        return await self._answers.complete(written, kind, ask.workspace)

    def _asked(self, request: Any, faults: Faults) -> tuple[Asked, TaskNumber]:
        ask = asked(request, faults.request_id(request.request_id))
        faults.raise_if_any()
        return ask, task_target(request.name, ask.workspace)[1]


def _block_reason(number: int, faults: Faults) -> BlockReason | None:
    if number and number not in {reason.value for reason in BlockReason}:
        faults.add("block_reason", "Choose dependency, information or external.")
        return None
    return BlockReason(number) if number else None


def _open_subtasks(number: int, faults: Faults) -> OpenSubtasks:
    if number not in {each.value for each in OpenSubtasks}:
        faults.add("open_subtasks", "Choose close or leave.")
        return OpenSubtasks.ASK
    return OpenSubtasks(number)


def _bulk_change(
    request: pb.BatchUpdateTasksRequest, faults: Faults, ask: Asked
) -> bulk.BulkChange:
    """What all of them are asked to become: by a mask, a command, or out of sight."""
    masked, command = bool(request.update_mask.paths), request.command
    if masked == bool(command):
        faults.add("command", "Give a mask of fields, or a command; one of the two.")
    if request.task.name:
        faults.add("task.name", "Leave it out: `names` says which tasks.")
    if masked:
        paths = list(request.update_mask.paths)
        values = task_changes(request.task, paths, faults, ask.workspace)
        return bulk.BulkChange(values=values)
    text = faults.lines("text", request.text, most=REASON)
    if command == pb.BATCH_COMMAND_DELETE:
        return bulk.BulkChange(delete=True)
    if command and command not in BATCH_COMMANDS:
        faults.add("command", "There is no such command.")
    return bulk.BulkChange(command=BATCH_COMMANDS.get(command), text=text)
