"""What the store deals in: people, tasks, acts and events as values.

Enumerations carry the numbers of the protos and of the database's smallints, so that no table
between the three can drift. It imports nothing of ours and does no I/O.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import Enum
from typing import NewType
from uuid import UUID

WorkspaceId = NewType("WorkspaceId", int)
PersonId = NewType("PersonId", int)
TaskNumber = NewType("TaskNumber", int)


class Status(Enum):
    """States of a task; "blocked by a dependency" and "overdue" are derived, not states."""

    PENDING = 1
    IN_PROGRESS = 2
    BLOCKED = 3
    ON_HOLD = 4
    IN_REVIEW = 5
    NEEDS_REVISION = 6
    COMPLETED = 7
    CANCELLED = 8

    @property
    def is_open(self) -> bool:
        """Whether work may still come."""
        return self not in CLOSED

    @property
    def words(self) -> str:
        """As people say it: "in progress"."""
        return self.name.lower().replace("_", " ")


CLOSED = frozenset({Status.COMPLETED, Status.CANCELLED})
OPEN = frozenset(Status) - CLOSED


class Priority(Enum):
    """How urgent a task is."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    URGENT = 4


class BlockReason(Enum):
    """What a blocked task waits for."""

    DEPENDENCY = 1
    INFORMATION = 2
    EXTERNAL = 3


class Repeat(Enum):
    """When the next occurrence of a repeated task is made."""

    ON_SCHEDULE = 1
    AFTER_COMPLETION = 2


class Mark(Enum):
    """How far one assignee is."""

    ASSIGNED = 1
    SEEN = 2
    WORKING = 3
    DONE = 4


class Role(Enum):
    """What a person may do; rules/permissions.py has the table."""

    OWNER = 1
    BOSS = 2
    LEAD = 3
    MEMBER = 4
    GUEST = 5


class PersonStatus(Enum):
    """Whether a person works here just now."""

    ACTIVE = 1
    AWAY = 2
    LEFT = 3


class EventType(Enum):
    """What happened; the numbers are those of boss.task.v1.EventType."""

    TASK_CREATED = 1
    TASK_CHANGED = 2
    TASK_STARTED = 3
    TASK_SUBMITTED = 4
    TASK_APPROVED = 5
    TASK_REJECTED = 6
    TASK_COMPLETED = 7
    TASK_CANCELLED = 8
    TASK_DELETED = 9
    TASK_RESTORED = 10
    TASK_FREED = 11
    TASK_BLOCKED = 12
    TASK_UNBLOCKED = 13
    TASK_HELD = 14
    TASK_RESUMED = 15
    TASK_REOPENED = 16
    TASK_DELAYED = 17
    TASK_ARCHIVED = 18
    TASK_ERASED = 19
    PERSON_CREATED = 20
    PERSON_CHANGED = 21
    PERSON_ERASED = 22
    WORKSPACE_CHANGED = 30
    WORKSPACE_CREATED = 31
    WORKSPACE_IMPORTED = 32
    TOKEN_CREATED = 40
    TOKEN_REVOKED = 41
    COMMENT_CREATED = 50
    COMMENT_CHANGED = 51
    COMMENT_DELETED = 52
    TASK_DUE_SOON = 60
    TASK_OVERDUE = 61
    TASK_QUIET = 62
    TIME_LOGGED = 70
    TIME_CHANGED = 71
    TIME_REMOVED = 72
    TIMER_STARTED = 73
    TIMER_STOPPED = 74
    ATTENDANCE_IN = 80
    ATTENDANCE_OUT = 81
    ATTENDANCE_BREAK_STARTED = 82
    ATTENDANCE_BREAK_ENDED = 83
    ATTENDANCE_CORRECTED = 84
    ATTENDANCE_FORGOTTEN = 85
    TEMPLATE_CREATED = 90
    TEMPLATE_CHANGED = 91
    TEMPLATE_DELETED = 92


class ActKind(Enum):
    """What an act is to undo; a note (somebody has seen a task) is nothing to it."""

    ACT = 1
    UNDO = 2
    REDO = 3
    NOTE = 4


@dataclass(frozen=True, slots=True)
class Assignee:
    """One of a task's people."""

    person: PersonId
    mark: Mark = Mark.ASSIGNED


