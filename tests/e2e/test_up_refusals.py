"""`boss up` and other commands where something is wrong: one plain message and an exit code."""

import socket
from contextlib import closing

import pytest

from tests.e2e.system import STOP_S, System, free_port, until


async def refusal(system, *arguments):
    code, out, errors = await system.boss("up", *arguments)
    assert "Traceback" not in out + errors
    assert not system.processes()
    return code, errors


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("BOSS_NONSENSE", "1"),
        ("PORT", "http"),
        ("BOSS_RATE_API", "many"),
        ("BOSS_TIME", "2026-11-24T09:00:00Z"),
        ("BOSS_TASK_ADDRESS", "50051"),
    ],
)
async def test_a_wrong_or_unknown_variable_is_named(tmp_path, variable, text):
    code, errors = await refusal(System(tmp_path, **{variable: text}))

    assert code == 2
    assert variable in errors


async def test_a_wrong_variable_in_the_dotenv_file_is_named(tmp_path):
    (tmp_path / ".env").write_text("BOSS_PORTT=1\n")

    code, errors = await refusal(System(tmp_path))

    assert code == 2
    assert "BOSS_PORTT" in errors
    assert ".env" in errors


async def test_a_busy_port_asked_for_by_name_is_named(tmp_path):
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        code, errors = await refusal(System(tmp_path), "--port", str(port))

    assert code == 2
    assert f"port {port} is taken" in errors


async def test_a_state_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "state").write_text("")

    code, errors = await refusal(System(tmp_path))

    assert code == 2
    assert str(tmp_path / "state") in errors
    assert "BOSS_STATE_DIR" in errors


async def test_a_state_folder_that_cannot_be_made_is_named(tmp_path):
    code, errors = await refusal(System(tmp_path, BOSS_STATE_DIR="/proc/boss/state"))

    assert code == 2
    assert "/proc/boss/state" in errors


async def test_commands_without_a_running_system_say_so(tmp_path):
    system = System(tmp_path, PORT=str(free_port()))
    for arguments in (["chat", "hello"], ["link"], ["tasks"], ["deliveries"], ["token", "list"]):
        code, out, errors = await system.boss(*arguments)

        assert code == 1, arguments
        assert "boss status" in errors, arguments
        assert "Traceback" not in out + errors


async def test_time_is_not_moved_outside_of_tests(tmp_path):
    code, _, errors = await System(tmp_path).boss("clock", "advance", "1h")

    assert code == 2
    assert "BOSS_ENV=test" in errors


async def test_a_database_that_does_not_answer_is_named_until_it_does(tmp_path):
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))  # bound, and nobody listens
        port = silent.getsockname()[1]
        system = System(tmp_path, DATABASE_URL=f"postgresql://boss@127.0.0.1:{port}/boss")
        try:
            await system.launch()

            await until(lambda: "waiting for the database" in system.said(), within_s=20)
            assert await system.stop() <= STOP_S
        finally:
            await system.close()
