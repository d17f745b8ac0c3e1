"""What is said, apart from where it is said: lines of pieces, and buttons.

Rendered as Telegram's HTML or as plain text; whatever a person wrote is escaped here and nowhere
else. Limits: https://core.telegram.org/bots/api#sendmessage (4,096 UTF-16 units once entities are
parsed, 64 bytes of button data).
"""

import html
from collections.abc import Iterable, Sequence
from enum import StrEnum

from services.gateway.dialog.model import Value

TEXT_LIMIT = 4096
CUT = "…"


class Style(StrEnum):
    """How a piece looks."""

    PLAIN = "plain"
    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"


TAGS = {Style.BOLD: "b", Style.ITALIC: "i", Style.CODE: "code"}


class Piece(Value, frozen=True):
    """A stretch of text in one style."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Piece, ...]


class Button(Value, frozen=True):
    """A button; `data` is what a press sends back, at most 64 bytes."""

    label: str
    data: str


class Reply(Value, frozen=True):
    """One message to a person."""

    lines: tuple[Line, ...]
    rows: tuple[tuple[Button, ...], ...] = ()


def bold(text: str) -> Piece:
    """The text, emphasised."""
    return Piece(text, Style.BOLD)


def italic(text: str) -> Piece:
    """The text, set apart."""
    return Piece(text, Style.ITALIC)


def code(text: str) -> Piece:
    """The text, to be typed as it is."""
    return Piece(text, Style.CODE)


def line(*parts: str | Piece) -> Line:
    """A line of plain and styled parts."""
    return tuple(Piece(part) if isinstance(part, str) else part for part in parts)


def reply(*lines: str | Line, rows: Iterable[Sequence[Button]] = ()) -> Reply:
    """A message of these lines, with these rows of buttons; empty rows are left out."""
    return Reply(
        tuple(line(one) if isinstance(one, str) else one for one in lines),
        tuple(tuple(row) for row in rows if row),
    )


def plain(message: Reply) -> str:
    """The message as plain text."""
    return "\n".join("".join(piece.text for piece in one) for one in message.lines)


def telegram_html(message: Reply) -> str:
    """The message in Telegram's HTML, cut at the end where it would be too long."""
    written: list[str] = []
    left = TEXT_LIMIT - len(CUT) - 1
    for one in message.lines:
        rendered, length = _line(one, left)
        if length > left:
            written.append(CUT)
            break
        written.append(rendered)
        left -= length + 1
    return "\n".join(written)


def _line(pieces: Line, limit: int) -> tuple[str, int]:
    length = sum(units(piece.text) for piece in pieces)
    if length > limit > TEXT_LIMIT // 2:
        # A single line of this size is somebody's long text: its beginning is worth showing.
        return _cut(pieces, limit)
    return "".join(_piece(piece) for piece in pieces), length


def _cut(pieces: Line, limit: int) -> tuple[str, int]:
    shown, left = "", limit - 1
    for piece in pieces:
        text = piece.text
        while units(text) > left:
            text = text[: min(len(text) - 1, left)]
        shown += _piece(Piece(text, piece.style))
        left -= units(text)
        if text != piece.text:
            break
    return shown + CUT, limit - left


def _piece(piece: Piece) -> str:
    text = html.escape(piece.text, quote=False)
    tag = TAGS.get(piece.style)
    return f"<{tag}>{text}</{tag}>" if tag and text else text


def units(text: str) -> int:
    """Length in UTF-16 units, as Telegram counts."""
    return len(text) + sum(character > "\uffff" for character in text)
