"""People and workspaces, kept in memory for a moment: nearly every call asks who acts and how.

An entry lives for a second, or until the log tells of a change. Writers don't trust it: the
statement that writes checks that each person is still as the decision took them to be (by the id
of their last event), and the decision is made anew where not.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from services.runtime.database import Database
from services.runtime.errors import NotFound
from services.task import queries
from services.task.model import (
    PersonId,
    PersonRecord,
    PersonStatus,
    Viewer,
    Visibility,
    Workspace,
    WorkspaceId,
)
from services.task.rules.absent import person_left
from services.task.rules.permissions import SEE_ALL

LIFE_S = 1.0
MOST = 10_000


class Roster:
    """The people that calls were about lately."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # With the moment from which an entry is too old; a plain dict, as each call asks it often.
        self._known: dict[PersonId, tuple[float, PersonRecord]] = {}
        self._workspaces: dict[WorkspaceId, tuple[float, Workspace]] = {}

    async def get(self, ids: Iterable[PersonId]) -> dict[PersonId, PersonRecord]:
        """These people, of whichever workspace; unknown ones are left out."""
        now = time.monotonic()
        found, missing = {}, set()
        for who in ids:
            entry = self._known.get(who)
            if entry is not None and entry[0] > now:
                found[who] = entry[1]
            else:
                missing.add(who)
        if missing:
            read = await queries.get_people(self._database, missing)
            found.update(read)
            if len(self._known) > MOST:
                self._known.clear()
            self._known.update((who, (now + LIFE_S, record)) for who, record in read.items())
        return found

    async def of(
        self, workspace: WorkspaceId, ids: Iterable[PersonId]
    ) -> dict[PersonId, PersonRecord]:
        """These people as far as they are of this workspace."""
        found = await self.get(ids)
        return {who: record for who, record in found.items() if record.workspace == workspace}

    async def workspace(self, ident: WorkspaceId) -> Workspace:
        """The workspace with its settings. Raises NotFound WORKSPACE_NOT_FOUND."""
        now = time.monotonic()
        entry = self._workspaces.get(ident)
        if entry is not None and entry[0] > now:
            return entry[1]
        found = await queries.get_workspace(self._database, ident)
        if found is None:
            raise NotFound("WORKSPACE_NOT_FOUND", "There is no such workspace.")
        if len(self._workspaces) > MOST:
            self._workspaces.clear()
        self._workspaces[ident] = now + LIFE_S, found
        return found

    async def viewer(self, workspace: WorkspaceId, person: PersonId) -> Viewer:
        """What this person sees of the workspace. Raises Forbidden PERSON_LEFT."""
        record = (await self.of(workspace, (person,))).get(person)
        if record is None or record.person.status is PersonStatus.LEFT:
            raise person_left()
        role = record.person.role
        if role in SEE_ALL:
            return Viewer(workspace, person)
        visibility = (await self.workspace(workspace)).settings.visibility
        return Viewer(workspace, person, sees_all=visibility is Visibility.EVERYBODY)

    def forget_workspace(self, ident: WorkspaceId) -> None:
        """Reads this workspace anew when it is next asked for."""
        self._workspaces.pop(ident, None)

    def forget(self, ids: Iterable[PersonId]) -> None:
        """Reads these people anew when they are next asked for."""
        for who in ids:
            self._known.pop(who, None)
