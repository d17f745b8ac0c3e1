"""Taking a file into a workspace: one act lays it out, then pieces of it follow, each an act.

The first act writes the people, templates and settings, gives each task its number, and keeps which
lines are taken: a repeated import goes on by that, and pieces that are there answer as at first.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from asyncpg import UniqueViolationError
from boss.task.v1 import transfer_pb2
from boss.task.v1 import transfer_service_pb2 as pb

from services.runtime.database import Fetch, Hot
from services.runtime.errors import Conflict
from services.task import queries, reading
from services.task.commands import keeping
from services.task.commands.create import DRAW_NUMBERS
from services.task.commands.recording import Notice, Recorded, perform_recorded
from services.task.commands.storing import Answer, Asked, Told, Written
from services.task.commands.writing import (
    Decided,
    Held,
    Outcome,
    Store,
    first_answer,
    people_of,
    perform,
    present_actor,
)
from services.task.model import (
    ActKind,
    Entry,
    EventType,
    PersonId,
    PersonRecord,
    Task,
    TaskNumber,
)
from services.task.rules import transfer as rules
from services.task.transfer import stored
from services.task.transfer.checking import Checked, Here, check, names_of
from services.task.transfer.exporting import ALL_PEOPLE
from services.task.transfer.file import MOST_REFUSED, MOST_TOLD, File, Keyed, Refused, Row
from services.task.transfer.reading_records import read_records
from services.task.transfer.reading_table import Setting, read_table
from services.task.transfer.renaming import renamed

PIECE = 500
HIGHEST_NUMBER = 1_000_000_000

LOOK_ROUND = Hot(
    "look_before_import",
    sa.text(
        """
SELECT pg_sequence_last_value(CAST(CAST(:sequence AS text) AS regclass)) AS last_number,
    (SELECT coalesce(array_agg(key), '{}') FROM task.templates
        WHERE workspace_id = CAST(:workspace AS bigint)) AS templates
"""
    ),
)
RESERVE_NUMBERS = Hot(
    "reserve_numbers",
    sa.text(
        """
SELECT setval(CAST(CAST(:sequence AS text) AS regclass), CAST(:last AS bigint))
WHERE pg_sequence_last_value(CAST(CAST(:sequence AS text) AS regclass)) IS NULL
"""
    ),
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is; the result comes with the last one."""

    done: int
    total: int
    plan: pb.ImportPlan
    # The last act, None where nothing was written.
    written: Written | None = None


async def run_import(
    store: Store, asked: Asked, content: bytes, *, table: bool, dry_run: bool
) -> AsyncIterator[Progress]:
    """The progress of taking a file. Raises Invalid FILE_UNREADABLE, Forbidden NOT_ALLOWED."""
    actor = await present_actor(store, asked)
    rules.require_transfer(actor)
    here = await _here(store, asked, actor)
    file = await _read(content, here, asked, table=table)
    first = None if dry_run else await first_answer(store, asked)
    if first is None:
        checked = await check(file, await _with_legacy(store, here, file))
        plan = _planned(checked)
        if dry_run:
            yield Progress(file.total, file.total, plan)
            return
        first = await _lay_out(store, asked, checked, here, plan=plan)
    plan = pb.ImportPlan.FromString(_bytes(first.answer))
    file.only(frozenset(plan.lines))
    done = len(file.people) + len(file.templates)
    yield Progress(done, file.total, plan, first)
    async for many, written in _pieces(store, asked, file, plan):
        done += many
        yield Progress(done, file.total, plan, written)


def _bytes(answer: Answer | bytes) -> bytes:
    return answer if isinstance(answer, bytes) else answer.SerializeToString()


async def _here(store: Store, asked: Asked, actor: PersonRecord) -> Here:
    database, workspace = store.database, asked.workspace
    home = await store.roster.workspace(workspace)
    rows = await database.hot_rows(ALL_PEOPLE, workspace=workspace, after=0)
    (look,) = await database.hot_rows(
        LOOK_ROUND, workspace=workspace, sequence=_sequence(workspace)
    )
    empty = len(rows) == 1 and look["last_number"] is None and not look["templates"]
    return Here(
        home=home,
        actor=actor,
        people=[reading.person_record(row) for row in rows],
        templates=frozenset(look["templates"]),
        legacy={},
        empty=empty,
    )


def _sequence(workspace: int) -> str:
    return f"task.task_number_{workspace:d}"


