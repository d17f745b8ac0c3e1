"""Which existing tasks words mean: by number, by "it", by words of their titles."""

import re
from dataclasses import dataclass

from services.ai.grammar.masked import Masked
from services.ai.model import Ambiguity, Candidate, Context, OpenTask

_ID = re.compile(
    r"(?<![\w-])(?:task )?(?:t-?|#)(\d{1,9})(?![\w-])|(?<![\w.:/$€-])(?:task |number |no\.? )(\d{1,9})(?![\w%:/.-])"
)
_BARE = re.compile(r"(?<![\w.:/$€#-])(\d{1,9})(?![\w%:/-]|\.\d)")
_IT = re.compile(
    r"(?<![\w'-])(?:it|that|this|that one|this one|that task|this task|the task)(?![\w'-])"
)
_STOP = frozenset(
    ["the", "a", "an", "of", "to", "for", "on", "in", "at", "with", "my", "our", "his", "her", "their", "your", "task", "tasks", "job", "one", "thing", "is", "are", "was", "and", "or", "as", "by", "from", "new", "it", "this", "that", "please"]
)
_SUFFIXES = ("ations", "ation", "ates", "ate", "ings", "ing", "ions", "ion", "ed", "es", "s", "e")
MIN_SCORE = 0.6
MIN_STEM = 3


@dataclass(frozen=True, slots=True)
class Referred:
    """The tasks that are meant; `unknown` are words that mean none or several."""

    tasks: tuple[OpenTask, ...] = ()
    ambiguities: tuple[Ambiguity, ...] = ()
    numbers: tuple[int, ...] = ()


def candidate(task: OpenTask) -> Candidate:
    """Return a task as one that words may mean."""
    return Candidate(task.name, task.title)


def by_number(clause: Masked, context: Context, *, bare: bool) -> Referred:
    """Take the tasks that are named by number; a bare number only if it is an open task's."""
    known = {task.number: task for task in context.open_tasks}
    found: list[OpenTask] = []
    unknown: list[int] = []
    for pattern in (_ID, _BARE) if bare else (_ID,):
        for match in list(pattern.finditer(clause.low)):
            number = int(next(group for group in match.groups() if group))
            if number in known:
                found.append(known[number])
            elif pattern is _ID:
                unknown.append(number)
            else:
                continue
            clause.take_match(match, "task_ref")
    return Referred(tuple(dict.fromkeys(found)), numbers=tuple(unknown))


def by_pronoun(clause: Masked, context: Context) -> Referred:
    """Take "it", where a task was spoken of."""
    last = next((task for task in context.open_tasks if task.name == context.last_task), None)
    match = _IT.search(clause.low)
    if last is None or match is None:
        return Referred()
    clause.take_match(match, "task_ref")
    return Referred((last,))


def by_words(words: str, context: Context) -> Referred:
    """Return the task whose title these words are of; several as near are an ambiguity."""
    wanted = _stems(words)
    if not wanted:
        return Referred()
    scored = [(_score(wanted, task.title), task) for task in context.open_tasks]
    best = max((score for score, _ in scored), default=0.0)
    if best < MIN_SCORE:
        return Referred()
    fitting = [task for score, task in scored if score >= best - 0.01]
    if len(fitting) > 1:
        return Referred(ambiguities=(Ambiguity("task_ref", words, tuple(map(candidate, fitting))),))
    return Referred((fitting[0],))


def _score(wanted: list[str], title: str) -> float:
    have = _stems(title)
    pairs = {a + b for a, b in zip(have, have[1:], strict=False)}
    raw = re.findall(r"\w+", title.lower())
    pairs |= {_stem(a + b) for a, b in zip(raw, raw[1:], strict=False)}
    hits = sum(word in have or word in pairs for word in wanted)
    return hits / len(wanted)


def _stems(words: str) -> list[str]:
    return [
        _stem(word)
        for word in re.findall(r"\w+", words.lower().replace("'s", ""))
        if word not in _STOP
    ]


def _stem(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= MIN_STEM:
            return word[: -len(suffix)]
    return word
