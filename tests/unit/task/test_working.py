"""Working time: by zone, days and hours, across changes of the clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.task.rules.working import after_working

WEEK = (1, 2, 3, 4, 5)
EIGHT, SIXTEEN = timedelta(hours=8), timedelta(hours=16)


def worked(since, *, zone="Europe/Berlin", days=WEEK, hours="09:00-18:00", spans=(EIGHT,)):
    place = ZoneInfo(zone)
    begin = datetime.fromisoformat(since).replace(tzinfo=place).astimezone(UTC)
    found = after_working(begin, spans, zone=place, days=days, hours=hours)
    return [f"{each.astimezone(place):%a %Y-%m-%d %H:%M}" for each in found]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-25 09:00", "Wed 2026-11-25 17:00"),
        ("2026-11-25 12:00", "Thu 2026-11-26 11:00"),
        # Before work, after it, and over a weekend.
        ("2026-11-25 03:00", "Wed 2026-11-25 17:00"),
        ("2026-11-25 20:00", "Thu 2026-11-26 17:00"),
        ("2026-11-27 15:00", "Mon 2026-11-30 14:00"),
        ("2026-11-28 12:00", "Mon 2026-11-30 17:00"),
    ],
)
def test_only_hours_of_work_count(since, until):
    assert worked(since) == [until]


def test_several_spans_are_counted_at_once():
    assert worked("2026-11-25 12:00", spans=(EIGHT, SIXTEEN)) == [
        "Thu 2026-11-26 11:00",
        "Fri 2026-11-27 10:00",
    ]


def test_work_over_midnight_is_of_the_day_on_which_it_begins():
    assert worked("2026-11-25 23:00", hours="22:00-06:00") == ["Thu 2026-11-26 23:00"]
    # The night of Friday goes into Saturday, which is free.
    assert worked("2026-11-28 05:00", hours="22:00-06:00") == ["Tue 2026-12-01 05:00"]


def test_a_night_in_which_the_clock_is_changed_has_an_hour_less_or_more():
    night = {"days": tuple(range(1, 8)), "hours": "20:00-06:00"}

    assert worked("2026-03-28 20:00", **night) == ["Sun 2026-03-29 05:00"]
    assert worked("2026-10-24 20:00", **night) == ["Sun 2026-10-25 03:00"]


def test_the_day_is_that_of_the_persons_zone():
    assert worked("2026-11-25 09:00", zone="Asia/Kathmandu") == ["Wed 2026-11-25 17:00"]


def test_who_has_no_working_days_never_works():
    assert worked("2026-11-25 09:00", days=()) == []
