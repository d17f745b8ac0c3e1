"""What happened, in sentences from figures: of one task, of a list, of a period. Pure.

A model may word it anew; a number or name that is not in these sentences it may not bring in.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from services.ai import wording

SENTENCES_MOST = 12
_NAMED = 3
_DAY_S = 86_400
_CLOSED = {"completed", "cancelled"}
_STATES = {
    "pending": "not begun",
    "in_progress": "in progress",
    "blocked": "blocked",
    "on_hold": "on hold",
    "in_review": "in review",
    "needs_revision": "to be revised",
    "completed": "completed",
    "cancelled": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A task as far as a summary needs it."""

    title: str
    status: str
    assignees: tuple[str, ...] = ()
    priority: str = "medium"
    deadline: datetime | None = None
    created: datetime | None = None
    creator: str = ""
    status_since: datetime | None = None
    status_by: str = ""
    reason: str = ""
    revisions: int = 0
    feedback: str = ""
    delays: int = 0
    delay_reason: str = ""
    reopened: int = 0
    criteria: int = 0
    criteria_done: int = 0
    subtasks: int = 0
    subtasks_done: int = 0

    def overdue(self, now: datetime) -> bool:
        """Whether it is open and its deadline has passed."""
        return self.status not in _CLOSED and self.deadline is not None and self.deadline < now


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said."""

    author: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of a period; None: there is none of it."""

    created: int
    completed: int
    completion_rate: float | None = None
    on_time_rate: float | None = None
    revisions: int = 0
    delays: int = 0
    cycle_days: float | None = None


def of_task(task: Told, comments: Sequence[Comment], now: datetime) -> list[str]:
    """Return what happened to one task."""
    zone = now.tzinfo
    said = [_state(task, zone)]
    if task.created:
        by = f" by {task.creator}" if task.creator else ""
        said.append(f"It was created on {_day(task.created, zone)}{by}.")
    if task.deadline:
        said.append(f"Its deadline {_due(task, task.deadline, now)}.")
    said += _troubles(task)
    if task.criteria:
        said.append(
            f"{task.criteria_done} of {_count(task.criteria, 'criterion', 'criteria')} met."
        )
    if task.subtasks:
        said.append(f"{task.subtasks_done} of {_count(task.subtasks, 'subtask')} done.")
    if comments:
        last = comments[-1]
        said.append(
            f"{_count(len(comments), 'comment')}, the last by {last.author}: "
            f"“{wording.shown(last.text, 120)}”."
        )
    return said[:SENTENCES_MOST]


def _due(task: Told, deadline: datetime, now: datetime) -> str:
    if not task.overdue(now):
        return f"is {_day(deadline, now.tzinfo)}"
    days = int((now - deadline).total_seconds() // _DAY_S)
    ago = f"{_count(days, 'day')} ago" if days else "within the last day"
    return f"passed {ago}, on {_day(deadline, now.tzinfo)}"


def _state(task: Told, zone: tzinfo | None) -> str:
    who = f" ({wording.listed(task.assignees[:_NAMED])})" if task.assignees else ""
    since = f" since {_day(task.status_since, zone)}" if task.status_since else ""
    reason = f", as {wording.shown(task.reason, 80)}" if task.reason else ""
    return f"“{task.title}”{who} is {_STATES.get(task.status, task.status)}{since}{reason}."


def _troubles(task: Told) -> list[str]:
    said = []
    if task.revisions:
        why = f", last for “{wording.shown(task.feedback, 80)}”" if task.feedback else ""
        said.append(f"It was sent back {_times(task.revisions)}{why}.")
    if task.delays:
        why = f", last for “{wording.shown(task.delay_reason, 80)}”" if task.delay_reason else ""
        said.append(f"Its deadline was put off {_times(task.delays)}{why}.")
    if task.reopened:
        said.append(f"It was opened again {_times(task.reopened)}.")
    return said


def of_list(tasks: Sequence[Told], now: datetime, more: int = 0) -> list[str]:
    """Return how a list of tasks stands; `more` are those that the list leaves out."""
    if not tasks:
        return ["There are no tasks."]
    counts = Counter(_STATES.get(task.status, task.status) for task in tasks)
    parts = [f"{count} {state}" for state, count in counts.most_common()]
    rest = f" (and {more} more, not told here)" if more else ""
    said = [f"{_count(len(tasks), 'task')}{rest}: {wording.listed(parts)}."]
    late = sorted((t for t in tasks if t.overdue(now)), key=lambda task: task.deadline or now)
    if late:
        which = wording.listed([_with_people(task) for task in late[:_NAMED]])
        verb = "is" if len(late) == 1 else "are"
        others = f" and {len(late) - _NAMED} more" if len(late) > _NAMED else ""
        said.append(f"{len(late)} {verb} overdue, longest first: {which}{others}.")
    open_tasks = [task for task in tasks if task.status not in _CLOSED]
    urgent = [task for task in open_tasks if task.priority == "urgent"]
    if urgent:
        said.append(f"Urgent: {wording.listed([_with_people(task) for task in urgent[:_NAMED]])}.")
    load = Counter(name for task in open_tasks for name in task.assignees)
    if load:
        (name, most), *_ = sorted(load.items(), key=lambda each: (-each[1], each[0]))
        said.append(f"{name} has the most open ones: {most}.")
    nobody = sum(not task.assignees for task in open_tasks)
    if nobody:
        said.append(f"Nobody has {nobody} of them." if nobody > 1 else "Nobody has one of them.")
    return said


def of_period(
    span: tuple[str, str],
    figures: Figures,
    before: Figures | None,
    *,
    open_now: int,
    overdue_now: int,
) -> list[str]:
    """Return what a period brought, beside the one before it where there is one."""
    beside = _beside(figures.completed, before.completed) if before else ""
    came = _count(figures.created, "task")
    said = [
        f"From {span[0]} to {span[1]}, {came} came in and {figures.completed} got done{beside}."
    ]
    if figures.on_time_rate is not None:
        then = _before(before.on_time_rate if before else None)
        said.append(f"{_percent(figures.on_time_rate)} with a deadline were on time{then}.")
    if figures.completion_rate is not None:
        then = _before(before.completion_rate if before else None)
        said.append(f"{_percent(figures.completion_rate)} of those that came in are done{then}.")
    if figures.cycle_days is not None:
        said.append(f"Half of them took {figures.cycle_days:.1f} days or less.")
    if figures.revisions or figures.delays:
        sent, put = _times(figures.revisions), _times(figures.delays)
        said.append(f"Work was sent back {sent}, deadlines were put off {put}.")
    said.append(f"Now {open_now} are open, {overdue_now} of them overdue.")
    return said


def _before(share: float | None) -> str:
    return "" if share is None else f" (before: {_percent(share)})"


def _beside(now: int, then: int) -> str:
    if now == then:
        return ", as many as before"
    return f", {abs(now - then)} {'more' if now > then else 'fewer'} than before"


def _with_people(task: Told) -> str:
    who = f" ({wording.listed(task.assignees[:_NAMED])})" if task.assignees else ""
    return f"“{wording.shown(task.title)}”{who}"


def _percent(share: float) -> str:
    return f"{round(share * 100)}%"


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _day(moment: datetime, zone: tzinfo | None) -> str:
    local = moment.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B}"
