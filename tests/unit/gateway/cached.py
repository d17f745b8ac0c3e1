"""A cache over a log that is told by hand, and operations that need no service."""

import asyncio
from datetime import UTC, datetime

from boss.task.v1 import event_pb2, task_service_pb2

from services.gateway.answer import Answer, json
from services.gateway.caching.cache import Asked, Cache
from services.gateway.caching.kept import Key, Life
from services.gateway.caching.memory import Memory
from services.gateway.watch import SETTLES_S, Watch

KEY = Key(1, 7, "/api/tasks", b"")


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Place:
    """A log, a cache that follows it, and a question whose answers are counted."""

    def __init__(self, *, kept_bytes: int = 100_000) -> None:
        self.clock = Clock()
        self.watch = Watch(clock=self.clock, wall=self.clock)
        self.cache = Cache(
            Memory(kept_bytes=kept_bytes, clock=self.clock),
            self.watch,
            clock=self.clock,
            business=self.business,
        )
        self.later_s = 0.0
        self.head = 0
        self.made = 0

    def business(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now + self.later_s, UTC)

    def begin(self, head: int) -> None:
        """The stream begins, long enough ago that who may see what has settled."""
        self.hear(head, first=True)
        self.clock.now += SETTLES_S
        self.hear(head)

    def hear(self, head: int, *events: event_pb2.Event, first: bool = False) -> None:
        """The stream goes on to this head."""
        self.head = head
        if events:
            self.watch.hear(task_service_pb2.WatchEventsResponse(events=events, head=head))
        self.watch.hear(task_service_pb2.WatchEventsResponse(head=head), first=first)

    async def compute(self) -> Answer:
        self.made += 1
        return json({"made": self.made}, as_of=self.head)

    async def ask(self, key: Key = KEY, *, life: Life = Life.RESPONSE, seen: int = 0) -> Answer:
        return await self.cache.answer(Asked(key, life, seen), self.compute)


def changed(position: int, workspace: int = 1, **more) -> event_pb2.Event:
    kind = more.pop("type", event_pb2.EVENT_TYPE_TASK_CHANGED)
    return event_pb2.Event(
        position=position, workspace=f"workspaces/{workspace}", type=kind, **more
    )


def number(answer: Answer) -> int:
    return int(answer.body.removeprefix(b'{"made":').removesuffix(b"}"))


class Held:
    """A question whose answer comes when it is let go."""

    def __init__(self, place: Place, *, for_all: bool = False) -> None:
        self.place = place
        self.for_all = for_all
        self.go = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> Answer:
        head = self.place.head
        self.place.made += 1
        mine = self.place.made
        await self.go.wait()
        if self.error is not None:
            raise self.error
        return json({"made": mine}, as_of=head, for_all=self.for_all)

    def ask(
        self, *, viewer: int = 7, path: str = "/api/tasks", seen: int = 0
    ) -> asyncio.Task[Answer]:
        asked = Asked(Key(1, viewer, path, b""), Life.RESPONSE, seen, alike=True)
        return asyncio.create_task(self.place.cache.answer(asked, self))


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)
