"""Filters, orders and page tokens of lists, from requests with all faults at once."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from boss.task.v1 import task_service_pb2 as pb

from services.runtime.errors import Invalid, Violation
from services.task.convert.checks import Faults
from services.task.convert.names import parse, references
from services.task.convert.tasks import PROJECT, TAG, TAGS
from services.task.filters.filter import ORDERS, Filter, Page
from services.task.model import PersonId, Priority, Status, TaskNumber, WorkspaceId
from services.task.rules.linking import MAX_SUBTASKS

NAMES, PAGE, PAGE_DEFAULT, SKIP, QUERY, PEOPLE = 100, 100, 20, 100_000, 200, 50


def filter_from(message: pb.TaskFilter, workspace: WorkspaceId, faults: Faults) -> Filter:
    """What a request lets through."""
    at = "filter"
    faults.many(f"{at}.assignees", len(message.assignees), most=PEOPLE)
    assignees, wrong = references(message.assignees, "people", workspace)
    for index, detail in wrong:
        faults.add(f"{at}.assignees[{index}]", detail)
    faults.many(f"{at}.tags", len(message.tags), most=TAGS)
    tags = tuple(
        faults.line(f"{at}.tags[{index}]", tag, least=1, most=TAG)
        for index, tag in enumerate(message.tags)
    )
    project = faults.line(f"{at}.project", message.project, most=PROJECT)
    query = faults.line(f"{at}.query", message.query, most=QUERY)
    return Filter(
        assignees=tuple(PersonId(ident) for ident in assignees),
        statuses=tuple(_enums(Status, message.statuses, f"{at}.statuses", faults)),
        priorities=tuple(_enums(Priority, message.priorities, f"{at}.priorities", faults)),
        tags=tags,
        project=project or None,
        due_before=faults.moment(f"{at}.due_before", message, "due_before"),
        due_after=faults.moment(f"{at}.due_after", message, "due_after"),
        query=query or None,
        open_only=message.open_only,
        unassigned=message.unassigned,
    )


def _enums(kind: Any, numbers: Sequence[int], field: str, faults: Faults) -> list[Any]:
    found = []
    for index, number in enumerate(numbers):
        try:
            found.append(kind(number))
        except ValueError:
            faults.add(f"{field}[{index}]", "There is no such one.")
    return found


def page_from(request: pb.ListTasksRequest, faults: Faults) -> Page:
    """Which part of the list is asked for."""
    order = request.order_by or "-created"
    descending = order.startswith("-")
    key = order.removeprefix("-")
    if key not in ORDERS:
        faults.add("order_by", f"Choose one of {', '.join(ORDERS)}, with “-” for descending.")
    if not 0 <= request.page_size <= PAGE:
        faults.add("page_size", f"Give 1 to {PAGE}.")
    if not 0 <= request.skip <= SKIP:
        faults.add("skip", f"Give 0 to {SKIP:,}.")
    after = None
    if request.page_token and key in ORDERS:
        after = _place(request, key)
    return Page(
        order=key,
        descending=descending,
        limit=request.page_size or PAGE_DEFAULT,
        skip=request.skip,
        after=after,
        with_total=request.with_total,
    )


def _list_of(request: pb.ListTasksRequest) -> str:
    """What a page token is bound to: the filter and the order."""
    filter_ = request.filter.SerializeToString(deterministic=True)
    body = b"\0".join((filter_, request.order_by.encode(), request.where.encode()))
    return hashlib.blake2b(body, digest_size=6).hexdigest()


def next_token(request: pb.ListTasksRequest, key: tuple[Any, int]) -> str:
    """The token of the page behind this key."""
    return token_of([_list_of(request), *key])


def token_of(parts: list[Any]) -> str:
    """A page token that holds these values."""
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def parts_of(token: str, kinds: Any) -> Any:
    """The values of a page token, of these kinds. Raises Invalid PAGE_TOKEN_INVALID."""
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        return msgspec.json.decode(text, type=kinds)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise bad_token() from error


def bad_token() -> Invalid:
    """The refusal of a page token that is of another list, or of none."""
    return Invalid(
        "PAGE_TOKEN_INVALID",
        "Take the page_token from an answer with the same filter and order.",
        violations=[Violation("page_token", "It is not of this list.")],
    )


def _place(request: pb.ListTasksRequest, key: str) -> tuple[Any, int]:
    kinds: Any = {
        "created": datetime,
        "updated": datetime,
        "deadline": datetime | None,
        "title": str,
    }.get(key, int)
    bound, value, number = parts_of(request.page_token, tuple[str, kinds, int])
    small = isinstance(value, int) and not -(2**15) <= value < 2**15 and key == "priority"
    if bound != _list_of(request) or small or not 0 <= number < 2**63:
        raise bad_token()
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise bad_token()
    if isinstance(value, str) and "\0" in value:
        raise bad_token()
    return value.replace(tzinfo=value.tzinfo or UTC) if isinstance(
        value, datetime
    ) else value, number


def people_token(key: tuple[str, int]) -> str:
    """The token of the page of people behind this key."""
    return token_of([*key])


def people_place(token: str) -> tuple[str, int]:
    """Where the page of people that a token names begins."""
    name, ident = parts_of(token, tuple[str, int])
    if "\0" in name or not 0 <= ident < 2**63:
        raise bad_token()
    return name, ident


def subtasks_in_order(
    names: Sequence[str], workspace: WorkspaceId, faults: Faults
) -> list[TaskNumber]:
    """The tasks named, each of which may be named once."""
    faults.many("subtasks", len(names), most=MAX_SUBTASKS)
    if not names:
        faults.add("subtasks", "Name at least one subtask.")
    _, wrong = references(names, "tasks", workspace)
    for index, detail in wrong:
        faults.add(f"subtasks[{index}]", detail)
    found: list[TaskNumber] = []
    for index, name in enumerate(names):
        parsed = parse(name, "tasks")
        number = TaskNumber(parsed[1]) if parsed is not None else None
        if number in found:
            faults.add(f"subtasks[{index}]", f"T-{number} is named twice.")
        elif number is not None:
            found.append(number)
    return found


def task_names(
    names: Sequence[str], own: WorkspaceId | None, faults: Faults
) -> tuple[WorkspaceId, list[TaskNumber | None]]:
    """The tasks named, of one workspace; None for what another one's names."""
    found: list[TaskNumber | None] = []
    workspace = own
    for index, name in enumerate(names):
        parsed = parse(name, "tasks")
        if parsed is None or (parsed[0] is None and own is None):
            faults.add(f"names[{index}]", "Write it like workspaces/1/tasks/42.")
            found.append(None)
            continue
        if workspace is None:
            workspace = WorkspaceId(parsed[0] or 0)
        same = parsed[0] is None or parsed[0] == workspace
        found.append(TaskNumber(parsed[1]) if same else None)
    return workspace or WorkspaceId(0), found
