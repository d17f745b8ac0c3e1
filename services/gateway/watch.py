"""What the gateway knows of the log: its own stream of all events, and how fresh that is.

Whatever is kept here (answers, tokens, people) is kept with the position that it was read at, and
is good as long as nothing that would change it has happened since, and the stream lives. A stream
that is more than a second silent makes everything be asked anew: rather slow than wrong. A write of
this process counts before it is answered, without waiting for the stream.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence

from boss.task.v1 import event_pb2, task_service_pb2

from services.runtime import logs
from services.runtime.errors import ServiceError

STALE_AFTER_S = 1.0
AGAIN_AFTER_S = 0.2
# The task service knows for up to a second what somebody may see (services/task/roster.py): what it
# answers so soon after a change of people holds for those who asked, and for nobody later.
SETTLES_S = 1.5
# Of so many workspaces and writers is known what they changed or where they are at home.
KEPT_PLACES = 100_000

_log = logs.logger("gateway.watch")

Streams = Callable[
    [task_service_pb2.WatchEventsRequest], AsyncIterator[task_service_pb2.WatchEventsResponse]
]
# What changes who a token stands for, or what a person is called.
PEOPLE = frozenset(
    {
        event_pb2.EVENT_TYPE_PERSON_CREATED,
        event_pb2.EVENT_TYPE_PERSON_CHANGED,
        event_pb2.EVENT_TYPE_PERSON_ERASED,
        event_pb2.EVENT_TYPE_WORKSPACE_CHANGED,
        event_pb2.EVENT_TYPE_TOKEN_REVOKED,
    }
)


# What changes the tasks alone that it names in `touches`. All else may change any: a person's name
# stands in tasks that nobody lists.
_LOCAL = ("TASK_", "COMMENT_", "TIME_", "TIMER_", "ATTENDANCE_", "TEMPLATE_")
LOCAL = frozenset(
    number
    for name, number in event_pb2.EventType.items()
    if name.removeprefix("EVENT_TYPE_").startswith(_LOCAL)
)


# So many events of one workspace at once are a bulk change: lists of it are asked for again soon.
BULK = 50


class Watch:
    """The positions of the last changes, by workspace, as far as this process has heard."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._wall = wall
        self._began_at = float("-inf")
        self._people_at: dict[str, float] = {}
        self._heard_at = float("-inf")
        self._floor = 0
        self._people: dict[str, int] = {}
        self._changed: dict[str, int] = {}
        self._wide: dict[str, int] = {}
        self._tasks: dict[str, int] = {}
        self._tasks_floor = 0
        self._own: dict[str, int] = {}
        self._homes: dict[int, str] = {}
        self.head = 0
        self.begun = asyncio.Event()
        # The workspaces of bulk changes, for whoever has answers made anew.
        self.bulks: asyncio.Queue[str] = asyncio.Queue(KEPT_PLACES)

    def fresh(self) -> bool:
        """Return whether the stream lives."""
        return self._clock() - self._heard_at < STALE_AFTER_S

    def age_s(self) -> float:
        """Return how long ago the stream said last that nothing is behind it."""
        return self._clock() - self._heard_at

    def good(self, workspace: str, as_of: int) -> bool:
        """Return whether what was read of a workspace's people at a position still holds."""
        return (
            as_of >= self._floor
            and as_of >= self._people.get(workspace, 0)
            and self._clock() - self._heard_at < STALE_AFTER_S
        )

    def needed(self, workspace: str) -> int:
        """Return the position at or after which an answer of a workspace has to be read."""
        changed = self._changed.get(workspace, 0)
        return max(self._floor, changed)

    def needed_of_task(self, workspace: str, task: str) -> int:
        """Return the position at or after which an answer has to be read that shows one task.

        What an own write touches is known once the stream tells of it; until then it may be any.
        """
        own = self._own.get(workspace, 0)
        return max(
            self._floor,
            self._tasks_floor,
            self._wide.get(workspace, 0),
            self._tasks.get(task, 0),
            own if own > self.head else 0,
        )

    def settled_at(self, workspace: str) -> float:
        """Return since when, by the wall clock, answers show to each what they may see."""
        return max(self._people_at.get(workspace, 0.0), self._began_at) + SETTLES_S

    def people_at(self, workspace: str) -> int:
        """Return the position of the last change of a workspace's people that is known of."""
        return self._people.get(workspace, 0)

    def changed_people(self, workspace: str, position: int) -> None:
        """Note a change that this process made itself, before it is answered."""
        self._raise(self._changed, workspace, position)
        self._raise(self._wide, workspace, position)
        if position > self._people.get(workspace, 0):
            self._raise(self._people, workspace, position)
            if len(self._people_at) >= KEPT_PLACES:
                self._people_at.clear()
                self._began_at = self._wall()
            self._people_at[workspace] = self._wall()

    def at_home(self, person: int, workspace: int) -> None:
        """Note where somebody who asks is at home: there is what they write."""
        if person not in self._homes:
            if len(self._homes) >= KEPT_PLACES:
                self._homes.clear()
            self._homes[person] = f"workspaces/{workspace}"

    def wrote(self, person: int | None, position: int) -> None:
        """Note a write of this process, before it is answered."""
        home = None if person is None else self._homes.get(person)
        if home is None:
            # Nobody knows whose it was: nothing that was read before it counts.
            self._floor = max(self._floor, position)
        else:
            self._raise(self._changed, home, position)
            self._raise(self._own, home, position)

    def _raise(self, positions: dict[str, int], workspace: str, position: int) -> None:
        if position <= positions.get(workspace, 0):
            return
        if len(positions) >= KEPT_PLACES and workspace not in positions:
            self._floor = max(self._floor, *positions.values())
            positions.clear()
        positions[workspace] = position

    def hear(self, told: task_service_pb2.WatchEventsResponse, *, first: bool = False) -> None:
        """Note what the stream tells; the first of it says where it begins."""
        for event in told.events:
            if event.type in PEOPLE:
                self.changed_people(event.workspace, event.position)
            else:
                self._raise(self._changed, event.workspace, event.position)
                if event.type not in LOCAL:
                    self._raise(self._wide, event.workspace, event.position)
            self._touch(event)
        self.head = max(self.head, told.head)
        if len(told.events) >= BULK:
            self._note_bulks(told.events)
        if first:
            # What happened while nobody listened is not known: nothing read before counts.
            self._floor = max(self._floor, told.head)
            self._began_at = self._wall()
            self.begun.set()
        if not told.events:
            # A heartbeat alone says that nothing is behind it: a batch may be an old one.
            self._heard_at = self._clock()

    def _note_bulks(self, events: Sequence[event_pb2.Event]) -> None:
        for workspace, count in Counter(event.workspace for event in events).items():
            if count >= BULK and not self.bulks.full():
                self.bulks.put_nowait(workspace)

    def _touch(self, event: event_pb2.Event) -> None:
        """Note which tasks show something else after an event."""
        for name in (*event.touches, event.subject):
            if len(self._tasks) >= KEPT_PLACES and name not in self._tasks:
                self._tasks_floor = max(self._tasks.values())
                self._tasks.clear()
            self._tasks[name] = max(self._tasks.get(name, 0), event.position)

    async def follow(self, streams: Streams) -> None:
        """Follow the log from its head until the stream ends, which is an error."""
        first = True
        async for told in streams(task_service_pb2.WatchEventsRequest()):
            self.hear(told, first=first)
            first = False

    async def run(self, streams: Streams) -> None:
        """Follow the log for the life of the process, whatever becomes of the task service."""
        while True:
            try:
                await self.follow(streams)
            except ServiceError as error:
                _log.debug("the stream of events broke off", reason=error.reason)
            self._heard_at = float("-inf")
            await asyncio.sleep(AGAIN_AFTER_S)
