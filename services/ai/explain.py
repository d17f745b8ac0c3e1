"""Why a message was read as it was: its words, its clauses, the rules that counted, the signs.

Pure. The same grammar reads the text again and is listened to; a millisecond, so only for whoever
asks. `boss explain` prints it and the Interpret answer carries it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.ai.confidence import fitted, understood
from services.ai.grammar.people import People
from services.ai.grammar.tokens import OPAQUE, PERSON, fold, marked, opaque
from services.ai.grammar.trace import Fired
from services.ai.model import Context, Intent, Interpretation

_TOKEN = re.compile(rf"{PERSON}+|{OPAQUE}+|[^\W_]+(?:['.&+-][^\W_]+)*|\S")
MOST_TOKENS, MOST_RULES = 400, 200


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a mark, or a stretch that counts as one; `kind`: word, number, mark, person, opaque.

    Opaque is what no rule looks into: quotations, addresses.
    """

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of the message that was read for itself, and how it hangs on the one before."""

    start: int
    end: int
    joined: str


@dataclass(frozen=True, slots=True)
class Sign:
    """What made the reading likelier or less likely right, and by how much: a weight in the sum."""

    name: str
    value: float
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """All of it. `doubts`: why it is not sure, in words; empty where it is."""

    reading: Interpretation
    tokens: tuple[Token, ...]
    clauses: tuple[Clause, ...]
    rules: tuple[Fired, ...]
    signs: tuple[Sign, ...]
    doubts: tuple[str, ...]


def explained(text: str, context: Context) -> Explanation:
    """Return what the grammar makes of a message and why. Never fails."""
    found = understood(text, context)
    table = fitted()
    weights = table.weights["whole"]
    signs = [Sign(n, value, round(weights.get(n, 0.0), 3)) for n, value in found.signs.items()]
    signs.sort(key=lambda sign: -abs(sign.value * sign.weight))
    clauses = tuple(
        Clause(each.start, each.start + len(each.words), each.rule)
        for each in found.fired
        if each.stage == "clause"
    )
    rules = list(dict.fromkeys(each for each in found.fired if each.stage != "clause"))
    return Explanation(
        reading=found.reading,
        tokens=tokens_of(text, context),
        clauses=clauses or (Clause(0, len(text), "whole"),),
        rules=tuple(rules[:MOST_RULES]),
        signs=tuple(sign for sign in signs if sign.weight),
        doubts=tuple(_doubts(found.reading, by_rules=found.by_rules, least=table.threshold)),
    )


def tokens_of(text: str, context: Context) -> tuple[Token, ...]:
    """Return the words and marks of a message, the first 400."""
    low = fold(text)
    hidden = marked(low, opaque(low))
    seen = marked(hidden, [each.marked for each in People.of(context.roster).find(hidden, text)])
    found: list[Token] = []
    for match in _TOKEN.finditer(seen):
        if len(found) == MOST_TOKENS:
            break
        found.append(Token(match.start(), match.end(), _kind(match[0])))
    return tuple(found)


def _kind(word: str) -> str:
    if word[0] == PERSON:
        return "person"
    if word[0] == OPAQUE:
        return "opaque"
    if word[0].isdigit():
        return "number"
    return "word" if word[0].isalpha() else "mark"


def _doubts(reading: Interpretation, *, by_rules: bool, least: float) -> Sequence[str]:
    if reading.sure:
        return []
    doubts = [
        f'"{each.words}" may mean {", ".join(one.display_name for one in each.candidates)}'
        if each.candidates
        else f'nothing is known by "{each.words}"'
        for each in reading.ambiguities
    ]
    if reading.intent is Intent.UNCLEAR:
        doubts.append("no rule tells what is wanted")
    if not by_rules and not doubts:
        doubts.append("the rules left words over, or had to guess")
    if by_rules and not doubts:
        doubts.append(
            f"readings with such signs are right with a chance of {reading.confidence:.2f}, "
            f"and {least:.2f} is asked for"
        )
    return doubts
