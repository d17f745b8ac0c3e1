"""/api/people: everybody of the workspace, and /api/me: who the caller is."""

# ruff: noqa: RUF012 -- pydantic copies defaults

from collections.abc import Sequence
from typing import Annotated, Any, cast

from boss.task.v1 import people_service_pb2 as pb
from boss.task.v1 import person_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from pydantic import Field, model_validator

from services.gateway import VERSION, present, shapes
from services.gateway.answer import Answer, entity_tag, json, tags
from services.gateway.api.tasks import ANY_VERSION, position
from services.gateway.clients import Clients
from services.gateway.directory import MYSELF
from services.gateway.fields import LARGEST_ID, Chars, Moment, Text, person_name, timestamp
from services.gateway.operation import Call, Input, Operation, Query
from services.gateway.watch import Watch

PATH = "/api/people"
ONE = "/api/people/{id}"

ROLES = {word: number for number, word in enumerate(present.ROLES) if number}
STATUSES = {word: number for number, word in enumerate(present.PERSON_STATUSES) if number}
# What the JSON calls otherwise than the proto.
PROTO_NAMES = {"name": "display_name"}
HOURS = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$"

Word = Annotated[str, Chars(40, 1, title=True)]
Name = Annotated[str, Chars(100, 1, title=True)]


class PersonFields(Input):
    """What may be said of a person, at the creation or later; null empties."""

    aliases: Annotated[list[Name], Field(max_length=20)] = []
    role: shapes.Role = "member"
    department: Word | None = None
    leads: Annotated[list[Word], Field(max_length=20)] = []
    language: Annotated[str, Chars(35, 2)] = "en"
    working_days: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(max_length=7)] = []
    working_hours: Annotated[str, Field(pattern=HOURS)] = "09:00-18:00"
    quiet_hours: Annotated[str, Field(pattern=HOURS)] | None = None
    timezone: Annotated[str, Chars(64, 1)] = ""
    telegram_id: Annotated[int, Field(gt=0, le=LARGEST_ID)] | None = None
    telegram_username: Annotated[str, Chars(64)] | None = None
    discord_id: Annotated[str, Chars(64)] | None = None
    email: Annotated[str, Chars(254)] | None = None
    skills: Annotated[list[Word], Field(max_length=50)] = []
    status: shapes.PersonState = "active"
    away_until: Moment | None = None


class NewPerson(PersonFields):
    """A person to be added; only the name is needed."""

    name: Name


class PersonChange(PersonFields):
    """Fields to be replaced, lists whole. What is not named stays."""

    name: Name = ""

    @model_validator(mode="after")
    def _something(self) -> "PersonChange":
        if not self.model_fields_set:
            raise ValueError("Name at least one field to change.")
        return self


class PeopleQuery(Query):
    """Which page of people."""

    per_page: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[Text, Field(min_length=1, max_length=2_000)] | None = None
    with_left: bool = False


class People:
    """The people of the caller's workspace."""

    def __init__(self, clients: Clients, watch: Watch) -> None:
        self._people = clients.people
        self._watch = watch

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation("GET", "/api/me", self.me, "Who the caller is", {200: shapes.Me}),
            Operation(
                "GET", PATH, self.list, "People, by name", {200: shapes.PersonPage},
                query=PeopleQuery,
            ),
            Operation(
                "POST", PATH, self.create, "Add a person", {201: shapes.Person},
                body=NewPerson, headers=("Idempotency-Key",), problems=(409,),
            ),
            Operation(
                "GET", ONE, self.get, "One person; `me` is the caller", {200: shapes.Person},
                headers=("If-None-Match",), problems=(404,),
            ),
            Operation(
                "PATCH", ONE, self.change, "Change fields of a person", {200: shapes.Person},
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
            )
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
            )
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
        return json(present.person(told.person), headers=(entity_tag(etag),))

    async def change(self, call: Call, body: PersonChange) -> Answer:
        """Change fields of a person."""
        person = proto(body)
        person.name = _name(call)
        asked = tags(call.header(b"if-match"))
        request = pb.UpdatePersonRequest(
            person=person,
            update_mask=FieldMask(
                paths=sorted(PROTO_NAMES.get(name, name) for name in body.model_fields_set)
            ),
            etag="" if not asked or ANY_VERSION in asked else asked[0],
            request_id=call.request_id(),
        )
        told = await self._people.UpdatePerson(request, actor=call.person)
        self._note(call, told.position)
        return json(
            present.person(told.person),
            headers=(entity_tag(told.person.etag), position(told.position)),
        )

    def _note(self, call: Call, position_: int) -> None:
        self._watch.changed_people(f"workspaces/{call.who.workspace}", position_)


def proto(fields: PersonFields) -> person_pb2.Person:
    """Return a proto with what was said; what was not said stays unset."""
    said = fields.model_fields_set
    plain: dict[str, Any] = {
        PROTO_NAMES.get(name, name): getattr(fields, name)
        for name in said - {"role", "status", "away_until"}
        if getattr(fields, name) is not None
    }
    person = person_pb2.Person(**plain)
    if "role" in said:
        person.role = cast("Any", ROLES[fields.role])
    if "status" in said:
        person.status = cast("Any", STATUSES[fields.status])
    if fields.away_until is not None:
        person.away_until.CopyFrom(timestamp(fields.away_until))
    return person


def _name(call: Call) -> str:
    asked = call.params["id"]
    if asked == MYSELF:
        return f"workspaces/{call.who.workspace}/people/{call.person}"
    return person_name(asked, call.who.workspace)
