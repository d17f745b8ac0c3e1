"""TransferService: workspaces and people as files."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from boss.task.v1 import transfer_pb2
from boss.task.v1 import transfer_service_pb2 as pb
from boss.task.v1 import transfer_service_pb2_grpc as rpc

from services.runtime.errors import Invalid, Violation
from services.task import queries
from services.task.commands.writing import Store
from services.task.model import PersonRecord, WorkspaceId
from services.task.rules.absent import person_left, workspace_not_found
from services.task.rules.transfer import require_transfer
from services.task.server.calls import Answers, need_person
from services.task.transfer.exporting import Export

CSV, JSON = transfer_pb2.TRANSFER_FORMAT_CSV, transfer_pb2.TRANSFER_FORMAT_JSON


class TransferServicer(rpc.TransferServiceServicer):
    """Export and import of the caller's workspace."""

    def __init__(self, store: Store, answers: Answers) -> None:
        self._store = store
        self._answers = answers

    async def ExportWorkspace(
        self, request: pb.ExportWorkspaceRequest, _context: Any
    ) -> AsyncIterator[pb.ExportWorkspaceResponse]:
        """The workspace in pieces."""
        workspace, actor = await self._runs()
        require_transfer(actor)
        table = _is_table(request.format)
        found = await queries.get_workspace(self._store.database, workspace)
        if found is None:
            raise workspace_not_found()
        export = Export(self._store.database, found)
        async for piece in export.as_table() if table else export.as_records():
            if piece.content:
                yield pb.ExportWorkspaceResponse(
                    content=piece.content, done=piece.done, total=piece.total
                )

    async def _runs(self) -> tuple[WorkspaceId, PersonRecord]:
        workspace, person = need_person()
        record = (await self._store.roster.of(workspace, (person,))).get(person)
        if record is None:
            raise person_left()
        return workspace, record


def _is_table(asked: int) -> bool:
    if asked not in {transfer_pb2.TRANSFER_FORMAT_UNSPECIFIED, CSV, JSON}:
        fault = "Choose JSON or CSV."
        raise Invalid("FIELDS_INVALID", fault, violations=[Violation("format", fault)])
    return asked == CSV
