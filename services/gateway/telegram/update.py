"""Reads an update of the Bot API into what the dialog understands. Pure.

Kinds that we don't handle, and known kinds without the parts we need, come back as `Unreadable`
with a reason for the dead-letter list; only what is no update at all raises.
Fields: https://core.telegram.org/bots/api#update
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.gateway.dialog.model import (
    Attached,
    Content,
    Edited,
    Incoming,
    Joined,
    Pressed,
    Sender,
    Written,
)
from services.runtime.errors import Invalid, Violation

LARGEST_ID = 2**63 - 1
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
COMMAND = re.compile(r"/([A-Za-z0-9_]+)(?:@([A-Za-z0-9_]+))?")
ATTACHMENTS = {
    "photo": "photo",
    "voice": "voice message",
    "audio": "audio file",
    "video": "video",
    "video_note": "video message",
    "document": "file",
    "sticker": "sticker",
    "animation": "animation",
    "location": "location",
    "venue": "place",
    "contact": "contact",
    "poll": "poll",
    "dice": "die",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A chat of Telegram; `private` is false for groups and channels."""

    id: int
    private: bool


@dataclass(frozen=True, slots=True)
class Update:
    """An update that the dialog can answer."""

    id: int
    place: Place
    incoming: Incoming
    callback_id: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An update that can't be answered; `reason` is for the operator."""

    id: int
    reason: str


class _MalformedError(Exception):
    """A known kind of update without a part that it must have."""


def update_id(body: object) -> int:
    """The id of this update. Raises Invalid for what is no update."""
    number = body.get("update_id") if isinstance(body, Mapping) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= LARGEST_ID:
        raise Invalid(
            "NO_UPDATE",
            "The body must be an Update of the Telegram Bot API.",
            violations=[Violation("update_id", f"must be a whole number from 0 to {LARGEST_ID}")],
        )
    return number


def chat_id(body: Mapping[str, Any]) -> int | None:
    """The chat that this update belongs to, whatever its kind; None where it names none."""
    for value in body.values():
        if not isinstance(value, Mapping):
            continue
        inside = value.get("message", value)
        chat = inside.get("chat") if isinstance(inside, Mapping) else None
        if isinstance(chat, Mapping) and _is_id(chat.get("id")):
            return int(chat["id"])
        sender = value.get("from")
        if isinstance(sender, Mapping) and _is_id(sender.get("id")):
            return int(sender["id"])
    return None


def message_id(body: Mapping[str, Any]) -> int | None:
    """The id of the message that a person wrote or edited; None for other kinds."""
    for kind in ("message", "edited_message"):
        message = body.get(kind)
        if isinstance(message, Mapping) and _is_id(message.get("message_id")):
            return int(message["message_id"])
    return None


def is_edit(body: Mapping[str, Any]) -> bool:
    """Whether this update is the edit of an earlier message."""
    return "edited_message" in body


def read(body: Mapping[str, Any], *, bot_username: str) -> Update | Unreadable:
    """What this update says to the bot called `bot_username`."""
    number = update_id(body)
    kinds = [key for key in body if key != "update_id"]
    kind = next((known for known in KINDS if known in body), None)
    if kind is None:
        named = ", ".join(sorted(kinds))[:100] or "none"
        return Unreadable(number, f"unknown kind of update: {named}")
    part = body[kind]
    if not isinstance(part, Mapping):
        return Unreadable(number, f"malformed {kind}: is no object")
    try:
        if kind == "callback_query":
            return _pressed(number, part)
        if kind == "my_chat_member":
            return _membership(number, part)
        return _message(number, part, edited=kind == "edited_message", bot_username=bot_username)
    except _MalformedError as error:
        return Unreadable(number, f"malformed {kind}: {error}")


