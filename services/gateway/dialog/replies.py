"""Answers that could not be said at once: kept in the inbox, and said in their order.

So that neither Telegram's limits nor its outages hold up what people want done: a message is
settled when its effects are, and its answer follows.
"""

from collections.abc import Callable, Sequence

import msgspec

from services.gateway import inbox_metrics as metrics
from services.gateway import inbox_queries as queries
from services.gateway.dialog.answers import Answer
from services.gateway.dialog.face import Face, NotNow, Unanswerable, Where
from services.gateway.inbox import Claim, Inbox, LeaseLost, Settled
from services.runtime import logs
from services.runtime.claims import retry_at
from services.runtime.database import Database
from services.runtime.errors import ServiceError

# Few at once, each waiting its turn: what waits behind them waits in the database.
AT_ONCE = 8
PATIENCE_S = 60.0
TRIES = 250
FIRST_RETRY_S, LONGEST_RETRY_S = 0.5, 15.0

_log = logs.logger("gateway.dialog")


class Owed(msgspec.Struct, frozen=True):
    """An answer, where it goes, and what it belongs to: a message's row, and drafts."""

    row: int
    source: str
    address: str
    answers: tuple[Answer, ...]
    edits: str | None
    note: str | None
    drafts: tuple[str, ...]

    def dump(self) -> str:
        """Return it as it is kept."""
        return _encoder.encode(self).decode()


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Owed)


class Replies:
    """The queue of chats to which answers are owed."""

    def __init__(self, inbox: Inbox, database: Database, faces: Callable[[str], Face]) -> None:
        self._inbox = inbox
        self._database = database
        self._faces = faces

    async def claim(self, limit: int) -> Sequence[Claim]:
        """Return chats whose first answer may be said now."""
        return await self._inbox.claim(limit, replies=True)

    async def handle(self, claim: Claim) -> None:
        """Say the first answer that is owed to a chat."""
        owed = _decoder.decode(claim.row.body)
        async with self._inbox.holding(claim):
            try:
                face = self._faces(owed.source)
                said = await face.say(
                    owed.address, owed.answers, Where(owed.edits, owed.note, PATIENCE_S)
                )
                if said.messages:
                    await self._placed(owed, said.messages[0])
                outcome = "failed" if said.problem else "said"
                settled = Settled(outcome, claim.conversation, reason=said.problem or None)
                await self._inbox.settle(claim, settled)
            except Unanswerable as error:
                await self._inbox.bury(claim, reason=str(error))
                return
            except NotNow as later:
                await self.fail(claim, later)
                return
            except LeaseLost:
                _log.info("another one has the chat now", claim=str(claim))
                return
        metrics.REPLIES.labels(face.name, outcome).inc()

    async def fail(self, claim: Claim, error: Exception) -> None:
        """Try again later, or give the answer up."""
        attempt = claim.row.attempts + 1
        reason = str(error) if isinstance(error, ServiceError | NotNow) else repr(error)
        if attempt >= TRIES:
            await self._inbox.bury(claim, reason=reason)
            return
        wait_s = retry_at(attempt, first_s=FIRST_RETRY_S, longest_s=LONGEST_RETRY_S).total_seconds()
        if isinstance(error, NotNow) and error.after_s:
            wait_s = max(wait_s, error.after_s)
        await self._inbox.postpone(claim, after_s=wait_s, reason=reason)

    async def _placed(self, owed: Owed, message: str) -> None:
        await self._inbox.place(owed.row, message)
        if owed.drafts:
            await self._database.hot_rows(queries.PLACE_DRAFT, id=owed.drafts[0], message=message)
