"""/api/messages: talking with the bot over HTTP, as the console and `boss chat` do.

The same inbox and the same dialog as Telegram's. The answer is kept in the inbox row, so that it
does not matter which replica makes it, and a repeated Idempotency-Key is told it again.
"""

import asyncio
import time
import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

import msgspec
from boss.task.v1 import person_pb2

from services.gateway.answer import Answer, json
from services.gateway.api.tasks import position
from services.gateway.dialog import convert
from services.gateway.dialog.acquaintances import Acquaintances
from services.gateway.dialog.answers import Answer as Told
from services.gateway.dialog.face import Heard, Said, Unanswerable, Where
from services.gateway.dialog.model import Incoming, Pressed, Written
from services.gateway.dialog.shown import Shown
from services.gateway.directory import Directory
from services.gateway.fields import PersonInput, text, written
from services.gateway.inbox import Inbox, Row
from services.gateway.operation import Call, Identity, Input, Operation
from services.gateway.problem import Refused
from services.runtime import clock
from services.runtime.errors import Forbidden, NotFound

WAIT_S = 35.0
# How often the row is looked at, for where another replica does the work.
LOOK_S = 2.0
LONGEST_TEXT = 8000
LONGEST_BUTTON = 64
CHAT = "web:"
LEADERS = (person_pb2.ROLE_OWNER, person_pb2.ROLE_BOSS)


MessageText = Annotated[str, text(LONGEST_TEXT, 1)]
ButtonData = Annotated[str, text(LONGEST_BUTTON, 1)]


class NewMessage(Input, frozen=True):
    """What is said, or the data of the button that is pressed; `as` for set-up and tests."""

    text: MessageText | None = None
    button: ButtonData | None = None
    as_: PersonInput | None = msgspec.field(default=None, name="as")

    def __post_init__(self) -> None:
        if (self.text is None) == (self.button is None):
            raise ValueError("Send either text or button")


