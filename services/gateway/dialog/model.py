"""The values of a conversation: who writes, what, what it was read as, and what there is to show.

Frozen structs rather than dataclasses where they are kept in the database (drafts, decisions,
conversations): msgspec writes and checks them. Names are resource names as in the protos.
"""

from datetime import datetime
from enum import StrEnum

import msgspec


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of the values here."""


# Who and what -------------------------------------------------------------------------------


class Role(StrEnum):
    """What a person may do; the permissions themselves are the task service's."""

    OWNER = "owner"
    BOSS = "boss"
    LEAD = "lead"
    MEMBER = "member"
    GUEST = "guest"


LEADING = frozenset({Role.OWNER, Role.BOSS, Role.LEAD})
RULING = frozenset({Role.OWNER, Role.BOSS})


class Named(Value, frozen=True):
    """A person or a task by resource name, and how it is called."""

    name: str
    display_name: str


class Person(Value, frozen=True):
    """Somebody of the workspace, as far as a conversation needs to know."""

    name: str
    display_name: str
    role: Role = Role.MEMBER
    timezone: str = "UTC"
    aliases: tuple[str, ...] = ()
    department: str = ""
    telegram_id: int | None = None

    @property
    def workspace(self) -> str:
        """Name of the workspace that the person is of."""
        return self.name.split("/people/")[0]

    @property
    def number(self) -> int:
        """Id of the person, as in boss-actor."""
        return int(self.name.rsplit("/", 1)[1])


class Sender(Value, frozen=True):
    """Who wrote, as Telegram tells; not yet anybody of a workspace."""

    telegram_id: int
    name: str
    username: str = ""
    bot: bool = False


class Status(StrEnum):
    """States of a task."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    ON_HOLD = "on_hold"
    IN_REVIEW = "in_review"
    NEEDS_REVISION = "needs_revision"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


CLOSED = frozenset({Status.COMPLETED, Status.CANCELLED})


class Priority(StrEnum):
    """How much a task presses."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class Assignee(Value, frozen=True):
    """One of a task's people; `mark` is assigned, seen, working or done."""

    name: str
    display_name: str
    mark: str = "assigned"


class Task(Value, frozen=True):
    """A task as a card or a list shows it."""

    name: str
    title: str
    status: Status = Status.PENDING
    priority: Priority = Priority.MEDIUM
    assignees: tuple[Assignee, ...] = ()
    deadline: datetime | None = None
    creator: Named | None = None
    description: str = ""
    blocked: bool = False
    recurrence: str = ""
    tags: tuple[str, ...] = ()
    subtasks: tuple[Named, ...] = ()
    depends_on: tuple[Named, ...] = ()
    submission: str = ""
    feedback: str = ""
    # Who was asked to take it by somebody who may not assign them.
    suggested: tuple[Named, ...] = ()

    @property
    def number(self) -> int:
        """The number that people see after "T-"."""
        return task_number(self.name)

    @property
    def id(self) -> str:
        """The id that people see."""
        return f"T-{self.number}"

    def is_of(self, person: Person) -> bool:
        """Whether the person is among the task's assignees."""
        return any(one.name == person.name for one in self.assignees)


def task_number(name: str) -> int:
    """42 of workspaces/1/tasks/42."""
    return int(name.rsplit("/", 1)[1])


def task_name(workspace: str, number: int) -> str:
    """workspaces/1/tasks/42."""
    return f"{workspace}/tasks/{number}"


class Listing(Value, frozen=True):
    """The first tasks of a list, and how many it holds in all."""

    tasks: tuple[Task, ...]
    total: int


# What comes in -------------------------------------------------------------------------------


class Written(Value, frozen=True, tag=True):
    """Words."""

    text: str


class Edited(Value, frozen=True, tag=True):
    """New words for an earlier message."""

    text: str


class Pressed(Value, frozen=True, tag=True):
    """A button; its data is not to be trusted."""

    data: str


class Attached(Value, frozen=True, tag=True):
    """Something else than words; `kind` is how people call it."""

    kind: str
    caption: str


class Joined(Value, frozen=True, tag=True):
    """The bot was let in (or thrown out)."""

    there: bool


Content = Written | Edited | Pressed | Attached | Joined


class Incoming(Value, frozen=True):
    """What somebody sent, over any face.

    `message` is the id of the message itself or, of a press, of the one under which the button
    is. `addressed` says whether the bot is meant at all: in groups it often is not.
    """

    content: Content
    sender: Sender | None = None
    message: str | None = None
    reply_to: str | None = None
    private: bool = True
    addressed: bool = True


# What it was read as -------------------------------------------------------------------------


class Span(Value, frozen=True):
    """A stretch of the message in code points, and the field that was taken from it."""

    field: str
    start: int
    end: int
    task: int = 0


class Ambiguity(Value, frozen=True):
    """Words that fit none or several."""

    field: str
    words: str
    candidates: tuple[Named, ...] = ()
    task: int = 0


class NewTask(Value, frozen=True):
    """A task to be made. `words` tells, by field, what each was taken from."""

    title: str
    assignees: tuple[Named, ...] = ()
    deadline: datetime | None = None
    priority: Priority | None = None
    recurrence: str = ""
    tags: tuple[str, ...] = ()
    subtasks: tuple[str, ...] = ()
    after: tuple[int, ...] = ()
    estimate_minutes: int | None = None
    # What people call the template that it begins with; empty: none.
    template: str = ""
    words: dict[str, str] = {}


class Change(Value, frozen=True):
    """What a change sets; what is empty stays as it is."""

    assignees: tuple[Named, ...] = ()
    deadline: datetime | None = None
    priority: Priority | None = None
    title: str = ""
    text: str = ""
    # All that it waits for from now on.
    depends_on: tuple[Named, ...] = ()
    # Set by edits alone, where words that set a field were taken away.
    clears: tuple[str, ...] = ()


class Filter(Value, frozen=True):
    """What a question is about; empty parts let everything through."""

    assignees: tuple[Named, ...] = ()
    status: str = ""
    priority: Priority | None = None
    due: str = ""
    tag: str = ""
    text: str = ""


class Reading(Value, frozen=True):
    """What a message was understood as; `intent` is the enum's name in lower case."""

    intent: str
    tasks: tuple[NewTask, ...] = ()
    refs: tuple[Named, ...] = ()
    change: Change = Change()
    filter: Filter = Filter()
    sure: bool = False
    confidence: float = 0.0
    spans: tuple[Span, ...] = ()
    ambiguities: tuple[Ambiguity, ...] = ()
    source: str = "grammar"
    model_failure: str = ""
    # An act on every task that the filter lets through, instead of on `refs`.
    every: bool = False


# What is remembered --------------------------------------------------------------------------


class Pending(Value, frozen=True):
    """A question whose answer is this person's next message: why this task is rejected."""

    task: str
    person: str
    asked_at: datetime


class Conversation(Value, frozen=True):
    """What a chat remembers from one message to the next."""

    last_task: str = ""
    card_tasks: tuple[str, ...] = ()
    pending: Pending | None = None
    # Position of the log that a reading of the next message must know of.
    position: int = 0
    stranger_answered_at: datetime | None = None


class Turn(Value, frozen=True):
    """One message in its circumstances: all that a decision may depend on beside its needs."""

    incoming: Incoming
    person: Person
    conversation: Conversation
    # When the message was accepted; what it says of time counts from here.
    now: datetime
    # Id for a draft that this message may leave; the same on a retry.
    draft: str
    bot_username: str = ""
