"""Writes on a workspace's own templates, one at a time in a workspace: there is a limit to them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.runtime.errors import AlreadyExists, Violation
from services.task.commands.recording import Notice, Recorded, perform_recorded
from services.task.commands.storing import Answer, Asked, Told, Written
from services.task.commands.writing import Store
from services.task.model import EventType, PersonRecord
from services.task.rules import templates as rules
from services.task.rules.permissions import require_people
from services.task.rules.templates import Stored, Template, template_not_found
from services.task.templates import READ_TEMPLATES, of_rows

LOCK = Hot(
    "lock_templates",
    sa.text(
        "SELECT id FROM task.workspaces WHERE id = CAST(:workspace AS bigint) FOR NO KEY UPDATE"
    ),
)
INSERT = Hot(
    "insert_template",
    sa.text(
        """
INSERT INTO task.templates (workspace_id, key, name, about, priority, tags, type, criteria,
    estimate_minutes, subtasks, created_at, updated_at, version)
VALUES (CAST(:workspace AS bigint), CAST(:key AS text), CAST(:name AS text),
    CAST(:about AS text), CAST(:priority AS smallint), CAST(:tags AS text[]), CAST(:type AS text),
    CAST(:criteria AS text[]), CAST(:estimate_minutes AS integer), CAST(:subtasks AS text[]),
    CAST(:at AS timestamptz), CAST(:at AS timestamptz), 1)
RETURNING id
"""
    ),
)
UPDATE = Hot(
    "update_template",
    sa.text(
        """
UPDATE task.templates SET key = CAST(:key AS text), name = CAST(:name AS text),
    about = CAST(:about AS text), priority = CAST(:priority AS smallint),
    tags = CAST(:tags AS text[]), type = CAST(:type AS text),
    criteria = CAST(:criteria AS text[]), estimate_minutes = CAST(:estimate_minutes AS integer),
    subtasks = CAST(:subtasks AS text[]), updated_at = CAST(:at AS timestamptz),
    version = CAST(:version AS integer)
WHERE id = CAST(:id AS bigint)
"""
    ),
)
DELETE = Hot(
    "delete_template", sa.text("DELETE FROM task.templates WHERE id = CAST(:id AS bigint)")
)

ActId = UUID | None
Compose = Callable[[Stored, ActId], Answer]


async def create_template(
    store: Store, asked: Asked, template: Template, compose: Compose
) -> Written:
    """The answer with the template that was made. Raises AlreadyExists TEMPLATE_EXISTS."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        require_people(actor)
        present = await locked_templates(fetch, asked)
        _require_free(template, present)
        rules.require_room(len(present))
        rows = await fetch(INSERT, workspace=asked.workspace, at=asked.now, **columns_of(template))
        made = Stored(template, rows[0]["id"], 1)
        told = _told("created", made)
        notice = template_notice(EventType.TEMPLATE_CREATED, after=made)
        return Recorded((notice,), told, compose(made, told.id))

    return await perform_recorded(store, asked, work)


async def update_template(
    store: Store,
    asked: Asked,
    ident: int,
    changes: Mapping[str, object],
    *,
    etag: str,
    compose: Compose,
) -> Written:
    """The answer with the template after the edit."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        require_people(actor)
        present = await locked_templates(fetch, asked)
        before = _the(present, ident)
        after = rules.edit(before, changes, etag=etag)
        if after is None:
            return Recorded((), Told(uuid.uuid4(), ""), compose(before, None))
        _require_free(after.template, [each for each in present if each.id != ident])
        columns = columns_of(after.template)
        await fetch(UPDATE, id=ident, version=after.version, at=asked.now, **columns)
        told = _told("changed", after)
        notice = template_notice(EventType.TEMPLATE_CHANGED, before=before, after=after)
        return Recorded((notice,), told, compose(after, told.id))

    return await perform_recorded(store, asked, work)


async def delete_template(
    store: Store, asked: Asked, ident: int, *, etag: str, compose: Callable[[ActId], Answer]
) -> Written:
    """The answer to taking a template away."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        require_people(actor)
        before = _the(await locked_templates(fetch, asked), ident)
        rules.require_etag(before, etag)
        await fetch(DELETE, id=ident)
        told = _told("deleted", before)
        notice = template_notice(EventType.TEMPLATE_DELETED, before=before)
        return Recorded((notice,), told, compose(told.id))

    return await perform_recorded(store, asked, work)


async def locked_templates(fetch: Fetch, asked: Asked) -> list[Stored]:
    """The workspace's own templates; nobody else changes them meanwhile."""
    await fetch(LOCK, workspace=asked.workspace)
    return of_rows(await fetch(READ_TEMPLATES, workspace=asked.workspace))


def _the(present: list[Stored], ident: int) -> Stored:
    for stored in present:
        if stored.id == ident:
            return stored
    raise template_not_found()


def _require_free(template: Template, present: list[Stored]) -> None:
    """Raises AlreadyExists TEMPLATE_EXISTS where one of these has the name."""
    for stored in present:
        if stored.template.key == template.key:
            raise AlreadyExists(
                "TEMPLATE_EXISTS",
                f"There is a template “{stored.template.name}”: change it, or choose another name.",
                violations=[Violation("template.display_name", "Another template has it.")],
            )


def columns_of(template: Template) -> dict[str, Any]:
    """What the columns of its row hold."""
    return {
        "key": template.key,
        "name": template.name,
        "about": template.about,
        "priority": None if template.priority is None else template.priority.value,
        "tags": list(template.tags),
        "type": template.type,
        "criteria": list(template.criteria),
        "estimate_minutes": template.estimate_minutes,
        "subtasks": list(template.subtasks),
    }


def _told(done: str, stored: Stored) -> Told:
    return Told(uuid.uuid4(), f"{done} the template “{stored.template.name}”")


def template_notice(
    type_: EventType,
    *,
    before: Stored | None = None,
    after: Stored | None = None,
    undo: bool = False,
) -> Notice:
    """What the log is to tell; the template before and after serves to take the act back."""
    detail: dict[str, object] = {
        name: msgspec.to_builtins(image.template)
        for name, image in (("before", before), ("after", after))
        if image is not None
    }
    detail["template"] = next(each.id for each in (after, before) if each is not None)
    return Notice(type_, detail=detail, undo=undo)
