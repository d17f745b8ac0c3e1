"""The JSON that the API answers with, as types: what is encoded, and what /openapi.json describes.

The order of the fields is the order in the JSON. Nothing here converts or decides;
`present.py` fills these from protos.
"""

from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

Status = Literal[
    "pending",
    "in_progress",
    "blocked",
    "on_hold",
    "in_review",
    "needs_revision",
    "completed",
    "cancelled",
]
Priority = Literal["low", "medium", "high", "urgent"]
Mark = Literal["assigned", "seen", "working", "done"]
Visibility = Literal["everybody", "own_only"]
Confirm = Literal["unsure", "always", "never"]
Role = Literal["owner", "boss", "lead", "member", "guest"]
PersonState = Literal["active", "away", "left"]
Kind = Literal[
    "task", "bug", "feature", "hotfix", "research", "meeting", "docs", "refactor", "test"
]
BlockReason = Literal["dependency", "information", "external"]
Repeats = Literal["schedule", "completion"]
DeliveryState = Literal["pending", "held", "retrying", "sent", "merged", "dropped", "dead"]


class PersonRef(Struct, frozen=True):
    """A person inside something else."""

    id: str
    name: str


class Assignee(Struct, frozen=True):
    """One who is to do a task, and how far this person is."""

    id: str
    name: str
    mark: Mark


class TaskRef(Struct, frozen=True):
    """A task inside another."""

    id: str
    title: str
    status: Status


class Criterion(Struct, frozen=True):
    """One acceptance criterion."""

    text: str
    done: bool


class Attachment(Struct, frozen=True):
    """A file by reference."""

    name: str
    kind: str
    url: str | None
    telegram_file_id: str | None
    size_bytes: int | None


class Task(Struct, frozen=True):
    """One task."""

    id: str
    title: str
    description: str
    status: Status
    priority: Priority
    assignees: list[Assignee]
    creator: PersonRef | None
    deadline: datetime | None
    estimate_minutes: int | None
    tags: list[str]
    project: str | None
    parent: TaskRef | None
    subtasks: list[TaskRef]
    depends_on: list[TaskRef]
    blocked: bool
    recurrence: str | None
    type: Kind
    start: datetime | None
    criteria: list[Criterion]
    requires_approval: bool
    watchers: list[PersonRef]
    attachments: list[Attachment]
    revision_count: int
    created_at: datetime | None
    updated_at: datetime | None
    completed_at: datetime | None
    etag: str
    # What follows tells more of the same: why it stands where it stands, and its series.
    suggested: list[PersonRef]
    submission: str | None
    feedback: str | None
    reason: str | None
    block_reason: BlockReason | None
    delay_count: int
    delay_reason: str | None
    reopen_count: int
    submit_by_one: bool
    archived_at: datetime | None
    repeats: Repeats
    recurrence_paused: bool
    occurrence: int
    successor: str | None
    # Its order among the subtasks of its parent.
    place: int


class Occurrences(Struct, frozen=True):
    """For which dates the next occurrences of a task stand; `more` says that others follow."""

    occurrences: list[datetime]
    more: bool


class Comment(Struct, frozen=True):
    """What somebody said of a task."""

    id: int
    task: str
    author: PersonRef | None
    text: str
    mentions: list[PersonRef]
    attachments: list[Attachment]
    created_at: datetime | None
    edited_at: datetime | None
    etag: str


class CommentPage(Struct, frozen=True):
    """A page of a task's comments, the oldest first; `total` has all."""

    comments: list[Comment]
    total: int
    next_cursor: str | None


class Template(Struct, frozen=True):
    """What tasks of one kind begin with."""

    id: str
    name: str
    about: str
    priority: Priority | None
    tags: list[str]
    type: Kind | None
    criteria: list[str]
    estimate_minutes: int | None
    subtasks: list[str]
    built_in: bool
    etag: str


class TemplatePage(Struct, frozen=True):
    """A page of templates, by name; `total` has all."""

    templates: list[Template]
    total: int
    next_cursor: str | None


class HistoryEvent(Struct, frozen=True):
    """Who did what, when and through what; `changes` has each field before and after.

    Where it is `erased`, what was changed is no longer kept.
    """

    position: int
    type: str
    task: str | None
    person: str | None
    actor: PersonRef | None
    at: datetime
    origin: str | None
    act: str | None
    undo: bool
    changes: dict[str, Any]
    detail: dict[str, Any] | None
    erased: bool


class History(Struct, frozen=True):
    """A page of a history."""

    events: list[HistoryEvent]
    next_cursor: str | None


class TaskPage(Struct, frozen=True):
    """One page of tasks; `total` and `page` are null where a cursor was followed."""

    tasks: list[Task]
    page: int | None
    per_page: int
    total: int | None
    next_cursor: str | None


class SearchResult(Struct, frozen=True):
    """A task that was found; the snippet has «marks» round what was looked for."""

    task: Task
    snippet: str
    score: float
    match: Literal["filter", "id", "task", "comment", "similar"]
    # comments/7, where a comment has the words.
    comment: str | None


class SearchPage(Struct, frozen=True):
    """One page of what was found, the best first; with `more_than_total`, there are more."""

    results: list[SearchResult]
    total: int
    more_than_total: bool
    next_cursor: str | None


class TaskList(Struct, frozen=True):
    """Tasks that were created together."""

    tasks: list[Task]


