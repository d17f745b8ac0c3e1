"""The ledger: deliveries are added, claimed by destination, settled, and given up or tried again.

A destination is worked on by whoever holds its token, in the order of the ledger. Whatever is
written about a delivery is written only while the token is still the writer's (`hold`), so that one
who was too slow changes nothing any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.notify import queries
from services.notify.model import Channel, Delivery, News, Reader, State
from services.runtime.database import Database, Fetch
from services.runtime.statements import columns

# Longer than the longest send (channels/telegram.py: 15 s, were each part to take its all). What a
# killed process held waits for so long.
LEASE_S = 20.0
# As many as are looked at to find those of one act; an act of more makes several messages.
LOOKED_AT = 50
# Those that can be sent again.
REVIVABLE = (State.DEAD, State.RETRYING, State.PENDING, State.HELD)
# The parameters of ADD_DELIVERIES, in the order of _row.
COLUMNS = (
    *("workspaces", "sources", "events", "channels", "targets", "people", "acts", "tasks"),
    *("states", "urgent", "news", "reasons", "leads"),
)

_news = msgspec.json.Decoder(News)


class TokenLost(Exception):  # noqa: N818 (what happened, not a fault)
    """The destination is another's now: its lease ran out."""


@dataclass(slots=True)
class Claim:
    """A destination that is ours for a while. `group`: what is being sent just now."""

    channel: Channel
    target: str
    token: UUID
    moved_to: str | None
    group: "Group | None" = None

    @property
    def key(self) -> dict[str, Any]:
        """What names the claim in statements."""
        return {"at_channel": self.channel.value, "at_target": self.target, "holder": self.token}


@dataclass(frozen=True, slots=True)
class Group:
    """Deliveries of one act to one target, which go out as one message; the first one leads."""

    ids: tuple[int, ...]
    news: tuple[News, ...]
    attempts: int
    since: datetime
    reader: Reader
    telegram_id: int | None
    left: bool


@dataclass(slots=True)
class Added:
    """What `add` did: how many of each channel and state, and whose pages have news."""

    counts: dict[tuple[Channel, State], int] = field(default_factory=dict)
    web: set[int] = field(default_factory=set)


async def add(fetch: Fetch, routed: Sequence[Delivery], *, now: datetime) -> Added:
    """Adds deliveries within the caller's transaction; one that is there already stays as it is.

    Web messages count as sent once stored, so those of one act are merged here.
    """
    added = Added()
    if not routed:
        return added
    waiting = {(d.channel.value, _target(d)): False for d in routed}
    leads: dict[tuple[str, int], int] = {}
    rows = []
    for place, one in enumerate(routed, start=1):
        state, lead = one.state, None
        if state is State.SENT and one.act:
            lead = leads.setdefault((one.act, one.person), place)
            state, lead = (State.MERGED, lead) if lead != place else (state, None)
        if state is State.PENDING:
            waiting[one.channel.value, _target(one)] = True
        added.counts[one.channel, state] = added.counts.get((one.channel, state), 0) + 1
        if state is State.SENT:
            added.web.add(one.person)
        rows.append(_row(one, state=state, lead=lead))
    await _mark_due(fetch, waiting)
    await fetch(queries.ADD_DELIVERIES, now=now, **columns(COLUMNS, rows))
    return added


async def _mark_due(fetch: Fetch, waiting: Mapping[tuple[str, str], bool]) -> None:
    """Locks these destinations, and has those that are true looked at now."""
    marked = sorted(waiting.items())
    await fetch(
        queries.MARK_DUE,
        channels=[channel for (channel, _), _ in marked],
        targets=[target for (_, target), _ in marked],
        due=[due for _, due in marked],
    )


async def claim(database: Database, number: int) -> Sequence[Claim]:
    """Returns up to that many destinations where there is work, leased to us."""
    found = await database.hot_rows(queries.CLAIM_DESTINATIONS, number=number, lease_s=LEASE_S)
    return [Claim(Channel(r["channel"]), r["target"], r["token"], r["moved_to"]) for r in found]


