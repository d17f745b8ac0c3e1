"""Undo and Redo, for the servicer of tasks: acts may have touched more than tasks."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from boss.task.v1 import task_pb2
from boss.task.v1 import task_service_pb2 as pb

from services.task.commands import undo as commands
from services.task.commands.storing import Answer
from services.task.commands.writing import Store
from services.task.convert.checks import Faults
from services.task.convert.names import task_name, workspace_name
from services.task.convert.people import person_to_proto
from services.task.convert.tasks import ref_to_proto, task_to_proto
from services.task.convert.workspaces import workspace_to_proto
from services.task.model import TaskNumber, TaskRef, TaskView, WorkspaceId
from services.task.rules.undo import Kept
from services.task.server.calls import Answers, asked


class Undoing:
    """Taking back one's own acts, and doing them again."""

    _store: Store
    _answers: Answers

    async def Undo(self, request: pb.UndoRequest, _context: Any) -> pb.UndoResponse:
        """Takes back one act."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        act = faults.uuid("act", request.act) if request.act else None
        faults.raise_if_any()
        compose = _taken_back(pb.UndoResponse, ask.workspace)
        written = await commands.undo_act(self._store, ask, act, compose)
        return await self._answers.complete(written, pb.UndoResponse, ask.workspace)

    async def Redo(self, request: pb.RedoRequest, _context: Any) -> pb.RedoResponse:
        """Does again what was taken back last."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        faults.raise_if_any()
        compose = _taken_back(pb.RedoResponse, ask.workspace)
        written = await commands.redo_act(self._store, ask, compose)
        return await self._answers.complete(written, pb.RedoResponse, ask.workspace)


def _taken_back(kind: Any, workspace: WorkspaceId) -> Callable[[commands.TakenBack], Answer]:
    def compose(taken: commands.TakenBack) -> Answer:
        views = {view.number: view for view in taken.views}
        answer: Answer = kind(
            tasks=[task_to_proto(view) for view in taken.views],
            kept=[_kept(kept, workspace, views) for kept in taken.kept],
            act=str(taken.act),
            summary=taken.summary,
            people=[person_to_proto(record) for record in taken.people],
            workspace=None if taken.workspace is None else workspace_to_proto(taken.workspace),
            others=[f"{workspace_name(workspace)}/{name}" for name in taken.others],
        )
        return answer

    return compose


def _kept(kept: Kept, workspace: WorkspaceId, views: dict[TaskNumber, TaskView]) -> pb.Kept:
    told = pb.Kept(fields=kept.fields, reason=kept.reason)
    if kept.number is None:
        home = workspace_name(workspace)
        told.name = f"{home}/{kept.name}" if kept.name else home
        return told
    told.name = task_name(workspace, kept.number)
    view = views.get(kept.number)
    if view is None:
        told.task.CopyFrom(task_pb2.TaskRef(name=told.name))
    else:
        ref = TaskRef(kept.number, view.task.title, view.task.status)
        told.task.CopyFrom(ref_to_proto(ref, workspace))
    return told
