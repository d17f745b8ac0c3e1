"""The services behind the API as processes of their own, over one database, asked by HTTP.

All but `ai`, which none of the resources tested here needs.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

OWNER = "bst_owner_0123456789abcdefghijklmnopqrstuvwx"
SERVICES = ("task", "notify", "gateway")
BEHIND = ("task", "notify", "database")
START_S = 30.0
ROOT = Path(__file__).resolve().parents[4]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class System:
    """The services of one installation."""

    def __init__(self, database_url: str, folder: Path, **more: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": database_url,
            "BOSS_STATE_DIR": str(folder / "state"),
            "BOSS_API_TOKEN": OWNER,
            "BOSS_TIMEZONE": "Europe/Berlin",
            "BOSS_PARENT_PIPE": "1",
            "BOSS_RATE_API": "0",
            "BOSS_RATE_PUBLIC": "0",
            "PORT": str(self.port),
            **{
                f"BOSS_{name.upper()}_ADDRESS": f"127.0.0.1:{free_port()}"
                for name in ("task", "ai", "notify")
            },
            **more,
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        environment: Mapping[str, str] = {
            **self.environment,
            "BOSS_METRICS_PORT": str(free_port()),
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", f"services.{name}"],
                env=environment,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stderr=log,
            )

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def wait_ready(self) -> None:
        """Return once the gateway and what was started behind it say that they are ready."""
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            try:
                parts = httpx.get(f"{self.url}/ready", timeout=5).json()["dependencies"]
                if all(parts[name]["state"] == "up" for name in BEHIND):
                    return
            except (httpx.TransportError, ValueError):
                pass
            time.sleep(0.1)
        logs = "\n".join(self.log(name)[-2000:] for name in SERVICES)
        raise AssertionError(f"not ready after {START_S} s:\n{logs}")

    def stop(self, name: str) -> int:
        """End one by the pipe, as a starter that has gone does; return its exit code."""
        process = self.processes.pop(name)
        if process.stdin is not None:
            process.stdin.close()
        return process.wait(10)

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        process.wait(10)
        if process.stdin is not None:
            process.stdin.close()


@pytest.fixture(scope="session")
def installation(databases, tmp_path_factory) -> Iterator[System]:
    """One installation for all tests here that don't stop a part of it."""
    system = System(databases.new(), tmp_path_factory.mktemp("installation"))
    for name in SERVICES:
        system.start(name)
    try:
        system.wait_ready()
        yield system
    finally:
        for name in reversed(SERVICES):
            system.stop(name)


@pytest.fixture
def anybody(installation) -> Iterator[httpx.Client]:
    """A client that says nothing of who it is."""
    with httpx.Client(base_url=installation.url, timeout=20) as client:
        yield client


@pytest.fixture
def owner(installation) -> Iterator[httpx.Client]:
    """A client with the owner's token."""
    headers = {"Authorization": f"Bearer {OWNER}"}
    with httpx.Client(base_url=installation.url, headers=headers, timeout=20) as client:
        yield client


@pytest.fixture
def person(owner, request):
    """Makes people whose names are this test's own."""
    mark = abs(hash(request.node.nodeid)) % 10**6

    def make(name: str, **more: object) -> dict[str, object]:
        made = owner.post("/api/people", json={"name": f"{name} {mark}", **more})
        assert made.status_code == 201, made.text
        found: dict[str, object] = made.json()
        return found

    return make
