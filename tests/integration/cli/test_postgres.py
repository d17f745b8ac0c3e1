"""The embedded PostgreSQL: it starts anywhere, keeps what was written, leaves nothing behind."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import asyncpg
import pytest

from services.cli.identity import Way
from services.cli.postgres import Postgres, PostgresError
from services.cli.processes import alive

FAST = {"fsync": "off", "synchronous_commit": "off"}


@pytest.fixture
def postgres(tmp_path):
    server = Postgres(tmp_path / "state", settings=FAST)
    yield server
    server.stop()


async def fetch(url, query):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def ended(pid, within_s=5.0):
    until = time.monotonic() + within_s
    while time.monotonic() < until and alive(pid):
        time.sleep(0.02)
    return not alive(pid)


def gone(folder, within_s=2.0):
    until = time.monotonic() + within_s
    while time.monotonic() < until and folder.exists():
        time.sleep(0.02)
    return not folder.exists()


async def test_it_knows_letters_beyond_ascii_whatever_the_machine_speaks(postgres):
    url = postgres.start()

    assert await fetch(url, "select 'VIỆT' ilike 'việt'")
    assert await fetch(url, "select lower('ÉÇĐ')") == "éçđ"


async def test_a_restart_finds_what_was_written(postgres):
    url = postgres.start()
    await fetch(url, "create table kept as select 42 as answer")
    postgres.stop()

    assert await fetch(postgres.start(), "select answer from kept") == 42


async def test_a_server_that_a_crashed_run_left_is_replaced(tmp_path, postgres):
    url = postgres.start()
    await fetch(url, "create table kept as select 42 as answer")
    former = postgres.pid
    successor = Postgres(tmp_path / "state", settings=FAST)

    try:
        assert await fetch(successor.start(), "select answer from kept") == 42
        assert postgres.pid == former
        assert not alive(former)
    finally:
        successor.stop()


async def test_a_pid_file_that_names_a_stranger_is_no_obstacle(postgres):
    postgres.start()
    data = postgres.data
    os.kill(postgres.pid, signal.SIGKILL)
    assert ended(postgres.pid)
    lines = (data / "postmaster.pid").read_text().splitlines()
    (data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    assert await fetch(postgres.start(), "select 1") == 1


def test_the_sockets_folder_is_its_owners_alone(postgres):
    postgres.start()

    folder = postgres.url.split("host=")[1]
    mode = Path(folder).stat().st_mode
    assert mode & 0o077 == 0


def test_a_deep_state_folder_gets_a_short_socket(tmp_path):
    server = Postgres(tmp_path / ("d" * 60) / ("e" * 60), settings=FAST)
    try:
        url = server.start()

        assert asyncio.run(fetch(url, "select 1")) == 1
        assert str(tmp_path) not in url
    finally:
        server.stop()
    assert not Path(url.split("host=")[1]).exists()


async def test_it_runs_below_a_folder_that_only_its_owner_may_enter(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    server = Postgres(home / "state", settings=FAST)

    try:
        assert await fetch(server.start(), "select 1") == 1
        assert home.stat().st_mode & 0o777 == 0o700
    finally:
        server.stop()


def test_it_ends_when_its_starter_is_killed(tmp_path):
    program = textwrap.dedent(f"""
        import time
        from services.cli.postgres import Postgres
        server = Postgres({str(tmp_path / ("d" * 100))!r}, settings={FAST!r})
        url = server.start()
        print(server.pid, url.split("host=")[1], flush=True)
        time.sleep(60)
    """)
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    told, socket = starter.stdout.readline().split()
    pid = int(told)
    assert alive(pid)

    starter.kill()
    starter.communicate()

    assert ended(pid)
    assert gone(Path(socket))


def test_data_of_another_version_are_named(postgres):
    postgres.start()
    postgres.stop()
    (postgres.data / "PG_VERSION").write_text("9\n")

    with pytest.raises(PostgresError, match="made by PostgreSQL 9"):
        postgres.start()


def test_a_broken_data_folder_says_what_the_server_said(postgres):
    postgres.start()
    postgres.stop()
    (postgres.data / "postgresql.conf").write_text("nonsense here\n")

    with pytest.raises(PostgresError, match="nonsense"):
        postgres.start()


@pytest.mark.parametrize("way", [Way.NAMESPACE, Way.NOBODY] if os.geteuid() == 0 else [Way.ITSELF])
def test_each_way_to_run_it_works_and_is_kept(tmp_path, way):
    reachable = Path("/tmp") / f"boss-test-{os.getpid()}-{way.value}"  # pytest's own is 0700
    reachable.mkdir(mode=0o755)
    ways = None if way is Way.ITSELF else (way,)
    server = Postgres(reachable / "state", ways=ways, settings=FAST)
    try:
        asyncio.run(fetch(server.start(), "create table kept as select 42 as answer"))
        server.stop()
        owner = server.data.stat().st_uid
        again = Postgres(reachable / "state", settings=FAST)

        assert asyncio.run(fetch(again.start(), "select answer from kept")) == 42
        assert again.data.stat().st_uid == owner
        again.stop()
    finally:
        server.stop()
        shutil.rmtree(reachable)
