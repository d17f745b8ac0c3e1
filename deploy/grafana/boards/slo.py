"""What was promised (docs/slo.md), how much of it may still go wrong, and how fast it goes."""

from deploy.grafana.boards.panels import Board, Limits, Query, Row, Unit, bars, lines, number, table

BUDGET = Limits(0.5, 0.2, low=True)
# The alerts of deploy/prometheus/alerts.yml: a budget spent in 2 days, in 5 days.
BURN = Limits(6, 14.4)


def burn(window: str) -> str:
    """Return how many times faster than allowed the budget is spent, over a window."""
    return f"slo:boss_errors:ratio{window} / on (slo) (1 - slo:boss_objective:ratio)"


NOW = Row(
    "How it stands",
    (
        number(
            "Error budget left",
            "Of 30 days. At half, changes wait for a reason; at 0, only what mends is deployed."
            " Below 0 the promise was broken.",
            Unit.SHARE,
            Query("slo:boss_error_budget:remaining30d", "{{slo}}"),
            limits=BUDGET,
            width=12,
        ),
        number(
            "Kept over 30 days",
            "The share that was as promised.",
            Unit.SHARE,
            Query("1 - slo:boss_errors:ratio30d", "{{slo}}"),
            limits=Limits(0.999, 0.95, low=True),
            width=12,
        ),
        table(
            "Promises",
            "What each promise is, how it was kept over an hour, a day and 30 days, and what is left.",
            Query("slo:boss_objective:ratio", "promised", Unit.SHARE),
            Query("1 - slo:boss_errors:ratio1h", "1 hour", Unit.SHARE),
            Query("1 - slo:boss_errors:ratio1d", "1 day", Unit.SHARE),
            Query("1 - slo:boss_errors:ratio30d", "30 days", Unit.SHARE),
            Query("slo:boss_error_budget:remaining30d", "budget left", Unit.SHARE, BUDGET),
        ),
    ),
)
BURNING = Row(
    "How fast the budget goes",
    (
        lines(
            "Burn rate, 1 hour",
            "1: the budget lasts for exactly 30 days. 14.4 for an hour: it is gone in two days, and"
            " somebody is called.",
            Unit.COUNT,
            Query(burn("1h"), "{{slo}}"),
            limits=BURN,
        ),
        lines(
            "Burn rate, 6 hours",
            "6 for six hours: the budget is gone in five days, and somebody is called.",
            Unit.COUNT,
            Query(burn("6h"), "{{slo}}"),
            limits=Limits(3, 6),
        ),
        lines(
            "Burn rate, 3 days",
            "1 for three days: a slow leak; a ticket, no call.",
            Unit.COUNT,
            Query(burn("3d"), "{{slo}}"),
            limits=Limits(1, 3),
        ),
        lines(
            "Budget left",
            "A steady fall is how things are; a step is an incident.",
            Unit.SHARE,
            Query("slo:boss_error_budget:remaining30d", "{{slo}}"),
            limits=BUDGET,
            width=12,
        ),
        lines(
            "Not as promised, now",
            "The share of the last five minutes that failed its promise.",
            Unit.SHARE,
            Query("slo:boss_errors:ratio5m", "{{slo}}"),
            limits=Limits(0.01, 0.05),
            width=12,
        ),
    ),
)
WHERE = Row(
    "Where it goes",
    (
        bars(
            "Errors, by route",
            "The share of each route's requests that failed, of the last five minutes; those with"
            " none are 0.",
            Unit.SHARE,
            Query("topk(10, route:boss_http_errors:ratio_rate5m)", "{{route}}"),
            limits=Limits(0.001, 0.01),
            width=12,
            more="boss-gateway",
        ),
        bars(
            "p95, by route",
            "Which routes use up the promise of speed (300 ms).",
            Unit.SECONDS,
            Query("topk(10, route:boss_http_duration_seconds:p95_5m > 0)", "{{route}}"),
            limits=Limits(0.2, 0.3),
            width=12,
            more="boss-gateway",
        ),
    ),
)

BOARD = Board(
    uid="boss-slo",
    title="Boss Workflow: promises and error budget",
    about="What was promised, how much of it may still go wrong, and how fast it goes.",
    rows=(NOW, BURNING, WHERE),
    since="now-24h",
    refresh="1m",
)