@dataclass(frozen=True, slots=True)
class Criterion:
    """One acceptance criterion."""

    text: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file by reference."""

    name: str
    kind: str = ""
    url: str = ""
    telegram_file_id: str = ""
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """What a task itself holds; encoded as JSON it is an event's after-image.

    Its number, its workspace and the id of its last event are kept beside it, as they are not
    known before the statement that writes it.
    """

    title: str
    created_at: datetime
    updated_at: datetime
    status_since: datetime
    creator: PersonId | None = None
    description: str = ""
    status: Status = Status.PENDING
    status_by: PersonId | None = None
    priority: Priority = Priority.MEDIUM
    assignees: tuple[Assignee, ...] = ()
    deadline: datetime | None = None
    start: datetime | None = None
    estimate_minutes: int | None = None
    tags: tuple[str, ...] = ()
    project: str = ""
    type: str = "task"
    criteria: tuple[Criterion, ...] = ()
    parent: TaskNumber | None = None
    depends_on: tuple[TaskNumber, ...] = ()
    recurrence: str = ""
    requires_approval: bool = True
    watchers: tuple[PersonId, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    revision_count: int = 0
    completed_at: datetime | None = None
    submission: str = ""
    feedback: str = ""
    # Why it is blocked, on hold, cancelled or open again.
    reason: str = ""
    block_reason: BlockReason | None = None
    # Where unblocking and resuming lead.
    returns_to: Status | None = None
    delay_count: int = 0
    delay_reason: str = ""
    reopen_count: int = 0
    # Whether one of several assignees submits for all.
    submit_by_one: bool = False
    # Who was asked to take it by somebody who may not assign them.
    suggested: tuple[PersonId, ...] = ()
    # Its order among the parts of its parent.
    place: int = 0
    archived_at: datetime | None = None
    repeats: Repeat = Repeat.ON_SCHEDULE
    recurrence_paused: bool = False
    # Which one of its series it is, and the number of the next one; without, it is the newest.
    occurrence: int = 1
    successor: TaskNumber | None = None
    # The date of its series that the rule counts from; without, its own deadline or start. It
    # keeps the series' time of day where one occurrence is put off, or the clock skips its hour.
    anchor: datetime | None = None
    # What the predecessor called it, "TASK-…".
    legacy_id: str = ""
    deleted_at: datetime | None = None

    @property
    def people(self) -> tuple[PersonId, ...]:
        """The assignees' ids, in their order."""
        return tuple(assignee.person for assignee in self.assignees)


def shown_people(task: Task) -> set[PersonId]:
    """Everybody whose name is shown with the task."""
    shown = {*task.people, *task.watchers, *task.suggested}
    if task.creator is not None:
        shown.add(task.creator)
    if task.status is not Status.PENDING and task.status_by is not None:
        shown.add(task.status_by)
    return shown


# A person's words of a task's fields: what an edit may name. `marks` is how far each assignee is;
# it is a field of its own, so that who presses "Seen" does not stand in the way of an undo.
TASK_FIELDS = tuple(field.name for field in fields(Task))
BOOKKEEPING = frozenset({"updated_at", "status_since", "status_by", "created_at", "creator"})


