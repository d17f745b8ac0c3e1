"""What a search has found, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from services.task.model import TaskView

# So many are ranked, and can be leafed through.
RANKED = 1_000


class Match(Enum):
    """Why a task is among the results; the numbers are those of boss.task.v1.SearchMatch."""

    FILTER = 0
    ID = 1
    TASK = 2
    COMMENT = 3
    SIMILAR = 4


@dataclass(frozen=True, slots=True)
class Result:
    """One task that was found."""

    view: TaskView
    snippet: str
    score: float
    match: Match
    comment: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A page of results; `more`: there are more than `total`."""

    results: tuple[Result, ...]
    next_key: tuple[float, int] | None
    total: int
    more: bool
    as_of: int