async def _read(content: bytes, here: Here, asked: Asked, *, table: bool) -> File:
    if not table:
        return await read_records(content)
    settings = here.home.settings
    setting = Setting(
        people=names_of(here.people),
        actor=asked.actor,
        zone=ZoneInfo(here.home.timezone),
        day_ends=_end_of(settings.working_hours),
        requires_approval=settings.requires_approval,
        now=asked.now,
    )
    return await read_table(content, setting)


def _end_of(hours: str) -> time:
    """When the day of these working hours ends: a deadline that names a day alone is then."""
    ends = hours.partition("-")[2]
    return time.max if ends.startswith("24") else time.fromisoformat(ends)


async def _with_legacy(store: Store, here: Here, file: File) -> Here:
    ids = [row.value.value.legacy_id for row in file.tasks if row.value.value.legacy_id]
    if not ids:
        return here
    return replace(here, legacy=await queries.find_legacy(store.database, here.home.id, ids))


def _planned(checked: Checked) -> pb.ImportPlan:
    """What will be taken, as far as it is known before anything is written."""
    file = checked.file
    return pb.ImportPlan(
        lines=[row.line for rows in file.rows for row in rows],
        refused=_told(file.refused),
        refused_count=len(file.refused),
        unused_columns=file.unused,
        counts=transfer_pb2.TransferCounts(
            people=len(file.people),
            templates=len(file.templates),
            tasks=len(file.tasks),
            comments=len(file.comments),
            time_entries=len(file.times),
            attendance=len(file.presences),
        ),
    )


def _told(refused: Sequence[Refused]) -> list[transfer_pb2.RefusedLine]:
    """The first of them, as many as fit into a message."""
    lines, size = [], 0
    for each in refused[:MOST_REFUSED]:
        shown = each.shown()
        line = transfer_pb2.RefusedLine(line=shown.line, title=shown.title, reasons=shown.reasons)
        size += line.ByteSize()
        if size > MOST_TOLD:
            break
        lines.append(line)
    return lines


# --- the layout ---


async def _lay_out(
    store: Store, asked: Asked, checked: Checked, here: Here, *, plan: pb.ImportPlan
) -> Written:
    """The answer with the layout: people are there then, and tasks have their numbers."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        rules.require_transfer(actor)
        home = await keeping.locked_workspace(fetch, asked.workspace)
        notices = []
        if checked.home is not None and checked.home != home:
            after = replace(checked.home, claimed=home.claimed, touched=home.touched)
            notices.append((await keeping.write_workspace(fetch, home, after))[1])
        people, written = await _people(fetch, asked, checked, here)
        notices += [notice for _, notice in written]
        file = checked.file
        if file.templates:
            values = [row.value for row in file.templates]
            await stored.keep_templates(fetch, asked.workspace, values, asked.now)
        made = pb.ImportPlan()
        made.CopyFrom(plan)
        made.people.extend(people)
        made.numbers.extend(await _numbers(fetch, asked, file, here))
        detail = {"tasks": len(file.tasks), "people": len(file.people)}
        notices.append(Notice(EventType.WORKSPACE_IMPORTED, detail=detail))
        told = Told(uuid.uuid4(), "imported a file", ActKind.NOTE)
        # Who asks may have been changed by this very act.
        changed = [record for record, _ in written if record.id == asked.actor]
        return Recorded(notices, told, made, changed)

    done = await perform_recorded(store, asked, work)
    store.roster.forget_workspace(asked.workspace)
    store.roster.forget(record.id for record in here.people)
    return done


async def _people(
    fetch: Fetch, asked: Asked, checked: Checked, here: Here
) -> tuple[list[PersonId], list[tuple[PersonRecord, Notice]]]:
    """The people of the file by their number here, and who was written for it."""
    found, done = [], []
    for row in checked.file.people:
        known = checked.known.get(row.value.key)
        person = row.value.value
        if known is not None and here.empty and known.id == here.actor.id:
            person = replace(person, role=known.person.role, status=known.person.status)
        if known is not None and (not here.empty or person == known.person):
            found.append(known.id)
            continue
        try:
            written = await keeping.write_person(fetch, asked.workspace, person, before=known)
        except UniqueViolationError as error:
            raise Conflict(
                "PEOPLE_CHANGING", "People have been changed meanwhile; take the file once more."
            ) from error
        found.append(written[0].id)
        done.append(written)
    return found, done


async def _numbers(fetch: Fetch, asked: Asked, file: File, here: Here) -> Sequence[TaskNumber]:
    """The tasks' numbers: those of the file where no task has ever been here, else new ones."""
    sequence = _sequence(asked.workspace)
    if here.empty and file.head is not None:
        highest = max([row.value.key for row in file.tasks], default=0)
        last = max(highest, min(file.head.last_number, HIGHEST_NUMBER))
        if last == 0 or await fetch(RESERVE_NUMBERS, sequence=sequence, last=last):
            return [TaskNumber(row.value.key) for row in file.tasks]
    rows = await fetch(DRAW_NUMBERS, sequence=sequence, many=len(file.tasks))
    return [TaskNumber(row["number"]) for row in rows]


