"""The one loop that works off rows in PostgreSQL: claim by lease, handle, settle, back off, wake.

It knows no table: a `Queue` claims a few keys in one short transaction (`FOR UPDATE SKIP LOCKED`,
`lease_until`, `token`), handles each without a transaction open, and settles `WHERE token = mine`.
The loop bounds how many are handled at once, sleeps until woken or until the poll is due, and never
dies of one claim's error. What a killed process had claimed is claimed again once its lease ends.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol, TypeVar

from services.runtime import logs, metrics
from services.runtime.errors import ServiceError, Unavailable
from services.runtime.supervise import FIRST_PAUSE_S, pause_s

# How long what is in hand may take to be settled when the loop ends: else it waits for its lease,
# and what was sent but not noted is sent again.
SETTLE_S = 0.7
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 3600.0

C = TypeVar("C")

_log = logs.logger("claims")


class Queue(Protocol[C]):
    """Where claims come from and how each is worked off."""

    async def claim(self, limit: int) -> Sequence[C]:
        """Lease at most this many keys and return them; none when nothing is due."""

    async def handle(self, claim: C) -> None:
        """Do the work of a claim and settle it."""

    async def fail(self, claim: C, error: Exception) -> None:
        """Settle a claim whose work has failed: when to try again, or that it is dead."""


class Wake:
    """Wakes a loop of this process: set after the commit that gave it work."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """Say that there may be work."""
        self._event.set()

    async def wait(self, timeout: float) -> None:
        """Return when it was set since the last wait, or after this many seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._event.wait()
        except TimeoutError:
            pass
        self._event.clear()


def retry_at(
    attempt: int,
    *,
    first_s: float = FIRST_RETRY_S,
    longest_s: float = LONGEST_RETRY_S,
    chance: float | None = None,
) -> timedelta:
    """Return how long to wait after this many attempts: doubling, with jitter of a half.

    `chance`, from 0 to 1, is drawn unless given.
    """
    drawn = random.random() if chance is None else chance  # noqa: S311 -- no secret
    longest = min(longest_s, first_s * 2.0 ** min(max(attempt, 1) - 1, 40))
    return timedelta(seconds=longest * (0.5 + drawn / 2))


async def run(name: str, queue: Queue[C], *, wake: Wake, concurrency: int, poll_s: float) -> None:
    """Work off the queue until cancelled; at most `concurrency` claims are handled at once."""
    in_hand: set[asyncio.Task[None]] = set()
    metrics.expect(metrics.CLAIMS, name, metrics.ENDS)
    metrics.DEFECTS.labels(name)

    # Whether there were no hands left for what may still be due.
    short = False

    def done(task: asyncio.Task[None]) -> None:
        in_hand.discard(task)
        if short:
            wake.set()

    async with asyncio.TaskGroup() as group:
        try:
            failures = 0
            while True:
                free = concurrency - len(in_hand)
                try:
                    claims = await queue.claim(free) if free else ()
                    failures, short = 0, len(claims) >= free
                except ServiceError as error:
                    failures += 1
                    claims = ()
                    _log.warning("cannot claim", loop=name, error=str(error))
                for claim in claims:
                    task = group.create_task(_work(name, queue, claim))
                    in_hand.add(task)
                    task.add_done_callback(done)
                if failures:
                    await asyncio.sleep(
                        max(FIRST_PAUSE_S, pause_s(failures, chance=random.random()))  # noqa: S311
                    )
                else:
                    # All that was asked for: a free hand wakes. Less: nothing is due, and whoever
                    # makes something due says so.
                    if short and len(in_hand) < concurrency:
                        wake.set()
                    await wake.wait(poll_s)
        finally:
            # What is not settled then, the group cuts off.
            if in_hand:
                await asyncio.wait(set(in_hand), timeout=SETTLE_S)


async def _work(name: str, queue: Queue[C], claim: C) -> None:
    began = time.perf_counter()
    try:
        await queue.handle(claim)
        outcome = "done"
    except Exception as error:  # noqa: BLE001 -- the edge of one claim
        outcome = await _failed(name, queue, claim, error)
    metrics.CLAIMS.labels(name, outcome).inc()
    metrics.CLAIM_DURATION.labels(name).observe(time.perf_counter() - began)


async def _failed(name: str, queue: Queue[C], claim: C, error: Exception) -> str:
    """Settle a failed claim; where even that fails, its lease runs out and it comes again."""
    if isinstance(error, ServiceError):
        _log.warning("claim failed", loop=name, claim=str(claim), error=str(error))
    else:
        metrics.DEFECTS.labels(name).inc()
        _log.error("claim broke", loop=name, claim=str(claim), exc_info=error)
    try:
        await queue.fail(claim, error)
    except Exception as worse:  # noqa: BLE001 -- the edge of one claim
        if not isinstance(worse, Unavailable):
            metrics.DEFECTS.labels(name).inc()
        _log.error("claim left to its lease", loop=name, claim=str(claim), exc_info=worse)
        return "left"
    return "failed"
