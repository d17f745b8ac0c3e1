"""The system as one thing: PostgreSQL and four services, started, kept alive, stopped in order.

Order of the stop: the gateway (nothing new comes in), then ai, notify and task together, then
PostgreSQL. Each step has its share of the five seconds and is then ended at once, which loses
nothing: what was accepted is in the database, and the database has its write-ahead log.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from services.cli.child import Child, pause_s, plain
from services.cli.identity import PostgresError
from services.cli.postgres import LOG_BYTES, Postgres, rotate
from services.cli.running import SERVICES, Run, Service, forget

GATEWAY_GRACE_S = 1.0
SERVICE_GRACE_S = 0.8
DATABASE_GRACE_S = 0.6
WATCH_S = 0.25
ROTATE_S = 30.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run: addresses, ports and the environment that tells them to the services."""

    state: Path
    url: str
    started_at: datetime
    addresses: Mapping[str, str]
    metrics_ports: Mapping[str, int]
    environment: Mapping[str, str]
    database_url: str | None  # None: the embedded PostgreSQL
    time_anchor: float | None = None  # from when a system under test counts its business time
    time: datetime | None = None  # which it was then
    commands: Mapping[str, Sequence[str]] = field(
        default_factory=dict
    )  # else `python -m services.…`

    def command(self, name: str) -> Sequence[str]:
        """Return what starts this service."""
        return self.commands.get(name, (sys.executable, "-m", f"services.{name}"))


class Supervisor:
    """Runs a plan until it is told to stop; everything it starts has ended when `run` returns."""

    def __init__(self, plan: Plan, *, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._say = say
        self._postgres = Postgres(plan.state) if plan.database_url is None else None
        self._children: dict[str, Child] = {}
        self._stop = asyncio.Event()
        self._at_once = False
        self._news = asyncio.Event()

    @property
    def stopping(self) -> bool:
        """Whether it has been told to stop."""
        return self._stop.is_set()

    @property
    def postgres_data(self) -> Path | None:
        """Where the embedded PostgreSQL keeps its data, None for a database elsewhere."""
        return None if self._postgres is None else self._postgres.data

    def last_words(self, name: str) -> str:
        """Return what this service last wrote into its log, for a person."""
        child = self._children.get(name)
        return "not started" if child is None else plain(child.last_words())

    def no_news(self) -> None:
        """Take what has happened so far for known."""
        self._news.clear()

    async def news(self) -> None:
        """Return once something has been started again since the last call."""
        await self._news.wait()
        self._news.clear()

    def stop(self) -> None:
        """End everything in order."""
        self._stop.set()

    def stop_at_once(self) -> None:
        """End everything now."""
        self._at_once = True
        for child in self._children.values():
            child.kill()
        self._stop.set()

    async def run(self, started: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Start all, run `started` beside them, and return when all has been stopped.

        Raises:
            PostgresError: the database cannot be started.
            SettingsRefusedError: a service will not run with these settings.
        """
        try:
            database_url = await self._start_database()
            if database_url is None:
                return
            self._children = {name: self._child(name, database_url) for name in SERVICES}
            async with asyncio.TaskGroup() as group:
                for child in self._children.values():
                    group.create_task(child.run(), name=child.name)
                watches = [
                    group.create_task(started(), name="started"),
                    group.create_task(self._watch_database(), name="postgres"),
                    group.create_task(self._rotate_logs(), name="logs"),
                ]
                await self._stop.wait()
                for watch in watches:
                    watch.cancel()
                await self._stop_services()
        finally:
            for child in self._children.values():  # those that a failure has left
                await child.stop(SERVICE_GRACE_S)
            if self._postgres is not None:
                await asyncio.to_thread(
                    self._postgres.stop, immediate=self._at_once, fast_s=DATABASE_GRACE_S
                )
            forget(self._plan.state)

    def run_state(self) -> Run:
        """Return what runs now, in the words of the run file."""
        embedded = self._postgres
        return Run(
            pid=os.getpid(),
            url=self._plan.url,
            started_at=self._plan.started_at.isoformat(),
            database=embedded.url if embedded is not None and embedded.running else None,
            postgres=embedded.pid if embedded is not None else None,
            time_anchor=self._plan.time_anchor,
            time=None if self._plan.time is None else self._plan.time.isoformat(),
            services={
                name: Service(
                    pid=child.pid,
                    address=self._plan.addresses[name],
                    metrics=f"http://127.0.0.1:{self._plan.metrics_ports[name]}/metrics",
                )
                for name, child in self._children.items()
            },
        )

    def _child(self, name: str, database_url: str) -> Child:
        return Child(
            name=name,
            command=self._plan.command(name),
            environment={
                **self._plan.environment,
                "DATABASE_URL": database_url,
                "BOSS_METRICS_PORT": str(self._plan.metrics_ports[name]),
                "BOSS_PARENT_PIPE": "1",
                **self._anchor(),
            },
            log=self._plan.state / "logs" / f"{name}.log",
            say=self._say,
            changed=self._save,
        )

    def _anchor(self) -> dict[str, str]:
        anchor = self._plan.time_anchor
        return {} if anchor is None else {"BOSS_TIME_ANCHOR": repr(anchor)}

    def _save(self) -> None:
        if self._children and not self._stop.is_set():
            self._news.set()
            self.run_state().save(self._plan.state)

    async def _start_database(self) -> str | None:
        """Return where the database is, None when a stop came first."""
        if self._postgres is None:
            return self._plan.database_url
        async with asyncio.TaskGroup() as group:
            start = group.create_task(asyncio.to_thread(self._postgres.start))
            stop = group.create_task(self._stop.wait())
            await asyncio.wait([start, stop], return_when=asyncio.FIRST_COMPLETED)
            if self._stop.is_set():
                self._postgres.give_up()  # a long recovery: it is taken up at the next start
            stop.cancel()
        return None if self._stop.is_set() else start.result()

    async def _watch_database(self) -> None:
        """Start the embedded PostgreSQL again when it dies; the services wait for it."""
        failures = 0
        while self._postgres is not None:
            await asyncio.sleep(WATCH_S)
            if self._postgres.running:
                continue
            self._say(f"PostgreSQL ended; starting it again (log: {self._postgres.log})")
            try:
                await asyncio.to_thread(self._postgres.start)
            except PostgresError as error:
                failures += 1
                self._say(f"PostgreSQL: {error}")
                await asyncio.sleep(pause_s(failures))
            else:
                failures = 0
                self._say("PostgreSQL is back")
                self._save()

    async def _rotate_logs(self) -> None:
        folder = self._plan.state / "logs"
        while True:
            await asyncio.sleep(ROTATE_S)
            for log in folder.glob("*.log"):
                rotate(log, limit_bytes=LOG_BYTES)

    async def _stop_services(self) -> None:
        await self._children["gateway"].stop(GATEWAY_GRACE_S)
        async with asyncio.TaskGroup() as group:
            for name in ("ai", "notify", "task"):
                group.create_task(self._children[name].stop(SERVICE_GRACE_S))
