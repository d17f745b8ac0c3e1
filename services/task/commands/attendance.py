"""In, break, out: each in one transaction under the person's lock."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.task import reading
from services.task.attendance import presence_of
from services.task.commands.presence import (
    READ_PRESENCES,
    attendance_notice,
    entry_notice,
    lock_person,
    locked_tasks,
    ref_of,
    running_timer,
    tell,
    write_entry,
    write_presence,
)
from services.task.commands.recording import Recorded, perform_recorded
from services.task.commands.storing import Answer, Asked, Told, Written
from services.task.commands.writing import Store
from services.task.model import (
    ActKind,
    EventType,
    PersonId,
    PersonRecord,
    Priority,
    TaskRef,
    WorkspaceId,
)
from services.task.rules import attendance as rules
from services.task.rules import timers
from services.task.rules.attendance import Presence
from services.task.rules.shifts import DAY
from services.task.time_entries import Shown as ShownEntry

# What belongs to the same day, or lasts from the one before, began no further away than this.
NEAR = 2 * DAY
DUE_NEXT = 5

LIST_DUE = Hot(
    "list_due_next",
    sa.text(
        """
SELECT task.number, task.title, task.status, task.deadline, task.priority,
    count(*) OVER () AS total
FROM task.task_assignees AS mine
JOIN task.tasks AS task
    ON task.workspace_id = mine.workspace_id AND task.number = mine.task_number
WHERE mine.workspace_id = CAST(:workspace AS bigint) AND mine.person_id = CAST(:person AS bigint)
    AND mine.mark <> 4 AND task.status NOT IN (5, 7, 8) AND task.deleted_at IS NULL
ORDER BY task.deadline NULLS LAST, task.priority DESC, task.number LIMIT CAST(:limit AS integer)
"""
    ),
)


@dataclass(frozen=True, slots=True)
class DueTask:
    """An open task with what matters for what to do next."""

    task: TaskRef
    deadline: datetime | None
    priority: Priority


@dataclass(frozen=True, slots=True)
class Clocked:
    """What an answer is made of: the presence as it is now, and that day's presences with it."""

    workspace: WorkspaceId
    record: PersonRecord
    now: datetime
    presence: Presence
    same_day: Sequence[Presence]
    due_next: Sequence[DueTask] = ()
    due_total: int = 0
    stopped: ShownEntry | None = None


Compose = Callable[[Clocked], Answer]


async def clock_in(store: Store, asked: Asked, compose: Compose) -> Written:
    """The answer with the presence that began, or that lasts already."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        known = await _presences(fetch, asked, actor)
        present = known[-1] if known and known[-1].left_at is None else None
        if present is not None and not present.overdue(asked.now):
            if not present.on_break:
                return Recorded((), note(""), compose(clocked(asked, actor, present, known)))
            return await _ended_break(fetch, asked, actor, compose, present=present, known=known)
        if present is not None:
            await close(fetch, asked.workspace, present, known, at=asked.now)
        begun = rules.begin(actor, asked.now, grace=await grace_of(store, asked))
        begun = await write_presence(fetch, asked.workspace, begun)
        shown = clocked(asked, actor, begun, known)
        notice = attendance_notice(
            EventType.ATTENDANCE_IN,
            begun,
            asked.now,
            late_minutes=begun.late_minutes(shown.same_day),
        )
        return Recorded((notice,), note("came in"), compose(shown))

    return await perform_recorded(store, asked, work)


async def clock_out(store: Store, asked: Asked, compose: Compose) -> Written:
    """The answer with the presence that ended, and what is due next. Raises Conflict NOT_IN."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        known = await _presences(fetch, asked, actor)
        present = _present(known, asked, actor, doing="go")
        gone = await write_presence(fetch, asked.workspace, rules.leave(present, asked.now))
        notices = [
            attendance_notice(
                EventType.ATTENDANCE_OUT,
                gone,
                asked.now,
                worked_minutes=gone.worked_minutes(asked.now),
                break_minutes=gone.break_minutes(asked.now),
            )
        ]
        stopped = await stop_timer_of(fetch, asked, actor)
        if stopped is not None:
            notices.append(entry_notice(EventType.TIMER_STOPPED, stopped.entry))
        due: Any = await fetch(LIST_DUE, workspace=asked.workspace, person=actor.id, limit=DUE_NEXT)
        shown = replace(
            clocked(asked, actor, gone, known),
            due_next=[_due(row) for row in due],
            due_total=due[0]["total"] if due else 0,
            stopped=stopped,
        )
        return Recorded(notices, note("went out"), compose(shown))

    return await perform_recorded(store, asked, work)


