"""Putting back what an act did to a template: made again, taken away, or as it was before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec
import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.task.commands.recording import Notice
from services.task.commands.storing import Asked
from services.task.commands.templates import (
    DELETE,
    UPDATE,
    columns_of,
    locked_templates,
    template_notice,
)
from services.task.model import EventType
from services.task.rules.templates import TEMPLATE_FIELDS, Stored, Template
from services.task.rules.undo import Kept

TYPES = frozenset(
    {EventType.TEMPLATE_CREATED, EventType.TEMPLATE_CHANGED, EventType.TEMPLATE_DELETED}
)

# With the number that it had, by which links to it still find it.
INSERT_AGAIN = Hot(
    "insert_template_again",
    sa.text(
        """
INSERT INTO task.templates (id, workspace_id, key, name, about, priority, tags, type, criteria,
    estimate_minutes, subtasks, created_at, updated_at, version)
VALUES (CAST(:id AS bigint), CAST(:workspace AS bigint), CAST(:key AS text), CAST(:name AS text),
    CAST(:about AS text), CAST(:priority AS smallint), CAST(:tags AS text[]), CAST(:type AS text),
    CAST(:criteria AS text[]), CAST(:estimate_minutes AS integer), CAST(:subtasks AS text[]),
    CAST(:at AS timestamptz), CAST(:at AS timestamptz), CAST(:version AS integer))
"""
    ),
)


@dataclass(frozen=True, slots=True)
class _Past:
    """What an event says of a template."""

    id: int
    before: Template | None
    after: Template | None

    @classmethod
    def of(cls, row: Any) -> _Past:
        detail = msgspec.json.decode(row["detail"])
        before, after = (
            None if name not in detail else msgspec.convert(detail[name], Template)
            for name in ("before", "after")
        )
        return cls(detail["template"], before, after)


async def put_back(fetch: Fetch, asked: Asked, row: Any) -> tuple[Notice | None, Kept | None, str]:
    """What the log is to tell (None: it is so already, or stays), what stays, and its name."""
    past = _Past.of(row)
    name = f"templates/{past.id}"
    present = {stored.id: stored for stored in await locked_templates(fetch, asked)}
    stored = present.get(past.id)
    if past.before is None:
        notice, kept = await _take_away(fetch, past, stored)
    elif past.after is None:
        notice, kept = await _make_again(fetch, asked, past, present)
    else:
        notice, kept = await _change_back(fetch, asked, past, present)
    return notice, None if kept is None else replace(kept, name=name), name


async def _take_away(
    fetch: Fetch, past: _Past, stored: Stored | None
) -> tuple[Notice | None, Kept | None]:
    if stored is None:
        return None, None
    if stored.template != past.after:
        return None, _stays((), f"The template “{stored.template.name}” was changed since.")
    await fetch(DELETE, id=past.id)
    return template_notice(EventType.TEMPLATE_DELETED, before=stored, undo=True), None


async def _make_again(
    fetch: Fetch, asked: Asked, past: _Past, present: dict[int | None, Stored]
) -> tuple[Notice | None, Kept | None]:
    assert past.before is not None  # noqa: S101 -- by the caller
    if past.id in present:
        return None, None
    if fault := _taken(past.before, past.id, present):
        return None, _stays((), fault)
    again = Stored(past.before, past.id, 1)
    columns = columns_of(past.before)
    await fetch(
        INSERT_AGAIN, id=past.id, workspace=asked.workspace, at=asked.now, version=1, **columns
    )
    return template_notice(EventType.TEMPLATE_CREATED, after=again, undo=True), None


async def _change_back(
    fetch: Fetch, asked: Asked, past: _Past, present: dict[int | None, Stored]
) -> tuple[Notice | None, Kept | None]:
    stored = present.get(past.id)
    if stored is None:
        return None, _stays((), "The template was deleted since.")
    restored, stay = {}, []
    for field in TEMPLATE_FIELDS:
        before, after, now = (
            getattr(each, field) for each in (past.before, past.after, stored.template)
        )
        if before in {after, now}:
            continue
        if now == after:
            restored[field] = before
        else:
            stay.append(field)
    template = replace(stored.template, **restored)
    if fault := _taken(template, past.id, present):
        return None, _stays(("name",), fault)
    kept = _stays(tuple(stay), f"The template “{template.name}” was changed once more since.")
    if template == stored.template:
        return None, kept if stay else None
    version = stored.version + 1
    await fetch(UPDATE, id=past.id, version=version, at=asked.now, **columns_of(template))
    written = Stored(template, past.id, version)
    notice = template_notice(EventType.TEMPLATE_CHANGED, before=stored, after=written, undo=True)
    return notice, kept if stay else None


def _taken(template: Template, ident: int, present: dict[int | None, Stored]) -> str:
    for stored in present.values():
        if stored.id != ident and stored.template.key == template.key:
            return f"There is another template “{stored.template.name}” by now."
    return ""


def _stays(fields: tuple[str, ...], reason: str) -> Kept:
    return Kept(None, fields, reason)
