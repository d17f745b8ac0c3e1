"""Which rules a reading came about by: collected where it is asked for, else next to free.

A rule says `fired(stage, rule, words)` where its match counts. The list is of the running context,
so rules need not hand it on; nothing of a reading depends on it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from services.ai.grammar.tokens import OPAQUE, PERSON, TAKEN, TASK

_SHOWN = str.maketrans({PERSON: "@", TASK: "#", OPAQUE: "…", TAKEN: "_"})
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that counted: the step of the grammar, the rule's name or example, and the words.

    `start` is where the words stand in the message, where the rule knows; else -1. In the words @
    is a person, _ what was taken out before.
    """

    stage: str
    rule: str
    words: str = ""
    start: int = -1


_TRACE: ContextVar[list[Fired] | None] = ContextVar("trace", default=None)


def fired(stage: str, rule: str, words: str = "", start: int = -1) -> None:
    """Note a rule that counted, if anybody asked."""
    trace = _TRACE.get()
    if trace is not None:
        trace.append(Fired(stage, rule, words[:_LONGEST].translate(_SHOWN), start))


@contextmanager
def traced() -> Iterator[list[Fired]]:
    """Collect the rules that fire within, in order; the same may fire more than once."""
    fired_rules: list[Fired] = []
    token = _TRACE.set(fired_rules)
    try:
        yield fired_rules
    finally:
        _TRACE.reset(token)
