"""The parts of a gateway, put together: the only file that knows all of them.

`__main__.py` runs what is made here; tests make the same over services of their own.
"""

import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from services.gateway import pages
from services.gateway.api.attendance import Attendance
from services.gateway.api.batch import Batch
from services.gateway.api.commands import Commands
from services.gateway.api.comments import Comments
from services.gateway.api.deliveries import Deliveries
from services.gateway.api.events import Events
from services.gateway.api.history import History
from services.gateway.api.links import Links
from services.gateway.api.ops import Ops
from services.gateway.api.ordering import Ordering
from services.gateway.api.participation import Participation
from services.gateway.api.people import People
from services.gateway.api.privacy import Privacy
from services.gateway.api.recurrence import Recurrence
from services.gateway.api.search import Search
from services.gateway.api.sessions import Sessions
from services.gateway.api.stats import Stats
from services.gateway.api.tasks import Tasks
from services.gateway.api.templates import Templates
from services.gateway.api.time import Time
from services.gateway.api.tokens import Tokens
from services.gateway.api.transfer import Transfer
from services.gateway.api.undo import Undo
from services.gateway.api.workspaces import Workspaces
from services.gateway.app import App
from services.gateway.auth import Auth
from services.gateway.caching import metrics as caching_metrics
from services.gateway.caching.cache import Cache
from services.gateway.caching.kept import Keeping
from services.gateway.caching.memory import Memory
from services.gateway.clients import Clients
from services.gateway.dialog.assembly import Talking
from services.gateway.directory import Directory
from services.gateway.docs import Docs
from services.gateway.limits import Limiter, Rates
from services.gateway.operation import Operation
from services.gateway.rendered import KEPT_BYTES, Rendered
from services.gateway.routing import Table
from services.gateway.schema import SCHEMA
from services.gateway.signed_in import SignedIn
from services.gateway.watch import Watch
from services.runtime.database import Database
from services.runtime.settings import Settings

CONSOLE = Path(__file__).parent / "console"


def no_bot() -> str | None:
    """Return the name of the bot: none is connected."""
    return None


@dataclass(slots=True)
class Parts:
    """What the resources of a gateway are made of."""

    settings: Settings
    clients: Clients
    database: Database
    signed_in: SignedIn
    watch: Watch = field(default_factory=Watch)
    cache: Cache | None = None

    @property
    def base_url(self) -> str:
        """Return where browsers find us."""
        return self.settings.public_url or f"http://localhost:{self.settings.port}"


def keeping(settings: Settings) -> Keeping:
    """Return where answers are kept: here, and in Redis where there is one."""
    memory = Memory()
    if settings.redis_url is None:
        return memory
    # The client costs 60 ms of start and some MB: whoever has no Redis does not load it.
    from services.gateway.caching.shared import Shared  # noqa: PLC0415

    return Shared.at(settings.redis_url.get_secret_value(), settings, memory)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Parts]:
    """Give the parts for these settings; channels and pool are closed at the end."""
    watch = Watch()
    caching_metrics.STREAM_AGE.set_function(watch.age_s)
    caching_metrics.HEARD.labels("gateway").set_function(lambda: watch.head)
    database = Database(settings, schema=SCHEMA)
    parts = Parts(
        settings,
        Clients(settings, watch),
        database,
        SignedIn(database, kept=settings.cache),
        watch,
        Cache(keeping(settings), watch) if settings.cache else None,
    )
    try:
        yield parts
    finally:
        if parts.cache is not None:
            await parts.cache.close()
        await parts.clients.close()
        await parts.database.close()


@asynccontextmanager
async def talking_with(parts: Parts) -> AsyncIterator[Talking]:
    """Give the conversations; what they hold is given back at the end."""
    talking = Talking(
        parts.settings,
        parts.clients,
        parts.database,
        watch=parts.watch,
        base_url=parts.base_url,
    )
    try:
        yield talking
    finally:
        await talking.close()


def create_app(
    parts: Parts,
    *,
    more: Sequence[Operation] = (),
    bot: Callable[[], str | None] = no_bot,
) -> App:
    """Return the app; `more` operations are those of the conversations."""
    clients, database, watch = parts.clients, parts.database, parts.watch
    kept = parts.settings.cache
    directory = Directory(clients.people, watch, kept=kept)
    auth = Auth(clients.people, parts.signed_in, watch, kept=kept)
    rendered = Rendered(kept_bytes=KEPT_BYTES if kept else 0)
    secure = parts.base_url.startswith("https:")
    operations = (
        *Ops(clients, database, auth).operations(),
        *Tasks(clients, directory, rendered).operations(),
        *Batch(clients, directory, rendered).operations(),
        *Commands(clients, rendered).operations(),
        *Ordering(clients, rendered).operations(),
        *Participation(clients, rendered).operations(),
        *Recurrence(clients, rendered).operations(),
        *Comments(clients).operations(),
        *Templates(clients).operations(),
        *History(clients, directory).operations(),
        *Attendance(clients, directory).operations(),
        *Time(clients, directory).operations(),
        *Search(clients, rendered).operations(),
        *Stats(clients, directory, rendered).operations(),
        *People(clients, watch).operations(),
        *Workspaces(clients, database, watch, base_url=parts.base_url).operations(),
        *Transfer(clients).operations(),
        *Privacy(clients).operations(),
        *Undo(clients).operations(),
        *Events(clients).operations(),
        *Deliveries(clients, directory).operations(),
        *Tokens(clients, auth).operations(),
        *Sessions(
            clients, database, signed_in=parts.signed_in, watch=watch, secure=secure
        ).operations(),
        *Links(
            clients, database, directory=directory, base_url=parts.base_url, bot=bot
        ).operations(),
        *more,
    )
    table = Table((*operations, *Docs(operations).operations()))
    settings = parts.settings
    rates = Rates(settings.rate_api, settings.rate_public, settings.rate_webhook)
    return App(
        table,
        pages.console(CONSOLE),
        auth=auth,
        limiter=Limiter(rates),
        cache=parts.cache,
        name=f"{socket.gethostname()}:{settings.port}",
    )
