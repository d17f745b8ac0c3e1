"""What is the same for whoever sees all tasks is asked once, and told to nobody else."""

import asyncio

import pytest
from boss.task.v1 import event_pb2

from services.gateway.answer import Answer, Shown, Span, json
from services.gateway.caching.cache import QUESTIONS, TICK_S, Asked
from services.gateway.caching.kept import Key, Life
from services.gateway.watch import SETTLES_S
from tests.unit.gateway.cached import Held, Place, changed, number, turns


@pytest.fixture
def place():
    made = Place()
    made.begin(10)
    return made


def seen_by(place: Place, **more):
    """A question that is answered alike for whoever sees all tasks."""

    async def ask(viewer: int, query: bytes = b"", *, seen: int = 0) -> int:
        async def compute() -> Answer:
            place.made += 1
            return json({"made": place.made}, as_of=place.head, **{"for_all": True, **more})

        asked = Asked(Key(1, viewer, "/api/tasks", query), Life.RESPONSE, seen, alike=True)
        return number(await place.cache.answer(asked, compute))

    return ask


async def test_who_sees_all_tasks_gets_what_another_of_them_was_told(place):
    ask = seen_by(place)
    assert await ask(7) == 1
    assert await ask(8) == 2  # nobody knows yet what they see

    assert (await ask(7), await ask(8)) == (2, 2)
    place.hear(11, changed(11))
    assert (await ask(7), await ask(8)) == (3, 3)


async def test_what_only_the_asker_may_see_is_for_nobody_else(place):
    everything, own = seen_by(place), seen_by(place, for_all=False)
    await everything(7)
    await everything(8)

    assert await own(9) == 3
    assert (await own(9), await everything(7), await everything(8)) == (3, 2, 2)


async def test_who_no_longer_sees_all_tasks_gets_nothing_that_others_were_told(place):
    ask, own = seen_by(place), seen_by(place, for_all=False)
    await ask(7)
    await ask(8)
    place.hear(11, changed(11, type=event_pb2.EVENT_TYPE_PERSON_CHANGED))
    place.clock.now += SETTLES_S
    place.hear(11)
    await ask(7)

    assert await own(8) == 4
    assert (await own(8), await ask(7)) == (4, 3)


async def test_what_an_answer_said_while_people_changed_makes_nobody_one_who_sees_all(place):
    # The task service may have taken them for what they were a moment before.
    ask, own = seen_by(place), seen_by(place, for_all=False)
    await ask(7)
    place.hear(11, changed(11, type=event_pb2.EVENT_TYPE_PERSON_CHANGED))
    await ask(8)
    place.clock.now += SETTLES_S
    place.hear(11)
    await ask(7)

    assert await own(8) == 4


async def test_what_is_never_the_same_for_all_is_kept_for_each(place):
    ask = seen_by(place)
    await ask(7)

    async def compute() -> Answer:
        place.made += 1
        return json({"made": place.made}, as_of=place.head)

    asked = Asked(Key(1, 7, "/api/me", b"#0"), Life.PREFERENCES)
    made = [number(await place.cache.answer(asked, compute)) for _ in range(2)]
    assert made == [2, 2]


@pytest.mark.parametrize(
    "query", [b"assignee=ME", b"assignee=%6de", b"filter=x", b"q=due:today", b"q=a=b", b"q=@ana"]
)
async def test_what_may_mean_its_asker_is_kept_for_the_asker(place, query):
    ask = seen_by(place)
    await ask(7)
    own = seen_by(place, for_all=False)

    assert [await own(7, query), await own(7, query), await own(8, query)] == [2, 2, 3]


async def test_what_names_the_asker_is_for_the_asker(place):
    ask = seen_by(place)
    await ask(7)
    await ask(8)

    assert (await ask(7, b"assignee=me"), await ask(8, b"assignee=me")) == (3, 4)
    assert (await ask(7, b"assignee=%6de"), await ask(8, b"assignee=%6de")) == (5, 6)


async def test_all_who_see_all_tasks_wait_for_one_answer(place):
    ask = seen_by(place)
    await ask(7)
    await ask(8)
    place.hear(11, changed(11))
    held = Held(place, for_all=True)
    asking = [held.ask(viewer=viewer) for viewer in (7, 8, 7)]
    await turns()
    held.go.set()

    assert {number(answer) for answer in await asyncio.gather(*asking)} == {3}


async def test_who_waits_for_what_turns_out_to_be_for_another_alone_asks_too(place):
    ask = seen_by(place)
    await ask(7)
    await ask(8)
    place.hear(11, changed(11))
    held = Held(place, for_all=False)
    first, second = held.ask(viewer=7), held.ask(viewer=8)
    await turns()
    held.go.set()

    assert (number(await first), number(await second)) == (3, 4)


async def test_what_the_clock_leaves_as_it_is_is_given_until_it_does_not(place):
    ask = seen_by(place, clocked=True, span=Span(place.clock.now, place.clock.now + 60))
    await ask(7)
    place.clock.now += 2 * TICK_S
    place.hear(10)
    assert await ask(7) == 1

    place.later_s = 60
    assert await ask(7) == 2
    place.later_s = -60
    assert await ask(7) == 3


async def test_no_more_than_so_many_questions_are_on_their_way(place):
    held = Held(place)
    asking = [held.ask(path=f"/api/tasks/T-{n}") for n in range(QUESTIONS + 3)]
    await turns()
    assert place.made == QUESTIONS

    held.go.set()
    await asyncio.gather(*asking)

    assert place.made == QUESTIONS + 3


TASK = "workspaces/1/tasks/5"


async def listed(place: Place, *, for_all: bool = True) -> None:
    """Have somebody asked for a list that shows a task whole."""
    shown = [Shown(TASK, "9", b'{"made":9}', None)]

    async def compute() -> Answer:
        return json([], as_of=place.head, for_all=for_all, shown=shown)

    key = Key(1, 7, "/api/tasks", b"sort=title")
    await place.cache.answer(Asked(key, Life.RESPONSE, alike=True), compute)


def one_of(place: Place):
    """A question for that task."""

    async def ask(viewer: int = 7) -> int:
        async def compute() -> Answer:
            place.made += 1
            return json({"made": place.made}, as_of=place.head, of_task=TASK)

        asked = Asked(Key(1, viewer, "/api/tasks/T-5", b""), Life.TASK, alike=True)
        return number(await place.cache.answer(asked, compute))

    return ask


async def test_a_task_that_a_list_has_shown_is_known(place):
    ask = one_of(place)
    await listed(place)

    assert await ask() == 9
    place.hear(11, changed(11, touches=["workspaces/1/tasks/6"]))
    assert await ask() == 9
    place.hear(12, changed(12, touches=[TASK]))
    assert await ask() == 1


async def test_what_a_list_has_shown_is_for_nobody_who_may_not_see_all(place):
    ask = one_of(place)
    await listed(place)

    assert await ask(viewer=8) == 1


async def test_a_list_of_somebody_who_sees_less_makes_no_task_known(place):
    ask = one_of(place)
    await listed(place, for_all=False)

    assert await ask() == 1
