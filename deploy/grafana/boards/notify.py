"""Telling: what is delivered where, and what waits."""

from deploy.grafana.boards import promql as q
from deploy.grafana.boards.panels import Limits, Query, Row, Unit, lines, number
from deploy.grafana.boards.service import at, calls, database, process, service, work

NOTIFY = at("notify")

TELLING = Row(
    "Deliveries",
    (
        lines(
            "Deliveries, by channel and state",
            "“dead” and “dropped” are things that nobody was told; boss deliveries shows why.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_deliveries_total", NOTIFY, by="channel, state"), "{{channel}}: {{state}}"),
            stacked=True,
            width=8,
            more="boss-outside",
        ),
        lines(
            "Waiting to be sent",
            "By channel. It falls as fast as the channel's own limit allows.",
            Unit.COUNT,
            Query(f"max by (channel) (boss_delivery_queue_depth{{{NOTIFY}}})", "{{channel}}"),
            limits=Limits(100, 1000),
            width=8,
        ),
        lines(
            "Age of the oldest",
            "How long the first in line has waited, by channel.",
            Unit.SECONDS,
            Query(f"max by (channel) (boss_delivery_queue_oldest_seconds{{{NOTIFY}}})", "{{channel}}"),
            limits=Limits(60, 300),
            width=8,
        ),
        lines(
            "From event to delivery, p95",
            "How long until somebody is told, by channel; the promise is a minute.",
            Unit.SECONDS,
            Query(
                q.quantile(0.95, "boss_delivery_duration_seconds", NOTIFY, by="channel"),
                "{{channel}}",
            ),
            limits=Limits(10, 60),
            width=8,
        ),
        number(
            "Given up",
            "Deliveries that wait for the operator: boss deliveries shows why, and tries again.",
            Unit.COUNT,
            Query(f"max(boss_deliveries_dead{{{NOTIFY}}})", "dead"),
            limits=Limits(1, 10),
            width=8,
        ),
        lines(
            "Events not read yet",
            "Of the log. Rising: no process has the lease, or an event cannot be told.",
            Unit.COUNT,
            Query(f"max by (consumer) (boss_log_lag{{{NOTIFY}}})", "{{consumer}}"),
            limits=Limits(100, 1000),
            width=8,
        ),
        lines(
            "Events read, by type",
            "What people are told of.",
            Unit.EACH_SECOND,
            Query(q.highest(10, q.per_second("boss_events_consumed_total", NOTIFY, by="type")), "{{type}}"),
            stacked=True,
            width=8,
        ),
        lines(
            "Reads the log; events untold",
            "One process reads at a time: the sum is 1. Untold: a defect stood in an event; the log"
            " names it.",
            Unit.COUNT,
            Query(q.total("boss_log_reading", NOTIFY), "readers"),
            Query(q.per_second("boss_events_untold_total", NOTIFY), "untold a second"),
            width=8,
        ),
    ),
)  # fmt: skip


BOARD = service(
    "notify",
    "Telling: who hears what, where and when.",
    *calls(NOTIFY),
    TELLING,
    work(NOTIFY),
    database(NOTIFY),
    process(NOTIFY),
)
