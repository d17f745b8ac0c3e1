"""Rows of tasks to messages, at once for most: a task of a list costs half of the way by values.

Only what plain tasks have is told here a second time; a row with anything else goes by its value,
and a test holds the two ways to each other.
"""

from __future__ import annotations

from operator import itemgetter

from boss.task.v1 import person_pb2, task_pb2

from services.task import reading
from services.task.convert.names import task_name
from services.task.convert.tasks import set_task, set_time
from services.task.model import Status, TaskView, etag_of
from services.task.reading import Row

Shown = Row | TaskView

_plain = itemgetter(
    *("workspace_id", "number", "touched", "title", "status", "priority", "type"),
    *("requires_approval", "created_at", "updated_at", "creator", "creator_name", "links"),
)
_moved = itemgetter("status_by", "status_since", "other_names")
_texts = itemgetter("description", "project", "submission")
_times = itemgetter("deadline", "start", "completed_at")
# A row has nothing of these, or is no plain one.
_rare = itemgetter(
    *("parent", "recurrence", "revision_count", "feedback", "reason", "block_reason"),
    *("delay_count", "delay_reason", "reopen_count", "submit_by_one", "suggested", "place"),
    *("archived_at", "legacy_id", "deleted_at"),
)
_lists = itemgetter("criteria", "attachments")
_NONE = ("[]", "[]")
_PENDING = Status.PENDING.value


def set_shown(message: task_pb2.Task, shown: Shown) -> None:
    """Make an empty message the task of a row, or of a value."""
    if isinstance(shown, TaskView):
        set_task(message, shown)
    elif any(_rare(shown)) or _lists(shown) != _NONE or not _set_plain(message, shown):
        message.Clear()
        set_task(message, reading.task_view(shown))


def _set_plain(message: task_pb2.Task, row: Row) -> bool:
    """Whether the row is linked with people alone; only then is the message the whole task."""
    (
        workspace, number, touched, title, status, priority, type_,
        requires_approval, created_at, updated_at, creator, creator_name, links,
    ) = _plain(row)  # fmt: skip
    names: dict[int, str] = {}
    people = f"workspaces/{workspace}/people/"
    if creator is not None:
        names[creator] = creator_name
        _set_person(message.creator, f"{people}{creator}", creator_name)
    if links and not _set_links(message, links, names, people):
        return False
    if status != _PENDING:
        _set_moved(message, row, names, people)
    message.name = task_name(workspace, number)
    message.title = title
    message.status = status
    message.priority = priority
    message.type = type_
    message.requires_approval = requires_approval
    message.etag = etag_of(touched, names)
    set_time(message.create_time, created_at)
    if updated_at == created_at:
        message.update_time.MergeFrom(message.create_time)
    else:
        set_time(message.update_time, updated_at)
    _set_optional(message, row)
    return True


def _set_person(message: person_pb2.PersonRef, name: str, display_name: str) -> None:
    message.name = name
    message.display_name = display_name


def _set_links(message: task_pb2.Task, links: str, names: dict[int, str], people: str) -> bool:
    found = reading.links(links, names)
    if found.depends_on or found.subtasks:
        return False
    for assignee in found.assignees:
        shown = message.assignees.add()
        shown.mark = assignee.mark.value  # type: ignore[assignment]
        _set_person(shown.person, f"{people}{assignee.person}", names[assignee.person])
    for watcher in found.watchers:
        _set_person(message.watchers.add(), f"{people}{watcher}", names[watcher])
    return True


def _set_moved(message: task_pb2.Task, row: Row, names: dict[int, str], people: str) -> None:
    by, since, other_names = _moved(row)
    if by is not None:
        names.update(reading.people_named(other_names))
        _set_person(message.status_by, f"{people}{by}", names[by])
        set_time(message.status_time, since)


def _set_optional(message: task_pb2.Task, row: Row) -> None:
    description, project, submission = _texts(row)
    if description:
        message.description = description
    if project:
        message.project = project
    if submission:
        message.submission = submission
    deadline, start, completed = _times(row)
    if deadline is not None:
        set_time(message.deadline, deadline)
    if start is not None:
        set_time(message.start, start)
    if completed is not None:
        set_time(message.complete_time, completed)
    if tags := row["tags"]:
        message.tags.extend(tags)
    if (minutes := row["estimate_minutes"]) is not None:
        message.estimate_minutes = minutes
