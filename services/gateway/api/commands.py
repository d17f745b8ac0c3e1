"""/api/tasks/{id}:start and its like: what moves a task from one state to the next."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from boss.task.v1 import task_pb2
from boss.task.v1 import task_service_pb2 as pb
from msgspec import UNSET, UnsetType

from services.gateway import shapes
from services.gateway.answer import Answer
from services.gateway.api.task_input import LONGEST_NOTE
from services.gateway.api.tasks import changed
from services.gateway.clients import Clients
from services.gateway.fields import Moment, task_name, text, timestamp
from services.gateway.operation import Call, Handler, Input, Nothing, Operation
from services.gateway.rendered import Rendered

LONGEST_REASON = 1_000
Note = Annotated[str, text(LONGEST_NOTE)]
Why = Annotated[str, text(LONGEST_REASON)]

_SUBTASKS = {"close": task_pb2.OPEN_SUBTASKS_CLOSE, "leave": task_pb2.OPEN_SUBTASKS_LEAVE}
_BLOCK_REASONS = {
    "dependency": task_pb2.BLOCK_REASON_DEPENDENCY,
    "information": task_pb2.BLOCK_REASON_INFORMATION,
    "external": task_pb2.BLOCK_REASON_EXTERNAL,
}
# What the requests call otherwise, or hold in another form.
_SAID: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "subtasks": ("open_subtasks", _SUBTASKS.__getitem__),
    "block_reason": ("block_reason", _BLOCK_REASONS.__getitem__),
    "deadline": ("deadline", timestamp),
}


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

    reason: Why = ""


class Ending(Input, frozen=True):
    """What becomes of open subtasks; it is asked where there are any and nothing is said."""

    subtasks: Literal["close", "leave"] | UnsetType = UNSET


class Giving(Ending, frozen=True):
    """Why, and what becomes of open subtasks."""

    reason: Why = ""


class Blocking(Reason, frozen=True):
    """Why, and what it waits for."""

    block_reason: Literal["dependency", "information", "external"] | UnsetType = UNSET


class Delay(Input, frozen=True):
    """The new deadline, and why it is put off."""

    deadline: Moment
    reason: Annotated[str, text(LONGEST_REASON, 1)]


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
    Command("complete", "CompleteTask", pb.CompleteTaskRequest, Ending, "Mark as done"),
    Command("cancel", "CancelTask", pb.CancelTaskRequest, Giving, "Give up a task"),
    Command("block", "BlockTask", pb.BlockTaskRequest, Blocking, "Say what it waits for"),
    Command("unblock", "UnblockTask", pb.UnblockTaskRequest, Nothing, "Go on where it was"),
    Command("hold", "HoldTask", pb.HoldTaskRequest, Reason, "Put on hold; reminders pause"),
    Command("resume", "ResumeTask", pb.ResumeTaskRequest, Nothing, "Go on where it was"),
    Command("reopen", "ReopenTask", pb.ReopenTaskRequest, Reason, "Open a closed task again"),
    Command("delay", "DelayTask", pb.DelayTaskRequest, Delay, "Put the deadline off, and say why"),
    Command("restore", "RestoreTask", pb.RestoreTaskRequest, Nothing, "Bring a deleted task back"),
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
                body_needed=command.body is Delay,
                headers=("Idempotency-Key",),
                problems=(404, 409),
            )
            for command in COMMANDS
        ]

    def _doing(self, command: Command) -> Handler:
        rpc = getattr(self._task, command.rpc)

        async def do(call: Call, body: Input) -> Answer:
            name = task_name(call.params["id"], call.who.workspace)
            request = command.request(name=name, request_id=call.request_id(), **_said(body))
            return changed(await rpc(request, actor=call.person), self._rendered)

        return do


def _said(body: Input) -> dict[str, Any]:
    """What a body says, as its request holds it."""
    said = {}
    for name, value in body.said().items():
        field, form = _SAID.get(name, (name, None))
        said[field] = form(value) if form else value
    return said
