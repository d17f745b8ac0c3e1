"""What is known of a running system: `<state>/run.json`, and the lock that says that it runs.

`boss up` writes both; every other command only reads them. The lock is the kernel's, so a crashed
run leaves none behind; the file alone proves nothing.
"""

import contextlib
import fcntl
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

SERVICES = ("task", "ai", "notify", "gateway")
RUN_FILE = "run.json"
LOCK_FILE = "up.lock"


@dataclass(frozen=True, slots=True)
class Service:
    """One service as it runs: its process, where it listens, where its metrics are."""

    pid: int | None
    address: str
    metrics: str


@dataclass(frozen=True, slots=True)
class Run:
    """A system as `boss up` last wrote it down."""

    pid: int
    url: str
    started_at: str
    services: dict[str, Service] = field(default_factory=dict)
    database: str | None = None
    postgres: int | None = None
    time_anchor: float | None = None  # of a system under test: from when its time is counted
    time: str | None = None

    def save(self, state: Path) -> None:
        """Replace the file in one step: a reader sees the old or the new, never half of one."""
        services = {
            name: {"pid": one.pid, "address": one.address, "metrics": one.metrics}
            for name, one in self.services.items()
        }
        content = {
            "pid": self.pid,
            "url": self.url,
            "started_at": self.started_at,
            "database": self.database,
            "postgres": self.postgres,
            "time_anchor": self.time_anchor,
            "time": self.time,
            "services": services,
        }
        part = state / f"{RUN_FILE}.part"
        part.touch(mode=0o600)
        part.write_text(json.dumps(content, indent=1) + "\n")
        part.replace(state / RUN_FILE)

    @classmethod
    def read(cls, state: Path) -> Self | None:
        """Return what the file says, None where there is none or it is no such file."""
        try:
            content: dict[str, Any] = json.loads((state / RUN_FILE).read_text())
            services = {
                name: Service(pid=one["pid"], address=one["address"], metrics=one["metrics"])
                for name, one in content["services"].items()
            }
            return cls(
                pid=int(content["pid"]),
                url=str(content["url"]),
                started_at=str(content["started_at"]),
                services=services,
                database=content["database"],
                postgres=content["postgres"],
                time_anchor=content["time_anchor"],
                time=content["time"],
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None


def forget(state: Path) -> None:
    """Remove the run file, as nothing runs any more."""
    (state / RUN_FILE).unlink(missing_ok=True)


class Lock:
    """The exclusive use of a state folder, for as long as the process lives."""

    def __init__(self, state: Path) -> None:
        self._path = state / LOCK_FILE
        self._file: int | None = None

    def take(self) -> bool:
        """Return whether the folder is ours; at once, it never waits."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._file = handle
        return True

    def release(self) -> None:
        """Give the folder back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def present(state: Path) -> Run | None:
    """Return the system that runs in this state folder now, None where none does."""
    run = Run.read(state)
    if run is None or not (state / LOCK_FILE).exists():
        return None
    with contextlib.suppress(OSError):
        probe = os.open(state / LOCK_FILE, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return run
        finally:
            os.close(probe)
    return None
