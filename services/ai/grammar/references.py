"""Existing tasks that words mean: numbers, parts of titles, "it", a person's only task.

Words are compared by their stems ("the migration" means "Migrate database to Postgres 18"). Several
tasks that fit equally are told as such and never chosen between.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from services.ai.grammar.task_index import STOP, Tasks, stem, stems_of
from services.ai.grammar.tokens import fold, words
from services.ai.grammar.trace import fired
from services.ai.model import Candidate, Context, OpenTask

_NUMBER = (
    r"(?:t[- ]?|#\s?|(?:the )?task(?: number| no\.?)? ?(?:t-|#)?|number |no\. ?|nr\.? ?)?(\d{1,9})"
)
_ONE_NUMBER = re.compile(_NUMBER)
_PLAINLY = re.compile(r"t[- ]?\d|#|(?:the )?task|number")
_BETWEEN = re.compile(r"\s*(?:,\s*and\b|,|\band\b|&|\+|/|\bas well as\b|\bplus\b)\s*")
_LAST = re.compile(
    r"(?:it|that|this|that one|this one|the task|this task|that task|the last (?:one|task)|the (?:same )?one|them|both|these|those|all of them|the card)"
)
_ALIKE, _LONG_ENOUGH = 84, 5
_MOST_OF_IT = 0.6
_POINTERS = frozenset({"it", "them", "this", "that", "these", "those", "all", "both"})


@dataclass(frozen=True, slots=True)
class Referred:
    """What words mean: tasks; or, where that can't be told, the candidates among which it is."""

    tasks: tuple[Candidate, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    # Whether the tasks are known to exist, and all words fit.
    certain: bool = True

    @property
    def found(self) -> bool:
        """Whether it can be told."""
        return bool(self.tasks)


NOTHING = Referred()


def candidate(task: OpenTask) -> Candidate:
    """Return a task as an interpretation names it."""
    return Candidate(task.name, task.title)


def resolve(phrase: str, context: Context, *, prefer: str = "") -> Referred:
    """Return the tasks that a phrase means: "12 and the deck", "it", "ben's task".

    `prefer`: a status that tells apart tasks which fit equally.
    """
    low = fold(phrase).strip(" .,!?:;\"'()-–")
    if not low:
        return NOTHING
    if _LAST.fullmatch(low):
        fired("task", "the one last spoken of", low)
        return _last(low, context)
    whole = _one(low, context, prefer)
    if whole.found:
        fired("task", "by words" if _ONE_NUMBER.fullmatch(low) is None else "by number", low)
    if whole.found and whole.certain:
        return whole
    parts = [part for part in _BETWEEN.split(low) if part]
    if len(parts) > 1:
        each = [_one(part, context, prefer) for part in parts]
        if all(one.found for one in each):
            tasks = tuple(dict.fromkeys(task for one in each for task in one.tasks))
            return Referred(tasks, certain=all(one.certain for one in each))
    return whole


# A short message may name a task by a mistyped word alone; what points may be anywhere.
_SHORT = 12
_POINTS = re.compile(r"\d|\b(?:it|that|this|them|these|those|both|one)\b")


def may_name(low: str, context: Context) -> bool:
    """Return whether a text may name an open task at all: seen at once, before rules are tried."""
    said = words(low)
    if len(said) <= _SHORT or _POINTS.search(low):
        return True
    by_stem = Tasks.of(context.open_tasks).by_stem
    return any(stem(word) in by_stem for word in said)


def named_within(said: list[str], context: Context, *, prefer: str = "") -> Referred:
    """Return the one task of which most of a title's words are said in a longer stretch."""
    tasks = Tasks.of(context.open_tasks)
    stems = {stem(word) for word in said if word not in STOP}
    scores: dict[int, float] = {}
    for each in stems:
        for number in tasks.by_stem.get(each, ()):
            scores[number] = scores.get(number, 0.0) + tasks.weight(each)
    if not scores:
        return NOTHING
    best = max(scores.values())
    fit = [tasks.by_number[number] for number, score in scores.items() if score >= best - 1e-9]
    if len(fit) > 1:
        fit = _told_apart(fit, context, prefer)
    return Referred((candidate(fit[0]),)) if len(fit) == 1 else NOTHING


def points(phrase: str) -> bool:
    """Return whether words only point to a task: "it", "that one"."""
    return bool(_LAST.fullmatch(fold(phrase).strip(" .,!?")))


def _last(low: str, context: Context) -> Referred:
    by_name = {task.name: task for task in context.open_tasks}
    if low in {"them", "both", "these", "those", "all of them"}:
        names: tuple[str, ...] = context.card_tasks
    else:
        names = (context.last_task,) if context.last_task else context.card_tasks[:1]
        if len(context.card_tasks) > 1 and not context.last_task:
            names = ()
    return Referred(
        tuple(Candidate(n, by_name[n].title if n in by_name else "") for n in names if n)
    )


def _one(low: str, context: Context, prefer: str) -> Referred:
    number = _ONE_NUMBER.fullmatch(low)
    if number:
        return _numbered(int(number[1]), context, plainly=bool(_PLAINLY.match(low)))
    inside = re.findall(r"(?:^|\s)(?:t-|#)(\d{1,9})\b", low)
    if len(inside) == 1:
        return _numbered(int(inside[0]), context, plainly=True)
    return _titled(low, context, prefer)


def _numbered(number: int, context: Context, *, plainly: bool) -> Referred:
    tasks = Tasks.of(context.open_tasks)
    if not plainly and 1 <= number <= len(context.card_tasks) > 1:
        name = context.card_tasks[number - 1]
        known = tasks.by_number.get(int(name.rpartition("/")[2]))
        return Referred((Candidate(name, known.title if known else ""),))
    if task := tasks.by_number.get(number):
        return Referred((candidate(task),))
    workspace = context.sender.name.partition("/people/")[0]
    return Referred((Candidate(f"{workspace}/tasks/{number}", ""),), certain=plainly)


def _titled(low: str, context: Context, prefer: str) -> Referred:
    tasks = Tasks.of(context.open_tasks)
    wanted = [stem(word) for word in words(low) if word not in STOP]
    if not wanted or not tasks.by_stem:
        return NOTHING
    wanted = list(dict.fromkeys(_spelled(each, tasks) for each in wanted))
    total = sum(map(tasks.weight, wanted))
    scores: dict[int, float] = {}
    for each in wanted:
        weight = tasks.weight(each)
        for number in tasks.by_stem.get(each, ()):
            scores[number] = scores.get(number, 0.0) + weight
    if not scores:
        return NOTHING
    best = max(scores.values())
    fit = [tasks.by_number[n] for n, score in scores.items() if score >= best - 1e-9]
    complete = best >= total - 1e-9
    if not complete and best / total < _MOST_OF_IT:
        return _pointing(wanted, tasks, context)
    if len(fit) > 1:
        fit = _told_apart(fit, context, prefer)
    if len(fit) > 1:
        closest = _closest(fit, wanted)
        if len(closest) > 1:
            return Referred(candidates=tuple(candidate(task) for task in fit[:10]))
        fit = closest
    return Referred((candidate(fit[0]),), certain=complete)


def _pointing(wanted: list[str], tasks: Tasks, context: Context) -> Referred:
    """The task that only points to its object: "testing the API" is "Test it" after "Build the API".

    So all that is said beside its verb has to be found in other tasks.
    """
    verb, *rest = wanted
    if not rest or any(word not in tasks.by_stem for word in rest):
        return NOTHING
    fit = [
        tasks.by_number[number]
        for number in tasks.by_stem.get(verb, ())
        if _only_points(tasks.by_number[number].title, verb)
    ]
    if len(fit) > 1:
        fit = _told_apart(fit, context, "")
    return Referred((candidate(fit[0]),)) if len(fit) == 1 else NOTHING


def _only_points(title: str, verb: str) -> bool:
    said = words(fold(title))
    return len(said) > 1 and set(said[1:]) <= _POINTERS and stem(said[0]) == verb


def _told_apart(fit: list[OpenTask], context: Context, prefer: str) -> list[OpenTask]:
    if prefer:
        fit = [task for task in fit if task.status == prefer] or fit
    if len(fit) > 1 and context.sender.role not in {"boss", "owner", "lead"}:
        fit = [task for task in fit if context.sender.name in task.assignees] or fit
    return fit


def _closest(fit: list[OpenTask], wanted: list[str]) -> list[OpenTask]:
    """Those that the words name in full: "release notes" before "release notes for June"."""
    return [task for task in fit if stems_of(task.title) <= set(wanted)] or fit


def _spelled(each: str, tasks: Tasks) -> str:
    """The stem that a mistyped one was meant as."""
    if each in tasks.by_stem or len(each) < _LONG_ENOUGH or each.isdigit():
        return each
    # The first letter is seldom the wrong one.
    alike = _lettered(_Same(tasks)).get(each[0], ())
    near = process.extractOne(each, alike, scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return str(near[0]) if near else each


class _Same:
    """An index by identity: it never changes once told, and hashing it would cost more."""

    __slots__ = ("tasks",)

    def __init__(self, tasks: Tasks) -> None:
        self.tasks = tasks

    def __hash__(self) -> int:
        return id(self.tasks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.tasks is other.tasks


@lru_cache(maxsize=16)
def _lettered(same: _Same) -> dict[str, tuple[str, ...]]:
    """The stems of an index that are words, by their first letter."""
    by_letter: dict[str, list[str]] = {}
    for each in same.tasks.by_stem:
        if each[:1].isalpha():
            by_letter.setdefault(each[0], []).append(each)
    return {letter: tuple(stems) for letter, stems in by_letter.items()}
