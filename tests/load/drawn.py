"""Draws a dashboard as Grafana would, from its JSON and from what its expressions found.

Dark theme, titles, units, limits, legends; the four kinds of panels that ours have.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

PAGE, CARD, EDGE, TEXT, FAINT, GRID = (
    "#111217", "#181b1f", "#2a2d33", "#ccccdc", "#8e8e9b", "#2a2d33",
)  # fmt: skip
COLOURS = {"green": "#73bf69", "orange": "#ff9830", "red": "#f2495c"}
PALETTE = (
    "#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#37872d",
    "#fade2a", "#56a64b", "#ca95e5", "#ffb357",
)  # fmt: skip
WIDTH_PX, LINE_PX, BAR_PX, GAP_PX, HEAD_PX = 1600, 36, 44, 8, 26
COLUMNS = 24
ROUNDED = 99.95
DPI = 100


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a panel: which of its expressions found it, what it is called, how it ran."""

    ref: str
    name: str
    labels: Mapping[str, str]
    values: Sequence[tuple[float, float]]

    @property
    def last(self) -> float:
        """Return its newest value."""
        return self.values[-1][1]


@dataclass(frozen=True, slots=True)
class Box:
    """Where something is, in pixels from the top left."""

    x: float
    y: float
    w: float
    h: float


class Sheet:
    """The page that all is drawn on."""

    def __init__(self, height: float) -> None:
        self._height = height
        self.figure: Figure = plt.figure(
            figsize=(WIDTH_PX / DPI, height / DPI), dpi=DPI, facecolor=PAGE
        )

    def text(self, x: float, y: float, words: str, **look: Any) -> None:
        """Write at a place; `size` in pixels."""
        size = look.pop("size", 12) * 72 / DPI
        look = {"color": TEXT, "va": "center", **look}
        self.figure.text(x / WIDTH_PX, 1 - y / self._height, words, fontsize=size, **look)

    def card(self, box: Box) -> None:
        """Draw the ground of a panel."""
        x, y, w, h = self._share(box)
        style = "round,pad=0,rounding_size=0.002"
        self.figure.add_artist(
            FancyBboxPatch(
                (x, y), w, h, boxstyle=style, facecolor=CARD, edgecolor=EDGE, lw=0.8, zorder=-2
            )
        )

    def bar(self, box: Box, colour: str, *, alpha: float = 1.0) -> None:
        """Draw a filled bar."""
        x, y, w, h = self._share(box)
        self.figure.add_artist(
            Rectangle((x, y), w, h, facecolor=colour, edgecolor="none", alpha=alpha, zorder=-1)
        )

    def axes(self, box: Box) -> Axes:
        """Return axes at a place, dressed as Grafana's."""
        axes = self.figure.add_axes(self._share(box), facecolor="none")
        for side in axes.spines.values():
            side.set_visible(False)
        axes.tick_params(colors=FAINT, length=0, labelsize=10.5 * 72 / DPI)
        return axes

    def _share(self, box: Box) -> tuple[float, float, float, float]:
        top = 1 - (box.y + box.h) / self._height
        return box.x / WIDTH_PX, top, box.w / WIDTH_PX, box.h / self._height


def draw(board: Mapping[str, Any], found: Mapping[int, list[Series]], path: Path) -> None:
    """Draw all panels of a dashboard; `found` by the panel's id."""
    lines = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    sheet = Sheet(BAR_PX + lines * LINE_PX + 2 * GAP_PX)
    _head(sheet, board, found)
    for panel in board["panels"]:
        box = _box(panel["gridPos"])
        if panel["type"] == "row":
            sheet.text(box.x + 2, box.y + box.h / 2, f"⌄  {panel['title']}", size=14)
            continue
        sheet.card(box)
        sheet.text(box.x + 10, box.y + 15, panel["title"], size=13, weight="normal")
        inside = Box(box.x + 10, box.y + HEAD_PX, box.w - 20, box.h - HEAD_PX - 8)
        _DRAWERS[panel["type"]](sheet, inside, panel, found.get(panel["id"], []))
    sheet.figure.savefig(path, facecolor=PAGE, metadata={"Software": None})
    plt.close(sheet.figure)


def _head(sheet: Sheet, board: Mapping[str, Any], found: Mapping[int, list[Series]]) -> None:
    sheet.text(14, 22, "Dashboards  ›", size=14, color=FAINT)
    sheet.text(118, 22, board["title"], size=15, weight="bold")
    times = [at for some in found.values() for one in some for at, _ in one.values]
    span = f"{_clock(min(times))} to {_clock(max(times))}" if times else "no data"
    sheet.text(
        WIDTH_PX - 14, 22, f"{span}    ↻ {board['refresh']}", size=12, ha="right", color=FAINT
    )


