"""A system in Telegram, by webhook, with a boss and a team, as a test plays them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.system import OWNER, System, running
from tests.fakes.telegram import TOKEN as BOT
from tests.fakes.telegram import FakeTelegram

SECRET = "e2e-webhook-secret"
ANA, BEN = 9002, 9003


@asynccontextmanager
async def team(folder: Path, **variables: str) -> AsyncIterator[tuple[System, FakeTelegram]]:
    """A running system with Ana and Ben, and the Telegram that it talks with."""
    async with FakeTelegram(open_all=True, limits=False) as telegram:
        outside = {
            "TELEGRAM_BOT_TOKEN": BOT,
            "TELEGRAM_API_URL": telegram.url,
            "TELEGRAM_WEBHOOK_SECRET": SECRET,
        }
        async with running(folder, **outside, **variables) as system:
            await system.person("Ana", telegram_id=ANA)
            await system.person("Ben", telegram_id=BEN)
            yield system, telegram


def message(update_id: int, text: str, *, sender: int = OWNER, **more: Any) -> dict[str, Any]:
    """An update with a private message; `edited=True`: with an edit of it."""
    kind = "edited_message" if more.pop("edited", False) else "message"
    person = {"id": sender, "is_bot": False, "first_name": f"U{sender}"}
    content = {
        "message_id": more.pop("message_id", update_id),
        "date": 1_800_000_000,
        "text": text,
        "chat": {"id": sender, "type": "private"},
        "from": person,
        **more,
    }
    if kind == "edited_message":
        content["edit_date"] = 1_800_000_060
    return {"update_id": update_id, kind: content}


async def post(system: System, update: Any, *, secret: str | None = SECRET) -> int:
    """Post an update as Telegram does; the status, or 0 where the gateway is away."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
    try:
        answer = await system.client.post(f"{system.url}/webhook", json=update, headers=headers)
    except httpx.TransportError:
        return 0
    return answer.status_code


def texts(telegram: FakeTelegram, chat: int) -> str:
    """All that somebody's chat shows now."""
    return "\n".join(one.text for one in telegram.heard(chat))


def labels(telegram: FakeTelegram, chat: int) -> list[str]:
    """The words on the buttons of somebody's chat."""
    return [word for one in telegram.heard(chat) for label in one.buttons for word in label.split()]


async def press(system: System, telegram: FakeTelegram, person: int, label: str) -> None:
    """Press the newest button with this label in somebody's chat."""
    for one in reversed(telegram.heard(person)):
        for words, data in one.buttons.items():
            if label in words:
                assert await post(system, telegram.press(person, data, message=one)) == 200
                return
    raise AssertionError(f"no button {label}: {texts(telegram, person)}")
