"""Rows to values: the one place that knows how a row of each table becomes a model value.

What a task shows of others comes as one JSON array of small tuples, NULL where there is none: the
cheapest form that one statement can give it in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, get_type_hints

import msgspec

from services.task.model import (
    Act,
    ActKind,
    Assignee,
    Attachment,
    BlockReason,
    Criterion,
    Mark,
    Person,
    PersonId,
    PersonRecord,
    PersonStatus,
    Priority,
    Repeat,
    Role,
    Status,
    Task,
    TaskNumber,
    TaskRef,
    TaskView,
    Token,
    WorkSettings,
    Workspace,
    WorkspaceId,
)

STATUS = {status.value: status for status in Status}
PRIORITY = {priority.value: priority for priority in Priority}
REPEAT = {repeat.value: repeat for repeat in Repeat}
BLOCK_REASON: dict[int | None, BlockReason | None] = {None: None}
BLOCK_REASON.update((reason.value, reason) for reason in BlockReason)
MARK = {mark.value: mark for mark in Mark}
ROLE = {role.value: role for role in Role}
PERSON_STATUS = {status.value: status for status in PersonStatus}

_json = msgspec.json.decode
_criteria = msgspec.json.Decoder(tuple[Criterion, ...])
_attachments = msgspec.json.Decoder(tuple[Attachment, ...])
_task = msgspec.json.Decoder(Task)
_person = msgspec.json.Decoder(Person)

Row = Mapping[str, Any]


def task_view(row: Row) -> TaskView:
    """The task of a row with the columns of queries.shown()."""
    names: dict[int, str] = {}
    creator = row["creator"]
    if creator is not None:
        names[creator] = row["creator_name"]
    if row["other_names"]:
        names.update(people_named(row["other_names"]))
    shown = links(row["links"], names) if row["links"] else NO_LINKS
    return TaskView(
        workspace=row["workspace_id"],
        number=row["number"],
        touched=row["touched"],
        task=Task(
            title=row["title"],
            description=row["description"],
            status=STATUS[row["status"]],
            status_since=row["status_since"],
            status_by=row["status_by"],
            priority=PRIORITY[row["priority"]],
            creator=creator,
            assignees=shown.assignees,
            deadline=row["deadline"],
            start=row["start"],
            estimate_minutes=row["estimate_minutes"],
            tags=tuple(row["tags"]),
            project=row["project"],
            type=row["type"],
            criteria=_criteria.decode(row["criteria"]) if row["criteria"] != "[]" else (),
            parent=row["parent"],
            depends_on=shown.depends_on,
            recurrence=row["recurrence"],
            requires_approval=row["requires_approval"],
            watchers=shown.watchers,
            attachments=(
                _attachments.decode(row["attachments"]) if row["attachments"] != "[]" else ()
            ),
            revision_count=row["revision_count"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            completed_at=row["completed_at"],
            submission=row["submission"],
            feedback=row["feedback"],
            reason=row["reason"],
            block_reason=BLOCK_REASON[row["block_reason"]],
            returns_to=None if row["returns_to"] is None else STATUS[row["returns_to"]],
            delay_count=row["delay_count"],
            delay_reason=row["delay_reason"],
            reopen_count=row["reopen_count"],
            submit_by_one=row["submit_by_one"],
            suggested=tuple(row["suggested"]),
            place=row["place"],
            archived_at=row["archived_at"],
            repeats=REPEAT[row["repeats"]],
            recurrence_paused=row["recurrence_paused"],
            occurrence=row["occurrence"],
            successor=row["successor"],
            anchor=row["anchor"],
            legacy_id=row["legacy_id"],
            deleted_at=row["deleted_at"],
        ),
        names=names,
        parent=shown.parent,
        subtasks=shown.subtasks,
        depends_on=shown.on,
    )


def people_named(text: str) -> dict[int, str]:
    """The names of people beside a row, by id."""
    return dict(_json(text))


class Link(IntEnum):
    """The sorts of what a row shows of others, as queries.shown() numbers them."""

    ASSIGNEE = 1
    WATCHER = 2
    DEPENDENCY = 3
    SUBTASK = 4
    PARENT = 5


@dataclass(slots=True)
class Links:
    """What a task shows of others."""

    assignees: tuple[Assignee, ...] = ()
    watchers: tuple[PersonId, ...] = ()
    depends_on: tuple[TaskNumber, ...] = ()
    # Those of them that are not deleted.
    on: tuple[TaskRef, ...] = ()
    subtasks: tuple[TaskRef, ...] = ()
    parent: TaskRef | None = None


NO_LINKS = Links()


def links(text: str, names: dict[int, str]) -> Links:
    """What a row shows of others, each sort by place; adds the names of people."""
    told = _json(text)
    found = Links()
    if len(told) == 1 and told[0][0] == Link.ASSIGNEE:  # as with most
        _, _, ident, mark, names[ident] = told[0]
        found.assignees = (Assignee(ident, MARK[mark]),)
        return found
    told.sort()
    for sort, place, ident, *more in told:
        match sort:
            case Link.ASSIGNEE:
                found.assignees += (Assignee(ident, MARK[more[0]]),)
                names[ident] = more[1]
            case Link.WATCHER:
                found.watchers += (ident,)
                names[ident] = more[0]
            case Link.DEPENDENCY:
                found.depends_on += (ident,)
                if not more[2]:
                    found.on += (TaskRef(ident, more[0], STATUS[more[1]]),)
            case Link.SUBTASK:
                found.subtasks += (TaskRef(ident, more[0], STATUS[more[1]], place),)
            case Link.PARENT:
                found.parent = TaskRef(ident, more[0], STATUS[more[1]])
    return found


def person_record(row: Row) -> PersonRecord:
    """The person of a row of `people`."""
    return PersonRecord(
        workspace=row["workspace_id"],
        id=row["id"],
        touched=row["touched"],
        person=Person(
            display_name=row["display_name"],
            aliases=tuple(row["aliases"]),
            role=ROLE[row["role"]],
            department=row["department"],
            leads=tuple(row["leads"]),
            language=row["language"],
            working_days=tuple(row["working_days"]),
            working_hours=row["working_hours"],
            quiet_hours=row["quiet_hours"],
            timezone=row["timezone"],
            telegram_id=row["telegram_id"],
            telegram_username=row["telegram_username"],
            discord_id=row["discord_id"],
            email=row["email"],
            skills=tuple(row["skills"]),
            status=PERSON_STATUS[row["status"]],
            away_until=row["away_until"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        ),
    )


def work_settings(stored: Mapping[str, Any]) -> WorkSettings:
    """The settings of a row of `workspaces`; what is not in it has its default."""
    return msgspec.convert(stored, WorkSettings)


def workspace(row: Row) -> Workspace:
    """The workspace of a row of `workspaces`."""
    return Workspace(
        id=row["id"],
        display_name=row["display_name"],
        timezone=row["timezone"],
        claimed=row["claimed"],
        settings=work_settings(row["settings"]),
        created_at=row["created_at"],
        touched=row["touched"],
    )


def token(row: Row) -> Token:
    """The token of a row of `tokens` with its person's name."""
    return Token(
        id=row["id"],
        workspace=WorkspaceId(row["workspace_id"]),
        person=PersonId(row["person_id"]),
        person_name=row["display_name"],
        label=row["label"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
    )


def act(row: Row) -> Act:
    """The act of a row of `acts`."""
    return Act(
        id=row["id"],
        workspace=row["workspace_id"],
        actor=row["actor_id"],
        at=row["at"],
        kind=ActKind(row["kind"]),
        summary=row["summary"],
        events=tuple(row["events"]),
        undone_by=row["undone_by"],
        undoes=row["undoes"],
    )


def task_image(text: str) -> Task:
    """The task of an event's after-image."""
    return _task.decode(text)


def person_image(text: str) -> Person:
    """The person of an event's after-image."""
    return _person.decode(text)


_TYPES: Mapping[str, Any] = {
    **get_type_hints(Task),
    "assignees": tuple[PersonId, ...],
    "marks": dict[int, Mark],
}


def task_values(text: str | None) -> dict[str, object]:
    """What an event's `before` holds: values of fields of a task, in the model's types."""
    if text is None:
        return {}
    return {
        name: msgspec.convert(value, _TYPES[name], strict=False)
        for name, value in _json(text).items()
    }


_PERSON_TYPES: Mapping[str, Any] = get_type_hints(Person)


def person_values(text: str | None) -> dict[str, object]:
    """What an event's `before` holds: values of fields of a person, in the model's types."""
    if text is None:
        return {}
    return {
        name: msgspec.convert(value, _PERSON_TYPES[name], strict=False)
        for name, value in _json(text).items()
    }


_WORKSPACE_TYPES: Mapping[str, Any] = {
    **get_type_hints(Workspace),
    **{f"settings.{name}": hint for name, hint in get_type_hints(WorkSettings).items()},
}


def workspace_image(text: str, ident: WorkspaceId, event: int) -> Workspace:
    """The workspace of an event's after-image."""
    stored = _json(text)
    return Workspace(
        id=ident,
        display_name=stored["display_name"],
        timezone=stored["timezone"],
        claimed=stored["claimed"],
        settings=work_settings(stored["settings"]),
        touched=event,
    )


def workspace_values(text: str | None) -> dict[str, object]:
    """What an event's `before` holds of a workspace, by path, in the model's types."""
    if text is None:
        return {}
    return {
        name: msgspec.convert(value, _WORKSPACE_TYPES[name], strict=False)
        for name, value in _json(text).items()
    }
