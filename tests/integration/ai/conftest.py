"""An `ai` that runs whole: its own main, real gRPC on both sides, the model over sockets."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from boss.ai.v1 import ai_service_pb2, interpretation_pb2
from boss.ai.v1.ai_service_pb2_grpc import AiServiceStub
from boss.task.v1 import person_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub

from services.ai.__main__ import main
from services.runtime.client import Peer
from services.runtime.errors import Unavailable
from services.runtime.settings import load_settings
from tests.fakes.deepseek import KEY, DeepSeek
from tests.integration.ai.workspaces import Workspaces, served

DANA, ANA, BEN, MIA, EVE = 5, 7, 8, 9, 21
# Wednesday 2026-11-25 10:00 in Bangkok.
RECEIVED = datetime(2026, 11, 25, 3, tzinfo=UTC)


@pytest.fixture
def state(tmp_path_factory):
    # Short: a socket's path may have 107 bytes.
    return tmp_path_factory.mktemp("s")


@pytest.fixture
def settings(state):
    return load_settings(
        {
            "BOSS_STATE_DIR": str(state),
            "BOSS_TASK_ADDRESS": f"unix:{state}/task.sock",
            "BOSS_AI_ADDRESS": f"unix:{state}/ai.sock",
        },
        dotenv=state / "none",
    ).replace(metrics_port=0)


@pytest.fixture
async def workspaces(settings):
    workspaces = Workspaces()
    workspaces.workspace(1)
    workspaces.person(1, DANA, "Dana", role=person_pb2.ROLE_BOSS)
    workspaces.person(1, ANA, "Ana", aliases=["Annie"])
    workspaces.person(1, BEN, "Ben")
    workspaces.person(1, MIA, "Mia", timezone="Europe/Berlin")
    workspaces.task(1, 12, "Renew the TLS certificate")
    workspaces.workspace(2, timezone="America/New_York")
    workspaces.person(2, EVE, "Eve")
    server = await served(workspaces, settings)
    yield workspaces
    await server.stop(grace_s=0.2)


@pytest.fixture
async def fake():
    fake = DeepSeek()
    await fake.start()
    yield fake
    await fake.close()


@dataclass
class Ai:
    """A running ai, and a client that acts as the gateway does."""

    settings: Any
    stub: Any
    peer: Any

    async def read(self, text, *, actor=DANA, received=RECEIVED, token=None, timeout=None, **asked):
        request = ai_service_pb2.InterpretRequest(text=text, **asked)
        if received is not None:
            request.received_at.CopyFrom(stamp(received))
        actor = None if token else actor
        answer = await self.stub.Interpret(request, actor=actor, token=token, timeout=timeout)
        return answer.interpretation


@pytest.fixture
async def ai(settings, workspaces):
    async with running(settings) as ai:
        yield ai


@pytest.fixture
async def ai_with_model(settings, workspaces, fake):
    with_key = settings.replace(
        deepseek_api_url=fake.url, deepseek_api_key=load_key(KEY), deepseek_model="deepseek-chat"
    )
    async with running(with_key) as ai:
        yield ai


def load_key(key):
    return load_settings({"DEEPSEEK_API_KEY": key}).deepseek_api_key


@asynccontextmanager
async def running(settings):
    """An ai with these settings; it is stopped in order at the end."""
    stopping = asyncio.Event()
    peer = Peer(settings.ai_address, service="gateway", settings=settings)
    work = asyncio.ensure_future(main(settings, stopping=stopping))
    try:
        await healthy(peer, work)
        yield Ai(settings, peer.stub(AiServiceStub, {"Interpret": 33.0}), peer)
    finally:
        stopping.set()
        await peer.close()
        await work


async def healthy(peer, work):
    """Returns once the peer says that it serves; raises what its work ended by, if it did."""
    health = peer.stub(HealthStub)
    async with asyncio.timeout(20):
        while not work.done():
            try:
                answer = await health.Check(health_pb2.HealthCheckRequest())
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    return
            except Unavailable:
                pass
            await asyncio.sleep(0.01)
    await work


def stamp(moment):
    made = Timestamp()
    made.FromDatetime(moment)
    return made


def intent_of(reading):
    return interpretation_pb2.Intent.Name(reading.intent).removeprefix("INTENT_").lower()


def source_of(reading):
    return interpretation_pb2.Source.Name(reading.source).removeprefix("SOURCE_").lower()


def local(timestamp, offset_h=7):
    """The wall clock of a moment, as YYYY-MM-DD HH:MM."""
    shifted = timestamp.ToDatetime(UTC).timestamp() + offset_h * 3600
    return datetime.fromtimestamp(shifted, UTC).strftime("%Y-%m-%d %H:%M")


async def raw_call(settings, request, metadata):
    """An Interpret of these very bytes and metadata, as a foreign client would send it."""
    async with grpc.aio.insecure_channel(settings.ai_address) as channel:
        method = channel.unary_unary("/boss.ai.v1.AiService/Interpret")
        return await method(request, metadata=metadata, timeout=5)
