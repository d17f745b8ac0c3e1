"""PeopleService: people; the workspace and tokens are beside it, in files of their own."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from typing import Any

from boss.task.v1 import people_service_pb2 as pb
from boss.task.v1 import people_service_pb2_grpc as rpc

from services.runtime import clock
from services.runtime import context as calls
from services.runtime.errors import Invalid, Violation
from services.task import queries
from services.task.commands import people as commands
from services.task.commands.storing import Answer, Asked
from services.task.commands.writing import Store
from services.task.convert.checks import Faults
from services.task.convert.lists import people_place, people_token
from services.task.convert.names import person_target
from services.task.convert.people import new_person, person_changes, person_to_proto
from services.task.convert.tasks import ref_to_proto
from services.task.model import PersonId
from services.task.rules.absent import person_not_found
from services.task.server.calls import (
    Answers,
    asked,
    need_person,
    need_service,
    workspace_of,
)
from services.task.server.tokens import Tokens
from services.task.server.workspaces import Workspaces

PAGE, PAGE_DEFAULT = 500, 100
ME = "workspaces/-/people/me"


class PeopleServicer(Workspaces, Tokens, rpc.PeopleServiceServicer):
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
        return pb.GetPersonResponse(person=person_to_proto(record, now=clock.now()), as_of=as_of)

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
        now = clock.now()
        return pb.ListPeopleResponse(
            people=[person_to_proto(record, now=now) for record in found.people[:limit]],
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
        home = await self._store.roster.workspace(ask.workspace)
        person = new_person(request.person, faults, home=home, now=ask.now)
        faults.raise_if_any()

        def compose(outcome: commands.Outcome) -> Answer:
            return pb.CreatePersonResponse(
                person=person_to_proto(outcome.record), act=str(outcome.act)
            )

        written = await commands.create_person(self._store, ask, person, compose)
        return await self._answers.complete(written, pb.CreatePersonResponse, ask.workspace)

    async def UpdatePerson(
        self, request: pb.UpdatePersonRequest, _context: Any
    ) -> pb.UpdatePersonResponse:
        """Replaces the fields named."""
        faults = Faults()
        if request.no_act:
            need_service("gateway")
        ask = asked(request, faults.request_id(request.request_id))
        ident = self._whom(request.person.name, ask)
        home = await self._store.roster.workspace(ask.workspace)
        paths = list(request.update_mask.paths)
        changes = person_changes(request.person, paths, faults, home=home)
        faults.raise_if_any()

        def compose(outcome: commands.Outcome) -> Answer:
            return pb.UpdatePersonResponse(
                person=person_to_proto(outcome.record, now=ask.now),
                act=str(outcome.act) if outcome.act else "",
                open_tasks=[ref_to_proto(ref, ask.workspace) for ref in outcome.open_tasks],
                open_task_count=outcome.open_count,
            )

        written = await commands.update_person(
            self._store,
            ask,
            ident,
            changes,
            etag=request.etag,
            compose=compose,
            no_act=request.no_act,
        )
        return await self._answers.complete(written, pb.UpdatePersonResponse, ask.workspace)

    async def FindPeople(
        self, request: pb.FindPeopleRequest, _context: Any
    ) -> pb.FindPeopleResponse:
        """Who has this Telegram id."""
        need_service("gateway", "notify", "cli")
        found = await queries.find_people(self._store.database, request.telegram_id)
        now = clock.now()
        return pb.FindPeopleResponse(people=[person_to_proto(record, now=now) for record in found])

    @staticmethod
    def _whom(name: str, ask: Asked) -> PersonId:
        return ask.actor if name == ME else person_target(name, ask.workspace)[1]
