"""Timesheets add up to the minute: over midnight, clock changes, breaks and days of work."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.task.model import PersonId, TaskNumber
from services.task.rules.attendance import Break, Presence
from services.task.rules.shifts import LONGEST, Span, by_day, shift_at, shift_on, start_of
from services.task.rules.timers import TimeEntry
from services.task.rules.timesheets import timesheet

BERLIN = ZoneInfo("Europe/Berlin")
ANA = PersonId(4)
ZONES = sorted(zone for zone in available_timezones() if "/" in zone)


def at(text, zone=UTC):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def presence(came, left, *breaks, zone=BERLIN, hours="09:00-18:00", **fields):
    began = at(came, zone)
    shift = shift_at(began, hours, zone)
    return Presence(
        id=1,
        person=ANA,
        day=shift.day,
        came_at=began,
        ends_at=shift.ends,
        closes_at=min(shift.closes, began + LONGEST),
        late_from=shift.begins + timedelta(minutes=15),
        left_at=None if left is None else at(left, zone),
        breaks=tuple(Break(at(b, zone), at(e, zone)) for b, e in breaks),
        **fields,
    )


def logged(task, day, minutes):
    now = at("2026-11-25 12:00")
    return TimeEntry(1, ANA, TaskNumber(task), date.fromisoformat(day), now, now, minutes)


def timer(task, began, ended, zone=BERLIN):
    start = at(began, zone)
    day = start.astimezone(zone).date()
    return TimeEntry(
        1, ANA, TaskNumber(task), day, start, start, began_at=start, ended_at=at(ended, zone)
    )


def sheet(first, last, presences=(), entries=(), *, zone=BERLIN, now="2026-12-31 00:00"):
    return timesheet(
        date.fromisoformat(first),
        date.fromisoformat(last),
        presences=presences,
        entries=entries,
        zone=zone,
        now=at(now, zone),
    )


def test_a_day_is_out_minus_in_minus_breaks():
    found = sheet(
        "2026-11-23",
        "2026-11-29",
        [
            presence(
                "2026-11-25 09:22",
                "2026-11-25 18:05",
                ("2026-11-25 12:00", "2026-11-25 12:45"),
                ("2026-11-25 15:10", "2026-11-25 15:20"),
            )
        ],
    )

    wednesday = found.days[2]
    assert (wednesday.worked, wednesday.breaks, wednesday.late) == (523 - 55, 55, 7)
    assert (found.worked, found.breaks, found.late, found.late_days) == (468, 55, 7, 1)
    assert [day.date.day for day in found.days] == [23, 24, 25, 26, 27, 28, 29]


def test_seconds_count_as_the_clock_shows_them():
    found = sheet(
        "2026-11-25", "2026-11-25", [presence("2026-11-25 09:22:40", "2026-11-25 18:05:10")]
    )

    assert found.worked == 8 * 60 + 43


def test_only_the_first_coming_of_a_day_is_late():
    found = sheet(
        "2026-11-25",
        "2026-11-25",
        [
            presence("2026-11-25 13:00", "2026-11-25 18:00"),
            presence("2026-11-25 09:10", "2026-11-25 12:00"),
        ],
    )

    assert (found.late, found.late_days) == (0, 0)


def test_work_over_midnight_is_on_both_days_and_late_on_the_day_it_is_of():
    night = presence("2026-11-25 22:20", "2026-11-26 06:00", hours="22:00-06:00")

    both = sheet("2026-11-25", "2026-11-26", [night])
    after = sheet("2026-11-26", "2026-11-26", [night])

    assert [day.worked for day in both.days] == [100, 360]
    assert [day.late for day in both.days] == [5, 0]
    assert (both.days[0].left_at, both.days[1].came_at) == (None, None)
    assert (after.worked, after.late) == (360, 0)


@pytest.mark.parametrize(
    ("came", "left", "minutes"),
    [
        ("2026-03-28 22:00", "2026-03-29 06:00", [120, 300]),
        ("2026-10-24 22:00", "2026-10-25 06:00", [120, 420]),
    ],
)
def test_a_night_of_a_clock_change_has_an_hour_less_or_more(came, left, minutes):
    found = sheet(came[:10], left[:10], [presence(came, left, hours="22:00-06:00")])

    assert [day.worked for day in found.days] == minutes


def test_who_is_in_still_counts_up_to_now_and_no_longer_than_the_clock_would_let():
    on = presence("2026-11-25 09:00", None)

    at_noon = sheet("2026-11-25", "2026-11-26", [on], now="2026-11-25 12:00")
    later = sheet("2026-11-25", "2026-11-26", [on], now="2026-11-27 12:00")

    assert at_noon.worked == 180
    assert [day.worked for day in later.days] == [15 * 60, 0]


def test_time_on_tasks_is_counted_by_day_and_by_task_the_most_first():
    found = sheet(
        "2026-11-25",
        "2026-11-26",
        entries=[
            logged(7, "2026-11-25", 30),
            timer(8, "2026-11-25 23:30", "2026-11-26 00:45"),
            logged(7, "2026-11-26", 20),
            logged(7, "2026-11-27", 600),
        ],
    )

    assert [dict(day.tasks) for day in found.days] == [{7: 30, 8: 30}, {8: 45, 7: 20}]
    assert list(found.tasks.items()) == [(8, 75), (7, 50)]
    assert found.logged == 125


EARLIEST, LATEST = datetime.fromisoformat("2015-01-01"), datetime.fromisoformat("2037-01-01")
moments = st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC))


def count(spans, zone):
    """Minute by minute: the day that it is there at each."""
    found = Counter()
    for span in spans:
        minute = datetime.fromtimestamp(span.began.timestamp() // 60 * 60, UTC)
        end = datetime.fromtimestamp(span.ended.timestamp() // 60 * 60, UTC)
        while minute < end:
            found[minute.astimezone(zone).date()] += 1
            minute += timedelta(minutes=1)
    return found


@given(moments, st.integers(0, 26 * 3600), st.sampled_from(ZONES))
def test_minutes_by_day_are_those_of_a_count_minute_by_minute(began, seconds, name):
    zone, span = ZoneInfo(name), Span(began, began + timedelta(seconds=seconds))

    found = [*by_day(span, zone)]

    assert Counter(dict(found)) == count([span], zone)
    assert sum(minutes for _, minutes in found) == span.minutes
    assert all(minutes > 0 for _, minutes in found)


@st.composite
def worked(draw):
    """A presence with breaks in order, of any length, in any zone."""
    came = draw(moments)
    marks = sorted(draw(st.lists(st.integers(0, 86_400), min_size=1, max_size=9)))
    times = [came + timedelta(seconds=mark) for mark in marks]
    left, inner = times[-1], times[:-1]
    breaks = tuple(
        Break(began, ended) for began, ended in zip(inner[::2], inner[1::2], strict=False)
    )
    return came, left, breaks


@given(worked(), st.sampled_from(ZONES))
def test_a_timesheet_equals_a_count_minute_by_minute(drawn, name):
    came, left, breaks = drawn
    zone = ZoneInfo(name)
    shift = shift_at(came, "09:00-18:00", zone)
    one = Presence(1, ANA, shift.day, came, shift.ends, shift.closes, None, left, breaks)
    first, last = came.astimezone(zone).date(), left.astimezone(zone).date()

    found = timesheet(first, last, presences=[one], entries=(), zone=zone, now=left)

    pauses = count([Span(each.began, each.ended) for each in breaks], zone)
    whole = count([Span(came, left)], zone)
    assert {day.date: day.breaks for day in found.days if day.breaks} == dict(pauses)
    expected = {day: minutes - pauses[day] for day, minutes in whole.items()}
    assert {day.date: day.worked for day in found.days if day.worked} == {
        day: minutes for day, minutes in expected.items() if minutes
    }
    assert found.worked + found.breaks == Span(came, left).minutes


@given(moments, st.sampled_from(ZONES), st.integers(0, 1439), st.integers(1, 1440))
def test_every_moment_is_of_one_shift_that_has_not_closed(moment, name, begins, ends):
    zone = ZoneInfo(name)
    hours = f"{begins // 60:02}:{begins % 60:02}-{ends // 60:02}:{ends % 60:02}"

    shift = shift_at(moment, hours, zone)

    assert shift.begins <= shift.ends <= shift.closes
    assert moment < shift.closes
    assert shift.day in {moment.astimezone(zone).date() - timedelta(days=n) for n in (0, 1)}


def test_a_day_begins_when_the_clock_skips_its_midnight():
    beirut = ZoneInfo("Asia/Beirut")

    assert start_of(date(2026, 3, 29), beirut) == at("2026-03-28 22:00")
    assert start_of(date(2026, 3, 30), beirut) == at("2026-03-29 21:00")


def test_hours_over_midnight_close_halfway_to_the_next():
    shift = shift_on(date(2026, 11, 25), "22:00-06:00", BERLIN)

    assert shift.ends == at("2026-11-26 06:00", BERLIN)
    assert shift.closes == at("2026-11-26 14:00", BERLIN)