def _message(number: int, part: Mapping[str, Any], *, edited: bool, bot_username: str) -> Update:
    place, sender = _place(part), _sender(part)
    identifier = _id(part, "message_id")
    content = _content(part)
    text = content.text if isinstance(content, Written) else ""
    reply = part.get("reply_to_message")
    reply_to = reply.get("message_id") if isinstance(reply, Mapping) else None
    to_bot = isinstance(reply, Mapping) and _username(reply.get("from")) == bot_username.lower()
    mentioned, text = _without_mention(text, bot_username)
    if isinstance(content, Written):
        content = Edited(text) if edited else Written(text)
    return Update(
        number,
        place,
        Incoming(
            content=content,
            sender=sender,
            message=str(identifier),
            reply_to=str(reply_to) if _is_id(reply_to) else None,
            private=place.private,
            # An edited photo, or a live location that moves, asks for nothing.
            addressed=(place.private or to_bot or mentioned)
            and not (edited and isinstance(content, Attached)),
        ),
    )


def _content(part: Mapping[str, Any]) -> Content:
    text = part.get("text")
    if isinstance(text, str):
        return Written(text)
    caption = part.get("caption")
    for field, name in ATTACHMENTS.items():
        if field in part:
            return Attached(name, caption if isinstance(caption, str) else "")
    return Attached("message of this kind", "")


def _pressed(number: int, part: Mapping[str, Any]) -> Update:
    message = part.get("message")
    data = part.get("data")
    if not isinstance(message, Mapping) or not isinstance(data, str):
        raise _MalformedError("has no message or no data")
    place = _place(message)
    incoming = Incoming(
        content=Pressed(data),
        sender=_sender(part),
        message=str(_id(message, "message_id")),
        private=place.private,
        addressed=True,
    )
    query = part.get("id")
    return Update(number, place, incoming, query if isinstance(query, str) else None)


def _membership(number: int, part: Mapping[str, Any]) -> Update:
    new = part.get("new_chat_member")
    status = new.get("status") if isinstance(new, Mapping) else None
    place = _place(part)
    content = Joined(there=status in ("member", "administrator", "creator"))
    incoming = Incoming(
        content=content, sender=_sender(part), private=place.private, addressed=False
    )
    return Update(number, place, incoming)


def _place(part: Mapping[str, Any]) -> Place:
    chat = part.get("chat")
    if not isinstance(chat, Mapping):
        raise _MalformedError("has no chat")
    return Place(_id(chat, "id"), chat.get("type", "private") == "private")


def _sender(part: Mapping[str, Any]) -> Sender:
    sender = part.get("from")
    if not isinstance(sender, Mapping):
        raise _MalformedError("has no sender")
    names = [sender.get("first_name"), sender.get("last_name")]
    name = " ".join(name for name in names if isinstance(name, str)).strip()
    username = sender.get("username")
    return Sender(
        telegram_id=_id(sender, "id"),
        name=name[:100] or "Somebody",
        username=username if isinstance(username, str) else "",
        bot=sender.get("is_bot") is True,
    )


def _without_mention(text: str, bot_username: str) -> tuple[bool, str]:
    """Whether the bot is addressed by a command or its @name, and the text without that name."""
    command = COMMAND.match(text)
    if command:
        target = command.group(2)
        if target and target.lower() != bot_username.lower():
            return False, text
        return True, f"/{command.group(1)}{text[command.end() :]}"
    mention = f"@{bot_username}".lower()
    at = text.lower().find(mention) if bot_username else -1
    if at < 0:
        return False, text
    end = at + len(mention)
    if end < len(text) and (text[end].isalnum() or text[end] == "_"):
        return False, text
    return True, f"{text[:at].rstrip()} {text[end:].lstrip(' ,:')}".strip()


def _username(sender: object) -> str:
    name = sender.get("username") if isinstance(sender, Mapping) else None
    return name.lower() if isinstance(name, str) else ""


def _id(part: Mapping[str, Any], field: str) -> int:
    value = part.get(field)
    if not _is_id(value):
        raise _MalformedError(f"has no {field}")
    return int(value)  # type: ignore[arg-type] # _is_id has looked


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_ID
