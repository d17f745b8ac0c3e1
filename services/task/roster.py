"""People by id, kept in memory for a moment: who acts and who is meant by nearly every call.

An entry lives for a second, or until the log tells of a change. Writers don't trust it: the
statement that writes checks that each person is still as the decision took them to be (by the id
of their last event), and the decision is made anew where not.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from cachetools import TTLCache

from services.runtime.database import Database
from services.task import queries
from services.task.model import PersonId, PersonRecord, WorkspaceId

LIFE_S = 1.0
MOST = 10_000


class Roster:
    """The people that calls were about lately."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: TTLCache[PersonId, PersonRecord] = TTLCache(MOST, LIFE_S, time.monotonic)

    async def get(self, ids: Iterable[PersonId]) -> dict[PersonId, PersonRecord]:
        """These people, of whichever workspace; unknown ones are left out."""
        wanted = set(ids)
        found = {who: record for who in wanted if (record := self._known.get(who)) is not None}
        if missing := wanted - found.keys():
            read = await queries.get_people(self._database, missing)
            self._known.update(read)
            found.update(read)
        return found

    async def of(
        self, workspace: WorkspaceId, ids: Iterable[PersonId]
    ) -> dict[PersonId, PersonRecord]:
        """These people as far as they are of this workspace."""
        found = await self.get(ids)
        return {who: record for who, record in found.items() if record.workspace == workspace}

    def forget(self, ids: Iterable[PersonId]) -> None:
        """Reads these people anew when they are next asked for."""
        for who in ids:
            self._known.pop(who, None)
