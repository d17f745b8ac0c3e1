"""What stands open and how full the database's server is: looked up now and then, for Prometheus.

Each replica looks, and takes a hundredth of its time for that at most: what takes longer in a large
store is looked up less often. What is graphed is the largest that any of them says.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import datetime

import sqlalchemy as sa

from services.runtime import clock
from services.runtime.database import Database, Hot
from services.runtime.errors import ServiceError
from services.task import metrics
from services.task.model import OPEN, Status

EVERY_S = 15.0
SHARE = 0.01

COUNT_OPEN = Hot(
    "count_open",
    sa.text(
        """
SELECT status, count(*) AS tasks,
    count(*) FILTER (WHERE deadline < CAST(:now AS timestamptz)) AS overdue
FROM task.tasks WHERE status < 7 AND deleted_at IS NULL GROUP BY status
"""
    ),
)
LOOK_AT_SERVER = Hot(
    "look_at_server",
    sa.text(
        """
SELECT CAST(sum(numbackends) AS integer) AS connections,
    CAST(current_setting('max_connections') AS integer) AS most,
    pg_database_size(current_database()) AS bytes
FROM pg_stat_database
"""
    ),
)


class Gauges:
    """The loop of this process; `run` is it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Looks as long as the process lives."""
        while True:
            began = time.monotonic()
            # Without the database the figures stay as they were; `boss_ready` tells of that.
            with suppress(ServiceError):
                await self.look(clock.now())
            await asyncio.sleep(max(EVERY_S, (time.monotonic() - began) / SHARE))

    async def look(self, now: datetime) -> None:
        """Sets the gauges."""
        rows = await self._database.hot_rows(COUNT_OPEN, now=now)
        found = {Status(row["status"]): row for row in rows}
        for status in OPEN:
            row = found.get(status)
            metrics.OPEN.labels(status.name.lower()).set(row["tasks"] if row else 0)
        metrics.OVERDUE.set(sum(row["overdue"] for row in rows))
        waiting = found.get(Status.IN_REVIEW)
        metrics.APPROVALS.set(waiting["tasks"] if waiting else 0)
        (server,) = await self._database.hot_rows(LOOK_AT_SERVER)
        metrics.SERVER_CONNECTIONS.set(server["connections"])
        metrics.SERVER_CONNECTIONS_LIMIT.set(server["most"])
        metrics.DATABASE_BYTES.set(server["bytes"])
