"""What the gateway knows of the log: its own stream of all events, and how fresh that is.

Whatever is kept in memory here (tokens, people) is kept with the position that it was read at, and
is good as long as nothing that would change it has happened since, and the stream lives. A stream
that is more than a second silent makes everything be asked anew: rather slow than wrong.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable

from boss.task.v1 import event_pb2, task_service_pb2

from services.runtime import logs
from services.runtime.errors import ServiceError

STALE_AFTER_S = 1.0
AGAIN_AFTER_S = 0.2

_log = logs.logger("gateway.watch")

Streams = Callable[
    [task_service_pb2.WatchEventsRequest], AsyncIterator[task_service_pb2.WatchEventsResponse]
]
# What changes who a token stands for, or what a person is called.
PEOPLE = (
    event_pb2.EVENT_TYPE_PERSON_CREATED,
    event_pb2.EVENT_TYPE_PERSON_CHANGED,
    event_pb2.EVENT_TYPE_PERSON_ERASED,
    event_pb2.EVENT_TYPE_WORKSPACE_CHANGED,
    event_pb2.EVENT_TYPE_TOKEN_REVOKED,
)


class Watch:
    """The positions of the last changes, by workspace, as far as this process has heard."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard_at = float("-inf")
        self._floor = 0
        self._people: defaultdict[str, int] = defaultdict(int)
        self.head = 0

    def fresh(self) -> bool:
        """Return whether the stream lives."""
        return self._clock() - self._heard_at < STALE_AFTER_S

    def good(self, workspace: str, as_of: int) -> bool:
        """Return whether what was read of a workspace's people at a position still holds."""
        return (
            as_of >= self._floor
            and as_of >= self._people.get(workspace, 0)
            and self._clock() - self._heard_at < STALE_AFTER_S
        )

    def people_at(self, workspace: str) -> int:
        """Return the position of the last change of a workspace's people that is known of."""
        return self._people.get(workspace, 0)

    def changed_people(self, workspace: str, position: int) -> None:
        """Note a change that this process made itself, before it is answered."""
        self._people[workspace] = max(self._people[workspace], position)

    async def follow(self, streams: Streams) -> None:
        """Follow the log from its head until the stream ends, which is an error."""
        began = True
        async for told in streams(task_service_pb2.WatchEventsRequest(types=PEOPLE)):
            for event in told.events:
                self.changed_people(event.workspace, event.position)
            self.head = max(self.head, told.head)
            if began:
                # What happened while nobody listened is not known: nothing read before counts.
                self._floor, began = told.head, False
            self._heard_at = self._clock()

    async def run(self, streams: Streams) -> None:
        """Follow the log for the life of the process, whatever becomes of the task service."""
        while True:
            try:
                await self.follow(streams)
            except ServiceError as error:
                _log.debug("the stream of events broke off", reason=error.reason)
            self._heard_at = float("-inf")
            await asyncio.sleep(AGAIN_AFTER_S)
