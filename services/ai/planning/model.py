"""A plan as plain values; `protos/boss/ai/v1/plan.proto` mirrors them. Tasks count from 1."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from services.ai.model import Candidate

FEWEST, MOST_DRAFTED, MOST_TASKS = 4, 12, 20
TITLE_MOST, SUBTASKS_MOST = 200, 20
DAY_MINUTES = 8 * 60
ESTIMATE_MOST = 365 * 24 * 60


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """A task of a plan. `after`: numbers of tasks that must be done before."""

    number: int
    title: str
    estimate_minutes: int
    assignees: tuple[Candidate, ...] = ()
    after: tuple[int, ...] = ()
    subtasks: tuple[str, ...] = ()
    start: date | None = None
    deadline: date | None = None
    # Whom it needs, in words of skills and departments.
    needs: tuple[str, ...] = ()
    # Why these people.
    why: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done by whom and when. `wished`: the day asked for, None where none was."""

    title: str
    kind: str
    tasks: tuple[PlannedTask, ...]
    wished: date | None = None
    budget: str = ""
    place: str = ""
    # What whoever reads it should know: that it doesn't fit, who is away.
    remarks: tuple[str, ...] = ()

    @property
    def ends(self) -> date | None:
        """The day of the last deadline."""
        days = [task.deadline for task in self.tasks if task.deadline]
        return max(days) if days else None


class Question(enum.Enum):
    """What may be asked before a plan is made: at most these three."""

    WHEN = "when"
    WHO = "who"
    MATTERS = "matters"


QUESTIONS: Mapping[Question, str] = {
    Question.WHEN: "When is it to be done?",
    Question.WHO: "Who works on it?",
    Question.MATTERS: "What matters most: quality, speed, cost, security, or something else?",
}


class ChangeKind(enum.Enum):
    """What became of a task."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    # Of the whole plan: its end.
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two plans; `sentence` says it to people."""

    kind: ChangeKind
    sentence: str
    # The task's number before and after; 0: there was none, or is none.
    before: int = 0
    after: int = 0
    field: str = ""


@dataclass(frozen=True, slots=True)
class Refined:
    """A plan after somebody has talked about it, and what of the words was not understood."""

    plan: Plan
    changes: tuple[Change, ...] = ()
    not_understood: tuple[str, ...] = field(default=())
