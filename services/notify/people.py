"""The projection of people: what the log tells of them up to the cursor, in a table of our own.

It is fed in the transaction that moves the cursor, so after any restart it is what it was, and an
event is routed among the people as they were then.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from services.notify import queries
from services.notify.model import Person, Role
from services.runtime.database import Fetch


async def save(fetch: Fetch, people: Iterable[Person]) -> None:
    """Stores these as they are now; of one person the newest counts."""
    newest = {person.id: person for person in people}
    if newest:
        rows = msgspec.json.encode(list(newest.values()))
        await fetch(queries.SAVE_PEOPLE, people=rows.decode())


def person(row: Mapping[str, Any]) -> Person:
    """Returns the person of a row of the table."""
    return Person(
        id=row["id"],
        workspace=row["workspace"],
        name=row["name"],
        role=Role(row["role"]),
        department=row["department"],
        leads=tuple(row["leads"]),
        language=row["language"],
        timezone=row["timezone"],
        quiet_hours=row["quiet_hours"],
        telegram_id=row["telegram_id"],
        left=row["left"],
        position=row["position"],
    )
