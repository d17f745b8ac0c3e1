"""Carries out decided effects through the services, each under its own request id.

What the task service says no to is an answer for the person, not an error; what doesn't answer at
all raises, and the same effects are carried out again later with the same ids.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from boss.task.v1 import attendance_service_pb2 as attendance_pb2
from boss.task.v1 import participation_service_pb2 as part_pb2
from boss.task.v1 import people_service_pb2 as people_pb2
from boss.task.v1 import person_pb2, task_pb2
from boss.task.v1 import task_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask

from services.gateway import claiming, links
from services.gateway import inbox_queries as queries
from services.gateway.clients import Clients
from services.gateway.dialog import convert, drafts
from services.gateway.dialog.acquaintances import Acquaintances, identity
from services.gateway.dialog.effects import (
    Alter,
    Announce,
    Attend,
    Attended,
    Clock,
    Close,
    Command,
    Create,
    Done,
    Effect,
    Enter,
    Entered,
    Invite,
    Invited,
    Keep,
    Redo,
    Refused,
    Result,
    Say,
    Together,
    Undo,
    Verb,
)
from services.gateway.dialog.model import Person
from services.gateway.dialog.reply import Reply
from services.gateway.watch import Watch
from services.runtime import clock
from services.runtime.database import Database
from services.runtime.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ServiceError,
    Stale,
    Unauthenticated,
)

# What a person is told, and what trying again would not change.
ANSWERS = (Invalid, Forbidden, NotFound, AlreadyExists, Conflict, Stale)
# The RPC of each command, its request, and the field of that for what is said with it.
COMMANDS: Mapping[Verb, tuple[str, Any, str]] = {
    Verb.START: ("StartTask", pb.StartTaskRequest, ""),
    Verb.SEE: ("SeeTask", pb.SeeTaskRequest, ""),
    Verb.SUBMIT: ("SubmitTask", pb.SubmitTaskRequest, "notes"),
    Verb.APPROVE: ("ApproveTask", pb.ApproveTaskRequest, "note"),
    Verb.REJECT: ("RejectTask", pb.RejectTaskRequest, "feedback"),
    Verb.COMPLETE: ("CompleteTask", pb.CompleteTaskRequest, ""),
    Verb.CANCEL: ("CancelTask", pb.CancelTaskRequest, "reason"),
    Verb.BLOCK: ("BlockTask", pb.BlockTaskRequest, "reason"),
    Verb.UNBLOCK: ("UnblockTask", pb.UnblockTaskRequest, ""),
    Verb.HOLD: ("HoldTask", pb.HoldTaskRequest, "reason"),
    Verb.RESUME: ("ResumeTask", pb.ResumeTaskRequest, ""),
    Verb.REOPEN: ("ReopenTask", pb.ReopenTaskRequest, "reason"),
    Verb.ACCEPT: ("AcceptTask", part_pb2.AcceptTaskRequest, ""),
    Verb.DECLINE: ("DeclineTask", part_pb2.DeclineTaskRequest, "reason"),
}
# These are RPCs of another service: of taking part.
TAKING_PART = frozenset({Verb.ACCEPT, Verb.DECLINE})
NAMESPACE = uuid.UUID("0b1f6a5e-6f57-5a0e-9c53-6d1d6b7a2c11")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a message came from: what its request ids are made of."""

    source: str
    external_id: str
    chat: str

    def request_id(self, part: int | str) -> str:
        """Return the id of the n-th effect (or of a named part): the same at every try."""
        return str(uuid.uuid5(NAMESPACE, f"{self.source}\n{self.external_id}\n{part}"))


@dataclass(slots=True)
class Carried:
    """What came of the effects so far."""

    pairs: list[tuple[Effect, Result]] = field(default_factory=list)
    tasks: list[task_pb2.Task] = field(default_factory=list)
    position: int = 0

    def done(self, told: Any, *, act: str, **more: Any) -> Done:
        """Note the tasks and the position of an answer."""
        protos = list(told.tasks) if hasattr(told, "tasks") else [told.task]
        self.tasks.extend(protos)
        self.position = max(self.position, told.position)
        found = tuple(convert.task(one) for one in protos)
        return Done(found, act, completable=convert.completable(told), **more)


@dataclass(frozen=True, slots=True)
class House:
    """What invitations need to know of this installation."""

    base_url: str
    bot: Callable[[], str | None]
    announce: Callable[[Reply], Awaitable[None]]


