"""The inbox: every message is kept here before it is acknowledged, and handled once, in order.

`accept` is one statement and one commit; only then may whoever sent the message be told that we
have it. Workers claim a chat, not a message: a lease with a token, committed at once, so that the
work itself holds no transaction; what they settle counts only while the token is theirs. A lease
is short and renewed while the work goes on, so that a killed process holds nobody up for long.
It knows nothing of what messages mean; that is `dialog`'s.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from services.gateway import inbox_metrics as metrics
from services.gateway import inbox_queries as queries
from services.gateway.together import Together
from services.runtime import clock, logs
from services.runtime.claims import Wake
from services.runtime.database import Database, Hot, run
from services.runtime.errors import Invalid, ServiceError
from services.runtime.statements import columns

# The source and the chats of answers that are owed.
REPLY, SAY = "reply", "say:"
LEASE_S = 4.0
RENEW_S = 1.0
# More at once than the database has cores only make each other, and the pool, wait.
STATEMENTS_AT_ONCE = 8
MEASURE_S = 5.0
FORGET_S = 3600.0
# As long as the task service knows request ids: a repeated message must not find nothing here.
KEPT_DAYS = 90
# The parameters of the statements that write many at once, in the order of their columns.
ACCEPTED = (
    *("sources", "external_ids", "chats", "positions"),
    *("bodies", "messages", "edits", "received"),
)
DECIDED = ("ids", "decisions", "chats", "tokens")
SETTLED = (
    *("ids", "chats", "tokens", "accepted", "more", "states", "conversations"),
    *("outcomes", "reasons", "answers", "cards", "tasks", "acts"),
)

_log = logs.logger("gateway.inbox")


class LeaseLost(Exception):  # noqa: N818 # says what happened
    """Somebody else has the chat now; whatever was being done for it counts no more."""


@dataclass(frozen=True, slots=True)
class Row:
    """A message as it was accepted, and what is known of it since."""

    id: int
    source: str
    external_id: str
    chat: str
    body: str
    message: str | None
    edit: bool
    received_at: datetime
    arrived_at: datetime
    attempts: int
    decided: str | None
    note: str | None
    # An edit of it was handled before it: nothing is left to do.
    overtaken: bool
    # Answers are still owed to its chat: its own must wait behind them.
    behind: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to handle the first message of a chat. `more` tells that others wait behind it."""

    row: Row
    token: UUID
    accepted: int
    conversation: str
    more: bool

    def __str__(self) -> str:
        """Name the message without showing what it says: this is for logs."""
        return f"message {self.row.id} of {self.row.chat}"


