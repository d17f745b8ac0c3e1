import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.limits import Limiter, Rates
from services.runtime.errors import TooMany

RATES = Rates(api=100, public=20, webhook=200)


class Clock:
    now = 600.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limiter(clock):
    return Limiter(RATES, clock=clock)


def ask(limiter: Limiter, times: int, a_minute: int = 10, key: str = "a") -> int:
    """Return how many of these requests were let through."""
    through = 0
    for _ in range(times):
        try:
            limiter.count("token", key, a_minute)
        except TooMany:
            continue
        through += 1
    return through


def test_as_many_as_allowed_are_let_through(limiter):
    assert ask(limiter, 30) == 10


def test_each_key_is_counted_for_itself(limiter):
    ask(limiter, 10)

    assert ask(limiter, 10, key="b") == 10


def test_the_edge_between_minutes_does_not_let_twice_as_many_through(limiter, clock):
    clock.now += 59
    ask(limiter, 10)

    clock.now += 2

    assert ask(limiter, 10) == 0


def test_half_a_minute_later_half_as_many_fit(limiter, clock):
    ask(limiter, 10)

    clock.now += 90

    assert ask(limiter, 10) == 5


def test_nothing_limits_where_the_limit_is_lifted(limiter):
    assert ask(limiter, 1000, a_minute=0) == 1000


def test_the_headers_tell_what_is_left(limiter):
    told = dict(limiter.count("token", "a", 10))

    assert told[b"ratelimit-limit"] == b"10"
    assert told[b"ratelimit-remaining"] == b"9"
    assert told[b"ratelimit-reset"] == b"60"


@given(
    used=st.integers(1, 40),
    later_s=st.floats(0, 130),
    more=st.integers(0, 40),
    a_minute=st.integers(1, 20),
)
def test_whoever_waits_as_told_is_let_through(used, later_s, more, a_minute):
    clock = Clock()
    limiter = Limiter(RATES, clock=clock)
    ask(limiter, used, a_minute)
    clock.now += later_s
    ask(limiter, more, a_minute)

    ask(limiter, 100, a_minute)
    with pytest.raises(TooMany) as refused:
        limiter.count("token", "a", a_minute)
    assert refused.value.retry_after is not None
    clock.now += refused.value.retry_after.total_seconds()

    assert ask(limiter, 1, a_minute) == 1


def test_a_flood_of_addresses_takes_no_more_than_its_room(clock):
    limiter = Limiter(RATES, clock=clock, kept_keys=100)
    for number in range(500):
        ask(limiter, 1, key=str(number))

    assert ask(limiter, 20, key="499") == 9
    assert ask(limiter, 20, key="0") == 10
