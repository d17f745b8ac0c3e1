"""A message with what was found in it as single letters: "P takes T off P 's hands D".

T are existing tasks, P people, D dates, Q quotations and addresses; all else is small, in single
blanks. So a rule can say where they stand to each other and nothing of how they are named.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass

from services.ai.grammar import references
from services.ai.grammar.message import Message
from services.ai.grammar.references import Referred
from services.ai.grammar.task_index import STOP, Tasks, stem
from services.ai.grammar.tokens import OPAQUE, PERSON, TAKEN
from services.ai.grammar.verbs import from_gerund, is_past, is_verb

TASK, PEOPLE, DATE, QUOTED = "T", "P", "D", "Q"
_LETTERS = {PERSON: PEOPLE, TAKEN: DATE, OPAQUE: QUOTED}
_TOKEN = re.compile(
    rf"{PERSON}+|{TAKEN}+|{OPAQUE}+|'s(?![\w'])|#?[^\W_](?:\w|['&+.-](?=\w))*|[^\w\s'\"]"
)
_NUMBER = re.compile(r"(?P<plain>t-|#)?(?P<number>\d{1,9})")
# What stands behind a number that counts.
_UNITS = re.compile(
    r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|%|percent|people|times|x|gb|km|euros?|dollars?|pieces|of|o'clock)"
)
# Of titles too, but alone they speak of a task's parts.
_META = frozenset(
    """
    note notes comment tag label subtask step description title name deadline date priority copy
    list check set work up update status review write make start order record add change do put
    get take go back call send fix new open close test plan report prepare
