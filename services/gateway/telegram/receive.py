"""From an update to its row in the inbox: the same for the webhook and the poller."""

from collections.abc import Mapping
from typing import Any

import msgspec

from services.gateway.inbox import Accepted, Inbox
from services.gateway.telegram.update import chat_id, is_edit, message_id, update_id
from services.runtime import clock
from services.runtime.settings import Settings


def bot_id(settings: Settings) -> str:
    """Return the bot's id, which its token begins with; "0" where no token is set."""
    token = settings.telegram_bot_token
    return token.get_secret_value().split(":", 1)[0] if token else "0"


def source_of(bot: str) -> str:
    """Return what the inbox calls this bot."""
    return f"telegram:{bot}"


async def receive(inbox: Inbox, body: Mapping[str, Any], *, bot: str) -> Accepted:
    """Keep an update. Raises Invalid for what is none; whatever else it holds is kept."""
    number = update_id(body)
    source = source_of(bot)
    message = message_id(body)
    return await inbox.accept(
        source=source,
        external_id=str(number),
        chat=f"{source}:{chat_id(body) or 0}",
        position=number,
        body=msgspec.json.encode(body).decode(),
        message=None if message is None else str(message),
        edit=is_edit(body),
        received_at=clock.now(),
    )
