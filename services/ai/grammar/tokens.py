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
# What is said before the message begins, and in it, while somebody thinks.
_THINKING = re.compile(
    r"(?:(?:ok(?:ay)?|alright|all right|right(?! (?:now|away|after|before|behind|hand|side|at))|so(?! (?:that|far|much|many|good))|well(?! (?:done|said|known))|yeah|yep|oh(?! no| dear)|ah|uh+m*|um+|erm|basically|actually|honestly|anyway"
    r"|i think|i guess|i suppose|let me (?:think|see)|let's see|now then|by the way|btw|first of all|(?:hi|hello|hey|good morning|morning|good afternoon)(?: (?:all|everyone|everybody|team|guys|folks|there))?(?=[,.! ]))(?:[,.!…]+|\s+-)?\s+)+(?=\S)",
    re.IGNORECASE,
)
_FILLING = re.compile(
    r"(?<![\w'])(?:(?:u+h+m*|u+m+|erm+|hmm+)[,.…]*\s+|(?<!do )(?<!if )(?<!let )you know,?\s+(?!what|that|if|who|when|where|how|why)|(?:kinda|sort of|kind of)\s+|(?<=to )like,?\s+(?=[a-z])|(?<=should )like,?\s+|(?<=, )like,?\s+)",
    re.IGNORECASE,
)
# Pictures but for those that say something: a fire, a siren, a tick, a thumb.
_PICTURE = re.compile(
    "\\s*(?:[\U0001f300-\U0001f44c\U0001f44e-\U0001f524\U0001f526-\U0001f6a7\U0001f6a9-\U0001faff\u2600-\u2610\u2612-\u2704\u2708-\u2713\u2715-\u27bf]\ufe0f?\u200d?)+"
)
_ENOUGH_LEFT = 3
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

    No rule's time then grows with such a run. What is only said while thinking ("um", "right so")
    is left out too. With it, where each character came from; nothing where nothing was cut.
    """
    cuts = [(m.start() + _KEPT[m.lastgroup or ""], m.end()) for m in _RUN.finditer(text)]
    cuts += _spoken(text)
    if not cuts:
        return text, []
    kept: list[str] = []
    origins: list[int] = []
    at = 0
    for start, end in (*sorted(cuts), (len(text), len(text))):
        if start < at:
            continue
        until = start
        kept.append(text[at:until])
        origins.extend(range(at, until))
        at = end
    return "".join(kept), [*origins, len(text)]


def _spoken(text: str) -> list[tuple[int, int]]:
    """Where a dictated text only fills a pause, and pictures between words that mean nothing."""
    if '"' in text or "“" in text:
        return []
    first = _THINKING.match(text)
    start = first.end() if first else 0
    cuts = [(m.start(), m.end()) for m in _FILLING.finditer(text, start)]
    if not text.isascii() and re.search(r"\w", text):
        cuts += [(m.start(), m.end()) for m in _PICTURE.finditer(text)]
    if first and start and len(text[start:].split()) >= _ENOUGH_LEFT:
        cuts.append((0, start))
    return cuts


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
