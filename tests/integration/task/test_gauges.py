"""What stands open and how full the server is, as Prometheus hears it."""

from datetime import timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from prometheus_client import REGISTRY

from services.runtime import clock
from services.task.gauges import Gauges
from services.task.model import OPEN
from tests.integration.task.world import OWNER, task


def told(name: str, **labels: str) -> float:
    value = REGISTRY.get_sample_value(name, labels)
    assert value is not None, f"{name} was not told"
    return value


async def test_open_tasks_are_told_by_state_with_those_that_are_late_or_wait_for_approval(world):
    late = Timestamp()
    late.FromDatetime(clock.now() + timedelta(minutes=5))
    await world.create("Write the report")
    await world.create(task("Pay the invoice", deadline=late))
    sent_in = await world.create(task("Fix the footer", to=[OWNER], requires_approval=True))
    await world.do("Start", sent_in.task.name)
    await world.do("Submit", sent_in.task.name)

    await Gauges(world.database).look(clock.now() + timedelta(hours=1))

    assert {state: told("boss_tasks_open", state=state.name.lower()) for state in OPEN} == {
        **dict.fromkeys(OPEN, 0),
        **{state: 1 for state in OPEN if state.name == "IN_REVIEW"},
        **{state: 2 for state in OPEN if state.name == "PENDING"},
    }
    assert told("boss_tasks_overdue") == 1
    assert told("boss_tasks_awaiting_approval") == 1


async def test_the_server_is_told_of_with_what_it_can_take(world):
    await Gauges(world.database).look(clock.now())

    assert 1 <= told("boss_db_server_connections") < told("boss_db_server_connections_limit")
    assert told("boss_db_bytes") > 1_000_000
