"""Completes a reading by rules: defaults where nothing was said, lessons for wording like before.

Pure. What was said always stands; of several rules for one field the one with the most words
counts, and of equals the last that was taught. A lesson is corrected wording: where the message is
the same, it stands against what was read; where it is only like it, it fills what is missing.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from services.ai import phrases, wording
from services.ai.learning.model import Applied, Rule, RuleField, RuleKind, Rules
from services.ai.model import Change, Context, Intent, Interpretation, Priority, TaskDraft

# Wording is like other wording where this share of their words is the same, and so many.
_ALIKE, _ALIKE_WORDS = 0.6, 2
# A workspace's rules seldom change, and are compared with every message.
_phrase_stems = lru_cache(maxsize=8_192)(wording.stems)
_PRIORITIES = {each.value: each for each in Priority}


def completed(
    reading: Interpretation, text: str, rules: Rules, context: Context
) -> tuple[Interpretation, tuple[Applied, ...]]:
    """Return the reading with what the rules add, and which rules did."""
    if reading.intent is not Intent.CREATE or not rules:
        return reading, ()
    applied = list[Applied]()
    tasks = []
    message = wording.stems(text)
    for index, task in enumerate(reading.tasks):
        open_fields = _open_fields(task, reading, index)
        for rule in _fitting(task, rules, message, whole=len(reading.tasks) == 1):
            same = rule.kind is RuleKind.LESSON and wording.stems(rule.phrase) == message
            if rule.field is None or (rule.field not in open_fields and not same):
                continue
            if (changed := _with(task, rule, context)) is not None:
                task = changed  # noqa: PLW2901 -- it is completed rule by rule
                open_fields.discard(rule.field)
                applied.append(Applied(rule, rule.field.value, index))
        tasks.append(task)
    return (replace(reading, tasks=tuple(tasks)), tuple(applied)) if applied else (reading, ())


def lesson(text: str, change: Change) -> tuple[Rule, ...]:
    """Return what a correction of what was read from a text teaches."""
    learnt = []
    if change.assignees:
        names = wording.listed([who.display_name for who in change.assignees])
        learnt.append((RuleField.ASSIGNEES, names, change.assignees))
    if change.priority is not None:
        learnt.append((RuleField.PRIORITY, change.priority.value, ()))
    if len(wording.stems(text)) < _ALIKE_WORDS:
        return ()
    return tuple(
        Rule(
            RuleKind.LESSON, text, value, field, people, sentence=f"{wording.shown(text)}: {value}"
        )
        for field, value, people in learnt
    )


def _open_fields(task: TaskDraft, reading: Interpretation, index: int) -> set[RuleField]:
    """Return the fields of which nothing was said; a name that is unclear is said."""
    asked = {each.field for each in reading.ambiguities if each.task == index}
    said = {
        RuleField.ASSIGNEES: bool(task.assignees) or "assignees" in asked,
        RuleField.PRIORITY: task.priority is not None,
        RuleField.DEADLINE: task.deadline is not None or task.recurrence is not None,
        RuleField.ESTIMATE: task.estimate_minutes is not None,
        RuleField.TAG: False,
        RuleField.APPROVAL: task.requires_approval is not None,
    }
    return {field for field, done in said.items() if not done}


def _fitting(
    task: TaskDraft, rules: Rules, message: frozenset[str], *, whole: bool
) -> Iterable[Rule]:
    """Return the rules that are about this task, those that count first."""
    words = wording.stems_of((task.title, *task.tags, task.template or ""))
    holders = {who.name for who in task.assignees}
    fitting = list[tuple[float, int, Rule]]()
    for age, rule in enumerate(rules):
        phrase = _phrase_stems(rule.phrase)
        match rule.kind:
            case RuleKind.DEFAULT if rule.person is not None:
                fits = rule.person.name in holders
            case RuleKind.DEFAULT:
                fits = bool(phrase) and phrase <= words
            case RuleKind.LESSON:
                fits = phrase == message or (whole and _alike(phrase, message))
            case _:
                fits = False
        if fits:
            weight = len(phrase) + (100 if rule.kind is RuleKind.LESSON else 0)
            fitting.append((weight, age, rule))
    return [rule for *_, rule in sorted(fitting, key=lambda each: each[:2], reverse=True)]


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    both = len(one & other)
    return both >= _ALIKE_WORDS and both >= _ALIKE * len(one | other)


def _with(task: TaskDraft, rule: Rule, context: Context) -> TaskDraft | None:
    """Return the task as the rule wants it, None where the rule no longer makes sense."""
    match rule.field:
        case RuleField.ASSIGNEES:
            there = {person.name for person in context.roster}
            people = tuple(who for who in rule.people if who.name in there)
            return replace(task, assignees=people) if people else None
        case RuleField.PRIORITY if rule.value in _PRIORITIES:
            return replace(task, priority=_PRIORITIES[rule.value])
        case RuleField.DEADLINE:
            moment = phrases.moment(rule.value, context)
            return replace(task, deadline=moment) if moment else None
        case RuleField.ESTIMATE if rule.value.isascii() and rule.value.isdigit():
            return replace(task, estimate_minutes=max(1, int(rule.value[:6])))
        case RuleField.TAG if rule.value:
            tags = tuple(dict.fromkeys((*task.tags, rule.value)))
            return replace(task, tags=tags) if tags != task.tags else None
        case RuleField.APPROVAL:
            return replace(task, requires_approval=rule.value != "no")
    return None