def _box(place: Mapping[str, int]) -> Box:
    column = (WIDTH_PX - GAP_PX) / COLUMNS
    return Box(
        GAP_PX + place["x"] * column,
        BAR_PX + GAP_PX + place["y"] * LINE_PX,
        place["w"] * column - GAP_PX,
        place["h"] * LINE_PX - GAP_PX,
    )


def _number(sheet: Sheet, box: Box, panel: Mapping[str, Any], series: list[Series]) -> None:
    unit, steps = _unit(panel), _steps(panel)
    width = box.w / max(1, len(series))
    for place, one in enumerate(series):
        x = box.x + place * width
        colour = _colour(one.last, steps)
        if len(one.values) > 1:
            _spark(sheet, Box(x, box.y + box.h * 0.64, width - 6, box.h * 0.36), one, colour)
        if len(series) > 1:
            sheet.text(x + width / 2, box.y + 12, one.name, size=12, ha="center")
        big = 34 if len(series) == 1 else 27
        middle = box.y + box.h * (0.32 if len(series) == 1 else 0.45)
        sheet.text(
            x + width / 2, middle, told(one.last, unit), size=big, ha="center", color=colour,
            weight="normal",
        )  # fmt: skip


def _spark(sheet: Sheet, box: Box, one: Series, colour: str) -> None:
    axes = sheet.axes(box)
    times, values = zip(*one.values, strict=True)
    axes.fill_between(times, values, min(*values, 0), color=colour, alpha=0.18, lw=0)
    axes.plot(times, values, color=colour, lw=1, alpha=0.8)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlim(times[0], times[-1])
    axes.set_ylim(min(*values, 0), max(values) * 1.05 or 1)


def _lines(sheet: Sheet, box: Box, panel: Mapping[str, Any], series: list[Series]) -> None:
    unit, defaults = _unit(panel), panel["fieldConfig"]["defaults"]
    stacked = "stacking" in defaults.get("custom", {})
    below = _legend_lines(series, box.w)
    axes = sheet.axes(Box(box.x + 48, box.y + 4, box.w - 52, box.h - 24 - 18 * below))
    base: dict[float, float] = {}
    top = 0.0
    for place, one in enumerate(series):
        colour = PALETTE[place % len(PALETTE)]
        times = [at for at, _ in one.values]
        floor = [base.get(at, 0.0) if stacked else 0.0 for at in times]
        heights = [low + value for low, (_, value) in zip(floor, one.values, strict=True)]
        axes.plot(times, heights, color=colour, lw=1.1)
        axes.fill_between(
            times, floor, heights, color=colour, alpha=0.25 if stacked else 0.08, lw=0
        )
        base.update(zip(times, heights, strict=True))
        top = max(top, *heights)
    top = defaults.get("max") or top * 1.15 or 1.0
    for value, colour in _steps(panel)[1:]:
        if value is not None and value <= top:
            axes.axhline(value, color=colour, lw=1, ls=(0, (6, 5)), alpha=0.9)
    axes.set_ylim(0, top)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: told(value, unit)))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, prune="both"))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: _clock(at)))
    axes.grid(color=GRID, lw=0.7)
    axes.margins(x=0)
    _legend(sheet, Box(box.x, box.y + box.h - 18 * below, box.w, 18 * below), series)


def _legend_lines(series: list[Series], width: float) -> int:
    lines, x = 1, 0.0
    for one in series:
        wide = _legend_width(one)
        if x + wide > width and x:
            lines, x = lines + 1, 0.0
        x += wide
    return lines


def _legend_width(one: Series) -> float:
    return 36 + 6.6 * len(one.name)


def _legend(sheet: Sheet, box: Box, series: list[Series]) -> None:
    x, y = box.x + 4, box.y + 11
    for place, one in enumerate(series):
        wide = _legend_width(one)
        if x + wide > box.x + box.w + 4 and x > box.x + 4:
            x, y = box.x + 4, y + 18
        sheet.bar(Box(x, y - 2, 14, 4), PALETTE[place % len(PALETTE)])
        sheet.text(x + 20, y, one.name, size=11.5)
        x += wide


def _bars(sheet: Sheet, box: Box, panel: Mapping[str, Any], series: list[Series]) -> None:
    unit, steps = _unit(panel), _steps(panel)
    most = max([one.last for one in series] + [value for value, _ in steps[1:2] if value]) or 1.0
    height = min(44.0, box.h / max(1, len(series)))
    named = 0.46 * box.w
    for place, one in enumerate(series):
        y = box.y + place * height
        colour = _colour(one.last, steps)
        room = box.w - named - 66
        sheet.text(box.x + named - 10, y + height / 2, one.name, size=11.5, ha="right")
        sheet.bar(Box(box.x + named, y + 4, room, height - 8), "#22252b")
        wide = max(2.0, room * min(1.0, one.last / most))
        sheet.bar(Box(box.x + named, y + 4, wide, height - 8), colour, alpha=0.85)
        sheet.text(
            box.x + box.w - 2, y + height / 2, told(one.last, unit), size=13, ha="right",
            color=colour,
        )  # fmt: skip


