"""TemplateService, and the templates that new tasks name."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

from boss.task.v1 import task_pb2
from boss.task.v1 import template_service_pb2 as pb
from boss.task.v1 import template_service_pb2_grpc as rpc

from services.task import templates as reads
from services.task.commands import templates as commands
from services.task.commands.storing import Answer
from services.task.commands.templates import ActId
from services.task.commands.writing import Store
from services.task.convert.checks import Faults
from services.task.convert.lists import parts_of, token_of
from services.task.convert.templates import (
    filled,
    named,
    new_template,
    template_changes,
    template_target,
    template_to_proto,
)
from services.task.model import WorkspaceId
from services.task.rules import templates as rules
from services.task.rules.templates import Stored, template_not_found
from services.task.server.calls import Answers, act_id, asked, need_person

PAGE = 50


class TemplateServicer(rpc.TemplateServiceServicer):
    """The templates of the caller's workspace."""

    def __init__(self, store: Store, answers: Answers) -> None:
        self._store = store
        self._answers = answers

    async def ListTemplates(
        self, request: pb.ListTemplatesRequest, _context: Any
    ) -> pb.ListTemplatesResponse:
        """One page, by name."""
        workspace, _ = need_person()
        faults = Faults()
        if not 0 <= request.page_size <= PAGE:
            faults.add("page_size", f"Give 1 to {PAGE}.")
        faults.raise_if_any()
        after = parts_of(request.page_token, tuple[str])[0] if request.page_token else ""
        present = rules.effective(await reads.own(self._store.database, workspace))
        behind = [stored for stored in present if stored.template.key > after]
        page = behind[: request.page_size or PAGE]
        more = len(behind) > len(page)
        return pb.ListTemplatesResponse(
            templates=[template_to_proto(workspace, stored) for stored in page],
            next_page_token=token_of([page[-1].template.key]) if more else "",
            total_size=len(present),
        )

    async def GetTemplate(
        self, request: pb.GetTemplateRequest, _context: Any
    ) -> pb.GetTemplateResponse:
        """One template."""
        workspace, _ = need_person()
        wanted = template_target(request.name, workspace)
        present = rules.effective(await reads.own(self._store.database, workspace))
        stored = _find(present, wanted)
        if stored is None:
            raise template_not_found()
        return pb.GetTemplateResponse(template=template_to_proto(workspace, stored))

    async def CreateTemplate(
        self, request: pb.CreateTemplateRequest, _context: Any
    ) -> pb.CreateTemplateResponse:
        """Creates one of the workspace's own."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        template = new_template(request.template, faults)
        faults.raise_if_any()

        def compose(stored: Stored, act: ActId) -> Answer:
            template = template_to_proto(ask.workspace, stored)
            return pb.CreateTemplateResponse(template=template, act=act_id(act))

        written = await commands.create_template(self._store, ask, template, compose)
        return await self._answers.complete(written, pb.CreateTemplateResponse, ask.workspace)

    async def UpdateTemplate(
        self, request: pb.UpdateTemplateRequest, _context: Any
    ) -> pb.UpdateTemplateResponse:
        """Replaces the fields named."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        changes = template_changes(request.template, list(request.update_mask.paths), faults)
        faults.raise_if_any()
        ident = await self._own(request.template.name, ask.workspace)

        def compose(stored: Stored, act: ActId) -> Answer:
            template = template_to_proto(ask.workspace, stored)
            return pb.UpdateTemplateResponse(template=template, act=act_id(act))

        written = await commands.update_template(
            self._store, ask, ident, changes, etag=request.etag, compose=compose
        )
        return await self._answers.complete(written, pb.UpdateTemplateResponse, ask.workspace)

    async def DeleteTemplate(
        self, request: pb.DeleteTemplateRequest, _context: Any
    ) -> pb.DeleteTemplateResponse:
        """Takes one of the workspace's own away."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        faults.raise_if_any()
        ident = await self._own(request.name, ask.workspace)

        def compose(act: ActId) -> Answer:
            return pb.DeleteTemplateResponse(act=act_id(act))

        written = await commands.delete_template(
            self._store, ask, ident, etag=request.etag, compose=compose
        )
        return await self._answers.complete(written, pb.DeleteTemplateResponse, ask.workspace)

    async def _own(self, name: str, workspace: WorkspaceId) -> int:
        """The id of the own template of this resource name; 0 where its name is unknown.

        Raises Conflict TEMPLATE_BUILT_IN.
        """
        wanted = template_target(name, workspace)
        if isinstance(wanted, int):
            return wanted
        present = rules.effective(await reads.own(self._store.database, workspace))
        stored = _find(present, wanted)
        if stored is not None and stored.id is None:
            raise rules.built_in(stored.template.name)
        return 0 if stored is None or stored.id is None else stored.id


class NamedTemplates:
    """The templates that the tasks of one request name."""

    def __init__(self, workspace: WorkspaceId, present: Sequence[Stored]) -> None:
        self._workspace = workspace
        self._present = present

    @classmethod
    async def of(cls, store: Store, workspace: WorkspaceId, texts: Iterable[str]) -> Self:
        """Reads the workspace's templates, unless no text names one."""
        if not any(texts):
            return cls(workspace, ())
        own = await reads.own(store.database, workspace)
        return cls(workspace, rules.effective(own))

    def fill(
        self, task: task_pb2.Task, text: str, faults: Faults, at: str
    ) -> tuple[task_pb2.Task, tuple[str, ...]]:
        """The task as the named template fills it, and the titles of the parts that it brings.

        A task that is itself a part gets none.
        """
        if not text:
            return task, ()
        stored = _find(self._present, named(text, self._workspace))
        if stored is None:
            names = [each.template.name for each in self._present]
            faults.add(at, rules.unknown(text.rpartition("/")[2], names))
            return task, ()
        template = stored.template
        return filled(task, template), () if task.parent.name else template.subtasks


def _find(present: Sequence[Stored], wanted: int | str) -> Stored | None:
    for stored in present:
        if wanted in (stored.id, stored.template.key):
            return stored
    return None
