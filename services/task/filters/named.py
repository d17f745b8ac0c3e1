"""Whom a filter means: people by name, alias, @username or id, of the one who asks.

One statement finds those who are called just so, which is nearly always all of them; only for the
others are all names of the workspace read, for a part of a name that fits one person alone, and for
the nearest ones to offer.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.runtime.errors import Invalid, Violation
from services.task.filters.where import Named, Where
from services.task.model import PersonId, WorkspaceId
from services.task.rules.names import fold

MYSELF = "me"
MOST_NAMES = 10_000
OFFERED = 5
_NUMBER = re.compile(r"[Pp]-?(\d{1,18})", re.ASCII)

# The names given, or all of the workspace; the ids of people are known by a name of theirs too.
FIND_NAMES = Hot(
    "find_names",
    sa.text(
        """
SELECT name.key, person.id, person.display_name FROM task.person_names AS name
JOIN task.people AS person ON person.id = name.person_id
WHERE name.workspace_id = CAST(:workspace AS bigint) AND name.key = ANY (CAST(:keys AS text[]))
UNION ALL
SELECT '', person.id, person.display_name FROM task.people AS person
WHERE person.workspace_id = CAST(:workspace AS bigint)
    AND person.id = ANY (CAST(:numbers AS bigint[]))
"""
    ),
)
ALL_NAMES = Hot(
    "all_names",
    sa.text(
        f"""
SELECT name.key, person.id, person.display_name FROM task.person_names AS name
JOIN task.people AS person ON person.id = name.person_id
    AND person.workspace_id = CAST(:workspace AS bigint)
WHERE name.workspace_id = CAST(:workspace AS bigint)
ORDER BY person.id, name.key LIMIT {MOST_NAMES}
"""  # noqa: S608 -- our own number
    ),
)


@dataclass(slots=True)
class _Known:
    """People by what they are called."""

    ids: dict[str, PersonId] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=set)
    names: dict[PersonId, str] = field(default_factory=dict)

    def learn(self, rows: Iterable[Mapping[str, object]]) -> None:
        for row in rows:
            person = PersonId(int(str(row["id"])))
            self.names[person] = str(row["display_name"])
            self.numbers.add(person)
            if row["key"]:
                self.ids[str(row["key"])] = person

    def called(self, text: str) -> PersonId | None:
        """Who is called just so."""
        key = fold(text)
        number = _NUMBER.fullmatch(text)
        found = self.ids.get(key) or self.ids.get(f"@{key}")
        if found is None and number is not None and int(number[1]) in self.numbers:
            return PersonId(int(number[1]))
        return found

    def with_part(self, text: str) -> list[PersonId]:
        """Who has a name of which a word begins so."""
        key = fold(text)
        return list(
            dict.fromkeys(
                person
                for name, person in self.ids.items()
                if name.startswith(key) or f" {key}" in name
            )
        )

    def shown(self, people: Sequence[PersonId]) -> str:
        """People with their ids, some at most."""
        more = ", …" if len(people) > OFFERED else ""
        return ", ".join(f"{self.names[one]} (P-{one})" for one in people[:OFFERED]) + more

    def nearest(self, text: str) -> list[PersonId]:
        close = difflib.get_close_matches(fold(text)[:100], self.ids, n=OFFERED, cutoff=0.6)
        return list(dict.fromkeys(self.ids[name] for name in close))


async def whom(
    database: Database, workspace: WorkspaceId, where: Where, *, me: PersonId, field: str
) -> dict[str, PersonId]:
    """Who is meant by each name. Raises Invalid FILTER_INVALID, with candidates for all others."""
    asked = [
        *where.assignees, *where.not_assignees, *where.creators, *where.not_creators,
    ]  # fmt: skip
    found = {one.text: me for one in asked if fold(one.text) == MYSELF}
    others = {one.text: one for one in asked if one.text not in found}
    if not others:
        return found
    keys = [fold(text) for text in others]
    numbers = [int(match[1]) for text in others if (match := _NUMBER.fullmatch(text))]
    known = _Known()
    named = [*keys, *(f"@{key}" for key in keys)]
    known.learn(
        await database.hot_rows(FIND_NAMES, workspace=workspace, keys=named, numbers=numbers)
    )
    if any(known.called(text) is None for text in others):
        known.learn(await database.hot_rows(ALL_NAMES, workspace=workspace))
    wrong: list[Violation] = []
    for text, one in others.items():
        person = known.called(text) or _by_part(known, one, wrong, field=field)
        if person is not None:
            found[text] = person
    if wrong:
        raise Invalid("FILTER_INVALID", "Some people could not be found.", violations=wrong)
    return found


def _by_part(known: _Known, one: Named, wrong: list[Violation], *, field: str) -> PersonId | None:
    """The one person with such a part of a name; else a fault with those who may be meant."""
    fit = known.with_part(one.text)
    if len(fit) == 1:
        return fit[0]
    if fit:
        said = f"several people are called “{one.text}”: {known.shown(fit)}. Write an id."
    elif near := known.nearest(one.text):
        said = f"nobody is called “{one.text}”. Did you mean {known.shown(near)}?"
    else:
        there = known.shown(sorted(known.names))
        said = f"nobody is called “{one.text}”. There are {there}."
    wrong.append(Violation(field, f"At character {one.at + 1}: {said}"))
    return None
