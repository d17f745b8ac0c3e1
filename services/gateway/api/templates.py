"""/api/templates: what tasks of one kind begin with; `template` in POST /api/tasks names one."""

from collections.abc import Sequence
from typing import Annotated

from boss.task.v1 import template_pb2
from boss.task.v1 import template_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask
from msgspec import UNSET, Meta, UnsetType

from services.gateway import shapes
from services.gateway.answer import Answer, entity_tag, json, tags
from services.gateway.api.task_input import Tag, Title
from services.gateway.api.task_protos import PRIORITIES
from services.gateway.api.tasks import ANY_VERSION, act, position
from services.gateway.clients import Clients
from services.gateway.fields import Text, one_line, text
from services.gateway.operation import Call, Input, Operation, Query
from services.gateway.present_events import template as shown

PATH = "/api/templates"
ONE = "/api/templates/{id}"
# What the JSON calls otherwise than the proto.
PROTO_NAMES = {"name": "display_name"}

Name = Annotated[str, one_line(40)]


class TemplateFields(Input, frozen=True):
    """What a template may have; null empties."""

    about: Annotated[str, text(200)] | UnsetType | None = UNSET
    priority: shapes.Priority | UnsetType | None = UNSET
    tags: Annotated[list[Tag], Meta(max_length=20)] | UnsetType = UNSET
    type: shapes.Kind | UnsetType | None = UNSET
    criteria: Annotated[list[Annotated[str, text(500, 1)]], Meta(max_length=30)] | UnsetType = UNSET
    estimate_minutes: Annotated[int, Meta(ge=1, le=525_600)] | UnsetType | None = UNSET
    subtasks: Annotated[list[Title], Meta(max_length=30)] | UnsetType = UNSET


class NewTemplate(TemplateFields, frozen=True, kw_only=True):
    """A template of the workspace's own; only the name is needed."""

    name: Name


class TemplateChange(TemplateFields, frozen=True):
    """Fields to be replaced, lists whole."""

    name: Name | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not self.said():
            raise ValueError("Name at least one field to change")


class TemplateQuery(Query, frozen=True):
    """Which page of templates."""

    per_page: Annotated[int, Meta(ge=1, le=50)] = 50
    cursor: Text | None = None


class Templates:
    """The templates of the caller's workspace."""

    def __init__(self, clients: Clients) -> None:
        self._templates = clients.templates

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", PATH, self.list, "Templates, by name", {200: shapes.TemplatePage},
                query=TemplateQuery,
            ),
            Operation(
                "POST", PATH, self.create, "Make a template", {201: shapes.Template},
                body=NewTemplate, headers=("Idempotency-Key",), problems=(409,),
            ),
            Operation(
                "GET", ONE, self.get, "One template, by its id or its name",
                {200: shapes.Template}, problems=(404,),
            ),
            Operation(
                "PATCH", ONE, self.change, "Change fields of an own template",
                {200: shapes.Template}, body=TemplateChange,
                headers=("If-Match", "Idempotency-Key"), problems=(404, 409, 412),
            ),
            Operation(
                "DELETE", ONE, self.delete, "Take an own template away", {204: None},
                headers=("If-Match", "Idempotency-Key"), problems=(404, 409, 412),
            ),
        )  # fmt: skip

    async def list(self, call: Call, query: TemplateQuery) -> Answer:
        """Answer with a page of templates."""
        request = pb.ListTemplatesRequest(page_size=query.per_page, page_token=query.cursor or "")
        told = await self._templates.ListTemplates(request, actor=call.person)
        return json(
            shapes.TemplatePage(
                templates=[shown(one) for one in told.templates],
                total=told.total_size,
                next_cursor=told.next_page_token or None,
            )
        )

    async def create(self, call: Call, body: NewTemplate) -> Answer:
        """Make a template."""
        request = pb.CreateTemplateRequest(template=proto(body), request_id=call.request_id())
        told = await self._templates.CreateTemplate(request, actor=call.person)
        made = shown(told.template)
        place = f"{PATH}/{made.id}".encode()
        headers = ((b"location", place), entity_tag(made.etag), position(told.position))
        return json(made, 201, headers=(*headers, *act(told.act)))

    async def get(self, call: Call) -> Answer:
        """Answer with one template."""
        request = pb.GetTemplateRequest(name=_name(call))
        told = await self._templates.GetTemplate(request, actor=call.person)
        return json(shown(told.template), headers=(entity_tag(told.template.etag),))

    async def change(self, call: Call, body: TemplateChange) -> Answer:
        """Change fields of a template."""
        template = proto(body)
        template.name = _name(call)
        request = pb.UpdateTemplateRequest(
            template=template,
            update_mask=FieldMask(
                paths=sorted(PROTO_NAMES.get(name, name) for name in body.said())
            ),
            etag=_version(call),
            request_id=call.request_id(),
        )
        told = await self._templates.UpdateTemplate(request, actor=call.person)
        headers = (entity_tag(told.template.etag), position(told.position))
        return json(shown(told.template), headers=(*headers, *act(told.act)))

    async def delete(self, call: Call) -> Answer:
        """Take a template away."""
        request = pb.DeleteTemplateRequest(
            name=_name(call), etag=_version(call), request_id=call.request_id()
        )
        told = await self._templates.DeleteTemplate(request, actor=call.person)
        return Answer(204, headers=(position(told.position), *act(told.act)))


def proto(fields: TemplateFields) -> template_pb2.Template:
    """Return a proto with what was said; what was not said, or null, stays unset."""
    made = template_pb2.Template()
    for name, value in fields.said().items():
        match name:
            case _ if value is None:
                pass
            case "priority":
                made.priority = PRIORITIES[value]
            case "tags" | "criteria" | "subtasks":
                getattr(made, name).extend(value)
            case _:
                setattr(made, PROTO_NAMES.get(name, name), value)
    return made


def _name(call: Call) -> str:
    return f"workspaces/{call.who.workspace}/templates/{call.params['id']}"


def _version(call: Call) -> str:
    asked = tags(call.header(b"if-match"))
    return "" if not asked or ANY_VERSION in asked else asked[0]
