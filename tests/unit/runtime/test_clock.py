"""Business time: real, or, in a system under test, the same in all its processes."""

from datetime import UTC, datetime, timedelta

import pytest

from services.runtime import clock
from services.runtime.errors import SettingsError
from services.runtime.settings import Settings

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOON = timedelta(seconds=5)


@pytest.fixture
def under_test(tmp_path):
    return Settings(env="test", time=START, state_dir=tmp_path)


def real_now() -> datetime:
    clock.follow(Settings())
    return clock.now()


def test_time_is_aware_and_in_utc():
    assert clock.now().tzinfo is UTC


def test_business_time_starts_where_told_and_runs_on(under_test):
    clock.follow(under_test)

    first, second = clock.now(), clock.now()

    assert START <= first < second < START + SOON


def test_processes_that_start_at_different_times_agree(under_test):
    anchor = (real_now() - timedelta(hours=1)).timestamp()

    clock.follow(under_test.replace(time_anchor=anchor))

    assert START + timedelta(hours=1) <= clock.now() < START + timedelta(hours=1) + SOON


def test_moving_it_moves_every_process_of_the_folder(under_test):
    here, there = clock._Business(), clock._Business()
    here.follow(under_test)
    there.follow(under_test)

    before = there.offset()
    here.move(here.offset() + timedelta(days=2))

    assert timedelta(days=2) - SOON < there.offset() - before < timedelta(days=2) + SOON


def test_it_can_be_set_and_advanced_again_and_again(under_test):
    clock.follow(under_test)

    assert START + SOON > clock.set_business_time(START) >= START
    clock.advance_business_time(timedelta(days=1))
    clock.advance_business_time(timedelta(days=1))

    assert START + timedelta(days=2) <= clock.now() < START + timedelta(days=2) + SOON


def test_what_an_earlier_run_had_set_is_forgotten(under_test):
    now = real_now().timestamp()
    clock.follow(under_test.replace(time_anchor=now - 60))
    clock.advance_business_time(timedelta(days=9))

    clock.follow(under_test.replace(time_anchor=now))

    assert START <= clock.now() < START + SOON


def test_outside_of_tests_it_cannot_be_moved(tmp_path):
    clock.follow(Settings(state_dir=tmp_path))

    with pytest.raises(SettingsError, match="BOSS_ENV=test"):
        clock.set_business_time(START)
