"""Weeks side by side: this one, and the one before it by `offset 1w`."""

from deploy.grafana.boards.panels import Board, Limits, Panel, Query, Row, Unit, lines, number

BEFORE = "the week before"
P95 = "edge:boss_http_duration_seconds:p95_5m"
REQUESTS = "edge:boss_http_requests:rate5m"
ERRORS = "edge:boss_http_errors:ratio_rate5m"
HITS = "edge:boss_cache_hits:ratio_rate5m"


def hourly(series: str, *, offset: str = "") -> str:
    """Return the mean of an hour; minutes in which nothing was asked (NaN) do not count."""
    return f"avg_over_time(({series} >= 0)[1h:15s]{offset})"


def daily(counter: str, *, offset: str = "") -> str:
    """Return how much a counter grew in a day."""
    return f"sum(increase({counter}[1d]{offset}))"


def against(title: str, look_for: str, unit: Unit, series: str, **more: Limits | str) -> Panel:
    """Return a recorded series beside itself a week before."""
    limits = more.get("limits")
    return lines(
        title,
        look_for,
        unit,
        Query(hourly(series), "this week"),
        Query(hourly(series, offset=" offset 1w"), BEFORE),
        limits=limits if isinstance(limits, Limits) else Limits(),
    )


def per_day(title: str, look_for: str, counter: str) -> Panel:
    """Return a counter's growth of a day beside that of a week before."""
    return lines(
        title,
        look_for,
        Unit.COUNT,
        Query(daily(counter), "this week"),
        Query(daily(counter, offset=" offset 1w"), BEFORE),
    )


def change(title: str, look_for: str, series: str, limits: Limits) -> Panel:
    """Return by what share a day's mean has changed in a week."""
    day = f"avg_over_time(({series} >= 0)[1d:5m])"
    before = f"avg_over_time(({series} >= 0)[1d:5m] offset 1w)"
    return number(
        title, look_for, Unit.SHARE, Query(f"{day} / {before} - 1", "change"), limits=limits
    )


WEEK = Row(
    "Against last week",
    (
        change(
            "p95",
            "How much slower (+) or faster (−) than a week ago, over a day. +20% without more"
            " traffic: a deployment made it slower.",
            P95,
            Limits(0.2, 0.5),
        ),
        change(
            "Traffic",
            "More or fewer requests than a week ago, over a day.",
            REQUESTS,
            Limits(0.5, 1.0),
        ),
        change(
            "Cache hits", "Below 0: fewer than a week ago.", HITS, Limits(-0.05, -0.2, low=True)
        ),
        change("CPU", "All services.", "sum(service:process_cpu:rate5m)", Limits(0.3, 0.6)),
        change(
            "Memory",
            "All services. It grows with the number of workspaces; growth with none is a leak.",
            "sum(service:process_resident_memory_bytes:sum)",
            Limits(0.1, 0.3),
        ),
        change(
            "Time in the database",
            "Seconds each second. Faster than traffic: statements slow down as tables grow.",
            "sum(query:boss_db_query_seconds:rate5m)",
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
            REQUESTS,
        ),
        against(
            "p95",
            "The lines lie on each other. A gap that stays began with a deployment: look at its hour.",
            Unit.SECONDS,
            P95,
            limits=Limits(0.3, 0.5),
        ),
        against(
            "Error rate",
            "Single teeth are deployments and restarts.",
            Unit.SHARE,
            ERRORS,
            limits=Limits(0.005, 0.01),
        ),
        against(
            "Cache hits",
            "It falls as people write more, and with more workspaces than memory holds.",
            Unit.SHARE,
            HITS,
            limits=Limits(0.75, 0.6, low=True),
        ),
        against("CPU", "Cores of all services.", Unit.CORES, "sum(service:process_cpu:rate5m)"),
        against(
            "Memory",
            "Resident, of all services.",
            Unit.BYTES,
            "sum(service:process_resident_memory_bytes:sum)",
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
            "sum(query:boss_db_query_seconds:rate5m)",
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
