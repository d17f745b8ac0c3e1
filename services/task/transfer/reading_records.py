"""Reading a file of records: each line for itself, and what is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from services.task.model import Person, Task
from services.task.rules.templates import Template
from services.task.transfer import records
from services.task.transfer.file import MOST_LINES, File, Keyed, Row, too_large, unreadable
from services.task.transfer.kept import Comment, Head, Presence, Time
from services.task.transfer.records import Record, RecordError, unpacked

# Lines between which others get a turn.
AT_ONCE = 100


async def read_records(content: bytes) -> File:
    """The file. Raises Invalid FILE_UNREADABLE, FILE_TOO_LARGE."""
    lines = content.splitlines()
    if len(lines) > MOST_LINES:
        raise too_large()
    last = next((number for number in range(len(lines), 0, -1) if lines[number - 1].strip()), 0)
    file = File()
    ended = False
    for number, text in enumerate(lines[:last], 1):
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
        if not text.strip():
            continue
        try:
            ended = _take(file, number, records.record_of(text))
        except RecordError as error:
            if file.head is None:
                hint = (
                    "A file of records has a JSON object on each line; a table is of the form csv."
                )
                raise unreadable(f"Line {number}: {error} {hint}") from error
            file.refuse(number, "", str(error))
    if file.head is None:
        raise unreadable("The file is empty.")
    if not ended:
        raise unreadable("The file broke off: its last line must be of the kind “end”.")
    return file


def _take(file: File, line: int, record: Record) -> bool:
    """Puts a record where it belongs; whether it is the end."""
    kind = record.pop("kind")
    if file.head is None:
        if kind != records.WORKSPACE:
            raise RecordError("A file begins with a line of the kind “workspace”.")
        head = unpacked(Head, record)
        if head.version != records.VERSION:
            raise RecordError(f"This is version {head.version}; {records.VERSION} can be read.")
        file.head = head
        return False
    if kind == records.END:
        return True
    if kind not in _KINDS:
        raise RecordError(f"There is no kind “{kind}”.")
    try:
        _KINDS[kind](file, line, record)
    except RecordError as error:
        title = record.get("title") or record.get("display_name") or record.get("name") or ""
        file.refuse(line, str(title), str(error))
    return False


def _key(record: Record, name: str) -> int:
    key = record.pop(name, None)
    if not isinstance(key, int) or isinstance(key, bool) or not 0 < key < 2**31:
        raise RecordError(f"{name}: give a number from 1.")
    return key


def _person(file: File, line: int, record: Record) -> None:
    key = _key(record, "key")
    file.people.append(Row(line, Keyed(key, unpacked(Person, record))))


def _task(file: File, line: int, record: Record) -> None:
    number = _key(record, "number")
    file.called.setdefault(number, f"task {number} (line {line})")
    file.tasks.append(Row(line, Keyed(number, unpacked(Task, record))))


def _template(file: File, line: int, record: Record) -> None:
    file.templates.append(Row(line, unpacked(Template, record)))


def _comment(file: File, line: int, record: Record) -> None:
    file.comments.append(Row(line, unpacked(Comment, record)))


def _time(file: File, line: int, record: Record) -> None:
    file.times.append(Row(line, unpacked(Time, record)))


def _presence(file: File, line: int, record: Record) -> None:
    file.presences.append(Row(line, unpacked(Presence, record)))


_KINDS: Mapping[str, Callable[[File, int, Record], None]] = {
    records.PERSON: _person,
    records.TEMPLATE: _template,
    records.TASK: _task,
    records.COMMENT: _comment,
    records.TIME: _time,
    records.ATTENDANCE: _presence,
}
