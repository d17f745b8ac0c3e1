"""/api/tasks/{id}:reorderSubtasks: in which order the parts of a task come."""

from collections.abc import Sequence
from typing import Annotated

from boss.task.v1 import task_service_pb2 as pb
from msgspec import Meta

from services.gateway import shapes
from services.gateway.answer import Answer
from services.gateway.api.task_protos import task_numbers
from services.gateway.api.tasks import changed
from services.gateway.clients import Clients
from services.gateway.fields import TaskInput, task_name
from services.gateway.operation import Call, Input, Operation
from services.gateway.rendered import Rendered


class Order(Input, frozen=True):
    """Subtasks in the order wanted; those left out come behind, in the order they had."""

    subtasks: Annotated[list[TaskInput], Meta(min_length=1, max_length=100)]


class Ordering:
    """The order of subtasks."""

    def __init__(self, clients: Clients, rendered: Rendered) -> None:
        self._task = clients.task
        self._rendered = rendered

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "POST", "/api/tasks/{id}:reorderSubtasks", self.reorder,
                "Put the subtasks of a task in order", {200: shapes.Task}, body=Order,
                headers=("Idempotency-Key",), problems=(404, 409),
            ),
        )  # fmt: skip

    async def reorder(self, call: Call, body: Order) -> Answer:
        """Answer with the task whose subtasks come in this order."""
        workspace = call.who.workspace
        numbers = task_numbers(body.subtasks, at="subtasks")
        request = pb.ReorderSubtasksRequest(
            name=task_name(call.params["id"], workspace),
            subtasks=[f"workspaces/{workspace}/tasks/{number}" for number in numbers],
            request_id=call.request_id(),
        )
        return changed(await self._task.ReorderSubtasks(request, actor=call.person), self._rendered)
