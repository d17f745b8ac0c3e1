"""/api/tasks/{id}:watch and its like: small steps of those who take part in a task."""

from collections.abc import Sequence
from typing import Annotated, Any

from boss.task.v1 import participation_service_pb2 as pb
from msgspec import Meta

from services.gateway import shapes
from services.gateway.answer import Answer
from services.gateway.api.task_input import AttachmentInput
from services.gateway.api.task_protos import attachment
from services.gateway.api.tasks import changed
from services.gateway.clients import Clients
from services.gateway.fields import number_of, task_name, text
from services.gateway.operation import Call, Input, Nothing, Operation, Query
from services.gateway.rendered import Rendered

Place = Annotated[int, Meta(ge=0, lt=1_000)]


class Why(Input, frozen=True):
    """Why not; who made the task is told."""

    reason: Annotated[str, text(1_000)] = ""


class Tick(Input, frozen=True, kw_only=True):
    """Which criterion, from 0, what stands there, and whether it is met."""

    index: Place
    text: Annotated[str, text(500, 1)]
    done: bool = True


class Which(Query, frozen=True, kw_only=True):
    """What the file at this place is called."""

    name: Annotated[str, text(255, 1)]


class Participation:
    """Watching, ticking, answering suggestions, attaching."""

    def __init__(self, clients: Clients, rendered: Rendered) -> None:
        self._steps = clients.participation
        self._rendered = rendered

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            self._operation("watch", self.watch, "Hear of what happens to a task", Nothing),
            self._operation("unwatch", self.unwatch, "Hear of it no longer", Nothing),
            self._operation("accept", self.accept, "Take a task that was suggested", Nothing),
            self._operation("decline", self.decline, "Don't take it, and say why", Why),
            self._operation("tick", self.tick, "Say whether a criterion is met", Tick, needed=True),
            Operation(
                "POST", "/api/tasks/{id}/attachments", self.attach, "Add a file by reference",
                {200: shapes.Task}, body=AttachmentInput, headers=("Idempotency-Key",),
                problems=(404, 409),
            ),
            Operation(
                "DELETE", "/api/tasks/{id}/attachments/{index}", self.detach,
                "Take a file away; `name` is what it is called", {200: shapes.Task}, query=Which,
                headers=("Idempotency-Key",), problems=(404, 409, 412),
            ),
        )  # fmt: skip

    def _operation(
        self, verb: str, handler: Any, summary: str, body: type[Input], *, needed: bool = False
    ) -> Operation:
        return Operation(
            "POST",
            f"/api/tasks/{{id}}:{verb}",
            handler,
            summary,
            {200: shapes.Task},
            body=body,
            body_needed=needed,
            headers=("Idempotency-Key",),
            problems=(404, 409, 412),
        )

    async def watch(self, call: Call, _body: Nothing) -> Answer:
        """Watch a task."""
        return await self._do(call, self._steps.WatchTask, pb.WatchTaskRequest, watch=True)

    async def unwatch(self, call: Call, _body: Nothing) -> Answer:
        """Watch it no longer."""
        return await self._do(call, self._steps.WatchTask, pb.WatchTaskRequest, watch=False)

    async def accept(self, call: Call, _body: Nothing) -> Answer:
        """Take a suggested task."""
        return await self._do(call, self._steps.AcceptTask, pb.AcceptTaskRequest)

    async def decline(self, call: Call, body: Why) -> Answer:
        """Decline it."""
        request = pb.DeclineTaskRequest
        return await self._do(call, self._steps.DeclineTask, request, reason=body.reason)

    async def tick(self, call: Call, body: Tick) -> Answer:
        """Tick a criterion, or take the tick away."""
        return await self._do(
            call, self._steps.TickCriterion, pb.TickCriterionRequest, **body.said()
        )

    async def attach(self, call: Call, body: AttachmentInput) -> Answer:
        """Add a file."""
        request = pb.AddAttachmentRequest
        return await self._do(call, self._steps.AddAttachment, request, attachment=attachment(body))

    async def detach(self, call: Call, query: Which) -> Answer:
        """Take a file away."""
        index = number_of(call.params["index"], reason="ATTACHMENT_NOT_FOUND", what="attachment")
        request = pb.RemoveAttachmentRequest
        return await self._do(
            call,
            self._steps.RemoveAttachment,
            request,
            index=min(index, 1_000),
            file_name=query.name,
        )

    async def _do(self, call: Call, rpc: Any, request: Any, **fields: Any) -> Answer:
        name = task_name(call.params["id"], call.who.workspace)
        asked = request(name=name, request_id=call.request_id(), **fields)
        return changed(await rpc(asked, actor=call.person), self._rendered)
