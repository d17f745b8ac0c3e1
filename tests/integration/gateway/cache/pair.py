"""Two of each service over one database, as processes, and how one talks with them."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

OWNER = "bst_owner_0123456789abcdefghijklmnopqrstuvwx"
START_S = 180.0
ROOT = Path(__file__).resolve().parents[4]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Pair:
    """Gateway 0 asks store 0, gateway 1 store 1, and so do the notifiers where there are some."""

    def __init__(self, database_url: str, folder: Path, **more: str) -> None:
        self._folder = folder
        self._environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": database_url,
            "BOSS_STATE_DIR": str(folder / "state"),
            "BOSS_API_TOKEN": OWNER,
            "BOSS_PARENT_PIPE": "1",
            "BOSS_RATE_API": "0",
            "BOSS_AI_ADDRESS": f"127.0.0.1:{free_port()}",
            **more,
        }
        self._ports = [free_port(), free_port()]
        self._stores = [f"127.0.0.1:{free_port()}" for _ in range(2)]
        self._notifiers = [f"127.0.0.1:{free_port()}" for _ in range(2)]
        self._processes: dict[tuple[str, int], subprocess.Popen[bytes]] = {}
        self.clients = [
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}",
                headers={"Authorization": f"Bearer {OWNER}"},
                timeout=20,
            )
            for port in self._ports
        ]

    def start(self, name: str, index: int) -> None:
        environment = {
            **self._environment,
            "PORT": str(self._ports[index]),
            "BOSS_TASK_ADDRESS": self._stores[index],
            "BOSS_NOTIFY_ADDRESS": self._notifiers[index],
            "BOSS_METRICS_PORT": str(free_port()),
        }
        with (self._folder / f"{name}{index}.log").open("ab") as log:
            self._processes[name, index] = subprocess.Popen(
                [sys.executable, "-m", f"services.{name}"],
                env=environment,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stderr=log,
            )

    async def open(self, *more: str) -> None:
        """Start the first of each, which make the tables, then the others."""
        for index in range(2):
            for name in ("task", *more, "gateway"):
                self.start(name, index)
            await self.wait_kept(index)

    async def boss(self, *arguments: str) -> None:
        """Run a command beside them."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", *arguments),
            cwd=ROOT,
            env=self._environment,
            stderr=asyncio.subprocess.PIPE,
        )
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()

    async def wait_kept(self, index: int) -> None:
        """Return once a gateway gives answers that it has kept: all is up, its stream as well."""
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            before = await self.hits(index)
            try:
                await self.clients[index].get("/api/tasks")
            except httpx.TransportError:
                continue
            if await self.hits(index) > before >= 0:
                return
            await asyncio.sleep(0.05)
        raise AssertionError((self._folder / f"gateway{index}.log").read_text()[-3000:])

    async def hits(self, index: int) -> float:
        """Return how many kept answers a gateway has given, -1 where it can't be asked."""
        try:
            text = (await self.clients[index].get("/metrics")).text
        except httpx.TransportError:
            return -1
        found = [line for line in text.splitlines() if 'result="hit"' in line and "total" in line]
        return sum(float(line.rpartition(" ")[2]) for line in found)

    def kill(self, name: str, index: int) -> None:
        process = self._processes.pop((name, index))
        process.kill()
        self._end(process)

    async def close(self) -> None:
        for client in self.clients:
            await client.aclose()
        for (name, _), process in sorted(self._processes.items()):
            if name == "gateway" and process.stdin is not None:
                process.stdin.close()
        for process in self._processes.values():
            self._end(process)

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    async def get(self, index: int, path: str, **headers: str) -> Any:
        """Return an answer, None where there is none just now."""
        try:
            answer = await self.clients[index].get(path, headers=headers)
        except httpx.TransportError:
            return None
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            return None
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()
