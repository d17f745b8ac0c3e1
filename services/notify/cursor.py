"""Where the reading of the log is, and the lease of the one who reads.

The position moves only where it is what the reader took it for and the lease is still the reader's,
in the transaction that stores the effects: so each event has its effects once, whoever else
believes to be the reader.
"""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify import queries
from services.runtime.database import Database, run

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
        async with database.transaction() as connection:
            done = await run(
                connection, queries.RENEW_CURSOR, cursor=NAME, holder=self.token, lease_s=LEASE_S
            )
        if not done.rowcount:
            raise LeaseLost

    async def move(self, connection: AsyncConnection, to: int) -> None:
        """Moves the position within the caller's transaction. Raises LeaseLost.

        The caller sets `position` once that is committed.
        """
        done = await run(
            connection,
            queries.MOVE_CURSOR,
            cursor=NAME,
            holder=self.token,
            old=self.position,
            new=to,
            lease_s=LEASE_S,
        )
        if not done.rowcount:
            raise LeaseLost

    async def free(self, database: Database) -> None:
        """Gives the lease back, so that the next reader need not wait."""
        async with database.transaction() as connection:
            await run(connection, queries.FREE_CURSOR, cursor=NAME, holder=self.token)


async def take(database: Database) -> Cursor | None:
    """Returns the cursor with the lease, None where another has it."""
    token = uuid4()
    async with database.transaction() as connection:
        found = (
            await run(connection, queries.TAKE_CURSOR, cursor=NAME, holder=token, lease_s=LEASE_S)
        ).first()
    return None if found is None else Cursor(found.position, token)
