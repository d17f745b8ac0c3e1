"""The workspace's side of PeopleService: what it is called, how it works, and other ones."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from dataclasses import replace
from typing import Any

from boss.task.v1 import people_service_pb2 as pb

from services.runtime import context
from services.runtime.errors import Forbidden
from services.task import queries
from services.task.commands import workspaces as commands
from services.task.commands.storing import Answer, Asked
from services.task.commands.writing import Store
from services.task.convert.checks import Faults
from services.task.convert.people import new_person, person_to_proto
from services.task.convert.workspaces import (
    new_workspace,
    workspace_changes,
    workspace_to_proto,
)
from services.task.model import PersonId, Role, Workspace, WorkspaceId
from services.task.rules.absent import workspace_not_found
from services.task.server.calls import Answers, asked, asked_by_service, need_person

FOUNDERS = ("gateway", "cli")


class Workspaces:
    """GetWorkspace, UpdateWorkspace, CreateWorkspace and ListWorkspaces."""

    _store: Store
    _answers: Answers

    async def GetWorkspace(
        self, _request: pb.GetWorkspaceRequest, _context: Any
    ) -> pb.GetWorkspaceResponse:
        """The caller's workspace."""
        workspace, _ = need_person()
        as_of = await queries.get_head(self._store.database)
        found = await queries.get_workspace(self._store.database, workspace)
        if found is None:
            raise workspace_not_found()
        return pb.GetWorkspaceResponse(workspace=workspace_to_proto(found), as_of=as_of)

    async def UpdateWorkspace(
        self, request: pb.UpdateWorkspaceRequest, _context: Any
    ) -> pb.UpdateWorkspaceResponse:
        """Replaces the workspace's fields named."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        named = request.workspace.name
        if named and named not in {f"workspaces/{ask.workspace}", "workspaces/-"}:
            raise workspace_not_found()
        changes = workspace_changes(request.workspace, list(request.update_mask.paths), faults)
        faults.raise_if_any()

        def compose(outcome: commands.Outcome) -> Answer:
            return pb.UpdateWorkspaceResponse(
                workspace=workspace_to_proto(outcome.workspace),
                act=str(outcome.act) if outcome.act else "",
            )

        written = await commands.update_workspace(
            self._store, ask, changes, etag=request.etag, compose=compose
        )
        return await self._answers.complete(written, pb.UpdateWorkspaceResponse, ask.workspace)

    async def CreateWorkspace(
        self, request: pb.CreateWorkspaceRequest, _context: Any
    ) -> pb.CreateWorkspaceResponse:
        """Makes a workspace with its owner."""
        faults = Faults()
        by_service = context.caller().person is None
        ask = self._founder(request, faults, by_service=by_service)
        workspace = new_workspace(request.workspace, faults)
        if not request.workspace.timezone and not by_service:
            own = await self._store.roster.workspace(ask.workspace)
            workspace = replace(workspace, timezone=own.timezone)
        owner = None
        if by_service:
            # The first sign-in claims it, as it does the first one.
            workspace = replace(workspace, claimed=False)
            home = Workspace(WorkspaceId(0), "", workspace.timezone, settings=workspace.settings)
            described = new_person(request.owner, faults, home=home, now=ask.now)
            owner = replace(described, role=Role.OWNER)
        faults.raise_if_any()
        written = await commands.create_workspace(
            self._store, ask, workspace, owner, compose=_founded
        )
        return await self._answers.complete(written, pb.CreateWorkspaceResponse, ask.workspace)

    async def ListWorkspaces(
        self, _request: pb.ListWorkspacesRequest, _context: Any
    ) -> pb.ListWorkspacesResponse:
        """Where else the caller is."""
        workspace, person = need_person()
        people = await self._store.roster.of(workspace, (person,))
        found = await commands.memberships(self._store, people[person])
        return pb.ListWorkspacesResponse(
            memberships=[
                pb.Membership(workspace=workspace_to_proto(home), person=person_to_proto(record))
                for home, record in found
            ]
        )

    @staticmethod
    def _founder(request: pb.CreateWorkspaceRequest, faults: Faults, *, by_service: bool) -> Asked:
        request_id = faults.request_id(request.request_id)
        if not by_service:
            return asked(request, request_id)
        if context.caller().service not in FOUNDERS:
            raise Forbidden(
                "ACTOR_NEEDED", "A person has to ask for this: call with a token or boss-actor."
            )
        return asked_by_service(request, request_id, commands.NOWHERE, PersonId(commands.NOBODY))


def _founded(outcome: commands.Outcome) -> Answer:
    owner = outcome.owner
    return pb.CreateWorkspaceResponse(
        workspace=workspace_to_proto(outcome.workspace),
        owner=None if owner is None else person_to_proto(owner),
    )
