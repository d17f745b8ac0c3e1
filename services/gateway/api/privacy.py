"""/api/people/{id}/export and :erase: what is kept of a person, given out or erased."""

from collections.abc import Sequence

from boss.task.v1 import transfer_service_pb2 as pb

from services.gateway import present, shapes
from services.gateway.answer import Answer, Header, Stream, json
from services.gateway.api.tasks import position
from services.gateway.api.transfer import LINES, contents, utf8
from services.gateway.clients import Clients
from services.gateway.directory import MYSELF
from services.gateway.fields import person_name
from services.gateway.operation import Call, Nothing, Operation


class Privacy:
    """What is kept of people of the caller's workspace."""

    def __init__(self, clients: Clients) -> None:
        self._transfer = clients.transfer

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", "/api/people/{id}/export", self.export,
                "Everything that is kept of a person, as lines of JSON; `me` is the caller",
                {200: str}, media_type=LINES, problems=(404,),
            ),
            Operation(
                "POST", "/api/people/{id}:erase", self.erase,
                "Erase a person who has left, for ever; for the owner", {200: shapes.Person},
                body=Nothing, body_needed=False, headers=("Idempotency-Key",),
                problems=(404, 409),
            ),
        )  # fmt: skip

    async def export(self, call: Call) -> Stream:
        """Answer with the file, as it is read."""
        request = pb.ExportPersonRequest(name=_name(call))
        responses = self._transfer.ExportPerson(request, actor=call.person)
        # A refusal is told as one, before anything is sent.
        first = await anext(responses)
        ident = present.person_id(request.name)
        name = f'attachment; filename="{ident}.jsonl"'.encode()
        headers: tuple[Header, ...] = ((b"content-disposition", name),)
        return Stream(contents(first, responses), headers, utf8(LINES), whole=True)

    async def erase(self, call: Call, _body: Nothing) -> Answer:
        """Erase a person."""
        request = pb.ErasePersonRequest(name=_name(call), request_id=call.request_id())
        told = await self._transfer.ErasePerson(request, actor=call.person)
        return json(present.person(told.person), headers=(position(told.position),))


def _name(call: Call) -> str:
    asked = call.params["id"]
    return person_name(str(call.person) if asked == MYSELF else asked, call.who.workspace)
