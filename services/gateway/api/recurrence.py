"""/api/tasks/{id}:pauseRecurrence and its like: what becomes of a series of repeated tasks."""

from collections.abc import Sequence
from typing import Annotated, Any

from boss.task.v1 import recurrence_service_pb2 as pb
from msgspec import Meta

from services.gateway import present, shapes
from services.gateway.answer import Answer, json
from services.gateway.api.tasks import changed
from services.gateway.clients import Clients
from services.gateway.fields import task_name
from services.gateway.operation import Call, Nothing, Operation, Query
from services.gateway.rendered import Rendered


class HowMany(Query, frozen=True):
    """How many dates."""

    per_page: Annotated[int, Meta(ge=1, le=50)] = 10


class Recurrence:
    """Pausing, going on, skipping, ending, looking ahead."""

    def __init__(self, clients: Clients, rendered: Rendered) -> None:
        self._series = clients.recurrence
        self._rendered = rendered

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            self._operation("pauseRecurrence", self.pause, "Bring no occurrence until resumed"),
            self._operation("resumeRecurrence", self.resume, "Go on with the next date"),
            self._operation("skipOccurrence", self.skip, "Move a task to its series' next date"),
            self._operation("endRecurrence", self.end, "End a series; its newest task stays"),
            Operation(
                "GET", "/api/tasks/{id}/occurrences", self.preview,
                "For which dates the next occurrences stand", {200: shapes.Occurrences},
                query=HowMany, problems=(404,),
            ),
        )  # fmt: skip

    def _operation(self, verb: str, handler: Any, summary: str) -> Operation:
        return Operation(
            "POST",
            f"/api/tasks/{{id}}:{verb}",
            handler,
            summary,
            {200: shapes.Task},
            body=Nothing,
            body_needed=False,
            headers=("Idempotency-Key",),
            problems=(404, 409),
        )

    async def pause(self, call: Call, _body: Nothing) -> Answer:
        """Pause a series."""
        return await self._do(call, self._series.PauseRecurrence, pb.PauseRecurrenceRequest)

    async def resume(self, call: Call, _body: Nothing) -> Answer:
        """Resume it."""
        return await self._do(call, self._series.ResumeRecurrence, pb.ResumeRecurrenceRequest)

    async def skip(self, call: Call, _body: Nothing) -> Answer:
        """Skip a date."""
        return await self._do(call, self._series.SkipOccurrence, pb.SkipOccurrenceRequest)

    async def end(self, call: Call, _body: Nothing) -> Answer:
        """End a series."""
        return await self._do(call, self._series.EndRecurrence, pb.EndRecurrenceRequest)

    async def preview(self, call: Call, query: HowMany) -> Answer:
        """Answer with the next dates."""
        name = task_name(call.params["id"], call.who.workspace)
        request = pb.PreviewOccurrencesRequest(name=name, page_size=query.per_page)
        told = await self._series.PreviewOccurrences(request, actor=call.person)
        times = [present.moment(time) for time in told.times]
        return json(shapes.Occurrences(occurrences=times, more=told.more))

    async def _do(self, call: Call, rpc: Any, request: Any) -> Answer:
        name = task_name(call.params["id"], call.who.workspace)
        asked = request(name=name, request_id=call.request_id())
        return changed(await rpc(asked, actor=call.person), self._rendered)
