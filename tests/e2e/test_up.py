"""`boss up` as its user meets it: ready soon, stopped in time, and nothing lost between."""

import json
import os
import signal
import stat

import pytest

from services.cli.processes import alive
from services.cli.running import SERVICES
from tests.e2e.system import STOP_S, System, running, until


async def test_it_starts_shows_one_screen_stops_in_time_and_keeps_everything(tmp_path):
    async with running(tmp_path) as system:
        await until(lambda: "Stop   Ctrl-C" in system.said())
        screen = system.said()
        assert f"{system.url}/" in screen
        assert "TELEGRAM_BOT_TOKEN" in screen
        status = await system.status()
        assert set(status["services"]) == set(SERVICES)
        assert all(one["healthy"] for one in status["services"].values())
        await system.ask("POST", "/api/tasks", {"title": "Order chairs"})
        before = {task["id"]: task["title"] for task in await system.tasks()}

        assert await system.stop() <= STOP_S
        assert system.process.returncode == 0
        code, _, _ = await system.boss("status")
        assert code == 1
        await system.start()

        assert {task["id"]: task["title"] for task in await system.tasks()} == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_other_signals_stop_it_as_well(tmp_path, number):
    async with running(tmp_path) as system:
        assert await system.stop(number) <= STOP_S
        assert system.process.returncode == 0


async def test_an_open_stream_does_not_hold_the_stop(tmp_path):
    async with running(tmp_path) as system:
        url = f"{system.url}/api/events"
        headers = {"Authorization": f"Bearer {system.environment['BOSS_API_TOKEN']}"}
        async with system.client.stream("GET", url, headers=headers) as stream:
            assert stream.status_code == 200

            assert await system.stop() <= STOP_S


async def test_nothing_outlives_a_killed_starter(tmp_path):
    async with running(tmp_path) as system:
        system.process.kill()
        await system.process.wait()

        await until(lambda: not system.processes(), within_s=STOP_S)


async def test_a_start_right_after_a_crash_finds_everything(tmp_path):
    async with running(tmp_path) as system:
        await system.ask("POST", "/api/tasks", {"title": "Order chairs"})
        url = system.url
        system.process.kill()
        await system.process.wait()

        await system.start()

        assert [task["title"] for task in await system.tasks()] == ["Order chairs"]
        assert system.url == url


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


async def killed_and_back(system, name):
    before = system.pid(name)
    os.kill(before, signal.SIGKILL)
    await until(lambda: system.run.services[name].pid not in {before, None})


async def test_a_second_one_in_the_same_folder_says_where_the_first_is(tmp_path):
    async with running(tmp_path) as system:
        code, _, errors = await system.boss("up")

        assert code == 3
        assert f"already running at {system.url}" in errors
        await system.ready()


async def test_two_systems_run_side_by_side(tmp_path):
    async with running(tmp_path / "one") as one, running(tmp_path / "two") as two:
        assert one.url != two.url
        await one.ask("POST", "/api/tasks", {"title": "Order chairs"})

        assert await two.tasks() == []


async def test_secrets_are_their_owners_alone(tmp_path):
    async with running(tmp_path, BOSS_API_TOKEN="") as system:
        for name in ("owner-token", "service-key", "run.json"):
            mode = (system.state / name).stat().st_mode
            assert stat.S_IMODE(mode) == 0o600, name
        token = (system.state / "owner-token").read_text().strip()
        answer = await system.call("GET", "/api/tasks", token=token)
        assert answer.status_code == 200


async def test_a_folder_that_only_its_owner_may_enter_will_do(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)

    async with running(home) as system:
        assert await system.tasks() == []

    assert stat.S_IMODE(home.stat().st_mode) == 0o700


async def test_when_its_parent_is_gone_it_stops(tmp_path):
    system = System(tmp_path)
    words = " ".join([*system.command, "--with-parent"])
    system.command = ("/bin/sh", "-c", f"{words} & wait")
    try:
        await system.start()
        up = system.run.pid

        system.process.kill()

        await until(lambda: not alive(up) and not system.processes(), within_s=STOP_S + 1)
    finally:
        await system.close()


async def test_the_commands_answer_beside_a_running_system(tmp_path):
    async with running(tmp_path) as system:
        await system.person("Ana")
        code, out, errors = await system.boss(
            "chat", "Ana fix the checkout bug by friday 5pm, urgent"
        )
        assert (code, errors) == (0, "")
        assert "fix the checkout bug" in out
        assert "Undo" in out

        code, out, _ = await system.boss("tasks")
        assert code == 0
        assert "checkout" in out
        code, out, _ = await system.boss("tasks", "--json")
        assert json.loads(out)["tasks"][0]["priority"] == "urgent"
        code, out, _ = await system.boss("link")
        assert code == 0
        assert "/#token=" in out
        code, out, _ = await system.boss("deliveries", "--json")
        assert code == 0
        assert "deliveries" in json.loads(out)
        code, out, _ = await system.boss("doctor", "--json")
        findings = {one["check"]: one["state"] for one in json.loads(out)}
        assert code == 0, out
        assert findings["database"] == findings["connections"] == findings["gateway"] == "ok"


async def test_a_program_gets_a_token_of_its_own_until_it_is_ended(tmp_path):
    async with running(tmp_path) as system:
        code, out, errors = await system.boss("token", "create", "build server", "--json")
        assert code == 0, errors
        made = json.loads(out)
        assert (await system.call("GET", "/api/tasks", token=made["token"])).status_code == 200

        code, out, _ = await system.boss("token", "list")
        assert "build server" in out
        assert made["token"] not in out
        code, _, errors = await system.boss("token", "revoke", str(made["id"]))
        assert code == 0, errors

        assert (await system.call("GET", "/api/tasks", token=made["token"])).status_code == 401


async def test_business_time_is_moved_in_a_system_under_test(tmp_path):
    async with running(tmp_path, BOSS_ENV="test", BOSS_TIME="2026-11-24T09:00:00Z") as system:
        code, out, errors = await system.boss("clock", "advance", "25h")

        assert code == 0, errors
        assert out.startswith("2026-11-25T10:0")
