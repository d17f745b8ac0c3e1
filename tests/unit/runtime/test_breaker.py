"""The breaker: opens after failures in a row, and lets one probe at a time through."""

import pytest

from services.runtime.breaker import Breaker, State


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(failures=3, pause_s=10.0, clock=clock)


def fail(breaker, times):
    for _ in range(times):
        assert breaker.enter()
        breaker.failed()


def test_it_stays_closed_while_failures_are_not_in_a_row(breaker):
    for _ in range(5):
        fail(breaker, 2)
        breaker.succeeded()

    assert breaker.state is State.CLOSED


def test_it_opens_after_so_many_in_a_row(breaker):
    fail(breaker, 3)

    assert not breaker.enter()
    assert breaker.retry_in_s() == 10.0


def test_after_the_pause_one_probe_goes_and_the_others_wait(breaker, clock):
    fail(breaker, 3)
    clock.now += 10

    assert [breaker.enter() for _ in range(20)] == [True] + [False] * 19


def test_a_good_probe_closes_it(breaker, clock):
    fail(breaker, 3)
    clock.now += 10
    breaker.enter()
    breaker.succeeded()

    assert [breaker.enter() for _ in range(3)] == [True] * 3


def test_a_bad_probe_begins_the_pause_anew(breaker, clock):
    fail(breaker, 3)
    clock.now += 10
    fail(breaker, 1)

    assert not breaker.enter()
    clock.now += 10
    assert breaker.enter()


def test_a_probe_that_hangs_makes_room_for_the_next(clock):
    breaker = Breaker(failures=1, pause_s=10.0, probe_s=5.0, clock=clock)
    fail(breaker, 1)
    clock.now += 10
    assert breaker.enter()
    clock.now += 4
    assert not breaker.enter()

    clock.now += 1

    assert breaker.enter()


def test_a_cancelled_probe_lets_the_next_one_try(breaker, clock):
    fail(breaker, 3)
    clock.now += 10
    breaker.enter()
    breaker.left()

    assert breaker.enter()
