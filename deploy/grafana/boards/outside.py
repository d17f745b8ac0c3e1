"""What others do for us: the model, Telegram, Discord, Google, mail, Redis; each by its metrics."""

from deploy.grafana.boards import promql as q
from deploy.grafana.boards.panels import (
    Board,
    Choice,
    Limits,
    Query,
    Row,
    Unit,
    bars,
    lines,
    number,
    table,
)

WHERE = 'api=~"$api"'
CALLS = f"{q.OUTSIDE}_count"
TIME_OUTS = Limits(0.02, 0.05)
ERRORS = Limits(0.02, 0.1)
SLOW = Limits(2, 5)
FAILED = 'outcome=~"timeout|broken|breaker_open"'

GLANCE = Row(
    "At a glance",
    (
        number(
            "Calls a second",
            "To all of those that are chosen above.",
            Unit.REQUESTS,
            Query(q.per_second(CALLS, WHERE), "calls"),
            width=6,
        ),
        number(
            "Time-outs",
            "The share that had no answer in time. Above 5% is an alert.",
            Unit.SHARE,
            Query(q.share(CALLS, 'outcome="timeout"', WHERE), "time-outs"),
            limits=TIME_OUTS,
            width=6,
        ),
        number(
            "Errors",
            "The share that failed by no fault of ours: no answer, broken, or not asked at all.",
            Unit.SHARE,
            Query(q.share(CALLS, FAILED, WHERE), "errors"),
            limits=ERRORS,
            width=6,
        ),
        number(
            "Not asked",
            "How many of them have been failing and are let alone; each is tried again every few"
            " seconds.",
            Unit.COUNT,
            Query(f"sum(max by (api) (boss_breaker_open{{{WHERE}}}))", "open breakers"),
            limits=Limits(None, 1),
            width=6,
        ),
    ),
)
EACH = Row(
    "Each of them",
    (
        lines(
            "Calls a second",
            "What we ask of whom.",
            Unit.REQUESTS,
            Query(q.per_second(CALLS, WHERE, by="api"), "{{api}}"),
            stacked=True,
        ),
        lines(
            "Errors",
            "A step up at one of them: its status page knows more. At all: our own way out.",
            Unit.SHARE,
            Query(q.share(CALLS, FAILED, WHERE, by="api"), "{{api}}"),
            limits=ERRORS,
            most=1,
        ),
        lines(
            "Time-outs",
            "The alert is at 5%.",
            Unit.SHARE,
            Query(q.share(CALLS, 'outcome="timeout"', WHERE, by="api"), "{{api}}"),
            limits=TIME_OUTS,
            most=1,
        ),
        lines(
            "p95",
            "Of what was answered or given up. Telegram's long poll waits by its nature, up to half"
            " a minute.",
            Unit.SECONDS,
            Query(q.quantile(0.95, q.OUTSIDE, WHERE, by="api"), "{{api}}"),
            limits=SLOW,
        ),
        lines(
            "How calls end",
            "refused: it says no, and will say so again; too_many: we are over its limit and wait;"
            " cancelled: whoever asked has gone.",
            Unit.REQUESTS,
            Query(q.per_second(CALLS, WHERE, by="api, outcome") + " > 0", "{{api}}: {{outcome}}"),
            stacked=True,
        ),
        lines(
            "Breakers",
            "1 while it is not being asked. A comb of short teeth: it comes back and fails again.",
            Unit.COUNT,
            Query(f"max by (api) (boss_breaker_open{{{WHERE}}})", "{{api}}"),
            limits=Limits(None, 1),
            most=1,
        ),
        table(
            "In figures",
            "Over five minutes.",
            Query(f"api:boss_external_requests:rate5m{{{WHERE}}}", "calls", Unit.REQUESTS),
            Query(f"api:boss_external_duration_seconds:p50_5m{{{WHERE}}}", "p50", Unit.SECONDS, SLOW),
            Query(f"api:boss_external_duration_seconds:p95_5m{{{WHERE}}}", "p95", Unit.SECONDS, SLOW),
            Query(f"api:boss_external_duration_seconds:p99_5m{{{WHERE}}}", "p99", Unit.SECONDS, SLOW),
            Query(f"api:boss_external_errors:ratio_rate5m{{{WHERE}}}", "errors", Unit.SHARE, ERRORS),
            Query(
                f"api:boss_external_timeouts:ratio_rate5m{{{WHERE}}}", "time-outs", Unit.SHARE, TIME_OUTS
            ),
        ),
    ),
)  # fmt: skip
COST = Row(
    "What comes of it",
    (
        lines(
            "Deliveries, by channel",
            "What arrived where. A channel at 0 whose queue rises is not getting through.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_deliveries_total", by="channel"), "{{channel}}"),
            stacked=True,
            more="boss-notify",
        ),
        lines(
            "Not delivered",
            "Things that nobody was told: dead after all tries, or dropped for want of a way.",
            Unit.EACH_SECOND,
            Query(
                q.per_second("boss_deliveries_total", 'state=~"dead|dropped"', by="channel, state"),
                "{{channel}}: {{state}}",
            ),
            limits=Limits(None, 0.1),
            more="boss-notify",
        ),
        lines(
            "Tokens of the model, a second",
            "What is paid for.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_model_tokens_total", by="kind"), "{{kind}}"),
            stacked=True,
            more="boss-ai",
        ),
        bars(
            "The model gave nothing usable",
            "A second, by reason.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_model_failures_total", by="reason"), "{{reason}}"),
            limits=Limits(0.01, 0.1),
            width=12,
            more="boss-ai",
        ),
        bars(
            "Waiting to be sent",
            "By channel.",
            Unit.COUNT,
            Query("max by (channel) (boss_delivery_queue_depth)", "{{channel}}"),
            limits=Limits(100, 1000),
            width=12,
            more="boss-notify",
        ),
    ),
)

BOARD = Board(
    uid="boss-outside",
    title="Boss Workflow: outside APIs",
    about="What others do for us: the model, Telegram, Discord, Google, mail, Redis.",
    rows=(GLANCE, EACH, COST),
    choices=(Choice("api", "API", "label_values(boss_external_duration_seconds_count, api)"),),
)
