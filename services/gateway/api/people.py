"""/api/people: everybody of the workspace, and /api/me: who the caller is."""

from collections.abc import Sequence
from typing import Annotated, Any

from boss.task.v1 import people_service_pb2 as pb
from boss.task.v1 import person_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from msgspec import UNSET, Meta, UnsetType

from services.gateway import VERSION, present, shapes
from services.gateway.answer import Answer, entity_tag, json, tags
from services.gateway.api.tasks import ANY_VERSION, act, position
from services.gateway.caching.kept import Life
from services.gateway.clients import Clients
from services.gateway.directory import MYSELF
from services.gateway.fields import (
    HOURS,
    LARGEST_ID,
    Moment,
    Text,
    check_moments,
    one_line,
    person_name,
    text,
    timestamp,
)
from services.gateway.operation import Call, Input, Operation, Query
from services.gateway.watch import Watch

PATH = "/api/people"
ONE = "/api/people/{id}"

ROLES: dict[str, Any] = {word: at for at, word in enumerate(present.ROLES) if at}
STATUSES: dict[str, Any] = {word: at for at, word in enumerate(present.PERSON_STATUSES) if at}
# What the JSON calls otherwise than the proto.
PROTO_NAMES = {"name": "display_name"}

Word = Annotated[str, one_line(40)]
Department = Annotated[str, one_line(50)]
Name = Annotated[str, one_line(100)]
Hours = Annotated[str, Meta(pattern=HOURS)]
Day = Annotated[int, Meta(ge=1, le=7)]


class PersonFields(Input, frozen=True):
    """What may be said of a person, at the creation or later; null empties."""

    aliases: Annotated[list[Name], Meta(max_length=20)] | UnsetType = UNSET
    role: shapes.Role | UnsetType = UNSET
    department: Department | UnsetType | None = UNSET
    leads: Annotated[list[Department], Meta(max_length=20)] | UnsetType = UNSET
    language: Annotated[str, one_line(35)] | UnsetType = UNSET
    working_days: Annotated[list[Day], Meta(max_length=7)] | UnsetType = UNSET
    working_hours: Hours | UnsetType = UNSET
    quiet_hours: Hours | UnsetType | None = UNSET
    timezone: Annotated[str, one_line(64)] | UnsetType = UNSET
    telegram_id: Annotated[int, Meta(gt=0, le=LARGEST_ID)] | UnsetType | None = UNSET
    telegram_username: Annotated[str, text(64)] | UnsetType | None = UNSET
    discord_id: Annotated[str, text(64)] | UnsetType | None = UNSET
    email: Annotated[str, text(254)] | UnsetType | None = UNSET
    skills: Annotated[list[Word], Meta(max_length=30)] | UnsetType = UNSET
    status: shapes.PersonState | UnsetType = UNSET
    away_until: Moment | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        check_moments(away_until=self.away_until)


class NewPerson(PersonFields, frozen=True, kw_only=True):
    """A person to be added; only the name is needed."""

    name: Name


class PersonChange(PersonFields, frozen=True):
    """Fields to be replaced, lists whole; null empties. What is not named stays."""

    name: Name | UnsetType = UNSET

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.said():
            raise ValueError("Name at least one field to change")


class PeopleQuery(Query, frozen=True):
    """Which page of people."""

    per_page: Annotated[int, Meta(ge=1, le=500)] = 100
    cursor: Text | None = None
    with_left: bool = False


