"""Positions: given after the commit, by one pass at a time, for all writers that wait.

A pass locks the log's head, numbers what is committed and not numbered yet, in order of id, and
commits. A writer waits for the pass that has its event; passes are single flight in the process,
so that one serves all who have come meanwhile. Every 50 ms a cheap look finds orphans: events
whose writer died between the commit and the pass, here or in another replica.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.runtime.errors import ServiceError, Unavailable
from services.task import metrics

EVERY_S = 0.05
MOST = 1_000

NUMBER_EVENTS = Hot(
    "number_events",
    sa.text("SELECT head, ids FROM task.number_events(CAST(:most AS integer))"),
)
LOOK = Hot(
    "look_for_unnumbered",
    sa.text(
        """
SELECT position, EXISTS (SELECT FROM task.events WHERE position IS NULL) AS unnumbered
FROM task.log_head
"""
    ),
)
FIND_POSITION = Hot(
    "find_position",
    sa.text("SELECT position FROM task.events WHERE id = CAST(:event AS bigint)"),
)


class Numbering:
    """The numbering passes of this process; `run` is its loop."""

    def __init__(self, database: Database, *, told: Callable[[int, float], None]) -> None:
        """`told` hears the head after each pass, and since when (monotonic) it was at least so."""
        self._database = database
        self._told = told
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._wake = asyncio.Event()

    async def position(self, event: int) -> int:
        """The position of a committed event, once it has one."""
        future = self._waiting.get(event)
        if future is None:
            future = asyncio.get_running_loop().create_future()
            self._waiting[event] = future
            self._wake.set()
        return await asyncio.shield(future)

    async def run(self) -> None:
        """Numbers as long as the process lives."""
        while True:
            try:
                await asyncio.wait_for(self._wake.wait(), EVERY_S)
            except TimeoutError:
                await self._look()
                continue
            self._wake.clear()
            await self._serve()

    async def _look(self) -> None:
        began = time.monotonic()
        try:
            (row,) = await self._database.hot_rows(LOOK)
        except ServiceError:
            # Watchers notice, as no pass tells them of the head; health tells the rest.
            return
        if row["unnumbered"]:
            await self._serve()
        else:
            self._told(row["position"], began)

    async def _serve(self) -> None:
        waiting = dict(self._waiting)
        began = time.monotonic()
        try:
            (row,) = await self._database.hot_rows(NUMBER_EVENTS, most=MOST)
        except ServiceError as error:
            self._fail(waiting, error)
            return
        head, ids = row["head"], row["ids"]
        metrics.NUMBERED.inc(len(ids))
        first = head - len(ids) + 1
        for position, event in enumerate(ids, first):
            self._give(event, position)
        if len(ids) == MOST:
            self._wake.set()
        self._told(head, began)
        for event in waiting:
            if event in self._waiting:
                await self._find(event)

    async def _find(self, event: int) -> None:
        """Another replica's pass has numbered it; or this pass was full, then the next one will."""
        try:
            rows = await self._database.hot_rows(FIND_POSITION, event=event)
        except ServiceError as error:
            self._fail({event: self._waiting[event]}, error)
            return
        if rows and rows[0]["position"] is not None:
            self._give(event, rows[0]["position"])
        else:
            self._wake.set()

    def _give(self, event: int, position: int) -> None:
        future = self._waiting.pop(event, None)
        if future is not None and not future.done():
            future.set_result(position)

    def _fail(self, waiting: dict[int, asyncio.Future[int]], error: ServiceError) -> None:
        """The write is done and kept; the same request id will tell its position later."""
        for event, future in waiting.items():
            self._waiting.pop(event, None)
            if not future.done():
                future.set_exception(
                    Unavailable("POSITION_UNKNOWN", f"Send the same request again. {error.message}")
                )
