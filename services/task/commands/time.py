"""Timers and logged time: each write under the person's lock, and under that of its tasks."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.runtime.errors import Invalid, Violation
from services.task.attendance import ENTRY, entry_of
from services.task.commands.attendance import stop_timer_of
from services.task.commands.comments import SET_CLOCK
from services.task.commands.presence import (
    entry_notice,
    lock_person,
    locked_tasks,
    ref_of,
    running_timer,
    write_entry,
)
from services.task.commands.recording import Recorded, perform_recorded
from services.task.commands.storing import Answer, Asked, Told, Written
from services.task.commands.undo_time import COLUMNS
from services.task.commands.writing import Store, people_of
from services.task.model import (
    ActKind,
    EventType,
    PersonId,
    PersonRecord,
    TaskNumber,
    TaskRef,
    TaskView,
)
from services.task.rules import timers as rules
from services.task.rules.absent import person_not_found, task_not_found
from services.task.rules.attendance import require_part
from services.task.rules.clock import next_instant
from services.task.rules.durations import words
from services.task.rules.permissions import People, Right, require
from services.task.rules.timers import Change, TimeEntry
from services.task.seeing import seen_of
from services.task.time_entries import Shown

READ_ENTRY = Hot(
    "read_time_entry",
    sa.text(
        f"""
SELECT CAST({ENTRY} AS text) AS entry FROM task.time_entries AS entry
WHERE id = CAST(:entry AS bigint) AND workspace_id = CAST(:workspace AS bigint)
FOR UPDATE
"""  # noqa: S608 -- our own words
    ),
)


@dataclass(frozen=True, slots=True)
class Timed:
    """What an answer is made of: the entry as it is now, and the timer that it has stopped."""

    entry: Shown
    now: datetime
    stopped: Shown | None = None
    act: UUID | None = None


Compose = Callable[[Timed], Answer]


async def start_timer(
    store: Store, asked: Asked, number: TaskNumber, *, note: str, compose: Compose
) -> Written:
    """The answer with the timer that runs on the task. Raises Conflict TASK_CLOSED."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        require_part(actor)
        await lock_person(fetch, actor.id)
        running = await running_timer(fetch, actor.id)
        numbers = {number} if running is None else {number, running.task}
        views = await locked_tasks(fetch, asked.workspace, numbers)
        view = _there(views, number)
        people = await _require_work(store, fetch, asked, actor, view=view)
        ref = ref_of(views, number)
        if running is not None and running.task == number and not running.overdue(asked.now):
            return Recorded((), _note(""), compose(Timed(_shown(actor, running, ref), asked.now)))
        rules.require_open(number, view.task)
        stopped = await stop_timer_of(fetch, asked, actor)
        begun = rules.start(actor, number, note=note, now=asked.now)
        begun = await write_entry(fetch, asked.workspace, begun)
        notices = [] if stopped is None else [entry_notice(EventType.TIMER_STOPPED, stopped.entry)]
        notices.append(entry_notice(EventType.TIMER_STARTED, begun))
        await _wind(store, fetch, asked, view=view, people=people)
        answer = compose(Timed(_shown(actor, begun, ref), asked.now, stopped))
        told = _note(f"started a timer on T-{number}")
        return Recorded(notices, told, answer, tuple(people.values()))

    return await perform_recorded(store, asked, work)


async def stop_timer(
    store: Store, asked: Asked, number: TaskNumber | None, compose: Compose
) -> Written:
    """The answer with the timer that was stopped.

    Raises Conflict NO_TIMER, NotFound TASK_NOT_FOUND.
    """

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        require_part(actor)
        await lock_person(fetch, actor.id)
        running = await running_timer(fetch, actor.id)
        lasts = running is not None and not running.overdue(asked.now)
        if running is None or not lasts or number not in {None, running.task}:
            if number is not None:
                _there(await locked_tasks(fetch, asked.workspace, {number}), number)
            raise rules.no_timer(running if lasts else None)
        stopped = await stop_timer_of(fetch, asked, actor)
        assert stopped is not None  # noqa: S101 -- it runs, under the lock
        told = _note(f"stopped the timer on T-{running.task}")
        notice = entry_notice(EventType.TIMER_STOPPED, stopped.entry)
        return Recorded((notice,), told, compose(Timed(stopped, asked.now)))

    return await perform_recorded(store, asked, work)


@dataclass(frozen=True, slots=True)
class Spent:
    """Time to be logged; without a person the asker's, without a day of today."""

    task: TaskNumber
    minutes: int
    note: str = ""
    day: date | None = None
    person: PersonId | None = None