class Waiting(msgspec.Struct, frozen=True):
    """A message whose answer takes longer: ask for it by its id."""

    id: str


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message as its inbox row keeps it."""

    workspace: int
    person: int
    text: str | None = None
    button: str | None = None
    # Through what it came, where the source does not tell.
    origin: str = ""


class Messages:
    """Messages of signed-in people, and their answers."""

    def __init__(self, inbox: Inbox, directory: Directory, *, wait_s: float = WAIT_S) -> None:
        self._inbox = inbox
        self._directory = directory
        self._wait_s = wait_s

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "POST", "/api/messages", self.say, "Say something to the bot, or press a button",
                {200: Shown, 202: Waiting}, body=NewMessage, waits=True,
                headers=("Idempotency-Key",), problems=(403, 422),
            ),
            Operation(
                "GET", "/api/messages/{id}", self.get, "The answer to a message that took longer",
                {200: Shown, 202: Waiting}, problems=(404,),
            ),
        )  # fmt: skip

    async def say(self, call: Call, body: NewMessage) -> Answer:
        """Keep a message and wait for its answer."""
        speaker = await self._speaker(call.who, None if body.as_ is None else written(body.as_))
        source = source_of(call.who)
        external_id = call.idempotency_key or str(uuid.uuid4())
        chat = f"{CHAT}{speaker.person}"
        origin = call.origin if call.origin == "cli" else ""
        kept = msgspec.json.encode(
            Body(speaker.workspace, speaker.person, body.text, body.button, origin)
        ).decode()
        async with self._inbox.waiting(source, external_id) as answer:
            accepted = await self._inbox.accept(
                source=source,
                external_id=external_id,
                chat=chat,
                body=kept,
                received_at=clock.now(),
            )
            number = accepted.id
            if number is None:
                number = await self._known(source, external_id, kept)
            return await self._answer(call.who, number, chat, answer)

    async def get(self, call: Call) -> Answer:
        """Return the answer of a message, or say that it is still on its way."""
        asked = call.params["id"]
        chat = f"{CHAT}{call.person}"
        found = None
        if asked.isascii() and asked.isdecimal() and len(asked) < len(str(2**63)):
            found = await self._inbox.get(int(asked))
        if found is None or (
            found["chat"] != chat and not await self._leads(call.who, found["chat"])
        ):
            raise NotFound("MESSAGE_NOT_FOUND", "There is no such message.")
        if found["answer"] is None:
            return json(Waiting(asked), HTTPStatus.ACCEPTED)
        return await self._told(call.who, found["answer"], elsewhere=True)

    async def _speaker(self, who: Identity, named: str | None) -> Identity:
        """Return as whom a message is said: another one only where a boss says so."""
        if named is None:
            return who
        caller, person = await self._directory.find([("as", "me"), ("as", named)], who)
        if caller.name != person.name and caller.role not in LEADERS:
            raise Forbidden("ROLE", "Only the owner and bosses may speak as others.")
        if person.role == person_pb2.ROLE_OWNER and caller.role != person_pb2.ROLE_OWNER:
            raise Forbidden("ROLE", "Only the owner may speak as the owner.")
        return Identity(who.workspace, int(person.name.rpartition("/")[2]))

    async def _leads(self, who: Identity, chat: str) -> bool:
        """Return whether the caller may see the answers of this chat, of the own workspace."""
        if not chat.startswith(CHAT):
            return False
        roster = await self._directory.roster(who)
        caller, other = roster.number(who.person), roster.number(int(chat.removeprefix(CHAT)))
        return caller is not None and other is not None and caller.role in LEADERS

    async def _known(self, source: str, external_id: str, body: str) -> int:
        found = await self._inbox.find(source, external_id)
        if found is None or found["body"] != body:
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "IDEMPOTENCY_KEY_REUSED",
                "This Idempotency-Key came with another message before: use a new one for each.",
            )
        number: int = found["id"]
        return number

    async def _answer(
        self, who: Identity, number: int, chat: str, told: asyncio.Future[str]
    ) -> Answer:
        """Wait for the answer: told by this process, or found in the row."""
        ends = time.monotonic() + self._wait_s
        while (left := ends - time.monotonic()) > 0:
            await asyncio.wait((told,), timeout=min(LOOK_S, left))
            if told.done():
                return await self._told(who, told.result(), elsewhere=False)
            found = await self._inbox.get(number)
            if found is not None and found["chat"] == chat and found["answer"] is not None:
                return await self._told(who, found["answer"], elsewhere=True)
        location = (b"location", f"/api/messages/{number}".encode())
        return json(Waiting(str(number)), HTTPStatus.ACCEPTED, headers=(location,))

    async def _told(self, who: Identity, answer: str, *, elsewhere: bool) -> Answer:
        """Answer a message that may have been a write, and so tells its position."""
        reached = await self._directory.position(who, elsewhere=elsewhere)
        return Answer(HTTPStatus.OK, answer.encode(), (position(reached),))


class WebFace:
    """People in the console, in `boss chat` and in programs: answers are kept, not sent."""

    name = "web"
    pushes = False
    bot_username = ""

    def __init__(self, acquaintances: Acquaintances) -> None:
        self._acquaintances = acquaintances

    async def hear(self, row: Row) -> Heard:
        """Return what a row says, and whose it is."""
        try:
            body = msgspec.json.decode(row.body, type=Body)
        except msgspec.DecodeError as error:
            raise Unanswerable(f"the row can't be read: {error}") from error
        person = await self._acquaintances.by_number(Identity(body.workspace, body.person))
        if person is None:
            raise Unanswerable("the person is not there any more")
        content = Pressed(body.button) if body.button is not None else Written(body.text or "")
        by_source = "web" if row.source.startswith("session:") else "api"
        return Heard(
            Incoming(content), convert.person(person), str(row.id), origin=body.origin or by_source
        )

    async def think(self, address: str) -> str | None:
        """Say nothing: whoever asks sees that it takes longer."""

    async def toast(self, press: str, text: str) -> None:
        """Say nothing: the answer says it."""

    async def say(self, address: str, answers: Sequence[Told], where: Where) -> Said:
        """Return the ids under which the answers are known."""
        ids = [f"{address}-{number}" for number in range(len(answers))]
        if ids and where.edits and not answers[0].new:
            ids[0] = where.edits
        return Said(tuple(ids))


def source_of(who: Identity) -> str:
    """Return what the inbox calls whoever sends over HTTP."""
    if who.token is not None:
        return f"token:{who.token}"
    return f"session:{who.session}"