# --- the pieces ---


async def _pieces(
    store: Store, asked: Asked, file: File, plan: pb.ImportPlan
) -> AsyncIterator[tuple[int, Written]]:
    """The rest of the file, so many records at once."""
    people: dict[PersonId, PersonId] = dict(file.named)
    people.update(
        (PersonId(row.value.key), PersonId(number))
        for row, number in zip(file.people, plan.people, strict=True)
    )
    numbers = {
        TaskNumber(row.value.key): TaskNumber(number)
        for row, number in zip(file.tasks, plan.numbers, strict=True)
    }
    rows: Sequence[Row[Any]]
    total = len(file.tasks)
    for place, rows in _cut(file.tasks):
        piece = _asked(asked, "tasks", place)
        done = f"imported {len(rows)} tasks" + (f" of {total:,}" if total > PIECE else "")
        yield len(rows), await _tasks(store, piece, rows, people=people, numbers=numbers, done=done)
    others: Sequence[Row[Any]]
    for kind, others in (
        ("comments", file.comments),
        ("time_entries", file.times),
        ("attendance", file.presences),
    ):
        for place, rows in _cut(others):
            values = [_here_named(row.value, people, numbers) for row in rows]
            yield len(values), await _others(store, _asked(asked, kind, place), kind, values)


def _cut(rows: Sequence[Row[Any]]) -> list[tuple[int, Sequence[Row[Any]]]]:
    return [(begin, rows[begin : begin + PIECE]) for begin in range(0, len(rows), PIECE)]


def _asked(asked: Asked, kind: str, place: int) -> Asked:
    """The write of a piece, which has a request id of its own."""
    return replace(asked, request_id=uuid.uuid5(asked.request_id, f"{kind} {place}"))


async def _tasks(
    store: Store,
    asked: Asked,
    rows: Sequence[Row[Keyed[Task]]],
    *,
    people: Mapping[PersonId, PersonId],
    numbers: Mapping[TaskNumber, TaskNumber],
    done: str,
) -> Written:
    entries = tuple(
        Entry(
            EventType.TASK_CREATED,
            number=numbers[TaskNumber(row.value.key)],
            after=renamed(
                row.value.value, person=people.__getitem__, number=lambda n: numbers.get(n, n)
            ),
        )
        for row in rows
    )
    concerned = people_of((entry.after for entry in entries), asked.actor)

    async def decide(_held: Held, _actor: PersonRecord) -> Decided:
        known = await store.roster.of(asked.workspace, concerned)
        told = Told(uuid.uuid4(), done)
        return Decided(entries, told, known, Outcome((), told.id))

    try:
        return await perform(store, asked, decide, compose=lambda _: pb.ImportPlan(), lock=False)
    except UniqueViolationError as error:
        raise Conflict(
            "NUMBERS_TAKEN", "Tasks have been made meanwhile; take the file once more."
        ) from error


def _here_named(
    value: Any, people: Mapping[PersonId, PersonId], numbers: Mapping[TaskNumber, TaskNumber]
) -> Any:
    value = stored.with_people(value, people.__getitem__)
    if hasattr(value, "task"):
        return replace(value, task=numbers.get(value.task, value.task))
    return value


async def _others(store: Store, asked: Asked, kind: str, values: Sequence[Any]) -> Written:
    async def work(fetch: Fetch, _actor: PersonRecord) -> Recorded:
        await stored.keep(fetch, asked.workspace, values)
        notice = Notice(EventType.WORKSPACE_IMPORTED, detail={kind: len(values)})
        told = Told(uuid.uuid4(), f"imported {kind.replace('_', ' ')}", ActKind.NOTE)
        return Recorded((notice,), told, pb.ImportPlan())

    return await perform_recorded(store, asked, work)
