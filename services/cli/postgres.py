"""The embedded PostgreSQL of one state folder: made once, started, watched for readiness, stopped.

It listens on a socket alone, in a folder that only the owner may enter, and it never outlives the
process that started it: a minder (a shell waiting on a pipe) stops it when that process is gone,
however it went. What a crashed run left behind is stopped before the next start. Blocking calls;
an event loop calls them in a thread.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from services.cli.identity import Place, PostgresError, Way, choose
from services.cli.minder import Minder
from services.cli.processes import alive, command_line

DATABASE = "boss"
SOCKET_PATH_BYTES = 100  # of 107 on Linux and 103 on macOS
SOCKET_NAME = ".s.PGSQL.5432"
BUILTIN_LOCALES = 17  # the first version that has its own, whatever the machine's are
LOG_BYTES = 10_000_000
QUIET_S = 60.0  # a start that says nothing for this long is given up; recovery reports every 10 s
FAST_S = 3.0
IMMEDIATE_S = 2.0
POLL_S = 0.02

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "log_min_duration_statement": "1000",
    "log_startup_progress_interval": "5s",
}


class Postgres:
    """One server for one state folder, for one starter at a time (who holds the folder's lock)."""

    def __init__(
        self,
        state: Path | str,
        *,
        ways: tuple[Way, ...] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._state = Path(state).resolve()
        self._ways = ways
        self._settings = {**SETTINGS, **(settings or {})}
        self._place: Place | None = None
        self._socket: Path | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._minder: Minder | None = None
        self._given_up = threading.Event()
        self.log = self._state / "logs" / "postgres.log"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, None before the start and after the stop."""
        return self._server.pid if self._server is not None else None

    @property
    def running(self) -> bool:
        """Whether the postmaster is alive."""
        return self._server is not None and self._server.poll() is None

    @property
    def data(self) -> Path:
        """Where the data are."""
        return self._place.data if self._place is not None else self._state / "postgres"

    @property
    def url(self) -> str:
        """Where the database is reached, in libpq's words; asyncpg and SQLAlchemy read it too."""
        if self._socket is None:
            message = "the embedded PostgreSQL has not been started"
            raise PostgresError(message)
        return f"postgresql://postgres@/{DATABASE}?host={quote(str(self._socket), safe='/')}"

    def start(self) -> str:
        """Return the URL of a server that takes connections.

        0.1 s; 1 s the first time; after a crash as long as the recovery takes.
        """
        self._state.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        place = self._place = choose(self._state, ways=self._ways)
        if not (place.data / "PG_VERSION").exists():
            self._initialise(place)
        self._check_version(place)
        self._end_former(place)
        if self._server is not None:
            self._server.wait()  # dead or just ended: this takes note of it
        self._socket = self._socket_folder(place)
        rotate(self.log, limit_bytes=LOG_BYTES)
        began_at = self.log.stat().st_size if self.log.exists() else 0
        until = time.monotonic() + 10
        while True:
            self._launch(place)
            try:
                self._await_ready(place, began_at)
            except PostgresError:
                # Backends of a killed server go within moments; until then their memory is in use.
                if "shared memory block" not in self._said(began_at) or time.monotonic() > until:
                    self.stop()
                    raise
                began_at = self.log.stat().st_size
                time.sleep(0.2)
            except BaseException:
                self.stop(immediate=True)
                raise
            else:
                return self.url

    def give_up(self) -> None:
        """Make a start that is under way in another thread end soon, with a PostgresError."""
        self._given_up.set()

    def stop(self, *, immediate: bool = False, fast_s: float = FAST_S) -> None:
        """Stop fast, at last immediately, which the write-ahead log makes safe."""
        server, self._server = self._server, None
        if server is not None:
            limits = (
                (signal.SIGINT, fast_s),
                (signal.SIGQUIT, IMMEDIATE_S),
                (signal.SIGKILL, IMMEDIATE_S),
            )
            for number, limit_s in limits[1:] if immediate else limits:
                with contextlib.suppress(ProcessLookupError):
                    server.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    server.wait(limit_s)
                    break
        self._end_minder()
        if self._socket is not None and not self._inside(self._socket):
            shutil.rmtree(self._socket, ignore_errors=True)
        self._socket = None

    def _initialise(self, place: Place) -> None:
        """Make the data folder beside its place, then move it there: never is half a one found."""
        part = place.data.with_name(f"{place.data.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        place.own(part)
        locale = ["--locale=C.UTF-8"]
        if _version(place) >= BUILTIN_LOCALES:
            # The same on every machine and without ICU: under the environment's LANG=C, lower(),
            # ILIKE and pg_trgm would not know any letter outside ASCII.
            libc = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--locale={libc}"]
        self._call(
            place,
            "initdb",
            *("-D", str(part), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"),
            *locale,
            "--no-instructions",
        )
        self._call(
            place,
            "postgres",
            "--single",
            "-D",
            str(part),
            "postgres",
            said=f"CREATE DATABASE {DATABASE}\n",
        )
        if place.data.exists():
            shutil.rmtree(place.data)
        part.rename(place.data)
        os.sync()

    def _call(self, place: Place, program: str, *arguments: str, said: str = "") -> None:
        done = subprocess.run(
            place.command(program, *arguments),
            input=said,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=place.user,
            env=_environment(),
        )
        if done.returncode != 0:
            words = (done.stderr or done.stdout).strip()[-600:]
            message = f"{program} failed in {place.data.parent} ({place.way.value}): {words}"
            raise PostgresError(message)

    def _check_version(self, place: Place) -> None:
        made = (place.data / "PG_VERSION").read_text().strip()
        here = _version(place)
        if made != str(here):
            message = (
                f"the data in {place.data} were made by PostgreSQL {made}, and version {here} is "
                f"installed: install the version that made them, or dump and restore"
            )
            raise PostgresError(message)

    def _end_former(self, place: Place) -> None:
        """Stop a server that an earlier run left, and drop a pid file that names a stranger."""
        pid_file = place.data / "postmaster.pid"
        pid = _first_line(pid_file)
        if pid is None or not alive(pid):
            return  # PostgreSQL itself knows a dead pid for what it is
        if str(place.data) not in command_line(pid):
            # Another program has got this number since; PostgreSQL would take it for a live server.
            pid_file.unlink(missing_ok=True)
            return
        for number, limit_s in (
            (signal.SIGINT, FAST_S),
            (signal.SIGQUIT, IMMEDIATE_S),
            (signal.SIGKILL, 1.0),
        ):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            until = time.monotonic() + limit_s
            while time.monotonic() < until:
                if not alive(pid):
                    return
                time.sleep(POLL_S)

    def _socket_folder(self, place: Place) -> Path:
        """Return an empty one, the same as before when this is not the first start."""
        folder = self._socket or self._state / "socket"
        reachable = place.data.is_relative_to(self._state)
        if self._socket is None and (
            not reachable or len(os.fsencode(folder / SOCKET_NAME)) > SOCKET_PATH_BYTES
        ):
            folder = Path(tempfile.mkdtemp(prefix="boss-"))
        place.own(folder)
        for name in (
            SOCKET_NAME,
            f"{SOCKET_NAME}.lock",
        ):  # of a crashed run; nobody else is in here
            (folder / name).unlink(missing_ok=True)
        return folder

    def _launch(self, place: Place) -> None:
        self._end_minder()
        options = {**self._settings, "unix_socket_directories": str(self._socket)}
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                place.command("postgres", "-D", str(place.data), *_flags(options)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                user=place.user,
                env=_environment(),
                start_new_session=True,  # a terminal's Ctrl-C is for the starter alone
            )
        self._mind(place)

    def _await_ready(self, place: Place, began_at: int) -> None:
        """Wait until postmaster.pid says ready, without limit while the log moves."""
        server = self._server
        size, moved_at = began_at, time.monotonic()
        while server is not None:
            lines = _lines(place.data / "postmaster.pid")
            if lines[:1] == [str(server.pid)] and [line.strip() for line in lines[7:8]] == [
                "ready"
            ]:
                return
            if self._given_up.is_set():
                message = "the start of PostgreSQL was given up"
                raise PostgresError(message)
            if server.poll() is not None:
                said = self._said(began_at)[-800:].strip()
                message = f"PostgreSQL ended while starting: {said} (log: {self.log})"
                raise PostgresError(message)
            now = self.log.stat().st_size
            if now != size:
                size, moved_at = now, time.monotonic()
            elif time.monotonic() - moved_at > QUIET_S:
                message = (
                    f"PostgreSQL is not ready and silent for {QUIET_S:.0f} s (log: {self.log})"
                )
                raise PostgresError(message)
            time.sleep(POLL_S)

    def _said(self, since: int) -> str:
        with self.log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")

    def _inside(self, folder: Path | None) -> bool:
        return folder is None or folder.is_relative_to(self._state)

    def _end_minder(self) -> None:
        if self._minder is not None:
            self._minder.end()
            self._minder = None

    def _mind(self, place: Place) -> None:
        if self._server is not None:
            folder = None if self._inside(self._socket) else self._socket
            pid_file = place.data / "postmaster.pid"
            self._minder = Minder(self._server.pid, pid_file=pid_file, socket_folder=folder)


def rotate(log: Path, *, limit_bytes: int) -> None:
    """Keep one former log of this size; copied and cut, because a server may have it open."""
    if log.exists() and log.stat().st_size > limit_bytes:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


def _version(place: Place) -> int:
    told = subprocess.run(
        [str(place.binaries / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(told.split()[2].split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))


def _flags(options: Mapping[str, str]) -> list[str]:
    return [part for name, value in options.items() for part in ("-c", f"{name}={value}")]


def _environment() -> dict[str, str]:
    return {"PATH": f"{os.defpath}:/usr/local/bin:/usr/sbin:/sbin", "LC_ALL": "C"}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _first_line(path: Path) -> int | None:
    lines = _lines(path)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


__all__ = ["Postgres", "PostgresError", "rotate"]
