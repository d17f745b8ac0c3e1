"""What a message was understood as, and what understanding needs to know: plain values.

They mirror `protos/boss/ai/v1/interpretation.proto`; `convert.py` maps between the two. People and
tasks are named by their resource names; moments are aware datetimes in the sender's zone.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


class Intent(enum.Enum):
    """What a message wants. The values are the words of `boss parse`."""

    UNCLEAR = "unclear"
    SMALLTALK = "smalltalk"
    HELP = "help"
    CREATE = "create"
    START = "start"
    COMPLETE = "complete"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    BLOCK = "block"
    UNBLOCK = "unblock"
    HOLD = "hold"
    RESUME = "resume"
    CANCEL = "cancel"
    REOPEN = "reopen"
    REASSIGN = "reassign"
    SET_DEADLINE = "set_deadline"
    SET_PRIORITY = "set_priority"
    RENAME = "rename"
    DESCRIBE = "describe"
    ADD_TAG = "add_tag"
    REMOVE_TAG = "remove_tag"
    ADD_SUBTASK = "add_subtask"
    COMPLETE_SUBTASK = "complete_subtask"
    ADD_DEPENDENCY = "add_dependency"
    COMMENT = "comment"
    DUPLICATE = "duplicate"
    SPLIT = "split"
    QUERY = "query"
    SHOW = "show"
    SEARCH = "search"
    REPORT = "report"
    ATTENDANCE = "attendance"
    REMIND = "remind"
    TEACH = "teach"
    PLAN = "plan"
    SPEC = "spec"
    ASK_PERSON = "ask_person"
    UNDO = "undo"
    REDO = "redo"


class Priority(enum.Enum):
    """In rising order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class Source(enum.Enum):
    """Who understood a message."""

    GRAMMAR = "grammar"
    MODEL = "model"
    GRAMMAR_AFTER_MODEL = "grammar_after_model"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the message in code points, and the field that it was taken for."""

    field: str
    start: int
    end: int
    task: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the roster. `name` is the resource name, `display_name` what people say."""

    name: str
    display_name: str
    aliases: tuple[str, ...] = ()
    username: str = ""
    department: str = ""
    role: str = "member"
    timezone: str = ""
    skills: tuple[str, ...] = ()
    away: bool = False
    # 1 (Monday) to 7 (Sunday); empty: nobody has said.
    working_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenTask:
    """An open task, as far as a message may mean it. `number` is that of T-{number}."""

    name: str
    number: int
    title: str
    assignees: tuple[str, ...] = ()
    status: str = "pending"
    deadline: datetime | None = None
    priority: Priority = Priority.MEDIUM


@dataclass(frozen=True, slots=True)
class Context:
    """What a message is understood in the light of.

    `now` is aware, in the sender's zone. `last_task` and `card_tasks` are resource names: the task
    last spoken of, and the tasks of the card that is replied to, in its order.
    """

    now: datetime
    sender: Person
    roster: Sequence[Person] = ()
    open_tasks: Sequence[OpenTask] = ()
    last_task: str | None = None
    card_tasks: tuple[str, ...] = ()
    month_first: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody or something of the workspace that words of the message may mean."""

    name: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Words that fit none or several; the sender is asked, never guessed for."""

    field: str
    words: str
    candidates: tuple[Candidate, ...] = ()
    task: int = 0


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """A task that the message asks for."""

    title: str
    assignees: tuple[Candidate, ...] = ()
    deadline: datetime | None = None
    priority: Priority | None = None
    recurrence: str | None = None
    tags: tuple[str, ...] = ()
    subtasks: tuple[str, ...] = ()
    after: tuple[int, ...] = ()
    estimate_minutes: int | None = None
    # What people call a template that it begins with, as in "bug: login crashes".
    template: str | None = None
    # Of rules alone; None: as the workspace has it.
    requires_approval: bool | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What a change sets; None and empty stay as they are."""

    assignees: tuple[Candidate, ...] = ()
    deadline: datetime | None = None
    priority: Priority | None = None
    title: str | None = None
    text: str | None = None
    tag: str | None = None
    subtasks: tuple[str, ...] = ()
    depends_on: tuple[Candidate, ...] = ()
    person: Candidate | None = None
    recurrence: str | None = None
    span: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """What a question is about."""

    assignees: tuple[Candidate, ...] = ()
    status: str | None = None
    priority: Priority | None = None
    due: str | None = None
    tag: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely a field of a reading is right, 0 to 1; "title" is of all titles."""

    field: str
    value: float


@dataclass(frozen=True, slots=True)
class Interpretation:
    """One reading of a message. `sure`: acting on it without asking is right.

    `confidence` is how likely all of it is right, `chances` the same by field; `prompt` is the
    version of the prompt that a model's reading came by.
    """

    intent: Intent
    tasks: tuple[TaskDraft, ...] = ()
    task_refs: tuple[Candidate, ...] = ()
    change: Change = field(default_factory=Change)
    filter: Filter = field(default_factory=Filter)
    sure: bool = False
    confidence: float = 0.0
    spans: tuple[Span, ...] = ()
    ambiguities: tuple[Ambiguity, ...] = ()
    source: Source = Source.GRAMMAR
    as_of: int = 0
    model_failure: str = ""
    # Every task that the filter lets through is meant, instead of `task_refs`.
    every: bool = False
    chances: tuple[Chance, ...] = ()
    prompt: str = ""