""".split()  # noqa: SIM905 -- words, not quotation marks
)
_BEFORE = frozenset(
    {"the", "our", "my", "this", "that", "your", "task", "ticket", "card", "number"}
)
_BEHIND = frozenset({"task", "ticket", "card", "job", "thing", "item", "project"})
_POINTERS = frozenset({"it", "them", "that", "this", "both", "these", "those"})
_MOST_TOKENS, _LONGEST_RUN, _MOST_TRIES = 120, 7, 24


@dataclass(frozen=True, slots=True)
class Token:
    """A letter or a word, and where it stands in the message."""

    text: str
    start: int
    end: int
    task: Referred | None = None


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Tokens and their text with single blanks between them."""

    tokens: tuple[Token, ...]
    text: str
    starts: tuple[int, ...]
    # Whether its task is only pointed to: "it".
    pointed: bool = False

    @classmethod
    def of(cls, tokens: list[Token], *, pointed: bool = False) -> "Skeleton":
        """Return the skeleton of these tokens."""
        starts, at = [], 0
        for token in tokens:
            starts.append(at)
            at += len(token.text) + 1
        return cls(tuple(tokens), " ".join(token.text for token in tokens), tuple(starts), pointed)

    def token(self, at: int) -> Token:
        """Return the token at a place of the text."""
        return self.tokens[max(bisect_right(self.starts, at) - 1, 0)]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a stretch of the text stands in the message."""
        return self.token(start).start, self.token(max(end - 1, start)).end


def read(message: Message) -> Skeleton | None:
    """Return the skeleton of a short message that names a task or points to one, else None."""
    low = message.dated
    tokens = [
        Token(_LETTERS.get(m[0][0], m[0]), m.start(), m.end())
        for m in _TOKEN.finditer(low, 0, len(low.rstrip(" .!?")))
    ]
    if not tokens or len(tokens) > _MOST_TOKENS:
        return None
    tokens = _joined(_named(tokens, message))
    named = any(token.text == TASK for token in tokens)
    if not named:
        tokens = _pointed(tokens, message)
    if not any(token.text == TASK for token in tokens):
        return None
    return Skeleton.of(tokens, pointed=not named)


def _named(tokens: list[Token], message: Message) -> list[Token]:
    """The tokens with those that name a task as one."""
    tasks = Tasks.of(message.context.open_tasks)
    out: list[Token] = []
    at, tries = 0, 0
    while at < len(tokens):
        found: tuple[Referred, int] | None = _numbered(tokens, at, tasks)
        if found is None and tries < _MOST_TRIES and _known(tokens[at].text, tasks):
            found, spent = _longest(tokens, at, tasks, message)
            tries += spent
        if found is None:
            out.append(tokens[at])
            at += 1
            continue
        referred, until = found
        while out and out[-1].text in _BEFORE:
            out.pop()
        last = tokens[until - 1]
        if until < len(tokens) and tokens[until].text in _BEHIND:
            until += 1
        out.append(Token(TASK, tokens[at].start, tokens[until - 1].end, referred))
        if message.dated[last.start : last.end].endswith("'s"):
            out.append(Token("'s", last.end, last.end))
        at = until
    return out


def _numbered(tokens: list[Token], at: int, tasks: Tasks) -> tuple[Referred, int] | None:
    number = _NUMBER.fullmatch(tokens[at].text)
    if number is None:
        return None
    task = tasks.by_number.get(int(number["number"]))
    behind = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if task is None or (not number["plain"] and _UNITS.fullmatch(behind)):
        return None
    return Referred((references.candidate(task),)), at + 1


def _known(word: str, tasks: Tasks) -> bool:
    return len(word) > 2 and word not in STOP and stem(word.removesuffix("'s")) in tasks.by_stem  # noqa: PLR2004


def _longest(
    tokens: list[Token], at: int, tasks: Tasks, message: Message
) -> tuple[tuple[Referred, int] | None, int]:
    """The longest run of words from here that names one task, and how many were tried."""
    end = at
    while end < len(tokens) and end - at < _LONGEST_RUN:
        word = tokens[end].text
        if not (_known(word, tasks) or word in STOP):
            break
        end += 1
    spent = 0
    for until in range(end, at, -1):
        last = tokens[until - 1].text
        if not _known(last, tasks):
            continue
        said = [token.text.removesuffix("'s") for token in tokens[at:until]]
        if all(word in _META or word in STOP for word in said):
            continue
        spent += 1
        referred = references.resolve(" ".join(said), message.context)
        if len(referred.tasks) == 1 and referred.certain and _more_than_verb(said, referred):
            return (referred, until), spent
    return None, spent


def _more_than_verb(said: list[str], referred: Referred) -> bool:
    """Whether the words say more than what is done in the task: "order" is not "Order laptops"."""
    first, *rest = referred.tasks[0].display_name.lower().split() or [""]
    return not rest or any(
        stem(word) != stem(first) or not _is_form(word) for word in said if word not in STOP
    )


def _is_form(word: str) -> bool:
    return is_verb(word) or is_past(word) or from_gerund(word) is not None


def _joined(tokens: list[Token]) -> list[Token]:
    """The tokens with "T and T" as one that means both."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        before = out[-1] if out else None
        if (
            before is not None
            and before.text == TASK
            and token.text in {"and", "&", ","}
            and at + 1 < len(tokens)
            and tokens[at + 1].text == TASK
        ):
            other = tokens[at + 1]
            both = (before.task or Referred()).tasks + (other.task or Referred()).tasks
            out[-1] = Token(TASK, before.start, other.end, Referred(tuple(dict.fromkeys(both))))
            at += 2
            continue
        out.append(token)
        at += 1
    return out


def _pointed(tokens: list[Token], message: Message) -> list[Token]:
    """The tokens with a first "it" as the task last spoken of."""
    for at, token in enumerate(tokens):
        if token.text in _POINTERS:
            referred = references.resolve(token.text, message.context)
            pointed = Token(TASK, token.start, token.end, referred)
            end = at + 1
            if end < len(tokens) and tokens[end].text in _BEHIND | {"one"}:
                pointed = Token(TASK, token.start, tokens[end].end, referred)
                end += 1
            return [*tokens[:at], pointed, *tokens[end:]]
    return tokens
