"""The values of notify: people and events as it knows them, news as it tells them, deliveries.

Pure: no I/O, no wire, no database. `News` is what a delivery row stores, so that a message can be
worded at the time when it is sent, in the reader's zone, from facts that no later change can alter.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Channel(StrEnum):
    """A way to a person."""

    TELEGRAM = "telegram"
    WEB = "web"


class State(StrEnum):
    """Where a delivery stands. Pending, held and retrying ones wait; the others are settled."""

    PENDING = "pending"
    HELD = "held"
    RETRYING = "retrying"
    SENT = "sent"
    MERGED = "merged"
    DROPPED = "dropped"
    DEAD = "dead"


class Role(StrEnum):
    """A person's role, as far as it decides who hears."""

    OWNER = "owner"
    BOSS = "boss"
    LEAD = "lead"
    MEMBER = "member"
    GUEST = "guest"


class Kind(StrEnum):
    """What happened, written as outside gRPC. Kinds that nobody is told of are absent."""

    CREATED = "task.created"
    CHANGED = "task.changed"
    STARTED = "task.started"
    SUBMITTED = "task.submitted"
    APPROVED = "task.approved"
    REJECTED = "task.rejected"
    COMPLETED = "task.completed"
    CANCELLED = "task.cancelled"
    DELETED = "task.deleted"
    RESTORED = "task.restored"
    FREED = "task.freed"
    BLOCKED = "task.blocked"
    UNBLOCKED = "task.unblocked"
    HELD = "task.held"
    RESUMED = "task.resumed"
    REOPENED = "task.reopened"
    DELAYED = "task.delayed"
    COMMENTED = "comment.created"
    COMMENT_CHANGED = "comment.changed"
    DUE_SOON = "task.due_soon"
    OVERDUE = "task.overdue"
    QUIET = "task.quiet"


class Status(StrEnum):
    """A task's status."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    ON_HOLD = "on_hold"
    IN_REVIEW = "in_review"
    NEEDS_REVISION = "needs_revision"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """A task's priority."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class Topic(StrEnum):
    """What an event is to one person: a new task to one, a lost one to another."""

    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    CREATED = "created"
    CHANGED = "changed"
    STARTED = "started"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    RESTORED = "restored"
    FREED = "freed"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    HELD = "held"
    RESUMED = "resumed"
    REOPENED = "reopened"
    DELAYED = "delayed"
    MENTIONED = "mentioned"
    COMMENTED = "commented"
    SUGGESTED = "suggested"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    LATE = "late"
    CHECK_IN = "check_in"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may hear something. `position`: the last event that told of this person."""

    id: int
    workspace: int
    name: str
    role: Role
    department: str = ""
    leads: tuple[str, ...] = ()
    language: str = "en"
    timezone: str = "UTC"
    quiet_hours: str = ""
    telegram_id: int | None = None
    left: bool = False
    position: int = 0


@dataclass(frozen=True, slots=True)
class PersonRef:
    """A person as an event names one."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class TaskRef:
    """A task as another names it."""

    number: int
    title: str
    open: bool = True


@dataclass(frozen=True, slots=True)
class Task:
    """A task's image in an event."""

    number: int
    title: str
    status: Status = Status.PENDING
    priority: Priority = Priority.MEDIUM
    assignees: tuple[PersonRef, ...] = ()
    creator: PersonRef | None = None
    watchers: tuple[PersonRef, ...] = ()
    deadline: datetime | None = None
    start: datetime | None = None
    description: str = ""
    project: str = ""
    estimate_minutes: int | None = None
    blocked: bool = False
    depends_on: tuple[TaskRef, ...] = ()
    requires_approval: bool = True
    revision_count: int = 0
    submission: str = ""
    feedback: str = ""
    reason: str = ""
    delay_reason: str = ""
    # Who was asked to take it, and of its people those whose part is done.
    suggested: tuple[PersonRef, ...] = ()
    done: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the log about a task. `changed`: names of fields as the log writes them.

    `said` is a comment, or why somebody declined; `fresh` are those whom it mentions for the first
    time; `step` tells which of the clock's words it is; `accepted` how somebody who was asked to
    take the task answered.
    """

    position: int
    kind: Kind
    workspace: int
    act: str
    at: datetime
    task: Task
    before: Task | None = None
    changed: frozenset[str] = frozenset()
    actor: PersonRef | None = None
    undo: bool = False
    origin: str = ""
    said: str = ""
    fresh: tuple[PersonRef, ...] = ()
    step: int = 0
    accepted: bool | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field before and after, as text; times in ISO form, to be put into the reader's zone."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class News:
    """What one person is to hear of one event."""

    topic: Topic
    at: datetime
    number: int
    title: str
    status: Status
    priority: Priority
    deadline: datetime | None = None
    actor: str = ""
    assignees: tuple[str, ...] = ()
    waits_for: tuple[TaskRef, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    note: str = ""
    blocked: bool = False
    revision: int = 0
    undo: bool = False
    step: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that one person is to hear of over one channel, as routed and before it is stored.

    `source` and person and channel are unique together; for an event the source is
    `event:<position>`.
    """

    source: str
    event: int
    workspace: int
    person: int
    channel: Channel
    state: State
    act: str
    news: News
    urgent: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a message is worded."""

    timezone: str = "UTC"
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message; `data` is at most 64 bytes."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Bold:
    """Words that stand out where the channel can show it."""

    text: str


Line = tuple["str | Bold", ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A message in words, not yet in any channel's markup."""

    lines: tuple[Line, ...]
    rows: tuple[tuple[Button, ...], ...] = ()
