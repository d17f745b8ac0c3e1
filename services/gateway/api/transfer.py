"""/api/export: the caller's workspace as a file, sent as it is read."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

from boss.task.v1 import transfer_pb2
from boss.task.v1 import transfer_service_pb2 as pb

from services.gateway.answer import Header, Stream
from services.gateway.clients import Clients
from services.gateway.operation import Call, Operation, Query

# What each form of a file is on the wire, as a type, and how its name ends.
FORMS: dict[str, tuple[Any, bytes, str]] = {
    "json": (transfer_pb2.TRANSFER_FORMAT_JSON, b"application/x-ndjson; charset=utf-8", "jsonl"),
    "csv": (transfer_pb2.TRANSFER_FORMAT_CSV, b"text/csv; charset=utf-8", "csv"),
}


class ExportQuery(Query, frozen=True):
    """Everything as lines of JSON, or the tasks as a table."""

    format: Literal["json", "csv"] = "json"


class Transfer:
    """The caller's workspace as a file."""

    def __init__(self, clients: Clients) -> None:
        self._transfer = clients.transfer

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", "/api/export", self.export,
                "The workspace as a file: everything as lines of JSON, or the tasks as a table",
                {200: str}, query=ExportQuery, media_type="application/x-ndjson",
            ),
        )  # fmt: skip

    async def export(self, call: Call, query: ExportQuery) -> Stream:
        """Answer with the file, as it is read; how many records it will have comes first."""
        form, media_type, ending = FORMS[query.format]
        request = pb.ExportWorkspaceRequest(format=form)
        responses = self._transfer.ExportWorkspace(request, actor=call.person)
        # A refusal is told as one, before anything is sent.
        first = await anext(responses)
        name = f'attachment; filename="boss-export.{ending}"'.encode()
        headers: tuple[Header, ...] = (
            (b"content-disposition", name),
            (b"x-boss-total", str(first.total).encode()),
        )
        return Stream(_pieces(first, responses), headers, media_type, whole=True)


async def _pieces(first: Any, responses: Any) -> AsyncIterator[bytes]:
    async with responses:
        yield first.content
        async for told in responses:
            yield told.content
