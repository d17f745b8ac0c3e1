"""What a history is asked for on the wire, and events as it shows them."""

from __future__ import annotations

import hashlib
from typing import Any

from boss.task.v1 import event_pb2
from boss.task.v1 import history_service_pb2 as pb

from services.runtime.errors import Invalid, NotFound, Violation
from services.task.convert.checks import Faults
from services.task.convert.lists import bad_token, parts_of, token_of
from services.task.convert.names import parse, person_target
from services.task.model import EventType, PersonId, TaskNumber, WorkspaceId
from services.task.rules.absent import person_not_found, task_not_found
from services.task.rules.history import Question

PAGE, PAGE_DEFAULT = 100, 50
# Fields of a task and of a person that say which one it is.
TASK_SHOWN = frozenset({"name", "title", "status"})
PERSON_SHOWN = frozenset({"name", "display_name"})
# Whose messages show everything: what they made had nothing before.
MADE = frozenset({event_pb2.EVENT_TYPE_TASK_CREATED, event_pb2.EVENT_TYPE_PERSON_CREATED})


def question_from(request: pb.ListHistoryRequest, own: WorkspaceId, faults: Faults) -> Question:
    """Whose history, and which part of it."""
    if not 0 <= request.page_size <= PAGE:
        faults.add("page_size", f"Give 1 to {PAGE}.")
    types = []
    for index, number in enumerate(request.types):
        try:
            types.append(EventType(number))
        except ValueError:
            faults.add(f"types[{index}]", "There is no such one.")
    start = faults.moment("start_time", request, "start_time")
    end = faults.moment("end_time", request, "end_time")
    if start is not None and end is not None and end <= start:
        faults.add("end_time", "Give a time after start_time.")
    faults.raise_if_any()
    task, person = _subject(request.subject, own)
    actor = person_target(request.actor, own)[1] if request.actor else None
    return Question(
        workspace=own,
        task=task,
        person=person,
        types=tuple(dict.fromkeys(types)),
        actor=actor,
        start=start,
        end=end,
        oldest_first=request.oldest_first,
    )


def _subject(name: str, own: WorkspaceId) -> tuple[TaskNumber | None, PersonId | None]:
    """The task or the person that the history is of; neither: the workspace."""
    if (parsed := parse(name, "tasks")) is not None:
        number = TaskNumber(parsed[1])
        if parsed[0] not in {None, own}:
            raise task_not_found(number)
        return number, None
    if (parsed := parse(name, "people")) is not None:
        if parsed[0] not in {None, own}:
            raise person_not_found()
        return None, PersonId(parsed[1])
    if name in {"", "workspaces/-", f"workspaces/{own}"}:
        return None, None
    if name.startswith("workspaces/") and name.removeprefix("workspaces/").isdecimal():
        raise NotFound("WORKSPACE_NOT_FOUND", "There is no such workspace.")
    example = f"workspaces/{own}/tasks/42 or workspaces/{own}/people/7"
    raise Invalid(
        "NAME_INVALID",
        f"Write the subject like {example}, or leave it empty for everything.",
        violations=[Violation("subject", f"Write it like {example}.")],
    )


def _asked(request: pb.ListHistoryRequest) -> str:
    """What a page token is bound to: everything but the page."""
    question = pb.ListHistoryRequest()
    question.CopyFrom(request)
    question.ClearField("page_size")
    question.ClearField("page_token")
    body = question.SerializeToString(deterministic=True)
    return hashlib.blake2b(body, digest_size=6).hexdigest()


def next_token(request: pb.ListHistoryRequest, key: int) -> str:
    """The token of the page behind this key."""
    return token_of([_asked(request), key])


def place_of(request: pb.ListHistoryRequest) -> int | None:
    """The key behind which the page begins, None at the beginning."""
    if not request.page_token:
        return None
    bound, key = parts_of(request.page_token, tuple[str, int])
    if bound != _asked(request) or not 0 <= key < 2**63:
        raise bad_token()
    return int(key)


def trimmed(event: event_pb2.Event) -> event_pb2.Event:
    """The event without what of the task or the person it did not change."""
    if event.type not in MADE:
        changed = set(event.changed.paths)
        _keep(event.task, TASK_SHOWN | changed)
        _keep(event.person, PERSON_SHOWN | changed)
    return event


def _keep(message: Any, kept: set[str] | frozenset[str]) -> None:
    for field, _ in message.ListFields():
        if field.name not in kept:
            message.ClearField(field.name)
