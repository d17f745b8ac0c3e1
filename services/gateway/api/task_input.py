"""Bodies and queries about tasks: what people may write. `task_protos.py` makes protos of it."""

# ruff: noqa: RUF012 -- msgspec copies defaults

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from services.gateway import shapes
from services.gateway.fields import (
    Moment,
    PersonInput,
    TaskInput,
    Text,
    check_moments,
    one_line,
    text,
)
from services.gateway.operation import Input, Query

LARGEST_PAGE = 100
FURTHEST_SKIP = 100_000
LONGEST_NOTE = 5_000

SORT = r"^-?(created|updated|created_at|updated_at|deadline|priority|title|number|id)$(?!\n)"

Title = Annotated[str, one_line(200)]
Tag = Annotated[str, text(40, 1)]
TemplateName = Annotated[str, one_line(100)]


class CriterionInput(Input, frozen=True):
    """One acceptance criterion; a bare text will do instead."""

    text: Annotated[str, text(500, 1)]
    done: bool = False


class AttachmentInput(Input, frozen=True):
    """A file by reference."""

    name: Annotated[str, text(200, 1)]
    kind: Annotated[str, text(40)] = "link"
    url: Annotated[str, text(2_000)] | None = None
    telegram_file_id: Annotated[str, text(200)] | None = None
    size_bytes: Annotated[int, Meta(ge=0, le=2**50)] | None = None


class TaskFields(Input, frozen=True):
    """What may be said of a task, at its creation or later; null empties."""

    description: Annotated[str, text(10_000)] | UnsetType = UNSET
    priority: shapes.Priority | UnsetType = UNSET
    assignees: Annotated[list[PersonInput], Meta(max_length=20)] | UnsetType = UNSET
    deadline: Moment | UnsetType | None = UNSET
    start: Moment | UnsetType | None = UNSET
    estimate_minutes: Annotated[int, Meta(ge=1, le=525_600)] | UnsetType | None = UNSET
    tags: Annotated[list[Tag], Meta(max_length=20)] | UnsetType = UNSET
    project: Annotated[str, text(100)] | UnsetType | None = UNSET
    type: shapes.Kind | UnsetType = UNSET
    criteria: (
        Annotated[list[Annotated[str, text(500, 1)] | CriterionInput], Meta(max_length=30)]
        | UnsetType
    ) = UNSET
    parent: TaskInput | UnsetType | None = UNSET
    depends_on: Annotated[list[TaskInput], Meta(max_length=50)] | UnsetType = UNSET
    recurrence: Annotated[str, text(500)] | UnsetType | None = UNSET
    requires_approval: bool | UnsetType = UNSET
    watchers: Annotated[list[PersonInput], Meta(max_length=50)] | UnsetType = UNSET
    attachments: Annotated[list[AttachmentInput], Meta(max_length=50)] | UnsetType = UNSET
    submit_by_one: bool | UnsetType = UNSET
    repeats: shapes.Repeats | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_moments(deadline=self.deadline, start=self.start)


class NewTask(TaskFields, frozen=True, kw_only=True):
    """A task to be created; only the title is needed. A template fills what is left out."""

    title: Title
    template: TemplateName | UnsetType | None = UNSET

    @property
    def template_name(self) -> str:
        """Return the name of the template, empty for none."""
        return "" if self.template is UNSET or self.template is None else self.template.strip()

    def said(self) -> dict[str, Any]:
        """Return what was said of the task itself."""
        said = super().said()
        said.pop("template", None)
        return said


class NewTaskOfMany(NewTask, frozen=True, kw_only=True):
    """A task to be created together with others."""

    # Places in the list, from 0, of tasks that this one waits for.
    after: Annotated[list[Annotated[int, Meta(ge=0, lt=100)]], Meta(max_length=50)] = []
    subtasks: Annotated[list[Title], Meta(max_length=100)] = []

    def said(self) -> dict[str, Any]:
        """Return what was said of the task itself."""
        said = super().said()
        del said["after"], said["subtasks"]
        return said


class NewTasks(Input, frozen=True):
    """Tasks to be created as one act: all or none."""

    tasks: Annotated[list[NewTaskOfMany], Meta(min_length=1, max_length=100)]


class TaskChange(TaskFields, frozen=True):
    """Fields to be replaced, lists whole; null empties. What is not named stays."""

    title: Title | UnsetType = UNSET

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.said():
            raise ValueError("Name at least one field to change")


class Ids(Input, frozen=True):
    """Tasks to be fetched."""

    ids: Annotated[list[Annotated[str, text(50)]], Meta(min_length=1, max_length=100)]


class TaskQuery(Query, frozen=True):
    """Which tasks, in which order, and which page of them."""

    commas = frozenset({"status", "priority", "tag"})

    assignee: list[Annotated[str, text(200, 1)]] = []
    status: list[Literal[shapes.Status, "open"]] = []
    priority: list[shapes.Priority] = []
    tag: list[Tag] = []
    project: Annotated[str, text(100)] | None = None
    due_before: Moment | None = None
    due_after: Moment | None = None
    q: Annotated[str, text(200, 1)] | None = None
    # In the words of docs/filters.md.
    filter: Annotated[str, text(1_000, 1)] | None = None
    sort: Annotated[str, Meta(pattern=SORT)] = "-created"
    page: Annotated[int, Meta(ge=1, le=FURTHEST_SKIP)] | None = None
    per_page: Annotated[int, Meta(ge=1, le=LARGEST_PAGE)] = 20
    cursor: Text | None = None

    def __post_init__(self) -> None:
        check_moments(due_before=self.due_before, due_after=self.due_after)
        if self.cursor is not None and self.page is not None:
            raise ValueError("Give a cursor or a page, not both")
        if self.skip > FURTHEST_SKIP:
            message = f"Pages end at the {FURTHEST_SKIP}th task: follow next_cursor"
            raise ValueError(message)

    @property
    def skip(self) -> int:
        """Return how many tasks stand before the page."""
        return 0 if self.page is None else (self.page - 1) * self.per_page

    @property
    def order_by(self) -> str:
        """Return the order as the task service calls it."""
        return self.sort.replace("_at", "").replace("id", "number")
