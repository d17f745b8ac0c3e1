"""Taking back what an act did to people and to the workspace, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.task.model import (
    EventType,
    Person,
    PersonId,
    PersonRecord,
    PersonStatus,
    Workspace,
)
from services.task.rules import people as rules
from services.task.rules import workspaces
from services.task.rules.undo import Change, Kept, changed_since, fields_back, who
from services.task.rules.workspaces import department_of


@dataclass(frozen=True, slots=True)
class PastPerson:
    """An event of the log about a person; `before` holds model values."""

    id: int
    type: EventType
    person: PersonId
    actor: PersonId | None
    changed: tuple[str, ...]
    before: Mapping[str, object]
    after: Person


@dataclass(frozen=True, slots=True)
class PastWorkspace:
    """An event of the log about the workspace; `before` holds model values by path."""

    id: int
    actor: PersonId | None
    changed: tuple[str, ...]
    before: Mapping[str, object]
    after: Workspace


@dataclass(frozen=True, slots=True)
class Around:
    """What a person can be put back into: what else there is in the workspace just now."""

    workspace: Workspace
    owners: int
    # Who else answers to the names, or has the Telegram account ("").
    taken: Mapping[str, str]
    # Whether the person has done anything here.
    at_work: bool = False


def put_back(
    past: PastPerson,
    record: PersonRecord,
    since: Sequence[PastPerson],
    *,
    actor: PersonId,
    names: Mapping[int, str],
    now: datetime,
) -> tuple[Person, Kept | None]:
    """The person with the fields put back that can be, and what stays.

    Who was added by the act has left again. What else stands in the way is `hindrance`'s to say.
    """
    present, name = record.person, f"people/{record.id}"
    called = present.display_name
    if past.type is EventType.PERSON_CREATED:
        others = [each.actor for each in since if each.actor not in {None, actor}]
        if others:
            reason = f"{who(others[-1], names)} has changed {called} since."
            return present, Kept(None, (), reason, name)
        after = replace(present, status=PersonStatus.LEFT, away_until=None)
        return replace(after, updated_at=now), None
    found = fields_back(
        past.changed,
        actor=actor,
        since=[Change(each.actor, each.changed) for each in since],
        is_as_left=lambda field: bool(getattr(present, field) == getattr(past.after, field)),
        is_as_before=lambda field: bool(getattr(present, field) == past.before[field]),
    )
    restored = {field: past.before[field] for field in found.back}
    if "status" in past.changed and "status" not in restored:
        restored.pop("away_until", None)
    after = replace(present, **restored)  # type: ignore[arg-type]
    if after.status is not PersonStatus.AWAY:
        after = replace(after, away_until=None)
    kept = None
    if found.stay:
        reason = changed_since(called, found.stay, who(found.by, names))
        kept = Kept(None, found.stay, reason, name)
    return (replace(after, updated_at=now) if after != present else present), kept


def hindrance(before: Person, after: Person, around: Around, *, creation: bool) -> str:
    """Why the person can't be as `after` just now, "" where they can."""
    if creation and around.at_work:
        return f"{before.display_name} has been at work here since: let them go instead."
    if rules.ends_last_owner(before, after, around.owners):
        return rules.LAST_OWNER
    if around.taken and after.status is not PersonStatus.LEFT:
        another = next(iter(around.taken.values()))
        return f"{another} is called so, or has the Telegram account, by now."
    known = around.workspace.settings.departments
    wanted = {after.department, *after.leads} - {before.department, *before.leads}
    gone = [name for name in wanted if department_of(name, known) is None]
    return f"There is no department {gone[0]} any more." if gone else ""


def put_back_workspace(
    past: PastWorkspace,
    present: Workspace,
    since: Sequence[PastWorkspace],
    *,
    actor: PersonId,
    names: Mapping[int, str],
    members: Iterable[tuple[str, str]],
) -> tuple[Workspace, list[Kept]]:
    """The workspace with the fields put back that can be, and what stays."""
    held, left = workspaces.values(present), workspaces.values(past.after)
    found = fields_back(
        past.changed,
        actor=actor,
        since=[Change(each.actor, each.changed) for each in since],
        is_as_left=lambda path: held[path] == left[path],
        is_as_before=lambda path: held[path] == past.before[path],
    )
    restored = {path: past.before[path] for path in found.back}
    kept = []
    if found.stay:
        reason = changed_since("the workspace", found.stay, who(found.by, names))
        kept.append(Kept(None, found.stay, reason))
    after = workspaces.replaced(present, restored)
    listed = "settings.departments"
    if listed in restored and (fault := workspaces.department_in_use(after, members)):
        del restored[listed]
        kept.append(Kept(None, (listed,), fault))
        after = workspaces.replaced(present, restored)
    return after, kept
