"""Timers and logged time, for the servicer of attendance, and whose time the caller may see."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from boss.task.v1 import attendance_service_pb2 as pb

from services.runtime import clock
from services.runtime import context as calls
from services.runtime.errors import NotFound
from services.task.attendance import Scope
from services.task.commands import time as commands
from services.task.commands.storing import Answer
from services.task.commands.time import Spent, Timed
from services.task.commands.writing import Store
from services.task.convert.attendance import (
    EARLIEST,
    LATEST,
    change_from,
    day_from,
    entry_target,
    entry_to_proto,
    minutes_from,
    note_from,
)
from services.task.convert.checks import Faults
from services.task.convert.lists import bad_token, parts_of, token_of
from services.task.convert.names import person_target, task_target, workspace_target
from services.task.model import PersonId, PersonRecord, Role, WorkspaceId
from services.task.rules.absent import person_left, person_not_found
from services.task.rules.attendance import require_part, require_read
from services.task.rules.people import CHIEFS
from services.task.seeing import seen_of
from services.task.server.calls import Answers, act_id, asked, viewer_of, workspace_of
from services.task.time_entries import BEYOND, list_entries, without_titles

PAGE, PAGE_DEFAULT = 100, 50


class Timing:
    """The RPCs on timers and logged time."""

    def __init__(self, store: Store, answers: Answers) -> None:
        self._store = store
        self._answers = answers

    async def StartTimer(
        self, request: pb.StartTimerRequest, _context: Any
    ) -> pb.StartTimerResponse:
        """The caller's timer on a task."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        note = note_from(request.note, "note", faults)
        faults.raise_if_any()
        _, number = task_target(request.name, ask.workspace)
        written = await commands.start_timer(
            self._store, ask, number, note=note, compose=_timed(pb.StartTimerResponse)
        )
        return await self._answers.complete(written, pb.StartTimerResponse, ask.workspace)

    async def StopTimer(self, request: pb.StopTimerRequest, _context: Any) -> pb.StopTimerResponse:
        """The caller's timer ends."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        faults.raise_if_any()
        number = task_target(request.name, ask.workspace)[1] if request.name else None
        compose = _timed(pb.StopTimerResponse)
        written = await commands.stop_timer(self._store, ask, number, compose)
        return await self._answers.complete(written, pb.StopTimerResponse, ask.workspace)

    async def LogTime(self, request: pb.LogTimeRequest, _context: Any) -> pb.LogTimeResponse:
        """Time on a task, by hand."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        minutes = minutes_from(request.spent, request.minutes, faults, field="minutes")
        note = note_from(request.note, "note", faults)
        day = day_from(request.date, "date", faults)
        faults.raise_if_any()
        _, number = task_target(request.name, ask.workspace)
        person = None
        if request.person:
            person = person_target(request.person, ask.workspace)[1]
        spent = Spent(number, minutes, note, day, person)
        written = await commands.log_time(self._store, ask, spent, _timed(pb.LogTimeResponse))
        return await self._answers.complete(written, pb.LogTimeResponse, ask.workspace)

    async def UpdateTime(
        self, request: pb.UpdateTimeRequest, _context: Any
    ) -> pb.UpdateTimeResponse:
        """Replaces what the mask names."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        change = change_from(request, faults)
        faults.raise_if_any()
        written = await commands.update_time(
            self._store,
            ask,
            entry_target(request.entry.name, ask.workspace),
            change,
            etag=request.etag,
            compose=_timed(pb.UpdateTimeResponse),
        )
        return await self._answers.complete(written, pb.UpdateTimeResponse, ask.workspace)

    async def DeleteTime(
        self, request: pb.DeleteTimeRequest, _context: Any
    ) -> pb.DeleteTimeResponse:
        """Takes an entry away."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        faults.raise_if_any()
        ident = entry_target(request.name, ask.workspace)

        def compose(act: UUID | None) -> Answer:
            return pb.DeleteTimeResponse(act=act_id(act))

        written = await commands.delete_time(self._store, ask, ident, compose=compose)
        return await self._answers.complete(written, pb.DeleteTimeResponse, ask.workspace)

    async def ListTimeEntries(
        self, request: pb.ListTimeEntriesRequest, _context: Any
    ) -> pb.ListTimeEntriesResponse:
        """One page, the newest day first."""
        faults = Faults()
        first = day_from(request.from_date, "from_date", faults)
        last = day_from(request.to_date, "to_date", faults)
        limit = limit_from(request.page_size, PAGE, faults) or PAGE_DEFAULT
        faults.raise_if_any()
        before = None
        if request.page_token:
            day, ident = parts_of(request.page_token, tuple[str, int])
            before = day_from(day, "page_token", faults) or BEYOND[0], ident
            if not 0 <= ident <= BEYOND[1]:
                raise bad_token()
            faults.raise_if_any()
        scope, _ = await self.scope(request, "")
        task = None
        if request.task:
            task = task_target(request.task, scope.workspace)[1]
        found = await list_entries(
            self._store.database,
            scope,
            task=task,
            first=first or EARLIEST,
            last=last or LATEST,
            limit=limit,
            before=before,
        )
        viewer = await viewer_of(self._store.roster)
        numbers = {each.entry.task for each in found.entries}
        known = await seen_of(self._store.database.hot_rows, viewer, numbers)
        now, key = clock.now(), found.next_key
        return pb.ListTimeEntriesResponse(
            entries=[entry_to_proto(each, now) for each in without_titles(found.entries, known)],
            next_page_token=token_of([key[0].isoformat(), key[1]]) if key else "",
            total_size=found.total,
            as_of=found.as_of,
        )

    async def scope(self, request: Any, department: str) -> tuple[Scope, PersonRecord | None]:
        """Whose time a request asks for, of whom the caller may see; and the person it names.

        Raises NotFound PERSON_NOT_FOUND, Forbidden NOT_ALLOWED.
        """
        caller = calls.caller()
        own = workspace_of(caller)
        workspace = _workspace(request.workspace, own)
        actor = None
        if caller.person is not None:
            actor = await self._record(workspace, PersonId(caller.person))
            if actor is None:
                raise person_left()
            require_part(actor)
        person = None
        if request.person:
            person = await self._record(workspace, person_target(request.person, workspace)[1])
            if person is None:
                raise person_not_found()
            if actor is not None:
                require_read(actor, person)
        scope = Scope(
            workspace,
            own=None if actor is None else actor.id,
            departments=None if actor is None or person is not None else _led(actor),
            person=None if person is None else person.id,
            department=department or None,
        )
        return scope, person

    async def _record(self, workspace: WorkspaceId, person: PersonId) -> PersonRecord | None:
        return (await self._store.roster.of(workspace, (person,))).get(person)


