"""POST /api/tasks:batchUpdate: many tasks changed, or commanded, as one act."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from boss.task.v1 import task_pb2
from boss.task.v1 import task_service_pb2 as pb
from msgspec import UNSET, Meta, UnsetType

from services.gateway import present, shapes
from services.gateway.answer import Answer, json
from services.gateway.api import task_protos
from services.gateway.api.task_input import TaskChange
from services.gateway.api.tasks import act, position
from services.gateway.clients import Clients
from services.gateway.directory import Directory
from services.gateway.fields import TaskInput, text
from services.gateway.operation import Call, Input, Operation
from services.gateway.rendered import Rendered
from services.runtime.errors import Invalid, Violation

LARGEST_BATCH = 500
LONGEST_REASON = 1_000
Why = Annotated[str, text(LONGEST_REASON)]
COMMANDS: dict[str, Any] = {
    word: at for at, word in enumerate(present.words(pb.BatchCommand, "BATCH_COMMAND_")) if at
}


class BatchChange(Input, frozen=True):
    """Which tasks, and either what all of them become or the command that all are given."""

    ids: Annotated[list[TaskInput], Meta(min_length=1, max_length=LARGEST_BATCH)]
    changes: TaskChange | UnsetType = UNSET
    command: (
        Literal[
            "start",
            "submit",
            "approve",
            "complete",
            "cancel",
            "hold",
            "resume",
            "delete",
            "reopen",
        ]
        | UnsetType
    ) = UNSET
    # Why, or what is said with the command.
    text: Why = ""
    # Leaves out what can't be changed, and tells of it, instead of refusing all.
    skip_refused: bool = False

    def __post_init__(self) -> None:
        if (self.changes is UNSET) == (self.command is UNSET):
            raise ValueError("Give either changes or a command")
        if self.text and self.command is UNSET:
            raise ValueError("A text goes with a command")


class Batch:
    """Changes of many tasks."""

    def __init__(self, clients: Clients, directory: Directory, rendered: Rendered) -> None:
        self._task = clients.task
        self._directory = directory
        self._rendered = rendered

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "POST", "/api/tasks:batchUpdate", self.change_many,
                "Change many tasks, or give all of them a command, as one act",
                {200: shapes.ChangedTasks}, body=BatchChange, headers=("Idempotency-Key",),
                problems=(404, 409),
            ),
        )  # fmt: skip

    async def change_many(self, call: Call, body: BatchChange) -> Answer:
        """Change tasks as one act."""
        numbers = task_protos.task_numbers(body.ids, at="ids")
        # A task that is named twice is changed once.
        once = list(dict.fromkeys(numbers))
        request = pb.BatchUpdateTasksRequest(
            names=[f"workspaces/{call.who.workspace}/tasks/{number}" for number in once],
            text=body.text,
            skip_refused=body.skip_refused,
            request_id=call.request_id(),
        )
        if body.command is not UNSET:
            request.command = COMMANDS[body.command]
        if body.changes is not UNSET:
            request.task.CopyFrom(await self._wanted(call, body.changes))
            request.update_mask.CopyFrom(task_protos.mask(body.changes))
        try:
            told = await self._task.BatchUpdateTasks(request, actor=call.person)
        except Invalid as error:
            raise _in_own_words(error, [numbers.index(number) for number in once]) from error
        changed = shapes.ChangedTasks(
            tasks=[self._rendered.task(one) for one in told.tasks],
            refused=[
                shapes.RefusedTask(
                    present.task_id(one.name), one.reason.lower().replace("_", "-"), one.message
                )
                for one in told.refused
            ],
            parents_completable=[present.task_ref(one) for one in told.parents_completable],
        )
        return json(changed, headers=(position(told.position), *act(told.act)))

    async def _wanted(self, call: Call, changes: TaskChange) -> task_pb2.Task:
        (task,) = await task_protos.protos(
            [changes], call.who, self._directory, places=("changes.",)
        )
        return task


def _in_own_words(error: Invalid, places: Sequence[int]) -> Invalid:
    """Return the error with its fields as the body calls them."""
    return Invalid(
        error.reason,
        error.message,
        violations=[
            Violation(_field(wrong.field, places), wrong.detail) for wrong in error.violations
        ],
        metadata=error.metadata,
    )


def _field(field: str, places: Sequence[int]) -> str:
    step, _, rest = field.partition(".")
    if step == "task":
        return f"changes.{rest}"
    if step.startswith("names["):
        return f"ids[{places[int(step[len('names[') : -1])]}]"
    return field
