"""The parts of the store put together; tests put together the very same."""

from __future__ import annotations

from boss.task.v1 import (
    attendance_service_pb2_grpc,
    comment_service_pb2_grpc,
    history_service_pb2_grpc,
    participation_service_pb2_grpc,
    people_service_pb2_grpc,
    recurrence_service_pb2_grpc,
    search_service_pb2_grpc,
    stats_service_pb2_grpc,
    task_service_pb2_grpc,
    template_service_pb2_grpc,
    transfer_service_pb2_grpc,
)

from services.runtime.credentials import Authenticator
from services.runtime.database import Database
from services.runtime.server import Background, Servicer
from services.task.commands.closing import Closing
from services.task.commands.writing import Store
from services.task.feed import Feed
from services.task.gauges import Gauges
from services.task.lists import MOST_TOTALS, Totals
from services.task.numbering import Numbering
from services.task.retention import Retention
from services.task.roster import Roster
from services.task.server.attendance import AttendanceServicer
from services.task.server.calls import Answers, Authenticated, Identify
from services.task.server.comments import CommentServicer
from services.task.server.history import HistoryServicer
from services.task.server.log import Events, LogReader
from services.task.server.participation import ParticipationServicer
from services.task.server.people import PeopleServicer
from services.task.server.recurrence import RecurrenceServicer
from services.task.server.search import SearchServicer
from services.task.server.stats import StatsServicer
from services.task.server.tasks import TaskServicer
from services.task.server.templates import TemplateServicer
from services.task.server.transfer import TransferServicer
from services.task.timers import Timers


class Service:
    """Servicers, authentication and loops over one database."""

    def __init__(self, database: Database, *, key: str, cache: bool = True) -> None:
        self._database = database
        store = Store(database, Roster(database))
        self._feed: Events = Feed(LogReader(database, store.roster))
        self.numbering = Numbering(database, told=self._feed.tell)
        answers = Answers(self.numbering)
        totals = Totals(database, most=MOST_TOTALS if cache else 0)
        identify = Identify(store)
        # A revoked token ends at once: nothing of what the lookup says is kept.
        self.authenticate = Authenticated(
            Authenticator(key, bearer=identify.bearer, life_s=0), identify
        )
        self.servicers = [
            Servicer(
                task_service_pb2_grpc.add_TaskServiceServicer_to_server,
                TaskServicer(store, answers, self._feed, totals=totals),
            ),
            Servicer(
                people_service_pb2_grpc.add_PeopleServiceServicer_to_server,
                PeopleServicer(store, answers),
            ),
            Servicer(
                comment_service_pb2_grpc.add_CommentServiceServicer_to_server,
                CommentServicer(store, answers),
            ),
            Servicer(
                participation_service_pb2_grpc.add_ParticipationServiceServicer_to_server,
                ParticipationServicer(store, answers),
            ),
            Servicer(
                recurrence_service_pb2_grpc.add_RecurrenceServiceServicer_to_server,
                RecurrenceServicer(store, answers),
            ),
            Servicer(
                template_service_pb2_grpc.add_TemplateServiceServicer_to_server,
                TemplateServicer(store, answers),
            ),
            Servicer(
                search_service_pb2_grpc.add_SearchServiceServicer_to_server,
                SearchServicer(store),
            ),
            Servicer(
                history_service_pb2_grpc.add_HistoryServiceServicer_to_server,
                HistoryServicer(store),
            ),
            Servicer(
                attendance_service_pb2_grpc.add_AttendanceServiceServicer_to_server,
                AttendanceServicer(store, answers),
            ),
            Servicer(
                stats_service_pb2_grpc.add_StatsServiceServicer_to_server,
                StatsServicer(store),
            ),
            Servicer(
                transfer_service_pb2_grpc.add_TransferServiceServicer_to_server,
                TransferServicer(store, answers),
            ),
        ]
        self.background = [
            Background("numbering", self.numbering.run),
            Background("feed", self._feed.run),
            Background("slow statements", database.tell_plans),
            Background("attendance", Closing(store).run),
            Background("retention", Retention(store).run),
            Background("clock", Timers(store).run),
            Background("gauges", Gauges(database).run),
        ]

    async def ready(self) -> bool:
        """Whether the database answers and the log is being followed."""
        await self._database.ping()
        return self._feed.fresh
