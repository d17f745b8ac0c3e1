"""Task, ai and gateway running whole in this process, on one database; Telegram is the fake."""

import asyncio
import itertools
import os
import socket
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

from services.runtime.parse import SecretStr
from services.runtime.settings import Settings
from tests.fakes.telegram import TOKEN, FakeTelegram

OWNER = 9001
ANA = 9002
BEN = 9003
SECRET = "webhook-secret"
API_TOKEN = "owner-token-0123456789abcdef0123456789"


_ports = itertools.cycle(range(20_000 + os.getpid() % 1_000 * 10, 32_000))


def free_port() -> int:
    """A port below those that the kernel gives to outgoing connections, so nobody takes it."""
    for port in _ports:
        with socket.socket() as listening, suppress(OSError):
            listening.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def settings_for(database_url: str, state: Any, telegram: FakeTelegram, **more: Any) -> Settings:
    ports = {f"{name}_address": f"127.0.0.1:{free_port()}" for name in ("task", "ai", "notify")}
    given: dict[str, Any] = {
        "telegram_bot_token": SecretStr(TOKEN),
        "telegram_api_url": telegram.url,
        "telegram_webhook_secret": SecretStr(SECRET),
        "owner_telegram_id": OWNER,
        "api_token": SecretStr(API_TOKEN),
        "timezone": "Asia/Bangkok",
        "metrics_port": 0,
        "rate_api": 0,
        "rate_public": 0,
        "rate_webhook": 0,
        "rate_telegram_gateway": 1000,
        **ports,
        **more,
    }
    return Settings(
        database_url=SecretStr(database_url), state_dir=state, port=free_port(), **given
    )


class System:
    """What a test says to the system, and hears of it."""

    def __init__(self, settings: Settings, telegram: FakeTelegram) -> None:
        self.settings = settings
        self.telegram = telegram
        self.http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{settings.port}",
            headers={"Authorization": f"Bearer {API_TOKEN}"},
            trust_env=False,
            timeout=40,
        )
        self._numbers = itertools.count(1000)
        self._messages = itertools.count(100)

    async def ready(self) -> None:
        async with asyncio.timeout(30):
            while True:
                with suppress(httpx.HTTPError):
                    answer = await self.http.get("/api/people")
                    if answer.status_code == 200:
                        return
                await asyncio.sleep(0.05)

    async def person(self, name: str, **more: Any) -> dict[str, Any]:
        answer = await self.http.post("/api/people", json={"name": name, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def tasks(self) -> list[dict[str, Any]]:
        answer = await self.http.get("/api/tasks", params={"per_page": 100})
        assert answer.status_code == 200, answer.text
        return answer.json()["tasks"]

    async def say(self, text: str | None = None, *, key: str | None = None, **more: Any) -> Any:
        """What the bot answers over HTTP."""
        body = {**({"text": text} if text is not None else {}), **more}
        headers = {"Idempotency-Key": key} if key else {}
        answer = await self.http.post("/api/messages", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def update(self, text: str, *, sender: int = OWNER, **more: Any) -> dict[str, Any]:
        self.telegram.open(sender)
        number = next(self._numbers)
        message = {
            "message_id": more.pop("message_id", number),
            "date": 1,
            "text": text,
            "chat": more.pop("chat", {"id": sender, "type": "private"}),
            "from": {"id": sender, "is_bot": False, "first_name": f"U{sender}"},
        }
        kind = "edited_message" if more.pop("edit", False) else "message"
        return {"update_id": number, kind: {**message, **more}}

    def pressed(self, data: str, *, sender: int = OWNER, message: int = 1) -> dict[str, Any]:
        self.telegram.open(sender)
        number = next(self._numbers)
        return {
            "update_id": number,
            "callback_query": {
                "id": str(number),
                "data": data,
                "from": {"id": sender, "is_bot": False, "first_name": f"U{sender}"},
                "message": {
                    "message_id": message,
                    "date": 1,
                    "chat": {"id": sender, "type": "private"},
                },
            },
        }

    def skip_numbers(self, count: int) -> None:
        """Go on behind the update numbers of an earlier run."""
        for _ in range(count):
            next(self._numbers)

    async def post(self, update: Any, *, secret: str | None = SECRET) -> httpx.Response:
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        return await self.http.post("/webhook", json=update, headers=headers)

    async def heard(self, update: dict[str, Any], *, chat: int = OWNER) -> Any:
        """The newest message in the chat, once the update has led to one more send or edit."""
        before = self.sends(chat)
        answer = await self.post(update)
        assert answer.status_code == 200, answer.text
        async with asyncio.timeout(15):
            while self.sends(chat) == before:
                await asyncio.sleep(0.01)
        return self.telegram.heard(chat)[-1]

    def sends(self, chat: int) -> int:
        return sum(
            call.chat == chat and call.status == 200
            for method in ("sendMessage", "editMessageText")
            for call in self.telegram.called(method)
        )


@asynccontextmanager
async def serving(settings: Settings, *services: Any):
    """These services, until the end of the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(service(settings)) for service in services]
        yield
        for one in tasks:
            one.cancel()
        await asyncio.wait(tasks)


@asynccontextmanager
async def running(settings: Settings, telegram: FakeTelegram, *services: Any):
    """The services, and a client of them once they are ready."""
    async with serving(settings, *services):
        system = System(settings, telegram)
        await system.ready()
        yield system
        await system.http.aclose()
