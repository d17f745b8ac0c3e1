"""Measures the log: what positions after the commit cost, and how soon a watcher sees a commit.

    python -m tests.load.log

Both sides run the store's own functions on a real PostgreSQL that syncs, in one process and one run, turn by turn. The
plain side draws an event's position from a sequence as it is inserted and does not wait for a numbering pass: what a log
would cost that may skip rows which commit late.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import tempfile
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import uvloop
from boss.task.v1 import task_service_pb2 as pb

from services.cli.postgres import Postgres
from services.runtime.database import Database
from services.runtime.migrate import upgrade
from services.runtime.parse import SecretStr
from services.runtime.settings import Settings
from services.task import bootstrap
from services.task.commands.create import create_one
from services.task.commands.storing import Asked
from services.task.commands.writing import Outcome, Store
from services.task.convert.tasks import task_to_proto
from services.task.feed import Feed
from services.task.model import PersonId, Task, WorkspaceId
from services.task.numbering import Numbering
from services.task.roster import Roster
from services.task.server.log import LogReader

OWNER, HOME = PersonId(1), WorkspaceId(1)
PLAIN = """
CREATE SEQUENCE task.plain_position;
ALTER TABLE task.events ALTER COLUMN position SET DEFAULT nextval('task.plain_position');
"""


@dataclass
class Side:
    """A store over a database of its own: with the log's numbering, or plain."""

    store: Store
    numbering: Numbering | None
    feed: Feed

    async def write(self) -> tuple[float, int]:
        """One task created: the moment at which it was committed, and its position."""
        now = datetime.now(UTC)
        asked = Asked(HOME, OWNER, uuid.uuid4(), "CreateTaskRequest", b"bench", now)
        task = Task("Call the hosting company", now, now, now, creator=OWNER, status_by=OWNER)
        written = await create_one(self.store, asked, task, compose)
        committed = time.perf_counter()
        position = 0
        if self.numbering is not None:
            position = await self.numbering.position(written.drawn[-1].event)
        return committed, position


def compose(outcome: Outcome):
    return pb.CreateTaskResponse(task=task_to_proto(outcome.views[0]), act=str(outcome.act))


async def execute(url, statements):
    """As the tables' owner, whom the store's role is not."""
    connection = await asyncpg.connect(url)
    await connection.execute(statements)
    await connection.close()


async def side(server: Postgres, name: str, *, plain: bool) -> Side:
    """A new database with the schema and one workspace."""
    await execute(server.url, f'CREATE DATABASE "{name}"')
    settings = Settings(
        database_url=SecretStr(server.url.replace("/boss?", f"/{name}?")), timezone="UTC"
    )
    await upgrade(settings, schema="task", package="services.task")
    database = Database(settings, schema="task")
    now = datetime.now(UTC)
    token = "bst_" + "x" * 43
    await bootstrap.bootstrap(
        database, owner_token=token, owner_telegram_id=None, timezone="UTC", now=now
    )
    if plain:
        await execute(settings.database_url.get_secret_value(), PLAIN)
    store = Store(database, Roster(database))
    feed: Feed = Feed(LogReader(database, store.roster))
    return Side(store, None if plain else Numbering(database, told=feed.tell), feed)


async def burst(one: Side, *, writers: int, seconds: float):
    """Writes a second, and the milliseconds of each."""
    end = time.perf_counter() + seconds
    took: list[float] = []

    async def write():
        while (began := time.perf_counter()) < end:
            await one.write()
            took.append((time.perf_counter() - began) * 1_000)

    began = time.perf_counter()
    await asyncio.gather(*(write() for _ in range(writers)))
    return len(took) / (time.perf_counter() - began), took


async def delays(one: Side, *, writes: int):
    """Milliseconds from each commit until a watcher has the event."""
    seen: dict[int, float] = {}

    async def watch():
        async for batch, _head in one.feed.watch(None):
            now = time.perf_counter()
            seen.update((each.position, now) for each in batch)

    watching = asyncio.create_task(watch())
    commits = []
    for _ in range(writes):
        commits.append(await one.write())
        await asyncio.sleep(0.005)
    while commits[-1][1] not in seen:
        await asyncio.sleep(0.01)
    watching.cancel()
    return [(seen[position] - committed) * 1_000 for committed, position in commits]


async def cost_of_watchers(one: Side, *, watchers: int, seconds: float):
    """Writes a second of one writer alone, without watchers and with so many."""
    alone, _ = await burst(one, writers=1, seconds=seconds)

    async def watch():
        async for _batch, _head in one.feed.watch(None):
            pass

    tasks = [asyncio.create_task(watch()) for _ in range(watchers)]
    await asyncio.sleep(0.5)
    watched, _ = await burst(one, writers=1, seconds=seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return watched / alone


def quantile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


async def measure(options):
    folder = tempfile.mkdtemp(prefix="boss-log-")
    server = Postgres(Path(folder))
    await asyncio.to_thread(server.start)
    try:
        ours, plain = (
            await side(server, "ours", plain=False),
            await side(server, "plain", plain=True),
        )
        loops = [asyncio.create_task(ours.numbering.run()), asyncio.create_task(ours.feed.run())]
        rates: dict[str, list[float]] = {"ours": [], "plain": []}
        tails: dict[str, list[float]] = {"ours": [], "plain": []}
        for one in (ours, plain):
            await burst(one, writers=32, seconds=2)
        for _ in range(options.repeats):
            for name, one in (("ours", ours), ("plain", plain)):
                rate, took = await burst(one, writers=32, seconds=options.seconds)
                rates[name].append(rate)
                tails[name].append(quantile(took, 0.99))
        ratios = [a / b for a, b in zip(rates["ours"], rates["plain"], strict=True)]
        _, alone = await burst(ours, writers=1, seconds=options.seconds)
        late = await delays(ours, writes=500)
        watched = [
            await cost_of_watchers(ours, watchers=200, seconds=options.seconds)
            for _ in range(options.repeats)
        ]
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        for one in (ours, plain):
            await one.store.database.close()
    finally:
        await asyncio.to_thread(server.stop)
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "writers_32_per_s": {name: round(statistics.median(each)) for name, each in rates.items()},
        "of_plain": round(statistics.median(ratios), 2),
        "p99_ms": {name: round(statistics.median(each), 1) for name, each in tails.items()},
        "writer_alone_p50_ms": round(statistics.median(alone), 2),
        "commit_to_watcher_ms": {
            "p50": round(quantile(late, 0.5), 1),
            "p99": round(quantile(late, 0.99), 1),
        },
        "with_200_watchers": round(statistics.median(watched), 2),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    print(json.dumps(uvloop.run(measure(parser.parse_args())), indent=2))


if __name__ == "__main__":
    main()
