"""The one service that `ai` asks: task, for whose a token is and for what a workspace holds."""

from boss.task.v1 import people_service_pb2
from boss.task.v1.people_service_pb2_grpc import PeopleServiceStub
from boss.task.v1.task_service_pb2_grpc import TaskServiceStub

from services.ai import convert
from services.runtime.client import Peer, Stub
from services.runtime.context import Caller
from services.runtime.errors import Unauthenticated
from services.runtime.settings import Settings

ME = "ai"


class Clients:
    """Stubs over one channel, for the life of the process."""

    def __init__(self, settings: Settings) -> None:
        self._peer = Peer(settings.address("task"), service=ME, settings=settings)
        self.task: Stub = self._peer.stub(TaskServiceStub)
        self._people: Stub = self._peer.stub(PeopleServiceStub)

    async def bearer(self, token: str) -> Caller | None:
        """Return whose API token this is, None where it is nobody's."""
        try:
            known = await self._people.AuthenticateToken(
                people_service_pb2.AuthenticateTokenRequest(secret=token)
            )
        except Unauthenticated as error:
            if error.reason == "TOKEN_UNKNOWN":
                return None
            raise
        return Caller(
            person=convert.number(known.person.name),
            workspace=convert.number(convert.workspace_of(known.person.name)),
            token=convert.number(known.token.name),
        )

    async def close(self) -> None:
        """Close the channel; calls in flight are cancelled."""
        await self._peer.close()
