"""/api/undo and /api/redo: taking back one's own acts, and doing them again."""

from collections.abc import Sequence
from uuid import UUID

from boss.task.v1 import task_service_pb2 as pb

from services.gateway import present, shapes
from services.gateway.answer import Answer, json
from services.gateway.api.tasks import position
from services.gateway.clients import Clients
from services.gateway.operation import Call, Input, Nothing, Operation


class Act(Input, frozen=True):
    """Which act: one that an answer named in X-Boss-Act; without it the last one."""

    act: UUID | None = None


class Undo:
    """The caller's own acts."""

    def __init__(self, clients: Clients) -> None:
        self._task = clients.task

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "POST", "/api/undo", self.undo, "Take back an act of the caller",
                {200: shapes.Undone}, body=Act, body_needed=False,
                headers=("Idempotency-Key",), problems=(404, 409),
            ),
            Operation(
                "POST", "/api/redo", self.redo, "Do again what the caller last took back",
                {200: shapes.Undone}, body=Nothing, body_needed=False,
                headers=("Idempotency-Key",), problems=(409,),
            ),
        )  # fmt: skip

    async def undo(self, call: Call, body: Act) -> Answer:
        """Take back an act."""
        request = pb.UndoRequest(
            act="" if body.act is None else str(body.act), request_id=call.request_id()
        )
        return undone(await self._task.Undo(request, actor=call.person))

    async def redo(self, call: Call, _body: Nothing) -> Answer:
        """Do again what was taken back."""
        request = pb.RedoRequest(request_id=call.request_id())
        return undone(await self._task.Redo(request, actor=call.person))


def undone(told: pb.UndoResponse | pb.RedoResponse) -> Answer:
    """Answer with what was taken back or done again."""
    return json(
        shapes.Undone(
            summary=told.summary,
            act=told.act,
            tasks=[present.task(one) for one in told.tasks],
            kept=[present.kept(one) for one in told.kept],
            people=[present.person(one) for one in told.people],
            workspace=present.workspace(told.workspace) if told.HasField("workspace") else None,
            others=[present.subject(name) for name in told.others],
        ),
        headers=(position(told.position),),
    )
