"""What people say of tasks: who may, for how long it can be changed, and whom it mentions.

A mention is "@" and what a person of the workspace answers to; the longest name that fits wins.
Anything else with an @ is just words, and so is an @ within a word, as in an e-mail address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.runtime.errors import Conflict, Forbidden, NotFound, Stale
from services.task.model import Attachment, PersonId, PersonRecord, Role, TaskNumber
from services.task.rules.names import fold

MAX_COMMENTS = 1_000  # of a task
EDIT_WITHIN = timedelta(hours=24)
MAX_MENTIONS = 20
# Of a text so many @ are looked at, and so many words behind each.
MAX_LOOKED_AT = 50
NAME_WORDS = 4

_AT = re.compile(r"(?<![\w@./+-])@(?=\w)")
_WORD = re.compile(r"\S+")
# Where a name may end within a word: "@ana's", "@ana,", "@ana/ben".
_HEAD = re.compile(r"\w+(?:[.'’-]\w+)*")
_PLAIN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said of a task."""

    id: int
    task: TaskNumber
    author: PersonId | None
    text: str
    at: datetime
    attachments: tuple[Attachment, ...] = ()
    mentions: tuple[PersonId, ...] = ()
    edited_at: datetime | None = None
    deleted_at: datetime | None = None

    @property
    def etag(self) -> str:
        """What changes when the comment does."""
        moment = self.edited_at or self.at
        return f"{round(moment.timestamp() * 1_000_000):x}"


def comment_not_found() -> NotFound:
    """The answer where a comment is not there, or another workspace's, or deleted."""
    return NotFound("COMMENT_NOT_FOUND", "There is no such comment.")


def require_room(number: TaskNumber, count: int) -> None:
    """Raises Conflict COMMENTS_FULL where the task has as many comments as it may have."""
    if count >= MAX_COMMENTS:
        raise Conflict(
            "COMMENTS_FULL",
            f"T-{number} has {MAX_COMMENTS:,} comments, the limit: go on in a new task.",
        )


def edit(
    comment: Comment,
    *,
    text: str | None,
    attachments: tuple[Attachment, ...] | None,
    actor: PersonRecord,
    etag: str,
    now: datetime,
) -> Comment | None:
    """The comment as its author changes it (mentions aside), None where it is so already.

    Raises Forbidden NOT_ALLOWED, Conflict COMMENT_SETTLED, Stale ETAG_MISMATCH.
    """
    if comment.author != actor.id:
        raise Forbidden(
            "NOT_ALLOWED",
            "You may not change what somebody else has said. Its author may; a boss may delete it.",
        )
    if now - comment.at > EDIT_WITHIN:
        hours = EDIT_WITHIN // timedelta(hours=1)
        raise Conflict(
            "COMMENT_SETTLED",
            f"A comment can be changed for {hours} hours: write a new one.",
        )
    if etag and etag != comment.etag:
        raise Stale(
            "ETAG_MISMATCH",
            "The comment was changed meanwhile: read it again, then decide again.",
            metadata={"etag": comment.etag},
        )
    after = replace(
        comment,
        text=comment.text if text is None else text,
        attachments=comment.attachments if attachments is None else attachments,
    )
    return None if after == comment else replace(after, edited_at=now)


def require_delete(comment: Comment, actor: PersonRecord) -> None:
    """Raises Forbidden NOT_ALLOWED unless it is the author, a boss or the owner."""
    if comment.author != actor.id and actor.person.role not in {Role.OWNER, Role.BOSS}:
        raise Forbidden(
            "NOT_ALLOWED",
            "You may not delete what somebody else has said. Its author, a boss or the owner may.",
        )


def _called(words: Sequence[str]) -> Iterator[str]:
    """What these words behind an @ may call somebody, folded, the longest first."""
    for many in range(len(words), 0, -1):
        first, last = " ".join(words[: many - 1]), words[many - 1]
        ends = [last]
        ends += [found[0] for form in (_HEAD, _PLAIN) if (found := form.match(last))]
        for end in dict.fromkeys(ends):
            yield fold(f"{first} {end}")
            if many == 1:
                yield "@" + fold(end)


def _looked_at(text: str) -> Iterator[tuple[str, ...]]:
    """For each @ of a text: everything that may be meant, the longest first."""
    for count, at in enumerate(_AT.finditer(text)):
        if count == MAX_LOOKED_AT:
            return
        # A name does not go on in the next line.
        line = text[at.end() :].split("\n", 1)[0]
        words = []
        for word in _WORD.finditer(line):
            words.append(word[0])
            if len(words) == NAME_WORDS:
                break
        yield tuple(_called(words))


def possible_names(text: str) -> frozenset[str]:
    """Every name, folded, that the text may mention somebody by."""
    return frozenset(name for names in _looked_at(text) for name in names)


def mentions(text: str, known: Mapping[str, PersonId]) -> tuple[PersonId, ...]:
    """Who is mentioned, each once; `known` has the people behind `possible_names`."""
    found: dict[PersonId, None] = {}
    for names in _looked_at(text):
        person = next((known[name] for name in names if name in known), None)
        if person is not None:
            found[person] = None
    return tuple(found)[:MAX_MENTIONS]
