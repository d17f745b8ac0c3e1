"""How likely a reading is right: the signs in it, weighed by what was right of readings like it.

Pure. The weights are in `confidence.json`, which `make calibrate` fits by logistic regression to
first readings of sentences that the grammar had not been changed for; docs/understanding.md keeps
how well the numbers hold. A reading is sure where the rules are, nothing in it is ambiguous, and
the chance that all of it is right is over the threshold.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import msgspec

from services.ai import signs as signs_of
from services.ai.grammar import assemble
from services.ai.grammar.trace import Fired, traced
from services.ai.model import Chance, Context, Intent, Interpretation

TABLE = Path(__file__).with_name("confidence.json")
ALWAYS = "always"
WHOLE = "whole"
_OF_A_DRAFT = ("intent", "count", "title", "assignees", "deadline", "priority")
_OF_A_QUESTION = ("intent", "filters", "task_ref")
_OF_AN_ORDER = ("intent", "task_ref", "fields")
_QUESTIONS = frozenset((Intent.QUERY, Intent.SEARCH, Intent.SHOW))
_FIELDS_OUT = {"count": "tasks", "fields": "change", "filters": "filter"}


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was fitted: each field's weights of the signs, and from which chance on it is sure."""

    threshold: float
    weights: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Understood:
    """A reading with how it came about. `by_rules`: the rules alone were sure of it."""

    reading: Interpretation
    by_rules: bool
    fired: Sequence[Fired]
    signs: Mapping[str, float]


def understand(text: str, context: Context) -> Interpretation:
    """Return what the grammar makes of a message, and how likely it is right. Never fails."""
    return understood(text, context).reading


def understood(text: str, context: Context) -> Understood:
    """Return the same, with the rules that fired and the signs by which it was judged."""
    with traced() as fired:
        reading = assemble.interpret(text, context)
    signs = signs_of.of(text, context, reading, fired)
    return Understood(judged(reading, signs), reading.sure, fired, signs)


def judged(reading: Interpretation, signs: Mapping[str, float]) -> Interpretation:
    """Return the reading with its chances, and sure only where these say so too."""
    table = fitted()
    whole = chance(table.weights[WHOLE], signs)
    fields: tuple[str, ...]
    if reading.intent is Intent.CREATE:
        fields = _OF_A_DRAFT
    else:
        fields = _OF_A_QUESTION if reading.intent in _QUESTIONS else _OF_AN_ORDER
    chances = tuple(
        Chance(_FIELDS_OUT.get(name, name), round(chance(table.weights[name], signs), 3))
        for name in fields
        if name in table.weights
    )
    sure = reading.sure and not reading.ambiguities and whole >= table.threshold
    return replace(reading, sure=sure, confidence=round(whole, 3), chances=chances)


def chance(weights: Mapping[str, float], signs: Mapping[str, float]) -> float:
    """Return the chance that these signs give: 0 to 1."""
    sum_of_them = weights.get(ALWAYS, 0.0)
    for name, value in signs.items():
        sum_of_them += weights.get(name, 0.0) * value
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, sum_of_them))))


@cache
def fitted() -> Table:
    """Return the table as it was fitted."""
    return msgspec.json.decode(TABLE.read_bytes(), type=Table)
