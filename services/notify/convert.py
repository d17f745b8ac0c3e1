"""Wire ⇄ model: events and people in, deliveries and messages out, resource names both ways."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from boss.notify.v1 import delivery_pb2
from boss.task.v1 import event_pb2, person_pb2, task_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import Row

from services.notify.model import (
    Channel,
    Event,
    Kind,
    Message,
    Person,
    PersonRef,
    Priority,
    Role,
    State,
    Status,
    Task,
    TaskRef,
)
from services.notify.render.web import plain
from services.runtime.errors import Invalid, NotFound, Violation

# More digits than this may not fit a bigint; no id of ours comes near.
BIGINT_DIGITS = 18
KINDS: Mapping[int, Kind] = {
    event_pb2.EventType.Value("EVENT_TYPE_" + kind.replace(".", "_").upper()): kind for kind in Kind
}
PERSON_EVENTS = frozenset(
    {
        event_pb2.EVENT_TYPE_PERSON_CREATED,
        event_pb2.EVENT_TYPE_PERSON_CHANGED,
        event_pb2.EVENT_TYPE_PERSON_ERASED,
    }
)
STATUSES = {
    n: Status(s.removeprefix("TASK_STATUS_").lower()) for s, n in task_pb2.TaskStatus.items() if n
}
PRIORITIES = {
    n: Priority(s.removeprefix("TASK_PRIORITY_").lower())
    for s, n in task_pb2.TaskPriority.items()
    if n
}
ROLES = {n: Role(s.removeprefix("ROLE_").lower()) for s, n in person_pb2.Role.items() if n}
CLOSED = frozenset({task_pb2.TASK_STATUS_COMPLETED, task_pb2.TASK_STATUS_CANCELLED})
CHANNELS: Mapping[Channel, "delivery_pb2.Channel.ValueType"] = {
    Channel.TELEGRAM: delivery_pb2.CHANNEL_TELEGRAM,
    Channel.WEB: delivery_pb2.CHANNEL_WEB,
}
STATES: Mapping[State, "delivery_pb2.DeliveryState.ValueType"] = {
    state: delivery_pb2.DeliveryState.Value(f"DELIVERY_STATE_{state.name}") for state in State
}
STATES_READ = {number: state for state, number in STATES.items()}


def event(sent: event_pb2.Event) -> Event | None:
    """Returns the event, None where it is nobody's news: its kind, or its task is gone."""
    kind = KINDS.get(sent.type)
    if kind is None or not sent.HasField("task"):
        return None
    comment = sent.comment
    return Event(
        position=sent.position,
        kind=kind,
        workspace=last_id(sent.workspace),
        act=sent.act,
        at=_time(sent.time) or datetime.fromtimestamp(0, UTC),
        task=_task(sent.task),
        before=_task(sent.task_before) if sent.HasField("task_before") else None,
        changed=frozenset(sent.changed.paths),
        actor=_ref(sent.actor) if sent.HasField("actor") else None,
        undo=sent.undo,
        origin=sent.origin,
        said=comment.text or sent.answer.reason,
        fresh=tuple(_ref(one) for one in comment.newly_mentioned),
        step=sent.clock.step,
        accepted=sent.answer.accepted if sent.HasField("answer") else None,
    )


def tasks_missing(events: Iterable[event_pb2.Event]) -> tuple[str, ...]:
    """Returns the names of tasks that these events are about without showing them."""
    names = (e.subject for e in events if e.type in KINDS and not e.HasField("task"))
    return tuple(dict.fromkeys(name for name in names if name))


def person(sent: event_pb2.Event) -> Person | None:
    """Returns the person after the event, None where it is about none."""
    if sent.type not in PERSON_EVENTS or not sent.HasField("person"):
        return None
    told = sent.person
    return Person(
        id=last_id(told.name),
        workspace=last_id(sent.workspace),
        name=told.display_name,
        role=ROLES.get(told.role, Role.GUEST),
        department=told.department,
        leads=tuple(told.leads),
        language=told.language or "en",
        timezone=told.timezone or "UTC",
        quiet_hours=told.quiet_hours,
        telegram_id=told.telegram_id if told.HasField("telegram_id") else None,
        left=told.status == person_pb2.PERSON_STATUS_LEFT,
        position=sent.position,
    )


