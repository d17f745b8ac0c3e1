"""What a dashboard is made of, as values that know nothing of Grafana's JSON.

A `Board` has rows of panels and variables; a panel has a title, what to look for, a unit, limits
at which it turns amber and red, and the expressions it shows. Positions follow from the order.
"""

import enum
from dataclasses import dataclass, field

COLUMNS = 24


class Unit(enum.StrEnum):
    """Grafana's names of the units that are in use."""

    SECONDS = "s"
    REQUESTS = "reqps"
    EACH_SECOND = "ops"
    SHARE = "percentunit"
    BYTES = "bytes"
    COUNT = "short"
    CORES = "suffix: cores"
    YES_NO = "bool_yes_no"


class Kind(enum.StrEnum):
    """How a panel is drawn."""

    LINES = "timeseries"
    NUMBER = "stat"
    BARS = "bargauge"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a value is to be looked at (amber), and acted on (red); `low`: below these."""

    amber: float | None = None
    red: float | None = None
    low: bool = False


NONE = Limits()


@dataclass(frozen=True, slots=True)
class Query:
    """An expression and what its series are called; in a table, the column's name."""

    expr: str
    legend: str
    # Of a table's column, where it is not the panel's.
    unit: Unit | None = None
    limits: Limits = NONE


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel; `look_for` is shown behind its (i)."""

    title: str
    look_for: str
    unit: Unit
    queries: tuple[Query, ...]
    kind: Kind = Kind.LINES
    limits: Limits = NONE
    width: int = 8
    height: int = 8
    stacked: bool = False
    # The end of the axis, where the value has one.
    most: float | None = None
    # Whether its course is shown too, or only how it is now.
    course: bool = True
    # The dashboard that tells more, by its uid.
    more: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line with a title, and the panels under it."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable that the reader chooses, from what the metrics hold; all at first."""

    name: str
    label: str
    query: str


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard."""

    uid: str
    title: str
    about: str
    rows: tuple[Row, ...]
    choices: tuple[Choice, ...] = field(default=())
    since: str = "now-1h"
    refresh: str = "10s"


def lines(
    title: str, look_for: str, unit: Unit, *queries: Query,
    limits: Limits = NONE, width: int = 8, stacked: bool = False,
    most: float | None = None, more: str | None = None,
) -> Panel:  # fmt: skip
    """Return a panel of lines over time."""
    return Panel(
        title, look_for, unit, queries, Kind.LINES, limits, width,
        stacked=stacked, most=most, more=more,
    )  # fmt: skip


def number(
    title: str, look_for: str, unit: Unit, query: Query,
    *, limits: Limits = NONE, width: int = 4, more: str | None = None, course: bool = True,
) -> Panel:  # fmt: skip
    """Return a panel of the last value of each series, with its course behind it."""
    return Panel(
        title, look_for, unit, (query,), Kind.NUMBER, limits, width, 4, more=more, course=course
    )


def bars(
    title: str, look_for: str, unit: Unit, query: Query,
    *, limits: Limits = NONE, width: int = 8, height: int = 8, more: str | None = None,
) -> Panel:  # fmt: skip
    """Return a panel of a bar for each series, as it is now."""
    return Panel(title, look_for, unit, (query,), Kind.BARS, limits, width, height, more=more)


def table(
    title: str, look_for: str, *columns: Query, width: int = 24, more: str | None = None
) -> Panel:
    """Return a panel of a row for each set of labels, with a column for each expression."""
    return Panel(title, look_for, Unit.COUNT, columns, Kind.TABLE, NONE, width, 9, more=more)


def placed(board: Board) -> list[tuple[Row, list[tuple[Panel, int, int]]]]:
    """Return each row with its panels at (x, y), in reading order; a row takes one line itself."""
    y = 0
    rows = []
    for row in board.rows:
        y += 1
        x = tallest = 0
        places = []
        for panel in row.panels:
            if x + panel.width > COLUMNS:
                x, y, tallest = 0, y + tallest, 0
            places.append((panel, x, y))
            x += panel.width
            tallest = max(tallest, panel.height)
        rows.append((row, places))
        y += tallest
    return rows
