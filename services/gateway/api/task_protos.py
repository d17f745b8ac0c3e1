"""From what people write of tasks to what the task service is asked.

People are looked up all at once, and everybody and everything that is not found is told at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from boss.task.v1 import person_pb2, task_pb2, task_service_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from msgspec import UNSET

from services.gateway import present
from services.gateway.api.task_input import (
    AttachmentInput,
    CriterionInput,
    TaskChange,
    TaskFields,
    TaskQuery,
)
from services.gateway.directory import Directory
from services.gateway.fields import task_number_of, timestamp, written
from services.gateway.operation import Identity
from services.runtime.errors import Invalid, Violation

PRIORITIES: dict[str, Any] = {word: at for at, word in enumerate(present.PRIORITIES) if at}
STATUSES: dict[str, Any] = {word: at for at, word in enumerate(present.STATUSES) if at}
REPEATS: dict[str, Any] = {word: at for at, word in enumerate(present.REPEATS) if at}
OPEN = "open"
NOBODY = "none"
PEOPLE = ("assignees", "watchers")


@dataclass(slots=True)
class _Meant:
    """Who and what is meant by what stands in one task of a body."""

    workspace: int
    place: str
    people: dict[str, str]
    wrong: list[Violation] = field(default_factory=list)

    def person(self, field_: str, index: int) -> str:
        return self.people[f"{self.place}{field_}[{index}]"]

    def task(self, field_: str, reference: Any) -> str:
        number = task_number_of(written(reference))
        if number is None:
            self.wrong.append(Violation(self.place + field_, "Write a task's id, such as T-42."))
        return f"workspaces/{self.workspace}/tasks/{number}"


async def protos(
    tasks: Sequence[TaskFields], who: Identity, directory: Directory, *, places: Sequence[str]
) -> list[task_pb2.Task]:
    """Return the protos of these; Invalid names all people and tasks that are none."""
    asked = [
        (f"{place}{name}[{index}]", written(one))
        for task, place in zip(tasks, places, strict=True)
        for name in PEOPLE
        if (people := getattr(task, name)) is not UNSET
        for index, one in enumerate(people)
    ]
    found = await directory.find(asked, who)
    names = {place: person.name for (place, _), person in zip(asked, found, strict=True)}
    made, wrong = [], []
    for task, place in zip(tasks, places, strict=True):
        meant = _Meant(who.workspace, place, names)
        made.append(_proto(task, meant))
        wrong.extend(meant.wrong)
    if wrong:
        raise Invalid("TASK_UNKNOWN", "Some tasks are written wrongly.", violations=wrong)
    return made


def task_numbers(references: Sequence[Any], *, at: str) -> list[int]:
    """Return the numbers of tasks; Invalid names everything that is none."""
    found = [task_number_of(written(one)) for one in references]
    wrong = [
        Violation(f"{at}[{index}]", "Write a task's id, such as T-42.")
        for index, number in enumerate(found)
        if number is None
    ]
    if wrong:
        raise Invalid("TASK_UNKNOWN", "Some tasks are written wrongly.", violations=wrong)
    return [number for number in found if number is not None]


def mask(change: TaskChange) -> FieldMask:
    """Return which fields a change names; the JSON and the proto call them the same."""
    return FieldMask(paths=sorted(change.said()))


def list_request(
    query: TaskQuery, assignees: Sequence[person_pb2.Person]
) -> task_service_pb2.ListTasksRequest:
    """Return what is asked of the task service for a query."""
    filter_ = task_service_pb2.TaskFilter(
        assignees=[one.name for one in assignees],
        statuses=[STATUSES[word] for word in query.status if word != OPEN],
        priorities=[PRIORITIES[word] for word in query.priority],
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
    return task_service_pb2.ListTasksRequest(
        filter=filter_,
        order_by=query.order_by,
        page_size=query.per_page,
        page_token=query.cursor or "",
        skip=query.skip,
        with_total=query.cursor is None,
        where=query.filter or "",
    )


def people_asked(query: TaskQuery) -> list[tuple[str, str]]:
    """Return whom a query asks for, each with its field."""
    return [("assignees", text) for text in query.assignee if text != NOBODY]


def _proto(task: TaskFields, meant: _Meant) -> task_pb2.Task:
    """Return a proto with what was said; what was not said, or null, stays unset."""
    made = task_pb2.Task()
    for name, value in task.said().items():
        if value is None:
            continue
        special = _SPECIAL.get(name)
        if special is None:
            setattr(made, name, value)
        else:
            special(made, value, meant)
    return made


def _set_title(made: task_pb2.Task, value: Any, _meant: _Meant) -> None:
    made.title = value.strip()


def _set_priority(made: task_pb2.Task, value: Any, _meant: _Meant) -> None:
    made.priority = PRIORITIES[value]


def _set_repeats(made: task_pb2.Task, value: Any, _meant: _Meant) -> None:
    made.repeats = REPEATS[value]


def _set_assignees(made: task_pb2.Task, value: Any, meant: _Meant) -> None:
    for index in range(len(value)):
        made.assignees.add().person.name = meant.person("assignees", index)


def _set_watchers(made: task_pb2.Task, value: Any, meant: _Meant) -> None:
    for index in range(len(value)):
        made.watchers.add().name = meant.person("watchers", index)


def _set_deadline(made: task_pb2.Task, value: Any, _meant: _Meant) -> None:
    made.deadline.CopyFrom(timestamp(value))


def _set_start(made: task_pb2.Task, value: Any, _meant: _Meant) -> None:
    made.start.CopyFrom(timestamp(value))


def _set_parent(made: task_pb2.Task, value: Any, meant: _Meant) -> None:
    made.parent.name = meant.task("parent", value)


def _set_depends_on(made: task_pb2.Task, value: Any, meant: _Meant) -> None:
    for index, one in enumerate(value):
        made.depends_on.add().name = meant.task(f"depends_on[{index}]", one)


def _set_tags(made: task_pb2.Task, value: Any, _meant: _Meant) -> None:
    made.tags.extend(value)


def _set_criteria(made: task_pb2.Task, value: list[str | CriterionInput], _meant: _Meant) -> None:
    for one in value:
        if isinstance(one, str):
            made.criteria.add(text=one)
        else:
            made.criteria.add(text=one.text, done=one.done)


def _set_attachments(made: task_pb2.Task, value: list[AttachmentInput], _meant: _Meant) -> None:
    made.attachments.extend(attachment(one) for one in value)


def attachment(said: AttachmentInput) -> task_pb2.Attachment:
    """Return the proto of a file by reference."""
    return task_pb2.Attachment(
        name=said.name,
        kind=said.kind,
        url=said.url or "",
        telegram_file_id=said.telegram_file_id or "",
        size_bytes=said.size_bytes or 0,
    )


# Fields that are more than a value to be taken over.
_SPECIAL: dict[str, Callable[[task_pb2.Task, Any, _Meant], None]] = {
    "title": _set_title,
    "priority": _set_priority,
    "repeats": _set_repeats,
    "assignees": _set_assignees,
    "watchers": _set_watchers,
    "deadline": _set_deadline,
    "start": _set_start,
    "parent": _set_parent,
    "depends_on": _set_depends_on,
    "tags": _set_tags,
    "criteria": _set_criteria,
    "attachments": _set_attachments,
}
