"""PeopleService: people, the workspace, tokens."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from typing import Any

from boss.task.v1 import people_service_pb2 as pb
from boss.task.v1 import people_service_pb2_grpc as rpc

from services.runtime import clock
from services.runtime import context as calls
from services.runtime.errors import Invalid, NotFound, Unauthenticated, Violation
from services.task import queries
from services.task.commands import people as commands
from services.task.commands.storing import Answer, Asked
from services.task.commands.writing import Store
from services.task.convert.checks import Faults
from services.task.convert.lists import people_place, people_token
from services.task.convert.names import person_target, token_target
from services.task.convert.people import (
    LABEL,
    new_person,
    person_changes,
    person_to_proto,
    token_to_proto,
    workspace_changes,
    workspace_to_proto,
)
from services.task.model import PersonId, PersonRecord, Workspace, WorkspaceId
from services.task.rules.absent import person_not_found
from services.task.server.calls import (
    Answers,
    asked,
    need_person,
    need_service,
    workspace_of,
)

PAGE, PAGE_DEFAULT = 500, 100
ME = "workspaces/-/people/me"


class PeopleServicer(rpc.PeopleServiceServicer):
    """The people of the caller's workspace, and who they are to programs."""

    def __init__(self, store: Store, answers: Answers) -> None:
        self._store = store
        self._answers = answers

    async def GetPerson(self, request: pb.GetPersonRequest, _context: Any) -> pb.GetPersonResponse:
        """One person."""
        if request.name == ME:
            workspace, ident = need_person()
        else:
            workspace, ident = person_target(request.name, workspace_of(calls.caller()))
        as_of = await queries.get_head(self._store.database)
        record = (await queries.get_people(self._store.database, (ident,))).get(ident)
        if record is None or record.workspace != workspace:
            raise person_not_found()
        return pb.GetPersonResponse(person=person_to_proto(record), as_of=as_of)

    async def ListPeople(
        self, request: pb.ListPeopleRequest, _context: Any
    ) -> pb.ListPeopleResponse:
        """One page of people, by name."""
        workspace, _ = need_person()
        if not 0 <= request.page_size <= PAGE:
            raise Invalid(
                "FIELDS_INVALID",
                "Correct these fields.",
                violations=[Violation("page_size", f"Give 1 to {PAGE}.")],
            )
        limit = request.page_size or PAGE_DEFAULT
        after = people_place(request.page_token) if request.page_token else None
        found = await queries.list_people(
            self._store.database,
            workspace,
            limit=limit + 1,
            after=after,
            with_left=request.with_left,
        )
        token = ""
        if len(found.people) > limit:
            last = found.people[limit - 1]
            token = people_token((last.person.display_name.lower(), last.id))
        return pb.ListPeopleResponse(
            people=[person_to_proto(record) for record in found.people[:limit]],
            next_page_token=token,
            total_size=found.total,
            as_of=found.as_of,
        )

    async def CreatePerson(
        self, request: pb.CreatePersonRequest, _context: Any
    ) -> pb.CreatePersonResponse:
        """Creates a person."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        timezone = (await self._workspace(ask.workspace)).timezone
        person = new_person(request.person, faults, timezone=timezone, now=ask.now)
        faults.raise_if_any()
        written = await commands.create_person(
            self._store, ask, person, _person(pb.CreatePersonResponse)
        )
        return await self._answers.complete(written, pb.CreatePersonResponse, ask.workspace)

    async def UpdatePerson(
        self, request: pb.UpdatePersonRequest, _context: Any
    ) -> pb.UpdatePersonResponse:
        """Replaces the fields named."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        ident = self._whom(request.person.name, ask)
        timezone = (await self._workspace(ask.workspace)).timezone
        paths = list(request.update_mask.paths)
        changes = person_changes(request.person, paths, faults, timezone=timezone)
        faults.raise_if_any()
        written = await commands.update_person(
            self._store,
            ask,
            ident,
            changes,
            etag=request.etag,
            compose=_person(pb.UpdatePersonResponse),
        )
        return await self._answers.complete(written, pb.UpdatePersonResponse, ask.workspace)

    async def FindPeople(
        self, request: pb.FindPeopleRequest, _context: Any
    ) -> pb.FindPeopleResponse:
        """Who has this Telegram id."""
        need_service("gateway", "notify", "cli")
        found = await queries.find_people(self._store.database, request.telegram_id)
        return pb.FindPeopleResponse(people=[person_to_proto(record) for record in found])

    async def GetWorkspace(
        self, _request: pb.GetWorkspaceRequest, _context: Any
    ) -> pb.GetWorkspaceResponse:
        """The caller's workspace."""
        workspace, _ = need_person()
        found = await self._workspace(workspace)
        return pb.GetWorkspaceResponse(workspace=workspace_to_proto(found))

    async def UpdateWorkspace(
        self, request: pb.UpdateWorkspaceRequest, _context: Any
    ) -> pb.UpdateWorkspaceResponse:
        """Replaces the workspace's fields named."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        changes = workspace_changes(request.workspace, list(request.update_mask.paths), faults)
        faults.raise_if_any()

        def compose(workspace: Workspace) -> Answer:
            return pb.UpdateWorkspaceResponse(workspace=workspace_to_proto(workspace))

        written = await commands.update_workspace(self._store, ask, changes, compose)
        return await self._answers.complete(written, pb.UpdateWorkspaceResponse, ask.workspace)

    async def CreateToken(
        self, request: pb.CreateTokenRequest, _context: Any
    ) -> pb.CreateTokenResponse:
        """Makes a token."""
        workspace, _ = need_person()
        faults = Faults()
        label = faults.line("label", request.label, least=1, most=LABEL)
        faults.raise_if_any()
        token, secret = await commands.create_token(
            self._store,
            workspace=workspace,
            person=await self._me(),
            label=label,
            now=clock.now(),
        )
        return pb.CreateTokenResponse(token=token_to_proto(token), secret=secret)

    async def ListTokens(
        self, _request: pb.ListTokensRequest, _context: Any
    ) -> pb.ListTokensResponse:
        """The caller's tokens."""
        _, person = need_person()
        found = await queries.list_tokens(self._store.database, person)
        return pb.ListTokensResponse(tokens=[token_to_proto(token) for token in found])

    async def RevokeToken(
        self, request: pb.RevokeTokenRequest, _context: Any
    ) -> pb.RevokeTokenResponse:
        """Ends a token."""
        workspace, _ = need_person()
        token = token_target(request.name, workspace)
        await commands.revoke_token(self._store, token, actor=await self._me(), now=clock.now())
        return pb.RevokeTokenResponse()

    async def AuthenticateToken(
        self, request: pb.AuthenticateTokenRequest, _context: Any
    ) -> pb.AuthenticateTokenResponse:
        """Whose token it is."""
        need_service()
        token = await queries.find_token(self._store.database, commands.hashed(request.secret))
        if token is None:
            raise Unauthenticated("TOKEN_UNKNOWN", "This API token is unknown or was revoked.")
        people = await queries.get_people(self._store.database, (token.person,))
        return pb.AuthenticateTokenResponse(
            token=token_to_proto(token), person=person_to_proto(people[token.person])
        )

    async def _me(self) -> PersonRecord:
        workspace, person = need_person()
        found = await self._store.roster.of(workspace, (person,))
        return found[person]

    async def _workspace(self, ident: WorkspaceId) -> Workspace:
        workspace = await queries.get_workspace(self._store.database, ident)
        if workspace is None:
            raise NotFound("WORKSPACE_NOT_FOUND", "There is no such workspace.")
        return workspace

    @staticmethod
    def _whom(name: str, ask: Asked) -> PersonId:
        return ask.actor if name == ME else person_target(name, ask.workspace)[1]


def _person(kind: Any) -> commands.ComposePerson:
    def compose(record: PersonRecord) -> Answer:
        answer: Answer = kind(person=person_to_proto(record))
        return answer

    return compose