async def log_time(store: Store, asked: Asked, spent: Spent, compose: Compose) -> Written:
    """The answer with the entry. Raises NotFound TASK_NOT_FOUND, PERSON_NOT_FOUND."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        require_part(actor)
        subject = await _subject(store, asked, spent.person or actor.id)
        rules.require_log_for(actor, subject)
        require_part(subject)
        day = spent.day or asked.now.astimezone(ZoneInfo(subject.person.timezone)).date()
        _check_day(day, subject, asked.now)
        views = await locked_tasks(fetch, asked.workspace, {spent.task})
        view = _there(views, spent.task)
        people = await _require_work(store, fetch, asked, actor, view=view)
        entry = TimeEntry(
            id=0,
            person=subject.id,
            task=spent.task,
            day=day,
            created_at=asked.now,
            updated_at=asked.now,
            minutes=spent.minutes,
            note=spent.note,
        )
        entry = await write_entry(fetch, asked.workspace, entry)
        await _wind(store, fetch, asked, view=view, people=people)
        told = Told(uuid.uuid4(), f"logged {words(entry.minutes)} on T-{spent.task}")
        timed = Timed(_shown(subject, entry, ref_of(views, spent.task)), asked.now, act=told.id)
        concerned = {**people, subject.id: subject}
        notice = entry_notice(EventType.TIME_LOGGED, entry)
        return Recorded((notice,), told, compose(timed), tuple(concerned.values()))

    return await perform_recorded(store, asked, work)


async def update_time(
    store: Store, asked: Asked, ident: int, change: Change, *, etag: str, compose: Compose
) -> Written:
    """The answer with the entry as changed. Raises Stale ETAG_MISMATCH, Conflict TIMER_RUNS."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        entry, subject = await _held(store, fetch, asked, actor, ident=ident)
        if change.day is not None and change.day != entry.day:
            _check_day(change.day, subject, asked.now)
        after = rules.change(entry, change, etag=etag, now=asked.now)
        views = await locked_tasks(fetch, asked.workspace, {entry.task})
        ref = ref_of(views, entry.task)
        if after is None:
            return Recorded((), _note(""), compose(Timed(_shown(subject, entry, ref), asked.now)))
        after = await write_entry(fetch, asked.workspace, after)
        told = Told(uuid.uuid4(), f"changed time on T-{entry.task}")
        timed = Timed(_shown(subject, after, ref), asked.now, act=told.id)
        notice = entry_notice(
            EventType.TIME_CHANGED, after, before=_columns(entry), after=_columns(after)
        )
        return Recorded((notice,), told, compose(timed), (subject,))

    return await perform_recorded(store, asked, work)


async def delete_time(
    store: Store, asked: Asked, ident: int, *, compose: Callable[[UUID | None], Answer]
) -> Written:
    """The answer to taking an entry away; its row stays, out of sight."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        entry, subject = await _held(store, fetch, asked, actor, ident=ident)
        await locked_tasks(fetch, asked.workspace, {entry.task})
        await write_entry(fetch, asked.workspace, replace(entry, deleted_at=asked.now))
        # A timer that runs can't run again from then: nothing that an undo would take back.
        kind = ActKind.NOTE if entry.runs else ActKind.ACT
        told = Told(uuid.uuid4(), f"deleted time on T-{entry.task}", kind)
        notice = entry_notice(EventType.TIME_REMOVED, entry)
        answer = compose(None if entry.runs else told.id)
        return Recorded((notice,), told, answer, (subject,))

    return await perform_recorded(store, asked, work)


def _columns(entry: TimeEntry) -> dict[str, object]:
    """What an undo puts back (undo_time.py)."""
    return {name: getattr(entry, name) for name in COLUMNS}


async def _held(
    store: Store, fetch: Fetch, asked: Asked, actor: PersonRecord, *, ident: int
) -> tuple[TimeEntry, PersonRecord]:
    """The entry under its lock, and whose it is. Raises NotFound TIME_ENTRY_NOT_FOUND."""
    require_part(actor)
    rows = await fetch(READ_ENTRY, entry=ident, workspace=asked.workspace)
    entry = entry_of(rows[0]["entry"]) if rows else None
    if entry is None or entry.deleted_at is not None:
        raise rules.entry_not_found()
    rules.require_own(actor, entry)
    return entry, await _subject(store, asked, entry.person)


async def _subject(store: Store, asked: Asked, person: PersonId) -> PersonRecord:
    record = (await store.roster.of(asked.workspace, (person,))).get(person)
    if record is None:
        raise person_not_found()
    return record


async def _require_work(
    store: Store, fetch: Fetch, asked: Asked, actor: PersonRecord, *, view: TaskView
) -> People:
    """The people whom this rests on. Raises NotFound TASK_NOT_FOUND, Forbidden NOT_ALLOWED."""
    viewer = await store.roster.viewer(asked.workspace, asked.actor)
    if view.number not in await seen_of(fetch, viewer, (view.number,)):
        raise task_not_found(view.number)
    people = await store.roster.of(asked.workspace, people_of([view.task], actor.id))
    require(
        actor,
        Right.WORK,
        task=view.task,
        number=view.number,
        people=people,
        now=asked.now,
        doing="log time on",
    )
    return people


async def _wind(
    store: Store, fetch: Fetch, asked: Asked, *, view: TaskView, people: People
) -> None:
    """Puts the task's clock forward: something was heard of it."""
    zone = ZoneInfo((await store.roster.workspace(asked.workspace)).timezone)
    clock_at = next_instant(view.task, people=people, zone=zone, now=asked.now, heard=asked.now)
    await fetch(
        SET_CLOCK,
        workspace=asked.workspace,
        number=view.number,
        clock_at=clock_at,
        at=asked.now,
    )


def _check_day(day: date, subject: PersonRecord, now: datetime) -> None:
    """Raises Invalid FIELDS_INVALID for a day to come, or too long ago."""
    today = now.astimezone(ZoneInfo(subject.person.timezone)).date()
    if today - rules.LOG_BACK <= day <= today:
        return
    detail = f"Time is logged for the last {rules.LOG_BACK.days} days, up to today ({today})."
    raise Invalid("FIELDS_INVALID", "Correct these fields.", violations=[Violation("date", detail)])


def _there(views: Mapping[TaskNumber, TaskView], number: TaskNumber) -> TaskView:
    """The task. Raises NotFound TASK_NOT_FOUND."""
    if number not in views or views[number].task.deleted_at is not None:
        raise task_not_found(number)
    return views[number]


def _shown(subject: PersonRecord, entry: TimeEntry, ref: TaskRef) -> Shown:
    return Shown(subject.workspace, entry, subject.person.display_name, ref)


def _note(summary: str) -> Told:
    """A note: nothing that an undo would take back."""
    return Told(uuid.uuid4(), summary, ActKind.NOTE)
