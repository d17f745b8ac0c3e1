"""Forgetting in time: what the log says of before and after, and answers to requests.

Each workspace keeps images and details as many days as its settings say; after that the log still
says that something was done, when and by whom. A pass claims a workspace that nobody holds, blanks
so many events in order of their positions and notes how far it has come, in one transaction: any
number of replicas share the work, and whatever dies in the middle has done nothing.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import sqlalchemy as sa

from services.runtime import clock, logs
from services.runtime.database import Fetch, Hot
from services.runtime.errors import ServiceError
from services.task import reading
from services.task.commands.writing import Store

EVERY_S = 60.0
AT_ONCE = 1_000
AGAIN_AFTER = timedelta(hours=6)
# How long an answer to a request id is kept; the protos promise it.
REQUESTS_KEPT = timedelta(days=90)

ENROL = Hot(
    "enrol_in_retention",
    sa.text(
        """
INSERT INTO task.retention (workspace_id, next_at)
SELECT id, CAST(:now AS timestamptz) FROM task.workspaces AS workspace
WHERE NOT EXISTS (SELECT FROM task.retention WHERE workspace_id = workspace.id)
ON CONFLICT DO NOTHING
"""
    ),
)
CLAIM = Hot(
    "claim_retention",
    sa.text(
        """
SELECT kept.workspace_id, kept.erased_to, workspace.settings
FROM task.retention AS kept JOIN task.workspaces AS workspace ON workspace.id = kept.workspace_id
WHERE kept.next_at <= CAST(:now AS timestamptz)
ORDER BY kept.next_at LIMIT 1 FOR UPDATE OF kept SKIP LOCKED
"""
    ),
)
# In order of positions, up to the first that is young enough: then all behind it are, but for the
# moments by which clocks of replicas differ.
BLANK = Hot(
    "blank_old_events",
    sa.text(
        """
WITH next AS MATERIALIZED (
    SELECT id, position, at FROM task.events
    WHERE workspace_id = CAST(:workspace AS bigint) AND position > CAST(:erased_to AS bigint)
    ORDER BY position LIMIT CAST(:most AS integer)
), old AS MATERIALIZED (
    SELECT id, position FROM next
    WHERE position < coalesce((SELECT min(position) FROM next
        WHERE at >= CAST(:horizon AS timestamptz)), 9223372036854775807)
), blanked AS (
    UPDATE task.events AS event SET before = NULL, after = NULL, detail = NULL,
        erased = event.erased OR event.after IS NOT NULL
    FROM old WHERE event.id = old.id
    RETURNING event.act
), summed AS (
    UPDATE task.acts SET summary = '' WHERE id IN (SELECT act FROM blanked)
)
SELECT count(*) AS many, max(position) AS last FROM old
"""
    ),
)
NOTE = Hot(
    "note_retention",
    sa.text(
        """
UPDATE task.retention SET erased_to = CAST(:erased_to AS bigint),
    next_at = CAST(:next_at AS timestamptz)
WHERE workspace_id = CAST(:workspace AS bigint)
"""
    ),
)
# Without a lower bound the planner takes a third of the table to be old, and reads all of it.
FORGET_REQUESTS = Hot(
    "forget_requests",
    sa.text(
        """
WITH old AS MATERIALIZED (
    SELECT ctid AS row FROM task.requests
    WHERE at >= '-infinity' AND at < CAST(:horizon AS timestamptz)
), gone AS (
    DELETE FROM task.requests
    WHERE ctid = ANY (ARRAY(SELECT row FROM old LIMIT CAST(:most AS integer)))
    RETURNING 1
)
SELECT count(*) AS many FROM gone
"""
    ),
)

_log = logs.logger("retention")


class Retention:
    """The loop of this process; `run` is it."""

    def __init__(self, store: Store) -> None:
        self._database = store.database

    async def run(self) -> None:
        """Forgets what is old as long as the process lives."""
        while True:
            try:
                await self.forget_old(clock.now())
            except ServiceError as error:
                _log.warning("cannot forget what is old", error=str(error))
            await asyncio.sleep(EVERY_S)

    async def forget_old(self, now: datetime) -> int:
        """How many events were blanked and answers deleted: all old ones that nobody holds."""
        await self._database.hot_rows(ENROL, now=now)
        many = 0
        while (blanked := await self._pass(now)) is not None:
            many += blanked
        horizon = now - REQUESTS_KEPT
        while found := await self._forget_requests(horizon):
            many += found
        return many

    async def _pass(self, now: datetime) -> int | None:
        """How many events of one workspace were blanked; None where no workspace is due."""
        async with self._database.hot_transaction() as fetch:
            return await _blank(fetch, now)

    async def _forget_requests(self, horizon: datetime) -> int:
        rows = await self._database.hot_rows(FORGET_REQUESTS, horizon=horizon, most=AT_ONCE)
        many: int = rows[0]["many"]
        return many


async def _blank(fetch: Fetch, now: datetime) -> int | None:
    rows = await fetch(CLAIM, now=now)
    if not rows:
        return None
    kept = timedelta(days=reading.work_settings(rows[0]["settings"]).retention_days)
    workspace, erased_to = rows[0]["workspace_id"], rows[0]["erased_to"]
    (done,) = await fetch(
        BLANK, workspace=workspace, erased_to=erased_to, horizon=now - kept, most=AT_ONCE
    )
    many: int = done["many"]
    await fetch(
        NOTE,
        workspace=workspace,
        erased_to=done["last"] or erased_to,
        next_at=now if many == AT_ONCE else now + AGAIN_AFTER,
    )
    return many
