"""Cases of `boss parse`: JSON → the text and context of a message, and an interpretation → JSON.

The format is that of the conventions: tasks as T-12, people by name, moments in the workspace's own
time. What a case leaves out of its context is that of `cases_context.json`. Every fault is named.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.ai.model import (
    Candidate,
    Change,
    Context,
    Filter,
    Intent,
    Interpretation,
    OpenTask,
    Person,
    Priority,
    TaskDraft,
)

TEXT_LIMIT = 8_000
_WORKSPACE = "workspaces/1"
_STATUSES = [
    "pending",
    "in_progress",
    "blocked",
    "on_hold",
    "in_review",
    "needs_revision",
    "completed",
    "cancelled",
]
_KNOWN = frozenset(
    ("now", "timezone", "date_order", "last_task", "sender", "roster", "open_tasks", "card_tasks")
)


class BadCase(Exception):  # noqa: N818 -- what it is
    """A case that can't be read; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Case:
    """A message to be read."""

    id: Any
    text: str
    context: Context


def read(line: str) -> Case:
    """Return the case of a line. Raises BadCase, which says what is wrong."""
    try:
        told = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadCase(f"it is not JSON ({error})") from error
    if not isinstance(told, dict):
        raise BadCase('it must be an object such as {"id": "1", "text": "done with 12"}')
    if not isinstance(told.get("id"), str | int):
        raise BadCase('"id" is missing, or neither a string nor a number')
    return Case(told["id"], _text(told.get("text")), _context(told.get("context", {})))


def answer(case: Case, reading: Interpretation) -> dict[str, Any]:
    """Return what was understood, as JSON."""
    zone = case.context.now.tzinfo
    told: dict[str, Any] = {
        "id": case.id,
        "intent": _intent(reading).value,
        "tasks": [_draft(task, zone) for task in reading.tasks],
        "task_ref": [_task_id(each) for each in reading.task_refs],
        "fields": _fields(reading.intent, reading.change, zone),
        "filters": _filters(reading.filter),
        "sure": reading.sure,
        "confidence": reading.confidence,
        "spans": [
            {"field": span.field, "start": span.start, "end": span.end} for span in reading.spans
        ],
    }
    if told["intent"] == Intent.UNCLEAR.value:
        told["tasks"], told["task_ref"] = [], []
    return told


def _intent(reading: Interpretation) -> Intent:
    """What the conventions call unclear: which task or whom it means can't be told."""
    for unclear in reading.ambiguities:
        if unclear.field == "task_ref" or len(unclear.candidates) > 1:
            return Intent.UNCLEAR
    return reading.intent


def _draft(task: TaskDraft, zone: tzinfo | None) -> dict[str, Any]:
    return {
        "title": task.title,
        "assignees": [each.display_name for each in task.assignees],
        "deadline": _local(task.deadline, zone),
        "priority": task.priority.value if task.priority else None,
        "recurrence": task.recurrence,
        "tags": list(task.tags),
        "subtasks": list(task.subtasks),
        "after": list(task.after),
        "estimate_minutes": task.estimate_minutes,
    }


def _fields(intent: Intent, change: Change, zone: tzinfo | None) -> dict[str, Any]:
    subtasks: Any = list(change.subtasks)
    if subtasks and intent is not Intent.SPLIT:
        subtasks = subtasks[0]
    told = {
        "assignees": [each.display_name for each in change.assignees],
        "deadline": _local(change.deadline, zone),
        "priority": change.priority.value if change.priority else None,
        "title": change.title,
        "text": change.text,
        "tag": change.tag,
        "subtask": subtasks,
        "depends_on": [_task_id(each) for each in change.depends_on],
        "person": change.person.display_name if change.person else None,
        "recurrence": change.recurrence,
        "span": change.span,
    }
    return {name: value for name, value in told.items() if value}


def _filters(wanted: Filter) -> dict[str, Any]:
    told = {
        "assignee": [each.display_name for each in wanted.assignees],
        "status": wanted.status,
        "priority": wanted.priority.value if wanted.priority else None,
        "due": wanted.due,
        "tag": wanted.tag,
        "text": wanted.text,
    }
    return {name: value for name, value in told.items() if value}


def _task_id(task: Candidate) -> str:
    return f"T-{task.name.rpartition('/')[2]}"


def _local(moment: datetime | None, zone: tzinfo | None) -> str | None:
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if moment else None


def _text(told: Any) -> str:
    if not isinstance(told, str):
        raise BadCase('"text" is missing, or no string')
    if len(told) > TEXT_LIMIT:
        raise BadCase(f'"text" has {len(told):,} characters; {TEXT_LIMIT:,} are allowed')
    if any("\ud800" <= character <= "\udfff" for character in told):
        raise BadCase('"text" holds half of a surrogate pair')
    return told


