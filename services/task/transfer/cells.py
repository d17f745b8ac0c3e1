"""The cells of a table as spreadsheets write them: any of their separators and encodings, by heads.

Columns are found by their heads, in any order; those that mean nothing here are passed over, and
told.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.runtime import spreadsheet
from services.task.transfer.file import MOST_LINES, too_large, unreadable
from services.task.transfer.table import COLUMNS

LONGEST_CELL = 131_072
SEPARATORS = ",;\t"
# Heads of other tables, by the column that they mean.
HEADS: Mapping[str, str] = {
    "task_id": "id",
    "task": "title",
    "name": "title",
    "summary": "title",
    "assignee": "assignees",
    "assigned_to": "assignees",
    "owner": "assignees",
    "due": "deadline",
    "due_date": "deadline",
    "start_date": "start",
    "estimate": "estimate_minutes",
    "labels": "tags",
    "created": "created_at",
    "created_by": "creator",
    "updated": "updated_at",
    "completed": "completed_at",
    "blocked_by": "depends_on",
    "details": "description",
    "notes": "description",
}
# By what the reader says: what is wrong, in other words.
_FAULTS: Mapping[str, str] = {
    "unexpected end of data": "a quotation mark is not closed",
    "expected after": "quotation marks within a cell must stand twice",
    "field larger": f"a cell has more than {LONGEST_CELL:,} characters",
}
# What spreadsheets write before the head to say which separator follows.
_SEPARATOR = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One row: where it begins, its cells by column, and how many it has beyond the head."""

    number: int
    cells: Mapping[str, str]
    beyond: int


@dataclass(frozen=True, slots=True)
class Table:
    """The rows that say something, and the heads of the columns that nothing is read from."""

    lines: Sequence[Line]
    unused: Sequence[str]


def read_cells(content: bytes) -> Table:
    """The table. Raises Invalid FILE_UNREADABLE, FILE_TOO_LARGE."""
    rows = _rows(_decoded(content))
    head = next(rows, None)
    if head is None:
        raise unreadable("The table is empty.")
    columns = _columns(head[1])
    if "title" not in columns.values():
        seen = ", ".join(f"“{spreadsheet.plain(cell).strip()[:40]}”" for cell in head[1][:10])
        raise unreadable(
            f"The table's head has no column “title”: its first line has {seen}. Name the column "
            f"with the tasks' titles so; docs/files.md has the others."
        )
    width = len(head[1])
    lines = [
        Line(
            number,
            {name: spreadsheet.plain(cells[at]) for at, name in columns.items() if at < len(cells)},
            len([cell for cell in cells[width:] if cell.strip()]),
        )
        for number, cells in rows
        if any(cell.strip() for cell in cells)
    ]
    unused = [cell.strip() for at, cell in enumerate(head[1]) if at not in columns and cell.strip()]
    return Table(lines, unused)


def _decoded(content: bytes) -> str:
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(
            "The table must be UTF-8 text: save it as “CSV UTF-8”, not as a workbook."
        ) from error


def _rows(text: str) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows with the line on which each begins. Raises Invalid FILE_UNREADABLE."""
    csv.field_size_limit(LONGEST_CELL)
    said = _SEPARATOR.match(text)
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = said[1] if said else max(SEPARATORS, key=first.count)
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=separator, strict=True)
    before = line = 0
    if said:
        lines.readline()
        before = 1
    try:
        for count, cells in enumerate(reader):
            if count > MOST_LINES:
                raise too_large()
            if cells:
                yield before + line + 1, cells
            line = reader.line_num
    except csv.Error as error:
        wrong = next((words for said, words in _FAULTS.items() if said in str(error)), str(error))
        begun = before + line + 1
        raise unreadable(f"The row that begins on line {begun} can't be read: {wrong}.") from error


def _columns(head: Sequence[str]) -> dict[int, str]:
    """The column that each head means, by its place.

    Of several that mean the same, it is the one that is called so, else the first.
    """
    names = [_name(cell) for cell in head]
    found: dict[str, int] = {}
    for at, name in enumerate(names):
        if name == "id" or name in COLUMNS:
            found.setdefault(name, at)
    for at, name in enumerate(names):
        if name in HEADS:
            found.setdefault(HEADS[name], at)
    return {at: name for name, at in found.items()}


def _name(cell: str) -> str:
    return re.sub(r"[\s-]+", "_", spreadsheet.plain(cell).strip().lower())
