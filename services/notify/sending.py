"""Waiting deliveries go out: a destination is claimed and its deliveries are sent in their order.

Between the outside's answer and the row that notes it lies the one place where a crash can repeat a
message: Telegram takes no idempotency key. Everywhere else a delivery goes out once.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from services.notify import deliveries, metrics, retries
from services.notify.channels.base import Channel as Way
from services.notify.channels.base import Dead, Moved, Outcome, Retry, Sent
from services.notify.deliveries import Claim, Group, TokenLost
from services.notify.model import Channel, State
from services.notify.render.text import word
from services.notify.routing import NOT_CONNECTED
from services.runtime import logs
from services.runtime.claims import Wake
from services.runtime.database import Database
from services.runtime.errors import ServiceError, Unavailable

# Then the destination goes to the back of the queue, so that one long list does not hold up others.
MESSAGES_A_CLAIM = 20
# A shorter wait for the rate limit is slept through; a longer one frees the destination meanwhile.
WAIT_HERE_S = 0.25
LEFT = "has left"
UNLINKED = "has no Telegram linked any more"
# What is done outside has to be noted: the database is asked again for this long. That is past the
# lease, but as long as nobody else has claimed the destination, its token is still ours.
NOTE_FOR_S = 60.0
NOTE_EVERY_S = 0.2
AFTER_TROUBLE_S = 1.0

_log = logs.logger("sending")


class Sender:
    """The queue of destinations with something to send, as the claim loop takes it."""

    def __init__(
        self,
        database: Database,
        ways: Mapping[Channel, Way],
        *,
        now: Callable[[], datetime],
        wake: Wake,
    ) -> None:
        self._database = database
        self._ways = ways
        self._now = now
        self._wake = wake

    async def claim(self, limit: int) -> Sequence[Claim]:
        """Returns destinations where something is due, leased to us."""
        return await deliveries.claim(self._database, limit)

    async def handle(self, claim: Claim) -> None:
        """Sends what is due there, in order; stops where a pause is needed."""
        pause_s = 0.0
        try:
            for _ in range(MESSAGES_A_CLAIM):
                claim.group = await deliveries.first_group(self._database, claim)
                if claim.group is None:
                    break
                pause_s = await self._send(claim, claim.group)
                if pause_s > 0:
                    break
            claim.group = None
            if await deliveries.free(self._database, claim, pause_s=pause_s):
                self._wake.set()
        except TokenLost:
            _log.warning("token_lost", channel=claim.channel.value)

    async def fail(self, claim: Claim, error: Exception) -> None:
        """Takes a defect of ours for a failed attempt, so that it can't hold up a chat for ever.

        A database that was away is none: the destination is merely due again soon.
        """
        pause_s = AFTER_TROUBLE_S
        try:
            if claim.group is not None and not isinstance(error, ServiceError):
                retry = Retry(f"a defect of ours: {type(error).__name__}")
                pause_s = await self._retry(claim, claim.group, retry)
            await _surely(lambda: deliveries.free(self._database, claim, pause_s=pause_s))
        except TokenLost:
            _log.warning("token_lost", channel=claim.channel.value)

    async def _send(self, claim: Claim, group: Group) -> float:
        """Sends one message; returns the seconds that the destination has to rest, 0 for none."""
        way = self._ways.get(claim.channel)
        address = claim.moved_to or (None if group.telegram_id is None else str(group.telegram_id))
        never = LEFT if group.left else NOT_CONNECTED if way is None else ""
        if never or way is None or address is None:
            await self._never(claim, group, state=State.DROPPED, reason=never or UNLINKED)
            return 0.0
        while (wait_s := way.wait_s(address)) > 0:
            if wait_s > WAIT_HERE_S:
                return wait_s
            await asyncio.sleep(wait_s)
        message = word(group.news, reader=group.reader, now=self._now())
        return await self._settle(claim, group, await way.send(address, message))

    async def _settle(self, claim: Claim, group: Group, outcome: Outcome) -> float:
        match outcome:
            case Sent(external_id):
                await _surely(
                    lambda: deliveries.settle_sent(
                        self._database, claim, group, external_id=external_id, now=self._now()
                    )
                )
                self._count(claim, State.SENT, 1)
                took = self._now() - group.since
                metrics.DELIVERY_DURATION.labels(claim.channel.value).observe(took.total_seconds())
                since = self._now() - min(news.at for news in group.news)
                metrics.DELIVERY_DURATION.labels(claim.channel.value).observe(
                    max(0.0, since.total_seconds())
                )
                self._count(claim, State.MERGED, len(group.ids) - 1)
            case Moved(to):
                await deliveries.move(self._database, claim, to)
            case Dead(reason):
                await self._never(claim, group, state=State.DEAD, reason=reason, tried=True)
            case Retry():
                return await self._retry(claim, group, outcome)
        return 0.0

    async def _retry(self, claim: Claim, group: Group, outcome: Retry) -> float:
        tries = group.attempts + int(outcome.tried)
        pause = retries.after(tries, chance=random.random())  # noqa: S311 (spreads load)
        if pause is None and outcome.tried and outcome.after_s is None:
            reason = f"given up after {tries} attempts: {outcome.reason}"
            await self._never(claim, group, state=State.DEAD, reason=reason, tried=True)
            return 0.0
        after_s = outcome.after_s or (pause or retries.LONGEST).total_seconds()
        await deliveries.retry_later(
            self._database,
            claim,
            group,
            after_s=after_s,
            reason=outcome.reason,
            tried=outcome.tried,
        )
        self._count(claim, State.RETRYING, len(group.ids))
        return after_s

    async def _never(
        self, claim: Claim, group: Group, *, state: State, reason: str, tried: bool = False
    ) -> None:
        await deliveries.settle_never(
            self._database, claim, group, state=state, reason=reason, tried=tried
        )
        self._count(claim, state, len(group.ids))

    def _count(self, claim: Claim, state: State, number: int) -> None:
        if number:
            metrics.DELIVERIES.labels(claim.channel.value, state.value).inc(number)


async def _surely(note: Callable[[], Awaitable[object]]) -> None:
    """Notes something, also where the database is away for a while."""
    until = time.monotonic() + NOTE_FOR_S
    while True:
        try:
            await note()
        except Unavailable:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(NOTE_EVERY_S)
        else:
            return
