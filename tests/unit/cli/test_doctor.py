"""What the doctor makes of the figures that it finds."""

from datetime import UTC, datetime, timedelta

import pytest

from services.cli.doctor import State, connections, skew, version
from services.runtime.settings import Settings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "trigrams", "state"),
    [
        (180_006, True, State.OK),
        (150_000, True, State.OK),
        (140_012, True, State.FAILED),
        (180_006, False, State.FAILED),
    ],
)
def test_the_database_is_to_be_new_and_whole(number, trigrams, state):
    assert version(number, trigrams=trigrams).state is state


def test_three_services_and_a_reserve_have_to_fit():
    settings = Settings(db_pool_size=20, db_max_overflow=10)

    assert connections(100, settings=settings).state is State.OK
    short = connections(99, settings=settings)
    assert short.state is State.FAILED
    assert "max_connections" in short.note
    assert "BOSS_DB_POOL_SIZE" in short.note


@pytest.mark.parametrize(
    ("apart_s", "state"), [(0, State.OK), (-60, State.OK), (61, State.WARNING)]
)
def test_a_clock_that_is_a_minute_off_is_told(apart_s, state):
    finding = skew("clock", NOW + timedelta(seconds=apart_s), ours=NOW)

    assert finding.state is state
