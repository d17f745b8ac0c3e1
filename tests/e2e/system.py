"""The whole system as a person starts it: `boss up` as a process, on free ports, with a state
folder of its own; and its HTTP API as a person's program would call it.

`async with running(tmp_path, TELEGRAM_BOT_TOKEN=…) as system:` starts one that is ready, and makes
sure that nothing of it is left. Fakes of outside servers run in the test's own loop.
"""

import asyncio
import atexit
import json
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from services.cli.processes import alive
from services.cli.running import Run

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "e2e-owner-token-0123456789abcdef"
OWNER = 9001  # the owner's Telegram id, where a bot is connected
OURS = re.compile(
    r"(BOSS|TELEGRAM|DEEPSEEK|DISCORD|SMTP|GOOGLE)_|(DATABASE_URL|REDIS_URL|PUBLIC_URL|PORT|MAKEFLAGS|MAKELEVEL|MFLAGS|ARGS)$"
)
READY_S = 60.0
STOP_S = 5.0


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without any variable of ours, and with these."""
    kept = {name: text for name, text in os.environ.items() if not OURS.match(name)}
    return {**kept, **more}


class System:
    """One system; `start` and `stop` as often as a test likes."""

    command: tuple[str, ...] = (sys.executable, "-m", "services.cli", "up")

    def __init__(self, folder: Path, **variables: str) -> None:
        self.state = folder / "state"
        self.folder = folder
        self.output = folder / "up.log"
        self._environment = clean_environment(
            BOSS_STATE_DIR=str(self.state),
            BOSS_API_TOKEN=TOKEN,
            BOSS_OWNER_TELEGRAM_ID=str(OWNER),
            BOSS_RATE_API="0",
            BOSS_RATE_PUBLIC="0",
            BOSS_RATE_WEBHOOK="0",
            NO_PROXY="127.0.0.1,localhost",
        )
        self._environment.update(variables)
        self.token = self._environment["BOSS_API_TOKEN"]
        self._process: asyncio.subprocess.Process | None = None
        self.client = httpx.AsyncClient(timeout=40, trust_env=False)

    @property
    def environment(self) -> dict[str, str]:
        """What commands beside it are to be run with."""
        return dict(self._environment)

    def set(self, **variables: str) -> None:
        """Have these variables from the next start on."""
        self._environment.update(variables)

    @property
    def process(self) -> asyncio.subprocess.Process:
        """`boss up` itself."""
        assert self._process is not None, "it was not started"
        return self._process

    @property
    def run(self) -> Run:
        """What its run file says."""
        run = Run.read(self.state)
        assert run is not None, f"no run file; {self.said()}"
        return run

    @property
    def url(self) -> str:
        return self.run.url

    def said(self) -> str:
        """All that `boss up` printed."""
        return self.output.read_text() if self.output.exists() else ""

    async def launch(self, **streams: Any) -> None:
        """Start it, and do not wait."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.output.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self.command,
                cwd=self.folder,
                env=self._environment,
                start_new_session=True,
                **{
                    "stdin": asyncio.subprocess.DEVNULL,
                    "stdout": output,
                    "stderr": output,
                    **streams,
                },
            )

    async def start(self) -> float:
        """Start it; the seconds until all was ready."""
        began = time.monotonic()
        await self.launch()
        await self.ready()
        return time.monotonic() - began

    async def ready(self) -> None:
        """Wait until /ready says so."""
        await until(self._ready, within_s=READY_S, why=self.said)

    async def stop(self, number: signal.Signals = signal.SIGINT) -> float:
        """Stop it by a signal; the seconds that it took. Fails if anything of it is left."""
        began = time.monotonic()
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)  # as a terminal does: the whole group
            await asyncio.wait_for(self.process.wait(), 4 * STOP_S)
        took = time.monotonic() - began
        assert not self.processes(), self.commands()
        return took

    def kill_all(self) -> None:
        """End whatever is left, at once."""
        while pids := self.processes():
            for pid in pids:
                with_signal(pid, signal.SIGKILL)
            time.sleep(0.02)

    def processes(self) -> list[int]:
        """The living processes of this system: those that name its state folder."""
        mark = os.fsencode(self.state)
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                words = (entry / "cmdline").read_bytes()
                variables = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue  # it has ended meanwhile, or is another user's
            ours = b"BOSS_STATE_DIR=" + mark in variables or mark in words
            if ours and alive(int(entry.name)):
                found.append(int(entry.name))
        return found

    def commands(self) -> list[str]:
        """The command lines of what is left, for a failing test to show."""
        lines = []
        for pid in self.processes():
            words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
            lines.append(f"{pid}: {words.decode(errors='replace')[:200]}")
        return lines

    def pid(self, service: str) -> int:
        """The process id of a running service."""
        pid = self.run.services[service].pid
        assert pid is not None
        return pid

    async def close(self) -> None:
        """Stop it where it runs, and leave nothing."""
        try:
            if self._process is not None and self.process.returncode is None:
                await self.stop()
        finally:
            self.kill_all()
            if self._process is not None:
                await self.process.wait()
            await self.client.aclose()

    # The API -------------------------------------------------------------

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = "", **headers: str
    ) -> httpx.Response:
        """The answer to a request with this token, else the owner's; None for without.

        Header names have _ for -.
        """
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token or self.token}"
        return await self.client.request(method, f"{self.url}{path}", json=body, headers=sent)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The body of a success."""
        response = await self.call(method, path, body, **headers)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    async def person(self, name: str, **more: Any) -> dict[str, Any]:
        """A person, newly made."""
        return dict(await self.ask("POST", "/api/people", {"name": name, **more}))

    async def say(self, text: str) -> dict[str, Any]:
        """What the bot answers to the owner in the web chat."""
        return dict(await self.ask("POST", "/api/messages", {"text": text}))

    async def tasks(self, query: str = "") -> list[dict[str, Any]]:
        """All tasks, page by page."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = await self.ask("GET", f"/api/tasks?per_page=100{query}{cursor}")
            found += page["tasks"]
            if not page["next_cursor"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    async def boss(self, *arguments: str, text: str = "") -> tuple[int, str, str]:
        """Exit code, output and errors of a `boss` command beside the running system."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", *arguments),
            cwd=self.folder,
            env=self._environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, errors = await process.communicate(text.encode())
        return process.returncode or 0, out.decode(), errors.decode()

    async def status(self) -> dict[str, Any]:
        """What `boss status --json` says."""
        _, out, errors = await self.boss("status", "--json")
        assert out, errors
        return dict(json.loads(out))

    async def _ready(self) -> bool:
        assert self.process.returncode is None, f"it ended: {self.said()}"
        run = Run.read(self.state)
        if run is None:
            return False
        try:
            answer = await self.client.get(f"{run.url}/ready", timeout=5)
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK


@asynccontextmanager
async def running(folder: Path, *, first: bool = False, **variables: str) -> AsyncIterator[System]:
    """A system that is ready; nothing of it is left afterwards.

    It begins with the state folder of a system that was started and stopped once, which halves the
    time to readiness; `first=True` begins with none, as a newcomer does.
    """
    system = System(folder, **variables)
    try:
        if not first:
            shutil.copytree(await started_once(), system.state, symlinks=True)
        await system.start()
        yield system
    finally:
        await system.close()


_template: list[Path] = []


async def started_once() -> Path:
    """The state folder of a new system, made once for each process that runs tests."""
    if not _template:
        folder = Path(tempfile.mkdtemp(prefix="boss-template-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        async with running(folder, first=True):
            pass
        _template.append(folder / "state")
    return _template[0]


async def until(
    condition: Callable[[], Any], *, within_s: float = 10.0, why: Callable[[], str] = str
) -> Any:
    """The first true value of a condition, plain or awaitable; fails where none comes in time."""
    deadline = time.monotonic() + within_s
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, f"did not come to pass in {within_s} s. {why()}"
        await asyncio.sleep(0.05)


def with_signal(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
