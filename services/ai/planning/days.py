"""Working days, which plans are laid over: Monday to Friday unless a person works otherwise."""

from collections.abc import Collection
from datetime import date, timedelta

MONDAY_TO_FRIDAY = frozenset(range(1, 6))
_ONE = timedelta(days=1)


def works(day: date, working_days: Collection[int] = MONDAY_TO_FRIDAY) -> bool:
    """Return whether this is a working day."""
    return day.isoweekday() in (working_days or MONDAY_TO_FRIDAY)


def last_working_day(day: date, working_days: Collection[int] = MONDAY_TO_FRIDAY) -> date:
    """Return this day, or the last working day before it."""
    while not works(day, working_days):
        day -= _ONE
    return day


def next_working_day(day: date, working_days: Collection[int] = MONDAY_TO_FRIDAY) -> date:
    """Return this day, or the first working day after it."""
    while not works(day, working_days):
        day += _ONE
    return day


def working_days_between(first: date, last: date) -> int:
    """Return how many working days there are from one to the other, both included."""
    days = max(0, (last - first).days + 1)
    weeks, rest = divmod(days, 7)
    return weeks * 5 + sum(works(first + timedelta(days=n)) for n in range(rest))
