"""Resource names, built and parsed in one place; "-" stands for the caller's workspace."""

from __future__ import annotations

import re
from collections.abc import Iterable

from services.runtime.errors import Invalid, Violation
from services.task.model import PersonId, TaskNumber, WorkspaceId
from services.task.rules.absent import person_not_found, task_not_found, token_not_found

# What the predecessor called tasks.
LEGACY = re.compile(r"TASK-[A-Za-z0-9-]{1,58}")
DIGITS = 18  # fewer than any 64-bit number has


def workspace_name(workspace: int) -> str:
    """workspaces/{workspace}."""
    return f"workspaces/{workspace}"


def task_name(workspace: int, number: int) -> str:
    """workspaces/{workspace}/tasks/{number}."""
    return f"workspaces/{workspace}/tasks/{number}"


def person_name(workspace: int, person: int) -> str:
    """workspaces/{workspace}/people/{person}."""
    return f"workspaces/{workspace}/people/{person}"


def token_name(workspace: int, token: int) -> str:
    """workspaces/{workspace}/tokens/{token}."""
    return f"workspaces/{workspace}/tokens/{token}"


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else None


def parse(name: str, collection: str) -> tuple[int | None, int] | None:
    """The workspace (None for "-") and the id of a name of this collection; None if it is none."""
    parts = name.split("/")
    if len(parts) != 4 or parts[0] != "workspaces" or parts[2] != collection:  # noqa: PLR2004
        return None
    workspace, ident = _number(parts[1]), _number(parts[3])
    if ident is None or (workspace is None and parts[1] != "-"):
        return None
    return workspace, ident


def _target(name: str, collection: str, own: WorkspaceId | None) -> tuple[WorkspaceId, int]:
    """What a request is about; `own` None: a service, which may name any workspace."""
    parsed = parse(name, collection)
    if parsed is None or (parsed[0] is None and own is None):
        example = f"workspaces/1/{collection}/42"
        raise Invalid(
            "NAME_INVALID",
            f"Write the name like {example}.",
            violations=[Violation("name", f"Write it like {example}.")],
        )
    workspace = own if parsed[0] is None else parsed[0]
    return WorkspaceId(workspace or 0), parsed[1]


def task_target(name: str, own: WorkspaceId | None) -> tuple[WorkspaceId, TaskNumber]:
    """The task that a request is about; another workspace's is NotFound TASK_NOT_FOUND."""
    workspace, number = _target(name, "tasks", own)
    if own is not None and workspace != own:
        raise task_not_found(TaskNumber(number))
    return workspace, TaskNumber(number)


def legacy_target(name: str, own: WorkspaceId | None) -> tuple[WorkspaceId, str] | None:
    """The workspace and what the predecessor called a task of it; None where it is named otherwise.

    Another workspace's is NotFound TASK_NOT_FOUND.
    """
    head, _, ident = name.rpartition("/")
    if not LEGACY.fullmatch(ident) or not head.endswith("/tasks"):
        return None
    workspace, _ = task_target(f"{head}/1", own)
    return workspace, ident


def person_target(name: str, own: WorkspaceId | None) -> tuple[WorkspaceId, PersonId]:
    """The person that a request is about; another workspace's is NotFound PERSON_NOT_FOUND."""
    workspace, person = _target(name, "people", own)
    if own is not None and workspace != own:
        raise person_not_found()
    return workspace, PersonId(person)


def token_target(name: str, own: WorkspaceId) -> int:
    """The token that a request is about."""
    workspace, token = _target(name, "tokens", own)
    if workspace != own:
        raise token_not_found()
    return token


def workspace_target(name: str) -> WorkspaceId:
    """The workspace that a service's request is about."""
    parts = name.split("/")
    ident = _number(parts[1]) if len(parts) == 2 and parts[0] == "workspaces" else None  # noqa: PLR2004
    if ident is None:
        raise Invalid(
            "NAME_INVALID",
            "Write the name like workspaces/1.",
            violations=[Violation("workspace", "Write it like workspaces/1.")],
        )
    return WorkspaceId(ident)


def references(
    names: Iterable[str], collection: str, own: WorkspaceId
) -> tuple[list[int], list[tuple[int, str]]]:
    """The ids named, each once, and the faults by index."""
    ids: dict[int, None] = {}
    faults: list[tuple[int, str]] = []
    for index, name in enumerate(names):
        parsed = parse(name, collection)
        if parsed is None:
            faults.append((index, f"Write it like workspaces/{own}/{collection}/42."))
        elif parsed[0] not in {None, own}:
            faults.append((index, "There is no such thing in this workspace."))
        else:
            ids[parsed[1]] = None
    return list(ids), faults
