"""What the clock says of tasks that it holds: decided by rules/clock.py, written with what is next.

Reminders are notices; the next occurrence and the archive are changes like those of a person. All
of one workspace is written by two statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.task import metrics, reading
from services.task.commands.create import draw_numbers
from services.task.commands.storing import store_by_clock
from services.task.commands.writing import READ_TASKS, Store, people_of
from services.task.model import Entry, EventType, Task, TaskNumber, TaskView, WorkspaceId
from services.task.rules import series
from services.task.rules.clock import Instant, Saying, due, next_instant
from services.task.rules.permissions import People

# When a person last did or said something of each task; the clock itself is nobody.
READ_HEARD = Hot(
    "read_last_heard",
    sa.text(
        """
SELECT asked.number, last.at FROM unnest(CAST(:numbers AS bigint[])) AS asked (number)
CROSS JOIN LATERAL (
    SELECT at FROM task.events AS event
    WHERE event.workspace_id = CAST(:workspace AS bigint) AND event.task_number = asked.number
        AND event.actor_id IS NOT NULL
    ORDER BY id DESC LIMIT 1
) AS last
"""
    ),
)
SAY = Hot(
    "say_by_clock",
    sa.text(
        """
WITH notice AS (
    INSERT INTO task.events (id, workspace_id, type, task_number, at, touches, changed, undo,
        detail, origin)
    SELECT nextval('task.events_id_seq'), CAST(:workspace AS bigint), n.type, n.task,
        CAST(:now AS timestamptz), ARRAY[n.task], '{}', false, n.detail, 'clock'
    FROM jsonb_to_recordset(CAST(:notices AS jsonb)) AS n (
        type smallint, task bigint, detail jsonb)
)
UPDATE task.tasks AS task SET clock_at = next.clock_at
FROM jsonb_to_recordset(CAST(:next AS jsonb)) AS next (task bigint, clock_at timestamptz)
WHERE task.workspace_id = CAST(:workspace AS bigint) AND task.number = next.task
"""
    ),
)
NOTICES: Mapping[Saying, EventType] = {
    Saying.DUE_SOON: EventType.TASK_DUE_SOON,
    Saying.OVERDUE: EventType.TASK_OVERDUE,
    Saying.QUIET: EventType.TASK_QUIET,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A task under its lock, since when the clock has something to say, and what it rests on."""

    view: TaskView
    since: datetime
    heard: datetime
    people: People
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Decided:
    """What is written of one task: notices, and entries with the time of each task's next word."""

    number: TaskNumber
    notices: tuple[Instant, ...]
    entries: tuple[tuple[Entry, datetime | None], ...]
    next: datetime | None
    said: tuple[Saying, ...]


async def read(
    store: Store, fetch: Fetch, workspace: WorkspaceId, since: Mapping[TaskNumber, datetime]
) -> list[Claim]:
    """The held tasks, each with since when the clock has something to say of it."""
    rows = await fetch(READ_TASKS, workspace=workspace, numbers=list(since))
    views = [reading.task_view(row) for row in rows]
    working = [view.number for view in views if view.task.deleted_at is None]
    heard = {
        row["number"]: row["at"]
        for row in await fetch(READ_HEARD, workspace=workspace, numbers=working)
    }
    roster = store.roster
    people = await roster.of(workspace, people_of(view.task for view in views))
    zone = ZoneInfo((await roster.workspace(workspace)).timezone)
    return [
        Claim(
            view,
            since[view.number],
            max(view.task.updated_at, heard.get(view.number, view.task.updated_at)),
            people,
            zone,
        )
        for view in views
    ]


async def decide(fetch: Fetch, claim: Claim, now: datetime) -> Decided | None:
    """What is to be written of a task; None where it is to be erased."""
    task, number = claim.view.task, claim.view.number
    found = due(
        task,
        people=claim.people,
        zone=claim.zone,
        since=claim.since,
        now=now,
        heard=claim.heard,
    )
    said = tuple(each.saying for each in found)
    if Saying.ERASE in said:
        return None
    after, entries = task, []
    if Saying.ARCHIVE in said:
        after = replace(after, archived_at=now)
    if Saying.RECURRENCE in said:
        made = series.following(task, people=claim.people, zone=claim.zone, now=now)
        if made is not None:
            if claim.view.parent is None:
                made = replace(made, parent=None)
            (fresh,) = await draw_numbers(fetch, claim.view.workspace, 1)
            after = series.followed(after, fresh)
            entry = Entry(EventType.TASK_CREATED, made, number=fresh)
            entries.append((entry, _next(made, claim, now, heard=now)))
    next_ = _next(after, claim, now, heard=claim.heard)
    if after != task:
        kind = (
            EventType.TASK_CHANGED
            if after.archived_at == task.archived_at
            else (EventType.TASK_ARCHIVED)
        )
        entries.insert(0, (Entry(kind, after, before=task, number=number), next_))
    notices = tuple(each for each in found if each.saying in NOTICES)
    return Decided(number, notices, tuple(entries), next_, said)


def _next(task: Task, claim: Claim, now: datetime, *, heard: datetime) -> datetime | None:
    return next_instant(task, people=claim.people, zone=claim.zone, now=now, heard=heard)


async def write(
    fetch: Fetch, workspace: WorkspaceId, decided: Sequence[Decided], now: datetime
) -> None:
    """Writes what was decided, and counts it."""
    entries = [each for one in decided for each in one.entries]
    if entries:
        await store_by_clock(
            fetch,
            workspace,
            entries=[entry for entry, _ in entries],
            touches=[_near(entry) for entry, _ in entries],
            clock_at=[at for _, at in entries],
            now=now,
        )
    notices = [
        {"type": NOTICES[each.saying].value, "task": one.number, "detail": {"step": each.step}}
        for one in decided
        for each in one.notices
    ]
    if decided:
        await fetch(
            SAY,
            workspace=workspace,
            now=now,
            notices=msgspec.json.encode(notices).decode(),
            next=msgspec.json.encode(
                [{"task": one.number, "clock_at": one.next} for one in decided]
            ).decode(),
        )
    for one in decided:
        for saying in one.said:
            metrics.CLOCK.labels(saying.value).inc()


def _near(entry: Entry) -> set[TaskNumber]:
    """The task that shows the entry's as a new part."""
    parent = entry.after.parent
    return {parent} if entry.before is None and parent is not None else set()
