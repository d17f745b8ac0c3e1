"""Breaks a task into 3 to 8 parts: by its own list, its topic, its kind of project, or its type.

Pure. A list in the description ("- draw it", "1. build it") is what somebody has thought of
already, and goes before every template.
"""

import re
from dataclasses import dataclass

from services.ai import wording
from services.ai.advice.topics import PLAIN, topic_of, type_of
from services.ai.planning.kinds import GENERIC, kind_of

FEWEST, MOST = 3, 8
TITLE_MOST = 200
# What of an estimate is given out in these steps.
_STEP_MINUTES = 15
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)]|\[[ x]?\])\s+(?P<words>\S.{0,198})$", re.MULTILINE)
# Types that say more of the way to work than the topic does.
_OWN_WAY = {"bug", "hotfix", "research", "meeting", "docs", "refactor", "test"}


@dataclass(frozen=True, slots=True)
class Part:
    """A subtask that is proposed."""

    title: str
    minutes: int


def broken_down(
    title: str, description: str = "", *, kind: str = "", minutes: int = 0
) -> tuple[Part, ...]:
    """Return 3 to 8 parts; their minutes add up to the task's, where it has an estimate."""
    parts = _listed(description) or _by_topic(title, kind)
    if minutes:
        whole = sum(part.minutes for part in parts)
        parts = tuple(Part(part.title, _share(part.minutes, minutes, whole)) for part in parts)
    return parts


def _listed(description: str) -> tuple[Part, ...]:
    found = [match["words"].strip() for match in _BULLET.finditer(description)]
    titles = dict.fromkeys(each for each in found if not wording.overrides(each))
    if len(titles) < FEWEST:
        return ()
    return tuple(Part(each[:1].upper() + each[1:], 60) for each in [*titles][:MOST])


def _by_topic(title: str, kind: str) -> tuple[Part, ...]:
    words = " ".join(wording.of_work(title))
    own = type_of(words, kind)
    topic = topic_of(words)
    project = kind_of(words)
    if own.name in _OWN_WAY:
        parts = own.parts
    elif topic is not None:
        parts = topic.parts
    elif project.name != GENERIC and own.name in {PLAIN, "feature"}:
        steps = [step for step in project.steps if not step.optional and not step.when][:MOST]
        fills = (("{subject}", "it"), ("{place}", ""), ("{budget}", ""))
        return tuple(Part(_filled(step.title, fills), step.estimate_minutes) for step in steps)
    else:
        parts = own.parts
    return tuple(Part(text, minutes) for text, minutes in parts[:MOST])


def _filled(title: str, fills: tuple[tuple[str, str], ...]) -> str:
    for place, words in fills:
        title = title.replace(place, words)
    return title


def _share(part: int, minutes: int, whole: int) -> int:
    return max(_STEP_MINUTES, round(part * minutes / whole / _STEP_MINUTES) * _STEP_MINUTES)