def _workspace(name: str, own: WorkspaceId | None) -> WorkspaceId:
    """The workspace asked about: the caller's; a service on its own behalf names one."""
    if own is not None and name in {"", "workspaces/-"}:
        return own
    wanted = workspace_target(name)
    if own is not None and wanted != own:
        raise NotFound("WORKSPACE_NOT_FOUND", "There is no such workspace.")
    return wanted


def _led(actor: PersonRecord) -> tuple[str, ...] | None:
    """The departments whose time the actor may see beside the own; None: everybody's."""
    if actor.person.role in CHIEFS:
        return None
    return actor.person.leads if actor.person.role is Role.LEAD else ()


def limit_from(size: int, most: int, faults: Faults) -> int:
    """How many a page is to have; 0 where nothing is said."""
    if not 0 <= size <= most:
        faults.add("page_size", f"Give 1 to {most}.")
    return size


def _timed(kind: Any) -> Callable[[Timed], Answer]:
    fields = kind.DESCRIPTOR.fields_by_name

    def compose(timed: Timed) -> Answer:
        answer = kind(entry=entry_to_proto(timed.entry, timed.now))
        if "act" in fields:
            answer.act = act_id(timed.act)
        if timed.stopped is not None:
            answer.stopped.CopyFrom(entry_to_proto(timed.stopped, timed.now))
        return answer  # type: ignore[no-any-return]

    return compose
