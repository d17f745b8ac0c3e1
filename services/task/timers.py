"""Time as a writer: what the clock has to say of tasks, written exactly once by whoever claims it.

Every row says in `clock_at` when the clock next has something to say of it. A pass claims rows
whose time has come, those alone that nobody holds, decides by rules/clock.py what is due since then
and writes it with the next time in the same transaction: whatever dies in the middle has said
nothing, and any number of replicas share the work. A task that can't be worked off stops no other:
it is told of, counted, and tried again later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.runtime import clock, logs
from services.runtime.claims import retry_at
from services.runtime.database import Fetch, Hot
from services.runtime.errors import ServiceError
from services.task import metrics
from services.task.commands.by_clock import Decided, decide, read, write
from services.task.commands.erasing import erase
from services.task.commands.writing import Store
from services.task.model import TaskNumber, WorkspaceId
from services.task.rules.clock import Saying

EVERY_S = 1.0
MOST = 100

CLAIM = Hot(
    "claim_tasks_by_clock",
    sa.text(
        """
SELECT workspace_id, number, clock_at FROM task.tasks
WHERE clock_at <= CAST(:now AS timestamptz)
    AND (workspace_id, number) NOT IN (
        SELECT * FROM unnest(CAST(:workspaces AS bigint[]), CAST(:numbers AS bigint[])))
ORDER BY clock_at LIMIT CAST(:most AS integer) FOR UPDATE SKIP LOCKED
"""
    ),
)
CLAIM_ONE = Hot(
    "claim_task_by_clock",
    sa.text(
        """
SELECT workspace_id, number, clock_at FROM task.tasks
WHERE workspace_id = CAST(:workspace AS bigint) AND number = CAST(:number AS bigint)
    AND clock_at <= CAST(:now AS timestamptz)
FOR UPDATE SKIP LOCKED
"""
    ),
)
DUE_NOW = Hot(
    "read_due_by_clock",
    sa.text(
        """
SELECT workspace_id, number FROM task.tasks WHERE clock_at <= CAST(:now AS timestamptz)
ORDER BY clock_at LIMIT CAST(:most AS integer)
"""
    ),
)
EARLIEST = Hot(
    "read_earliest_clock",
    sa.text(
        """
SELECT clock_at FROM task.tasks WHERE clock_at IS NOT NULL ORDER BY clock_at LIMIT 1
"""
    ),
)
Key = tuple[WorkspaceId, TaskNumber]

_log = logs.logger("clock")


class Timers:
    """The loop of this process; `run` is it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # Tasks that could not be worked off, with how often, and until when they are left alone.
        self._failed: dict[Key, tuple[int, float]] = {}

    async def run(self) -> None:
        """Says what is due as long as the process lives."""
        while True:
            wait_s = EVERY_S
            try:
                await self.say_due(clock.now())
                wait_s = await self._wait_s(clock.now())
                metrics.CLOCK_TICKED.set_to_current_time()
            except ServiceError as error:
                _log.warning("cannot say what is due", error=str(error))
            await asyncio.sleep(wait_s)

    async def say_due(self, now: datetime) -> int:
        """How many tasks were worked off: all whose time has come and that nobody holds."""
        many = 0
        while True:
            try:
                claimed, to_erase = await self._batch(now)
            except ServiceError:
                raise
            except Exception as error:  # noqa: BLE001 -- the edge of one pass
                # Whose fault it is shows one by one.
                _log.warning("works off one by one", error=repr(error))
                return many + await self._one_by_one(now)
            many += claimed
            for key in to_erase:
                many += await self._alone(key, now)
            if claimed + len(to_erase) < MOST:
                return many

    async def _wait_s(self, now: datetime) -> float:
        """How long until the next word is due; a second at most, as business time may be moved."""
        rows = await self._store.database.hot_rows(EARLIEST)
        ahead_s = (rows[0]["clock_at"] - now).total_seconds() if rows else EVERY_S
        metrics.CLOCK_LAG.set(max(0.0, -ahead_s))
        # What is due and still there is somebody else's just now, or has to wait.
        return min(EVERY_S, ahead_s) if ahead_s > 0 else EVERY_S

    def _left_alone(self) -> list[Key]:
        now = time.monotonic()
        return [key for key, (_, until) in self._failed.items() if until > now]

    async def _batch(self, now: datetime) -> tuple[int, list[Key]]:
        """How many tasks were worked off in one transaction, and those to be erased."""
        alone = self._left_alone()
        async with self._store.database.hot_transaction() as fetch:
            rows = await fetch(
                CLAIM,
                now=now,
                workspaces=[workspace for workspace, _ in alone],
                numbers=[number for _, number in alone],
                most=MOST,
            )
            return await self._work_off(fetch, rows, now)

    async def _one_by_one(self, now: datetime) -> int:
        """How many tasks were worked off, each in a transaction of its own."""
        alone = set(self._left_alone())
        rows = await self._store.database.hot_rows(DUE_NOW, now=now, most=MOST + len(alone))
        keys = [(row["workspace_id"], row["number"]) for row in rows]
        return sum([await self._alone(key, now) for key in keys if key not in alone])

    async def _alone(self, key: Key, now: datetime) -> int:
        """Whether this one was worked off."""
        try:
            async with self._store.database.hot_transaction() as fetch:
                rows = await fetch(CLAIM_ONE, workspace=key[0], number=key[1], now=now)
                done, to_erase = await self._work_off(fetch, rows, now)
                if to_erase:
                    done = int(await erase(self._store, fetch, *key, now))
                    metrics.CLOCK.labels(Saying.ERASE.value).inc(done)
                    if not done:
                        self._put_off(key)
        except ServiceError:
            raise
        except Exception:  # noqa: BLE001 -- the edge of one task
            self._fail(key)
            return 0
        return done

    def _fail(self, key: Key) -> None:
        metrics.CLOCK_FAILURES.inc()
        times = self._put_off(key)
        _log.exception("a task's time can't be told", task=f"T-{key[1]}", times=times)

    def _put_off(self, key: Key) -> int:
        times = self._failed.get(key, (0, 0.0))[0] + 1
        self._failed[key] = times, time.monotonic() + retry_at(times).total_seconds()
        return times

    async def _work_off(
        self, fetch: Fetch, rows: Sequence[Any], now: datetime
    ) -> tuple[int, list[Key]]:
        """How many of the claimed were worked off, and those to be erased."""
        done, to_erase = 0, []
        groups: dict[WorkspaceId, dict[TaskNumber, datetime]] = {}
        for row in rows:
            groups.setdefault(row["workspace_id"], {})[row["number"]] = row["clock_at"]
        for workspace, since in groups.items():
            decided: list[Decided] = []
            for claim in await read(self._store, fetch, workspace, since):
                key = workspace, claim.view.number
                try:
                    one = await decide(fetch, claim, now)
                except ServiceError:
                    raise
                except Exception:  # noqa: BLE001 -- the edge of one task
                    self._fail(key)
                    continue
                if one is None:
                    to_erase.append(key)
                else:
                    decided.append(one)
                    self._failed.pop(key, None)
            await write(fetch, workspace, decided, now)
            done += len(decided)
        return done, to_erase
