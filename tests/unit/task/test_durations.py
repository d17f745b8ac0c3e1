"""How people write how long something took."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.task.rules.durations import (
    MOST_MINUTES,
    DurationError,
    checked,
    parse,
    words,
)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2h30m", 150),
        ("1.5h", 90),
        ("45m", 45),
        ("1d", 480),
        ("1d 2h 15m", 615),
        ("0,5 h", 30),
        (" 2 Hours 30 minutes ", 150),
        ("90 min", 90),
        ("1hr", 60),
        ("3hrs5mins", 185),
        ("0.33h", 20),
        ("24h", 1440),
        ("1m", 1),
    ],
)
def test_what_is_understood(text, minutes):
    assert parse(text) == minutes


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Write it like 2h30m"),
        ("   ", "Write it like 2h30m"),
        ("90", "“90” of what?"),
        ("1.5", "“1.5” of what?"),
        ("soon", "Write it like 2h30m"),
        ("-2h", "Write it like 2h30m"),
        ("2h and a bit", "Write it like 2h30m"),
        ("2x", "Write it like 2h30m"),
        ("30m 2h", "Days, then hours, then minutes"),
        ("1h 1h", "Days, then hours, then minutes"),
        ("0m", "Give 1 minute to 24 hours; this is 0m"),
        ("0.2m", "Give 1 minute to 24 hours"),
        ("24h1m", "Give 1 minute to 24 hours; this is 24h 1m"),
        ("4d", "this is 32h"),
        ("٢h", "Write it like 2h30m"),
        ("1" * 41, "at most 40 characters"),
        ("9999999h", "Write it like 2h30m"),
    ],
)
def test_what_is_not_and_what_is_said_instead(text, says):
    with pytest.raises(DurationError) as caught:
        parse(text)

    assert says in str(caught.value)


@given(st.integers(1, MOST_MINUTES))
def test_what_is_told_is_understood(minutes):
    assert parse(words(minutes)) == minutes


@given(st.text(max_size=60))
def test_any_text_is_a_duration_within_the_limits_or_refused(text):
    try:
        minutes = parse(text)
    except DurationError:
        return
    assert checked(minutes) == minutes