@cache
def _usual() -> Mapping[str, Any]:
    told = Path(__file__).with_name("cases_context.json").read_text(encoding="utf-8")
    usual: Mapping[str, Any] = json.loads(told)
    return usual


@cache
def _usual_context() -> Context:
    return _made(_usual())


def _context(told: Any) -> Context:
    if not isinstance(told, dict):
        raise BadCase('"context" must be an object')
    if unknown := sorted(set(told) - _KNOWN):
        raise BadCase(f'"context" has no field "{unknown[0]}"')
    return _made({**_usual(), **told}) if told else _usual_context()


def _made(told: Mapping[str, Any]) -> Context:
    zone = _checked("timezone", told["timezone"], ZoneInfo)
    now = _moment("now", told["now"], zone)
    if told["date_order"] not in ("md", "dm"):
        raise BadCase('"context.date_order" must be "md" or "dm"')
    roster = tuple(
        _person(f"roster[{index}]", each, index + 2)
        for index, each in enumerate(_list("roster", told["roster"]))
    )
    by_name = {person.display_name.lower(): person for person in roster}
    sender = _person("sender", told["sender"], 1)
    sender = by_name.get(sender.display_name.lower(), sender)
    tasks = tuple(
        _task(f"open_tasks[{index}]", each, by_name, zone)
        for index, each in enumerate(_list("open_tasks", told["open_tasks"]))
    )
    last = told.get("last_task")
    return Context(
        now=now,
        sender=_with_role(sender, told["sender"]),
        roster=roster,
        open_tasks=tasks,
        last_task=None if last is None else _task_name("last_task", last),
        card_tasks=tuple(
            _task_name("card_tasks", each)
            for each in _list("card_tasks", told.get("card_tasks", []))
        ),
        month_first=told["date_order"] == "md",
    )


def _with_role(sender: Person, told: Mapping[str, Any]) -> Person:
    role = told.get("role", sender.role)
    return Person(
        sender.name, sender.display_name, sender.aliases, sender.username, sender.department, role
    )


def _person(at: str, told: Any, number: int) -> Person:
    if not isinstance(told, dict) or not isinstance(told.get("name"), str) or not told["name"]:
        raise BadCase(f'"context.{at}" must be an object with a "name"')
    aliases = _list(f"{at}.aliases", told.get("aliases", []))
    words = [*aliases, *(told.get(name) or "" for name in ("username", "department", "role"))]
    if not all(isinstance(word, str) for word in words):
        raise BadCase(f'"context.{at}" has a field that is no string')
    return Person(
        name=f"{_WORKSPACE}/people/{number}",
        display_name=told["name"],
        aliases=tuple(aliases),
        username=told.get("username") or "",
        department=told.get("department") or "",
        role=told.get("role") or "member",
    )


def _task(at: str, told: Any, people: Mapping[str, Person], zone: ZoneInfo) -> OpenTask:
    if not isinstance(told, dict) or not isinstance(told.get("title"), str):
        raise BadCase(f'"context.{at}" must be an object with "id" and "title"')
    status, deadline = told.get("status", "pending"), told.get("deadline")
    if status not in _STATUSES:
        raise BadCase(f'"context.{at}.status" must be one of {", ".join(_STATUSES)}')
    assignees = _list(f"{at}.assignees", told.get("assignees", []))
    name = _task_name(f"{at}.id", told.get("id"))
    return OpenTask(
        name=name,
        number=int(name.rpartition("/")[2]),
        title=told["title"],
        assignees=tuple(
            people[each.lower()].name
            for each in assignees
            if isinstance(each, str) and each.lower() in people
        ),
        status=status,
        deadline=None if deadline is None else _moment(f"{at}.deadline", deadline, zone),
        priority=_checked(f"{at}.priority", told.get("priority") or "medium", Priority),
    )


def _task_name(at: str, told: Any) -> str:
    number = told.removeprefix("T-") if isinstance(told, str) else ""
    if not (number.isascii() and number.isdigit()):
        raise BadCase(f'"context.{at}" must be the id of a task, such as "T-12"')
    return f"{_WORKSPACE}/tasks/{int(number)}"


def _moment(at: str, told: Any, zone: ZoneInfo) -> datetime:
    moment: datetime = _checked(at, told, datetime.fromisoformat)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _list(at: str, told: Any) -> Sequence[Any]:
    if not isinstance(told, list):
        raise BadCase(f'"context.{at}" must be a list')
    return told


def _checked(at: str, told: Any, make: Callable[[str], Any]) -> Any:
    try:
        return make(told)
    except (ValueError, TypeError, KeyError, OSError, OverflowError) as error:
        raise BadCase(f'"context.{at}" can\'t be {told!r}') from error
