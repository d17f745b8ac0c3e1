"""What understanding needs of each busy workspace: kept in memory, brought up to date by position.

The first message of a workspace asks `task` for everything, a later one for what changed since. A
caller names the least position it must know of; beyond that, what is older than a second is asked
for again. Calls that wait for the same workspace share one request. Built on GetContext alone.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from boss.task.v1 import task_service_pb2 as wire

from services.ai import convert, metrics
from services.ai.model import Context, OpenTask, Person
from services.runtime import logs
from services.runtime.client import Stub
from services.runtime.errors import DeadlineExceeded, Internal, NotFound, Unavailable

FRESH_S = 1.0
# 5,000 open tasks take some 3 MB.
MOST_WORKSPACES = 500
MOST_ENTRIES = 20_000

_log = logs.logger("context")


@dataclass(frozen=True, slots=True)
class Known:
    """A workspace as of a position. Unchanged parts stay the same objects over refreshes."""

    workspace: str
    timezone: str
    position: int
    people: Mapping[int, Person]
    roster: tuple[Person, ...]
    tasks: Mapping[str, OpenTask]
    open_tasks: tuple[OpenTask, ...]
    # When it was asked for, on the monotonic clock.
    asked_at: float

    @property
    def entries(self) -> int:
        """How much room it takes, in people and tasks."""
        return len(self.people) + len(self.tasks)

    def seen_by(
        self, person: int, *, now: datetime, last_task: str | None, card_tasks: tuple[str, ...]
    ) -> Context:
        """Return the context of a message of this person; dates count in their zone."""
        sender = self.people[person]
        return Context(
            now=now.astimezone(zone(sender.timezone, self.timezone)),
            sender=sender,
            roster=self.roster,
            open_tasks=self.open_tasks,
            last_task=last_task,
            card_tasks=card_tasks,
        )


class Contexts:
    """The workspaces that were busy lately."""

    def __init__(
        self,
        task: Stub,
        *,
        fresh_s: float = FRESH_S,
        most_workspaces: int = MOST_WORKSPACES,
        most_entries: int = MOST_ENTRIES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._task = task
        self._fresh_s = fresh_s
        self._most_workspaces = most_workspaces
        self._most_entries = most_entries
        self._clock = clock
        # The least recently used comes first.
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._entries = 0
        self._homes: dict[int, str] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def get(self, person: int, *, min_position: int, workspace: int | None = None) -> Known:
        """Return the person's workspace as of this position or a later one.

        From memory, or one RPC. NotFound for an unknown person; Unavailable where task can't tell.
        """
        came_at = self._clock()
        if known := self._good(person, min_position, since=came_at - self._fresh_s):
            return known
        home = self._homes.get(person) or (workspace and f"workspaces/{workspace}") or None
        lock = self._locks.setdefault(home or f"of {person}", asyncio.Lock())
        async with lock:
            # What was asked for after this call came is as good as an answer of its own.
            if known := self._good(person, min_position, since=came_at):
                return known
            known = await self._refresh(person, home)
        if person not in known.people:
            raise NotFound("PERSON_NOT_FOUND", "There is no such person in this workspace.")
        if known.position < min_position:
            raise Unavailable(
                "POSITION_AHEAD",
                f"The log is known to {known.position}, not yet to {min_position}; ask again.",
            )
        return known

    def _good(self, person: int, min_position: int, *, since: float) -> Known | None:
        """What is in memory, if it is of this person, this far, and was asked for since then."""
        known = self._known.get(self._homes.get(person, ""))
        if known is None or known.position < min_position or known.asked_at < since:
            return None
        self._known.move_to_end(known.workspace)
        return known

    async def _refresh(self, person: int, home: str | None) -> Known:
        before = None if home is None else self._known.get(home)
        asked_at = self._clock()
        request = wire.GetContextRequest(
            workspace=home or "",
            person="" if home else f"workspaces/-/people/{person}",
            after_position=before.position if before else 0,
        )
        try:
            told: wire.GetContextResponse = await self._task.GetContext(request)
        except (Unavailable, DeadlineExceeded, Internal) as error:
            metrics.CONTEXT_REFRESHES.labels("failed").inc()
            raise Unavailable(
                "CONTEXT_UNAVAILABLE", "The tasks can't be read just now; ask again soon."
            ) from error
        metrics.CONTEXT_REFRESHES.labels("full" if told.full else "delta").inc()
        known = _updated(None if told.full else before, told, asked_at)
        self._keep(known)
        return known

    def _keep(self, known: Known) -> None:
        self._forget(known.workspace)
        self._known[known.workspace] = known
        self._entries += known.entries
        self._homes.update(dict.fromkeys(known.people, known.workspace))
        while self._known and (
            len(self._known) > self._most_workspaces or self._entries > self._most_entries
        ):
            self._forget(next(iter(self._known)))
        metrics.CONTEXT_WORKSPACES.set(len(self._known))

    def _forget(self, workspace: str) -> None:
        if (known := self._known.pop(workspace, None)) is not None:
            self._entries -= known.entries
            for person in known.people:
                self._homes.pop(person, None)


def zone(*names: str) -> ZoneInfo:
    """Return the first of these zones that there is, else UTC."""
    for name in names:
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            _log.warning("no such time zone", zone=name)
    return ZoneInfo("UTC")


def _updated(before: Known | None, told: wire.GetContextResponse, asked_at: float) -> Known:
    people, roster = _people(before, told)
    tasks, open_tasks = _tasks(before, told)
    return Known(
        workspace=told.workspace.name,
        timezone=told.workspace.timezone,
        position=told.position,
        people=people,
        roster=roster,
        tasks=tasks,
        open_tasks=open_tasks,
        asked_at=asked_at,
    )


def _people(
    before: Known | None, told: wire.GetContextResponse
) -> tuple[Mapping[int, Person], tuple[Person, ...]]:
    if before is not None and not told.people:
        return before.people, before.roster
    left = {convert.number(each.name) for each in told.people if convert.has_left(each)}
    people = {} if before is None else dict(before.people)
    there = {} if before is None else {convert.number(each.name): each for each in before.roster}
    for proto in told.people:
        person = convert.person(proto)
        people[convert.number(proto.name)] = there[convert.number(proto.name)] = person
    return people, tuple(there[each] for each in sorted(there.keys() - left))


def _tasks(
    before: Known | None, told: wire.GetContextResponse
) -> tuple[Mapping[str, OpenTask], tuple[OpenTask, ...]]:
    old: Mapping[str, OpenTask] = {} if before is None else before.tasks
    if before is not None and not told.open_tasks and old.keys().isdisjoint(told.closed_tasks):
        return before.tasks, before.open_tasks
    tasks = dict(old)
    for name in told.closed_tasks:
        tasks.pop(name, None)
    for proto in told.open_tasks:
        tasks[proto.name] = convert.open_task(proto)
    # In order of number, so that the same workspace is read the same way in every replica.
    return tasks, tuple(sorted(tasks.values(), key=lambda task: task.number))
