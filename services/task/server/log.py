"""The log's side of TaskService: watching it, and what understanding needs of a workspace."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from boss.task.v1 import event_pb2
from boss.task.v1 import task_service_pb2 as pb

from services.runtime import clock
from services.runtime import context as calls
from services.runtime.database import Database
from services.runtime.errors import NotFound
from services.task import context, events, metrics, queries
from services.task.commands.writing import Store
from services.task.convert.events import event_to_proto
from services.task.convert.names import (
    parse,
    person_name,
    task_name,
    workspace_name,
    workspace_target,
)
from services.task.convert.people import person_to_proto
from services.task.convert.tasks import stamp
from services.task.convert.workspaces import workspace_to_proto
from services.task.feed import Feed, Numbered
from services.task.model import EventType, PersonId, WorkspaceId
from services.task.roster import Roster
from services.task.rules.absent import person_not_found
from services.task.server.calls import need_person, need_service, viewer_of, workspace_of
from services.task.server.shown import shown_to

Events = Feed[event_pb2.Event]


class LogReader:
    """Reads the log for the feed: each event is made into its message once."""

    def __init__(self, database: Database, roster: Roster) -> None:
        self._database = database
        self._roster = roster

    async def __call__(self, after: int, limit: int) -> Sequence[Numbered[event_pb2.Event]]:
        """The events behind a position; people whom they change are read anew from now on."""
        found = await events.read(self._database, after=after, limit=limit)
        self._roster.forget(each.person.id for each in found if each.person is not None)
        for each in found:
            if each.type is EventType.WORKSPACE_CHANGED:
                self._roster.forget_workspace(each.workspace)
        return [Numbered(each.position, event_to_proto(each)) for each in found]


# After which who watches may see other tasks, or none any more.
OTHER_VIEW = frozenset({EventType.PERSON_CHANGED.value, EventType.WORKSPACE_CHANGED.value})


class Log:
    """WatchEvents and GetContext, for the servicer of tasks."""

    def __init__(self, store: Store, feed: Events) -> None:
        self._database = store.database
        self._roster = store.roster
        self._feed = feed

    async def WatchEvents(
        self, request: pb.WatchEventsRequest, _context: Any
    ) -> AsyncIterator[pb.WatchEventsResponse]:
        """The log from a position on, then live."""
        viewer = await viewer_of(self._roster)
        own = None if viewer.workspace is None else workspace_name(viewer.workspace)
        types = frozenset(request.types)
        after = request.after_position if request.HasField("after_position") else None
        with metrics.WATCHERS.track_inprogress():
            async for batch, head in self._feed.watch(after):
                near = [each.event for each in batch if own is None or each.event.workspace == own]
                found: list[event_pb2.Event] = []
                for stretch in _stretches(near):
                    wanted = [event for event in stretch if not types or event.type in types]
                    if not viewer.sees_all:
                        wanted = await shown_to(viewer, wanted, self._database)
                    found += wanted
                    if stretch[-1].type in OTHER_VIEW:
                        viewer = await viewer_of(self._roster)
                if found or not batch:
                    yield pb.WatchEventsResponse(events=found, head=head)

    async def GetContext(
        self, request: pb.GetContextRequest, _context: Any
    ) -> pb.GetContextResponse:
        """What understanding a message needs, whole or since a position."""
        ident = await self._home(request.person) or self._workspace(request.workspace)
        workspace = await queries.get_workspace(self._database, ident)
        if workspace is None:
            raise NotFound("WORKSPACE_NOT_FOUND", "There is no such workspace.")
        viewer = await viewer_of(self._roster)
        found = await context.read(
            self._database, ident, after=request.after_position, viewer=viewer
        )
        return pb.GetContextResponse(
            position=found.position,
            workspace=workspace_to_proto(workspace),
            people=[person_to_proto(record, now=clock.now()) for record in found.people],
            open_tasks=[
                pb.OpenTask(
                    name=task_name(ident, task.number),
                    title=task.title,
                    assignees=[person_name(ident, person) for person in task.assignees],
                    status=task.status.value,  # type: ignore[arg-type]
                    deadline=stamp(task.deadline),
                    priority=task.priority.value,  # type: ignore[arg-type]
                )
                for task in found.open_tasks
            ],
            closed_tasks=[task_name(ident, number) for number in found.closed],
            full=found.full,
        )

    async def _home(self, name: str) -> WorkspaceId | None:
        """The workspace of the person whom a service names; None where it names none."""
        if not name:
            return None
        need_service()
        parsed = parse(name, "people")
        person = None if parsed is None else PersonId(parsed[1])
        found = {} if person is None else await queries.get_people(self._database, [person])
        if person is None or person not in found:
            raise person_not_found()
        return found[person].workspace

    def _workspace(self, name: str) -> WorkspaceId:
        own = workspace_of(calls.caller())
        if not name or name == "workspaces/-":
            return own if own is not None else need_person()[0]
        wanted = workspace_target(name)
        if own is not None and wanted != own:
            raise NotFound("WORKSPACE_NOT_FOUND", "There is no such workspace.")
        return wanted


def _stretches(events: Sequence[event_pb2.Event]) -> Iterator[Sequence[event_pb2.Event]]:
    """The events in stretches, each of which ends with what may change whom they are shown to."""
    begin = 0
    for index, event in enumerate(events, 1):
        if event.type in OTHER_VIEW:
            yield events[begin:index]
            begin = index
    if begin < len(events):
        yield events[begin:]
