"""Server and client of the runtime over a real channel, with a service of the product's protos."""

# ruff: noqa: N802 -- methods are named by the protos

import asyncio
from datetime import timedelta
from typing import Any

import grpc
import pytest
from boss.task.v1 import event_pb2, task_service_pb2_grpc
from boss.task.v1 import task_service_pb2 as pb
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from prometheus_client import REGISTRY

from services.runtime import context
from services.runtime.client import Peer
from services.runtime.context import Caller
from services.runtime.credentials import Authenticator, service_key
from services.runtime.errors import (
    AddressInUse,
    DeadlineExceeded,
    Internal,
    Invalid,
    StartError,
    TooMany,
    Unauthenticated,
    Unavailable,
    Violation,
)
from services.runtime.server import Server, Servicer
from services.runtime.settings import Settings

SERVICE = "boss.task.v1.TaskService"


class Tasks(task_service_pb2_grpc.TaskServiceServicer):
    """Answers by the name that it is asked for."""

    def __init__(self):
        self.calls = []
        self.ended = asyncio.Event()
        self.entered = asyncio.Event()
        self.release = asyncio.Event()
        self.peer: Any = None

    async def GetTask(self, request, _rpc):
        self.calls.append((context.caller(), context.request_id(), context.remaining()))
        match request.name:
            case "invalid":
                raise Invalid("BAD", "Look.", violations=[Violation("name", "is invalid")])
            case "limited":
                raise TooMany("LIMIT", "Later.", retry_after=timedelta(seconds=3))
            case "defect":
                raise ZeroDivisionError
            case "held":
                self.entered.set()
                await self.release.wait()
            case "passed on":
                await self.peer.GetTask(pb.GetTaskRequest(name="plain"))
            case "flaky" if len(self.calls) < 3:
                raise Unavailable("DATABASE_UNAVAILABLE", "Again.")
        return pb.GetTaskResponse(as_of=len(self.calls))

    async def WatchEvents(self, request, _rpc):
        try:
            for head in range(request.after_position):
                yield pb.WatchEventsResponse(head=head)
            if request.types:
                raise Invalid("BAD", "Look.")
            await asyncio.Event().wait()
        finally:
            self.ended.set()


async def bearer(token):
    return Caller(person=7, workspace=1) if token == "bst_good" else None


@pytest.fixture
def bare(tmp_path):
    return Settings(state_dir=tmp_path)


@pytest.fixture
async def tasks():
    return Tasks()  # type: ignore[abstract]  # the other methods are not asked for


@pytest.fixture
async def server(bare, tasks):
    made = serve(bare, tasks)
    await made.start()
    yield made
    await made.stop(grace_s=0)


def serve(settings, tasks, *, address="127.0.0.1:0", deadlines=None):
    return Server(
        settings,
        address=address,
        servicers=[Servicer(task_service_pb2_grpc.add_TaskServiceServicer_to_server, tasks)],
        authenticate=Authenticator(service_key(settings), bearer=bearer),
        deadlines=deadlines,
    )


@pytest.fixture
async def peer(bare, server):
    made = Peer(server.address, service="gateway", settings=bare)
    yield made
    await made.close()


@pytest.fixture
def stub(peer):
    return peer.stub(task_service_pb2_grpc.TaskServiceStub)


@pytest.fixture
async def channel(server):
    async with grpc.aio.insecure_channel(server.address) as made:
        yield made


def task(name="plain"):
    return pb.GetTaskRequest(name=name)


async def test_a_service_acts_for_a_person(stub, tasks):
    await stub.GetTask(task(), actor=7)

    assert tasks.calls[0][0] == Caller(service="gateway", person=7)


async def test_a_token_is_passed_on_instead(stub, tasks):
    await stub.GetTask(task(), token="bst_good")

    assert tasks.calls[0][0] == Caller(person=7, workspace=1)


async def test_a_wrong_token_is_refused(stub):
    with pytest.raises(Unauthenticated):
        await stub.GetTask(task(), token="bst_bad")


async def test_who_shows_nothing_is_refused_on_loopback_too(channel):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await task_service_pb2_grpc.TaskServiceStub(channel).GetTask(task())

    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_an_error_arrives_as_its_kind_with_all_it_tells(stub):
    with pytest.raises(Invalid) as caught:
        await stub.GetTask(task("invalid"))
    with pytest.raises(TooMany) as later:
        await stub.GetTask(task("limited"))

    assert (caught.value.reason, caught.value.message) == ("BAD", "Look.")
    assert caught.value.violations == (Violation("name", "is invalid"),)
    assert later.value.retry_after == timedelta(seconds=3)


async def test_a_defect_tells_strangers_the_request_id_alone(stub):
    defects = sample("boss_defects_total", where=f"{SERVICE}/GetTask") or 0

    with pytest.raises(Internal) as caught:
        await stub.GetTask(task("defect"))

    assert caught.value.metadata["request_id"] in caught.value.message
    assert "ZeroDivision" not in str(caught.value)
    assert sample("boss_defects_total", where=f"{SERVICE}/GetTask") == defects + 1


async def test_every_call_has_a_deadline_on_the_server(stub, tasks):
    await stub.GetTask(task())
    await stub.GetTask(task(), timeout=0.5)
    await stub.GetTask(task(), timeout=99)

    left = [call[2] for call in tasks.calls]
    assert left == pytest.approx([2.0, 0.5, 2.0], abs=0.4)


async def test_the_next_hop_gets_the_request_id_and_less_time(stub, tasks):
    tasks.peer = stub

    await stub.GetTask(task("passed on"), timeout=0.5)

    (_, outer_id, outer_s), (_, inner_id, inner_s) = tasks.calls
    assert inner_id == outer_id
    assert inner_s < outer_s


