"""Where the reading of the log is, and the lease of the one who reads.

The position moves only where it is what the reader took it for and the lease is still the reader's,
in the transaction that stores the effects: so each event has its effects once, whoever else
believes to be the reader.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from services.notify import queries
from services.runtime.database import Database, Fetch

NAME = "events"
# After a kill, another reader may begin when this has passed; a living one renews it each third.
LEASE_S = 4.0


class LeaseLost(Exception):  # noqa: N818 (what happened, not a fault)
    """Another reader has the lease, or the position is not what it was."""


@dataclass(slots=True)
class Cursor:
    """The reader's hold on the log; `position` is the last event whose effects are stored."""

    position: int
    token: UUID = field(default_factory=uuid4)

    async def renew(self, database: Database) -> None:
        """Keeps the lease. Raises LeaseLost."""
        done = await database.hot_rows(
            queries.RENEW_CURSOR, cursor=NAME, holder=self.token, lease_s=LEASE_S
        )
        if not done:
            raise LeaseLost

    async def move(
        self, fetch: Fetch, to: int, *, named: Collection[int], workspaces: Collection[int]
    ) -> Sequence[Any]:
        """Moves the position within the caller's transaction. Raises LeaseLost.

        Returns the rows of those people and of the approvers of those workspaces. The caller sets
        `position` once that is committed.
        """
        found = await fetch(
            queries.MOVE_CURSOR,
            cursor=NAME,
            holder=self.token,
            old=self.position,
            new=to,
            lease_s=LEASE_S,
            ids=sorted(named),
            workspaces=sorted(workspaces),
        )
        if not found:
            raise LeaseLost
        return [row for row in found if row["id"] is not None]

    async def free(self, database: Database) -> None:
        """Gives the lease back, so that the next reader need not wait."""
        await database.hot_rows(queries.FREE_CURSOR, cursor=NAME, holder=self.token)


async def take(database: Database) -> Cursor | None:
    """Returns the cursor with the lease, None where another has it."""
    token = uuid4()
    found = await database.hot_rows(queries.TAKE_CURSOR, cursor=NAME, holder=token, lease_s=LEASE_S)
    return Cursor(found[0]["position"], token) if found else None
