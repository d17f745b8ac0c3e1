"""What may be changed of a person, by whom: everybody the own settings, bosses the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime

from services.runtime.errors import Conflict, Forbidden, Invalid, Violation
from services.task.model import Person, PersonRecord, PersonStatus, Role
from services.task.rules.names import fold
from services.task.rules.permissions import require_people

__all__ = ["EDITABLE", "create", "edit", "fold", "keys"]

EDITABLE = frozenset(field.name for field in fields(Person)) - {"created_at", "updated_at"}

# What a person may change of the own record; away, but not left.
OWN_SETTINGS = frozenset(
    {
        "language",
        "working_days",
        "working_hours",
        "quiet_hours",
        "timezone",
        "telegram_id",
        "telegram_username",
        "discord_id",
        "email",
        "skills",
        "status",
        "away_until",
    }
)
CHIEFS = frozenset({Role.OWNER, Role.BOSS})
LAST_OWNER = "A workspace needs an owner: make another person owner first."


def keys(person: Person) -> frozenset[str]:
    """Everything that the person answers to, folded; unique within a workspace.

    Who has left answers to nothing: the names are free for others, until the person comes back.
    """
    if person.status is PersonStatus.LEFT:
        return frozenset()
    names = [person.display_name, *person.aliases]
    if person.telegram_username:
        names.append(f"@{person.telegram_username}")
    return frozenset(fold(name) for name in names)


def create(person: Person, *, actor: PersonRecord, now: datetime) -> Person:
    """The person to create. Raises Forbidden NOT_ALLOWED, Invalid AWAY_PAST."""
    require_people(actor)
    _require_owner_for_chiefs(actor, None, person)
    return settled(person, now)


def edit(
    record: PersonRecord,
    changes: Mapping[str, object],
    *,
    actor: PersonRecord,
    owners: int,
    now: datetime,
) -> Person | None:
    """The person after these changes, or None where all are true already.

    `owners` counts those of the workspace. Raises Forbidden NOT_ALLOWED, Conflict LAST_OWNER.
    """
    before = record.person
    after = replace(before, **changes)  # type: ignore[arg-type]
    if changes.get("away_until") is not None and "status" not in changes:
        after = replace(after, status=PersonStatus.AWAY)
    if "away_until" in changes or "status" in changes:
        after = settled(after, now)
    if after == before:
        return None
    own = record.id == actor.id and after.status is not PersonStatus.LEFT
    changed = {name for name in EDITABLE if getattr(before, name) != getattr(after, name)}
    if not (own and changed <= OWN_SETTINGS):
        require_people(actor)
        _require_owner_for_chiefs(actor, before, after)
    if ends_last_owner(before, after, owners):
        raise Conflict("LAST_OWNER", LAST_OWNER)
    return replace(after, updated_at=now)


FORMER = "former member"


def erased(person: Person, now: datetime) -> Person:
    """The person without what tells who it was; the zone stays, by which their days are counted.

    Raises Conflict NOT_LEFT.
    """
    if person.status is not PersonStatus.LEFT:
        raise Conflict(
            "NOT_LEFT",
            f"{person.display_name} is still here: let the person go first (status left), then "
            "erase them.",
        )
    without = Person(
        FORMER,
        person.created_at,
        now,
        role=person.role,
        department=person.department,
        timezone=person.timezone,
        status=PersonStatus.LEFT,
    )
    return person if replace(without, updated_at=person.updated_at) == person else without


def require_erase(actor: PersonRecord) -> None:
    """Raises Forbidden NOT_ALLOWED unless the actor owns the workspace."""
    if actor.person.role is not Role.OWNER:
        raise Forbidden("NOT_ALLOWED", "Only the owner may erase a person: ask the owner.")


def settled(person: Person, now: datetime) -> Person:
    """The person with an end of the absence only where there is one. Raises Invalid AWAY_PAST."""
    if person.status is not PersonStatus.AWAY:
        return replace(person, away_until=None)
    if person.away_until is not None and person.away_until <= now:
        raise Invalid(
            "AWAY_PAST",
            "Say until when the person is away by a time that is to come.",
            violations=[Violation("person.away_until", "Give a time that is to come.")],
        )
    return person


def ends_last_owner(before: Person, after: Person, owners: int) -> bool:
    """Whether the workspace would be without an owner."""
    if before.role is not Role.OWNER or before.status is PersonStatus.LEFT:
        return False
    return owners <= 1 and (after.role is not Role.OWNER or after.status is PersonStatus.LEFT)


def _require_owner_for_chiefs(actor: PersonRecord, before: Person | None, after: Person) -> None:
    """Raises Forbidden NOT_ALLOWED where who is no owner moves somebody in or out of the top."""
    if actor.person.role is Role.OWNER:
        return
    moves = before is None or before.role != after.role or before.status != after.status
    if moves and {after.role, before.role if before else after.role} & CHIEFS:
        raise Forbidden(
            "NOT_ALLOWED", "Only the owner may make somebody owner or boss, or end that."
        )
