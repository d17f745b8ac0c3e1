"""The log becomes deliveries: events are read from the cursor on, and their effects stored with it.

One reader at a time, under a lease. The stream may break, repeat or stall, the process may be
killed anywhere: the effects of an event and the position behind it are one transaction, so nothing
is missed and nothing is there twice.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime

from boss.task.v1 import event_pb2, task_pb2

from services.notify import convert, cursor, deliveries, metrics, people
from services.notify.ahead import Ahead
from services.notify.cursor import LEASE_S, Cursor, LeaseLost
from services.notify.feed import Feed
from services.notify.model import Channel, Delivery, Event, Person, State
from services.notify.routing import concerned, route
from services.runtime import logs
from services.runtime.claims import Wake
from services.runtime.client import Responses
from services.runtime.database import Database
from services.runtime.errors import Invalid, NotFound, ServiceError
from services.runtime.supervise import Supervisor

Watch = Callable[[int], Responses]
Tasks = Callable[[Sequence[str]], Awaitable[Sequence[task_pb2.Task]]]

# A store that is newer than we may tell of what we don't know.
TYPES = {number: name for name, number in event_pb2.EventType.items()}
UNKNOWN = "EVENT_TYPE_UNSPECIFIED"
# The stream has a heartbeat every 250 ms; without one for this long it is taken for dead.
STALLED_S = 3.0
# How often somebody without the lease asks for it.
ASK_S = 1.0
RECONNECT_S = 0.2
# What comes within this time of the last storing is stored together: a transaction for each event
# costs more than all else that is done for it, and nobody reads faster.
PACE_S = 0.05
RECONNECT_MOST_S = 2.0

_log = logs.logger("consumer")


class Consumer:
    """Reads the log for as long as it runs.

    `watch(position)` streams what comes after a position; `tasks(names)` gives the tasks that a
    notice is about, which it does not show; `wake` tells the senders that there is work.
    """

    def __init__(
        self,
        database: Database,
        watch: Watch,
        tasks: Tasks,
        *,
        connected: Collection[Channel],
        now: Callable[[], datetime],
        feed: Feed,
        wake: Wake,
    ) -> None:
        self._database = database
        self._watch = watch
        self._tasks = tasks
        self._connected = frozenset(connected)
        self._now = now
        self._feed = feed
        self._wake = wake

    async def run(self) -> None:
        """Takes the lease when it is free and reads until it is lost; for ever."""
        while True:
            held = None
            try:
                held = await cursor.take(self._database)
                if held is not None:
                    metrics.READING.set(1)
                    await self._read(held)
            except LeaseLost:
                _log.warning("lease_lost")
            except ServiceError as error:
                _log.warning("reading_failed", reason=error.reason)
            finally:
                metrics.READING.set(0)
                if held is not None:
                    with suppress(ServiceError):
                        await held.free(self._database)
            await asyncio.sleep(ASK_S)

    async def _read(self, held: Cursor) -> None:
        """Reads under the lease; begins the stream again where it breaks."""
        pause_s = RECONNECT_S
        while True:
            began = held.position
            try:
                await self._stream(held)
            except (ServiceError, TimeoutError) as error:
                _log.warning("stream_broken", position=held.position, error=repr(error))
            pause_s = RECONNECT_S if held.position > began else min(2 * pause_s, RECONNECT_MOST_S)
            await asyncio.sleep(pause_s)
            await held.renew(self._database)

    async def _stream(self, held: Cursor) -> None:
        renewed = time.monotonic()
        async with self._watch(held.position) as stream, Supervisor() as beside:
            ahead = Ahead(stream)
            beside.start("log", ahead.read)
            while True:
                async with asyncio.timeout(STALLED_S):
                    told = await ahead.take()
                if told is None:
                    return
                if told.events:
                    renewed = time.monotonic()
                    await self.store(held, told.events)
                elif time.monotonic() - renewed > LEASE_S / 3:
                    await held.renew(self._database)
                    renewed = time.monotonic()
                metrics.LOG_LAG.labels("notify").set(max(0, told.head - held.position))
                if told.events:
                    await asyncio.sleep(max(0.0, renewed + PACE_S - time.monotonic()))

    async def store(self, held: Cursor, events: Sequence[event_pb2.Event]) -> None:
        """Stores the effects of these events, which follow the cursor, and moves it behind them.

        Raises LeaseLost; then nothing of it is stored.
        """
        fresh = [event for event in events if event.position > held.position]
        if not fresh:
            return
        position = fresh[-1].position
        told = [t for t in map(_told, await self._shown(fresh)) if t is not None]
        news = [t for t in told if isinstance(t, Event)]
        async with self._database.hot_transaction() as fetch:
            found = await held.move(
                fetch,
                position,
                named={number for event in news for number in concerned(event)},
                workspaces={event.workspace for event in news},
            )
            known = {row["id"]: people.person(row) for row in found}
            await people.save(fetch, [t for t in told if isinstance(t, Person)])
            added = await deliveries.add(fetch, self._routed(told, known), now=self._now())
        held.position = position
        for event in fresh:
            metrics.EVENTS.labels(TYPES.get(event.type, UNKNOWN)).inc()
        for (channel, state), number in added.counts.items():
            metrics.DELIVERIES.labels(channel.value, state.value).inc(number)
        self._feed.wake(added.web)
        if any(state is State.PENDING for _, state in added.counts):
            self._wake.set()

    def _routed(self, told: Sequence[Person | Event], known: dict[int, Person]) -> list[Delivery]:
        """The deliveries of these events, each among the people as they were then."""
        routed: list[Delivery] = []
        for each in told:
            if isinstance(each, Person):
                known[each.id] = each
                continue
            try:
                routed += route(each, known, connected=self._connected)
            except Exception:  # noqa: BLE001 -- one event must not keep all others from being told
                _untold(each.position)
        return routed

    async def _shown(self, events: Sequence[event_pb2.Event]) -> Sequence[event_pb2.Event]:
        """The events, with their tasks as they are now where they only name them."""
        names = convert.tasks_missing(events)
        if not names:
            return events
        try:
            found = {task.name: task for task in await self._tasks(names)}
        except (Invalid, NotFound) as error:
            _log.warning("tasks_unknown", reason=error.reason, names=len(names))
            return events
        shown = []
        for event in events:
            task = found.get(event.subject)
            if task is not None and not event.HasField("task"):
                event = event_pb2.Event.FromString(event.SerializeToString())  # noqa: PLW2901
                event.task.CopyFrom(task)
            shown.append(event)
        return shown


def _told(sent: event_pb2.Event) -> Person | Event | None:
    """What an event of the log is to us; what can't be read is nobody's news, and counted."""
    try:
        return convert.person(sent) or convert.event(sent)
    except Exception:  # noqa: BLE001 -- one event must not keep all others from being told
        _untold(sent.position)
        return None


def _untold(position: int) -> None:
    metrics.UNTOLD.inc()
    _log.exception("event_not_told", position=position)
