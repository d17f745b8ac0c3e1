from datetime import UTC, datetime

import pytest

from services.gateway.dialog.moments import day_end, when
from tests.unit.gateway.talking import NOW, ZONE


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2026, 11, 25, 10, 0, tzinfo=UTC), "today 17:00"),
        (datetime(2026, 11, 25, 18, 0, tzinfo=UTC), "tomorrow 01:00"),
        (datetime(2026, 11, 24, 10, 0, tzinfo=UTC), "yesterday 17:00"),
        (datetime(2026, 11, 27, 10, 0, tzinfo=UTC), "Fri 27 Nov 17:00"),
        (datetime(2027, 1, 4, 2, 0, tzinfo=UTC), "Mon 4 Jan 2027 09:00"),
    ],
)
def test_a_moment_is_short_and_in_the_readers_zone(moment, shown):
    assert when(moment, NOW, timezone=ZONE) == shown


def test_an_unknown_zone_is_utc():
    assert when(NOW, NOW, timezone="Mars/Base") == "today 03:00"


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 23),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), 25),
        (datetime(2026, 6, 1, 12, 0, tzinfo=UTC), 24),
    ],
)
def test_a_day_ends_at_local_midnight_also_where_the_clock_changes(now, hours):
    start = day_end(now, timezone="Europe/Berlin", days=-1)
    end = day_end(now, timezone="Europe/Berlin")

    assert (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() == hours * 3600
