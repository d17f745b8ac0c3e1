"""/api/export and /api/import: the caller's workspace as a file, sent and taken as it is read."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

from boss.task.v1 import transfer_pb2
from boss.task.v1 import transfer_service_pb2 as pb
from msgspec import Raw, Struct

from services.gateway import problem
from services.gateway.answer import Answer, Header, Stream, encode, json
from services.gateway.api.tasks import position
from services.gateway.clients import Clients
from services.gateway.operation import Call, Operation, Query
from services.gateway.problem import Refused
from services.runtime.errors import Invalid, ServiceError

LINES = "application/x-ndjson"
TABLE = "text/csv"
# What each form of a file is on the wire, as a type, and how its name ends.
FORMS: dict[str, tuple[Any, str, str]] = {
    "json": (transfer_pb2.TRANSFER_FORMAT_JSON, LINES, "jsonl"),
    "csv": (transfer_pb2.TRANSFER_FORMAT_CSV, TABLE, "csv"),
}
# Refusals of a whole file, with their statuses.
WHOLE = {"FILE_UNREADABLE": 422, "FILE_TOO_LARGE": 413}


class RefusedLine(Struct, frozen=True):
    """A line of a file that is not taken, with all that is wrong with it."""

    line: int
    title: str
    reasons: list[str]


class ImportCounts(Struct, frozen=True):
    """How many of each kind were taken, or would be."""

    people: int
    templates: int
    tasks: int
    comments: int
    time_entries: int
    attendance: int


class ImportResult(Struct, frozen=True):
    """What became of a file; `refused` has the first 1,000 lines, `refused_count` counts all.

    `unused_columns` are the heads of a table's columns that mean nothing here.
    """

    dry_run: bool
    counts: ImportCounts
    refused: list[RefusedLine]
    refused_count: int
    unused_columns: list[str]


class Progress(Struct, frozen=True):
    """How far an import is; the last one has the result, or what it broke off by."""

    done: int
    total: int
    result: ImportResult | None
    problem: Raw | None = None


class ExportQuery(Query, frozen=True):
    """Everything as lines of JSON, or the tasks as a table."""

    format: Literal["json", "csv"] = "json"


class ImportQuery(Query, frozen=True):
    """What the file is, and whether it is only looked at; without a form, by Content-Type."""

    format: Literal["json", "csv"] | None = None
    dry_run: bool = False


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
                {200: str}, query=ExportQuery, media_type=LINES,
            ),
            Operation(
                "POST", "/api/import", self.take,
                "Take a file: of `/api/export`, or a table of tasks. With "
                "`Accept: application/x-ndjson` it answers with progress, a line each time",
                {200: ImportResult}, query=ImportQuery, files=(LINES, TABLE),
                headers=("Idempotency-Key",), problems=(409,),
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
        return Stream(contents(first, responses), headers, utf8(media_type), whole=True)

    async def take(self, call: Call, query: ImportQuery) -> Answer | Stream:
        """Take a file as it comes in."""
        first = pb.ImportWorkspaceRequest(
            format=FORMS[query.format or _form_of(call)][0],
            dry_run=query.dry_run,
            request_id=call.request_id(),
        )
        responses = self._transfer.ImportWorkspace(_pieces(call, first), actor=call.person)
        try:
            told = await anext(responses)
            if LINES in (call.header(b"accept") or ""):
                return Stream(_progress(told, responses), (), utf8(LINES), whole=True)
            async for one in responses:
                told = one
        except Invalid as error:
            if error.reason in WHOLE:
                raise Refused(WHOLE[error.reason], error.reason, error.message) from error
            raise
        return json(_result(told.result), headers=(position(told.result.position),))


def utf8(media_type: str) -> bytes:
    """Return a type of text with its encoding."""
    return f"{media_type}; charset=utf-8".encode()


def _form_of(call: Call) -> str:
    told = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    if told not in {LINES, TABLE}:
        detail = f"Say which form the file has: format=json or format=csv, or {LINES} or {TABLE}."
        raise Refused(
            415, "MEDIA_TYPE", detail, headers=((b"accept", f"{LINES}, {TABLE}".encode()),)
        )
    return "csv" if told == TABLE else "json"


async def contents(first: Any, responses: Any) -> AsyncIterator[bytes]:
    """Yield the pieces of a file, of which the first was waited for."""
    async with responses:
        yield first.content
        async for told in responses:
            yield told.content


async def _pieces(call: Call, first: Any) -> AsyncIterator[Any]:
    """Yield the body as it comes; one that breaks off ends without being complete."""
    yield first
    while True:
        message = await call.receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
        yield pb.ImportWorkspaceRequest(content=message.get("body", b""), complete=not more)
        if not more:
            return


async def _progress(first: Any, responses: Any) -> AsyncIterator[bytes]:
    told = first
    try:
        async with responses:
            yield _line(told)
            async for one in responses:
                told = one
                yield _line(told)
    except ServiceError as error:
        # The status is long out; what was taken stays, and the same request goes on.
        body = problem.of_error(error, in_query=False).body
        yield encode(Progress(told.done, told.total, None, Raw(body))) + b"\n"


def _line(told: pb.ImportWorkspaceResponse) -> bytes:
    result = _result(told.result) if told.HasField("result") else None
    return encode(Progress(told.done, told.total, result)) + b"\n"


def _result(result: pb.ImportResult) -> ImportResult:
    counts = result.counts
    return ImportResult(
        dry_run=result.dry_run,
        counts=ImportCounts(
            people=counts.people,
            templates=counts.templates,
            tasks=counts.tasks,
            comments=counts.comments,
            time_entries=counts.time_entries,
            attendance=counts.attendance,
        ),
        refused=[RefusedLine(one.line, one.title, list(one.reasons)) for one in result.refused],
        refused_count=result.refused_count,
        unused_columns=list(result.unused_columns),
    )
