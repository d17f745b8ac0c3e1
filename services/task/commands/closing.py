"""The clock's part of attendance: closes what nobody has ended, exactly once, in any replica.

Each is closed in a transaction of its own that takes the row only where nobody else holds it. What
was due while no replica ran is closed when one runs again, with the ends that it would have had.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.runtime import clock, logs
from services.runtime.database import Fetch, Hot
from services.runtime.errors import ServiceError
from services.task.attendance import ENTRY, PRESENCE, entry_of, presence_of
from services.task.commands.attendance import close, forget_timer
from services.task.commands.presence import locked_tasks
from services.task.commands.writing import Store

EVERY_S = 5.0

CLAIM_PRESENCE = Hot(
    "claim_forgotten_attendance",
    sa.text(
        f"""
SELECT workspace_id, CAST({PRESENCE} AS text) AS presence FROM task.attendance AS presence
WHERE left_at IS NULL AND removed_at IS NULL AND closes_at <= CAST(:now AS timestamptz)
ORDER BY closes_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""  # noqa: S608 -- our own words
    ),
)
# Without their locks: a command takes those in order of time, and the claimed one is the last.
READ_SAME_DAY = Hot(
    "read_attendance_of_day",
    sa.text(
        f"""
SELECT CAST({PRESENCE} AS text) AS presence FROM task.attendance AS presence
WHERE person_id = CAST(:person AS bigint) AND removed_at IS NULL AND day = CAST(:day AS date)
"""  # noqa: S608 -- our own words
    ),
)
CLAIM_TIMER = Hot(
    "claim_forgotten_timer",
    sa.text(
        f"""
SELECT workspace_id, CAST({ENTRY} AS text) AS entry FROM task.time_entries AS entry
WHERE began_at IS NOT NULL AND ended_at IS NULL AND deleted_at IS NULL
    AND closes_at <= CAST(:now AS timestamptz)
ORDER BY closes_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""  # noqa: S608 -- our own words
    ),
)

_log = logs.logger("attendance")


class Closing:
    """The loop of this process; `run` is it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self) -> None:
        """Closes what is due as long as the process lives."""
        while True:
            try:
                await self.close_due(clock.now())
            except ServiceError as error:
                _log.warning("cannot close attendance", error=str(error))
            await asyncio.sleep(EVERY_S)

    async def close_due(self, now: datetime) -> int:
        """How many presences and timers were closed: all that are due and that nobody holds."""
        closed = 0
        for claim in (_close_presence, _stop_timer):
            while await self._one(claim, now):
                closed += 1
        return closed

    async def _one(self, claim: Any, now: datetime) -> bool:
        async with self._store.database.hot_transaction() as fetch:
            done: bool = await claim(fetch, now)
            return done


async def _close_presence(fetch: Fetch, now: datetime) -> bool:
    rows = await fetch(CLAIM_PRESENCE, now=now)
    if not rows:
        return False
    presence = presence_of(rows[0]["presence"])
    same_day = await fetch(READ_SAME_DAY, person=presence.person, day=presence.day)
    known = [presence_of(row["presence"]) for row in same_day]
    await close(fetch, rows[0]["workspace_id"], presence, known, at=now)
    return True


async def _stop_timer(fetch: Fetch, now: datetime) -> bool:
    rows = await fetch(CLAIM_TIMER, now=now)
    if not rows:
        return False
    entry = entry_of(rows[0]["entry"])
    await locked_tasks(fetch, rows[0]["workspace_id"], {entry.task})
    await forget_timer(fetch, rows[0]["workspace_id"], entry, at=now)
    return True
