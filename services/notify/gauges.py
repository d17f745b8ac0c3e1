"""How much waits, and whether the service can work: looked up now and then, not at each scrape."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import sqlalchemy as sa

from services.notify import metrics, queries
from services.notify.model import Channel
from services.runtime.database import Database, Hot
from services.runtime.errors import Unavailable

EVERY_S = 5.0

COUNT_DEAD = Hot(
    "notify_count_dead",
    sa.text("SELECT count(*) AS dead FROM notify.deliveries WHERE state = 'dead'"),
)


async def follow(database: Database, *, now: Callable[[], datetime]) -> None:
    """Keeps the gauges of the queue, for ever."""
    while True:
        # Without the database the figures stay as they were; `boss_ready` tells of that.
        with suppress(Unavailable):
            await _set(database, now())
        await asyncio.sleep(EVERY_S)


async def _set(database: Database, now: datetime) -> None:
    rows = {row.channel: row for row in await database.rows(queries.QUEUE, now=now)}
    dead = await database.hot_rows(COUNT_DEAD)
    metrics.DEAD.set(dead[0]["dead"])
    for channel in Channel:
        row = rows.get(channel.value)
        metrics.QUEUE_DEPTH.labels(channel.value).set(row.depth if row else 0)
        metrics.QUEUE_AGE.labels(channel.value).set(max(0.0, float(row.age_s)) if row else 0)


async def ready(database: Database) -> bool:
    """Returns True where the database answers; raises Unavailable otherwise."""
    await database.ping()
    return True
