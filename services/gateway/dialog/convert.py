"""Protos ⇄ the values of a conversation; the only file of the dialog that knows both.

Plain attribute access: it runs once for each message of each person.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from boss.ai.v1 import ai_service_pb2 as ai_pb2
from boss.ai.v1 import interpretation_pb2 as read_pb2
from boss.task.v1 import attendance_pb2, attendance_service_pb2, person_pb2, task_pb2
from boss.task.v1 import task_service_pb2 as tasks_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from services.gateway.dialog.effects import Alter, Attended, Clock, Together
from services.gateway.dialog.model import (
    Ambiguity,
    Assignee,
    Change,
    Filter,
    Named,
    NewTask,
    Person,
    Priority,
    Reading,
    Role,
    Span,
    Status,
    Task,
)
from services.gateway.dialog.needs import Interpret, Search
from services.gateway.present import MARKS, PRIORITIES, ROLES, STATUSES, moment, words

INTENTS = words(read_pb2.Intent, "INTENT_")
SOURCES = words(read_pb2.Source, "SOURCE_")
READ_PRIORITIES = words(read_pb2.Priority, "PRIORITY_")


# From the services ---------------------------------------------------------------------------


def person(proto: person_pb2.Person) -> Person:
    """Return somebody as a conversation needs to know them."""
    return Person(
        name=proto.name,
        display_name=proto.display_name,
        role=Role(ROLES[proto.role]) if proto.role else Role.GUEST,
        timezone=proto.timezone or "UTC",
        aliases=tuple(proto.aliases),
        department=proto.department,
        telegram_id=proto.telegram_id if proto.HasField("telegram_id") else None,
    )


def completable(told: Any) -> tuple[Named, ...]:
    """Return the tasks whose last open part was closed, of an answer of any kind."""
    fields = told.DESCRIPTOR.fields_by_name
    if "parents_completable" in fields:
        return tuple(Named(one.name, one.title) for one in told.parents_completable)
    if "parent_completable" in fields and told.HasField("parent_completable"):
        whole = told.parent_completable
        return (Named(whole.name, whole.title),)
    return ()


def task(proto: task_pb2.Task) -> Task:
    """Return a task as cards and lists show it."""
    return Task(
        name=proto.name,
        title=proto.title,
        status=Status(STATUSES[proto.status]) if proto.status else Status.PENDING,
        priority=Priority(PRIORITIES[proto.priority]) if proto.priority else Priority.MEDIUM,
        assignees=tuple(
            Assignee(one.person.name, one.person.display_name, MARKS[one.mark])
            for one in proto.assignees
        ),
        deadline=_time(proto, "deadline"),
        creator=_ref(proto.creator) if proto.HasField("creator") else None,
        description=proto.description,
        blocked=proto.blocked,
        recurrence=proto.recurrence,
        tags=tuple(proto.tags),
        subtasks=tuple(Named(one.name, one.title) for one in proto.subtasks),
        depends_on=tuple(Named(one.name, one.title) for one in proto.depends_on),
        submission=proto.submission,
        feedback=proto.feedback,
        suggested=tuple(_ref(one) for one in proto.suggested),
    )


def attended(proto: attendance_pb2.Attendance, clock: Clock, *, on_break: bool = False) -> Attended:
    """Return where somebody stands who is in; with a break, since when that lasts."""
    since = proto.breaks[-1].start_time if on_break and proto.breaks else proto.in_time
    return Attended(
        clock,
        moment(since),
        on_break=on_break,
        late_minutes=proto.late_minutes,
        worked_minutes=proto.worked_minutes,
        break_minutes=proto.break_minutes,
    )


def gone(proto: attendance_service_pb2.ClockOutResponse) -> Attended:
    """Return where somebody stands who has gone, with the tasks that come next."""
    due = tuple(
        Task(one.ref.name, one.ref.title, deadline=_time(one, "deadline")) for one in proto.due_next
    )
    return Attended(
        Clock.OUT,
        moment(proto.attendance.out_time),
        worked_minutes=proto.worked_minutes,
        break_minutes=proto.break_minutes,
        due=due,
        more=proto.more_due,
    )


def reading(proto: read_pb2.Interpretation, *, text: str) -> Reading:
    """Return what a text was understood as, each task with the words of its fields."""
    spans = tuple(Span(one.field, one.start, one.end, one.task) for one in proto.spans)
    return Reading(
        intent=INTENTS[proto.intent],
        tasks=tuple(
            _draft(one, quoted(text, spans, task=index)) for index, one in enumerate(proto.tasks)
        ),
        refs=_candidates(proto.task_refs),
        change=_change(proto.change),
        filter=Filter(
            assignees=_candidates(proto.filter.assignees),
            status=proto.filter.status,
            priority=_read_priority(proto.filter.priority),
            due=proto.filter.due,
            tag=proto.filter.tag,
            text=proto.filter.text,
        ),
        sure=proto.sure,
        confidence=proto.confidence,
        spans=spans,
        ambiguities=tuple(
            Ambiguity(one.field, one.words, _candidates(one.candidates), one.task)
            for one in proto.ambiguities
        ),
        source=SOURCES[proto.source],
        model_failure=proto.model_failure,
        every=proto.every,
    )


def quoted(text: str, spans: Sequence[Span], *, task: int) -> dict[str, str]:
    """Return, by field, the words of the text that it was taken from."""
    found: dict[str, list[str]] = {}
    for span in sorted(spans, key=lambda one: one.start):
        if span.task == task and 0 <= span.start < span.end <= len(text):
            found.setdefault(span.field, []).append(text[span.start : span.end])
    return {field: " … ".join(parts) for field, parts in found.items()}


def _draft(proto: read_pb2.TaskDraft, taken: dict[str, str]) -> NewTask:
    return NewTask(
        title=proto.title,
        assignees=_candidates(proto.assignees),
        deadline=_time(proto, "deadline"),
        priority=_read_priority(proto.priority),
        recurrence=proto.recurrence,
        tags=tuple(proto.tags),
        subtasks=tuple(proto.subtasks),
        after=tuple(proto.after),
        estimate_minutes=proto.estimate_minutes if proto.HasField("estimate_minutes") else None,
        template=proto.template,
        words=taken,
    )


def _change(proto: read_pb2.Change) -> Change:
    people = _candidates(proto.assignees)
    if not people and proto.HasField("person"):
        people = (Named(proto.person.name, proto.person.display_name),)
    return Change(
        assignees=people,
        deadline=_time(proto, "deadline"),
        priority=_read_priority(proto.priority),
        title=proto.title,
        text=proto.text,
        depends_on=_candidates(proto.depends_on),
    )


def _candidates(protos: Iterable[read_pb2.Candidate]) -> tuple[Named, ...]:
    return tuple(Named(one.name, one.display_name) for one in protos)


def _read_priority(value: int) -> Priority | None:
    return Priority(READ_PRIORITIES[value]) if value else None


def _ref(proto: person_pb2.PersonRef) -> Named:
    return Named(proto.name, proto.display_name)


def _time(proto: Any, field: str) -> datetime | None:
    return moment(getattr(proto, field)) if proto.HasField(field) else None


# To the services -----------------------------------------------------------------------------


def interpret(need: Interpret, *, received_at: datetime, position: int) -> ai_pb2.InterpretRequest:
    """Return the request for the reading of a text."""
    return ai_pb2.InterpretRequest(
        text=need.text,
        received_at=timestamp(received_at),
        hints=ai_pb2.Hints(last_task=need.last_task, card_tasks=need.tasks),
        min_position=position,
    )


def search(need: Search) -> tasks_pb2.ListTasksRequest:
    """Return the request for a list, nearest deadline first."""
    wanted = tasks_pb2.TaskFilter(
        assignees=need.assignees,
        tags=[need.tag] if need.tag else [],
        query=need.text,
        open_only=need.status is None,
    )
    if need.status is not None:
        wanted.statuses.append(task_status(need.status))
    if need.priority is not None:
        wanted.priorities.append(task_priority(need.priority))
    if need.due_after is not None:
        wanted.due_after.CopyFrom(timestamp(need.due_after))
    if need.due_before is not None:
        wanted.due_before.CopyFrom(timestamp(need.due_before))
    return tasks_pb2.ListTasksRequest(
        filter=wanted, order_by="deadline", page_size=need.limit, with_total=True
    )


def new_task(one: NewTask) -> tasks_pb2.NewTask:
    """Return a task to be made."""
    made = task_pb2.Task(
        title=one.title,
        assignees=[_assignee(person) for person in one.assignees],
        recurrence=one.recurrence,
        tags=one.tags,
    )
    if one.deadline is not None:
        made.deadline.CopyFrom(timestamp(one.deadline))
    if one.priority is not None:
        made.priority = task_priority(one.priority)
    if one.estimate_minutes is not None:
        made.estimate_minutes = one.estimate_minutes
    return tasks_pb2.NewTask(
        task=made, after=one.after, subtasks=one.subtasks, template=one.template
    )


def update(alter: Alter, *, request_id: str) -> tasks_pb2.UpdateTaskRequest:
    """Return the request that changes what is to be changed and names it in the mask."""
    changed, paths = _changed(alter.change)
    changed.name = alter.task
    return tasks_pb2.UpdateTaskRequest(
        task=changed, update_mask=FieldMask(paths=paths), request_id=request_id
    )


def update_many(many: Together, *, request_id: str) -> tasks_pb2.BatchUpdateTasksRequest:
    """Return the request that changes many tasks, or does the same to them, as one act."""
    request = tasks_pb2.BatchUpdateTasksRequest(
        names=many.tasks, skip_refused=True, request_id=request_id
    )
    if many.verb is not None:
        request.command = tasks_pb2.BatchCommand.Value(f"BATCH_COMMAND_{many.verb.name}")
        request.text = many.change.text
        return request
    changed, paths = _changed(many.change)
    request.task.CopyFrom(changed)
    request.update_mask.CopyFrom(FieldMask(paths=paths))
    return request


def _changed(change: Change) -> tuple[task_pb2.Task, list[str]]:
    """Return what a change sets, and the paths of its mask."""
    changed = task_pb2.Task(title=change.title)
    paths = list(change.clears)
    if change.title:
        paths.append("title")
    if change.assignees:
        changed.assignees.extend(_assignee(person) for person in change.assignees)
        paths.append("assignees")
    if change.depends_on:
        changed.depends_on.extend(task_pb2.TaskRef(name=one.name) for one in change.depends_on)
        paths.append("depends_on")
    if change.deadline is not None:
        changed.deadline.CopyFrom(timestamp(change.deadline))
        paths.append("deadline")
    if change.priority is not None:
        changed.priority = task_priority(change.priority)
        paths.append("priority")
    elif "priority" in change.clears:
        changed.priority = task_pb2.TASK_PRIORITY_MEDIUM
    return changed, paths


def task_status(status: Status) -> task_pb2.TaskStatus.ValueType:
    """Return the enum's value."""
    return task_pb2.TaskStatus.Value(f"TASK_STATUS_{status.name}")


def task_priority(priority: Priority) -> task_pb2.TaskPriority.ValueType:
    """Return the enum's value."""
    return task_pb2.TaskPriority.Value(f"TASK_PRIORITY_{priority.name}")


def timestamp(when: datetime) -> Timestamp:
    """Return the moment as protos hold it."""
    made = Timestamp()
    made.FromDatetime(when.astimezone(UTC))
    return made


def _assignee(who: Named) -> task_pb2.Assignee:
    return task_pb2.Assignee(
        person=person_pb2.PersonRef(name=who.name, display_name=who.display_name)
    )