async def first_group(database: Database, claimed: Claim) -> Group | None:
    """Returns what is to be sent next there, None where nothing is due."""
    rows = await database.hot_rows(
        queries.WAITING_AT,
        at_channel=claimed.channel.value,
        at_target=claimed.target,
        number=LOOKED_AT,
    )
    if not rows or not rows[0]["due"]:
        return None
    first = rows[0]
    together = [r for r in rows if r is first or (first["act"] and r["act"] == first["act"])]
    return Group(
        ids=tuple(r["id"] for r in together),
        news=tuple(news(r["news"]) for r in together),
        attempts=first["attempts"],
        since=first["created_at"],
        reader=Reader(timezone=first["timezone"], language=first["language"]),
        telegram_id=first["telegram_id"],
        left=first["left"],
    )


async def hold(fetch: Fetch, claimed: Claim) -> None:
    """Locks the destination within the caller's transaction and extends the lease.

    Raises TokenLost where it is another's.
    """
    if not await fetch(queries.KEEP_DESTINATION, **claimed.key, lease_s=LEASE_S):
        raise TokenLost


async def settle_sent(
    database: Database, claimed: Claim, group: Group, *, external_id: str, now: datetime
) -> None:
    """Notes that the group went out as one message. Raises TokenLost."""
    lead, *others = group.ids
    done = await database.hot_rows(
        queries.SETTLE_SENT,
        **claimed.key,
        lease_s=LEASE_S,
        delivery=lead,
        others=others,
        external=external_id,
        sent=now,
    )
    if not done:
        raise TokenLost


async def settle_never(
    database: Database, claimed: Claim, group: Group, *, state: State, reason: str, tried: bool
) -> None:
    """Notes that the group will not go out: dead or dropped. Raises TokenLost."""
    async with database.hot_transaction() as fetch:
        await hold(fetch, claimed)
        await fetch(
            queries.BURY,
            ids=list(group.ids),
            to_state=state.value,
            reason=reason,
            tries=int(tried),
        )


async def retry_later(
    database: Database, claimed: Claim, group: Group, *, after_s: float, reason: str, tried: bool
) -> None:
    """Notes that the group is tried again in a while. Raises TokenLost."""
    async with database.hot_transaction() as fetch:
        await hold(fetch, claimed)
        await fetch(
            queries.RETRY_LATER,
            ids=list(group.ids),
            after_s=after_s,
            reason=reason,
            tries=int(tried),
        )


async def move(database: Database, claimed: Claim, to: str) -> None:
    """Notes the address that the outside gave for this destination. Raises TokenLost."""
    async with database.hot_transaction() as fetch:
        await hold(fetch, claimed)
        await fetch(queries.MOVE_DESTINATION, **claimed.key, moved=to)
    claimed.moved_to = to


async def free(database: Database, claimed: Claim, *, pause_s: float = 0.0) -> bool:
    """Gives the destination back, due when its first delivery is, but not before the pause.

    Returns whether it is due now.
    """
    async with database.hot_transaction() as fetch:
        # Two statements: the second sees what was added while the first waited for the lock.
        await hold(fetch, claimed)
        [freed] = await fetch(queries.FREE_DESTINATION, **claimed.key, pause_s=pause_s)
    return bool(freed["due"])


async def revive(fetch: Fetch, *, channel: str, target: str, delivery: int) -> bool:
    """Makes a dead or waiting delivery due now, with all its attempts; False for any other."""
    await _mark_due(fetch, {(channel, target): True})
    states = [state.value for state in REVIVABLE]
    return bool(await fetch(queries.REVIVE, delivery=delivery, states=states))


def news(stored: str) -> News:
    """Returns the news of a row."""
    return _news.decode(stored)


def _target(one: Delivery) -> str:
    return f"person:{one.person}"


def _row(one: Delivery, *, state: State, lead: int | None) -> tuple[Any, ...]:
    return (
        one.workspace,
        one.source,
        one.event,
        one.channel.value,
        _target(one),
        one.person,
        one.act,
        one.news.number or None,
        state.value,
        one.urgent,
        msgspec.json.encode(one.news).decode(),
        one.reason,
        lead,
    )
