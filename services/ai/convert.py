"""Wire and values: requests become questions or are refused with all their faults; readings go out.

The only file of this service that knows both the protos and `model.py`. Plain attribute access: it
runs for every message.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from boss.ai.v1 import ai_service_pb2, explanation_pb2, interpretation_pb2
from boss.task.v1 import person_pb2, task_pb2, task_service_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.ai.explain import Explanation
from services.ai.faults import Faults
from services.ai.model import (
    Candidate,
    Change,
    Filter,
    Intent,
    Interpretation,
    OpenTask,
    Person,
    Priority,
    Source,
    TaskDraft,
)

TEXT_LIMIT = 8_000
CARD_LIMIT = 100
# Within these years every "next year" and "in 100 weeks" is a date too.
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

_TASK = re.compile(r"workspaces/[1-9]\d{0,18}/tasks/[1-9]\d{0,18}", re.ASCII)
_INTENTS = {each: interpretation_pb2.Intent.Value(f"INTENT_{each.name}") for each in Intent}
_SOURCES = {each: interpretation_pb2.Source.Value(f"SOURCE_{each.name}") for each in Source}
_PRIORITIES = {
    each: interpretation_pb2.Priority.Value(f"PRIORITY_{each.name}") for each in Priority
}
_TASK_PRIORITIES = {
    task_pb2.TaskPriority.Value(f"TASK_PRIORITY_{each.name}"): each for each in Priority
}
_TASK_STATUSES = {
    value: name.removeprefix("TASK_STATUS_").lower() for name, value in task_pb2.TaskStatus.items()
}
_ROLES = {value: name.removeprefix("ROLE_").lower() for name, value in person_pb2.Role.items()}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is right in itself; `received_at` is None where none was told."""

    text: str
    received_at: datetime | None
    last_task: str | None
    card_tasks: tuple[str, ...]
    min_position: int
    local_only: bool
    explain: bool


def asked(request: ai_service_pb2.InterpretRequest) -> Asked:
    """Return what is asked; Invalid names every fault."""
    faults = Faults()
    told_at = received_at(request, faults)
    faults.text("text", request.text, least=1, most=TEXT_LIMIT)
    _check_hints(request.hints, faults)
    if request.min_position < 0:
        faults.add("min_position", "must be a position that task has told, or 0")
    faults.raise_if_any()
    return Asked(
        text=request.text,
        received_at=told_at,
        last_task=request.hints.last_task or None,
        card_tasks=tuple(request.hints.card_tasks),
        min_position=request.min_position,
        local_only=request.local_only,
        explain=request.explain,
    )


def _check_hints(hints: ai_service_pb2.Hints, faults: Faults) -> None:
    if hints.last_task and not _TASK.fullmatch(hints.last_task):
        faults.add("hints.last_task", "must be workspaces/{workspace}/tasks/{number}")
    if len(hints.card_tasks) > CARD_LIMIT:
        faults.add("hints.card_tasks", "must name at most 100 tasks")
    for index, name in enumerate(hints.card_tasks):
        if not _TASK.fullmatch(name):
            field = f"hints.card_tasks[{index}]"
            faults.add(field, "must be workspaces/{workspace}/tasks/{number}")


def received_at(request: Any, faults: Faults) -> datetime | None:
    """Return the moment that a request of any kind was received at, None where it does not say."""
    if not request.HasField("received_at"):
        return None
    found = moment(request.received_at)
    if found is None:
        faults.add("received_at", "must be a moment from 1990 to 2199")
    return found


def moment(stamp: Timestamp) -> datetime | None:
    """Return the moment of a timestamp, None where it is none that dates can be counted from."""
    try:
        found = stamp.ToDatetime(UTC)
    except (ValueError, OverflowError):
        return None
    return found if EARLIEST <= found <= LATEST else None


def number(name: str) -> int:
    """Return the last part of a resource name, 7 of workspaces/1/people/7."""
    return int(name.rpartition("/")[2])


def workspace_of(name: str) -> str:
    """Return the workspace that a resource name is of: workspaces/1 of workspaces/1/people/7."""
    return "/".join(name.split("/", 2)[:2])


def person(proto: person_pb2.Person) -> Person:
    """Return a person as understanding needs to know them."""
    return Person(
        name=proto.name,
        display_name=proto.display_name,
        aliases=tuple(proto.aliases),
        username=proto.telegram_username,
        department=proto.department,
        role=_ROLES.get(proto.role, "guest"),
        timezone=proto.timezone,
        skills=tuple(proto.skills),
        away=proto.status == person_pb2.PERSON_STATUS_AWAY,
        working_days=tuple(proto.working_days),
    )


def has_left(proto: person_pb2.Person) -> bool:
    """Return whether this person no longer takes work."""
    return proto.status == person_pb2.PERSON_STATUS_LEFT


