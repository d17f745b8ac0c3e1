"""What may be changed of a workspace, and by whom; its fields by the paths that masks name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace

from services.runtime.errors import Conflict, Forbidden, Violation
from services.task.model import PersonRecord, Role, WorkSettings, Workspace
from services.task.rules.names import fold
from services.task.rules.permissions import require_people

PLAIN = ("display_name", "timezone", "claimed")
SETTINGS = tuple(f"settings.{field.name}" for field in fields(WorkSettings))
NAMED = 3  # people who are named in a refusal


def values(workspace: Workspace) -> dict[str, object]:
    """What the workspace holds by path, such as "display_name" and "settings.visibility"."""
    found: dict[str, object] = {name: getattr(workspace, name) for name in PLAIN}
    for path in SETTINGS:
        found[path] = getattr(workspace.settings, path.removeprefix("settings."))
    return found


def replaced(workspace: Workspace, changes: Mapping[str, object]) -> Workspace:
    """The workspace with these values, given by path."""
    plain = {path: value for path, value in changes.items() if path in PLAIN}
    inner = {
        path.removeprefix("settings."): value for path, value in changes.items() if path in SETTINGS
    }
    settings = replace(workspace.settings, **inner)  # type: ignore[arg-type]
    return replace(workspace, settings=settings, **plain)  # type: ignore[arg-type]


def changed(before: Workspace, after: Workspace) -> tuple[str, ...]:
    """The paths of what differs."""
    held = values(before)
    return tuple(path for path, value in values(after).items() if held[path] != value)


def image(workspace: Workspace) -> dict[str, object]:
    """The workspace as its events keep it."""
    return {name: getattr(workspace, name) for name in (*PLAIN, "settings")}


def edit(
    before: Workspace,
    changes: Mapping[str, object],
    *,
    actor: PersonRecord,
    members: Iterable[tuple[str, str]],
) -> Workspace | None:
    """The workspace after these changes, None where all are true already.

    `members` are the departments of its people, each with whose. What was claimed stays so.
    Raises Forbidden NOT_ALLOWED, Conflict DEPARTMENT_IN_USE.
    """
    require_people(actor)
    after = replaced(before, changes)
    after = replace(after, claimed=before.claimed or after.claimed)
    if after == before:
        return None
    if fault := department_in_use(after, members):
        raise Conflict(
            "DEPARTMENT_IN_USE", fault, violations=[Violation("workspace.departments", fault)]
        )
    return after


def department_in_use(after: Workspace, members: Iterable[tuple[str, str]]) -> str:
    """Which department that is no longer on the list still has people; "" where none has."""
    listed = {fold(name) for name in after.settings.departments}
    left: dict[str, list[str]] = {}
    for department, name in members:
        if department and fold(department) not in listed:
            left.setdefault(department, []).append(name)
    if not left:
        return ""
    department, names = next(iter(left.items()))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return (
        f"{department} is the department of {', '.join(names[:NAMED])}{more}: move them first, "
        "then take it off the list."
    )


def department_of(text: str, departments: Sequence[str]) -> str | None:
    """The department as the workspace writes it, None where it has no such one; "" is none."""
    if not text:
        return ""
    wanted = fold(text)
    return next((name for name in departments if fold(name) == wanted), None)


def require_founder(actor: PersonRecord) -> None:
    """Raises Forbidden NOT_ALLOWED unless the actor owns a workspace."""
    if actor.person.role is not Role.OWNER:
        raise Forbidden(
            "NOT_ALLOWED", "Only the owner of a workspace may make another one: ask the owner."
        )
