"""How updates reach us: registers the webhook, or polls, one poller per bot.

With a secret alone the route is open and nothing is registered or polled: whoever runs the bot
has set the address. Polling is under a lease in the database; updates are confirmed to Telegram
by the next call's offset, so only once they are kept.
"""

import asyncio
from uuid import uuid4

from services.gateway import inbox_metrics as metrics
from services.gateway import inbox_queries as queries
from services.gateway.inbox import Inbox
from services.gateway.telegram.bot import CONFLICT, UNAUTHORIZED, Bot, Failed, Later
from services.gateway.telegram.receive import receive
from services.runtime import logs
from services.runtime.claims import retry_at
from services.runtime.database import Database, run
from services.runtime.errors import Invalid, ServiceError

# Short, so that after a crash another process polls soon; renewed beside the waiting poll.
LEASE_S = 5.0
RENEW_S = 1.5
FIRST_RETRY_S, LONGEST_RETRY_S = 0.5, 15.0
# A refused token is looked at again in case it was put right at Telegram's side.
REFUSED_RETRY_S = 60.0

_log = logs.logger("gateway.telegram")


class Poller:
    """Fetches updates for as long as the process lives, while no other replica does."""

    def __init__(self, bot: Bot, inbox: Inbox, database: Database) -> None:
        self._bot = bot
        self._inbox = inbox
        self._database = database
        self._name = f"telegram-poll:{bot.id}"
        self._token = str(uuid4())
        self._ours = asyncio.Event()

    async def keep_lease(self) -> None:
        """Take the lease when it is free, and renew it, for the life of the process."""
        metrics.POLLER.set(1)
        while True:
            if await self._leased():
                self._ours.set()
            else:
                self._ours.clear()
            metrics.POLLING.set(self._ours.is_set())
            await asyncio.sleep(RENEW_S)

    async def run(self) -> None:
        """Poll while the lease is ours; wait for it while it is another's."""
        while True:
            await self._ours.wait()
            await self._while_leased()

    async def close(self) -> None:
        """Let another replica poll at once."""
        self._ours.clear()
        async with self._database.autocommit() as connection:
            await run(connection, queries.DROP_LEASE, name=self._name, token=self._token)

    async def _leased(self) -> bool:
        try:
            async with self._database.autocommit() as connection:
                taken = await run(
                    connection,
                    queries.TAKE_LEASE,
                    name=self._name,
                    token=self._token,
                    span_s=LEASE_S,
                )
                return taken.first() is not None
        except ServiceError as error:
            _log.warning("the poller's lease can't be had", error=str(error))
            return False

    async def _while_leased(self) -> None:
        """Poll until the lease is lost."""
        offset, failures, met = 0, 0, False
        while self._ours.is_set():
            try:
                if not met:
                    # A registered webhook, of an earlier life, would refuse every poll.
                    await self._bot.delete_webhook()
                    await self._bot.get_me()
                    met = True
                offset = await self._take(offset)
                failures = 0
            except (Failed, Later, ServiceError) as error:
                failures += 1
                met = met and not _is_conflict(error)
                await asyncio.sleep(_pause_s(error, failures))

    async def _take(self, offset: int) -> int:
        """Keep what Telegram has; return the offset that confirms it."""
        for update in await self._bot.get_updates(offset):
            try:
                await receive(self._inbox, update, bot=self._bot.id)
            except Invalid as error:
                _log.error("Telegram sent what is no update", error=str(error))
            number = update.get("update_id")
            if isinstance(number, int):
                offset = max(offset, number + 1)
        return offset


async def register(bot: Bot, *, url: str, secret: str) -> None:
    """Have Telegram post updates to our webhook; tries until Telegram takes it."""
    await _until_done(bot, "webhook", url=url, secret=secret)


async def introduce(bot: Bot) -> None:
    """Find out the bot's name; tries until Telegram tells it."""
    await _until_done(bot, "name", url="", secret="")


async def _until_done(bot: Bot, what: str, *, url: str, secret: str) -> None:
    failures = 0
    while True:
        try:
            if not bot.username:
                await bot.get_me()
            if url:
                await bot.set_webhook(url, secret)
        except (Failed, Later) as error:
            failures += 1
            _log.warning("Telegram did not take it", what=what, error=str(error))
            await asyncio.sleep(_pause_s(error, failures))
        else:
            return


def _is_conflict(error: Exception) -> bool:
    return isinstance(error, Failed) and error.status == CONFLICT


def _pause_s(error: Exception, failures: int) -> float:
    """Return how long to wait after a call that went wrong."""
    wait_s = retry_at(failures, first_s=FIRST_RETRY_S, longest_s=LONGEST_RETRY_S).total_seconds()
    if isinstance(error, Failed) and error.status == UNAUTHORIZED:
        _log.error("Telegram refuses TELEGRAM_BOT_TOKEN: correct it and start again")
        return REFUSED_RETRY_S
    if isinstance(error, Later) and error.retry_after is not None:
        wait_s = max(wait_s, error.retry_after.total_seconds())
    _log.warning("polling failed", error=str(error), again_in_s=round(wait_s, 1))
    return wait_s
