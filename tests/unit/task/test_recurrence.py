"""Which rules are let in, and the dates that they give on the wall clock of a zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given
from hypothesis import strategies as st

from services.task.recurrence import count, fault, first_dates, next_after

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Pacific/Apia",
    )
]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def local(text, zone=BERLIN):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def dates(rule, anchor, *, zone=BERLIN, after="", most=4):
    begin = local(anchor, zone)
    found = first_dates(rule, begin, local(after, zone) if after else begin, zone, most=most)
    return [f"{each.astimezone(zone):%Y-%m-%d %H:%M}" for each in found]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=DAILY", ""),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;WKST=SU", ""),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=12", ""),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;UNTIL=20400101T000000Z", ""),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL can't be “0”"),
        ("FREQ=DAILY;COUNT=-1", "COUNT can't be “-1”"),
        ("FREQ=SECONDLY", "FREQ can't be “SECONDLY”"),
        ("FREQ=DAILY;UNTIL=20260231", "there is no such time"),
        ("FREQ=DAILY;UNTIL=20260201T250000", "there is no such time"),
        ("FREQ=DAILY;COUNT=1;UNTIL=20270101", "COUNT or UNTIL"),
        ("FREQ=DAILY;BYSETPOS=2", "BYSETPOS goes with"),
        ("FREQ=WEEKLY;BYDAY=1MO", "goes with MONTHLY or YEARLY"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never comes"),
        ("BYDAY=MO", "Begin with FREQ"),
        ("FREQ=DAILY;FREQ=DAILY", "twice"),
        ("", "no part that is known"),
    ],
)
def test_a_rule_is_let_in_or_told_what_is_wrong_with_it(rule, said):
    assert said in fault(rule)
    assert bool(said) is bool(fault(rule))


def test_nine_stays_nine_when_summer_time_ends():
    assert dates("FREQ=WEEKLY;BYDAY=SU", "2026-10-18 09:00", most=2) == [
        "2026-10-25 09:00",
        "2026-11-01 09:00",
    ]


def test_a_time_that_is_skipped_comes_later_and_the_next_one_in_time_again():
    assert dates("FREQ=DAILY", "2026-03-27 02:30", most=3) == [
        "2026-03-28 02:30",
        "2026-03-29 03:30",
        "2026-03-30 02:30",
    ]


def test_a_time_that_is_there_twice_comes_once():
    begin = local("2026-10-24 02:30")

    found = first_dates("FREQ=DAILY", begin, begin, BERLIN, most=2)

    assert [each.isoformat() for each in found] == [
        "2026-10-25T00:30:00+00:00",
        "2026-10-26T01:30:00+00:00",
    ]


def test_a_day_that_is_left_out_comes_with_the_next_and_never_twice():
    apia = ZoneInfo("Pacific/Apia")

    assert dates("FREQ=DAILY", "2011-12-28 09:00", zone=apia, most=3) == [
        "2011-12-29 09:00",
        "2011-12-31 09:00",
        "2012-01-01 09:00",
    ]


def test_short_months_are_left_out_and_minus_one_is_the_last_day():
    assert dates("FREQ=MONTHLY", "2026-01-31 17:00", most=3) == [
        "2026-03-31 17:00",
        "2026-05-31 17:00",
        "2026-07-31 17:00",
    ]
    assert dates("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31 17:00", most=3) == [
        "2026-02-28 17:00",
        "2026-03-31 17:00",
        "2026-04-30 17:00",
    ]


def test_the_last_working_day_of_a_month():
    rule = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"

    assert dates(rule, "2026-01-30 17:00", most=2) == ["2026-02-27 17:00", "2026-03-31 17:00"]


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20261013", "2026-10-13 09:00"),
        ("20261013T090000", "2026-10-13 09:00"),
        ("20261013T085959", "2026-10-12 09:00"),
        ("20261013T070000Z", "2026-10-13 09:00"),
        ("20261013T065959Z", "2026-10-12 09:00"),
    ],
)
def test_until_counts(until, last):
    assert dates(f"FREQ=DAILY;UNTIL={until}", "2026-10-10 09:00", most=9)[-1] == last


def test_count_is_for_the_caller():
    assert count("FREQ=DAILY;COUNT=3") == 3
    assert count("FREQ=DAILY") is None
    assert len(dates("FREQ=DAILY;COUNT=3", "2026-10-10 09:00", most=9)) == 9


def test_every_other_week_stays_so_however_long_ago_it_began():
    rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"

    # 2000-01-03 was a Monday; 2026-10-05 is 1,396 weeks later.
    assert dates(rule, "2000-01-03 09:00", after="2026-10-01 00:00", most=2) == [
        "2026-10-05 09:00",
        "2026-10-19 09:00",
    ]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=5",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=5",
        "FREQ=YEARLY;INTERVAL=999",
    ],
)
def test_a_rule_without_further_dates_says_so(rule):
    assert fault(rule) == ""
    assert next_after(rule, local("2026-10-12 09:00"), local("2026-10-12 09:00"), BERLIN) is None


@pytest.mark.parametrize("year", [1, 2, 1900, 9998, 9999])
def test_the_ends_of_time_break_nothing(year):
    moment = datetime(year, 6, 1, tzinfo=UTC)

    found = next_after("FREQ=WEEKLY", moment, moment, BERLIN)

    assert found is None or found == moment + timedelta(days=7)


@st.composite
def rules(draw):
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    said = [f"FREQ={freq}"]
    if draw(st.booleans()):
        said.append(f"INTERVAL={draw(st.integers(1, 5))}")
    if draw(st.booleans()):
        days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True))
        said.append(f"BYDAY={','.join(days)}")
    elif freq in {"MONTHLY", "YEARLY"} and draw(st.booleans()):
        said.append(f"BYMONTHDAY={draw(st.sampled_from([1, 15, 28, 30, 31, -1]))}")
    if draw(st.booleans()):
        months = draw(st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True))
        said.append(f"BYMONTH={','.join(map(str, sorted(months)))}")
    return ";".join(said)


# Four years, by the minute.
MOMENTS = st.integers(0, 4 * 366 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(rules(), MOMENTS, MOMENTS, st.sampled_from(ZONES))
def test_dates_are_those_of_the_wall_clock_each_once_and_in_order(rule, anchor, after, zone):
    found = first_dates(rule, anchor, after, zone, most=5)

    assert all(each > max(after, anchor - timedelta(1)) for each in found)
    assert list(found) == sorted(set(found))
    begin = anchor.astimezone(zone).replace(tzinfo=None)
    for each in found:
        wall = each.astimezone(zone).replace(tzinfo=None)
        # Apart from the hour that is skipped once a year, the time of day is always the same.
        skipped = wall.time() != begin.time()
        assert not skipped or wall - timedelta(days=1) < wall.replace(
            hour=begin.hour, minute=begin.minute
        )
        if not skipped:
            assert wall in rrulestr(rule, dtstart=begin)


@given(rules(), MOMENTS, st.sampled_from(ZONES))
def test_the_first_date_is_the_one_that_the_library_gives_of_this_era(rule, anchor, zone):
    assume(fault(rule) != "That day never comes.")
    assert fault(rule) == ""
    begin = anchor.astimezone(zone).replace(tzinfo=None)
    wanted = [
        wall.replace(tzinfo=zone).astimezone(UTC)
        for wall in rrulestr(f"{rule};UNTIL=20401231", dtstart=begin).xafter(begin, count=3)
    ]

    found = next_after(rule, anchor, anchor, zone)

    assert found == next((each for each in wanted if each > anchor), found)
