"""What may be changed of a person, by whom: everybody the own settings, bosses the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime

from services.runtime.errors import Conflict, Forbidden
from services.task.model import Person, PersonRecord, PersonStatus, Role
from services.task.rules.permissions import require_people

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


def keys(person: Person) -> frozenset[str]:
    """Everything that the person answers to, folded; unique within a workspace."""
    names = [person.display_name, *person.aliases]
    if person.telegram_username:
        names.append(f"@{person.telegram_username}")
    return frozenset(fold(name) for name in names)


def fold(name: str) -> str:
    """The form in which names are compared: case and runs of spaces don't count."""
    return " ".join(name.casefold().split())


def create(person: Person, *, actor: PersonRecord) -> Person:
    """The person to create. Raises Forbidden NOT_ALLOWED."""
    require_people(actor)
    _require_owner_for_chiefs(actor, None, person)
    return person


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
    if after.status is not PersonStatus.AWAY:
        after = replace(after, away_until=None)
    if after == before:
        return None
    own = record.id == actor.id and after.status is not PersonStatus.LEFT
    changed = {name for name in EDITABLE if getattr(before, name) != getattr(after, name)}
    if not (own and changed <= OWN_SETTINGS):
        require_people(actor)
        _require_owner_for_chiefs(actor, before, after)
    gone = after.role is not Role.OWNER or after.status is PersonStatus.LEFT
    if before.role is Role.OWNER and gone and owners <= 1:
        raise Conflict("LAST_OWNER", "A workspace needs an owner: make another person owner first.")
    return replace(after, updated_at=now)


def _require_owner_for_chiefs(actor: PersonRecord, before: Person | None, after: Person) -> None:
    """Raises Forbidden NOT_ALLOWED where who is no owner moves somebody in or out of the top."""
    if actor.person.role is Role.OWNER:
        return
    moves = before is None or before.role != after.role or before.status != after.status
    if moves and {after.role, before.role if before else after.role} & CHIEFS:
        raise Forbidden(
            "NOT_ALLOWED", "Only the owner may make somebody owner or boss, or end that."
        )
