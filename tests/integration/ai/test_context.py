"""What `ai` knows of a workspace: asked for once, brought up to date by position, never behind."""

import asyncio

import pytest
from boss.task.v1 import person_pb2
from boss.task.v1.task_service_pb2_grpc import TaskServiceStub

from services.ai.context import Contexts
from services.runtime.client import Peer
from services.runtime.errors import NotFound, Unavailable
from tests.integration.ai.conftest import ANA, BEN, DANA, EVE


class Clock:
    def __init__(self):
        self.now = 50.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def task(settings, workspaces):
    peer = Peer(settings.task_address, service="ai", settings=settings)
    yield peer.stub(TaskServiceStub)
    await peer.close()


@pytest.fixture
def contexts(task, clock):
    return Contexts(task, clock=clock)


async def test_a_workspace_is_asked_for_once_and_serves_all_its_people(contexts, workspaces):
    known = await contexts.get(DANA, min_position=0)
    again = await contexts.get(ANA, min_position=known.position)

    assert again is known
    assert len(workspaces.asked) == 1
    assert [each.display_name for each in known.roster] == ["Dana", "Ana", "Ben", "Mia"]
    assert [each.title for each in known.open_tasks] == ["Renew the TLS certificate"]


async def test_ai_asks_as_itself(contexts, workspaces):
    await contexts.get(DANA, min_position=0)

    [caller] = workspaces.callers
    assert (caller.service, caller.person) == ("ai", None)


async def test_a_later_position_is_met_by_asking_for_what_changed(contexts, workspaces):
    before = await contexts.get(DANA, min_position=0)
    position = workspaces.task(1, 13, "Order new chairs")

    known = await contexts.get(DANA, min_position=position)

    assert known.position == position
    assert [each.number for each in known.open_tasks] == [12, 13]
    assert known.roster is before.roster
    assert workspaces.asked[-1].after_position == before.position


async def test_closed_tasks_and_people_who_left_are_forgotten(contexts, workspaces):
    await contexts.get(DANA, min_position=0)
    workspaces.close_task(1, 12)
    position = workspaces.person(1, BEN, "Ben", status=person_pb2.PERSON_STATUS_LEFT)

    known = await contexts.get(DANA, min_position=position)

    assert known.open_tasks == ()
    assert [each.display_name for each in known.roster] == ["Dana", "Ana", "Mia"]
    assert BEN in known.people


async def test_a_changed_task_takes_the_place_of_the_old_one(contexts, workspaces):
    await contexts.get(DANA, min_position=0)
    position = workspaces.task(1, 12, "Renew both certificates")

    known = await contexts.get(DANA, min_position=position)

    assert [each.title for each in known.open_tasks] == ["Renew both certificates"]


async def test_what_is_older_than_a_second_is_asked_for_again(contexts, workspaces, clock):
    await contexts.get(DANA, min_position=0)
    workspaces.person(1, 30, "Zoe")
    clock.now += 1.1

    known = await contexts.get(DANA, min_position=0)

    assert "Zoe" in [each.display_name for each in known.roster]
    assert len(workspaces.asked) == 2


async def test_nothing_new_keeps_the_same_objects(contexts, clock):
    before = await contexts.get(DANA, min_position=0)
    clock.now += 1.1

    known = await contexts.get(DANA, min_position=0)

    assert known.open_tasks is before.open_tasks
    assert known.roster is before.roster


async def test_those_who_wait_for_one_workspace_share_one_request(contexts, workspaces):
    await contexts.get(DANA, min_position=0)
    position = workspaces.task(1, 14, "Paint the door")
    workspaces.gate = asyncio.Event()
    calls = [
        asyncio.ensure_future(contexts.get(who, min_position=position)) for who in (DANA, ANA) * 20
    ]
    await workspaces.been_asked(2)

    workspaces.gate.set()
    known = await asyncio.gather(*calls)

    assert len(workspaces.asked) == 2
    assert {each.position for each in known} == {position}


async def test_one_who_gives_up_does_not_take_the_others_along(contexts, workspaces):
    workspaces.gate = asyncio.Event()
    first = asyncio.ensure_future(contexts.get(DANA, min_position=0))
    await workspaces.been_asked(1)
    second = asyncio.ensure_future(contexts.get(DANA, min_position=0))
    await asyncio.sleep(0)

    first.cancel()
    workspaces.gate.set()

    assert (await second).workspace == "workspaces/1"


async def test_a_position_that_the_log_has_not_reached_is_unavailable(contexts, workspaces):
    with pytest.raises(Unavailable) as caught:
        await contexts.get(DANA, min_position=workspaces.position + 1000)

    assert caught.value.reason == "POSITION_AHEAD"


async def test_somebody_new_is_found_by_who_they_are(contexts, workspaces):
    await contexts.get(DANA, min_position=0)
    workspaces.person(1, 31, "Zoe")

    known = await contexts.get(31, min_position=0)

    assert known.workspace == "workspaces/1"
    assert 31 in known.people


async def test_a_person_of_another_workspace_is_not_found_in_this_one(contexts):
    with pytest.raises(NotFound):
        await contexts.get(EVE, min_position=0, workspace=1)


async def test_task_being_away_is_unavailable_but_what_suffices_is_served(contexts, workspaces):
    known = await contexts.get(DANA, min_position=0)
    workspaces.down = True

    assert await contexts.get(DANA, min_position=known.position) is known
    with pytest.raises(Unavailable) as caught:
        await contexts.get(DANA, min_position=known.position + 1)
    assert caught.value.reason == "CONTEXT_UNAVAILABLE"


async def test_the_workspace_least_used_makes_room(task, workspaces):
    contexts = Contexts(task, most_workspaces=1)
    await contexts.get(DANA, min_position=0)
    await contexts.get(EVE, min_position=0)
    asked = len(workspaces.asked)

    await contexts.get(EVE, min_position=0)
    assert len(workspaces.asked) == asked

    await contexts.get(DANA, min_position=0)
    assert len(workspaces.asked) == asked + 1


async def test_room_is_counted_in_people_and_tasks(task, workspaces):
    contexts = Contexts(task, most_entries=5)
    await contexts.get(DANA, min_position=0)
    asked = len(workspaces.asked)

    await contexts.get(EVE, min_position=0)
    await contexts.get(DANA, min_position=0)

    assert len(workspaces.asked) == asked + 2
