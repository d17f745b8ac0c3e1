"""An index of a workspace's open tasks by number and by the stems of their titles' words.

Kept for the workspaces read lately and mended where tasks have changed: building it for 5,000 tasks
takes a third of a second, mending it for one a few milliseconds. An index is never changed once it
is told, and the same tasks give the same index, whichever way it was made.
"""

import math
import sys
from bisect import insort
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from services.ai.grammar.tokens import fold, words
from services.ai.model import OpenTask

STOP = frozenset(
    """a an the my our your his her their that this these those task tasks ticket one thing things item
    job of on for to with in and at by from please whole entire please about is are his me work card also
    new all""".split()  # noqa: SIM905 -- words, not quotation marks
)
_SUFFIXES = ("ations", "ation", "ments", "ment", "tions", "tion", "ions", "ion", "ings", "ing", "ers",
             "er", "ies", "ied", "es", "ed", "s", "e", "y")  # fmt: skip
SHORTEST = 3
# An index of 5,000 tasks takes some 6 MB.
MOST_TASKS = 10_000
MOST_TITLES = 6_000


@dataclass(frozen=True, slots=True)
class Tasks:
    """The open tasks, ready to be referred to. Build with `Tasks.of(open_tasks)`."""

    by_number: dict[int, OpenTask]
    by_stem: dict[str, list[int]]

    @classmethod
    def of(cls, open_tasks: Sequence[OpenTask]) -> "Tasks":
        """Return the index of these tasks; from memory where the same object was asked for last."""
        return _INDEXES.of(open_tasks)

    def weight(self, each: str) -> float:
        """Return how much a stem tells: the rarer, the more."""
        return math.log(1 + max(len(self.by_number), 1) / len(self.by_stem.get(each, (0,))))


def stem(word: str) -> str:
    """Return what a word has in common with its other forms."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= SHORTEST:
            word = word[: -len(suffix)]
            break
    word = word[:-1] if word.endswith("e") and len(word) > SHORTEST else word
    return word[:-2] if word.endswith("at") and len(word) > SHORTEST + 1 else word


@lru_cache(maxsize=MOST_TITLES)
def stems_of(title: str) -> frozenset[str]:
    """Return the stems of a title's words, and of its neighbouring words written as one."""
    said = words(fold(title))
    joined = [a + b for a, b in pairwise(said)]
    kept = [word for word in said if word not in STOP]
    # Interned: the same stems come in thousands of titles.
    return frozenset(sys.intern(stem(word)) for word in kept + joined)


class _Indexes:
    """The index last made of each workspace; the least recently used make room."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Sequence[OpenTask], Tasks]] = OrderedDict()

    def of(self, tasks: Sequence[OpenTask]) -> Tasks:
        if not tasks:
            return _NONE
        workspace = tasks[0].name.partition("/tasks/")[0]
        before = self._known.pop(workspace, None)
        if before is None:
            index = _changed(_NONE, tasks)
        elif before[0] is tasks:
            index = before[1]
        else:
            index = _changed(before[1], tasks)
        self._known[workspace] = (tasks, index)
        room = MOST_TASKS
        for name in reversed([*self._known]):
            room -= len(self._known[name][0])
            if room < 0 and name != workspace:
                del self._known[name]
        return index


def _changed(before: Tasks, tasks: Sequence[OpenTask]) -> Tasks:
    """The index of these tasks, made of the one before: only what differs is looked at."""
    by_number = {task.number: task for task in tasks}
    old = before.by_number
    fresh = [task for number, task in by_number.items() if old.get(number) is not task]
    gone = [task for number, task in old.items() if by_number.get(number) is not task]
    by_stem = dict(before.by_stem)
    mine: set[str] = set()
    for task, each in _stems(gone):
        numbers = _own(by_stem, each, mine)
        numbers.remove(task.number)
        if not numbers:
            del by_stem[each]
            mine.discard(each)
    for task, each in _stems(fresh):
        insort(_own(by_stem, each, mine), task.number)
    return Tasks(by_number, by_stem)


def _stems(tasks: Iterable[OpenTask]) -> Iterable[tuple[OpenTask, str]]:
    return ((task, each) for task in tasks for each in stems_of(task.title))


def _own(by_stem: dict[str, list[int]], each: str, mine: set[str]) -> list[int]:
    """The numbers of a stem, copied before the first change: the old index has them too."""
    if each not in mine:
        mine.add(each)
        by_stem[each] = list(by_stem.get(each, ()))
    return by_stem[each]


_NONE = Tasks({}, {})
_INDEXES = _Indexes()
