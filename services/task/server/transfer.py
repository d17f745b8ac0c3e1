"""TransferService: workspaces and people as files."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from boss.task.v1 import transfer_pb2
from boss.task.v1 import transfer_service_pb2 as pb
from boss.task.v1 import transfer_service_pb2_grpc as rpc

from services.runtime.errors import Invalid, ServiceError, Violation
from services.task import queries
from services.task.commands.storing import Answer
from services.task.commands.writing import Store
from services.task.convert.checks import Faults
from services.task.convert.names import person_target
from services.task.convert.people import person_to_proto
from services.task.erasing import erase_person
from services.task.model import PersonRecord, WorkspaceId
from services.task.rules.absent import person_left, person_not_found, workspace_not_found
from services.task.rules.transfer import require_transfer
from services.task.server.calls import Answers, asked, need_person
from services.task.transfer.exporting import Export
from services.task.transfer.file import MOST_BYTES, too_large, unreadable
from services.task.transfer.importing import Progress, run_import
from services.task.transfer.person import of_person

CSV, JSON = transfer_pb2.TRANSFER_FORMAT_CSV, transfer_pb2.TRANSFER_FORMAT_JSON

ORIGIN = "import"
DRAIN_S = 2.0


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

    async def ImportWorkspace(
        self, requests: AsyncIterator[pb.ImportWorkspaceRequest], _context: Any
    ) -> AsyncIterator[pb.ImportWorkspaceResponse]:
        """Takes a file, with progress."""
        try:
            _, actor = await self._runs()
            require_transfer(actor)
            first, content = await _received(requests)
        except ServiceError:
            await _drain(requests)
            raise
        faults = Faults()
        request_id = faults.request_id(first.request_id)
        faults.raise_if_any()
        table = _is_table(first.format)
        digest = hashlib.blake2b(content, digest_size=16).digest()
        whole = pb.ImportWorkspaceRequest(format=CSV if table else JSON, content=digest)
        ask = replace(asked(whole, request_id), origin=ORIGIN)
        position = 0
        last = None
        async for progress in run_import(
            self._store, ask, content, table=table, dry_run=first.dry_run
        ):
            last = progress
            if progress.written is not None:
                done = await self._answers.complete(progress.written, pb.ImportPlan, ask.workspace)
                position = max(position, done.position)
            yield pb.ImportWorkspaceResponse(done=progress.done, total=progress.total)
        if last is not None:
            result = _result(last, position, dry_run=first.dry_run)
            yield pb.ImportWorkspaceResponse(done=last.done, total=last.total, result=result)

    async def ExportPerson(
        self, request: pb.ExportPersonRequest, _context: Any
    ) -> AsyncIterator[pb.ExportPersonResponse]:
        """What is kept of a person, in pieces."""
        workspace, actor = await self._runs()
        _, ident = person_target(request.name, workspace)
        if ident != actor.id:
            require_transfer(actor)
        found = (await self._store.roster.of(workspace, (ident,))).get(ident)
        if found is None:
            raise person_not_found()
        async for content in of_person(self._store.database, found):
            yield pb.ExportPersonResponse(content=content)

    async def ErasePerson(
        self, request: pb.ErasePersonRequest, _context: Any
    ) -> pb.ErasePersonResponse:
        """Erases a person who has left."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        faults.raise_if_any()
        _, ident = person_target(request.name, ask.workspace)

        def compose(record: PersonRecord) -> Answer:
            return pb.ErasePersonResponse(person=person_to_proto(record))

        written = await erase_person(self._store, ask, ident, compose)
        return await self._answers.complete(written, pb.ErasePersonResponse, ask.workspace)

    async def _runs(self) -> tuple[WorkspaceId, PersonRecord]:
        workspace, person = need_person()
        record = (await self._store.roster.of(workspace, (person,))).get(person)
        if record is None:
            raise person_left()
        return workspace, record


async def _received(
    requests: AsyncIterator[pb.ImportWorkspaceRequest],
) -> tuple[pb.ImportWorkspaceRequest, bytes]:
    """The first message without its piece, and the whole file. Raises Invalid FILE_UNREADABLE."""
    first = pb.ImportWorkspaceRequest()
    pieces: list[bytes] = []
    size, complete = 0, False
    async for request in requests:
        if not pieces:
            first.CopyFrom(request)
            first.ClearField("content")
            first.ClearField("complete")
        size += len(request.content)
        if size > MOST_BYTES:
            raise too_large()
        pieces.append(request.content)
        complete = request.complete
    if not complete:
        raise unreadable("The file broke off: send it again.")
    return first, b"".join(pieces)


async def _drain(requests: AsyncIterator[pb.ImportWorkspaceRequest]) -> None:
    """Take what is still being sent: who sends while a call ends may be told INTERNAL instead."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            async for _ in requests:
                pass


def _result(last: Progress, position: int, *, dry_run: bool) -> pb.ImportResult:
    return pb.ImportResult(
        dry_run=dry_run,
        counts=last.plan.counts,
        refused=last.plan.refused,
        refused_count=last.plan.refused_count,
        position=position,
        unused_columns=last.plan.unused_columns,
    )


def _is_table(asked: int) -> bool:
    if asked not in {transfer_pb2.TRANSFER_FORMAT_UNSPECIFIED, CSV, JSON}:
        fault = "Choose JSON or CSV."
        raise Invalid("FIELDS_INVALID", fault, violations=[Violation("format", fault)])
    return asked == CSV
