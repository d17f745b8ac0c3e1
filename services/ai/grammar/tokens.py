"""The text of a message as rules see it: folded, marked and with taken stretches blanked.

Every form keeps the length of the original, so an offset holds in all of them. Characters of a
private area stand for what was found: a person, a task's number, a quotation or address.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.ai.model import Span

# None of them counts as white space, as the separators of ASCII would.
PERSON, TASK, OPAQUE, TAKEN = "\ue000", "\ue001", "\ue002", "\ue003"
_STAND_INS = str.maketrans(
    dict.fromkeys((PERSON, TASK, OPAQUE, TAKEN), " ")
    | {"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "„": '"', "\u00a0": " ", "\t": " "}
)
_EDGE = " \t\n,;:-–—(.!?"
_EDGE_END = _EDGE.replace("(", ")")
# What no rule looks into: quotations, addresses, code.
_OPAQUE = re.compile(
    r"https?://[^\s<>\"]+|[\w.+-]+@[\w-]+\.[\w.-]*\w|\"[^\"\n]{2,2000}\"|«[^»\n]{2,2000}»"
    r"|(?<!\w)'[^'\n]{2,200}'(?!\w)"
)
_RUN = re.compile(
    r"(?P<mark>([^\w\s])\2{3,})|(?P<blanks>[^\S\n]{17,})|(?P<lines>\n{4,})|(?P<word>\w{121,})"
)
_KEPT = {"mark": 3, "blanks": 16, "lines": 3, "word": 120}
_WORD = re.compile(r"[^\W_]+(?:['&+.-][^\W_]+)*")


def fold(text: str) -> str:
    """Return the text in small letters with plain quotes, and of the same length."""
    low = text.lower()
    if len(low) != len(text):
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return low.translate(_STAND_INS)


def compacted(text: str) -> tuple[str, list[int]]:
    """Return the text with runs of one mark or of blanks, and endless words, cut short.

    No rule's time then grows with such a run. With it, where each character came from; nothing
    where nothing was cut, as in nearly every message.
    """
    if not _RUN.search(text):
        return text, []
    kept: list[str] = []
    origins: list[int] = []
    at = 0
    for match in (*_RUN.finditer(text), None):
        until = match.start() + _KEPT[match.lastgroup or ""] if match else len(text)
        kept.append(text[at:until])
        origins.extend(range(at, until))
        at = match.end() if match else until
    return "".join(kept), [*origins, len(text)]


def words(low: str) -> list[str]:
    """Return the words of a folded text."""
    return _WORD.findall(low)


@dataclass(slots=True)
class Clause:
    """A stretch of a message that is being understood: `low` loses what is taken out of it."""

    text: str
    offset: int
    low: str
    spans: list[Span] = field(default_factory=list)

    @classmethod
    def of(
        cls, text: str, start: int = 0, end: int | None = None, *, low: str | None = None
    ) -> "Clause":
        """Return this stretch of a message, whose marked text may be given."""
        end = len(text) if end is None else end
        return cls(
            text=text[start:end], offset=start, low=(fold(text) if low is None else low)[start:end]
        )

    def take(self, start: int, end: int, name: str = "") -> str:
        """Take a stretch out and return it; it is noted as the words of a field, if one is named."""
        self.low = self.low[:start] + TAKEN * (end - start) + self.low[end:]
        if name:
            self.note(start, end, name)
        return self.text[start:end]

    def note(self, start: int, end: int, name: str) -> None:
        """Note a stretch as the words of a field, without marks at its ends."""
        while start < end and self.text[start] in _EDGE:
            start += 1
        while end > start and self.text[end - 1] in _EDGE_END:
            end -= 1
        if start < end:
            self.spans.append(Span(name, self.offset + start, self.offset + end))

    def take_all(self, pattern: re.Pattern[str], name: str = "") -> list[re.Match[str]]:
        """Take every match out and return them; the pattern matches no empty text."""
        found = list(pattern.finditer(self.low))
        for match in found:
            self.take(match.start(), match.end(), name)
        return found


def opaque(low: str) -> list[tuple[int, int, str]]:
    """Return the stretches of a folded text that no rule looks into."""
    return [(match.start(), match.end(), OPAQUE) for match in _OPAQUE.finditer(low)]


def marked(low: str, stretches: Iterable[tuple[int, int, str]]) -> str:
    """Return the folded text with these stretches overwritten by the character that they mean."""
    parts: list[str] = []
    at = 0
    for start, end, mark in sorted(stretches):
        if start < at:
            continue
        parts += (low[at:start], mark * (end - start))
        at = end
    parts.append(low[at:])
    return "".join(parts)
