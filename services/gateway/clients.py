"""The services behind the gateway: one channel each, for the life of the process."""

from collections.abc import Mapping
from typing import Any

from boss.ai.v1.ai_service_pb2_grpc import AiServiceStub
from boss.notify.v1.notify_service_pb2_grpc import NotifyServiceStub
from boss.task.v1.attendance_service_pb2_grpc import AttendanceServiceStub
from boss.task.v1.comment_service_pb2_grpc import CommentServiceStub
from boss.task.v1.history_service_pb2_grpc import HistoryServiceStub
from boss.task.v1.participation_service_pb2_grpc import ParticipationServiceStub
from boss.task.v1.people_service_pb2_grpc import PeopleServiceStub
from boss.task.v1.recurrence_service_pb2_grpc import RecurrenceServiceStub
from boss.task.v1.search_service_pb2_grpc import SearchServiceStub
from boss.task.v1.stats_service_pb2_grpc import StatsServiceStub
from boss.task.v1.task_service_pb2_grpc import TaskServiceStub
from boss.task.v1.template_service_pb2_grpc import TemplateServiceStub
from boss.task.v1.transfer_service_pb2_grpc import TransferServiceStub
from grpc_health.v1.health_pb2_grpc import HealthStub

from services.gateway.watch import Watch
from services.runtime.client import Heard, Peer, Stub
from services.runtime.settings import Settings

ME = "gateway"
# The model has 30 s of these: DESIGN's deadline for Interpret.
INTERPRET_S = 33.0
# Making a token twice would leave one that nobody knows of.
ONCE = ("boss.task.v1.PeopleService/CreateToken",)


class Clients:
    """Stubs of the three services; `watch` is told of each write of the log, before its answer."""

    def __init__(self, settings: Settings, watch: Watch | None = None) -> None:
        heard = None if watch is None else noting(watch)
        self._peers = {
            name: Peer(
                settings.address(name),
                service=ME,
                settings=settings,
                once=ONCE,
                heard=heard if name == "task" else None,
            )
            for name in ("task", "ai", "notify")
        }
        self.task: Stub = self._peers["task"].stub(TaskServiceStub)
        self.people: Stub = self._peers["task"].stub(PeopleServiceStub)
        self.comments: Stub = self._peers["task"].stub(CommentServiceStub)
        self.participation: Stub = self._peers["task"].stub(ParticipationServiceStub)
        self.templates: Stub = self._peers["task"].stub(TemplateServiceStub)
        self.history: Stub = self._peers["task"].stub(HistoryServiceStub)
        self.attendance: Stub = self._peers["task"].stub(AttendanceServiceStub)
        self.recurrence: Stub = self._peers["task"].stub(RecurrenceServiceStub)
        self.search: Stub = self._peers["task"].stub(SearchServiceStub)
        self.stats: Stub = self._peers["task"].stub(StatsServiceStub)
        self.transfer: Stub = self._peers["task"].stub(TransferServiceStub)
        self.ai: Stub = self._peers["ai"].stub(AiServiceStub, {"Interpret": INTERPRET_S})
        self.notify: Stub = self._peers["notify"].stub(NotifyServiceStub)
        self.health: Mapping[str, Stub] = {
            name: peer.stub(HealthStub) for name, peer in self._peers.items()
        }

    async def close(self) -> None:
        """Close the channels; calls in flight are cancelled."""
        for peer in self._peers.values():
            await peer.close()


def noting(watch: Watch) -> Heard:
    """Return what notes the position of a write from its answer; a read tells none."""

    def heard(actor: int | None, told: Any) -> None:
        position = getattr(told, "position", 0)
        if not position:
            position = getattr(getattr(told, "result", None), "position", 0)
        if position:
            watch.wrote(actor, position)

    return heard
