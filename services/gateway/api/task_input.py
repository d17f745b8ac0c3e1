"""Bodies and queries about tasks: what people may write, and the protos that it becomes."""

# ruff: noqa: RUF012 -- pydantic copies defaults

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from boss.task.v1 import person_pb2, task_pb2, task_service_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from services.gateway import present, shapes
from services.gateway.directory import Directory
from services.gateway.fields import (
    Chars,
    Moment,
    PersonInput,
    TaskInput,
    Text,
    timestamp,
)
from services.gateway.operation import Identity, Input, Query

LARGEST_PAGE = 100
FURTHEST_SKIP = 100_000
LONGEST_NOTE = 5_000

PRIORITIES = {word: number for number, word in enumerate(present.PRIORITIES) if number}
STATUSES = {word: number for number, word in enumerate(present.STATUSES) if number}
OPEN = "open"
NOBODY = "none"
SORTS = ("created", "updated", "deadline", "priority", "title", "number")


def _criterion(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


class CriterionInput(Input):
    """One acceptance criterion; a bare text will do."""

    text: Annotated[str, Chars(500, 1)]
    done: bool = False


class AttachmentInput(Input):
    """A file by reference."""

    name: Annotated[str, Chars(200, 1)]
    kind: Annotated[str, Chars(40)] = "link"
    url: Annotated[str, Chars(2_000)] | None = None
    telegram_file_id: Annotated[str, Chars(200)] | None = None
    size_bytes: Annotated[int, Field(ge=0, le=2**50)] | None = None


Criterion = Annotated[CriterionInput, BeforeValidator(_criterion)]
Tag = Annotated[str, Chars(40, 1)]


class TaskFields(Input):
    """What may be said of a task, at its creation or later."""

    description: Annotated[str, Chars(10_000)] = ""
    priority: shapes.Priority = "medium"
    assignees: Annotated[list[PersonInput], Field(max_length=20)] = []
    deadline: Moment | None = None
    start: Moment | None = None
    estimate_minutes: Annotated[int, Field(ge=1, le=525_600)] | None = None
    tags: Annotated[list[Tag], Field(max_length=20)] = []
    project: Annotated[str, Chars(100)] | None = None
    type: shapes.Kind = "task"
    criteria: Annotated[list[Criterion], Field(max_length=30)] = []
    parent: TaskInput | None = None
    depends_on: Annotated[list[TaskInput], Field(max_length=50)] = []
    recurrence: Annotated[str, Chars(500)] | None = None
    requires_approval: bool = True
    watchers: Annotated[list[PersonInput], Field(max_length=100)] = []
    attachments: Annotated[list[AttachmentInput], Field(max_length=50)] = []


class NewTask(TaskFields):
    """A task to be created; only the title is needed."""

    title: Annotated[str, Chars(200, 1, title=True)]


class NewTaskOfMany(NewTask):
    """A task to be created together with others."""

    # Places in the list, from 0, of tasks that this one waits for.
    after: Annotated[list[Annotated[int, Field(ge=0, lt=100)]], Field(max_length=50)] = []
    subtasks: Annotated[list[Annotated[str, Chars(200, 1, title=True)]], Field(max_length=100)] = []


class NewTasks(Input):
    """Tasks to be created as one act: all or none."""

    tasks: Annotated[list[NewTaskOfMany], Field(min_length=1, max_length=100)]


class TaskChange(TaskFields):
    """Fields to be replaced, lists whole; null empties. What is not named stays."""

    title: Annotated[str, Chars(200, 1, title=True)] = ""

    @model_validator(mode="after")
    def _something(self) -> "TaskChange":
        if not self.model_fields_set:
            raise ValueError("Name at least one field to change.")
        return self


class Ids(Input):
    """Tasks to be fetched."""

    ids: Annotated[list[Annotated[str, Chars(50)]], Field(min_length=1, max_length=100)]


def _sort(value: str) -> str:
    word = value.removeprefix("-").removesuffix("_at")
    word = "number" if word == "id" else word
    if word not in SORTS:
        raise ValueError(f"Sort by {', '.join(SORTS)}, with - before it for descending.")
    return ("-" if value.startswith("-") else "") + word


class TaskQuery(Query):
    """Which tasks, in which order, and which page of them."""

    commas = frozenset({"status", "priority", "tag"})

    assignee: list[PersonInput] = []
    status: list[Literal[shapes.Status, "open"]] = []
    priority: list[shapes.Priority] = []
    tag: list[Tag] = []
    project: Annotated[str, Chars(100)] | None = None
    due_before: Moment | None = None
    due_after: Moment | None = None
    q: Annotated[str, Chars(200, 1)] | None = None
    sort: Annotated[str, AfterValidator(_sort)] = "-created"
    page: Annotated[int, Field(ge=1)] = 1
    per_page: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 20
    cursor: Annotated[Text, Field(min_length=1, max_length=2_000)] | None = None

    @model_validator(mode="after")
    def _reachable(self) -> "TaskQuery":
        if self.cursor is not None and "page" in self.model_fields_set:
            raise ValueError("Give a cursor or a page, not both.")
        if (self.page - 1) * self.per_page > FURTHEST_SKIP:
            raise ValueError(f"Pages end at the {FURTHEST_SKIP}th task: follow next_cursor.")
        return self


# To protos ---------------------------------------------------------------------------------


def _refs(people: Sequence[person_pb2.Person]) -> list[person_pb2.PersonRef]:
    return [person_pb2.PersonRef(name=one.name) for one in people]


class _Pointed:
    """People named in a body, with the place of each, to be looked up in one go."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def add(self, place: str, people: Iterable[str]) -> slice:
        start = len(self.asked)
        self.asked.extend((f"{place}[{index}]", text) for index, text in enumerate(people))
        return slice(start, len(self.asked))


async def protos(
    tasks: Sequence[TaskFields], who: Identity, directory: Directory, *, places: Sequence[str]
) -> list[task_pb2.Task]:
    """Return the protos of these; Invalid names all people that nobody is, by their place."""
    pointed = _Pointed()
    slices = [
        (
            pointed.add(f"{place}assignees", task.assignees),
            pointed.add(f"{place}watchers", task.watchers),
        )
        for task, place in zip(tasks, places, strict=True)
    ]
    found = await directory.find(pointed.asked, who)
    return [
        _proto(task, who.workspace, assignees=found[mine], watchers=found[watching])
        for task, (mine, watching) in zip(tasks, slices, strict=True)
    ]


def _proto(
    task: TaskFields,
    workspace: int,
    *,
    assignees: Sequence[person_pb2.Person],
    watchers: Sequence[person_pb2.Person],
) -> task_pb2.Task:
    """Return a proto with what was said; what was not said stays unset."""
    made = task_pb2.Task(
        title=getattr(task, "title", ""),
        description=task.description,
        priority=PRIORITIES[task.priority],  # type: ignore[arg-type]
        type=task.type,
        project=task.project or "",
        recurrence=task.recurrence or "",
        tags=task.tags,
    )
    said = task.model_fields_set
    if assignees:
        made.assignees.extend(task_pb2.Assignee(person=ref) for ref in _refs(assignees))
    if task.deadline is not None:
        made.deadline.CopyFrom(timestamp(task.deadline))
    if task.start is not None:
        made.start.CopyFrom(timestamp(task.start))
    if task.estimate_minutes is not None:
        made.estimate_minutes = task.estimate_minutes
    if "requires_approval" in said:
        made.requires_approval = task.requires_approval
    if len(said) > 1:
        _add_rare(made, task, workspace, watchers=watchers)
    return made


def _add_rare(
    made: task_pb2.Task,
    task: TaskFields,
    workspace: int,
    *,
    watchers: Sequence[person_pb2.Person],
) -> None:
    made.watchers.extend(_refs(watchers))
    made.criteria.extend(task_pb2.Criterion(text=one.text, done=one.done) for one in task.criteria)
    if task.parent is not None:
        made.parent.name = f"workspaces/{workspace}/tasks/{task.parent}"
    made.depends_on.extend(
        task_pb2.TaskRef(name=f"workspaces/{workspace}/tasks/{number}")
        for number in task.depends_on
    )
    made.attachments.extend(
        task_pb2.Attachment(
            name=one.name,
            kind=one.kind,
            url=one.url or "",
            telegram_file_id=one.telegram_file_id or "",
            size_bytes=one.size_bytes or 0,
        )
        for one in task.attachments
    )


def mask(change: TaskChange) -> FieldMask:
    """Return which fields a change names; the JSON and the proto call them the same."""
    return FieldMask(paths=sorted(change.model_fields_set))


def list_request(
    query: TaskQuery, assignees: Sequence[person_pb2.Person]
) -> task_service_pb2.ListTasksRequest:
    """Return what is asked of the task service for a query."""
    filter_ = task_service_pb2.TaskFilter(
        assignees=[one.name for one in assignees],
        statuses=[STATUSES[word] for word in query.status if word != OPEN],  # type: ignore[misc]
        priorities=[PRIORITIES[word] for word in query.priority],  # type: ignore[misc]
        tags=query.tag,
        project=query.project or "",
        query=query.q or "",
        open_only=OPEN in query.status,
        unassigned=NOBODY in query.assignee,
    )
    if query.due_before is not None:
        filter_.due_before.CopyFrom(timestamp(query.due_before))
    if query.due_after is not None:
        filter_.due_after.CopyFrom(timestamp(query.due_after))
    by_page = query.cursor is None
    return task_service_pb2.ListTasksRequest(
        filter=filter_,
        order_by=query.sort,
        page_size=query.per_page,
        page_token=query.cursor or "",
        skip=(query.page - 1) * query.per_page if by_page else 0,
        with_total=by_page,
    )


def people_asked(query: TaskQuery) -> list[tuple[str, str]]:
    """Return whom a query asks for, each with its field."""
    return [("assignees", text) for text in query.assignee if text != NOBODY]
