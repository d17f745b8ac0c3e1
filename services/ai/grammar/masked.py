"""A text of which parts are taken: what is left is searched on; offsets stay the original's."""

from dataclasses import dataclass
from re import Match, Pattern

from services.ai.model import Span

TAKEN = "\x1f"


@dataclass(slots=True)
class Masked:
    """A clause of a message. `low` is the case-folded text with taken characters blanked.

    Case folding that would change the length is not applied, so offsets hold for both.
    """

    text: str
    offset: int
    low: str
    spans: list[Span]

    @classmethod
    def of(cls, text: str, offset: int = 0) -> "Masked":
        """Return a clause that begins at this offset of the message."""
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        return cls(text=text, offset=offset, low=low.replace("’", "'"), spans=[])

    def take(self, start: int, end: int, field: str = "") -> str:
        """Take a stretch out; it is noted as the words of `field`, if one is named."""
        self.low = self.low[:start] + TAKEN * (end - start) + self.low[end:]
        if field:
            while start < end and self.text[start] in " ,;:-–—(":
                start += 1
            while end > start and self.text[end - 1] in " ,;:-–—)":
                end -= 1
            self.spans.append(Span(field, self.offset + start, self.offset + end))
        return self.text[start:end]

    def take_match(self, match: Match[str], field: str = "") -> str:
        """Take a whole match out."""
        return self.take(match.start(), match.end(), field)

    def take_all(self, pattern: Pattern[str], field: str = "") -> bool:
        """Take every match out; return whether there was one."""
        found = False
        while (match := pattern.search(self.low)) and match.start() < match.end():
            self.take_match(match, field)
            found = True
        return found

    def rest(self) -> str:
        """Return the original text of what is not taken."""
        kept = (
            " " if masked == TAKEN else original
            for original, masked in zip(self.text, self.low, strict=True)
        )
        return " ".join("".join(kept).split())
