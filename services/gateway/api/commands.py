"""/api/tasks/{id}:start and its like: what moves a task from one state to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from boss.task.v1 import task_service_pb2 as pb

from services.gateway import shapes
from services.gateway.answer import Answer
from services.gateway.api.task_input import LONGEST_NOTE
from services.gateway.api.tasks import changed
from services.gateway.clients import Clients
from services.gateway.fields import task_name, text
from services.gateway.operation import Call, Handler, Input, Nothing, Operation
from services.gateway.rendered import Rendered

Note = Annotated[str, text(LONGEST_NOTE)]


class Notes(Input, frozen=True):
    """Notes for whoever approves it."""

    notes: Note = ""


class Approval(Input, frozen=True):
    """A word with the approval."""

    note: Note = ""


class Rejection(Input, frozen=True):
    """What is still to be done."""

    feedback: Note = ""


class Reason(Input, frozen=True):
    """Why."""

    reason: Note = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A verb, the RPC that does it, and what may be said with it."""

    verb: str
    rpc: str
    request: Any
    body: type[Input]
    summary: str


COMMANDS = (
    Command("start", "StartTask", pb.StartTaskRequest, Nothing, "Begin, or begin again"),
    Command("submit", "SubmitTask", pb.SubmitTaskRequest, Notes, "Hand in for approval"),
    Command(
        "approve", "ApproveTask", pb.ApproveTaskRequest, Approval, "Approve what was handed in"
    ),
    Command(
        "reject", "RejectTask", pb.RejectTaskRequest, Rejection, "Send back what was handed in"
    ),
    Command("complete", "CompleteTask", pb.CompleteTaskRequest, Nothing, "Mark as done"),
    Command("cancel", "CancelTask", pb.CancelTaskRequest, Reason, "Give up a task"),
)


class Commands:
    """The commands on one task."""

    def __init__(self, clients: Clients, rendered: Rendered) -> None:
        self._task = clients.task
        self._rendered = rendered

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return [
            Operation(
                "POST",
                f"/api/tasks/{{id}}:{command.verb}",
                self._doing(command),
                command.summary,
                {200: shapes.Task},
                body=command.body,
                body_needed=False,
                headers=("Idempotency-Key",),
                problems=(404, 409),
            )
            for command in COMMANDS
        ]

    def _doing(self, command: Command) -> Handler:
        rpc = getattr(self._task, command.rpc)

        async def do(call: Call, body: Input) -> Answer:
            name = task_name(call.params["id"], call.who.workspace)
            request = command.request(name=name, request_id=call.request_id(), **body.said())
            return changed(await rpc(request, actor=call.person), self._rendered)

        return do
