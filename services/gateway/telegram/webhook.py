"""POST /webhook: Telegram's updates, kept before they are acknowledged."""

import hmac
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from services.gateway.answer import Answer, json
from services.gateway.inbox import Inbox
from services.gateway.operation import Access, Call, Operation
from services.gateway.problem import Refused
from services.gateway.telegram.receive import receive
from services.runtime.errors import Unauthenticated

SECRET_HEADER = b"x-telegram-bot-api-secret-token"
# An update of a text message is a few kilobytes; entities and albums make it some more.
LARGEST_BYTES = 1_000_000
DEEPEST = 100


class Received(msgspec.Struct, frozen=True):
    """The update is kept."""

    ok: bool


class Webhook:
    """The route that Telegram posts to; closed while no secret is set."""

    def __init__(self, inbox: Inbox, *, bot: str, secret: str | None) -> None:
        self._inbox = inbox
        self._bot = bot
        self._secret = secret

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "POST", "/webhook", self.receive, "Take an update of the Telegram Bot API",
                {200: Received}, access=Access.WEBHOOK, raw_body=True,
                headers=("X-Telegram-Bot-Api-Secret-Token",), problems=(400, 401, 404, 413),
            ),
        )  # fmt: skip

    async def receive(self, call: Call) -> Answer:
        """Keep an update; a repeated one is answered and does nothing."""
        if self._secret is None:
            detail = "There is no webhook here: set TELEGRAM_WEBHOOK_SECRET to open it."
            raise Refused(HTTPStatus.NOT_FOUND, "WEBHOOK_CLOSED", detail)
        given = call.header(SECRET_HEADER) or ""
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            raise Unauthenticated(
                "SECRET_WRONG", "X-Telegram-Bot-Api-Secret-Token is not the webhook's secret."
            )
        await receive(self._inbox, parsed(call.raw), bot=self._bot)
        return json(Received(ok=True))


def parsed(raw: bytes) -> Any:
    """Return the JSON of a body that can be kept; Refused names what is wrong with any other."""
    if len(raw) > LARGEST_BYTES:
        detail = f"An update has at most {LARGEST_BYTES:,} bytes."
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BODY_TOO_LARGE", detail)
    try:
        body = msgspec.json.decode(raw)
        _check(body, "", 0)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "BODY_UNREADABLE", f"No update: {error}") from error
    return body


def _check(value: object, place: str, depth: int) -> None:
    """Raise ValueError for what PostgreSQL or the next reader can't hold."""
    if depth > DEEPEST:
        raise ValueError("it is nested too deeply")
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError(f"{place or '#'} holds the character NUL")
    elif isinstance(value, dict):
        for key, inside in value.items():
            _check(key, f"{place}/{key}", depth + 1)
            _check(inside, f"{place}/{key}", depth + 1)
    elif isinstance(value, list):
        for number, inside in enumerate(value):
            _check(inside, f"{place}/{number}", depth + 1)