def delivery(row: Row[tuple[object, ...]]) -> delivery_pb2.Delivery:
    """Returns a row of the ledger as clients see it."""
    told = row._mapping  # noqa: SLF001 (SQLAlchemy's public name for it)
    workspace = told["workspace"]
    sent = delivery_pb2.Delivery(
        name=f"workspaces/{workspace}/deliveries/{told['id']}",
        event=told["event"] or 0,
        person=f"workspaces/{workspace}/people/{told['person']}" if told["person"] else "",
        person_display_name=told["person_name"] or "",
        channel=CHANNELS[Channel(told["channel"])],
        state=STATES[State(told["state"])],
        attempts=told["attempts"],
        last_error=told["last_error"],
        task=f"workspaces/{workspace}/tasks/{told['task']}" if told["task"] else "",
    )
    for field, at in (
        (sent.next_attempt_time, told["next_attempt_at"]),
        (sent.send_time, told["sent_at"]),
        (sent.create_time, told["created_at"]),
    ):
        if at is not None:
            field.FromDatetime(at)
    return sent


def web_message(
    number: int, message: Message, *, at: datetime, task: str
) -> delivery_pb2.WebMessage:
    """Returns a message of the web channel."""
    sent = delivery_pb2.WebMessage(
        id=number,
        text=plain(message),
        rows=[
            delivery_pb2.ButtonRow(
                buttons=[delivery_pb2.Button(label=b.label, data=b.data) for b in row]
            )
            for row in message.rows
        ],
        task=task,
    )
    sent.time.FromDatetime(at)
    return sent


def last_id(name: str) -> int:
    """Returns the number at the end of a resource name that a peer built."""
    return int(name.rsplit("/", 1)[-1])


def id_in(name: str, *, collection: str, workspace: int, field: str) -> int:
    """Returns the number in `workspaces/W/<collection>/N` of a request.

    Raises Invalid where the name has another shape, NotFound where it is another workspace's.
    """
    parts = name.split("/")
    shape = f"workspaces/{{workspace}}/{collection}/{{number}}"
    numbers = [p for p in parts[1::2] if p.isascii() and p.isdecimal() and len(p) <= BIGINT_DIGITS]
    if len(parts) != 4 or parts[::2] != ["workspaces", collection] or len(numbers) != 2:  # noqa: PLR2004
        raise Invalid(
            "NAME_INVALID",
            "The name is not of the right shape.",
            violations=[Violation(field, f"is {shape}")],
        )
    if int(numbers[0]) != workspace:
        raise NotFound(f"{collection.upper()}_NOT_FOUND", f"There is no {name}.")
    return int(numbers[1])


def _task(sent: task_pb2.Task) -> Task:
    return Task(
        number=last_id(sent.name) if sent.name else 0,
        title=sent.title,
        status=STATUSES.get(sent.status, Status.PENDING),
        priority=PRIORITIES.get(sent.priority, Priority.MEDIUM),
        assignees=tuple(_ref(a.person) for a in sent.assignees),
        creator=_ref(sent.creator) if sent.HasField("creator") else None,
        watchers=tuple(_ref(w) for w in sent.watchers),
        deadline=_time(sent.deadline) if sent.HasField("deadline") else None,
        start=_time(sent.start) if sent.HasField("start") else None,
        description=sent.description,
        project=sent.project,
        estimate_minutes=sent.estimate_minutes if sent.HasField("estimate_minutes") else None,
        blocked=sent.blocked,
        depends_on=tuple(
            TaskRef(last_id(t.name), t.title, open=t.status not in CLOSED) for t in sent.depends_on
        ),
        requires_approval=sent.requires_approval,
        revision_count=sent.revision_count,
        submission=sent.submission,
        feedback=sent.feedback,
        reason=sent.reason,
        delay_reason=sent.delay_reason,
        suggested=tuple(_ref(one) for one in sent.suggested),
        done=frozenset(
            last_id(a.person.name) for a in sent.assignees if a.mark == task_pb2.MARK_DONE
        ),
    )


def _ref(sent: person_pb2.PersonRef) -> PersonRef:
    return PersonRef(last_id(sent.name), sent.display_name)


def _time(sent: Timestamp) -> datetime | None:
    return sent.ToDatetime(tzinfo=UTC) if sent.seconds or sent.nanos else None
