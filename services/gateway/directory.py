"""Who is meant: people by id, name, alias or @username, from a roster that is kept in memory.

A roster holds as long as the log says so (`watch.py`). Whoever is not found in a kept one is
looked for once more in a fresh one, so that nobody is unknown for having just been added.
"""

import difflib
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from boss.task.v1 import people_service_pb2 as people_pb2
from boss.task.v1 import person_pb2

from services.gateway.fields import person_number_of
from services.gateway.lookups import Lookups
from services.gateway.operation import Identity
from services.gateway.watch import Watch
from services.runtime.errors import Invalid, Violation

PAGE = 500
KEPT_ROSTERS = 1_000
NAMED_AT_MOST = 8
MYSELF = "me"


def names_caller(written: Iterable[str]) -> bool:
    """Return whether one of these is whoever asks."""
    return any(one.casefold() == MYSELF for one in written)


class People(Protocol):
    """What knows people: the people service of `task`."""

    @property
    def ListPeople(self) -> Callable[..., Awaitable[Any]]:  # noqa: N802 -- gRPC's name
        """The RPC."""


@dataclass(slots=True)
class Roster:
    """Everybody of a workspace, found by what people call them. Pure."""

    people: Sequence[person_pb2.Person]
    as_of: int
    _by_number: dict[int, person_pb2.Person] = field(default_factory=dict)
    _by_word: dict[str, list[person_pb2.Person]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for person in self.people:
            self._by_number[int(person.name.rpartition("/")[2])] = person
            words = {person.display_name.casefold(), *map(str.casefold, person.aliases)}
            if person.telegram_username:
                words.add("@" + person.telegram_username.casefold())
            for word in words:
                self._by_word[word].append(person)

    def number(self, number: int) -> person_pb2.Person | None:
        """Return the person of this number."""
        return self._by_number.get(number)

    def find(self, written: str, *, myself: int) -> person_pb2.Person | str:
        """Return who is meant, or a sentence that says why nobody is."""
        word = written.casefold()
        if word == MYSELF and myself in self._by_number:
            return self._by_number[myself]
        named = self._by_word.get(word) or self._by_word.get(word.removeprefix("@")) or []
        # Somebody who is here is meant rather than somebody who has left.
        here = [one for one in named if one.status != person_pb2.PERSON_STATUS_LEFT] or named
        if len(here) == 1:
            return here[0]
        if here:
            return f"Several people are called {written!r}: {_named(here)}. Write an id."
        number = person_number_of(written)
        if number is not None and number in self._by_number:
            return self._by_number[number]
        return self._nobody(written, word)

    def _nobody(self, written: str, word: str) -> str:
        near = difflib.get_close_matches(word, self._by_word, n=NAMED_AT_MOST, cutoff=0.6)
        close = {one.name: one for match in near for one in self._by_word[match]}
        if close:
            return f"Nobody is called {written!r}. Did you mean {_named(close.values())}?"
        here = [one for one in self.people if one.status != person_pb2.PERSON_STATUS_LEFT]
        more = ", …" if len(here) > NAMED_AT_MOST else ""
        return f"Nobody is called {written!r}. There are {_named(here[:NAMED_AT_MOST])}{more}."


class Directory:
    """Rosters of workspaces, fetched when needed."""

    def __init__(self, people: People, watch: Watch, *, kept: bool = True) -> None:
        self._people = people
        self._watch = watch
        self._kept = kept
        self._rosters: OrderedDict[int, Roster] = OrderedDict()
        self._lookups = Lookups[Identity, Roster]()

    @property
    def head(self) -> int:
        """Return up to where in the log the rosters in use are known to hold."""
        return self._watch.head

    async def roster(self, who: Identity, *, fresh: bool = False) -> Roster:
        """Return everybody of the caller's workspace."""
        kept = self._rosters.get(who.workspace)
        workspace = f"workspaces/{who.workspace}"
        if kept is not None and not fresh and self._watch.good(workspace, kept.as_of):
            return kept
        roster = await self._lookups.get(who, lambda: self._fetch(who))
        if self._kept:
            self._rosters[who.workspace] = roster
            if len(self._rosters) > KEPT_ROSTERS:
                self._rosters.popitem(last=False)
        return roster

    async def position(self, who: Identity, *, elsewhere: bool) -> int:
        """Return where the log stands at least, after somebody's message was worked off.

        What another replica has written for it may not have been heard of here.
        """
        if elsewhere:
            roster = await self.roster(who, fresh=True)
            self._watch.at_home(who.person, who.workspace)
            self._watch.wrote(who.person, roster.as_of)
        return self._watch.needed(f"workspaces/{who.workspace}")

    async def find(
        self, written: Iterable[tuple[str, str]], who: Identity
    ) -> list[person_pb2.Person]:
        """Return who is meant by each (field, text); Invalid names all those that nobody is."""
        asked = list(written)
        if not asked:
            return []
        kept = self._rosters.get(who.workspace)
        roster = await self.roster(who)
        found = [roster.find(text, myself=who.person) for _, text in asked]
        if roster is kept and any(isinstance(one, str) for one in found):
            roster = await self.roster(who, fresh=True)
            found = [roster.find(text, myself=who.person) for _, text in asked]
        wrong = [
            Violation(place, one)
            for (place, _), one in zip(asked, found, strict=True)
            if isinstance(one, str)
        ]
        if wrong:
            raise Invalid("PERSON_UNKNOWN", "Some people could not be found.", violations=wrong)
        return [one for one in found if not isinstance(one, str)]

    async def _fetch(self, who: Identity) -> Roster:
        people: list[person_pb2.Person] = []
        page, as_of = "", None
        while True:
            told = await self._people.ListPeople(
                people_pb2.ListPeopleRequest(page_size=PAGE, page_token=page, with_left=True),
                actor=who.person,
            )
            people.extend(told.people)
            # Later pages may be newer: the roster is as old as its first one.
            as_of = told.as_of if as_of is None else as_of
            page = told.next_page_token
            if not page:
                return Roster(people, as_of)


def _named(people: Iterable[person_pb2.Person]) -> str:
    return ", ".join(f"{one.display_name} (P-{one.name.rpartition('/')[2]})" for one in people)
