"""The commands beside a running system: what they answer, and their exit codes."""

import json
import stat

import pytest
import pytest_asyncio

from services.cli.running import SERVICES
from tests.e2e.system import running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory):
    """One system under test for all of them, which makes its owner's token itself."""
    folder = tmp_path_factory.mktemp("commands")
    variables = {"BOSS_ENV": "test", "BOSS_TIME": "2026-11-24T09:00:00Z", "BOSS_API_TOKEN": ""}
    async with running(folder, **variables) as started:
        started.token = (started.state / "owner-token").read_text().strip()
        yield started


async def told(system, *arguments, text=""):
    code, out, errors = await system.boss(*arguments, text=text)
    assert (code, errors) == (0, ""), (arguments, out, errors)
    return out


async def test_status_tells_of_four_healthy_services(system):
    status = json.loads(await told(system, "status", "--json"))

    assert set(status["services"]) == set(SERVICES)
    assert all(one["healthy"] for one in status["services"].values())
    assert {one["pid"] for one in status["services"].values()} <= set(system.processes())
    assert system.url in await told(system, "status")


async def test_a_second_system_in_the_same_folder_is_refused_with_the_place_of_the_first(system):
    code, _, errors = await system.boss("up")

    assert code == 3
    assert f"already running at {system.url}" in errors


async def test_secrets_are_their_owners_alone(system):
    for name in ("owner-token", "service-key", "run.json"):
        assert stat.S_IMODE((system.state / name).stat().st_mode) == 0o600, name


async def test_a_chat_makes_a_task_and_presses_its_button(system):
    await system.person("Ana")

    out = await told(system, "chat", "Ana fix the checkout bug by friday 5pm, urgent")

    assert "Fix the checkout bug" in out
    assert "[1] Undo" in out
    assert "checkout" in await told(system, "tasks", "--assignee", "Ana")
    assert json.loads(await told(system, "tasks", "--json"))["tasks"][0]["priority"] == "urgent"
    await told(system, "chat", text="Ana order the chairs\n1\n")
    titles = {task["title"].lower() for task in await system.tasks()}
    assert "fix the checkout bug" in titles
    assert "order the chairs" not in titles


async def test_a_link_signs_in(system):
    assert "/#token=" in await told(system, "link")
    assert "expires_at" in json.loads(await told(system, "link", "--json"))


async def test_deliveries_are_listed(system):
    assert "deliveries" in json.loads(await told(system, "deliveries", "--json"))
    assert "CHANNEL" in await told(system, "deliveries")


async def test_the_doctor_finds_nothing_wrong(system):
    findings = json.loads(await told(system, "doctor", "--json"))

    states = {one["check"]: one["state"] for one in findings}
    assert states["database"] == states["connections"] == states["gateway"] == "ok"
    assert "failed" not in states.values()


async def test_a_program_gets_a_token_of_its_own_until_it_is_ended(system):
    made = json.loads(await told(system, "token", "create", "build server", "--json"))
    assert (await system.call("GET", "/api/tasks", token=made["token"])).status_code == 200

    listed = await told(system, "token", "list")
    assert "build server" in listed
    assert made["token"] not in listed
    await told(system, "token", "revoke", str(made["id"]))

    assert (await system.call("GET", "/api/tasks", token=made["token"])).status_code == 401


async def test_migrating_again_changes_nothing(system):
    schemas = json.loads(await told(system, "migrate", "--json"))["schemas"]

    assert set(schemas) == {"task", "notify", "gateway"}


async def test_business_time_is_moved_for_all(system):
    out = await told(system, "clock", "advance", "25h")

    assert out.startswith("2026-11-25T10:")


async def test_log_and_state_are_found_to_agree(system):
    assert await told(system, "verify") == "Log and state agree.\n"


async def test_the_workspace_goes_into_a_file_and_a_table_comes_in(system, tmp_path):
    table = tmp_path / "tasks.csv"
    table.write_text('title,status\n"Old, but good",waiting\n,done\n')

    code, looked, _ = await system.boss("import", str(table), "--dry-run")
    taken = await system.boss("import", str(table), "--json")
    again = await system.boss("import", str(table), "--json")
    whole = tmp_path / "whole.jsonl"
    await told(system, "export", str(whole))
    tasks = await told(system, "export", "--format", "csv")

    assert code == 1
    assert "Would take: 1 tasks." in looked
    assert "Line 3: title: " in looked
    assert taken[1] == again[1]
    assert json.loads(taken[1])["counts"]["tasks"] == 1
    assert tasks.count("Old, but good") == 1
    records = [json.loads(line) for line in whole.read_text().splitlines()]
    assert (records[0]["kind"], records[-1]["kind"]) == ("workspace", "end")
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []
