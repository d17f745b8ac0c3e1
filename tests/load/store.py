"""Measures the store's own functions beside the bare driver: `python -m tests.load.store`.

The driver runs the very same statements, with the same parameters, on the same rows and in the same
run, turn by turn; the ratio is what our code costs. `growth.py` has the times of whole calls.
"""

import argparse
import asyncio
import itertools
import json
import shutil
import statistics
import tempfile
import time
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import uvloop
from boss.task.v1 import task_service_pb2 as pb

from services.cli.postgres import Postgres
from services.runtime.database import Database
from services.runtime.migrate import upgrade
from services.runtime.parse import SecretStr
from services.runtime.settings import Settings
from services.task import bootstrap, lists, queries
from services.task.commands.change import update_task
from services.task.commands.create import create_one
from services.task.commands.storing import Asked
from services.task.commands.writing import Outcome, Store
from services.task.convert.tasks import task_to_proto
from services.task.filters.filter import Filter, Page
from services.task.model import PersonId, Task, TaskNumber, Viewer, WorkspaceId
from services.task.roster import Roster
from tests.load.seeding import seed

EACH = 5_000
WORKERS = 16
HOME = WorkspaceId(1)


@dataclass
class Heard:
    """The statements that a function ran, with their parameters, as the driver got them."""

    statements: list[tuple[str, list[Any], list[str]]] = field(default_factory=list)
    on: bool = False

    def note(self, hot, params):
        if self.on:
            values = {**hot.constants, **params}
            self.statements.append((hot.sql, [values[name] for name in hot.names], list(hot.names)))


class Listening(Database):
    """A database that tells what was asked of it."""

    heard: Heard

    async def hot_rows(self, hot, **params):
        self.heard.note(hot, params)
        return await super().hot_rows(hot, **params)

    @asynccontextmanager
    async def hot_transaction(self):
        async with super().hot_transaction() as fetch:

            async def listening(hot, **params):
                self.heard.note(hot, params)
                return await fetch(hot, **params)

            yield listening


def compose(outcome: Outcome):
    return pb.CreateTaskResponse(task=task_to_proto(outcome.views[0]), act=str(outcome.act))


def asked(owner):
    return Asked(HOME, owner, uuid.uuid4(), "CreateTaskRequest", b"bench", datetime.now(UTC))


async def migrated(server, name):
    """The settings of a new database with the store's schema and its first workspace."""
    admin = await asyncpg.connect(server.url)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    url = server.url.replace("/boss?", f"/{name}?")
    options = Settings(database_url=SecretStr(url), timezone="UTC")
    await upgrade(options, schema="task", package="services.task")
    database = Database(options, schema="task")
    now = datetime.now(UTC)
    await bootstrap.bootstrap(
        database, owner_token="bst_" + "x" * 43, owner_telegram_id=None, timezone="UTC", now=now
    )
    await database.close()
    return options


@asynccontextmanager
async def store_of(server, tasks):
    """A store over a seeded database of so many tasks, and a bare pool beside."""
    options = await migrated(server, "store")
    url = options.database_url.get_secret_value()
    database = Listening(options, schema="task")
    database.heard = Heard()
    seeded = await seed(url, tasks=tasks, workspaces=max(1, tasks // EACH))

    async def no_reset(_connection):
        """As the store's own pool does it."""

    async with asyncpg.create_pool(url, min_size=15, max_size=15, reset=no_reset) as pool:
        yield Store(database, Roster(database)), seeded.people[HOME], pool, database.heard
    await database.close()


async def rate(work, *, seconds):
    """Calls a second with so many at once."""
    end, count = time.perf_counter() + seconds, 0

    async def worker(index):
        nonlocal count
        for turn in itertools.count():
            if time.perf_counter() > end:
                return
            await work(index, turn)
            count += 1

    began = time.perf_counter()
    await asyncio.gather(*(worker(index) for index in range(WORKERS)))
    return count / (time.perf_counter() - began)


def ours(store, people, owner):
    """The functions, by their names in the brief."""
    everything = Viewer(HOME, owner, sees_all=True)
    totals = lists.Totals(store.database)

    async def get(index, turn):
        number = TaskNumber((index * 311 + turn * 17) % EACH + 1)
        await queries.get_task(store.database, HOME, number, viewer=everything)

    async def list_20(index, turn):
        one = Filter(assignees=(people[(index + turn) % len(people)],))
        await lists.list_tasks(store.database, totals, HOME, one, Page(limit=20), viewer=everything)

    async def create(_index, _turn):
        now = datetime.now(UTC)
        task = Task("Call the hosting company", now, now, now, creator=owner, status_by=owner)
        await create_one(store, asked(owner), task, compose)

    async def change(index, turn):
        number = TaskNumber(index + 1)
        title = f"Called {turn} {uuid.uuid4().hex[:8]}"
        await update_task(store, asked(owner), number, {"title": title}, etag="", compose=compose)

    return {
        "get": get,
        "list 20": list_20,
        "create": create,
        "change": change,
    }


def fresh(values, names, index):
    """The parameters with ids of their own, for the task of this worker."""
    changed = []
    for value, each in zip(values, names, strict=True):
        if each in {"request_id", "act"}:
            changed.append(uuid.uuid4())
        elif each == "numbers":
            changed.append([index + 1])
        elif each == "entries":
            changed.append(value.replace('"number":1,', f'"number":{index + 1},', 1))
        else:
            changed.append(value)
    return changed


async def bare(store, heard, pool, name, work):
    """The same statements by the driver alone: those of one call, with ids of their own each time."""
    heard.statements, heard.on = [], True
    store.roster.forget([PersonId(1)])
    await work(0, 0)
    await work(0, 1)
    heard.on = False
    # The last call: people and the workspace were known already.
    last = heard.statements
    kinds = {"get": 1, "list 20": 1, "create": 1, "change": 3}
    statements = last[-kinds[name] :]

    async def reading(index, _turn):
        async with pool.acquire() as connection:
            for sql, values, names in statements:
                await connection.fetch(sql, *fresh(values, names, index))

    async def changing(index, _turn):
        async with pool.acquire() as connection, connection.transaction():
            for sql, values, names in statements:
                await connection.fetch(sql, *fresh(values, names, index))

    return changing if name == "change" else reading


async def beside_the_driver(server, options):
    async with store_of(server, options.tasks) as (store, people, pool, heard):
        functions = ours(store, people, PersonId(1))
        found = {}
        for name in ("get", "list 20", "create", "change"):
            alone = await bare(store, heard, pool, name, functions[name])
            pairs = []
            for _ in range(options.repeats):
                a = await rate(functions[name], seconds=options.seconds)
                b = await rate(alone, seconds=options.seconds)
                pairs.append((a, b))
            found[name] = {
                "ours_per_s": round(statistics.median(a for a, _ in pairs)),
                "bare_per_s": round(statistics.median(b for _, b in pairs)),
                "ratio": round(statistics.median(a / b for a, b in pairs), 2),
            }
            print(name, found[name], flush=True)
        return found


async def measure(options):
    folder = tempfile.mkdtemp(prefix="boss-store-")
    server = Postgres(Path(folder))
    await asyncio.to_thread(server.start)
    try:
        return await beside_the_driver(server, options)
    finally:
        await asyncio.to_thread(server.stop)
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    print(json.dumps(uvloop.run(measure(parser.parse_args())), indent=2))


if __name__ == "__main__":
    main()
