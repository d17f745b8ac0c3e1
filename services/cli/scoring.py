"""Whether an answer of `boss parse` is right, field by field, by the conventions; and shares of it.

Pure. Titles are compared without case, marks at the ends and doubled spaces, and where several
wordings are fair any of them is right; priority none and medium are the same; lists of people, tags
and tasks have no order. Only what the expected answer names of fields and filters is looked at.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

TASK_FIELDS = (
    "title",
    "assignees",
    "deadline",
    "priority",
    "recurrence",
    "tags",
    "subtasks",
    "after",
    "estimate_minutes",
)
WHOLE = "whole"
_UNORDERED = frozenset(("assignees", "tags", "task_ref", "depends_on", "assignee"))
_BLANKS = re.compile(r"\s+")
_MINUTE = len("2026-11-27T18:00")

Judgement = dict[str, list[bool]]


def judged(expected: Mapping[str, Any], told: Mapping[str, Any]) -> Judgement:
    """Return for each field whether it is right: once, or once for each task that is expected.

    "count" is the number of tasks, "whole" whether all is right.
    """
    out: Judgement = {"intent": [expected["intent"] == told.get("intent")]}
    if expected["intent"] == "create":
        _judge_tasks(expected["tasks"], told.get("tasks") or [], out)
    out["task_ref"] = [_same("task_ref", expected.get("task_ref"), told.get("task_ref"))]
    for group in ("fields", "filters"):
        answers = told.get(group) or {}
        values = expected.get(group) or {}
        if values:
            out[group] = [_same(name, value, answers.get(name)) for name, value in values.items()]
    if expected["intent"] == "query" and expected.get("filters") is None:
        out["filters"] = [not told.get("filters")]
    out[WHOLE] = [all(right for each in out.values() for right in each)]
    return out


def _judge_tasks(
    wanted: Sequence[Mapping[str, Any]], told: Sequence[Mapping[str, Any]], out: Judgement
) -> None:
    out["count"] = [len(wanted) == len(told)]
    for index, task in enumerate(wanted):
        got = told[index] if index < len(told) else {}
        for name in TASK_FIELDS:
            right = _same(name, task.get(name), got.get(name))
            out.setdefault(name, []).append(right)


def _same(name: str, wanted: Any, told: Any) -> bool:
    match name:
        case "title":
            return _plain(told) in map(_plain, wanted if isinstance(wanted, list) else [wanted])
        case "priority":
            return bool((wanted or "medium") == (told or "medium"))
        case "deadline":
            return (wanted or None) == (str(told or "")[:_MINUTE] or None)
        case "after":
            return sorted(wanted or []) == sorted(told or [])
        case _ if name in _UNORDERED:
            return sorted(map(_plain, wanted or [])) == sorted(map(_plain, told or []))
        case _ if isinstance(wanted, list):
            return [*map(_plain, wanted)] == [*map(_plain, told or [])]
        case _:
            return _plain(wanted) == _plain(told)


def _plain(value: Any) -> str:
    return _BLANKS.sub(" ", str(value or "").casefold()).strip(" .,;:!?\"'“”‘’")


@dataclass(slots=True)
class Score:
    """What share of many answers is right; add them one by one."""

    cases: int = 0
    sure: int = 0
    sure_right: int = 0
    _right: dict[str, int] = field(default_factory=dict)
    _all: dict[str, int] = field(default_factory=dict)

    def add(self, expected: Mapping[str, Any], told: Mapping[str, Any]) -> Judgement:
        """Count an answer and return how it was judged."""
        judgement = judged(expected, told)
        self.cases += 1
        for name, each in judgement.items():
            self._right[name] = self._right.get(name, 0) + sum(each)
            self._all[name] = self._all.get(name, 0) + len(each)
        if told.get("sure"):
            self.sure += 1
            self.sure_right += judgement[WHOLE][0]
        return judgement

    def shares(self) -> dict[str, float]:
        """Return the share that is right of each field; how often it was sure, and then right."""
        shares = {name: self._right[name] / count for name, count in self._all.items()}
        shares["sure_share"] = self.sure / self.cases if self.cases else 0.0
        shares["sure_right"] = self.sure_right / self.sure if self.sure else 0.0
        return shares


def scored(answers: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Score:
    """Return the score of pairs of what is expected and what was told."""
    score = Score()
    for expected, told in answers:
        score.add(expected, told)
    return score
