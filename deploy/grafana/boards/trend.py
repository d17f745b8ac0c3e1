"""Weeks side by side: this one, and the one before it by `offset 1w`."""

from collections.abc import Callable
from typing import TypeAlias

from deploy.grafana.boards.panels import (
    NONE,
    Board,
    Limits,
    Panel,
    Query,
    Row,
    Unit,
    lines,
    number,
)

BEFORE = "the week before"
OFFSET = " offset 1w"
P95 = "edge:boss_http_duration_seconds:p95_5m"
REQUESTS = "edge:boss_http_requests:rate5m"
CPU = "service:process_cpu:rate5m"
MEMORY = "service:process_resident_memory_bytes:sum"
STATEMENTS = "query:boss_db_query_seconds:rate5m"
EVENTS = 'slo:boss_events:rate5m{slo="availability"}'
ERRORS = 'slo:boss_errors:rate5m{slo="availability"}'
ASKED = "boss_cache_requests_total"

# Each takes a window and an offset. A share is that of all that was asked in the window, so that
# quiet hours weigh little.
Expr: TypeAlias = Callable[[str, str], str]


def mean(series: str) -> Expr:
    """Return the mean of the sum of recorded series."""
    return lambda window, offset: f"sum(avg_over_time({series}[{window}]{offset}))"


def speed(window: str, offset: str) -> str:
    """Return the mean p95; where nothing was asked it is no number, and does not count."""
    return f"avg_over_time(({P95} >= 0)[{window}:15s]{offset})"


def hits(window: str, offset: str) -> str:
    """Return the share of hits."""
    hit = f'sum(rate({ASKED}{{result="hit"}}[{window}]{offset}))'
    return f"{hit} / sum(rate({ASKED}[{window}]{offset}))"


def errors(window: str, offset: str) -> str:
    """Return the share of requests that failed."""
    return f"{mean(ERRORS)(window, offset)} / {mean(EVENTS)(window, offset)}"


def growth(counter: str) -> Expr:
    """Return how much a counter grew."""
    return lambda window, offset: f"sum(increase({counter}[{window}]{offset}))"


def against(
    title: str, look_for: str, unit: Unit, expr: Expr, *, window: str = "1h", limits: Limits = NONE
) -> Panel:
    """Return what is now beside what was a week before."""
    now, before = Query(expr(window, ""), "this week"), Query(expr(window, OFFSET), BEFORE)
    return lines(title, look_for, unit, now, before, limits=limits)


def per_day(title: str, look_for: str, counter: str) -> Panel:
    """Return a counter's growth of a day beside that of a week before."""
    return against(title, look_for, Unit.COUNT, growth(counter), window="1d")


def change(title: str, look_for: str, expr: Expr, limits: Limits) -> Panel:
    """Return by what share a day differs from that of a week before."""
    compared = f"({expr('1d', '')}) / ({expr('1d', OFFSET)}) - 1"
    return number(
        title, look_for, Unit.SHARE, Query(compared, "change"), limits=limits, course=False
    )


WEEK = Row(
    "Against last week",
    (
        change(
            "p95",
            "How much slower (+) or faster (−) than a week ago, over a day. +20% without more"
            " traffic: a deployment made it slower.",
            speed,
            Limits(0.2, 0.5),
        ),
        change(
            "Traffic",
            "More or fewer requests than a week ago, over a day.",
            mean(REQUESTS),
            Limits(0.5, 1.0),
        ),
        change(
            "Cache hits", "Below 0: fewer than a week ago.", hits, Limits(-0.05, -0.2, low=True)
        ),
        change("CPU", "All services.", mean(CPU), Limits(0.3, 0.6)),
        change(
            "Memory",
            "All services. It grows with the number of workspaces; growth with none is a leak.",
            mean(MEMORY),
            Limits(0.1, 0.3),
        ),
        change(
            "Time in the database",
            "Seconds each second. Faster than traffic: statements slow down as tables grow.",
            mean(STATEMENTS),
            Limits(0.3, 0.6),
        ),
    ),
)
SPEED = Row(
    "Speed",
    (
        against(
            "Requests a second",
            "The week's shape repeats; a day that misses it is a holiday or an outage.",
            Unit.REQUESTS,
            mean(REQUESTS),
        ),
        against(
            "p95",
            "The lines lie on each other. A gap that stays began with a deployment: look at its hour.",
            Unit.SECONDS,
            speed,
            limits=Limits(0.3, 0.5),
        ),
        against(
            "Error rate",
            "Single teeth are deployments and restarts.",
            Unit.SHARE,
            errors,
            limits=Limits(0.005, 0.01),
        ),
        against(
            "Cache hits",
            "It falls as people write more, and with more workspaces than memory holds.",
            Unit.SHARE,
            hits,
            limits=Limits(0.75, 0.6, low=True),
        ),
        against("CPU", "Cores of all services.", Unit.CORES, mean(CPU)),
        against(
            "Memory",
            "Resident, of all services.",
            Unit.BYTES,
            mean(MEMORY),
        ),
    ),
)
GROWTH = Row(
    "Use, day by day",
    (
        per_day(
            "Events",
            "What has happened in all workspaces: what the tables grow by.",
            "boss_log_events_total",
        ),
        per_day("Writes on tasks", "What people and programs do.", "boss_task_acts_total"),
        per_day("Messages", "What people say to the bot.", "boss_inbox_handled_total"),
        per_day("Deliveries", "What people are told.", "boss_deliveries_total"),
        per_day("Tokens of the model", "What is paid for.", "boss_model_tokens_total"),
        against(
            "Statements: busy",
            "Seconds of database each second. It should grow as the traffic does, no faster.",
            Unit.CORES,
            mean(STATEMENTS),
        ),
    ),
)

BOARD = Board(
    uid="boss-trend",
    title="Boss Workflow: trend",
    about="This week beside the one before.",
    rows=(WEEK, SPEED, GROWTH),
    since="now-7d",
    refresh="5m",
)
