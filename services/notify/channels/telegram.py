"""Telegram's sendMessage, and what its refusals mean.

Source: https://core.telegram.org/bots/api#making-requests and the descriptions that the public
server answers with. A refusal that no time will heal is dead at once: the person blocked the bot,
or never opened a chat with it.
"""

import random
import time
from collections.abc import Callable
from typing import Any

import msgspec

from services.notify.channels.base import Dead, Moved, Outcome, Retry, Sent
from services.notify.model import Message
from services.notify.pace import Pace
from services.notify.render.telegram import html, keyboard
from services.runtime.breaker import Breaker
from services.runtime.outbound import BreakerOpen, Outbound, OutboundError, Refused, Timeouts

API = "telegram"
TIMEOUTS = Timeouts(connect=3.0, read=8.0, write=3.0, pool=1.0)
UNAUTHORIZED, TOO_MANY = (401, 404), 429
# One probe in this time while it is down, so that news flow again soon after.
BREAKER_PAUSE_S = 3.0
# Where a 429 says nothing of how long: the figure that Telegram gives most often to a chat.
WAIT_UNTOLD_S = 3.0
# A wrong token is the operator's to mend; until then one try in this time is enough.
WRONG_TOKEN_S = 60.0
JITTER = 0.2


class Parameters(msgspec.Struct):
    """What Telegram adds to a refusal."""

    retry_after: float | None = None
    migrate_to_chat_id: int | None = None


class Refusal(msgspec.Struct):
    """A refusal's body."""

    description: str = ""
    parameters: Parameters = msgspec.field(default_factory=Parameters)


class Taken(msgspec.Struct):
    """A message as Telegram took it."""

    message_id: int


class Answer(msgspec.Struct):
    """A success's body."""

    result: Taken


class Telegram:
    """The bot of this installation, for messages that nobody is waiting for."""

    def __init__(
        self,
        outbound: Outbound,
        pace: Pace,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbound = outbound
        self._pace = pace
        self._clock = clock

    def wait_s(self, address: str) -> float:
        """Returns 0 and takes a place, or the seconds until one is free."""
        return self._pace.wait_s(address, self._clock())

    async def send(self, address: str, message: Message) -> Outcome:
        """Returns what became of the message; 0.1 s, at most the time-outs."""
        body: dict[str, Any] = {
            "chat_id": int(address),
            "text": html(message),
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }
        if (rows := keyboard(message)) is not None:
            body["reply_markup"] = rows
        try:
            answer = await self._outbound.request("POST", "sendMessage", json=body)
        except Refused as refused:
            return self._refused(address, refused)
        except BreakerOpen as open_:
            wait_s = open_.retry_after.total_seconds() if open_.retry_after else 0.0
            return Retry("Telegram is not answering", after_s=_spread(wait_s + 1), tried=False)
        except OutboundError as error:
            return Retry(str(error))
        try:
            return Sent(str(msgspec.json.decode(answer.content, type=Answer).result.message_id))
        except msgspec.DecodeError:
            # It said 200, so it is most likely there: a second one would be worse than no id.
            return Sent("")

    def _refused(self, address: str, refused: Refused) -> Outcome:
        refusal = _read(refused.body)
        reason = refusal.description or f"HTTP {refused.status}"
        if refusal.parameters.migrate_to_chat_id is not None:
            return Moved(str(refusal.parameters.migrate_to_chat_id))
        if refused.status == TOO_MANY:
            header_s = refused.retry_after.total_seconds() if refused.retry_after else None
            wait_s = refusal.parameters.retry_after or header_s or WAIT_UNTOLD_S
            self._pace.asked_to_wait(address, wait_s, self._clock())
            return Retry(reason, after_s=_spread(wait_s))
        if refused.status in UNAUTHORIZED:
            return Retry(
                f"TELEGRAM_BOT_TOKEN is refused: {reason}", after_s=WRONG_TOKEN_S, tried=False
            )
        return Dead(reason) if refused.lasting else Retry(reason)


def connect(api_url: str, token: str, *, per_s: float) -> tuple[Telegram, Outbound]:
    """Returns the channel and its client, which the caller closes at the end."""
    outbound = Outbound(
        API,
        f"{api_url.rstrip('/')}/bot{token}",
        timeouts=TIMEOUTS,
        breaker=Breaker(pause_s=BREAKER_PAUSE_S),
    )
    return Telegram(outbound, Pace(per_s)), outbound


def _read(body: str) -> Refusal:
    try:
        return msgspec.json.decode(body, type=Refusal)
    except msgspec.DecodeError:
        return Refusal()


def _spread(seconds: float) -> float:
    return seconds * (1 + JITTER * random.random())  # noqa: S311 (spreads load)
