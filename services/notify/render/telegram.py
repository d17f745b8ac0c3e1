"""A Message as Telegram takes it: escaped HTML, at most 4,096 characters, buttons.

Source of the limits: https://core.telegram.org/bots/api#sendmessage and #inlinekeyboardbutton.
Characters are counted in UTF-16 units, the way Telegram counts offsets, which is never fewer than
it may count for the limit.
"""

from html import escape
from typing import Any

from services.notify.model import Bold, Line, Message

TEXT_LIMIT = 4096
DATA_LIMIT_BYTES = 64
MORE = "…"


def html(message: Message) -> str:
    """Returns the text for `parse_mode: HTML`; what does not fit is cut at the end and marked."""
    left = TEXT_LIMIT - units(MORE)
    out: list[str] = []
    for line in message.lines:
        need = sum(units(_plain(part)) for part in line) + (1 if out else 0)
        if need > left:
            out.append(_line(_cut(line, left - 1)) + MORE)
            break
        left -= need
        out.append(_line(line))
    return "\n".join(out)


def keyboard(message: Message) -> dict[str, Any] | None:
    """Returns the inline keyboard, None where there is none."""
    rows = [
        [{"text": button.label, "callback_data": button.data} for button in row]
        for row in message.rows
    ]
    return {"inline_keyboard": rows} if rows else None


def units(text: str) -> int:
    """Returns the length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def _line(line: Line) -> str:
    return "".join(
        f"<b>{escape(part.text, quote=False)}</b>"
        if isinstance(part, Bold)
        else escape(part, quote=False)
        for part in line
    )


def _plain(part: str | Bold) -> str:
    return part.text if isinstance(part, Bold) else part


def _cut(line: Line, room: int) -> Line:
    kept: list[str | Bold] = []
    for part in line:
        text = _plain(part)
        fits = text if units(text) <= room else _first(text, max(room, 0))
        kept.append(Bold(fits) if isinstance(part, Bold) else fits)
        room -= units(fits)
    return tuple(part for part in kept if _plain(part))


def _first(text: str, room: int) -> str:
    # A character outside the basic plane takes two units; half of one is no character.
    return text.encode("utf-16-le")[: room * 2].decode("utf-16-le", "ignore")
