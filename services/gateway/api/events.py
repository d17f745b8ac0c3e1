"""/api/events: what happens in the workspace, live; /api/notifications: what the caller is told.

Both are server-sent events that resume by Last-Event-ID. Without one, events begin now and
notifications with the last ones.
"""

import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from boss.notify.v1 import delivery_pb2, notify_service_pb2
from boss.task.v1 import event_pb2, task_service_pb2

from services.gateway import present, present_events, sse
from services.gateway.answer import Stream
from services.gateway.clients import Clients
from services.gateway.operation import Call, Operation

# What everybody may hear of; tokens are nobody else's business.
TOLD = tuple(
    number
    for number, word in enumerate(present.EVENT_TYPES)
    if word.startswith(("task.", "person.", "workspace.", "comment.", "template."))
)
EVENT_STREAM = "text/event-stream"


class Events:
    """The two streams."""

    def __init__(self, clients: Clients) -> None:
        self._task = clients.task
        self._notify = clients.notify

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", "/api/events", self.events, "Events of the workspace, as they happen",
                {200: str}, headers=("Last-Event-ID",), media_type=EVENT_STREAM,
            ),
            Operation(
                "GET", "/api/notifications", self.notifications,
                "Messages to the caller, as they come", {200: str}, headers=("Last-Event-ID",),
                media_type=EVENT_STREAM,
            ),
        )  # fmt: skip

    async def events(self, call: Call) -> Stream:
        """Stream the log of the caller's workspace."""
        return Stream(self._events(call.person, sse.last_id(call.header(b"last-event-id"))))

    async def notifications(self, call: Call) -> Stream:
        """Stream the messages of the web channel."""
        after = sse.last_id(call.header(b"last-event-id"))
        return Stream(self._notifications(call.person, 0 if after is None else after))

    async def _events(self, person: int, after: int | None) -> AsyncIterator[bytes]:
        yield sse.OPENING
        pulse = sse.Pulse(time.monotonic)
        at = after

        def open_stream() -> Any:
            request = task_service_pb2.WatchEventsRequest(types=TOLD)  # type: ignore[arg-type]
            if at is not None:
                request.after_position = at
            return self._task.WatchEvents(request, actor=person)

        async for told in sse.resumed(open_stream):
            if told is None:
                yield sse.NOTHING
                continue
            if at is None:
                # So that a browser that loses us before the first event misses nothing.
                yield sse.place(told.head)
            for event in told.events:
                yield self._event(event)
                pulse.sent()
            at = max(told.head, at or 0)
            yield pulse.beat()

    def _event(self, event: event_pb2.Event) -> bytes:
        return sse.piece(
            present.EVENT_TYPES[event.type], present_events.told(event), event.position
        )

    async def _notifications(self, person: int, after: int) -> AsyncIterator[bytes]:
        yield sse.OPENING
        pulse = sse.Pulse(time.monotonic)
        at = after

        def open_stream() -> Any:
            request = notify_service_pb2.WatchMessagesRequest(after_id=at)
            return self._notify.WatchMessages(request, actor=person)

        async for told in sse.resumed(open_stream):
            if told is not None and told.HasField("message"):
                yield self._message(told.message)
                pulse.sent()
                at = told.message.id
            else:
                yield pulse.beat()

    def _message(self, message: delivery_pb2.WebMessage) -> bytes:
        value = {
            "id": message.id,
            "text": message.text,
            "buttons": [
                [{"label": one.label, "data": one.data} for one in row.buttons]
                for row in message.rows
            ],
            "time": present.moment(message.time),
            "task": present.task_id(message.task) if message.task else None,
        }
        return sse.piece("message", value, message.id)
