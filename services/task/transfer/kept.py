"""What a file holds beside people, templates and tasks: comments, time and attendance as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from services.task.model import Attachment, PersonId, TaskNumber, WorkSettings
from services.task.rules.attendance import Break


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of a file: the workspace, and what follows."""

    version: int
    name: str
    timezone: str
    # The highest number of a task.
    last_number: int
    settings: WorkSettings = field(default_factory=WorkSettings)


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said of a task."""

    task: TaskNumber
    text: str
    at: datetime
    author: PersonId | None = None
    edited_at: datetime | None = None
    mentions: tuple[PersonId, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Time:
    """Time on a task, by a timer or by hand."""

    person: PersonId
    task: TaskNumber
    day: date
    minutes: int
    created_at: datetime
    updated_at: datetime
    note: str = ""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    ends_at: datetime | None = None
    closes_at: datetime | None = None
    forgotten: bool = False


@dataclass(frozen=True, slots=True)
class Presence:
    """From one “in” to its “out”."""

    person: PersonId
    day: date
    came_at: datetime
    ends_at: datetime
    closes_at: datetime
    left_at: datetime | None = None
    breaks: tuple[Break, ...] = ()
    late_from: datetime | None = None
    forgotten: bool = False
    corrected: bool = False
