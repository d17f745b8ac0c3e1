"""Lays the tasks of a plan over working days: backwards from the end, or forwards from today.

Pure. A person does eight hours a day and no more, over all tasks; what depends on something begins
on a later day. Where it doesn't fit before the end, it is laid from today, and that is told.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.ai.planning.days import (
    MONDAY_TO_FRIDAY,
    next_working_day,
    working_days_between,
    works,
)
from services.ai.planning.model import DAY_MINUTES, PlannedTask

_ONE = timedelta(days=1)
# A plan goes no further than this; what doesn't fit ends there.
_MOST_DAYS = 3 * 366
# By person (or task, where nobody has it) and day.
_Used = defaultdict[tuple[str, date], int]


@dataclass(frozen=True, slots=True)
class Laid:
    """Tasks with their days; `late_days`: working days past the day wished for."""

    tasks: tuple[PlannedTask, ...]
    late_days: int = 0


def in_order(tasks: Sequence[PlannedTask]) -> list[PlannedTask]:
    """Return the tasks so that each follows what it depends on, else as they are."""
    left, done, ordered = list(tasks), set[int](), list[PlannedTask]()
    known = {task.number for task in tasks}
    while left:
        ready = next(
            (task for task in left if all(n in done or n not in known for n in task.after)), left[0]
        )
        left.remove(ready)
        done.add(ready.number)
        ordered.append(ready)
    return ordered


def has_circle(tasks: Sequence[PlannedTask]) -> bool:
    """Return whether some tasks wait for each other."""
    seen = set[int]()
    for task in in_order(tasks):
        if not set(task.after) <= seen:
            return True
        seen.add(task.number)
    return False


def lay(
    tasks: Sequence[PlannedTask],
    *,
    today: date,
    wished: date | None,
    working_days: Mapping[str, tuple[int, ...]],
) -> Laid:
    """Return the tasks with a first and a last day each."""
    first = next_working_day(today)
    if wished is not None:
        backwards = _backwards(tasks, wished, first, working_days)
        if backwards is not None:
            return Laid(backwards)
    forwards = _forwards(tasks, first, working_days)
    ends = max((task.deadline for task in forwards if task.deadline), default=first)
    late = working_days_between(wished + _ONE, ends) if wished and ends > wished else 0
    return Laid(forwards, late)


def _backwards(
    tasks: Sequence[PlannedTask],
    wished: date,
    first: date,
    working_days: Mapping[str, tuple[int, ...]],
) -> tuple[PlannedTask, ...] | None:
    used, starts = _Used(int), dict[int, date]()
    laid = dict[int, PlannedTask]()
    for task in reversed(in_order(tasks)):
        followers = [starts[each.number] for each in tasks if task.number in each.after]
        end = min(followers) - _ONE if followers else wished
        days = _days(task, end, -1, used, working_days, until=first)
        if days is None:
            return None
        starts[task.number] = min(days)
        laid[task.number] = replace(task, start=min(days), deadline=max(days))
    return tuple(laid[task.number] for task in tasks)


def _forwards(
    tasks: Sequence[PlannedTask], first: date, working_days: Mapping[str, tuple[int, ...]]
) -> tuple[PlannedTask, ...]:
    used, ends = _Used(int), dict[int, date]()
    laid = dict[int, PlannedTask]()
    last = first + timedelta(days=_MOST_DAYS)
    for task in in_order(tasks):
        before = [ends[number] for number in task.after if number in ends]
        begin = max(before) + _ONE if before else first
        days = _days(task, begin, 1, used, working_days, until=last) or [min(begin, last)]
        ends[task.number] = max(days)
        laid[task.number] = replace(task, start=min(days), deadline=max(days))
    return tuple(laid[task.number] for task in tasks)


def _days(
    task: PlannedTask,
    begin: date,
    step: int,
    used: _Used,
    working_days: Mapping[str, tuple[int, ...]],
    *,
    until: date,
) -> list[date] | None:
    """Return the days that a task takes from one on in a direction; None where they don't suffice.

    Several people share the work of a day; who has no room on a day does nothing on it.
    """
    who = [each.name for each in task.assignees] or [f"nobody:{task.number}"]
    left, taken, day = max(1, task.estimate_minutes), list[date](), begin
    booked = list[tuple[str, date, int]]()
    while left > 0:
        if (until - day).days * step < 0:
            return None
        for name in who:
            if left > 0 and works(day, working_days.get(name) or MONDAY_TO_FRIDAY):
                room = min(left, DAY_MINUTES - used[name, day])
                if room > 0:
                    booked.append((name, day, room))
                    left -= room
                    taken.append(day)
        day += step * _ONE
    for name, day, room in booked:
        used[name, day] += room
    return taken
