"""How long a failed delivery waits, and when it is given up."""

from datetime import timedelta

import pytest

from services.notify.retries import ATTEMPTS, LONGEST, after


def pause(attempts, *, chance=0.0):
    """A pause that is one."""
    found = after(attempts, chance=chance)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 1), (2, 2), (3, 4), (8, 128), (11, 900), (23, 900)]
)
def test_pauses_double_up_to_a_quarter_of_an_hour(attempts, seconds):
    assert pause(attempts) == timedelta(seconds=seconds)


def test_chance_spreads_what_failed_together():
    assert LONGEST * 0.7 < pause(20, chance=0.99) < pause(20, chance=0.5) < LONGEST


def test_it_is_given_up_after_an_evening():
    total = sum((pause(n) for n in range(1, ATTEMPTS)), timedelta())

    assert after(ATTEMPTS, chance=0.0) is None
    assert timedelta(hours=3) < total < timedelta(hours=4)
