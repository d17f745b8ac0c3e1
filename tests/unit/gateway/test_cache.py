"""The rule of the cache, over a log that is told by hand and operations that need no service."""

import asyncio

import pytest
from boss.task.v1 import event_pb2, task_service_pb2

from services.gateway.answer import Answer, json
from services.gateway.caching.cache import TICK_S, Asked, as_asked
from services.gateway.caching.kept import Key, Life
from services.gateway.watch import SETTLES_S, STALE_AFTER_S
from services.runtime.errors import NotFound
from tests.unit.gateway.cached import KEY, Held, Place, changed, number, turns


@pytest.fixture
def place():
    made = Place()
    made.begin(10)
    return made


async def test_an_equal_question_gets_the_kept_answer(place):
    assert number(await place.ask()) == 1
    assert number(await place.ask()) == 1


async def test_nothing_is_given_before_the_stream_lives():
    place = Place()

    assert number(await place.ask()) == 1
    assert number(await place.ask()) == 2


async def test_a_silent_stream_turns_the_cache_off(place):
    await place.ask()

    place.clock.now += STALE_AFTER_S

    assert number(await place.ask()) == 2
    assert number(await place.ask()) == 3


async def test_events_without_a_heartbeat_do_not_keep_the_cache_on(place):
    await place.ask()
    place.clock.now += STALE_AFTER_S

    batch = task_service_pb2.WatchEventsResponse(events=[changed(11, 2)], head=11)
    place.watch.hear(batch)

    assert number(await place.ask()) == 2


async def test_a_change_of_the_workspace_ends_what_was_read_before_it(place):
    await place.ask()

    place.hear(11, changed(11))

    assert number(await place.ask()) == 2
    assert number(await place.ask()) == 2


async def test_a_change_of_another_workspace_ends_nothing(place):
    await place.ask()

    place.hear(11, changed(11, workspace=2))

    assert number(await place.ask()) == 1


async def test_an_own_write_counts_before_the_stream_tells_of_it(place):
    place.watch.at_home(7, 1)
    await place.ask()

    place.watch.wrote(7, 11)

    assert number(await place.ask()) == 2


async def test_an_own_write_ends_nothing_elsewhere(place):
    place.watch.at_home(7, 1)
    await place.ask(Key(2, 9, "/api/tasks", b""))

    place.watch.wrote(7, 11)

    assert number(await place.ask(Key(2, 9, "/api/tasks", b""))) == 1


async def test_a_write_of_nobody_known_ends_everything(place):
    await place.ask()

    place.watch.wrote(99, 11)

    assert number(await place.ask()) == 2


async def test_who_has_seen_more_asks_anew(place):
    await place.ask()

    assert number(await place.ask(seen=11)) == 2


async def test_what_was_kept_before_a_stream_began_again_does_not_count(place):
    await place.ask()

    place.begin(12)

    assert number(await place.ask()) == 2


async def test_each_viewer_gets_an_answer_of_their_own(place):
    await place.ask()

    assert number(await place.ask(Key(1, 8, "/api/tasks", b""))) == 2


async def test_an_answer_read_while_people_change_is_for_its_asker_alone(place):
    # The task service may have taken the viewer for what they were a moment before.
    await place.ask()
    place.hear(11, changed(11, type=event_pb2.EVENT_TYPE_PERSON_CHANGED))

    assert number(await place.ask()) == 2
    assert number(await place.ask()) == 3
    place.clock.now += SETTLES_S
    place.hear(11)
    assert number(await place.ask()) == 4
    assert number(await place.ask()) == 4


async def test_what_depends_on_the_clock_is_given_for_a_tick(place):
    async def due() -> Answer:
        place.made += 1
        return json({"made": place.made}, as_of=10, clocked=True)

    asked = Asked(KEY, Life.DASHBOARD)
    assert number(await place.cache.answer(asked, due)) == 1
    place.clock.now += TICK_S / 2
    place.hear(10)
    assert number(await place.cache.answer(asked, due)) == 1
    place.clock.now += TICK_S / 2
    place.hear(10)
    assert number(await place.cache.answer(asked, due)) == 2


async def test_an_answer_is_kept_for_its_life(place):
    await place.ask()

    place.clock.now += Life.RESPONSE.seconds
    place.hear(10)

    assert number(await place.ask()) == 2


async def test_an_answer_that_does_not_tell_its_position_is_not_kept(place):
    async def compute() -> Answer:
        place.made += 1
        return json({"made": place.made})

    await place.cache.answer(Asked(KEY, Life.RESPONSE), compute)

    assert number(await place.cache.answer(Asked(KEY, Life.RESPONSE), compute)) == 2


