"""Putting back what an act did to a time entry: logged again, taken away, or as it was before.

Whoever writes the notices keeps, for this, under "before" and "after" of their detail what the
entry's columns of `COLUMNS` held (times as RFC 3339); a stopped or started timer is not taken back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.task.commands.comments import LOCK_TASK
from services.task.commands.recording import Notice
from services.task.commands.storing import Asked
from services.task.model import EventType
from services.task.rules.undo import Kept

TYPES = frozenset({EventType.TIME_LOGGED, EventType.TIME_CHANGED, EventType.TIME_REMOVED})

READ_ENTRY = Hot(
    "read_locked_time_entry",
    sa.text(
        """
SELECT minutes, day, note, began_at, ended_at, ends_at, closes_at, forgotten, deleted_at
FROM task.time_entries
WHERE id = CAST(:entry AS bigint) AND workspace_id = CAST(:workspace AS bigint) FOR UPDATE
"""
    ),
)
HIDE_ENTRY = Hot(
    "hide_time_entry",
    sa.text(
        """
UPDATE task.time_entries SET deleted_at = CAST(:deleted_at AS timestamptz),
    updated_at = CAST(:at AS timestamptz), version = version + 1
WHERE id = CAST(:entry AS bigint)
"""
    ),
)
WRITE_ENTRY = Hot(
    "put_back_time_entry",
    sa.text(
        """
UPDATE task.time_entries SET minutes = CAST(:minutes AS integer), day = CAST(:day AS date),
    note = CAST(:note AS text), began_at = CAST(:began_at AS timestamptz),
    ended_at = CAST(:ended_at AS timestamptz), ends_at = CAST(:ends_at AS timestamptz),
    closes_at = CAST(:closes_at AS timestamptz), forgotten = CAST(:forgotten AS boolean),
    updated_at = CAST(:at AS timestamptz), version = version + 1
WHERE id = CAST(:entry AS bigint)
"""
    ),
)


@dataclass(frozen=True, slots=True)
class Columns:
    """What of an entry an edit may change."""

    minutes: int
    day: date
    note: str
    began_at: datetime | None = None
    ended_at: datetime | None = None
    ends_at: datetime | None = None
    closes_at: datetime | None = None
    forgotten: bool = False


COLUMNS = tuple(Columns.__dataclass_fields__)


async def put_back(fetch: Fetch, asked: Asked, row: Any) -> tuple[Notice | None, Kept | None, str]:
    """What the log is to tell (None: it is so already, or stays), what stays, and its name."""
    detail = msgspec.json.decode(row["detail"] or "{}")
    entry = detail.get("entry")
    name = f"timeEntries/{entry}"
    found = await fetch(READ_ENTRY, entry=entry, workspace=asked.workspace)
    if not found:
        return None, Kept(None, (), "The time entry is gone for good.", name), name
    present = found[0]
    # As every write that a task's log tells of: so its events are in their true order.
    await fetch(LOCK_TASK, workspace=asked.workspace, number=row["task_number"])
    wanted: datetime | None
    match EventType(row["type"]):
        case EventType.TIME_LOGGED:
            wanted, type_ = asked.now, EventType.TIME_REMOVED
        case EventType.TIME_REMOVED:
            wanted, type_ = None, EventType.TIME_LOGGED
        case _:
            return await _change_back(fetch, asked, row, detail, present)
    if (present["deleted_at"] is None) is (wanted is None):
        return None, None, name
    await fetch(HIDE_ENTRY, entry=entry, deleted_at=wanted, at=asked.now)
    return _notice(type_, row, detail), None, name


async def _change_back(
    fetch: Fetch, asked: Asked, row: Any, detail: dict[str, Any], present: Any
) -> tuple[Notice | None, Kept | None, str]:
    name = f"timeEntries/{detail['entry']}"
    before, after = (
        msgspec.convert(detail[each], Columns, strict=False) for each in ("before", "after")
    )
    now = Columns(**{column: present[column] for column in COLUMNS})
    if present["deleted_at"] is not None:
        return None, Kept(None, (), "The time entry was removed since.", name), name
    if now == before:
        return None, None, name
    if now != after:
        return None, Kept(None, (), "The time entry was changed once more since.", name), name
    values = {column: getattr(before, column) for column in COLUMNS}
    await fetch(WRITE_ENTRY, entry=detail["entry"], at=asked.now, **values)
    again = {**detail, "minutes": before.minutes, "note": before.note}
    again |= {"before": detail["after"], "after": detail["before"]}
    return _notice(EventType.TIME_CHANGED, row, again), None, name


def _notice(type_: EventType, row: Any, detail: dict[str, Any]) -> Notice:
    return Notice(type_, task=row["task_number"], person=row["person_id"], detail=detail, undo=True)
