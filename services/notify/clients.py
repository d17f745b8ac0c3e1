"""What notify asks `task` for: the log, and whose an API token is."""

from collections.abc import Sequence

from boss.task.v1 import (
    people_service_pb2,
    people_service_pb2_grpc,
    task_pb2,
    task_service_pb2,
    task_service_pb2_grpc,
)

from services.notify.convert import last_id
from services.runtime.client import Peer, Responses
from services.runtime.context import Caller
from services.runtime.errors import Unauthenticated

# What `task` answers at once.
AT_ONCE = 100


class Store:
    """The service `task` as notify sees it."""

    def __init__(self, peer: Peer) -> None:
        self._tasks = peer.stub(task_service_pb2_grpc.TaskServiceStub)
        self._people = peer.stub(people_service_pb2_grpc.PeopleServiceStub)

    def watch(self, position: int) -> Responses:
        """Streams the log after this position, of all workspaces, then live."""
        request = task_service_pb2.WatchEventsRequest(after_position=position)
        responses: Responses = self._tasks.WatchEvents(request)
        return responses

    async def tasks(self, names: Sequence[str]) -> list[task_pb2.Task]:
        """Returns those of these tasks that there are, as they are now."""
        by_workspace: dict[str, list[str]] = {}
        for name in names:
            by_workspace.setdefault(name.partition("/tasks/")[0], []).append(name)
        found: list[task_pb2.Task] = []
        for group in by_workspace.values():
            for at in range(0, len(group), AT_ONCE):
                request = task_service_pb2.BatchGetTasksRequest(names=group[at : at + AT_ONCE])
                found += (await self._tasks.BatchGetTasks(request)).tasks
        return found

    async def bearer(self, token: str) -> Caller | None:
        """Returns whose API token this is, None where it is nobody's."""
        request = people_service_pb2.AuthenticateTokenRequest(secret=token)
        try:
            answer = await self._people.AuthenticateToken(request)
        except Unauthenticated:
            return None
        return Caller(
            person=last_id(answer.person.name),
            workspace=int(answer.person.name.split("/")[1]),
            token=last_id(answer.token.name),
        )
