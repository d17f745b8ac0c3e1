"""The connection to Telegram of a gateway that has a bot's token: bot, face, and how updates come.

With a webhook secret they are posted to us (and we register where, if we know our address);
without one they are polled for. Imported only where there is a token: httpx costs 12 MB.
"""

from collections.abc import Awaitable, Callable

from services.gateway import inbox_metrics as metrics
from services.gateway.dialog.acquaintances import Acquaintances
from services.gateway.dialog.reply import Reply, telegram_html
from services.gateway.inbox import Inbox
from services.gateway.telegram import poll
from services.gateway.telegram.bot import Bot, Failed, Later
from services.gateway.telegram.sender import TelegramFace, keyboard
from services.runtime import logs
from services.runtime.database import Database
from services.runtime.errors import ServiceError
from services.runtime.outbound import Outbound
from services.runtime.settings import Settings
from services.runtime.supervise import Supervisor

_log = logs.logger("gateway.telegram")

Owner = Callable[[], Awaitable[int | None]]


class Connection:
    """One bot, and all that belongs to it."""

    def __init__(
        self,
        settings: Settings,
        token: str,
        *,
        inbox: Inbox,
        database: Database,
        acquaintances: Acquaintances,
    ) -> None:
        outbound = Outbound("telegram", settings.telegram_api_url)
        self._bot = Bot(token, outbound, rate=settings.rate_telegram_gateway)
        self._poller = poll.Poller(self._bot, inbox, database)
        secret = settings.telegram_webhook_secret
        self._secret = secret.get_secret_value() if secret else None
        self._public_url = settings.public_url
        self.face = TelegramFace(self._bot, acquaintances)

    def link_name(self) -> str | None:
        """Return the bot's name for links; None while Telegram has not told it."""
        return self._bot.link_name()

    def start(self, supervisor: Supervisor) -> None:
        """Let updates come."""
        bot, secret = self._bot, self._secret
        if secret is None:
            supervisor.start("telegram-lease", self._poller.keep_lease)
            supervisor.start("telegram-poll", self._poller.run)
        elif self._public_url:
            url = f"{self._public_url.rstrip('/')}/webhook"
            supervisor.start("telegram-webhook", lambda: poll.register(bot, url=url, secret=secret))
        else:
            supervisor.start("telegram-name", lambda: poll.introduce(bot))

    async def announce(self, reply: Reply, owner: Owner) -> None:
        """Tell the owner of the installation, where an account is known. Never raises."""
        outcome = "said"
        try:
            account = await owner()
            if account is None:
                outcome = "unknown"
            else:
                words = telegram_html(reply)
                buttons = keyboard(reply)
                await self._bot.send_message(account, words, keyboard=buttons, patience_s=5.0)
        except (Failed, Later, ServiceError) as error:
            outcome = "failed"
            _log.warning("the owner was not told", error=str(error))
        metrics.REPLIES.labels("owner", outcome).inc()

    async def close(self) -> None:
        """Let another replica poll, and close the connections."""
        try:
            if self._secret is None:
                await self._poller.close()
        finally:
            await self._bot.close()