def status(value: task_pb2.TaskStatus.ValueType) -> str:
    """Return a task's state as it is written: in_progress."""
    return _TASK_STATUSES.get(value, "pending")


def open_task(proto: task_service_pb2.OpenTask) -> OpenTask:
    """Return an open task as understanding needs to know it."""
    return OpenTask(
        name=proto.name,
        number=number(proto.name),
        title=proto.title,
        assignees=tuple(proto.assignees),
        status=status(proto.status),
        deadline=proto.deadline.ToDatetime(UTC) if proto.HasField("deadline") else None,
        priority=_TASK_PRIORITIES.get(proto.priority, Priority.MEDIUM),
    )


def interpretation(value: Interpretation) -> interpretation_pb2.Interpretation:
    """Return a reading as it goes over the wire."""
    return interpretation_pb2.Interpretation(
        intent=_INTENTS[value.intent],
        tasks=[_draft(each) for each in value.tasks],
        task_refs=candidates(value.task_refs),
        change=_change(value.change),
        filter=_filter(value.filter),
        sure=value.sure,
        confidence=value.confidence,
        spans=[
            interpretation_pb2.Span(
                field=each.field, start=each.start, end=each.end, task=each.task
            )
            for each in value.spans
        ],
        ambiguities=[
            interpretation_pb2.Ambiguity(
                field=each.field,
                words=each.words,
                candidates=candidates(each.candidates),
                task=each.task,
            )
            for each in value.ambiguities
        ],
        source=_SOURCES[value.source],
        as_of=value.as_of,
        model_failure=value.model_failure,
        every=value.every,
        chances=[
            interpretation_pb2.Chance(field=each.field, value=each.value) for each in value.chances
        ],
        prompt=value.prompt,
    )


def explanation(value: Explanation) -> explanation_pb2.Explanation:
    """Return why a message was read as it was, as it goes over the wire."""
    return explanation_pb2.Explanation(
        tokens=[
            explanation_pb2.Token(start=each.start, end=each.end, kind=each.kind)
            for each in value.tokens
        ],
        clauses=[
            explanation_pb2.Clause(start=each.start, end=each.end, joined=each.joined)
            for each in value.clauses
        ],
        rules=[
            explanation_pb2.Rule(stage=each.stage, rule=each.rule, words=each.words)
            for each in value.rules
        ],
        signs=[
            explanation_pb2.Sign(name=each.name, value=each.value, weight=each.weight)
            for each in value.signs
        ],
        doubts=value.doubts,
    )


def _draft(value: TaskDraft) -> interpretation_pb2.TaskDraft:
    return interpretation_pb2.TaskDraft(
        title=value.title,
        assignees=candidates(value.assignees),
        deadline=_timestamp(value.deadline),
        priority=_priority(value.priority),
        recurrence=value.recurrence or "",
        tags=value.tags,
        subtasks=value.subtasks,
        after=value.after,
        estimate_minutes=value.estimate_minutes,
        template=value.template or "",
        requires_approval=value.requires_approval,
    )


def _change(value: Change) -> interpretation_pb2.Change | None:
    if value == _NO_CHANGE:
        return None
    return interpretation_pb2.Change(
        assignees=candidates(value.assignees),
        deadline=_timestamp(value.deadline),
        priority=_priority(value.priority),
        title=value.title or "",
        text=value.text or "",
        tag=value.tag or "",
        subtasks=value.subtasks,
        depends_on=candidates(value.depends_on),
        person=None if value.person is None else candidate(value.person),
        recurrence=value.recurrence or "",
        span=value.span or "",
    )


def _filter(value: Filter) -> interpretation_pb2.Filter | None:
    if value == _NO_FILTER:
        return None
    return interpretation_pb2.Filter(
        assignees=candidates(value.assignees),
        status=value.status or "",
        priority=_priority(value.priority),
        due=value.due or "",
        tag=value.tag or "",
        text=value.text or "",
    )


def candidates(values: Iterable[Candidate]) -> list[interpretation_pb2.Candidate]:
    """Return them likewise."""
    return [candidate(each) for each in values]


def candidate(value: Candidate | Person) -> interpretation_pb2.Candidate:
    """Return somebody, or a task, as one that may be meant."""
    return interpretation_pb2.Candidate(name=value.name, display_name=value.display_name)


def _priority(value: Priority | None) -> interpretation_pb2.Priority.ValueType:
    return interpretation_pb2.PRIORITY_UNSPECIFIED if value is None else _PRIORITIES[value]


def _timestamp(value: datetime | None) -> Timestamp | None:
    if value is None:
        return None
    made = Timestamp()
    made.FromDatetime(value.astimezone(UTC))
    return made


_NO_CHANGE, _NO_FILTER = Change(), Filter()
