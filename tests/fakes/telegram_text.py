"""What Telegram refuses in a message, told in its own words: HTML mode, lengths, buttons.

Follows https://core.telegram.org/bots/api#html-style and the errors that the public server answers
with. Lengths are counted in UTF-16 units, the stricter of the two countings in use. Built on the
standard library alone.
"""

import re
from html import unescape
from typing import Any

TEXT_LIMIT = 4096
CALLBACK_DATA_LIMIT = 64
ANSWER_LIMIT = 200
TAGS = frozenset(
    {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "a"}
    | {"tg-emoji", "code", "pre", "blockquote"}
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)?((?:\s+[^<>]*)?)(>?)")


class Refused(Exception):  # noqa: N818
    """A 400; its text is the description without "Bad Request: "."""


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parsed(text: str, mode: str | None) -> str:
    """The text as a reader sees it. Raises Refused where the entities can't be parsed."""
    if not mode:
        return text
    if mode.lower() != "html":
        raise Refused("unsupported parse_mode")
    opened: list[str] = []
    out: list[str] = []
    at = 0
    while (start := text.find("<", at)) >= 0:
        out.append(unescape(text[at:start]))
        match = _TAG.match(text, start)
        if match is None or not match[2] or match[2].lower() not in TAGS or not match[4]:
            tag = (match and match[2]) or ""
            raise Refused(f'can\'t parse entities: Unsupported start tag "{tag}"')
        name = match[2].lower()
        if not match[1]:
            opened.append(name)
        elif not opened or opened.pop() != name:
            raise Refused(f'can\'t parse entities: Unmatched end tag, found "</{name}>"')
        at = match.end()
    if opened:
        raise Refused(
            f"can't parse entities: Can't find end tag corresponding to start tag \"{opened[-1]}\""
        )
    return "".join(out) + unescape(text[at:])


def shown(body: dict[str, Any]) -> str:
    """The text of sendMessage or editMessageText as shown. Raises Refused."""
    text = body.get("text")
    if not isinstance(text, str):
        raise Refused("message text is empty")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused("strings must be encoded in UTF-8") from None
    seen = parsed(text, body.get("parse_mode")).strip()
    if not seen:
        raise Refused("message text is empty")
    if units(seen) > TEXT_LIMIT:
        raise Refused("message is too long")
    return seen


def keyboard(markup: Any) -> list[list[dict[str, Any]]]:
    """The inline buttons, row by row. Raises Refused."""
    if markup is None:
        return []
    rows = markup.get("inline_keyboard", []) if isinstance(markup, dict) else None
    if not isinstance(rows, list):
        raise Refused("object expected as reply markup")
    for row in rows:
        if not isinstance(row, list):
            raise Refused(
                'can\'t parse inline keyboard: Field "inline_keyboard" must be an Array of Arrays'
            )
        for button in row:
            _button(button)
    return rows


def _button(button: Any) -> None:
    if not isinstance(button, dict) or not str(button.get("text") or "").strip():
        raise Refused("can't parse inline keyboard button: Text is empty")
    kinds = [k for k in ("callback_data", "url", "web_app", "switch_inline_query") if k in button]
    if len(kinds) != 1:
        raise Refused(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if kinds == ["callback_data"]:
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= CALLBACK_DATA_LIMIT:
            raise Refused("BUTTON_DATA_INVALID")
