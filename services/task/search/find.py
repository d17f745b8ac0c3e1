"""Search: one statement finds, filters, ranks and pages; a second looks for misspelt words.

Words are looked for in the texts of tasks and of comments (schema/texts.py), all of them in one
text: by their English stems, as written, and the last from its beginning. What is found is ranked
by PostgreSQL's ts_rank, a word in a title counting 1, in tags and project 0.4, in the description
0.2, in a comment 0.1; closed tasks count half of it; of equals the newer comes first. Tasks whose
ids are asked for come before all.

However many there are, only the newest `RANKED` texts that fit are ranked, so that a word that is
everywhere costs no more than others. They are found by an index of words, the newest first, or
where few tasks pass a filter by that (ways.py). Where little is found, tasks follow that
have something like each word: by the likeness of letters in titles, or with two letters swapped.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.runtime.database import Database
from services.task import reading
from services.task.filters.filter import Filter
from services.task.lists import parameters
from services.task.model import TaskNumber, TaskView, Viewer, WorkspaceId
from services.task.search import statements
from services.task.search.found import RANKED, Found, Match, Result
from services.task.seeing import redacted

LITTLE = 3
MOST_SIMILAR = 20
ALIKE = 0.5
LEAST_LETTERS, MOST_LETTERS, MOST_WORDS = 3, 30, 5


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: words by stem, the very words, ids, and what else must be so."""

    words: str
    last: str
    exact: str
    numbers: tuple[TaskNumber, ...]
    legacy_ids: tuple[str, ...]
    # The words as people write them, for those that are misspelt.
    text: str
    wanted: Filter

    @property
    def long_words(self) -> list[str]:
        """The words in which a mistake may be seen, the longest first."""
        words = {word.lower() for word in re.findall(r"\w+", self.text)}
        long = [word for word in words if LEAST_LETTERS <= len(word) <= MOST_LETTERS]
        return sorted(long, key=lambda word: (-len(word), word))[:MOST_WORDS]

    @property
    def has_words(self) -> bool:
        """Whether there is anything to look for in texts."""
        return bool(self.last or self.exact)

    @property
    def has_ids(self) -> bool:
        """Whether a task is asked for by id."""
        return bool(self.numbers or self.legacy_ids)


async def search_tasks(
    database: Database,
    workspace: WorkspaceId,
    sought: Sought,
    *,
    viewer: Viewer,
    limit: int,
    after: tuple[float, int] | None = None,
) -> Found:
    """One page of what is found, as far as the viewer sees it."""
    params, flags = parameters(sought.wanted, viewer)
    present = frozenset({*flags, *params})
    values = {
        **params,
        "workspace": workspace,
        "words": sought.words,
        "last": sought.last,
        "exact": sought.exact,
        "numbers": list(sought.numbers),
        "legacy_ids": list(sought.legacy_ids),
    }
    if after is not None:
        values["after_score"], values["after_number"] = after
    hot = statements.search(
        present,
        words=sought.has_words,
        ids=sought.has_ids,
        after=after is not None,
        limit=limit,
    )
    rows = await database.hot_rows(hot, **values)
    there = [row for row in rows if row["number"] is not None]
    page = there[:limit]
    total, as_of = rows[0]["total"], rows[0]["as_of"]
    more = rows[0]["read"] > RANKED
    if sought.long_words and total < LITTLE and after is None and len(there) <= limit:
        similar = await database.hot_rows(
            statements.similar(present),
            **values,
            alike=sought.long_words,
            swapped=swapped(sought.long_words),
            known=[row["number"] for row in page],
            most=min(MOST_SIMILAR, limit - len(page)),
        )
        page, total = [*page, *similar], total + len(similar)
    views = {row["number"]: reading.task_view(row) for row in page}
    seen = await redacted(database.hot_rows, viewer, views)
    last = page[-1] if len(there) > limit else None
    return Found(
        tuple(_result(row, seen[row["number"]], sought) for row in page),
        None if last is None else (last["score"], last["number"]),
        min(total, RANKED),
        more,
        as_of,
    )


def _result(row: Mapping[str, Any], view: TaskView, sought: Sought) -> Result:
    match = Match(row["match"])
    snippet = " ".join((row["snippet"] or view.task.title).split())
    if match is Match.SIMILAR:
        snippet = marked(view.task.title, sought.text)
    return Result(view, snippet, row["score"], match, row["comment_id"])


def swapped(words: Iterable[str]) -> str:
    """As to_tsquery reads them: each word as it is, or with two neighbouring letters swapped."""
    return " & ".join(
        "(" + " | ".join({word, *(_swap(word, n) for n in range(len(word) - 1))}) + ")"
        for word in words
    )


def _swap(word: str, at: int) -> str:
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def marked(title: str, text: str) -> str:
    """A title with «marks» round the words that are most like those looked for."""
    plain = title.replace("«", "‹").replace("»", "›").split()
    near = {
        match
        for word in text.lower().split()
        for match in difflib.get_close_matches(
            word, [each.lower() for each in plain], n=1, cutoff=ALIKE
        )
    }
    return " ".join(f"«{word}»" if word.lower() in near else word for word in plain)