@dataclass(frozen=True, slots=True)
class Settled:
    """How a message ended. `card` is the gateway's own message that shows `tasks`."""

    outcome: str
    conversation: str
    answer: str | None = None
    reason: str | None = None
    card: str | None = None
    tasks: tuple[str, ...] = ()
    act: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that is kept. `id` is None where it was kept before."""

    id: int | None


class Inbox:
    """The messages of all chats, shared by all replicas through the database."""

    def __init__(self, database: Database, *, lease_s: float = LEASE_S) -> None:
        self._database = database
        self._lease_s = lease_s
        self._turns = asyncio.Semaphore(STATEMENTS_AT_ONCE)
        self._held: dict[UUID, str] = {}
        self._waiters: dict[tuple[str, str], asyncio.Future[str]] = {}
        self._accepted = Together(self._accept)
        self._decided = Together(self._decide)
        self._settled = Together(self._settle)
        self.wake = Wake()
        self.wake_replies = Wake()

    # In ---------------------------------------------------------------------------------

    async def accept(
        self,
        *,
        source: str,
        external_id: str,
        chat: str,
        body: str,
        received_at: datetime,
        position: int = 0,
        message: str | None = None,
        edit: bool = False,
    ) -> Accepted:
        """Keep a message, once; when this returns it is on disk."""
        # In the order of ACCEPT's columns.
        come = (source, external_id, chat, position, body, message, edit, received_at)
        return Accepted(await self._accepted(come))

    async def _accept(self, come: Sequence[tuple[Any, ...]]) -> Sequence[int | None]:
        """Keep these messages in one commit; return their ids, None for each kept before."""
        taken = await self._hot(queries.ACCEPT, **columns(ACCEPTED, come))
        # Also where nothing was: those who wrote it may have ended before they told.
        self.wake.set()
        ids = {row["place"]: row["id"] for row in taken}
        return [ids.get(place) for place in range(1, len(come) + 1)]

    async def owe(self, row: Row, body: str) -> None:
        """Keep an answer that can't be said now; those of a chat are said in their order."""
        await self.accept(
            source=REPLY,
            external_id=str(row.id),
            chat=f"{SAY}{row.chat}",
            body=body,
            received_at=row.received_at,
        )
        self.wake_replies.set()

    async def place(self, number: int, card: str) -> None:
        """Note which message of ours shows the tasks of a message that was settled before."""
        await self._hot(queries.PLACE_CARD, id=number, card=card)

    async def find(self, source: str, external_id: str) -> Mapping[str, Any] | None:
        """Return a message by what its sender calls it: id, chat, body, state, answer, reason."""
        found = await self._hot(queries.FIND_MESSAGE, source=source, external_id=external_id)
        return found[0] if found else None

    async def get(self, number: int) -> Mapping[str, Any] | None:
        """Return a message's id, chat, state and answer."""
        found = await self._hot(queries.GET_MESSAGE, id=number)
        return found[0] if found else None

    # The work ---------------------------------------------------------------------------

    async def claim(self, limit: int, *, replies: bool = False) -> Sequence[Claim]:
        """Return up to `limit` chats' first messages that may be handled now, and hold them.

        With `replies`, the first answers that are owed instead.
        """
        chats = await self._hot(
            queries.CLAIM_CHATS, limit=limit, lease_s=self._lease_s, replies=replies
        )
        if not chats:
            return ()
        if len(chats) == limit:
            # There may be more, also where some of these are given back.
            (self.wake_replies if replies else self.wake).set()
        heads = await self._hot(queries.HEADS, chats=[one["key"] for one in chats])
        waiting: dict[str, list[Any]] = {}
        for head in heads:
            waiting.setdefault(head["chat"], []).append(head)
        claims = []
        for chat in chats:
            claim = await self._of(chat, waiting.get(chat["key"], []))
            if claim is not None:
                claims.append(claim)
                self._held[claim.token] = claim.row.chat
        return claims

    async def _of(self, chat: Any, heads: Sequence[Any]) -> Claim | None:
        """Return what is to be handled in a chat; None, and give it back, where nothing is yet."""
        if not heads:
            await self._release(chat, None)
            return None
        head, ready_at = heads[0], heads[0]["next_at"] if heads[0]["early"] else None
        if ready_at is None and head["edit"] and head["decided"] is None:
            head, ready_at = await self._message_first(head)
        if ready_at is not None:
            await self._release(chat, ready_at)
            return None
        more = len(heads) > 1
        return Claim(_row(head), chat["token"], chat["accepted"], chat["conversation"], more)

    async def _message_first(self, edit: Any) -> tuple[Any, datetime | None]:
        """Return the message of an edit where that still waits, or until when to wait for it."""
        found = await self._hot(
            queries.EDITED, chat=edit["chat"], message=edit["message"], besides=edit["id"]
        )
        if not found:
            return edit, edit["grown_at"] if edit["young"] else None
        first = found[0]
        if first["state"] != "waiting":
            return edit, None
        return first, first["next_at"] if first["early"] else None

    async def _release(self, chat: Any, ready_at: datetime | None) -> None:
        await self._hot(
            queries.RELEASE,
            chat=chat["key"],
            token=chat["token"],
            accepted=chat["accepted"],
            ready_at=ready_at,
        )

    @asynccontextmanager
    async def holding(self, claim: Claim) -> AsyncIterator[None]:
        """Keep the lease of a claim as long as it is being worked on.

        What is cancelled stays held, so that `close` gives it back.
        """
        self._held[claim.token] = claim.row.chat
        try:
            yield
        except asyncio.CancelledError:
            raise
        except BaseException:
            self._held.pop(claim.token, None)
            raise
        self._held.pop(claim.token, None)

    async def close(self) -> None:
        """Give back what is still held, so that nobody has to wait for the leases to end."""
        if self._held:
            await self._database.hot_rows(
                queries.GIVE_BACK, chats=list(self._held.values()), tokens=list(self._held)
            )
            self._held.clear()

    async def decide(self, claim: Claim, decided: str) -> None:
        """Keep what was decided, before any of it is done. Raises LeaseLost."""
        if not await self._decided((claim.row.id, decided, claim.row.chat, claim.token)):
            raise LeaseLost

    async def _decide(self, told: Sequence[tuple[Any, ...]]) -> Sequence[bool]:
        kept = {row["id"] for row in await self._hot(queries.DECIDE, **columns(DECIDED, told))}
        return [one[0] in kept for one in told]

    async def note(self, claim: Claim, message: str) -> None:
        """Keep the id of the message that says that it takes longer."""
        await self._hot(queries.NOTE, id=claim.row.id, note=message)

    async def settle(self, claim: Claim, settled: Settled, *, state: str = "done") -> None:
        """End a message and give its chat back. Raises LeaseLost."""
        row = claim.row
        tasks = msgspec.json.encode(settled.tasks).decode() if settled.tasks else None
        # In the order of SETTLE's columns.
        ended = await self._settled(
            (
                *(row.id, row.chat, claim.token, claim.accepted, claim.more, state),
                *(settled.conversation, settled.outcome, settled.reason, settled.answer),
                *(settled.card, tasks, settled.act),
            )
        )
        self._held.pop(claim.token, None)
        if ended is None:
            raise LeaseLost
        if row.source != REPLY:
            metrics.INBOX_HANDLED.labels(settled.outcome).inc()
            metrics.INBOX_DURATION.observe(ended["took_s"])
        if settled.answer is not None:
            self._tell(row.source, row.external_id, settled.answer)
        if ended["ready"]:
            (self.wake_replies if row.source == REPLY else self.wake).set()

    async def _settle(self, told: Sequence[tuple[Any, ...]]) -> Sequence[Any]:
        ended = {
            row["id"]: row for row in await self._hot(queries.SETTLE, **columns(SETTLED, told))
        }
        return [ended.get(one[0]) for one in told]

    async def postpone(self, claim: Claim, *, after_s: float, reason: str) -> None:
        """Try a message again later; its chat waits with it."""
        self._held.pop(claim.token, None)
        await self._hot(
            queries.POSTPONE,
            id=claim.row.id,
            chat=claim.row.chat,
            token=claim.token,
            after_s=after_s,
            reason=reason,
        )

    async def bury(self, claim: Claim, *, reason: str, answer: str | None = None) -> None:
        """Give a message up, with the reason for the operator; the chat goes on."""
        _log.error("message given up", message=claim.row.id, reason=reason)
        settled = Settled("dead", claim.conversation, answer=answer, reason=reason)
        await self.settle(claim, settled, state="dead")

    # Whoever waits for an answer --------------------------------------------------------

    @asynccontextmanager
    async def waiting(self, source: str, external_id: str) -> AsyncIterator[asyncio.Future[str]]:
        """Give a future of the answer, for as long as this process may be the one that makes it."""
        key = (source, external_id)
        future = self._waiters.get(key)
        owner = future is None
        if future is None:
            future = self._waiters[key] = asyncio.get_running_loop().create_future()
        try:
            yield future
        finally:
            if owner:
                self._waiters.pop(key, None)

    def _tell(self, source: str, external_id: str, answer: str) -> None:
        future = self._waiters.get((source, external_id))
        if future is not None and not future.done():
            future.set_result(answer)

    # Loops ------------------------------------------------------------------------------

    async def renew(self) -> None:
        """Renew the leases of what is being worked on, for the life of the process."""
        while True:
            await asyncio.sleep(min(RENEW_S, self._lease_s / 3))
            held = dict(self._held)
            if not held:
                continue
            try:
                await self._database.hot_rows(
                    queries.RENEW,
                    lease_s=self._lease_s,
                    chats=list(held.values()),
                    tokens=list(held),
                )
            except ServiceError as error:
                # The next round tries again; what ends without a lease is done again elsewhere.
                _log.warning("leases not renewed", error=str(error))

    async def measure(self) -> None:
        """Show how much waits, for how long, and what was given up; forget what is old."""
        forget_in_s = 0.0
        while True:
            try:
                await self.measure_once()
                if forget_in_s <= 0:
                    await self._forget()
                    forget_in_s = FORGET_S
            except ServiceError as error:
                _log.warning("inbox not measured", error=str(error))
            await asyncio.sleep(MEASURE_S)
            forget_in_s -= MEASURE_S

    async def measure_once(self) -> None:
        """Set the gauges."""
        depth = await self._database.row(queries.DEPTH)
        if depth is not None:
            metrics.INBOX_DEPTH.set(depth.waiting)
            metrics.REPLIES_OWED.set(depth.owed)
            metrics.INBOX_OLDEST.set(depth.oldest_s)
            metrics.INBOX_DEAD.set(depth.dead)

    async def _forget(self) -> None:
        async with self._database.autocommit() as connection:
            # In pieces, so that no statement holds many rows for long.
            more = True
            while more:
                forgotten = await run(connection, queries.FORGET, days=KEPT_DAYS)
                more = forgotten.first() is not None
            old = clock.now() - timedelta(days=KEPT_DAYS)
            await run(connection, queries.FORGET_DRAFTS, before=old)

    async def _hot(self, hot: Hot, **params: Any) -> Sequence[Any]:
        async with self._turns:
            return await self._database.hot_rows(hot, **params)

    # For the operator -------------------------------------------------------------------

    async def dead(self, *, limit: int = 50, before: int = 0) -> Sequence[Any]:
        """Return what was given up, newest first, with its reasons."""
        return await self._database.rows(queries.DEAD, limit=limit, before=before)

    async def revive(self, number: int) -> None:
        """Try a given-up message again. Raises Invalid where there is none."""
        async with self._database.autocommit() as connection:
            revived = await run(connection, queries.REVIVE, id=number)
        if revived.first() is None:
            raise Invalid("NOT_DEAD", f"Message {number} is no dead letter; see `boss doctor`.")
        self.wake.set()


def _row(found: Mapping[str, Any]) -> Row:
    return Row(**{name: found[name] for name in Row.__slots__})
