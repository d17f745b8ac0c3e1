"""Protos as the JSON of the API: plain attribute access, as this runs for each task of each page.

Resource names become the ids that people see (T-42, P-7), enums words, empty texts null where the
field may be without a value. Nothing here asks anybody or decides anything.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from boss.notify.v1 import delivery_pb2
from boss.task.v1 import (
    event_pb2,
    people_service_pb2,
    person_pb2,
    task_pb2,
    task_service_pb2,
)
from google.protobuf.timestamp_pb2 import Timestamp

from services.gateway import shapes

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def words(enum: Any, prefix: str) -> tuple[str, ...]:
    """Return the words of a proto enum by number: TASK_STATUS_IN_REVIEW → "in_review"."""
    found = {number: name.removeprefix(prefix).lower() for name, number in enum.items()}
    return tuple(found.get(number, "unspecified") for number in range(max(found) + 1))


STATUSES = words(task_pb2.TaskStatus, "TASK_STATUS_")
PRIORITIES = words(task_pb2.TaskPriority, "TASK_PRIORITY_")
MARKS = words(task_pb2.Mark, "MARK_")
BLOCK_REASONS = words(task_pb2.BlockReason, "BLOCK_REASON_")
# "on_schedule" is "schedule", "after_completion" is "completion".
REPEATS = tuple(word.rpartition("_")[2] for word in words(task_pb2.Repeat, "REPEAT_"))
ROLES = words(person_pb2.Role, "ROLE_")
VISIBILITIES = words(person_pb2.Visibility, "VISIBILITY_")
CONFIRMATIONS = words(person_pb2.Confirm, "CONFIRM_")
PERSON_STATUSES = words(person_pb2.PersonStatus, "PERSON_STATUS_")
CHANNELS = words(delivery_pb2.Channel, "CHANNEL_")
DELIVERY_STATES = words(delivery_pb2.DeliveryState, "DELIVERY_STATE_")
# "task.created": the noun, a dot, what happened.
EVENT_TYPES = tuple(word.replace("_", ".", 1) for word in words(event_pb2.EventType, "EVENT_TYPE_"))


def task_id(name: str) -> str:
    """Return "T-42" for workspaces/1/tasks/42."""
    return "T-" + name[name.rindex("/") + 1 :]


def person_id(name: str) -> str:
    """Return "P-7" for workspaces/1/people/7."""
    return "P-" + name[name.rindex("/") + 1 :]


def moment(time: Timestamp) -> datetime:
    """Return it in UTC; counted from the epoch, that is a third of the time of a timestamp's."""
    return _EPOCH + timedelta(0, time.seconds, time.nanos // 1000)


def _moment_of(message: Any, field: str) -> datetime | None:
    return moment(getattr(message, field)) if message.HasField(field) else None


def person_ref(ref: person_pb2.PersonRef) -> shapes.PersonRef:
    """Return a person inside something else."""
    return shapes.PersonRef(person_id(ref.name), ref.display_name)


def task_ref(ref: task_pb2.TaskRef) -> shapes.TaskRef:
    """Return a task inside another."""
    return shapes.TaskRef(task_id(ref.name), ref.title, cast("shapes.Status", STATUSES[ref.status]))


def _assignees(assignees: Iterable[task_pb2.Assignee]) -> list[shapes.Assignee]:
    found = []
    for one in assignees:
        person = one.person
        mark = cast("shapes.Mark", MARKS[one.mark or task_pb2.MARK_ASSIGNED])
        found.append(shapes.Assignee(person_id(person.name), person.display_name, mark))
    return found


def _criteria(criteria: Iterable[task_pb2.Criterion]) -> list[shapes.Criterion]:
    return [shapes.Criterion(one.text, one.done) for one in criteria]


def attachments(files: Iterable[task_pb2.Attachment]) -> list[shapes.Attachment]:
    """Return files by reference."""
    return [
        shapes.Attachment(
            one.name,
            one.kind,
            one.url or None,
            one.telegram_file_id or None,
            one.size_bytes or None,
        )
        for one in files
    ]


def task(task: task_pb2.Task) -> shapes.Task:
    """Return one task; some 8 µs.

    A repeated field is asked whether it has anything before it is walked through: that is four
    times as fast where it has not, as most have not.
    """
    return shapes.Task(
        id=task_id(task.name),
        title=task.title,
        description=task.description,
        status=cast("shapes.Status", STATUSES[task.status]),
        priority=cast("shapes.Priority", PRIORITIES[task.priority]),
        assignees=_assignees(task.assignees) if task.assignees else [],
        creator=person_ref(task.creator) if task.HasField("creator") else None,
        deadline=_moment_of(task, "deadline"),
        estimate_minutes=task.estimate_minutes if task.HasField("estimate_minutes") else None,
        tags=list(task.tags),
        project=task.project or None,
        parent=task_ref(task.parent) if task.HasField("parent") else None,
        subtasks=[task_ref(one) for one in task.subtasks] if task.subtasks else [],
        depends_on=[task_ref(one) for one in task.depends_on] if task.depends_on else [],
        blocked=task.blocked,
        recurrence=task.recurrence or None,
        type=cast("shapes.Kind", task.type),
        start=_moment_of(task, "start"),
        criteria=_criteria(task.criteria) if task.criteria else [],
        requires_approval=task.requires_approval,
        watchers=[person_ref(one) for one in task.watchers] if task.watchers else [],
        attachments=attachments(task.attachments) if task.attachments else [],
        revision_count=task.revision_count,
        created_at=_moment_of(task, "create_time"),
        updated_at=_moment_of(task, "update_time"),
        completed_at=_moment_of(task, "complete_time"),
        etag=task.etag,
        suggested=[person_ref(one) for one in task.suggested] if task.suggested else [],
        submission=task.submission or None,
        feedback=task.feedback or None,
        reason=task.reason or None,
        block_reason=_block_reason(task),
        delay_count=task.delay_count,
        delay_reason=task.delay_reason or None,
        reopen_count=task.reopen_count,
        submit_by_one=task.submit_by_one,
        archived_at=_moment_of(task, "archive_time"),
        repeats=_repeats(task),
        recurrence_paused=task.recurrence_paused,
        occurrence=task.occurrence,
        successor=task_id(task.successor) if task.successor else None,
        place=task.place,
    )


def _block_reason(task: task_pb2.Task) -> shapes.BlockReason | None:
    number = task.block_reason
    return cast("shapes.BlockReason", BLOCK_REASONS[number]) if number else None


def _repeats(task: task_pb2.Task) -> shapes.Repeats:
    return cast("shapes.Repeats", REPEATS[task.repeats or task_pb2.REPEAT_ON_SCHEDULE])


def person(person: person_pb2.Person) -> shapes.Person:
    """Return one person."""
    return shapes.Person(
        id=person_id(person.name),
        name=person.display_name,
        aliases=list(person.aliases),
        role=cast("shapes.Role", ROLES[person.role]),
        department=person.department or None,
        leads=list(person.leads),
        language=person.language,
        working_days=list(person.working_days),
        telegram_id=person.telegram_id if person.HasField("telegram_id") else None,
        telegram_username=person.telegram_username or None,
        discord_id=person.discord_id or None,
        email=person.email or None,
        timezone=person.timezone,
        working_hours=person.working_hours,
        quiet_hours=person.quiet_hours or None,
        skills=list(person.skills),
        status=cast("shapes.PersonState", PERSON_STATUSES[person.status]),
        away_until=_moment_of(person, "away_until"),
    )


def workspace(workspace: person_pb2.Workspace) -> shapes.Workspace:
    """Return the workspace."""
    return shapes.Workspace(
        id=workspace.name.rpartition("/")[2],
        name=workspace.display_name,
        timezone=workspace.timezone,
        claimed=workspace.claimed,
        settings=_settings(workspace.settings),
        created_at=_moment_of(workspace, "create_time"),
        etag=workspace.etag,
    )


def _settings(settings: person_pb2.WorkSettings) -> shapes.WorkSettings:
    return shapes.WorkSettings(
        requires_approval=settings.requires_approval,
        visibility=cast("shapes.Visibility", VISIBILITIES[settings.visibility]),
        confirm=cast("shapes.Confirm", CONFIRMATIONS[settings.confirm]),
        deadline_required=settings.deadline_required,
        review_threshold=settings.review_threshold,
        departments=list(settings.departments),
        working_days=list(settings.working_days),
        working_hours=settings.working_hours,
        quiet_hours=settings.quiet_hours,
        late_grace_minutes=settings.late_grace_minutes,
        retention_days=settings.retention_days,
    )


def subject(name: str) -> str:
    """Return what something is called by: T-42, P-5, workspace, comments/7."""
    _, _, within = name.partition("/")[2].partition("/")
    kind, _, number = within.partition("/")
    return {"tasks": f"T-{number}", "people": f"P-{number}", "": "workspace"}.get(kind, within)


def kept(kept: task_service_pb2.Kept) -> shapes.Kept:
    """Return what an undo had to leave as it is."""
    return shapes.Kept(
        task=task_ref(kept.task) if kept.HasField("task") else None,
        subject=subject(kept.name),
        fields=[TASK_FIELDS[field][0] if field in TASK_FIELDS else field for field in kept.fields],
        reason=kept.reason,
    )


def token(token: people_service_pb2.Token) -> shapes.Token:
    """Return a token without its secret."""
    return shapes.Token(
        id=token.name.rpartition("/")[2],
        name=token.label,
        person=person_ref(token.person),
        created_at=_moment_of(token, "create_time"),
        last_used_at=_moment_of(token, "last_use_time"),
    )


def delivery(delivery: delivery_pb2.Delivery) -> shapes.Delivery:
    """Return one delivery."""
    return shapes.Delivery(
        id=delivery.name.rpartition("/")[2],
        event_id=delivery.event,
        person=shapes.PersonRef(person_id(delivery.person), delivery.person_display_name),
        channel=CHANNELS[delivery.channel],
        state=cast("shapes.DeliveryState", DELIVERY_STATES[delivery.state]),
        attempts=delivery.attempts,
        last_error=delivery.last_error or None,
        next_attempt_at=_moment_of(delivery, "next_attempt_time"),
        sent_at=_moment_of(delivery, "send_time"),
        created_at=_moment_of(delivery, "create_time"),
        task=task_id(delivery.task) if delivery.task else None,
    )


# Events ------------------------------------------------------------------------------------

Shown = Callable[[Any], Any]


def _plain(field: str) -> Shown:
    return lambda message: getattr(message, field)


def _or_null(field: str) -> Shown:
    return lambda message: getattr(message, field) or None


def _list(field: str) -> Shown:
    return lambda message: list(getattr(message, field))


def _when(field: str) -> Shown:
    return lambda message: _moment_of(message, field)


def _optional(field: str) -> Shown:
    return lambda message: getattr(message, field) if message.HasField(field) else None


# Field of the proto → its name in the JSON, and what it shows.
TASK_FIELDS: dict[str, tuple[str, Shown]] = {
    "title": ("title", _plain("title")),
    "description": ("description", _plain("description")),
    "status": ("status", lambda task: STATUSES[task.status]),
    "priority": ("priority", lambda task: PRIORITIES[task.priority]),
    "assignees": ("assignees", lambda task: _assignees(task.assignees)),
    "deadline": ("deadline", _when("deadline")),
    "start": ("start", _when("start")),
    "estimate_minutes": ("estimate_minutes", _optional("estimate_minutes")),
    "tags": ("tags", _list("tags")),
    "project": ("project", _or_null("project")),
    "type": ("type", _plain("type")),
    "criteria": ("criteria", lambda task: _criteria(task.criteria)),
    "parent": ("parent", lambda task: task_ref(task.parent) if task.HasField("parent") else None),
    "subtasks": ("subtasks", lambda task: [task_ref(one) for one in task.subtasks]),
    "depends_on": ("depends_on", lambda task: [task_ref(one) for one in task.depends_on]),
    "blocked": ("blocked", _plain("blocked")),
    "recurrence": ("recurrence", _or_null("recurrence")),
    "requires_approval": ("requires_approval", _plain("requires_approval")),
    "watchers": ("watchers", lambda task: [person_ref(one) for one in task.watchers]),
    "suggested": ("suggested", lambda task: [person_ref(one) for one in task.suggested]),
    "attachments": ("attachments", lambda task: attachments(task.attachments)),
    "revision_count": ("revision_count", _plain("revision_count")),
    "complete_time": ("completed_at", _when("complete_time")),
    "submission": ("submission", _or_null("submission")),
    "feedback": ("feedback", _or_null("feedback")),
    "reason": ("reason", _or_null("reason")),
    "block_reason": ("block_reason", _block_reason),
    "delay_count": ("delay_count", _plain("delay_count")),
    "delay_reason": ("delay_reason", _or_null("delay_reason")),
    "reopen_count": ("reopen_count", _plain("reopen_count")),
    "submit_by_one": ("submit_by_one", _plain("submit_by_one")),
    "archive_time": ("archived_at", _when("archive_time")),
    "repeats": ("repeats", _repeats),
    "recurrence_paused": ("recurrence_paused", _plain("recurrence_paused")),
    "occurrence": ("occurrence", _plain("occurrence")),
    "successor": (
        "successor",
        lambda task: task_id(task.successor) if task.successor else None,
    ),
    "place": ("place", _plain("place")),
}
PERSON_FIELDS: dict[str, tuple[str, Shown]] = {
    "display_name": ("name", _plain("display_name")),
    "aliases": ("aliases", _list("aliases")),
    "role": ("role", lambda person: ROLES[person.role]),
    "department": ("department", _or_null("department")),
    "leads": ("leads", _list("leads")),
    "language": ("language", _plain("language")),
    "working_days": ("working_days", _list("working_days")),
    "telegram_id": ("telegram_id", _optional("telegram_id")),
    "telegram_username": ("telegram_username", _or_null("telegram_username")),
    "discord_id": ("discord_id", _or_null("discord_id")),
    "email": ("email", _or_null("email")),
    "timezone": ("timezone", _plain("timezone")),
    "working_hours": ("working_hours", _plain("working_hours")),
    "quiet_hours": ("quiet_hours", _or_null("quiet_hours")),
    "skills": ("skills", _list("skills")),
    "status": ("status", lambda person: PERSON_STATUSES[person.status]),
    "away_until": ("away_until", _when("away_until")),
}


def _changes(
    fields: dict[str, tuple[str, Shown]], paths: Sequence[str], *, before: Any, after: Any
) -> dict[str, list[Any]]:
    found = {}
    for path in paths:
        if path in fields:
            name, show = fields[path]
            found[name] = [show(before), show(after)]
    return found


def _task_of(event: event_pb2.Event) -> str | None:
    """Return the id of the task that an event changes or, without changing it, is about."""
    if event.HasField("task"):
        return task_id(event.task.name)
    return task_id(event.subject) if "/tasks/" in event.subject else None


def event(event: event_pb2.Event) -> dict[str, Any]:
    """Return one event as the stream tells it."""
    of_task = event.HasField("task")
    if of_task:
        changes = _changes(
            TASK_FIELDS, event.changed.paths, before=event.task_before, after=event.task
        )
    elif event.HasField("person"):
        changes = _changes(
            PERSON_FIELDS, event.changed.paths, before=event.person_before, after=event.person
        )
    else:
        changes = {}
    return {
        "position": event.position,
        "type": EVENT_TYPES[event.type],
        "task": _task_of(event),
        "actor": person_ref(event.actor) if event.HasField("actor") else None,
        "at": moment(event.time),
        "changes": changes,
    }
