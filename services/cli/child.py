"""One service as a child process: started, started again when it dies, stopped in time.

Each child has a session of its own, so that a terminal's Ctrl-C reaches `boss up` alone, and a pipe
from it as standard input: the child ends when that closes, however `boss up` went. What a child
says goes straight into its log file, not through `boss up`, so that a suspended terminal never
blocks a service.
"""

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.cli.postgres import rotate

LOG_BYTES = 10_000_000
LINE_LENGTH = 200
STEADY_S = 10.0  # who ran this long did not die of its start: the back-off begins anew
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
SETTINGS_EXIT = 2  # a service that refuses its settings would refuse them again


class SettingsRefusedError(Exception):
    """A service ended because of its settings; the message is what it said."""


def pause_s(failures: int) -> float:
    """Return how long to wait before the next start, after so many quick deaths in a row."""
    return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** max(0, failures)))


def plain(log: str) -> str:
    """Return the last line of a log for a person: of a JSON line its event and error; pure."""
    line = (log.splitlines() or ["it said nothing"])[-1]
    try:
        told = json.loads(line)
        line = ": ".join(str(told[key]) for key in ("event", "error") if told.get(key))
    except (ValueError, AttributeError):
        pass
    return line[:LINE_LENGTH]


@dataclass(slots=True)
class Child:
    """The process of one service, kept alive until `stop`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    say: Callable[[str], None]
    changed: Callable[[], None]
    _process: asyncio.subprocess.Process | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _logged_from: int = 0
    _proven: bool = False

    @property
    def pid(self) -> int | None:
        """The process id, None while it is not running."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def run(self) -> None:
        """Keep the process alive; return when `stop` has ended it.

        Raises:
            SettingsRefusedError: the service will not start with these settings.
        """
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            process = await self._spawn()
            if self._stopping.is_set():  # asked for while the process was being made
                process.kill()
            code = await process.wait()
            if self._stopping.is_set():
                return
            self.changed()
            steady = time.monotonic() - began >= STEADY_S
            if code == SETTINGS_EXIT and not self._proven and not steady:
                raise SettingsRefusedError(f"{self.name}: {self.last_words()}")
            self._proven = self._proven or steady
            failures = 0 if steady else failures + 1
            pause = pause_s(failures)
            self.say(f"{self.name} ended ({_reason(code)}); starting it again in {pause:.1f} s")
            self.say(f"  {plain(self.last_words())}  (log: {self.log})")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def stop(self, grace_s: float) -> None:
        """End the process: by SIGTERM, and by SIGKILL where that takes longer than the grace."""
        self._stopping.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        for number, limit_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 1.0)):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), limit_s)
                return
            if number is signal.SIGTERM:
                self.say(f"{self.name} did not end within {grace_s:.1f} s; ended at once")

    def kill(self) -> None:
        """End the process at once."""
        self._stopping.set()
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def last_words(self) -> str:
        """Return the end of what this process wrote into its log."""
        try:
            with self.log.open("rb") as log:
                log.seek(self._logged_from)
                return log.read()[-2000:].decode(errors="replace").strip()
        except OSError:
            return ""

    async def _spawn(self) -> asyncio.subprocess.Process:
        rotate(self.log, limit_bytes=LOG_BYTES)
        with self.log.open("ab") as log:
            self._logged_from = log.tell()
            process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=dict(self.environment),
                start_new_session=True,
            )
        self._process = process
        self.changed()
        return process


def _reason(code: int) -> str:
    if code >= 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
