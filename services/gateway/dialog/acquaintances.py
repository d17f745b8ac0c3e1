"""Who writes: people by their Telegram account or their number.

Rosters are kept by `directory`, which knows from the log when one is out of date; an account's
person is remembered beside them and checked against the roster at each message, so that nobody
stays somebody for longer than the log takes to say otherwise.
"""

from collections import OrderedDict

from boss.task.v1 import people_service_pb2 as pb
from boss.task.v1 import person_pb2

from services.gateway.directory import Directory
from services.gateway.operation import Identity
from services.runtime.client import Stub

REMEMBERED = 10_000


class Acquaintances:
    """The people whom the gateway talks with."""

    def __init__(self, people: Stub, directory: Directory) -> None:
        self._people = people
        self._directory = directory
        self._accounts: OrderedDict[int, Identity] = OrderedDict()

    async def by_telegram(self, account: int) -> person_pb2.Person | None:
        """Return whose Telegram account this is; of several workspaces, the first."""
        known = self._accounts.get(account)
        if known is not None:
            person = await self.by_number(known)
            if person is not None and person.telegram_id == account:
                return person
        told = await self._people.FindPeople(pb.FindPeopleRequest(telegram_id=account))
        for found in told.people:
            if found.status != person_pb2.PERSON_STATUS_LEFT:
                self._accounts[account] = identity(found.name)
                if len(self._accounts) > REMEMBERED:
                    self._accounts.popitem(last=False)
                person_found: person_pb2.Person = found
                return person_found
        self._accounts.pop(account, None)
        return None

    async def by_number(self, who: Identity) -> person_pb2.Person | None:
        """Return somebody of a workspace who is still there."""
        roster = await self._directory.roster(who)
        person = roster.number(who.person)
        if person is None:
            person = (await self._directory.roster(who, fresh=True)).number(who.person)
        if person is None or person.status == person_pb2.PERSON_STATUS_LEFT:
            return None
        return person

    async def everybody(self, who: Identity) -> list[person_pb2.Person]:
        """Return everybody of a workspace who hasn't left, by name."""
        roster = await self._directory.roster(who)
        here = [one for one in roster.people if one.status != person_pb2.PERSON_STATUS_LEFT]
        return sorted(here, key=lambda one: one.display_name.casefold())


def identity(name: str) -> Identity:
    """Return who workspaces/1/people/7 is."""
    workspace, _, person = name.partition("/people/")
    return Identity(int(workspace.rpartition("/")[2]), int(person))
