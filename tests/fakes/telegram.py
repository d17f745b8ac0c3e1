"""A fake Telegram Bot API over real sockets, as strict as the real one where our code could go
wrong.

It speaks the methods that the product uses, refuses what Telegram refuses (limits, HTML, buttons,
unknown chats, polling beside a webhook), keeps every call, and fails on demand. In process: `async
with FakeTelegram() as telegram`. As a process of its own: `python -m tests.fakes.telegram --port
N`, steered over `/control/…` (`telegram_control.py`).

Kinder than Telegram in two known ways: webhook addresses may be plain HTTP, and chats stay open for
ever.
"""

import argparse
import asyncio
import json
import re
import time
from collections import defaultdict
from itertools import count
from typing import Any, Self

import httpx

from tests.fakes.telegram_control import control
from tests.fakes.telegram_model import Call, Failure, Limit, Message, error
from tests.fakes.telegram_text import ANSWER_LIMIT, Refused, keyboard, shown, units
from tests.fakes.wire import Answer, Request, Wire

TOKEN = "1:fake"
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
LONG_POLL_LIMIT_S = 50


class FakeTelegram:
    """The server. `limits=False` lifts the rate limits; `open_all` lets the bot write to anybody
    first.
    """

    def __init__(self, token: str = TOKEN, *, limits: bool = True, open_all: bool = False) -> None:
        self.token = token
        self.calls: list[Call] = []
        self.failures: list[Failure] = []
        self.messages: dict[tuple[int, int], Message] = {}
        self.webhook: dict[str, Any] = {}
        self.webhook_statuses: list[int] = []
        self._opened: set[int] = set()
        self._blocked: set[int] = set()
        self.limits, self._open_all = limits, open_all
        self._all = Limit(30, 30)
        self._per_chat: dict[int, Limit] = defaultdict(lambda: Limit(1, 20))
        self._queries: set[str] = set()
        self._updates: list[dict[str, Any]] = []
        self._update_ids, self._message_ids, self._query_ids = count(1000), count(1), count(1)
        self._news = asyncio.Event()
        self._poller: asyncio.Event | None = None
        self._wire = Wire(self._respond)
        self._deliverer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def url(self) -> str:
        return self._wire.url

    async def start(self, port: int = 0) -> None:
        await self._wire.start(port)
        self._deliverer = asyncio.ensure_future(self._deliver_to_webhook())

    async def close(self) -> None:
        if self._deliverer is not None:
            self._deliverer.cancel()
            await asyncio.gather(self._deliverer, return_exceptions=True)
        await self._wire.close()

    # What people do ------------------------------------------------------

    def open(self, *chats: int) -> None:
        """These people opened the chat with the bot, so that it may write to them."""
        self._opened.update(chats)

    def block(self, chat: int) -> None:
        self._blocked.add(chat)

    def unblock(self, chat: int) -> None:
        self._blocked.discard(chat)

    def message(
        self, sender: int, text: str, *, chat: int | None = None, **more: Any
    ) -> dict[str, Any]:
        """The update of a text message, pushed; `more` goes into the message (reply_to_message,
        entities …).
        """
        chat = sender if chat is None else chat
        self.open(chat)
        written = Message(chat, next(self._message_ids), [text], [], time.time(), from_bot=False)
        self.messages[chat, written.id] = written
        return self.push(
            message={**self._shape(written), "from": _user(sender), "text": text, **more}
        )

    def press(self, sender: int, data: str, *, message: Message | None = None) -> dict[str, Any]:
        """The update of a pressed button with this data, under its newest message unless one is
        given.
        """
        under = message or next(
            m for m in reversed(self.heard(sender)) if data in m.buttons.values()
        )
        query = {
            "id": str(next(self._query_ids)),
            "from": _user(sender),
            "chat_instance": "1",
            "data": data,
            "message": {**self._shape(under), "from": {**_BOT}, "text": under.text},
        }
        self._queries.add(str(query["id"]))
        return self.push(callback_query=query)

    def push(self, **content: Any) -> dict[str, Any]:
        """Gives the next update_id to this content and hands it to the poller or the webhook."""
        update = {"update_id": next(self._update_ids), **content}
        self.push_raw(update)
        return update

    def push_raw(self, update: dict[str, Any]) -> None:
        """Hands over an update as it is: repeated, out of order, of an unknown kind."""
        self._updates.append(update)
        self._news.set()

    def clear(self) -> None:
        """Forgets the calls so far."""
        self.calls.clear()

    # What was heard ------------------------------------------------------

    def heard(self, chat: int) -> list[Message]:
        """The bot's messages in this chat, as they look now, oldest first."""
        return [m for m in self.messages.values() if m.chat == chat and m.from_bot]

    def called(self, method: str) -> list[Call]:
        return [c for c in self.calls if c.method == method]

    async def until_heard(
        self, chat: int, number: int = 1, *, within_s: float = 10.0
    ) -> list[Message]:
        """Waits until the bot has that many messages in this chat."""
        async with asyncio.timeout(within_s):
            while len(found := self.heard(chat)) < number:
                await asyncio.sleep(0.01)
        return found

    def fail(self, method: str = "sendMessage", **how: Any) -> Failure:
        """Plans a Failure."""
        failure = Failure(method, **how)
        self.failures.append(failure)
        return failure

    # The wire ------------------------------------------------------------

    async def _respond(self, request: Request) -> Answer:
        if request.path.startswith("/control/"):
            return await control(self, request)
        match = re.fullmatch(r"/bot([^/]+)/(\w+)", request.path)
        if match is None:
            return error(404, "Not Found")
        if match[1] != self.token:
            return error(401, "Unauthorized")
        method = _METHODS.get(match[2].lower())
        if method is None:
            return error(404, "Not Found: method not found")
        try:
            body = {k: _unwrapped(k, v) for k, v in request.fields().items()}
        except (ValueError, UnicodeDecodeError):
            return error(400, "Bad Request: can't parse the body")
        call = Call(method, body, time.time())
        self.calls.append(call)
        answer = await self._answer(call)
        call.status = 0 if answer.drop else answer.status
        call.result = answer.body.get("result") if isinstance(answer.body, dict) else None
        return answer

    async def _answer(self, call: Call) -> Answer:
        failure = next((f for f in self.failures if f.fits(call)), None)
        if failure is not None:
            failure.times -= 1
            if not failure.after:
                await asyncio.sleep(failure.hang_s)
                return failure.answer()
        try:
            result = getattr(self, f"_{call.method}")(call.body)
            if asyncio.iscoroutine(result):
                result = await result
        except Refused as refused:
            return error(400, f"Bad Request: {refused}")
        answer = (
            result if isinstance(result, Answer) else Answer(200, {"ok": True, "result": result})
        )
        if failure is not None:
            await asyncio.sleep(failure.hang_s)
            return failure.answer()
        return answer

    def _refusal(self, chat: int) -> Answer | None:
        if chat in self._blocked:
            return error(403, "Forbidden: bot was blocked by the user")
        if chat not in self._opened and not self._open_all:
            return error(400, "Bad Request: chat not found")
        if self.limits:
            now = time.monotonic()
            wait = max(self._all.wait_s(now), self._per_chat[chat].wait_s(now))
            if wait > 0:
                seconds = max(1, int(wait) + 1)
                return error(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        return None

    def _getMe(self, _: dict[str, Any]) -> Any:  # noqa: N802
        return _BOT

    def _sendMessage(self, body: dict[str, Any]) -> Any:  # noqa: N802
        chat = _chat(body)
        if (refusal := self._refusal(chat)) is not None:
            return refusal
        text, rows = shown(body), keyboard(body.get("reply_markup"))
        message = Message(chat, next(self._message_ids), [text], rows, time.time())
        self.messages[chat, message.id] = message
        return {**self._shape(message), "from": _BOT, "text": text}

    def _editMessageText(self, body: dict[str, Any]) -> Any:  # noqa: N802
        return self._edit(body, text=shown(body))

    def _editMessageReplyMarkup(self, body: dict[str, Any]) -> Any:  # noqa: N802
        return self._edit(body, text=None)

    def _edit(self, body: dict[str, Any], *, text: str | None) -> Any:
        chat = _chat(body)
        if (refusal := self._refusal(chat)) is not None:
            return refusal
        rows = keyboard(body.get("reply_markup"))
        message = self.messages.get((chat, int(body.get("message_id") or 0)))
        if message is None:
            raise Refused("message to edit not found")
        if not message.from_bot:
            raise Refused("message can't be edited")
        if (text is None or text == message.text) and rows == message.rows:
            raise Refused(
                "message is not modified: specified new message content and reply markup "
                "are exactly the same as a current content and reply markup of the message"
            )
        message.texts.append(message.text if text is None else text)
        message.rows = rows
        return {
            **self._shape(message),
            "from": _BOT,
            "text": message.text,
            "edit_date": int(time.time()),
        }

    def _deleteMessage(self, body: dict[str, Any]) -> Any:  # noqa: N802
        if self.messages.pop((_chat(body), int(body.get("message_id") or 0)), None) is None:
            raise Refused("message to delete not found")
        return True

    def _answerCallbackQuery(self, body: dict[str, Any]) -> Any:  # noqa: N802
        query = str(body.get("callback_query_id", ""))
        if query not in self._queries:
            raise Refused("query is too old and response timeout expired or query ID is invalid")
        if units(str(body.get("text") or "")) > ANSWER_LIMIT:
            raise Refused("MESSAGE_TOO_LONG")
        self._queries.discard(query)
        return True

    def _sendChatAction(self, body: dict[str, Any]) -> Any:  # noqa: N802
        return self._refusal(_chat(body)) or True

    def _setMyCommands(self, body: dict[str, Any]) -> Any:  # noqa: N802
        for command in body.get("commands", []):
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command.get("command", "")):
                raise Refused("BOT_COMMAND_INVALID")
        return True

    # Updates -------------------------------------------------------------

    async def _getUpdates(self, body: dict[str, Any]) -> Any:  # noqa: N802
        if self.webhook:
            return error(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        if self._poller is not None:
            self._poller.set()
        mine = self._poller = asyncio.Event()
        offset, limit = int(body.get("offset") or 0), int(body.get("limit") or 100)
        if offset > 0:
            self._updates = [u for u in self._updates if u["update_id"] >= offset]
        elif offset < 0:
            self._updates = self._updates[offset:]
        kinds = body.get("allowed_updates") or []
        until = time.monotonic() + min(int(body.get("timeout") or 0), LONG_POLL_LIMIT_S)
        try:
            while True:
                if mine.is_set() or self.webhook:
                    return error(
                        409,
                        "Conflict: terminated by other getUpdates request; "
                        "make sure that only one bot instance is running",
                    )
                ready = [u for u in self._updates if not kinds or kinds.count(_kind(u))]
                left = until - time.monotonic()
                if ready or left <= 0:
                    return sorted(ready, key=lambda u: u["update_id"])[: max(1, min(limit, 100))]
                self._news.clear()
                await _first(self._news.wait(), mine.wait(), timeout_s=left)
        finally:
            if self._poller is mine:
                self._poller = None

    def _setWebhook(self, body: dict[str, Any]) -> Any:  # noqa: N802
        url = str(body.get("url") or "")
        if url and not re.match(r"https?://[^/]+", url):
            raise Refused("bad webhook: invalid webhook URL specified")
        secret = body.get("secret_token")
        if secret is not None and not SECRET.fullmatch(str(secret)):
            raise Refused("secret token contains unallowed characters")
        if not 1 <= int(body.get("max_connections") or 40) <= 100:
            raise Refused("max_connections must be between 1 and 100")
        if body.get("drop_pending_updates") in (True, "true", "True"):
            self._updates.clear()
        self.webhook = {**body} if url else {}
        if self._poller is not None:
            self._poller.set()
        self._news.set()
        return True

    def _deleteWebhook(self, body: dict[str, Any]) -> Any:  # noqa: N802
        return self._setWebhook(
            {"url": "", "drop_pending_updates": body.get("drop_pending_updates")}
        )

    def _getWebhookInfo(self, _: dict[str, Any]) -> Any:  # noqa: N802
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates),
        }

    async def post_to_webhook(self, update: dict[str, Any]) -> int:
        """Posts one update now, as Telegram would; returns the status, 0 where nobody answered."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": str(self.webhook.get("secret_token") or "")}
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
                answer = await client.post(
                    self.webhook["url"],
                    json=update,
                    headers={k: v for k, v in headers.items() if v},
                )
        except httpx.HTTPError:
            return 0
        self.webhook_statuses.append(answer.status_code)
        return answer.status_code

    async def _deliver_to_webhook(self) -> None:
        while True:
            await self._news.wait()
            if not self.webhook:
                await asyncio.sleep(0.02)
                continue
            if not self._updates:
                self._news.clear()
                continue
            update = self._updates[0]
            if 200 <= await self.post_to_webhook(update) < 300:
                self._updates.remove(update)
            else:
                await asyncio.sleep(0.3)

    def _shape(self, message: Message) -> dict[str, Any]:
        kind = "private" if message.chat > 0 else "supergroup"
        return {
            "message_id": message.id,
            "date": int(message.sent_at),
            "chat": {"id": message.chat, "type": kind},
        }


_BOT = {"id": 1, "is_bot": True, "first_name": "Boss", "username": "boss_fake_bot"}
_METHODS = {
    name[1:].lower(): name[1:]
    for name in vars(FakeTelegram)
    if re.match(r"_(get|set|send|edit|delete|answer)[A-Z]", name)
}


def _user(number: int) -> dict[str, Any]:
    return {"id": number, "is_bot": False, "first_name": f"U{number}"}


def _kind(update: dict[str, Any]) -> str:
    return next((k for k in update if k != "update_id"), "")


def _chat(body: dict[str, Any]) -> int:
    try:
        return int(body["chat_id"])
    except (KeyError, TypeError, ValueError):
        raise Refused("chat_id is empty") from None


def _unwrapped(name: str, value: Any) -> Any:
    """Forms carry objects as JSON text."""
    wrapped = name in {"reply_markup", "allowed_updates", "commands", "entities"} and isinstance(
        value, str
    )
    return json.loads(value) if wrapped else value


async def _first(*waits: Any, timeout_s: float) -> None:
    tasks = [asyncio.ensure_future(w) for w in waits]
    try:
        await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _main() -> None:
    parser = argparse.ArgumentParser(description="A fake Telegram Bot API.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument(
        "--open-all", action="store_true", help="the bot may write to anybody first"
    )
    parser.add_argument("--no-limits", action="store_true", help="no rate limits")
    chosen = parser.parse_args()
    telegram = FakeTelegram(chosen.token, limits=not chosen.no_limits, open_all=chosen.open_all)
    await telegram.start(chosen.port)
    print(json.dumps({"url": telegram.url, "token": telegram.token}), flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