class RefusedTask(Struct, frozen=True):
    """A task of a batch that stays as it is; `reason` is the stable one of a problem's type."""

    id: str
    reason: str
    detail: str


class ChangedTasks(Struct, frozen=True):
    """Tasks that were changed together, and those that were left out.

    The last open subtasks of the `parents_completable` were closed: they can be completed now.
    """

    tasks: list[Task]
    refused: list[RefusedTask]
    parents_completable: list[TaskRef]


class FoundTasks(Struct, frozen=True):
    """Tasks in the order asked for; `missing` has the ids that nothing was found for."""

    tasks: list[Task]
    missing: list[str]


class Person(Struct, frozen=True):
    """One person of the workspace."""

    id: str
    name: str
    aliases: list[str]
    role: Role
    department: str | None
    leads: list[str]
    language: str
    working_days: list[int]
    telegram_id: int | None
    telegram_username: str | None
    discord_id: str | None
    email: str | None
    timezone: str
    working_hours: str
    quiet_hours: str | None
    skills: list[str]
    status: PersonState
    away_until: datetime | None


class ChangedPerson(Person, frozen=True):
    """A person after a change; who has left, with the open tasks of theirs, the newest first."""

    open_tasks: list[TaskRef] | UnsetType = UNSET
    open_task_count: int | UnsetType = UNSET


class PersonPage(Struct, frozen=True):
    """One page of people, by name."""

    people: list[Person]
    total: int
    next_cursor: str | None


class WorkSettings(Struct, frozen=True):
    """How a workspace works."""

    requires_approval: bool
    visibility: Visibility
    confirm: Confirm
    deadline_required: bool
    review_threshold: int
    departments: list[str]
    working_days: list[int]
    working_hours: str
    quiet_hours: str
    late_grace_minutes: int
    retention_days: int


class Workspace(Struct, frozen=True):
    """The workspace that the caller belongs to."""

    id: str
    name: str
    timezone: str
    claimed: bool
    settings: WorkSettings
    created_at: datetime | None
    etag: str


class Membership(Struct, frozen=True):
    """A workspace, and who somebody is there."""

    workspace: Workspace
    person: Person


class WorkspaceList(Struct, frozen=True):
    """The workspaces that somebody is in, by name."""

    workspaces: list[Membership]


class MadeWorkspace(Struct, frozen=True):
    """A new workspace, and the link that signs its owner in, once."""

    workspace: Workspace
    owner: Person
    url: str
    expires_at: datetime


class Me(Struct, frozen=True):
    """Who the caller is."""

    person: Person
    workspace: Workspace
    session: str | None
    version: str


class Kept(Struct, frozen=True):
    """What an undo had to leave as it is: a task, or a subject such as P-5 or comments/7."""

    task: TaskRef | None
    subject: str
    fields: list[str]
    reason: str


class Undone(Struct, frozen=True):
    """What was taken back, or done again."""

    summary: str
    act: str
    tasks: list[Task]
    kept: list[Kept]
    people: list[Person]
    workspace: Workspace | None
    # Such as comments/7 and templates/3.
    others: list[str]


class Delivery(Struct, frozen=True):
    """One thing that one person is to hear of over one channel."""

    id: str
    event_id: int
    person: PersonRef
    channel: str
    state: DeliveryState
    attempts: int
    last_error: str | None
    next_attempt_at: datetime | None
    sent_at: datetime | None
    created_at: datetime | None
    task: str | None


class DeliveryPage(Struct, frozen=True):
    """One page of deliveries, newest first."""

    deliveries: list[Delivery]
    next_cursor: str | None


class Token(Struct, frozen=True):
    """A token of a program; its secret is shown only once, when it is made."""

    id: str
    name: str
    person: PersonRef
    created_at: datetime | None
    last_used_at: datetime | None


class TokenList(Struct, frozen=True):
    """The caller's tokens."""

    tokens: list[Token]


class NewToken(Struct, frozen=True):
    """A token just made, with its secret."""

    id: str
    name: str
    token: str


class Session(Struct, frozen=True):
    """A browser that is signed in."""

    id: str
    current: bool
    user_agent: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


class SessionList(Struct, frozen=True):
    """The caller's sessions, the last used first."""

    sessions: list[Session]


class NewSession(Struct, frozen=True):
    """A session just begun; the cookie carries its secret."""

    id: str
    person: PersonRef
    expires_at: datetime


class Links(Struct, frozen=True):
    """Links that sign a person in, each once."""

    url: str
    telegram_url: str | None
    person: PersonRef
    expires_at: datetime


class Health(Struct, frozen=True):
    """The process is alive."""

    status: Literal["ok"]
    version: str


class Dependency(Struct, frozen=True):
    """One thing that the gateway leans on."""

    state: Literal["up", "down"]
    latency_ms: float
    needed: bool


class Ready(Struct, frozen=True):
    """Whether the gateway can serve, and what stands behind it."""

    status: Literal["ready", "degraded", "down"]
    dependencies: dict[str, Dependency]


class FieldProblem(Struct, frozen=True):
    """What is wrong with one field: `#/title` in a body, `?status` in a query."""

    pointer: str
    detail: str


class Problem(Struct, frozen=True, omit_defaults=True):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str = ""
    errors: list[FieldProblem] = []
    current: Task | None = None
