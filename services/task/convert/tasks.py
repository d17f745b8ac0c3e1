"""Tasks on the wire: messages from values, and values from requests with all faults at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from boss.task.v1 import person_pb2, task_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.task import recurrence
from services.task.convert.checks import Faults
from services.task.convert.names import references, task_name
from services.task.model import (
    Assignee,
    Attachment,
    Criterion,
    PersonId,
    Priority,
    Repeat,
    Status,
    Task,
    TaskNumber,
    TaskRef,
    TaskView,
    WorkSettings,
    WorkspaceId,
)
from services.task.rules.edits import DEADLINE_WANTED

TITLE, DESCRIPTION, TAG, NOTE = 200, 10_000, 40, 5_000
ASSIGNEES, TAGS, CRITERIA, DEPENDENCIES, WATCHERS, ATTACHMENTS = 20, 20, 30, 50, 50, 50
CRITERION, PROJECT, FILE_NAME, KIND, URL, FILE_ID = 500, 100, 255, 40, 2_000, 200
MINUTES = 525_600
SIZE = 2**53
TYPES = frozenset(
    {"task", "bug", "feature", "hotfix", "research", "meeting", "docs", "refactor", "test"}
)


def stamp(moment: datetime | None) -> Timestamp | None:
    """A time on the wire."""
    if moment is None:
        return None
    message = Timestamp()
    set_time(message, moment)
    return message


def attachments_to_proto(files: Iterable[Attachment]) -> list[task_pb2.Attachment]:
    """Files by reference."""
    return [
        task_pb2.Attachment(
            name=file.name,
            kind=file.kind,
            url=file.url,
            telegram_file_id=file.telegram_file_id,
            size_bytes=file.size_bytes,
        )
        for file in files
    ]


def ref_to_proto(ref: TaskRef, workspace: int) -> task_pb2.TaskRef:
    """A task as shown inside another."""
    return task_pb2.TaskRef(
        name=task_name(workspace, ref.number),
        title=ref.title,
        status=ref.status.value,  # type: ignore[arg-type]
    )


def task_to_proto(view: TaskView) -> task_pb2.Task:
    """The task as shown; without a number it has no name yet."""
    message = task_pb2.Task()
    set_task(message, view)
    return message


def set_task(message: task_pb2.Task, view: TaskView) -> None:
    """Make an empty message the task as shown.

    Plain assignments in place, and none for what is empty: half the time of keyword arguments,
    which copy each message inside.
    """
    task, workspace = view.task, view.workspace
    if view.number:
        message.name = task_name(workspace, view.number)
    message.title = task.title
    message.status = task.status.value  # type: ignore[assignment]
    message.priority = task.priority.value  # type: ignore[assignment]
    message.type = task.type
    message.requires_approval = task.requires_approval
    message.etag = view.etag
    set_time(message.create_time, task.created_at)
    set_time(message.update_time, task.updated_at)
    if task.creator is not None:
        _set_person(message.creator, task.creator, view)
    for assignee in task.assignees:
        shown = message.assignees.add()
        shown.mark = assignee.mark.value  # type: ignore[assignment]
        _set_person(shown.person, assignee.person, view)
    _set_optional(message, view)
    if task.recurrence:
        _set_series(message, view)
    if view.parent is not None or view.subtasks or task.depends_on:
        _set_links(message, view)
    for watcher in task.watchers:
        _set_person(message.watchers.add(), watcher, view)


def _set_optional(message: task_pb2.Task, view: TaskView) -> None:
    """What most tasks have not."""
    task = view.task
    for name in (name for name in _RARE if getattr(task, name)):
        setattr(message, name, getattr(task, name))
    if task.block_reason is not None:
        message.block_reason = task.block_reason.value  # type: ignore[assignment]
    for person in task.suggested:
        _set_person(message.suggested.add(), person, view)
    if task.tags:
        message.tags.extend(task.tags)
    for name, shown in _MOMENTS:
        if (moment := getattr(task, name)) is not None:
            set_time(getattr(message, shown), moment)
    if task.estimate_minutes is not None:
        message.estimate_minutes = task.estimate_minutes
    if task.status_by is not None and task.status is not Status.PENDING:
        _set_person(message.status_by, task.status_by, view)
        set_time(message.status_time, task.status_since)
    if task.criteria or task.attachments:
        _set_lists(message, task)


# Fields with the same name and value on the wire, each left out where it is empty.
_MOMENTS = (
    ("deadline", "deadline"),
    ("start", "start"),
    ("completed_at", "complete_time"),
    ("archived_at", "archive_time"),
    ("deleted_at", "delete_time"),
)
_RARE = (
    "revision_count",
    "description",
    "project",
    "submission",
    "feedback",
    "reason",
    "delay_count",
    "delay_reason",
    "reopen_count",
    "submit_by_one",
    "legacy_id",
    "place",
)


def _set_series(message: task_pb2.Task, view: TaskView) -> None:
    task = view.task
    message.recurrence = task.recurrence
    message.repeats = task.repeats.value  # type: ignore[assignment]
    message.recurrence_paused = task.recurrence_paused
    message.occurrence = task.occurrence
    if task.successor is not None:
        message.successor = task_name(view.workspace, task.successor)


def _set_lists(message: task_pb2.Task, task: Task) -> None:
    for criterion in task.criteria:
        message.criteria.add(text=criterion.text, done=criterion.done)
    message.attachments.extend(attachments_to_proto(task.attachments))


def _set_links(message: task_pb2.Task, view: TaskView) -> None:
    if view.parent is not None:
        message.parent.CopyFrom(ref_to_proto(view.parent, view.workspace))
    message.subtasks.extend(ref_to_proto(ref, view.workspace) for ref in view.subtasks)
    message.depends_on.extend(ref_to_proto(ref, view.workspace) for ref in view.depends_on)
    message.blocked = bool(view.waits_for)


def _set_person(message: person_pb2.PersonRef, ident: PersonId, view: TaskView) -> None:
    message.name = f"workspaces/{view.workspace}/people/{ident}"
    message.display_name = view.names.get(ident, "")


def set_time(message: Timestamp, moment: datetime) -> None:
    """Set a time on the wire."""
    # Rounded without the fraction: exact for all years, where a float of both is not.
    message.seconds = round(moment.timestamp() - moment.microsecond / 1_000_000)
    message.nanos = moment.microsecond * 1_000


class TaskReader:
    """Reads the fields of one task of a request; faults go where they are collected."""

    def __init__(
        self, message: task_pb2.Task, faults: Faults, at: str, workspace: WorkspaceId
    ) -> None:
        self._message = message
        self._faults = faults
        self._at = at
        self._workspace = workspace

    def read(self, name: str) -> Any:
        """The value of one field, in the model's types."""
        return _READERS[name](self)

    def _line(self, name: str, *, most: int, least: int = 0) -> str:
        text = getattr(self._message, name)
        return self._faults.line(f"{self._at}.{name}", text, most=most, least=least)

    def _moment(self, name: str) -> datetime | None:
        return self._faults.moment(f"{self._at}.{name}", self._message, name)

    def _people(self, name: str, found: list[str], most: int) -> list[PersonId]:
        return [PersonId(ident) for ident in self._references(name, "people", found, most)]

    def _references(self, name: str, collection: str, found: list[str], most: int) -> list[int]:
        self._faults.many(f"{self._at}.{name}", len(found), most=most)
        # What is too many is not looked at.
        ids, faults = references(found[:most], collection, self._workspace)
        for index, detail in faults:
            self._faults.add(f"{self._at}.{name}[{index}]", detail)
        return ids

    def title(self) -> str:
        """1 to 200 characters."""
        return self._line("title", most=TITLE, least=1)

    def description(self) -> str:
        """At most 10,000 characters."""
        text = self._message.description
        return self._faults.lines(f"{self._at}.description", text, most=DESCRIPTION)

    def priority(self) -> Priority:
        """Medium where none is given."""
        if self._message.priority == 0:
            return Priority.MEDIUM
        try:
            return Priority(self._message.priority)
        except ValueError:
            self._faults.add(f"{self._at}.priority", "Choose low, medium, high or urgent.")
            return Priority.MEDIUM

    def assignees(self) -> tuple[Assignee, ...]:
        """Who is to do it; their marks are the store's."""
        found = [assignee.person.name for assignee in self._message.assignees]
        return tuple(Assignee(ident) for ident in self._people("assignees", found, ASSIGNEES))

    def watchers(self) -> tuple[PersonId, ...]:
        """Who hears of it."""
        found = [watcher.name for watcher in self._message.watchers]
        return tuple(self._people("watchers", found, WATCHERS))

    def depends_on(self) -> tuple[TaskNumber, ...]:
        """What it waits for."""
        found = [ref.name for ref in self._message.depends_on]
        numbers = self._references("depends_on", "tasks", found, DEPENDENCIES)
        return tuple(TaskNumber(number) for number in numbers)

    def parent(self) -> TaskNumber | None:
        """What it is a part of."""
        if not self._message.HasField("parent") or not self._message.parent.name:
            return None
        found, faults = references([self._message.parent.name], "tasks", self._workspace)
        for _, detail in faults:
            self._faults.add(f"{self._at}.parent", detail)
        return TaskNumber(found[0]) if found else None

    def deadline(self) -> datetime | None:
        """When it is to be done."""
        return self._moment("deadline")

    def start(self) -> datetime | None:
        """When it may begin."""
        return self._moment("start")

    def estimate_minutes(self) -> int | None:
        """1 minute to 365 days."""
        if not self._message.HasField("estimate_minutes"):
            return None
        minutes = self._message.estimate_minutes
        if not 1 <= minutes <= MINUTES:
            self._faults.add(f"{self._at}.estimate_minutes", f"Give 1 to {MINUTES:,} minutes.")
        return minutes

    def tags(self) -> tuple[str, ...]:
        """Each once."""
        found = self._message.tags
        self._faults.many(f"{self._at}.tags", len(found), most=TAGS)
        read = (
            self._faults.line(f"{self._at}.tags[{index}]", tag, least=1, most=TAG)
            for index, tag in enumerate(found)
        )
        return tuple(dict.fromkeys(read))

    def project(self) -> str:
        """At most 100 characters."""
        return self._line("project", most=PROJECT)

    def type(self) -> str:
        """One of the types; task where none is given."""
        text = self._message.type
        return self._faults.one_of(f"{self._at}.type", text, TYPES) if text else "task"

    def criteria(self) -> tuple[Criterion, ...]:
        """When it counts as done."""
        found = self._message.criteria
        self._faults.many(f"{self._at}.criteria", len(found), most=CRITERIA)
        at = f"{self._at}.criteria"
        return tuple(
            Criterion(
                self._faults.line(f"{at}[{i}].text", each.text, least=1, most=CRITERION), each.done
            )
            for i, each in enumerate(found)
        )

    def recurrence(self) -> str:
        """An RRULE of the kinds that we keep."""
        text = self._message.recurrence
        if text and (fault := recurrence.fault(text)):
            self._faults.add(f"{self._at}.recurrence", fault)
        return text

    def requires_approval(self) -> bool:
        """Whether it does where a mask names it and nothing is said: yes."""
        given = self._message.HasField("requires_approval")
        return self._message.requires_approval if given else True

    def submit_by_one(self) -> bool:
        """Whether one of several submits for all."""
        return self._message.submit_by_one

    def repeats(self) -> Repeat:
        """On schedule where nothing is said."""
        try:
            return Repeat(self._message.repeats or 1)
        except ValueError:
            self._faults.add(f"{self._at}.repeats", "Choose on schedule or after completion.")
            return Repeat.ON_SCHEDULE

    def attachments(self) -> tuple[Attachment, ...]:
        """Files by reference."""
        found = self._message.attachments
        self._faults.many(f"{self._at}.attachments", len(found), most=ATTACHMENTS)
        at = f"{self._at}.attachments"
        return tuple(
            attachment_from(each, self._faults, f"{at}[{i}]") for i, each in enumerate(found)
        )