async def test_with_no_time_left_the_next_hop_is_not_asked(stub, tasks):
    context.begin(context.Call("r", deadline=0.0))

    with pytest.raises(DeadlineExceeded):
        await stub.GetTask(task())

    assert tasks.calls == []


async def test_a_slow_answer_ends_at_the_callers_deadline(stub):
    with pytest.raises(DeadlineExceeded):
        await stub.GetTask(task("held"), timeout=0.1)


async def test_what_is_unavailable_is_asked_again(stub, tasks):
    await stub.GetTask(task("flaky"))

    assert len(tasks.calls) == 3


async def test_what_is_told_to_go_once_goes_once(bare, server, tasks):
    peer = Peer(server.address, service="ai", settings=bare, once=[f"{SERVICE}/GetTask"])

    with pytest.raises(Unavailable):
        await peer.stub(task_service_pb2_grpc.TaskServiceStub).GetTask(task("flaky"))

    assert len(tasks.calls) == 1
    await peer.close()


async def test_a_stream_is_read_and_closed(stub, tasks):
    async with stub.WatchEvents(pb.WatchEventsRequest(after_position=3), actor=7) as events:
        heads = [(await anext(events)).head for _ in range(3)]

    await asyncio.wait_for(tasks.ended.wait(), 5)
    assert heads == [0, 1, 2]


async def test_an_error_within_a_stream_arrives_as_its_kind(stub):
    request = pb.WatchEventsRequest(after_position=1, types=[event_pb2.EVENT_TYPE_TASK_CREATED])

    with pytest.raises(Invalid):
        async for _ in stub.WatchEvents(request):
            pass


async def test_a_reader_that_is_cancelled_ends_the_stream(stub, tasks):
    async def read():
        async for _ in stub.WatchEvents(pb.WatchEventsRequest(after_position=1)):
            reading.set()

    reading = asyncio.Event()
    reader = asyncio.create_task(read())
    await reading.wait()
    reader.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reader
    await asyncio.wait_for(tasks.ended.wait(), 5)


async def test_stopping_ends_streams_at_once_and_lets_calls_finish(server, stub, tasks):
    events = stub.WatchEvents(pb.WatchEventsRequest(after_position=1))
    await anext(events)
    held = asyncio.create_task(stub.GetTask(task("held")))
    await tasks.entered.wait()

    stopping = asyncio.create_task(server.stop())
    with pytest.raises(Unavailable) as caught:
        await anext(events)
    tasks.release.set()

    assert (await held).as_of == 1
    assert caught.value.reason == "STOPPING"
    await stopping


async def test_a_service_that_is_gone_is_unavailable_and_found_again(bare, tasks):
    server = serve(bare, tasks)
    await server.start()
    peer = Peer(server.address, service="gateway", settings=bare)
    stub = peer.stub(task_service_pb2_grpc.TaskServiceStub)
    await stub.GetTask(task())

    await server.stop(grace_s=0)
    with pytest.raises(Unavailable):
        await stub.GetTask(task())
    again = serve(bare, tasks, address=server.address)
    await again.start()

    async with asyncio.timeout(5):
        while True:
            try:
                await stub.GetTask(task())
            except Unavailable:
                continue
            break
    await peer.close()
    await again.stop(grace_s=0)


async def test_health_is_open_and_follows_readiness(server, channel):
    health: Any = health_pb2_grpc.HealthStub(channel)

    async def status(service=""):
        return (await health.Check(health_pb2.HealthCheckRequest(service=service))).status

    before = await status()
    await server.set_ready(ready=True)
    during = [await status(), await status(SERVICE)]
    await server.set_ready(ready=False)

    serving = health_pb2.HealthCheckResponse
    assert before == serving.NOT_SERVING
    assert during == [serving.SERVING, serving.SERVING]
    assert await status(SERVICE) == serving.NOT_SERVING


async def test_reflection_is_open_and_lists_the_service(channel):
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    call = stub.ServerReflectionInfo(
        iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    )

    answer = await anext(aiter(call))

    names = {service.name for service in answer.list_services_response.service}
    assert {SERVICE, "grpc.health.v1.Health"} <= names


async def test_calls_are_measured_by_how_they_end(stub):
    labels = {"service": SERVICE, "method": "GetTask"}
    name = "boss_rpc_duration_seconds_count"
    before = [sample(name, code=code, **labels) or 0 for code in ("OK", "INVALID_ARGUMENT")]

    await stub.GetTask(task())
    with pytest.raises(Invalid):
        await stub.GetTask(task("invalid"))

    after = [sample(name, code=code, **labels) for code in ("OK", "INVALID_ARGUMENT")]
    assert after == [count + 1 for count in before]


async def test_a_busy_port_is_told(bare, tasks, server):
    with pytest.raises(AddressInUse, match="is in use"):
        serve(bare, tasks, address=server.address)


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "example.org:1"])
async def test_plain_text_stays_on_this_machine(bare, tasks, address):
    with pytest.raises(StartError, match="BOSS_ALLOW_PLAINTEXT"):
        serve(bare, tasks, address=address)


async def test_plain_text_elsewhere_has_to_be_asked_for(bare, tasks):
    server = serve(bare.replace(allow_plaintext=True), tasks, address="0.0.0.0:0")

    await server.stop(grace_s=0)


async def test_a_unix_socket_will_do(bare, tasks, tmp_path):
    server = serve(bare, tasks, address=f"unix:{tmp_path}/task")
    await server.start()
    peer = Peer(server.address, service="gateway", settings=bare)

    await peer.stub(task_service_pb2_grpc.TaskServiceStub).GetTask(task())

    await peer.close()
    await server.stop(grace_s=0)


def sample(name, **labels):
    return REGISTRY.get_sample_value(name, labels)
