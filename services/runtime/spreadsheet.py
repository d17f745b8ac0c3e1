"""Tables as CSV (RFC 4180) in which no cell of somebody's text can become a formula.

Spreadsheets calculate what begins with one of a few characters, wherever it came from (OWASP, "CSV
Injection"). Such a cell gets an apostrophe before it; so does one that begins with apostrophes and
then such a character, so that reading takes off exactly what writing put on. Every cell is quoted:
where the separator of somebody's country is another, no part of a text becomes a cell of its own.
"""

import csv
import io
from collections.abc import Iterable, Sequence

DANGEROUS = frozenset("=+-@\t\r\n＝＋－＠")
MARK = "'"


def safe(text: str) -> str:
    """Return the text as a cell that no spreadsheet calculates."""
    return MARK + text if text.lstrip(MARK)[:1] in DANGEROUS and text else text


def plain(cell: str) -> str:
    """Return the text of a cell that `safe` has made; any other as it is."""
    return cell[1:] if cell.startswith(MARK) and cell.lstrip(MARK)[:1] in DANGEROUS else cell


def lines(rows: Iterable[Sequence[str | int | None]]) -> bytes:
    """Return the rows as lines of CSV in UTF-8; texts are made safe, None is an empty cell."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow([safe(each) if isinstance(each, str) else each for each in row])
    return made.getvalue().encode()
