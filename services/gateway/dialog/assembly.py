"""The conversations of a gateway, put together: inbox, dialog, and the faces that people use.

`composition` and `__main__` know this class alone: its operations, its loops, its end.
"""

from collections.abc import Callable, Sequence

from boss.task.v1.people_service_pb2 import AuthenticateTokenRequest

from services.gateway.api.dead import DeadLetters
from services.gateway.api.messages import Messages, WebFace
from services.gateway.clients import Clients
from services.gateway.dialog.acquaintances import Acquaintances, identity
from services.gateway.dialog.converse import Conversations
from services.gateway.dialog.face import Face, Unanswerable
from services.gateway.dialog.fetch import Fetcher
from services.gateway.dialog.perform import House, Performer
from services.gateway.directory import Directory
from services.gateway.inbox import Inbox
from services.gateway.operation import Operation
from services.gateway.telegram import poll
from services.gateway.telegram.bot import Bot
from services.gateway.telegram.receive import source_of
from services.gateway.telegram.sender import Announcer, TelegramFace
from services.gateway.telegram.webhook import Webhook
from services.gateway.watch import Watch
from services.runtime import claims, logs
from services.runtime.database import Database
from services.runtime.errors import ServiceError
from services.runtime.outbound import Outbound
from services.runtime.settings import Settings
from services.runtime.supervise import Supervisor

# Most of the time of a message is waiting, a slow model's above all: many may wait at once.
AT_ONCE = 64
# Another replica's messages are seen by looking; our own wake the loop.
LOOK_S = 0.25

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
        self._settings = settings
        self._database = database
        self.inbox = Inbox(database)
        self.bot = telegram_bot(settings)
        directory = Directory(clients.people, watch)
        acquaintances = Acquaintances(clients.people, directory)
        announce = Announcer(self.bot, Owner(settings, clients, acquaintances))
        performer = Performer(
            clients,
            database,
            acquaintances=acquaintances,
            watch=watch,
            house=House(base_url, self.link_name, announce),
        )
        self._queue = Conversations(
            self.inbox,
            database,
            acquaintances=acquaintances,
            fetcher=Fetcher(clients, database, acquaintances=acquaintances, watch=watch),
            performer=performer,
            faces=faces(WebFace(acquaintances), self.bot, acquaintances),
        )
        self._poller = poll.Poller(self.bot, self.inbox, database) if self.bot else None
        secret = settings.telegram_webhook_secret
        self._resources = (
            Messages(self.inbox, directory),
            DeadLetters(self.inbox, directory),
            Webhook(
                self.inbox,
                bot=self.bot.id if self.bot else "0",
                secret=secret.get_secret_value() if secret else None,
            ),
        )

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked over HTTP."""
        return [one for resource in self._resources for one in resource.operations()]

    def link_name(self) -> str | None:
        """Return the bot's name for links; None where there is no bot, or no word of it yet."""
        return self.bot.link_name() if self.bot else None

    def start(self, supervisor: Supervisor) -> None:
        """Start the loops."""
        supervisor.start("inbox", self.work)
        supervisor.start("inbox-leases", self.inbox.renew)
        supervisor.start("inbox-measures", self.inbox.measure)
        if self.bot is None or self._poller is None:
            return
        bot, secret = self.bot, self._settings.telegram_webhook_secret
        if secret is None:
            supervisor.start("telegram-lease", self._poller.keep_lease)
            supervisor.start("telegram-poll", self._poller.run)
        elif self._settings.public_url:
            url = f"{self._settings.public_url.rstrip('/')}/webhook"
            word = secret.get_secret_value()
            supervisor.start("telegram-webhook", lambda: poll.register(bot, url=url, secret=word))
        else:
            supervisor.start("telegram-name", lambda: poll.introduce(bot))

    async def work(self) -> None:
        """Work off the inbox until cancelled."""
        await claims.run(
            "inbox", self._queue, wake=self.inbox.wake, concurrency=AT_ONCE, poll_s=LOOK_S
        )

    async def close(self) -> None:
        """Give back what is held, once the loops have ended."""
        try:
            await self.inbox.close()
            if self._poller is not None and self._settings.telegram_webhook_secret is None:
                await self._poller.close()
        except ServiceError as error:
            # Without a database the leases end by themselves.
            _log.warning("leases not given back", error=str(error))
        if self.bot is not None:
            await self.bot.close()


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


def telegram_bot(settings: Settings) -> Bot | None:
    """Return the bot; None where no token is set."""
    if settings.telegram_bot_token is None:
        return None
    outbound = Outbound("telegram", settings.telegram_api_url)
    token = settings.telegram_bot_token.get_secret_value()
    return Bot(token, outbound, rate=settings.rate_telegram_gateway)


def faces(web: Face, bot: Bot | None, acquaintances: Acquaintances) -> Callable[[str], Face]:
    """Return what finds the face of a source."""
    telegram = TelegramFace(bot, acquaintances) if bot else None
    source = source_of(bot.id) if bot else ""

    def face(of: str) -> Face:
        if not of.startswith("telegram:"):
            return web
        if telegram is None or of != source:
            raise Unanswerable(f"no token is set for the bot of {of}")
        return telegram

    return face
