"""What Prometheus hears of deliveries: how long they took, and how many are given up now."""

import asyncio

from boss.notify.v1 import delivery_pb2 as d
from prometheus_client import REGISTRY

from services.notify import gauges
from services.runtime import clock
from services.runtime.database import Database
from tests.integration.notify.conftest import CHATS
from tests.integration.notify.log import ANA, task

TOOK = "boss_delivery_duration_seconds"
TELEGRAM = {"channel": "telegram"}


def told(name: str, **labels: str) -> float:
    value = REGISTRY.get_sample_value(name, labels)
    assert value is not None, f"{name} was not told"
    return value


async def test_what_was_sent_is_measured_from_its_event_on(notify, log):
    before = told(f"{TOOK}_count", **TELEGRAM)
    log.created(task(1, "One"))

    await notify.settled(1, channel=d.CHANNEL_TELEGRAM)

    async with asyncio.timeout(10):
        while told(f"{TOOK}_count", **TELEGRAM) == before:
            await asyncio.sleep(0.02)
    assert told(f"{TOOK}_bucket", le="60.0", **TELEGRAM) == told(f"{TOOK}_count", **TELEGRAM)


async def test_what_is_given_up_now_is_counted(notify, log, telegram, settings):
    telegram.block(CHATS[ANA])
    log.created(task(1, "One"))
    await notify.settled(1, channel=d.CHANNEL_TELEGRAM)

    database = Database(settings, schema="notify")
    looking = asyncio.ensure_future(gauges.follow(database, now=clock.now))
    try:
        async with asyncio.timeout(10):
            while told("boss_deliveries_dead") != 1:
                await asyncio.sleep(0.02)
    finally:
        looking.cancel()
        await database.close()
