"""How fast Telegram is written to: over all, to each chat, and after it asked for patience."""

from itertools import count

from services.notify.pace import SWEEP_AT, Pace


def sent_within(pace, seconds, addresses):
    """How many go out to these addresses, tried each millisecond."""
    return sum(
        pace.wait_s(address, ms / 1000) == 0
        for ms in range(int(seconds * 1000))
        for address in [next(addresses)]
    )


def test_over_all_it_keeps_to_its_share():
    everybody = (str(n) for n in count())

    assert sent_within(Pace(20), 2, everybody) in range(58, 61)


def test_one_chat_gets_a_small_burst_and_then_one_a_second():
    assert sent_within(Pace(20), 3, iter(lambda: "ana", None)) in range(5, 7)


def test_a_wait_is_as_long_as_it_says():
    pace = Pace(20, address_burst=1)
    assert pace.wait_s("ana", 0.0) == 0

    wait = pace.wait_s("ana", 0.0)

    assert pace.wait_s("ana", wait * 0.9) > 0
    assert pace.wait_s("ana", wait) == 0


def test_one_refused_chat_rests_alone():
    pace = Pace(20)
    pace.asked_to_wait("ana", 5, now=1.0)

    assert pace.wait_s("ana", 2.0) == 4.0
    assert pace.wait_s("ben", 2.0) == 0
    assert pace.wait_s("ana", 6.0) == 0


def test_two_refused_chats_stop_all():
    pace = Pace(20)
    pace.asked_to_wait("ana", 5, now=1.0)
    pace.asked_to_wait("ben", 3, now=2.0)

    assert pace.wait_s("mia", 2.0) == 3.0
    assert pace.wait_s("mia", 5.0) == 0


def test_chats_at_rest_are_forgotten():
    pace = Pace(1e6)
    for n in range(SWEEP_AT * 2):
        pace.wait_s(str(n), float(n))

    assert len(pace._each) <= SWEEP_AT
