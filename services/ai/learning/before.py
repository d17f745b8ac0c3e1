"""Rewrites a message by what words mean here, before it is read, and finds the way back.

Pure. Each stretch is rewritten once, the longest phrase first; what is quoted stays as it is.
Places of the reading are led back to the message as it was written.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from services.ai.grammar import tokens
from services.ai.learning.model import Applied, RuleKind, Rules
from services.ai.model import Interpretation, Span
from services.ai.quoted import fold

# A message doesn't grow beyond what may be read.
TEXT_MOST = 8_000


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A message as it is to be read, and where each of its characters came from."""

    text: str
    starts: Sequence[int] = ()
    ends: Sequence[int] = ()
    applied: tuple[Applied, ...] = ()

    def back(self, span: Span) -> Span:
        """Return a stretch of this text as one of the message."""
        if not self.starts or span.start >= span.end:
            return span
        last = min(span.end, len(self.ends)) - 1
        first = min(span.start, last)
        return Span(span.field, self.starts[first], self.ends[last], span.task)

    def of_message(self, reading: Interpretation) -> Interpretation:
        """Return a reading of this text as one of the message as it was written."""
        if not self.starts:
            return reading
        return replace(reading, spans=tuple(self.back(span) for span in reading.spans))


def rewritten(text: str, rules: Rules) -> Rewritten:
    """Return the message with the words of rules replaced by what they mean."""
    taught = [rule for rule in rules if rule.kind is RuleKind.MEANS and rule.phrase.strip()]
    # Of two meanings of one word the later counts.
    meanings = {fold(rule.phrase): rule for rule in taught}
    if not meanings:
        return Rewritten(text)
    low = tokens.fold(text)
    pattern = _compiled(tuple(meanings))
    quoted = [(start, end) for start, end, _ in tokens.opaque(low)]
    parts, starts, ends = list[str](), list[int](), list[int]()
    applied, at = list[Applied](), 0
    for match in pattern.finditer(low):
        start, end = match.span()
        if any(start < e and s < end for s, e in quoted):
            continue
        rule = meanings[fold(match[0])]
        if sum(map(len, parts)) + len(rule.value) + len(text) - end > TEXT_MOST:
            break
        parts += (text[at:start], rule.value)
        starts += [*range(at, start), *[start] * len(rule.value)]
        ends += [*range(at + 1, start + 1), *[end] * len(rule.value)]
        applied.append(Applied(rule, "words"))
        at = end
    if not applied:
        return Rewritten(text)
    parts.append(text[at:])
    starts += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    once = tuple(dict.fromkeys(applied))
    return Rewritten("".join(parts), starts, ends, once)


@lru_cache(maxsize=128)
def _compiled(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds the phrases, the longest first; a workspace's rules seldom change."""
    words = "|".join(_pattern(each) for each in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?<![\w@#./-])(?:{words})(?![\w-])")


def _pattern(phrase: str) -> str:
    return r"\s+".join(map(re.escape, phrase.split()))
