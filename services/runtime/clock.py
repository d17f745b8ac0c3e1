"""What time it is: the only place that asks the system's clock for a date.

Business time (deadlines, reminders, schedules) is the real time, but for a system under test
(BOSS_ENV=test): there it starts at BOSS_TIME and runs on, and `boss clock` moves it for all
processes at once by a file in the state folder. Retries, leases and limits keep real time: they
use `time.monotonic()` or the database's `now()`.
"""

import json
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.runtime.errors import SettingsError
from services.runtime.settings import Settings

FILE = "clock.json"
_STILL = timedelta(0)


class _Business:
    """How far business time is from real time; nothing outside of tests."""

    def __init__(self) -> None:
        self._start = _STILL
        self._file: Path | None = None
        self._anchor: float | None = None
        self._seen: tuple[int, int] | None = None
        self._moved: timedelta | None = None

    def follow(self, settings: Settings) -> None:
        self.__init__()  # type: ignore[misc]  # from the beginning
        if not settings.test:
            return
        self._file = settings.state_dir / FILE
        self._anchor = settings.time_anchor
        if settings.time is not None:
            anchor = time.time() if settings.time_anchor is None else settings.time_anchor
            self._start = settings.time - datetime.fromtimestamp(anchor, UTC)

    def offset(self) -> timedelta:
        if self._file is None:
            return self._start
        try:
            stat = self._file.stat()
        except OSError:
            return self._start
        if self._seen != (stat.st_mtime_ns, stat.st_ino):
            self._moved = self._read(self._file)
            self._seen = (stat.st_mtime_ns, stat.st_ino)
        return self._start if self._moved is None else self._moved

    def move(self, offset: timedelta) -> None:
        if self._file is None:
            raise SettingsError("business time can be moved under BOSS_ENV=test alone")
        told = {"offset_s": offset.total_seconds(), "anchor": self._anchor}
        with tempfile.NamedTemporaryFile("w", dir=self._file.parent, delete=False) as part:
            json.dump(told, part)
        Path(part.name).replace(self._file)

    def _read(self, file: Path) -> timedelta | None:
        told = json.loads(file.read_text())
        # What an earlier run of the system had set is no business of this one.
        return timedelta(seconds=told["offset_s"]) if told["anchor"] == self._anchor else None


_business = _Business()


def now() -> datetime:
    """Return the business time, aware, in UTC."""
    return datetime.now(UTC) + _business.offset()


def follow(settings: Settings) -> None:
    """Let `now` follow these settings; each process does it once, at its start."""
    _business.follow(settings)


def set_business_time(moment: datetime) -> datetime:
    """Move business time to this moment for all processes of the state folder; return it.

    SettingsError outside of BOSS_ENV=test, or before `follow`.
    """
    _business.move(moment - datetime.now(UTC))
    return now()


def advance_business_time(span: timedelta) -> datetime:
    """Move business time by this span for all processes of the state folder; return it."""
    _business.move(_business.offset() + span)
    return now()