async def test_what_has_no_room_goes_and_the_rest_stays():
    place = Place(kept_bytes=2_000)
    place.begin(10)
    keys = [Key(1, 7, f"/api/tasks/T-{one}", b"") for one in range(4)]
    for key in keys:
        await place.ask(key)

    assert number(await place.ask(keys[3])) == 4
    assert number(await place.ask(keys[0])) == 5


async def test_a_hundred_equal_questions_are_asked_once(place):
    held = Held(place)
    asking = [held.ask() for _ in range(100)]
    await turns()
    held.go.set()

    assert {number(answer) for answer in await asyncio.gather(*asking)} == {1}


async def test_who_knows_of_a_later_change_does_not_join_a_question_on_its_way(place):
    held = Held(place)
    first = held.ask()
    await turns()
    place.hear(11, changed(11))
    second = held.ask()
    await turns()
    held.go.set()

    assert number(await first) == 1
    assert number(await second) == 2


async def test_who_has_seen_more_than_is_known_does_not_join(place):
    held = Held(place)
    first = held.ask(seen=50)
    await turns()
    second = held.ask(seen=50)
    await turns()
    held.go.set()

    assert (number(await first), number(await second)) == (1, 2)


async def test_all_who_wait_hear_of_a_refusal(place):
    held = Held(place)
    held.error = NotFound("TASK_NOT_FOUND", "There is no such task.")
    asking = [held.ask() for _ in range(3)]
    await turns()
    held.go.set()

    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(answer) for answer in answers] == [NotFound] * 3
    assert place.made == 1


async def test_who_waits_for_somebody_who_goes_asks_alone(place):
    held = Held(place)
    first, second = held.ask(), held.ask()
    await turns()
    first.cancel()
    held.go.set()

    assert number(await second) == 2


def test_who_has_the_version_is_told_so():
    answer = json({"id": 1}, headers=((b"etag", b'"12"'),))

    assert as_asked(answer, 'W/"12"').status == 304
    assert as_asked(answer, "*").status == 304
    assert as_asked(answer, '"11"').status == 200
    assert as_asked(answer, None).status == 200


TASK = "workspaces/1/tasks/5"


class OneTask:
    """A question for one task, by somebody who sees them all."""

    def __init__(self, place: Place) -> None:
        self._place = place
        place.watch.at_home(7, 1)

    async def ask(self, *, seen: int = 0) -> int:
        async def compute() -> Answer:
            self._place.made += 1
            return json({"made": self._place.made}, as_of=self._place.head, of_task=TASK)

        asked = Asked(KEY, Life.RESPONSE, seen)
        return number(await self._place.cache.answer(asked, compute))


@pytest.fixture
async def one_task(place):
    made = OneTask(place)
    assert await made.ask() == 1
    return made


async def test_a_change_of_another_task_leaves_a_task_as_it_is(place, one_task):
    place.hear(11, changed(11, touches=["workspaces/1/tasks/6"]))

    assert await one_task.ask() == 1
    assert await one_task.ask(seen=11) == 1


async def test_a_change_that_touches_a_task_ends_it(place, one_task):
    place.hear(11, changed(11, touches=["workspaces/1/tasks/6", TASK]))

    assert await one_task.ask() == 2


async def test_an_own_write_ends_every_task_until_it_is_known_what_it_touched(place, one_task):
    place.watch.wrote(7, 11)
    assert await one_task.ask() == 2

    place.hear(11, changed(11, touches=["workspaces/1/tasks/6"]))
    assert await one_task.ask() == 2


async def test_a_change_of_people_ends_every_task(place, one_task):
    place.hear(11, changed(11, type=event_pb2.EVENT_TYPE_PERSON_CHANGED))

    assert await one_task.ask() == 2


async def test_who_has_seen_what_is_not_known_here_asks_for_the_task_anew(place, one_task):
    assert await one_task.ask(seen=11) == 2


async def test_after_a_bulk_change_the_last_questions_are_asked_again(place):
    await place.ask()
    place.hear(70, *(changed(position) for position in range(11, 71)))

    assert place.watch.bulks.get_nowait() == "workspaces/1"
    await place.cache.again("workspaces/1")

    assert place.made == 2
    assert number(await place.ask()) == 2


async def test_a_few_changes_are_no_bulk(place):
    place.hear(12, changed(11), changed(12))

    assert place.watch.bulks.empty()
