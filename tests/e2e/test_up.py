"""`boss up` as its user meets it: ready soon, stopped in time, and nothing lost between."""

import os
import signal
import stat

import pytest

from services.cli.running import SERVICES
from tests.e2e.system import STOP_S, System, free_port, running, until

pytestmark = pytest.mark.timeout(180)


async def test_it_starts_shows_one_screen_stops_in_time_and_keeps_everything(tmp_path):
    async with running(tmp_path, first=True) as system:
        await until(lambda: "Stop   Ctrl-C" in system.said())
        screen = system.said()
        assert "/#token=" in screen
        assert "TELEGRAM_BOT_TOKEN" in screen
        await system.ask("POST", "/api/tasks", {"title": "Order chairs"})
        before = {task["id"]: task["title"] for task in await system.tasks()}

        assert await system.stop() <= STOP_S
        assert system.process.returncode == 0
        code, out, _ = await system.boss("status")
        assert code == 1
        assert "Nothing runs" in out
        await system.start()

        assert {task["id"]: task["title"] for task in await system.tasks()} == before


async def test_a_stop_waits_for_no_open_stream(tmp_path):
    async with running(tmp_path) as system:
        url = f"{system.url}/api/events"
        headers = {"Authorization": f"Bearer {system.environment['BOSS_API_TOKEN']}"}
        async with system.client.stream("GET", url, headers=headers) as stream:
            assert stream.status_code == 200

            assert await system.stop(signal.SIGTERM) <= STOP_S

        assert system.process.returncode == 0


async def test_nothing_outlives_a_killed_starter_and_the_next_start_finds_everything(tmp_path):
    async with running(tmp_path, PORT=str(free_port())) as system:
        await system.ask("POST", "/api/tasks", {"title": "Order chairs"})
        system.process.kill()
        await system.process.wait()

        await system.start()  # at once: the services of the former run still hold the port

        assert [task["title"] for task in await system.tasks()] == ["Order chairs"]
        system.process.kill()
        await system.process.wait()
        await until(lambda: not system.processes(), within_s=STOP_S)


async def test_each_killed_service_comes_back_and_the_database_too(tmp_path):
    async with running(tmp_path) as system:
        await until(lambda: "is ready" in system.said())
        for name in SERVICES:
            await killed_and_back(system, name)
            await system.ready()
            assert f"{name} ended (SIGKILL)" in system.said()
        database = system.run.postgres
        assert database is not None
        os.kill(database, signal.SIGKILL)
        await until(lambda: "PostgreSQL is back" in system.said())
        await until(lambda: system.run.postgres != database)
        await system.ready()

        created = await system.ask("POST", "/api/tasks", {"title": "Order chairs"})
        assert created["title"] == "Order chairs"


async def test_two_systems_run_side_by_side_one_where_only_its_owner_may_enter(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    async with running(tmp_path / "one") as one, running(home) as two:
        assert one.url != two.url
        await one.ask("POST", "/api/tasks", {"title": "Order chairs"})

        assert await two.tasks() == []

    assert stat.S_IMODE(home.stat().st_mode) == 0o700


async def killed_and_back(system: System, name: str) -> None:
    before = system.pid(name)
    os.kill(before, signal.SIGKILL)
    await until(lambda: system.run.services[name].pid not in {before, None})
