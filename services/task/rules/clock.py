"""When the clock has something to say of a task."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from services.task.model import Task
from services.task.rules.permissions import People


def next_instant(task: Task, *, people: People, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The next instant at which the clock has something to say of the task."""
    return None