async def toggle_break(
    store: Store, asked: Asked, compose: Compose, *, on_break: bool | None
) -> Written:
    """The answer with the presence, on a break or not. Raises Conflict NOT_IN, BREAKS_FULL."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        known = await _presences(fetch, asked, actor)
        present = _present(known, asked, actor, doing="take a break")
        wanted = not present.on_break if on_break is None else on_break
        if wanted is present.on_break:
            return Recorded((), note(""), compose(clocked(asked, actor, present, known)))
        if not wanted:
            return await _ended_break(fetch, asked, actor, compose, present=present, known=known)
        paused = await write_presence(fetch, asked.workspace, rules.pause(present, asked.now))
        notice = attendance_notice(EventType.ATTENDANCE_BREAK_STARTED, paused, asked.now)
        return Recorded(
            (notice,), note("began a break"), compose(clocked(asked, actor, paused, known))
        )

    return await perform_recorded(store, asked, work)


async def close(
    fetch: Fetch,
    workspace: WorkspaceId,
    presence: Presence,
    known: Sequence[Presence],
    *,
    at: datetime,
) -> None:
    """Closes what nobody has ended, and has the log tell it."""
    closed = await write_presence(fetch, workspace, rules.forget(presence))
    assert closed.left_at is not None  # noqa: S101 -- `forget` gives it an end
    notice = attendance_notice(
        EventType.ATTENDANCE_FORGOTTEN,
        closed,
        closed.left_at,
        late_minutes=closed.late_minutes(known),
        worked_minutes=closed.worked_minutes(at),
        break_minutes=closed.break_minutes(at),
    )
    await tell(fetch, workspace, notice, at=at)


async def stop_timer_of(fetch: Fetch, asked: Asked, actor: PersonRecord) -> ShownEntry | None:
    """The person's timer, stopped; the log is still to be told, but for what the clock stops."""
    running = await running_timer(fetch, actor.id)
    if running is None:
        return None
    tasks = await locked_tasks(fetch, asked.workspace, {running.task})
    if running.overdue(asked.now):
        await forget_timer(fetch, asked.workspace, running, at=asked.now)
        return None
    stopped = await write_entry(fetch, asked.workspace, timers.stop(running, asked.now))
    ref = ref_of(tasks, stopped.task)
    return ShownEntry(asked.workspace, stopped, actor.person.display_name, ref)


async def forget_timer(
    fetch: Fetch, workspace: WorkspaceId, running: timers.TimeEntry, *, at: datetime
) -> None:
    """Stops a timer that nobody has stopped, and has the log tell it."""
    stopped = await write_entry(fetch, workspace, timers.forget(running, at))
    notice = entry_notice(EventType.TIMER_STOPPED, stopped, forgotten=True)
    await tell(fetch, workspace, notice, at=at)


async def _presences(fetch: Fetch, asked: Asked, actor: PersonRecord) -> list[Presence]:
    """The actor's latest presences under the actor's lock, in order; the open one is the last."""
    rules.require_part(actor)
    await lock_person(fetch, actor.id)
    found = await near(fetch, actor.id, asked.now)
    return sorted(found, key=lambda each: (each.left_at is None, each.came_at))


async def near(fetch: Fetch, person: PersonId, moment: datetime) -> list[Presence]:
    """The person's presences of the days round a moment, and the open one."""
    day = moment.date()
    rows = await fetch(READ_PRESENCES, person=person, first=day - NEAR, last=day + NEAR)
    return [presence_of(row["presence"]) for row in rows]


def _present(
    known: Sequence[Presence], asked: Asked, actor: PersonRecord, *, doing: str
) -> Presence:
    """The presence that lasts. Raises Conflict NOT_IN."""
    last = known[-1] if known else None
    if last is None or last.left_at is not None or last.overdue(asked.now):
        if last is not None and last.left_at is None:
            last = rules.forget(last)
        raise rules.not_in(last, actor, doing=doing)
    return last


async def _ended_break(
    fetch: Fetch,
    asked: Asked,
    actor: PersonRecord,
    compose: Compose,
    *,
    present: Presence,
    known: Sequence[Presence],
) -> Recorded:
    back = await write_presence(fetch, asked.workspace, rules.resume(present, asked.now))
    notice = attendance_notice(EventType.ATTENDANCE_BREAK_ENDED, back, asked.now)
    return Recorded((notice,), note("ended a break"), compose(clocked(asked, actor, back, known)))


async def grace_of(store: Store, asked: Asked) -> timedelta:
    """How long after its beginning coming to work is not late in this workspace."""
    settings = (await store.roster.workspace(asked.workspace)).settings
    return timedelta(minutes=settings.late_grace_minutes)


def clocked(
    asked: Asked, record: PersonRecord, presence: Presence, known: Sequence[Presence]
) -> Clocked:
    """The presence as it is now, among those of its day."""
    others = [each for each in known if each.day == presence.day and each.id != presence.id]
    return Clocked(asked.workspace, record, asked.now, presence, (*others, presence))


def _due(row: Any) -> DueTask:
    ref = TaskRef(row["number"], row["title"], reading.STATUS[row["status"]])
    return DueTask(ref, row["deadline"], reading.PRIORITY[row["priority"]])


def note(summary: str) -> Told:
    """A note: nothing that an undo would take back."""
    return Told(uuid.uuid4(), summary, ActKind.NOTE)
