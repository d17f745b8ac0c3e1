"""/api/workspace: what the caller's workspace is called and how it works; /api/workspaces: all."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from boss.task.v1 import people_service_pb2 as pb
from boss.task.v1 import person_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from msgspec import UNSET, Meta, UnsetType

from services.gateway import links, present, shapes
from services.gateway.answer import Answer, entity_tag, json, tags
from services.gateway.api.people import Day, Hours, Name
from services.gateway.api.tasks import ANY_VERSION, act, position
from services.gateway.caching.kept import Life
from services.gateway.clients import Clients
from services.gateway.fields import one_line
from services.gateway.links import Place
from services.gateway.operation import Call, Input, Operation
from services.gateway.watch import Watch
from services.runtime.database import Database

PATH = "/api/workspace"
VISIBILITIES: Mapping[str, Any] = {word: at for at, word in enumerate(present.VISIBILITIES) if at}
CONFIRMATIONS: Mapping[str, Any] = {word: at for at, word in enumerate(present.CONFIRMATIONS) if at}
LISTS = ("departments", "working_days")


class SettingsChange(Input, frozen=True):
    """How a workspace works: settings to be replaced, lists whole. What is not named stays."""

    requires_approval: bool | UnsetType = UNSET
    visibility: shapes.Visibility | UnsetType = UNSET
    confirm: shapes.Confirm | UnsetType = UNSET
    deadline_required: bool | UnsetType = UNSET
    review_threshold: Annotated[int, Meta(ge=0, le=100)] | UnsetType = UNSET
    departments: Annotated[list[Annotated[str, one_line(50)]], Meta(max_length=50)] | UnsetType = (
        UNSET
    )
    working_days: Annotated[list[Day], Meta(min_length=1, max_length=7)] | UnsetType = UNSET
    working_hours: Hours | UnsetType = UNSET
    quiet_hours: Hours | UnsetType = UNSET
    late_grace_minutes: Annotated[int, Meta(ge=0, le=240)] | UnsetType = UNSET
    retention_days: Annotated[int, Meta(ge=30, le=3_650)] | UnsetType = UNSET


class WorkspaceChange(Input, frozen=True):
    """What is to be replaced of a workspace."""

    name: Name | UnsetType = UNSET
    timezone: Annotated[str, one_line(64)] | UnsetType = UNSET
    settings: SettingsChange | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not self.said() or (isinstance(self.settings, SettingsChange) and not self.inner()):
            raise ValueError("Name at least one field to change")

    def inner(self) -> dict[str, Any]:
        """Return the settings that were said."""
        return self.settings.said() if isinstance(self.settings, SettingsChange) else {}


class NewWorkspace(Input, frozen=True, kw_only=True):
    """A workspace to be made; only the name is needed."""

    name: Name
    timezone: Annotated[str, one_line(64)] | UnsetType = UNSET


class Workspaces:
    """The caller's workspace, and the others that the caller is in."""

    def __init__(
        self, clients: Clients, database: Database, watch: Watch, *, base_url: str
    ) -> None:
        self._people = clients.people
        self._database = database
        self._watch = watch
        self._base_url = base_url

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", PATH, self.get, "The caller's workspace and its settings",
                {200: shapes.Workspace}, headers=("If-None-Match",), kept=Life.PREFERENCES,
            ),
            Operation(
                "PATCH", PATH, self.change, "Change the workspace; for the owner and bosses",
                {200: shapes.Workspace}, body=WorkspaceChange,
                headers=("If-Match", "Idempotency-Key"), problems=(403, 409, 412),
            ),
            Operation(
                "GET", "/api/workspaces", self.list,
                "The workspaces of whoever comes in from the caller's Telegram account",
                {200: shapes.WorkspaceList},
            ),
            Operation(
                "POST", "/api/workspaces", self.create,
                "Make a workspace; for owners. The link signs its owner in, once",
                {201: shapes.MadeWorkspace}, body=NewWorkspace,
                headers=("Idempotency-Key",), problems=(403,),
            ),
        )  # fmt: skip

    async def get(self, call: Call) -> Answer:
        """Answer with the workspace."""
        told = await self._people.GetWorkspace(pb.GetWorkspaceRequest(), actor=call.person)
        etag = told.workspace.etag
        asked = tags(call.header(b"if-none-match"))
        if etag in asked or ANY_VERSION in asked:
            return Answer(304, headers=(entity_tag(etag),))
        return json(
            present.workspace(told.workspace), headers=(entity_tag(etag),), as_of=told.as_of
        )

    async def change(self, call: Call, body: WorkspaceChange) -> Answer:
        """Change the workspace."""
        inner = body.inner()
        workspace = person_pb2.Workspace(settings=settings(inner))
        paths = [f"settings.{name}" for name in inner]
        if isinstance(body.name, str):
            workspace.display_name = body.name.strip()
            paths.append("display_name")
        if isinstance(body.timezone, str):
            workspace.timezone = body.timezone
            paths.append("timezone")
        asked = tags(call.header(b"if-match"))
        request = pb.UpdateWorkspaceRequest(
            workspace=workspace,
            update_mask=FieldMask(paths=sorted(paths)),
            etag="" if not asked or ANY_VERSION in asked else asked[0],
            request_id=call.request_id(),
        )
        told = await self._people.UpdateWorkspace(request, actor=call.person)
        self._watch.changed_people(told.workspace.name, told.position)
        return json(
            present.workspace(told.workspace),
            headers=(
                entity_tag(told.workspace.etag),
                position(told.position),
                *act(told.act),
            ),
        )

    async def list(self, call: Call) -> Answer:
        """Answer with the workspaces that the caller is in."""
        told = await self._people.ListWorkspaces(pb.ListWorkspacesRequest(), actor=call.person)
        return json(
            shapes.WorkspaceList(
                [
                    shapes.Membership(
                        present.workspace(each.workspace), present.person(each.person)
                    )
                    for each in told.memberships
                ]
            )
        )

    async def create(self, call: Call, body: NewWorkspace) -> Answer:
        """Make a workspace."""
        workspace = person_pb2.Workspace(display_name=body.name.strip())
        if isinstance(body.timezone, str):
            workspace.timezone = body.timezone
        request = pb.CreateWorkspaceRequest(workspace=workspace, request_id=call.request_id())
        told = await self._people.CreateWorkspace(request, actor=call.person)
        number = int(told.owner.name.rpartition("/")[2])
        async with self._database.transaction() as connection:
            token, ends = await links.create(
                connection,
                workspace=int(told.workspace.name.rpartition("/")[2]),
                person=number,
                place=Place.WEB,
                created_by=number,
                span=links.SIGN_IN_FOR,
            )
        made = shapes.MadeWorkspace(
            workspace=present.workspace(told.workspace),
            owner=present.person(told.owner),
            url=f"{self._base_url}/#token={token}",
            expires_at=ends,
        )
        return json(made, 201, headers=(position(told.position), (b"cache-control", b"no-store")))


def settings(said: Mapping[str, Any]) -> person_pb2.WorkSettings:
    """Return a proto with the settings that were said."""
    made = person_pb2.WorkSettings()
    for name, value in said.items():
        match name:
            case "visibility":
                made.visibility = VISIBILITIES[value]
            case "confirm":
                made.confirm = CONFIRMATIONS[value]
            case _ if name in LISTS:
                getattr(made, name).extend(value)
            case _:
                setattr(made, name, value)
    return made