def attachment_from(file: task_pb2.Attachment, faults: Faults, at: str) -> Attachment:
    """A file by reference."""
    if not 0 <= file.size_bytes <= SIZE:
        faults.add(f"{at}.size_bytes", "Give the size in bytes.")
    return Attachment(
        name=faults.line(f"{at}.name", file.name, least=1, most=FILE_NAME),
        kind=faults.line(f"{at}.kind", file.kind, most=KIND),
        url=faults.line(f"{at}.url", file.url, most=URL),
        telegram_file_id=faults.line(f"{at}.telegram_file_id", file.telegram_file_id, most=FILE_ID),
        size_bytes=file.size_bytes,
    )


_READERS: Mapping[str, Callable[[TaskReader], Any]] = {
    "title": TaskReader.title,
    "description": TaskReader.description,
    "priority": TaskReader.priority,
    "assignees": TaskReader.assignees,
    "deadline": TaskReader.deadline,
    "start": TaskReader.start,
    "estimate_minutes": TaskReader.estimate_minutes,
    "tags": TaskReader.tags,
    "project": TaskReader.project,
    "type": TaskReader.type,
    "criteria": TaskReader.criteria,
    "parent": TaskReader.parent,
    "depends_on": TaskReader.depends_on,
    "recurrence": TaskReader.recurrence,
    "requires_approval": TaskReader.requires_approval,
    "watchers": TaskReader.watchers,
    "attachments": TaskReader.attachments,
    "submit_by_one": TaskReader.submit_by_one,
    "repeats": TaskReader.repeats,
}
CHANGEABLE = frozenset(_READERS)
USUAL = WorkSettings()


def new_task(
    message: task_pb2.Task,
    faults: Faults,
    *,
    at: str,
    workspace: WorkspaceId,
    creator: PersonId,
    now: datetime,
    settings: WorkSettings = USUAL,
) -> Task:
    """The task that a request describes, and for what it leaves out as the workspace has it."""
    reader = TaskReader(message, faults, at, workspace)
    # What a request leaves out has the model's default; a title it may not leave out.
    given = {field.name for field, _ in message.ListFields()} | {"title"}
    values = {name: read(reader) for name, read in _READERS.items() if name in given}
    values.setdefault("requires_approval", settings.requires_approval)
    # The parts of a task are done within its own.
    if settings.deadline_required and not {"deadline", "parent"} & given:
        faults.add(f"{at}.deadline", DEADLINE_WANTED)
    return Task(
        created_at=now,
        updated_at=now,
        status_since=now,
        status_by=creator,
        creator=creator,
        **values,
    )


def task_changes(
    message: task_pb2.Task, paths: list[str], faults: Faults, workspace: WorkspaceId
) -> dict[str, object]:
    """The new values of the fields that a mask names."""
    reader = TaskReader(message, faults, "task", workspace)
    return {path: reader.read(path) for path in faults.mask(paths, CHANGEABLE)}
