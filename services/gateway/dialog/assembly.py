"""The conversations of a gateway, put together: inbox, dialog, and the faces that people use.

`composition` and `__main__` know this class alone: its operations, its loops, its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from boss.task.v1.people_service_pb2 import AuthenticateTokenRequest

from services.gateway.api.dead import DeadLetters
from services.gateway.api.messages import Messages, WebFace
from services.gateway.clients import Clients
from services.gateway.dialog import replies
from services.gateway.dialog.acquaintances import Acquaintances, identity
from services.gateway.dialog.converse import Conversations
from services.gateway.dialog.face import Face, Unanswerable
from services.gateway.dialog.fetch import Fetcher
from services.gateway.dialog.perform import House, Performer
from services.gateway.dialog.replies import Replies
from services.gateway.dialog.reply import Reply
from services.gateway.directory import Directory
from services.gateway.inbox import Inbox
from services.gateway.operation import Operation
from services.gateway.telegram.receive import bot_id, source_of
from services.gateway.telegram.webhook import Webhook
from services.gateway.watch import Watch
from services.runtime import claims, logs
from services.runtime.database import Database
from services.runtime.errors import ServiceError
from services.runtime.settings import Settings
from services.runtime.supervise import Supervisor

if TYPE_CHECKING:
    from services.gateway.telegram.connection import Connection

# Most of the time of a message is waiting, a slow model's above all: many may wait at once.
AT_ONCE = 64
# Another replica's messages are seen by looking; our own wake the loop.
LOOK_S = 0.25
REPLIES_LOOK_S = 1.0

_log = logs.logger("gateway.dialog")


class Talking:
    """All that it takes to talk with people."""

    def __init__(
        self,
        settings: Settings,
        clients: Clients,
        database: Database,
        *,
        watch: Watch,
        base_url: str,
    ) -> None:
        self.inbox = Inbox(database)
        directory = Directory(clients.people, watch, kept=settings.cache)
        acquaintances = Acquaintances(clients.people, directory)
        self._web = WebFace(acquaintances)
        self._telegram = connected(
            settings, inbox=self.inbox, database=database, acquaintances=acquaintances
        )
        self._bot = bot_id(settings)
        self._owner = Owner(settings, clients, acquaintances)
        performer = Performer(
            clients,
            database,
            acquaintances=acquaintances,
            watch=watch,
            house=House(base_url, self.link_name, self.announce),
        )
        self._queue = Conversations(
            self.inbox,
            database,
            acquaintances=acquaintances,
            fetcher=Fetcher(clients, database, acquaintances=acquaintances, watch=watch),
            performer=performer,
            faces=self.face,
        )
        self._replies = Replies(self.inbox, database, self.face)
        secret = settings.telegram_webhook_secret
        self._resources = (
            Messages(self.inbox, directory),
            DeadLetters(self.inbox, directory),
            Webhook(
                self.inbox,
                bot=self._bot,
                secret=secret.get_secret_value() if secret else None,
            ),
        )

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked over HTTP."""
        return [one for resource in self._resources for one in resource.operations()]

    def link_name(self) -> str | None:
        """Return the bot's name for links; None where there is no bot, or no word of it yet."""
        return self._telegram.link_name() if self._telegram else None

    def face(self, source: str) -> Face:
        """Return the face from which a source's messages come."""
        if not source.startswith("telegram:"):
            return self._web
        if self._telegram is None or source != source_of(self._bot):
            raise Unanswerable(f"no token is set for the bot of {source}")
        return self._telegram.face

    async def announce(self, reply: Reply) -> None:
        """Tell the owner of the installation what nobody else should hear."""
        if self._telegram is not None:
            await self._telegram.announce(reply, self._owner)

    def start(self, supervisor: Supervisor) -> None:
        """Start the loops."""
        supervisor.start("inbox", self.work)
        supervisor.start("replies", self.reply)
        supervisor.start("inbox-leases", self.inbox.renew)
        supervisor.start("inbox-measures", self.inbox.measure)
        if self._telegram is not None:
            self._telegram.start(supervisor)

    async def work(self) -> None:
        """Work off the inbox until cancelled."""
        await claims.run(
            "inbox", self._queue, wake=self.inbox.wake, concurrency=AT_ONCE, poll_s=LOOK_S
        )

    async def reply(self) -> None:
        """Say what is owed until cancelled."""
        await claims.run(
            "replies",
            self._replies,
            wake=self.inbox.wake_replies,
            concurrency=replies.AT_ONCE,
            poll_s=REPLIES_LOOK_S,
        )

    async def close(self) -> None:
        """Give back what is held, once the loops have ended."""
        try:
            await self.inbox.close()
            if self._telegram is not None:
                await self._telegram.close()
        except ServiceError as error:
            # Without a database the leases end by themselves.
            _log.warning("leases not given back", error=str(error))


class Owner:
    """Finds the Telegram account of whoever owns the installation: the owner token's person."""

    def __init__(self, settings: Settings, clients: Clients, acquaintances: Acquaintances) -> None:
        self._settings = settings
        self._people = clients.people
        self._acquaintances = acquaintances

    async def __call__(self) -> int | None:
        """Return the account; None where the owner has none, or isn't known here."""
        token = owner_token(self._settings)
        if token is None:
            return self._settings.owner_telegram_id
        told = await self._people.AuthenticateToken(AuthenticateTokenRequest(secret=token))
        person = await self._acquaintances.by_number(identity(told.person.name))
        if person is not None and person.HasField("telegram_id"):
            return person.telegram_id
        return self._settings.owner_telegram_id


def owner_token(settings: Settings) -> str | None:
    """Return the owner's token, where it was preset or task has left it on this machine."""
    if settings.api_token is not None:
        return settings.api_token.get_secret_value()
    try:
        return (settings.state_dir / "owner-token").read_text().strip() or None
    except OSError:
        return None


def connected(
    settings: Settings, *, inbox: Inbox, database: Database, acquaintances: Acquaintances
) -> Connection | None:
    """Return the connection to Telegram; None where no token is set."""
    if settings.telegram_bot_token is None:
        return None
    # Imported only where it is needed: httpx takes memory that a machine without a bot can spare.
    from services.gateway.telegram.connection import Connection  # noqa: PLC0415

    return Connection(
        settings,
        settings.telegram_bot_token.get_secret_value(),
        inbox=inbox,
        database=database,
        acquaintances=acquaintances,
    )
