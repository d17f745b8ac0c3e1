"""The Bot API, as far as the gateway uses it: one client, our share of the bot's rate, our errors.

A refusal that trying again would not change comes back as `Failed`; everything else that went
wrong as `Later`, with Telegram's own retry_after where it names one.
https://core.telegram.org/bots/api
"""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.runtime.outbound import Outbound, OutboundError, Refused

UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
POLL_S = 25
UNAUTHORIZED, CONFLICT = 401, 409


class Failed(Exception):  # noqa: N818 # says what happened
    """Telegram refuses, and would again; `moved_to` is the chat that a group has become."""

    def __init__(self, status: int, description: str, moved_to: int | None = None) -> None:
        super().__init__(f"Telegram answers {status}: {description}")
        self.status = status
        self.description = description
        self.moved_to = moved_to


class Later(Exception):  # noqa: N818 # says what to do
    """It did not work this time."""

    def __init__(self, reason: str, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Pace:
    """Lets `rate` calls through in a second, evenly; the next ones wait their turn.

    This process's share: replicas need their own settings until they share it in a store.
    """

    def __init__(self, rate: float) -> None:
        self._gap_s = 1 / rate
        # A second's worth may go at once after a silence.
        self._burst_s = 1.0
        self._next = 0.0

    async def turn(self, patience_s: float) -> None:
        """Return when the next call may be made; Later where that takes too long."""
        now = time.monotonic()
        at = max(self._next, now - self._burst_s)
        if at - now > patience_s:
            raise Later("our share of the bot's rate is used up", timedelta(seconds=at - now))
        self._next = at + self._gap_s
        if at > now:
            await asyncio.sleep(at - now)

    def pause(self, span_s: float) -> None:
        """Make no call for a while: Telegram has said so."""
        self._next = max(self._next, time.monotonic() + span_s)


@dataclass(frozen=True, slots=True)
class Me:
    """Who the bot is."""

    id: int
    username: str


class Bot:
    """The methods that the gateway calls. `username` is empty until Telegram has told it."""

    def __init__(self, token: str, outbound: Outbound, *, rate: float) -> None:
        self._path = f"/bot{token}/"
        self._outbound = outbound
        self._pace = Pace(rate)
        self.id = token.split(":", 1)[0]
        self.username = ""

    def link_name(self) -> str | None:
        """Return what links to the bot are made with; None while it is not known."""
        return self.username or None

    async def get_me(self) -> Me:
        """Return who the bot is, and remember its name."""
        told = await self._call("getMe", {})
        self.username = str(told.get("username", ""))
        return Me(int(told.get("id", 0)), self.username)

    async def send_message(
        self,
        chat: int,
        text: str,
        *,
        keyboard: list[list[dict[str, str]]],
        patience_s: float,
    ) -> int:
        """Send HTML; return the message's id."""
        await self._pace.turn(patience_s)
        told = await self._call("sendMessage", _message(chat, text, keyboard))
        return int(told["message_id"])

    async def edit_message_text(
        self,
        chat: int,
        message: int,
        text: str,
        *,
        keyboard: list[list[dict[str, str]]],
        patience_s: float,
    ) -> None:
        """Replace a message of ours; that it reads so already is as good."""
        await self._pace.turn(patience_s)
        try:
            await self._call(
                "editMessageText", {**_message(chat, text, keyboard), "message_id": message}
            )
        except Failed as error:
            if "message is not modified" not in error.description:
                raise

    async def answer_callback_query(self, query: str, text: str) -> None:
        """Answer a press at the button itself; empty text only ends the waiting there."""
        await self._call("answerCallbackQuery", {"callback_query_id": query, "text": text[:200]})

    async def get_updates(self, offset: int, *, timeout_s: int = POLL_S) -> list[dict[str, Any]]:
        """Return updates from `offset` on, which confirms all before it; waits for the first."""
        parameters = {"offset": offset, "timeout": timeout_s, "allowed_updates": list(UPDATES)}
        told = await self._call("getUpdates", parameters, read_s=timeout_s + 10)
        return [one for one in told if isinstance(one, dict)]

    async def set_webhook(self, url: str, secret: str) -> None:
        """Have updates posted to this address."""
        parameters = {"url": url, "secret_token": secret, "allowed_updates": list(UPDATES)}
        await self._call("setWebhook", parameters)

    async def delete_webhook(self) -> None:
        """Have no updates posted; those that wait are kept."""
        await self._call("deleteWebhook", {"drop_pending_updates": False})

    async def close(self) -> None:
        """Close the connections."""
        await self._outbound.close()

    async def _call(
        self, method: str, parameters: Mapping[str, Any], *, read_s: float | None = None
    ) -> Any:
        try:
            response = await self._outbound.request(
                "POST", self._path + method, json=parameters, read_s=read_s
            )
        except Refused as error:
            raise self._refused(error) from error
        except OutboundError as error:
            raise Later(str(error), error.retry_after) from error
        try:
            return response.json()["result"]
        except (ValueError, KeyError, TypeError) as error:
            raise Later(f"Telegram's answer to {method} is none") from error

    def _refused(self, error: Refused) -> Failed | Later:
        description, parameters = _described(error)
        if error.lasting:
            moved = parameters.get("migrate_to_chat_id")
            return Failed(error.status, description, moved if isinstance(moved, int) else None)
        wait = error.retry_after
        if isinstance(told := parameters.get("retry_after"), int | float):
            wait = timedelta(seconds=told)
        if wait is not None:
            self._pace.pause(wait.total_seconds())
        return Later(f"Telegram answers {error.status}: {description}", wait)


def _message(chat: int, text: str, keyboard: list[list[dict[str, str]]]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "chat_id": chat,
        "text": text,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    if keyboard:
        message["reply_markup"] = {"inline_keyboard": keyboard}
    return message


def _described(error: Refused) -> tuple[str, Mapping[str, Any]]:
    """Return what Telegram says in its own form: a description, and parameters."""
    try:
        body = json.loads(error.body)
    except ValueError:
        return error.body[:200], {}
    if not isinstance(body, dict):
        return error.body[:200], {}
    parameters = body.get("parameters")
    told = parameters if isinstance(parameters, dict) else {}
    return str(body.get("description", "")), told