class People:
    """The people of the caller's workspace."""

    def __init__(self, clients: Clients, watch: Watch) -> None:
        self._people = clients.people
        self._watch = watch

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", "/api/me", self.me, "Who the caller is", {200: shapes.Me},
                kept=Life.PREFERENCES, of_session=True,
            ),
            Operation(
                "GET", PATH, self.list, "People, by name", {200: shapes.PersonPage},
                query=PeopleQuery, kept=Life.PREFERENCES,
            ),
            Operation(
                "POST", PATH, self.create, "Add a person", {201: shapes.Person},
                body=NewPerson, headers=("Idempotency-Key",), problems=(409,),
            ),
            Operation(
                "GET", ONE, self.get, "One person; `me` is the caller", {200: shapes.Person},
                headers=("If-None-Match",), problems=(404,), kept=Life.PREFERENCES,
            ),
            Operation(
                "PATCH", ONE, self.change,
                "Change fields of a person; who is set to left is answered with the open tasks",
                {200: shapes.ChangedPerson},
                body=PersonChange, headers=("If-Match", "Idempotency-Key"),
                problems=(404, 409, 412),
            ),
        )  # fmt: skip

    async def me(self, call: Call) -> Answer:
        """Answer with the caller and the workspace."""
        name = f"workspaces/{call.who.workspace}/people/{call.person}"
        person = await self._people.GetPerson(pb.GetPersonRequest(name=name), actor=call.person)
        workspace = await self._people.GetWorkspace(pb.GetWorkspaceRequest(), actor=call.person)
        session = call.who.session
        return json(
            shapes.Me(
                person=present.person(person.person),
                workspace=present.workspace(workspace.workspace),
                session=None if session is None else str(session),
                version=VERSION,
            ),
            # Of the two the one that was read first: what was read later is newer.
            as_of=person.as_of,
            clocked=_comes_back(person.person),
        )

    async def list(self, call: Call, query: PeopleQuery) -> Answer:
        """Answer with a page of people."""
        request = pb.ListPeopleRequest(
            page_size=query.per_page, page_token=query.cursor or "", with_left=query.with_left
        )
        told = await self._people.ListPeople(request, actor=call.person)
        return json(
            shapes.PersonPage(
                people=[present.person(one) for one in told.people],
                total=told.total_size,
                next_cursor=told.next_page_token or None,
            ),
            as_of=told.as_of,
            clocked=any(map(_comes_back, told.people)),
        )

    async def create(self, call: Call, body: NewPerson) -> Answer:
        """Add a person."""
        request = pb.CreatePersonRequest(person=proto(body), request_id=call.request_id())
        told = await self._people.CreatePerson(request, actor=call.person)
        self._note(call, told.position)
        place = f"{PATH}/{present.person_id(told.person.name)}".encode()
        return json(
            present.person(told.person),
            201,
            headers=(
                (b"location", place),
                entity_tag(told.person.etag),
                position(told.position),
                *act(told.act),
            ),
        )

    async def get(self, call: Call) -> Answer:
        """Answer with one person."""
        request = pb.GetPersonRequest(name=_name(call))
        told = await self._people.GetPerson(request, actor=call.person)
        etag = told.person.etag
        asked = tags(call.header(b"if-none-match"))
        if etag in asked or ANY_VERSION in asked:
            return Answer(304, headers=(entity_tag(etag),))
        return json(
            present.person(told.person),
            headers=(entity_tag(etag),),
            as_of=told.as_of,
            clocked=_comes_back(told.person),
        )

    async def change(self, call: Call, body: PersonChange) -> Answer:
        """Change fields of a person."""
        person = proto(body)
        person.name = _name(call)
        asked = tags(call.header(b"if-match"))
        request = pb.UpdatePersonRequest(
            person=person,
            update_mask=FieldMask(
                paths=sorted(PROTO_NAMES.get(name, name) for name in body.said())
            ),
            etag="" if not asked or ANY_VERSION in asked else asked[0],
            request_id=call.request_id(),
        )
        told = await self._people.UpdatePerson(request, actor=call.person)
        self._note(call, told.position)
        return json(
            changed(told),
            headers=(entity_tag(told.person.etag), position(told.position), *act(told.act)),
        )

    def _note(self, call: Call, position_: int) -> None:
        self._watch.changed_people(f"workspaces/{call.who.workspace}", position_)


def changed(told: pb.UpdatePersonResponse) -> shapes.Person:
    """Return the person after a change, and where they have left the open tasks of theirs."""
    person = present.person(told.person)
    if told.person.status != person_pb2.PERSON_STATUS_LEFT:
        return person
    return shapes.ChangedPerson(
        **{name: getattr(person, name) for name in person.__struct_fields__},
        open_tasks=[present.task_ref(one) for one in told.open_tasks],
        open_task_count=told.open_task_count,
    )


def proto(fields: PersonFields) -> person_pb2.Person:
    """Return a proto with what was said; what was not said, or null, stays unset."""
    made = person_pb2.Person()
    for name, value in fields.said().items():
        match name:
            case _ if value is None:
                pass
            case "name":
                made.display_name = value.strip()
            case "role":
                made.role = ROLES[value]
            case "status":
                made.status = STATUSES[value]
            case "away_until":
                made.away_until.CopyFrom(timestamp(value))
            case "aliases" | "leads" | "skills" | "working_days":
                getattr(made, name).extend(value)
            case _:
                setattr(made, name, value)
    return made


def _comes_back(person: person_pb2.Person) -> bool:
    """Return whether the clock will show somebody otherwise: who is away until some time."""
    return person.HasField("away_until")


def _name(call: Call) -> str:
    asked = call.params["id"]
    if asked == MYSELF:
        return f"workspaces/{call.who.workspace}/people/{call.person}"
    return person_name(asked, call.who.workspace)
