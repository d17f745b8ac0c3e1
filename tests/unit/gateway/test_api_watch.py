import pytest
from boss.task.v1 import event_pb2, task_service_pb2

from services.gateway.watch import Watch


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def told(head: int, *events: event_pb2.Event) -> task_service_pb2.WatchEventsResponse:
    return task_service_pb2.WatchEventsResponse(events=events, head=head)


def stream(*answers):
    async def opened(_request):
        for answer in answers:
            yield answer

    return opened


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watch(clock):
    return Watch(clock=clock)


def test_nothing_kept_is_good_before_the_log_was_heard(watch):
    assert not watch.good("workspaces/1", 10)


async def test_what_was_read_before_the_stream_began_is_not_good(watch):
    await watch.follow(stream(told(10)))

    assert not watch.good("workspaces/1", 9)
    assert watch.good("workspaces/1", 10)


async def test_a_change_of_people_ends_what_was_read_before_it(watch):
    event = event_pb2.Event(
        position=12, workspace="workspaces/1", type=event_pb2.EVENT_TYPE_PERSON_CHANGED
    )

    await watch.follow(stream(told(10), told(12, event)))

    assert not watch.good("workspaces/1", 11)
    assert watch.good("workspaces/1", 12)
    assert watch.good("workspaces/2", 11)


async def test_an_own_change_counts_before_it_is_heard_of(watch):
    await watch.follow(stream(told(10)))

    watch.changed_people("workspaces/1", 15)

    assert not watch.good("workspaces/1", 14)


async def test_a_silent_stream_makes_everything_be_asked_anew(watch, clock):
    await watch.follow(stream(told(10)))

    clock.now += 1.1

    assert not watch.good("workspaces/1", 10)


async def test_a_stream_that_begins_again_forgets_what_was_read_meanwhile(watch):
    await watch.follow(stream(told(10)))
    await watch.follow(stream(told(20)))

    assert not watch.good("workspaces/1", 19)
    assert watch.good("workspaces/1", 20)
