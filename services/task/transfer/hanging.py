"""What hangs on people and tasks of a file: comments, time and attendance, checked after those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.task.model import PersonId
from services.task.rules.timers import LONGEST_NOTE
from services.task.transfer.file import File, Refused
from services.task.transfer.kept import Comment, Presence, Time

LONGEST_COMMENT, COMMENT_FILES = 5_000, 10


class _Known:
    """What is taken of the file so far."""

    def __init__(self, file: File, people: set[PersonId], *, empty: bool) -> None:
        self.people = people
        self._file = file
        self.tasks = {row.value.key for row in file.tasks}
        self.empty = empty
        # Time on a task that was erased stays with the person; its number means nothing else.
        self.keeps_numbers = empty and file.head is not None
        self.running: set[PersonId] = set()
        self.present: set[PersonId] = set()

    def person(self, who: PersonId | None) -> Iterator[str]:
        if who is not None and who not in self.people:
            yield f"person: {who} is not taken; correct that line, or leave this one out."

    def task(self, number: int) -> Iterator[str]:
        if number not in self.tasks:
            yield f"task: {self._file.lacking(number)}"

    def lasting(self, who: PersonId, known: set[PersonId]) -> Iterator[str]:
        if who in known or not self.empty:
            yield "It lasts still: give its end, or leave this line out."
        known.add(who)


def check_hanging(file: File, people: set[PersonId], *, empty: bool) -> None:
    """Takes out of the file what names nobody that is taken, or can't be; `empty`: there."""
    known = _Known(file, people, empty=empty)
    file.drop(
        file.comments,
        _refused(
            (row.line, row.value.text, _of_comment(row.value, known)) for row in file.comments
        ),
    )
    file.drop(
        file.times,
        _refused((row.line, row.value.note, _of_time(row.value, known)) for row in file.times),
    )
    file.drop(
        file.presences,
        _refused(
            (row.line, row.value.day.isoformat(), _of_presence(row.value, known))
            for row in file.presences
        ),
    )


def _refused(rows: Iterable[tuple[int, str, Iterator[str]]]) -> list[Refused]:
    found = (Refused(line, title[:100], tuple(wrong)) for line, title, wrong in rows)
    return [each for each in found if each.reasons]


def _of_comment(comment: Comment, known: _Known) -> Iterator[str]:
    yield from known.person(comment.author)
    yield from known.task(comment.task)
    if not 0 < len(comment.text) <= LONGEST_COMMENT or "\x00" in comment.text:
        yield f"text: write 1 to {LONGEST_COMMENT:,} characters."
    if len(comment.attachments) > COMMENT_FILES:
        yield f"attachments: at most {COMMENT_FILES} are allowed."
    if any(who not in known.people for who in comment.mentions):
        yield "mentions: not all of these people are in what is taken of this file."


def _of_time(entry: Time, known: _Known) -> Iterator[str]:
    yield from known.person(entry.person)
    if not known.keeps_numbers:
        yield from known.task(entry.task)
    if not 0 < entry.task < 2**31:
        yield "task: give a number from 1."
    if entry.began_at is not None and entry.ended_at is None:
        yield from known.lasting(entry.person, known.running)
    if len(entry.note) > LONGEST_NOTE or "\x00" in entry.note:
        yield f"note: write at most {LONGEST_NOTE} characters."
    if not 0 <= entry.minutes < 2**31:
        yield "minutes: give a number from 0."


def _of_presence(presence: Presence, known: _Known) -> Iterator[str]:
    yield from known.person(presence.person)
    if presence.left_at is None:
        yield from known.lasting(presence.person, known.present)
    elif presence.left_at < presence.came_at:
        yield "left_at: it is before the coming."