@dataclass(frozen=True, slots=True)
class TaskRef:
    """A task as shown inside another."""

    number: TaskNumber
    title: str
    status: Status
    # Its order where it is shown as a part; not shown itself.
    place: int = field(default=0, compare=False, repr=False)

    @property
    def order(self) -> tuple[int, TaskNumber]:
        """By what parts are sorted."""
        return self.place, self.number


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as shown: itself, and what it shows of others."""

    workspace: WorkspaceId
    number: TaskNumber
    touched: int
    task: Task
    names: Mapping[int, str] = field(default_factory=dict)
    parent: TaskRef | None = None
    subtasks: tuple[TaskRef, ...] = ()
    depends_on: tuple[TaskRef, ...] = ()

    @property
    def waits_for(self) -> tuple[TaskRef, ...]:
        """The tasks that it depends on and that are still open."""
        return tuple(ref for ref in self.depends_on if ref.status.is_open)

    @property
    def etag(self) -> str:
        """What changes with anything shown: the task's last event, and a digest of the rest.

        A log position would be shorter, but positions come after the commit and the answer to a
        writer needs the tag; and with a digest of the names and references shown, a rename or a
        dependency's end changes the tag without a write to each task that shows it.
        """
        refs = ""
        if self.parent or self.subtasks or self.depends_on:
            refs = repr((self.parent, self.subtasks, self.depends_on))
        return etag_of(self.touched, self.names, refs)


def etag_of(touched: int, names: Mapping[int, str], refs: str = "") -> str:
    """The etag of a task that shows these names and these references."""
    shown = "\0".join(name for _, name in sorted(names.items())) + refs
    digest = hashlib.blake2b(shown.encode(), digest_size=4).hexdigest()
    return f"{touched:x}-{digest}" if touched else f"-{digest}"


@dataclass(frozen=True, slots=True)
class Person:
    """A person of one workspace; encoded as JSON it is an event's after-image."""

    display_name: str
    created_at: datetime
    updated_at: datetime
    aliases: tuple[str, ...] = ()
    role: Role = Role.MEMBER
    department: str = ""
    leads: tuple[str, ...] = ()
    language: str = "en"
    working_days: tuple[int, ...] = (1, 2, 3, 4, 5)
    working_hours: str = "09:00-18:00"
    quiet_hours: str = "20:00-08:00"
    timezone: str = "UTC"
    telegram_id: int | None = None
    telegram_username: str = ""
    discord_id: str = ""
    email: str = ""
    skills: tuple[str, ...] = ()
    status: PersonStatus = PersonStatus.ACTIVE
    away_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A person with what identifies the stored row: `touched` is the id of the last event."""

    workspace: WorkspaceId
    id: PersonId
    touched: int
    person: Person
    # Whether they are shown as back from an absence whose end has passed.
    back: bool = False

    @property
    def etag(self) -> str:
        """The id of the last event that touches this person, and what time has changed since."""
        return f"{self.touched:x}{'b' if self.back else ''}"

    def shown(self, now: datetime) -> PersonRecord:
        """The person as of now: back where the time away has passed, which nobody writes down."""
        until = self.person.away_until
        if until is None or until > now:
            return self
        present = replace(self.person, status=PersonStatus.ACTIVE, away_until=None)
        return replace(self, person=present, back=True)


class Visibility(Enum):
    """Whose tasks members and guests see."""

    EVERYBODY = 1
    OWN_ONLY = 2


class Confirm(Enum):
    """When a message is acted on only after a question."""

    UNSURE = 1
    ALWAYS = 2
    NEVER = 3


@dataclass(frozen=True, slots=True)
class WorkSettings:
    """How a workspace works; stored as JSON, so that each has a default."""

    requires_approval: bool = True
    visibility: Visibility = Visibility.EVERYBODY
    confirm: Confirm = Confirm.UNSURE
    deadline_required: bool = False
    # Of 100; a submission below is shown its gaps before it goes to a boss.
    review_threshold: int = 70
    departments: tuple[str, ...] = ("dev", "admin", "marketing", "design")
    # What a new person starts with.
    working_days: tuple[int, ...] = (1, 2, 3, 4, 5)
    working_hours: str = "09:00-18:00"
    quiet_hours: str = "20:00-08:00"
    late_grace_minutes: int = 15
    # How long the log keeps what was before and after.
    retention_days: int = 730


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everything belongs to exactly one."""

    id: WorkspaceId
    display_name: str
    timezone: str
    claimed: bool = False
    settings: WorkSettings = WorkSettings()
    created_at: datetime | None = None
    # The id of the last event that touches it.
    touched: int = 0

    @property
    def etag(self) -> str:
        """What changes with anything shown."""
        return f"{self.touched:x}"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, for one call; a service on its own behalf has neither workspace nor person."""

    workspace: WorkspaceId | None
    person: PersonId | None
    sees_all: bool = True


@dataclass(frozen=True, slots=True)
class Token:
    """A program's way in, without its secret."""

    id: int
    workspace: WorkspaceId
    person: PersonId
    person_name: str
    label: str
    created_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody did; one undo takes it back whole."""

    id: UUID
    workspace: WorkspaceId
    actor: PersonId | None
    at: datetime
    kind: ActKind
    summary: str
    events: tuple[int, ...] = ()
    undone_by: UUID | None = None
    undoes: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One task's change within an act, as decided: what will be written and what is told of it."""

    type: EventType
    after: Task
    before: Task | None = None
    number: TaskNumber | None = None
    undo: bool = False
    # What is told beside the change: no part of the task.
    detail: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of the log; of a task or of a person, or of neither."""

    id: int
    position: int
    type: EventType
    workspace: WorkspaceId
    actor: PersonId | None
    actor_name: str
    at: datetime
    act: UUID | None
    undo: bool
    touches: tuple[TaskNumber, ...]
    changed: tuple[str, ...]
    task: TaskView | None = None
    person: PersonRecord | None = None
    # The workspace itself, after an event that changed it.
    home: Workspace | None = None
    before: Mapping[str, object] | None = None
    # Names of everybody whom `before` may speak of.
    names: Mapping[int, str] | None = None
    # What is told beside a change, or instead of one.
    detail: Mapping[str, object] | None = None
    # Through what it came: telegram, web, api, grpc, clock, import; empty where nobody said.
    origin: str = ""
    # The number of the task that a notice is about; `task` is set for changes alone.
    about: TaskNumber | None = None
    whom: PersonId | None = None
    # Its images were there, and are no longer kept.
    erased: bool = False


# Fields that the log does not name as changed by themselves, as they follow from others.
FOLLOWING = frozenset({"updated_at", "status_since", "status_by"})


def changed_fields(before: Task, after: Task) -> tuple[str, ...]:
    """The fields that differ, `assignees` (who) apart from `marks` (how far)."""
    names = [
        name
        for name in TASK_FIELDS
        if name not in FOLLOWING
        and name != "assignees"
        and getattr(before, name) != getattr(after, name)
    ]
    if before.assignees != after.assignees:
        if before.people != after.people:
            names.append("assignees")
        kept = {a.person: a.mark for a in before.assignees}
        if any(kept.get(a.person, a.mark) != a.mark for a in after.assignees):
            names.append("marks")
    return tuple(names)


def value_of(task: Task, name: str) -> object:
    """What a field of `changed_fields` holds, in a form that JSON keeps."""
    if name == "assignees":
        return task.people
    if name == "marks":
        return {str(a.person): a.mark for a in task.assignees}
    value: object = getattr(task, name)
    return value
