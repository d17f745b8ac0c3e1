"""When the next occurrence of a repeated task is due, and for which date it stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.task.model import Repeat, Status, TaskNumber
from services.task.rules import edits, series
from tests.unit.task.people import ANA, GONE, OWNER, PEOPLE, task, view

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(text):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


NOW = berlin("2026-10-12 08:00")


def weekly(*people, rule="FREQ=WEEKLY;BYDAY=SU", deadline="2026-10-18 09:00", **fields):
    made = task(*people, recurrence=rule, deadline=berlin(deadline) if deadline else None)
    return replace(made, created_at=NOW, updated_at=NOW, **fields)


def due(made, now=NOW):
    at = series.due_at(made, zone=BERLIN, now=now)
    return at and f"{at.astimezone(BERLIN):%Y-%m-%d %H:%M}"


def next_date(made, now=NOW):
    at = series.next_date(made, zone=BERLIN, now=now)
    return at and f"{at.astimezone(BERLIN):%Y-%m-%d %H:%M}"


AFTER = {"repeats": Repeat.AFTER_COMPLETION}
DONE = {"status": Status.COMPLETED, "completed_at": NOW}


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (weekly(), "2026-10-18 09:00"),
        (weekly(status=Status.CANCELLED), "2026-10-18 09:00"),
        (weekly(status=Status.CANCELLED, **AFTER), "2026-10-18 09:00"),
        (weekly(**DONE), "2026-10-12 08:00"),
        (weekly(**DONE, **AFTER), "2026-10-12 08:00"),
        (weekly(**AFTER), None),
        (weekly(recurrence_paused=True), None),
        (weekly(deleted_at=NOW), None),
        (weekly(successor=TaskNumber(9)), None),
        (weekly(rule="FREQ=WEEKLY;COUNT=2", occurrence=2), None),
        (weekly(rule=""), None),
        (weekly(deadline="2026-10-04 09:00"), "2026-10-12 08:00"),
        (weekly(rule="FREQ=WEEKLY;UNTIL=20261010", deadline="2026-10-04 09:00"), None),
        (weekly(deadline=""), "2026-10-18 00:00"),
        (weekly(deadline="", start=berlin("2026-10-17 08:00")), "2026-10-17 08:00"),
    ],
)
def test_when_the_clock_makes_the_next(made, wanted):
    assert due(made) == wanted


@pytest.mark.parametrize(
    ("made", "now", "wanted"),
    [
        (weekly(), "2026-10-12 08:00", "2026-10-25 09:00"),
        (weekly(), "2026-12-01 12:00", "2026-12-06 09:00"),
        (weekly(deadline=""), "2026-10-12 08:00", "2026-10-18 00:00"),
        (weekly(deadline=""), "2026-12-01 12:00", "2026-11-29 00:00"),
        (weekly(**AFTER, **DONE), "2026-10-12 08:00", "2026-10-18 09:00"),
        # Put off to the Tuesday: Sundays at nine go on.
        (
            weekly(deadline="2026-10-20 17:00", anchor=berlin("2026-10-18 09:00")),
            "2026-10-20 17:00",
            "2026-10-25 09:00",
        ),
        (weekly(rule="FREQ=WEEKLY;COUNT=1"), "2026-10-12 08:00", None),
        (weekly(rule="FREQ=WEEKLY;UNTIL=20261018"), "2026-10-12 08:00", None),
    ],
)
def test_for_which_date_the_next_stands(made, now, wanted):
    assert next_date(made, berlin(now)) == wanted


def test_the_start_keeps_its_distance_on_the_wall_clock():
    made = weekly(start=berlin("2026-10-17 20:00"))

    next_ = series.following(made, people=PEOPLE, zone=BERLIN, now=NOW)

    # An hour more lies between them, as the clock is changed that night.
    assert next_.start == berlin("2026-10-24 20:00")
    assert next_.deadline - next_.start == timedelta(hours=14)


def test_who_has_left_is_left_out():
    made = weekly(ANA, GONE, watchers=(GONE.id, ANA.id))

    next_ = series.following(made, people=PEOPLE, zone=BERLIN, now=NOW)

    assert next_.people == (ANA.id,)
    assert next_.watchers == (ANA.id,)


def test_a_series_without_dates_makes_one_for_each_day_even_when_each_is_done_early():
    made, days = weekly(rule="FREQ=DAILY", deadline=""), []
    for _ in range(3):
        made = series.following(
            replace(made, status=Status.COMPLETED), people=PEOPLE, zone=BERLIN, now=NOW
        )
        days.append(f"{made.anchor.astimezone(BERLIN):%d %H:%M}")

    assert days == ["13 00:00", "14 00:00", "15 00:00"]


def test_what_is_skipped_counts():
    made = weekly(rule="FREQ=WEEKLY;COUNT=2")

    skipped = series.skipped(made, zone=BERLIN, now=NOW)

    assert (skipped.occurrence, skipped.deadline) == (2, berlin("2026-10-25 09:00"))
    assert series.skipped(skipped, zone=BERLIN, now=NOW) is None


def edited(made, **changes):
    return edits.edit(view(made), changes, actor=OWNER, people=PEOPLE, now=NOW).after


def test_an_edited_date_or_rule_moves_the_series_and_other_edits_leave_it():
    put_off = weekly(anchor=berlin("2026-10-11 09:00"))
    by_start = weekly(deadline="", start=NOW, anchor=NOW)

    assert edited(put_off, deadline=berlin("2026-10-18 11:00")).anchor is None
    assert edited(put_off, recurrence="FREQ=DAILY").anchor is None
    assert edited(by_start, start=NOW + timedelta(hours=1)).anchor is None
    assert edited(put_off, title="Other", start=NOW).anchor == put_off.anchor


def test_a_rule_that_is_taken_away_takes_its_pause_along():
    assert not edited(weekly(recurrence_paused=True), recurrence="").recurrence_paused
    assert edited(weekly(recurrence_paused=True), recurrence="FREQ=DAILY").recurrence_paused