def _table(sheet: Sheet, box: Box, panel: Mapping[str, Any], series: list[Series]) -> None:
    columns = [target["legendFormat"] for target in panel["targets"]]
    refs = {target["refId"]: target["legendFormat"] for target in panel["targets"]}
    looks = {
        one["matcher"]["options"]: {each["id"]: each["value"] for each in one["properties"]}
        for one in panel["fieldConfig"]["overrides"]
    }
    rows: dict[tuple[str, ...], dict[str, float]] = {}
    labels = sorted({label for one in series for label in one.labels if label != "__name__"})
    for one in series:
        key = tuple(one.labels.get(label, "") for label in labels)
        rows.setdefault(key, {})[refs[one.ref]] = one.last
    # Rows that have only some of the columns are not shown by Grafana's merge either, at the end.
    ordered = sorted(rows.items(), key=lambda row: -row[1].get(columns[0], -math.inf))
    names = [*reversed(labels), *columns]
    edges = [box.x + 4 + box.w * share for share in _columns(len(labels), len(columns))]
    for edge, name in zip(edges, names, strict=True):
        sheet.text(edge, box.y + 10, name, size=12, color="#6e9fff", weight="normal")
    height = 24
    for place, (key, values) in enumerate(ordered[: int((box.h - 24) // height)]):
        y = box.y + 24 + place * height
        sheet.bar(Box(box.x, y, box.w, 1), GRID)
        for edge, text in zip(edges, reversed(key), strict=False):
            sheet.text(edge, y + height / 2, text, size=12)
        for edge, column in zip(edges[len(labels) :], columns, strict=True):
            if column in values:
                look = looks.get(column, {})
                steps = look.get("thresholds", {}).get("steps", [])
                colour = _colour(values[column], _pairs(steps)) if steps else TEXT
                text = told(values[column], look.get("unit", "short"))
                sheet.text(edge, y + height / 2, text, size=12, color=colour)


def _columns(labels: int, values: int) -> list[float]:
    """Where columns begin: labels have twice the room."""
    weights = [2.0] * labels + [1.0] * values
    total = sum(weights)
    return [sum(weights[:place]) / total for place in range(len(weights))]


def _unit(panel: Mapping[str, Any]) -> str:
    return str(panel["fieldConfig"]["defaults"]["unit"])


def _steps(panel: Mapping[str, Any]) -> list[tuple[float | None, str]]:
    return _pairs(panel["fieldConfig"]["defaults"]["thresholds"]["steps"])


def _pairs(steps: Sequence[Mapping[str, Any]]) -> list[tuple[float | None, str]]:
    return [(step["value"], COLOURS[step["color"]]) for step in steps]


def _colour(value: float, steps: Sequence[tuple[float | None, str]]) -> str:
    return [colour for at, colour in steps if at is None or value >= at][-1]


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def told(value: float, unit: str) -> str:
    """Return a value as Grafana writes it in its unit."""
    match unit:
        case "s":
            return _scaled(value, ((1, "s"), (1e-3, "ms"), (1e-6, "µs")))
        case "bytes":
            return _scaled(value, ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B")))
        case "percentunit":
            return f"{_short(value * 100)}%"
        case "reqps":
            return f"{_short(value)} req/s"
        case "ops":
            return f"{_short(value)} ops/s"
        case "bool_yes_no":
            return "Yes" if value else "No"
        case _:
            return f"{_short(value)}{unit.removeprefix('suffix:') if ':' in unit else ''}"


def _scaled(value: float, scales: Sequence[tuple[float, str]]) -> str:
    if not value:
        return f"0 {scales[0][1] if scales[0][0] == 1 else scales[-1][1]}"
    for scale, name in scales:
        if abs(value) >= scale:
            return f"{_short(value / scale)} {name}"
    return f"{_short(value / scales[-1][0])} {scales[-1][1]}"


def _short(value: float) -> str:
    for scale, name in ((1e6, "M"), (1e3, "K")):
        if abs(value) >= scale:
            return f"{value / scale:.3g}{name}"
    # Three digits, and never as a power of ten.
    return f"{value:.0f}" if abs(value) >= ROUNDED else f"{value:.3g}"


_DRAWERS: Mapping[str, Callable[[Sheet, Box, Mapping[str, Any], list[Series]], None]] = {
    "stat": _number,
    "timeseries": _lines,
    "bargauge": _bars,
    "table": _table,
}
