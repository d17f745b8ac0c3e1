"""Spans of figures, and groups in order."""

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.task.model import Status
from services.task.rules.figures import (
    NOTHING_STANDS,
    Group,
    GroupBy,
    Span,
    Standing,
    by_load,
    in_order,
    span_of,
)

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 25), 24)],
)
def test_a_day_is_as_long_as_it_is_in_its_zone(day, hours):
    span = Span(day, day, BERLIN)

    assert span.end.astimezone(UTC) - span.start.astimezone(UTC) == timedelta(hours=hours)


def test_the_span_before_has_as_many_days_and_ends_where_this_one_begins():
    span = Span(date(2026, 3, 1), date(2026, 3, 31), BERLIN)

    assert (span.before.first, span.before.last) == (date(2026, 1, 29), date(2026, 2, 28))
    assert span.before.end == span.start
    assert span.before.days == span.days == 31


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, ("2026-10-27", "2026-11-25")),
        (date(2026, 11, 20), None, ("2026-11-20", "2026-11-25")),
        (date(2026, 12, 1), None, ("2026-12-01", "2026-12-01")),
        (None, date(2026, 1, 30), ("2026-01-01", "2026-01-30")),
        (date(2026, 2, 1), date(2026, 2, 3), ("2026-02-01", "2026-02-03")),
    ],
)
def test_days_that_are_not_said(first, last, expected):
    span = span_of(first, last, today=TODAY, zone=BERLIN)

    assert (str(span.first), str(span.last)) == expected


def test_weeks_are_told_by_their_mondays_also_where_the_span_begins_within_one():
    span = Span(date(2026, 11, 25), date(2026, 12, 8), BERLIN)

    assert span.keys(GroupBy.WEEK) == ["2026-11-23", "2026-11-30", "2026-12-07"]
    assert len(span.keys(GroupBy.DAY)) == 14


def test_groups_are_by_name_and_what_is_of_none_comes_last():
    span = Span(TODAY, TODAY, BERLIN)
    names = {"3": "ben", "1": "Ana", "2": "Ben", "": ""}
    groups = {key: Group(key, label) for key, label in names.items()}

    assert [each.key for each in in_order(GroupBy.PERSON, groups, span)] == ["1", "2", "3", ""]
    assert [each.key for each in in_order(GroupBy.PRIORITY, {}, span)] == ["4", "3", "2", "1"]
    assert [each.key for each in in_order(GroupBy.DAY, {}, span)] == ["2026-11-25"]


def test_who_has_most_overdue_and_open_comes_first():
    def person(key, overdue, still):
        states = {**NOTHING_STANDS.by_status, Status.PENDING: still}
        return Group(key, standing=Standing(states, NOTHING_STANDS.by_priority, overdue=overdue))

    people = [person("1", 0, 9), person("2", 1, 1), person("3", 1, 2), person("4", 0, 0)]

    assert [each.key for each in by_load(people)] == ["3", "2", "1", "4"]
