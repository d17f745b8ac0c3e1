"""The projection of people: what the log tells of them up to the cursor, in a table of our own.

It is fed in the transaction that moves the cursor, so after any restart it is what it was, and an
event is routed among the people as they were then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify import queries
from services.notify.model import Event, Person, Role
from services.notify.routing import concerned
from services.runtime.database import run, run_many


async def save(connection: AsyncConnection, people: Iterable[Person]) -> None:
    """Stores these as they are now; of one person the newest counts."""
    newest = {person.id: person for person in people}
    rows = [
        {**asdict(newest[number]), "leads": list(newest[number].leads)} for number in sorted(newest)
    ]
    await run_many(connection, queries.SAVE_PERSON, rows)


async def for_routing(connection: AsyncConnection, events: Sequence[Event]) -> dict[int, Person]:
    """Returns all who may hear of these events: those named, and each workspace's approvers."""
    found = await run(
        connection,
        queries.PEOPLE_FOR_ROUTING,
        ids=sorted({number for event in events for number in concerned(event)}),
        workspaces=sorted({event.workspace for event in events}),
    )
    return {row.id: person(row) for row in found}


def person(row: Row[Any]) -> Person:
    """Returns the person of a row of the table."""
    return Person(
        id=row.id,
        workspace=row.workspace,
        name=row.name,
        role=Role(row.role),
        department=row.department,
        leads=tuple(row.leads),
        language=row.language,
        timezone=row.timezone,
        quiet_hours=row.quiet_hours,
        telegram_id=row.telegram_id,
        left=row.left,
        position=row.position,
    )
