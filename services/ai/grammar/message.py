"""A whole message as the rules of acts, questions and small talk see it."""

import re
from dataclasses import dataclass, replace

from services.ai.grammar import dates
from services.ai.grammar.people import Mention, People
from services.ai.grammar.tokens import OPAQUE, TAKEN, fold, marked, opaque
from services.ai.model import Context, Person

_BEFORE = re.compile(
    r"[\s,.!:;-]*(?:(?:please|pls|plz|kindly|hey|ok|okay|so|and|oh no|oh dear|oh|well|yes|yep|yeah|sorry|right|great|cool|alright|actually|just|now|oops|wait|hmm|um|uh|also|hi|hello"
    r"|may i ask|can i ask|could i ask|do you know|i wonder|i was wondering|any idea|can you tell me|could you tell me|tell me|can you|could you|would you|will you|can we|could we|can i|could i|i want to|i'd like to|i would like to|we should|we can|let's|let us|you can|i want you to|go ahead and|we need to|i need you to|i need to|please go ahead and)(?![\w'-])[\s,.!:]*)*"
)
_AFTER = re.compile(
    r"(?:[\s,.!]+(?:please|pls|plz|thanks|thank you|thx|(?<!for )now|ok|okay|for me|then|a lot|cheers|quickly|right away|immediately|asap))*[\s.!]*$"
)
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Message:
    """A text with what was found in it.

    `low` is folded and marked; `dated` has its dates blanked too. `start` and `end` leave out the
    politeness around it.
    """

    text: str
    low: str
    dated: str
    mentions: dict[int, Mention]
    found: tuple[dates.Found, ...]
    start: int
    end: int
    context: Context

    @classmethod
    def of(cls, text: str, context: Context) -> "Message":
        """Return a message with its people and, unless it is long, its dates found."""
        plain = fold(text)
        hidden = opaque(plain)
        masked = marked(plain, hidden)
        mentions = People.of(context.roster).find(masked, text)
        low = marked(masked, [each.marked for each in mentions])
        short = len(text) <= _LONGEST
        found = (
            tuple(dates.find(low, context.now, month_first=context.month_first)) if short else ()
        )
        dated = marked(low, [(one.start, one.end, TAKEN) for one in found])
        before = _BEFORE.match(dated) if short else None
        start = before.end() if before else 0
        after = _AFTER.search(dated, max(start, len(dated) - 60)) if short else None
        end = after.start() if after else len(text)
        return cls(
            text=text, low=low, dated=dated, mentions={m.start: m for m in mentions}, found=found,
            start=start, end=max(start, end), context=context,
        )  # fmt: skip

    @property
    def is_short(self) -> bool:
        """Whether it may be an order about tasks or a question: one line, and not a letter."""
        return len(self.text) <= _LONGEST

    @property
    def core(self) -> str:
        """The folded text without the politeness around it."""
        return self.low[self.start : self.end]

    def within(self, start: int, end: int) -> list[Mention]:
        """Return the mentions of a stretch."""
        return [m for at, m in self.mentions.items() if start <= at < end]

    def moment(self, start: int, end: int) -> dates.Found | None:
        """Return the date that is said in a stretch."""
        return next((one for one in self.found if start <= one.start < end), None)

    def without_quotations(self) -> str:
        """Return the folded text without what is quoted, pasted, or sent on."""
        lines = [line for line in self.low.splitlines() if not line.lstrip().startswith(">")]
        return " ".join(" ".join(lines).replace(OPAQUE, " ").split())

    def narrowed(self, start: int, end: int) -> "Message":
        """Return the message with another core."""
        return replace(self, start=start, end=end)


def people_of(mentions: list[Mention]) -> tuple[Person, ...]:
    """Return the people of mentions, each once."""
    return tuple(dict.fromkeys(person for mention in mentions for person in mention.people))
