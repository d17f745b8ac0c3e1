"""From the boards' values to Grafana's JSON, by Grafana's own types (grafana-foundation-sdk)."""

import json
import string
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    timeseries,
)
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.grafana.boards.panels import Board, Choice, Kind, Limits, Panel, Query, Unit, placed

SOURCE = model.DataSourceRef(type_val="prometheus", uid="prometheus")
TAG = "boss"
GREEN, AMBER, RED = "green", "orange", "red"
# What a value is named by in the table of a query, before columns are renamed.
VALUE = "Value #{letter}"

Drawn: TypeAlias = timeseries.Panel | stat.Panel | bargauge.Panel | tables.Panel


def dashboard_json(board: Board) -> str:
    """Return the file that Grafana reads."""
    return (
        json.dumps(_dashboard(board).build(), cls=JSONEncoder, indent=1, ensure_ascii=False) + "\n"
    )


def _dashboard(board: Board) -> dashboard.Dashboard:
    built = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.about)
        .tags([TAG])
        .timezone("browser")
        .time(board.since, "now")
        .refresh(board.refresh)
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .version(1)
        .link(_others())
        .annotation(_alerts())
        .variables([_variable(choice) for choice in board.choices])
    )
    ids = iter(range(1, 1000))
    for row, places in placed(board):
        y = min((y for _, _, y in places), default=0) - 1
        at = model.GridPos(h=1, w=24, x=0, y=y)
        built.with_row(dashboard.Row(row.title).id(next(ids)).grid_pos(at))
        for panel, x, top in places:
            at = model.GridPos(h=panel.height, w=panel.width, x=x, y=top)
            built.with_panel(_panel(panel).id(next(ids)).grid_pos(at))
    return built


def _others() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("Other dashboards")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(as_dropdown=True)
        .include_vars(include_vars=False)
        .keep_time(keep_time=True)
    )


def _alerts() -> dashboard.AnnotationQuery:
    """Return the marks of alerts that ring, on every panel."""
    return (
        dashboard.AnnotationQuery()
        .name("Alerts")
        .datasource(SOURCE)
        .enable(enable=True)
        .icon_color(RED)
        .expr('ALERTS{alertstate="firing"}')
    )


def _variable(choice: Choice) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(choice.name)
        .label(choice.label)
        .datasource(SOURCE)
        .query(choice.query)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
        .current(model.VariableOption(selected=True, text="All", value="$__all"))
    )


def _panel(panel: Panel) -> Drawn:
    drawn = _DRAWERS[panel.kind](panel)
    drawn.title(panel.title).description(panel.look_for).datasource(SOURCE).unit(panel.unit)
    drawn.thresholds(_thresholds(panel.limits))
    if panel.more:
        link = dashboard.DashboardLink("More of this").type(model.DashboardLinkType.LINK)
        drawn.links([link.url(f"/d/{panel.more}").keep_time(keep_time=True)])
    return drawn


def _lines(panel: Panel) -> timeseries.Panel:
    drawn = (
        timeseries.Panel()
        .min(0)
        .line_width(1)
        .fill_opacity(25 if panel.stacked else 8)
        .show_points(looks.VisibilityMode.NEVER)
        .span_nulls(span_nulls=False)
        .color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .legend(
            common.VizLegendOptions()
            .show_legend(show_legend=True)
            .display_mode(looks.LegendDisplayMode.LIST)
            .placement(looks.LegendPlacement.BOTTOM)
            .calcs([])
        )
        .tooltip(
            common.VizTooltipOptions()
            .mode(looks.TooltipDisplayMode.MULTI)
            .sort(looks.SortOrder.DESCENDING)
        )
    )
    if panel.limits.amber is not None or panel.limits.red is not None:
        style = common.GraphThresholdsStyleConfig().mode(looks.GraphThresholdsStyleMode.DASHED)
        drawn.thresholds_style(style)
    if panel.stacked:
        drawn.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL).group("A"))
    if panel.most is not None:
        drawn.max(panel.most)
    for letter, query in _lettered(panel):
        drawn.with_target(_target(letter, query).range())
    return drawn


def _number(panel: Panel) -> stat.Panel:
    drawn = (
        stat.Panel()
        .reduce_options(_last())
        .color_mode(looks.BigValueColorMode.VALUE)
        .graph_mode(looks.BigValueGraphMode.AREA if panel.course else looks.BigValueGraphMode.NONE)
        .text_mode(looks.BigValueTextMode.AUTO)
        .color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
    )
    for letter, query in _lettered(panel):
        target = _target(letter, query)
        drawn.with_target(target.range() if panel.course else target.instant())
    return drawn


def _bars(panel: Panel) -> bargauge.Panel:
    drawn = (
        bargauge.Panel()
        .min(0)
        .reduce_options(_last())
        .orientation(looks.VizOrientation.HORIZONTAL)
        .display_mode(looks.BarGaugeDisplayMode.BASIC)
        .color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
    )
    for letter, query in _lettered(panel):
        drawn.with_target(_target(letter, query).instant())
    return drawn


def _table(panel: Panel) -> tables.Panel:
    """A row for each set of labels: the queries' tables merged, their values renamed."""
    renamed = {}
    drawn = tables.Panel().show_header(show_header=True).filterable(filterable=True)
    for letter, query in _lettered(panel):
        drawn.with_target(_target(letter, query).instant().format(PromQueryFormat.TABLE))
        renamed[VALUE.format(letter=letter)] = query.legend
        drawn.override_by_name(query.legend, _column(query))
    drawn.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    organised = {"excludeByName": {"Time": True, "__name__": True}, "renameByName": renamed}
    drawn.with_transformation(model.DataTransformerConfig(id_val="organize", options=organised))
    last = panel.queries[0].legend
    return drawn.sort_by([common.TableSortByFieldState().display_name(last).desc(desc=True)])


def _column(query: Query) -> list[model.DynamicConfigValue]:
    told: list[tuple[str, Any]] = [("unit", (query.unit or Unit.COUNT).value)]
    if query.limits.amber is not None or query.limits.red is not None:
        told.append(("thresholds", _thresholds(query.limits).build()))
        told.append(("custom.cellOptions", {"type": "color-text"}))
    return [model.DynamicConfigValue(id_val=name, value=value) for name, value in told]


def _target(letter: str, query: Query) -> prometheus.Dataquery:
    return (
        prometheus.Dataquery()
        .ref_id(letter)
        .datasource(SOURCE)
        .expr(query.expr)
        .legend_format(query.legend)
    )


def _lettered(panel: Panel) -> Iterator[tuple[str, Query]]:
    return zip(string.ascii_uppercase, panel.queries, strict=False)


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().values(values=False).calcs(["lastNotNull"]).fields("")


def _thresholds(limits: Limits) -> dashboard.ThresholdsConfig:
    """Green, amber from here, red from there; for `low`, the other way round."""
    amber, red = limits.amber, limits.red
    steps = [(None, GREEN), (amber, AMBER), (red, RED)]
    if limits.low:
        steps = [(None, RED), (red, AMBER if amber is not None else GREEN), (amber, GREEN)]
    kept = [step for number, step in enumerate(steps) if number == 0 or step[0] is not None]
    return (
        dashboard.ThresholdsConfig()
        .mode(model.ThresholdsMode.ABSOLUTE)
        .steps([model.Threshold(value=value, color=color) for value, color in kept])
    )


_DRAWERS: Mapping[Kind, Callable[[Panel], Drawn]] = {
    Kind.LINES: _lines,
    Kind.NUMBER: _number,
    Kind.BARS: _bars,
    Kind.TABLE: _table,
}
