"""The supervisor over real processes: order, restarts, and an end in time."""

import asyncio
import os
import signal
import sys
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.cli.child import SettingsRefusedError
from services.cli.ports import Ports
from services.cli.processes import alive
from services.cli.running import SERVICES, Run
from services.cli.supervisor import Plan, Supervisor

STAND_IN = Path(__file__).with_name("stand_in.py")


@pytest.fixture
def ports():
    taken = Ports()
    yield taken
    taken.release()


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / "state"
    (folder / "logs").mkdir(parents=True)
    return folder


def plan(state, ports, *, database=None, **how):
    port = ports.next_free(28000)
    return Plan(
        state=state,
        url=f"http://127.0.0.1:{port}",
        started_at=datetime(2026, 11, 24, tzinfo=UTC),
        addresses=dict.fromkeys(SERVICES, f"127.0.0.1:{port}"),
        metrics_ports=dict.fromkeys(SERVICES, port),
        environment={**os.environ, "BOSS_STATE_DIR": str(state), "PORT": str(port)},
        database_url=database,
        commands={
            name: (sys.executable, str(STAND_IN), name, how.get(name, "plain")) for name in SERVICES
        },
    )


@asynccontextmanager
async def running(planned):
    """The supervisor at work, and the lines that it said."""
    said: list[str] = []
    supervisor = Supervisor(planned, say=said.append)

    async def nothing():
        pass

    async with asyncio.TaskGroup() as group:
        work = group.create_task(supervisor.run(nothing))
        try:
            await until(lambda: all_run(planned.state) or work.done())
            yield supervisor, said
        finally:
            supervisor.stop()
            await work


def all_run(state):
    """Whether each stand-in has begun, its handlers and all."""
    return all((state / f"{name}.up").exists() for name in SERVICES)


def pids(state):
    """The process ids in the run file; it is written anew at every change."""
    run = Run.read(state)
    assert run is not None
    return {name: one.pid or 0 for name, one in run.services.items()}


async def until(condition, within_s=10.0):
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "did not come to pass"
        await asyncio.sleep(0.02)
    return value


DATABASE = "postgresql://elsewhere/boss"


async def test_the_run_file_names_every_service_and_goes_with_the_run(state, ports):
    async with running(plan(state, ports, database=DATABASE)):
        assert set(pids(state)) == set(SERVICES)
        assert all(alive(pid) for pid in pids(state).values())
        assert (state / "run.json").stat().st_mode & 0o077 == 0

    assert Run.read(state) is None


async def test_the_gateway_is_stopped_first(state, ports):
    async with running(plan(state, ports, database=DATABASE)):
        pass

    stops = (state / "stops").read_text().split()
    assert stops[0] == "gateway"
    assert set(stops) == set(SERVICES)


async def test_a_killed_service_is_started_again_and_that_is_said(state, ports):
    async with running(plan(state, ports, database=DATABASE)) as (_, said):
        before = pids(state)["task"]
        os.kill(before, signal.SIGKILL)

        after = await until(lambda: (pid := pids(state)["task"]) != before and pid)

        assert alive(after)
        assert any("task ended (SIGKILL)" in line for line in said)


async def test_a_service_deaf_to_the_signal_is_ended_all_the_same(state, ports):
    async with running(plan(state, ports, database=DATABASE, ai="stubborn", gateway="stubborn")):
        before = pids(state)
        began = time.monotonic()

    assert time.monotonic() - began < 5
    assert not any(alive(pid) for pid in before.values())


async def test_a_stop_at_once_does_not_wait(state, ports):
    async with running(plan(state, ports, database=DATABASE, gateway="stubborn")) as (one, _):
        began = time.monotonic()
        one.stop()
        one.stop_at_once()

    assert time.monotonic() - began < 1.5


async def test_refused_settings_end_the_start_with_the_services_words(state, ports):
    refusing = plan(state, ports, database=DATABASE, notify="refusing")

    async def nothing():
        pass

    with pytest.RaisesGroup(
        pytest.RaisesExc(SettingsRefusedError, match="notify: BOSS_NONSENSE"),
        flatten_subgroups=True,
    ):
        await Supervisor(refusing, say=lambda _line: None).run(nothing)


async def test_a_dead_database_is_started_again_where_it_was(state, ports):
    async with running(plan(state, ports)) as (supervisor, said):
        before = supervisor.run_state()
        os.kill(before.postgres, signal.SIGKILL)

        await until(lambda: "PostgreSQL is back" in said)

        after = supervisor.run_state()
        assert after.postgres != before.postgres
        assert after.database == before.database
    assert not alive(after.postgres)
