"""`python -m services.notify`: the service put together, and nothing decided here."""

import asyncio
from functools import partial

from boss.notify.v1 import notify_service_pb2_grpc

from services.notify import gauges
from services.notify.channels import telegram
from services.notify.channels.base import Channel as Way
from services.notify.clients import Store
from services.notify.consumer import Consumer
from services.notify.feed import Feed
from services.notify.model import Channel
from services.notify.schema import SCHEMA
from services.notify.sending import Sender
from services.notify.server import NotifyService
from services.runtime import claims, clock, migrate
from services.runtime.client import Peer
from services.runtime.credentials import Authenticator, service_key
from services.runtime.database import Database
from services.runtime.process import run_process
from services.runtime.server import Background, Servicer, serve
from services.runtime.settings import Settings

SERVICE = "notify"
# Chats that are written to at once; with Telegram's answers at 0.1 s more than its 20 a second.
CONCURRENCY = 8
# What another replica stored is found this late at most.
POLL_S = 0.5


async def main(settings: Settings, *, stopping: asyncio.Event | None = None) -> None:
    """Serves until told to stop."""
    await migrate.wait_for_database(settings)
    await migrate.upgrade(settings, schema=SCHEMA, package="services.notify")
    database = Database(settings, schema=SCHEMA)
    task = Peer(settings.task_address, service=SERVICE, settings=settings)
    store, feed, wake = Store(task), Feed(), claims.Wake()
    closing = [task.close, database.close]
    ways: dict[Channel, Way] = {}
    if settings.telegram_bot_token is not None:
        ways[Channel.TELEGRAM], outbound = telegram.connect(
            settings.telegram_api_url,
            settings.telegram_bot_token.get_secret_value(),
            per_s=settings.rate_telegram_notify,
        )
        closing.insert(0, outbound.close)
    consumer = Consumer(
        database,
        store.watch,
        store.tasks,
        connected={Channel.WEB, *ways},
        now=clock.now,
        feed=feed,
        wake=wake,
    )
    sender = Sender(database, ways, now=clock.now, wake=wake)
    sending = partial(
        claims.run, "deliveries", sender, wake=wake, concurrency=CONCURRENCY, poll_s=POLL_S
    )
    service = NotifyService(database, feed=feed, wake=wake, now=clock.now)
    await serve(
        settings,
        service=SERVICE,
        address=settings.notify_address,
        servicers=[Servicer(notify_service_pb2_grpc.add_NotifyServiceServicer_to_server, service)],
        authenticate=Authenticator(service_key(settings), bearer=store.bearer),
        ready=partial(gauges.ready, database),
        background=[
            Background("consumer", consumer.run),
            Background("slow statements", database.tell_plans),
            Background("deliveries", sending),
            Background("feed", partial(feed.follow, database)),
            Background("gauges", partial(gauges.follow, database, now=clock.now)),
        ],
        on_stop=closing,
        stopping=stopping,
    )


if __name__ == "__main__":
    run_process(main, service=SERVICE)