class Performer:
    """Carries out effects; safe to be told the same ones again."""

    def __init__(
        self,
        clients: Clients,
        database: Database,
        *,
        acquaintances: Acquaintances,
        watch: Watch,
        house: House,
    ) -> None:
        self._task, self._people = clients.task, clients.people
        self._participation, self._attendance = clients.participation, clients.attendance
        self._database = database
        self._acquaintances = acquaintances
        self._watch = watch
        self._house = house

    async def carry_out(
        self, effects: Sequence[Effect], origin: Origin, person: Person | None
    ) -> Carried:
        """Carry out the effects in their order."""
        carried = Carried()
        for number, effect in enumerate(effects):
            request_id = origin.request_id(number)
            try:
                result = await self._one(
                    effect, carried, origin=origin, person=person, request_id=request_id
                )
            except ANSWERS as error:
                result = Refused(error.reason, sentence(error))
            carried.pairs.append((effect, result))
        return carried

    async def _one(
        self,
        effect: Effect,
        carried: Carried,
        *,
        origin: Origin,
        person: Person | None,
        request_id: str,
    ) -> Result:
        match effect:
            case Say():
                return Done()
            case Announce(reply):
                await self._house.announce(reply)
                return Done()
            case Keep(draft):
                await self._keep(draft, origin)
                return Done()
            case Close(identifier, outcome):
                await self._close(identifier, outcome, carried)
                return Done()
            case Enter():
                return await self._enter(effect, request_id)
        if person is None:
            raise Forbidden("STRANGER", "I don't know you yet.")
        if isinstance(effect, Invite):
            return await self._invite(effect, person, request_id)
        if isinstance(effect, Attend):
            return await self._attend(effect.clock, person.number, request_id)
        return await self._on_tasks(effect, carried, actor=person.number, request_id=request_id)

    async def _on_tasks(
        self,
        effect: Create | Command | Alter | Together | Undo | Redo,
        carried: Carried,
        *,
        actor: int,
        request_id: str,
    ) -> Result:
        match effect:
            case Create(tasks):
                request = pb.BatchCreateTasksRequest(
                    tasks=[convert.new_task(one) for one in tasks], request_id=request_id
                )
                told = await self._task.BatchCreateTasks(request, actor=actor)
                return carried.done(told, act=told.act)
            case Command(verb, task, text):
                told = await self._command(verb, task, text, actor=actor, request_id=request_id)
                # Seeing is no act: there is nothing to take back.
                return carried.done(told, act="" if verb is Verb.SEE else told.act)
            case Alter():
                change = convert.update(effect, request_id=request_id)
                told = await self._task.UpdateTask(change, actor=actor)
                return carried.done(told, act=told.act)
            case Together():
                many = convert.update_many(effect, request_id=request_id)
                told = await self._task.BatchUpdateTasks(many, actor=actor)
                left = tuple(_left_out(one.name, one.message) for one in told.refused)
                return carried.done(told, act=told.act, kept=left)
            case Undo(act):
                undo = pb.UndoRequest(act=act, request_id=request_id)
                told = await self._task.Undo(undo, actor=actor)
            case Redo():
                told = await self._task.Redo(pb.RedoRequest(request_id=request_id), actor=actor)
        kept = tuple(one.reason for one in told.kept if one.reason)
        return carried.done(told, act=told.act, kept=kept, summary=told.summary)

    async def _command(
        self, verb: Verb, task: str, text: str, *, actor: int, request_id: str
    ) -> Any:
        rpc, kind, said = COMMANDS[verb]
        request = kind(name=task, request_id=request_id, **({said: text} if said else {}))
        stub = self._participation if verb in TAKING_PART else self._task
        return await getattr(stub, rpc)(request, actor=actor)

    async def _attend(self, said: Clock, actor: int, request_id: str) -> Attended:
        stub = self._attendance
        if said is Clock.IN:
            come = attendance_pb2.ClockInRequest(request_id=request_id)
            return convert.attended((await stub.ClockIn(come, actor=actor)).attendance, said)
        if said is Clock.OUT:
            go = attendance_pb2.ClockOutRequest(request_id=request_id)
            return convert.gone(await stub.ClockOut(go, actor=actor))
        pause = attendance_pb2.ToggleBreakRequest(request_id=request_id)
        told = await stub.ToggleBreak(pause, actor=actor)
        return convert.attended(told.attendance, said, on_break=told.on_break)

    # Drafts -----------------------------------------------------------------------------

    async def _keep(self, draft: drafts.Draft, origin: Origin) -> None:
        await self._database.hot_rows(
            queries.KEEP_DRAFT,
            id=draft.id,
            chat=origin.chat,
            content=drafts.dump(draft),
            created_at=clock.now(),
        )

    async def _close(self, identifier: str, outcome: str, carried: Carried) -> None:
        failed = any(isinstance(result, Refused) for _, result in carried.pairs)
        if failed and outcome == drafts.State.DONE:
            # What was chosen could not be done: the question stays open for another choice.
            return
        await self._database.hot_rows(
            queries.CLOSE_DRAFT,
            id=identifier,
            state=str(outcome),
            tasks=[task.name for task in carried.tasks],
        )

    # People -----------------------------------------------------------------------------

    async def _enter(self, effect: Enter, request_id: str) -> Result:
        account = effect.sender.telegram_id
        try:
            guest = await links.use(
                self._database,
                effect.token_hash,
                place=links.Place.TELEGRAM,
                by=f"telegram:{account}",
            )
        except Unauthenticated as error:
            return Refused(error.reason, error.message)
        workspace = f"workspaces/{guest.workspace}"
        person = person_pb2.Person(
            name=f"{workspace}/people/{guest.person}",
            telegram_id=account,
            telegram_username=effect.sender.username,
        )
        told = await self._people.UpdatePerson(
            people_pb2.UpdatePersonRequest(
                person=person,
                update_mask=FieldMask(paths=["telegram_id", "telegram_username"]),
                request_id=request_id,
                no_act=True,
            ),
            actor=guest.person,
        )
        self._watch.changed_people(workspace, told.position)
        entered = await claiming.claim(
            self._people, self._watch, told.person, name=effect.sender.name, zone=None
        )
        return Entered(entered.display_name, owner=entered.role == person_pb2.ROLE_OWNER)

    async def _invite(self, effect: Invite, person: Person, request_id: str) -> Result:
        who = identity(person.name)
        wanted = effect.name.casefold()
        everybody = await self._acquaintances.everybody(who)
        guest = next((one for one in everybody if one.display_name.casefold() == wanted), None)
        if guest is None:
            made = await self._people.CreatePerson(
                people_pb2.CreatePersonRequest(
                    person=person_pb2.Person(
                        display_name=effect.name,
                        department=effect.department,
                        role=person_pb2.ROLE_MEMBER,
                    ),
                    request_id=request_id,
                ),
                actor=who.person,
            )
            self._watch.changed_people(person.workspace, made.position)
            guest = made.person
        if guest.role == person_pb2.ROLE_OWNER and guest.name != person.name:
            return Refused("ROLE", "Only the owner may make links for the owner.")
        bot = self._house.bot()
        web = await self._link(guest, person, links.Place.WEB)
        telegram = await self._link(guest, person, links.Place.TELEGRAM) if bot else ""
        return Invited(
            person=guest.display_name,
            telegram=f"https://t.me/{bot}?start={telegram}" if bot else "",
            browser=f"{self._house.base_url}/#token={web}",
            days=links.INVITE_FOR.days,
        )

    async def _link(self, guest: person_pb2.Person, person: Person, place: links.Place) -> str:
        who = identity(guest.name)
        async with self._database.transaction() as connection:
            token, _ = await links.create(
                connection,
                workspace=who.workspace,
                person=who.person,
                place=place,
                created_by=person.number,
                span=links.INVITE_FOR,
            )
        return token


def _left_out(name: str, message: str) -> str:
    """Return why a task was left out of many, with its id."""
    ident = f"T-{name.rpartition('/')[2]}"
    return message if ident in message else f"{ident}: {message}"


def sentence(error: ServiceError) -> str:
    """Return what a person is told of an error: its message, and which fields are meant."""
    details = [wrong.detail for wrong in error.violations if wrong.detail]
    message = error.message or "That is not possible."
    if error.reason == "FIELDS_INVALID" and details:
        # That fields are to be corrected says nothing to who sees none.
        message, *details = details
    fresh = [detail for detail in dict.fromkeys(details) if detail not in message]
    return " ".join([message, *fresh])
