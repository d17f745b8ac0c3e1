"""The first look: is all well, and if not, where to look next."""

from deploy.grafana.boards import promql as q
from deploy.grafana.boards.panels import Board, Limits, Query, Row, Unit, bars, lines, number, table

ERRORS = Limits(0.005, 0.01)
SLOW = Limits(0.3, 0.5)
POOL = Limits(0.6, 0.8)
HITS = Limits(0.75, 0.6, low=True)

GLANCE = Row(
    "At a glance",
    (
        number(
            "Services up",
            "How many of each service Prometheus reaches. Less than before: one has ended, and its"
            " log says why.",
            Unit.COUNT,
            Query('sum by (service) (up{job="boss"})', "{{service}}"),
            limits=Limits(None, 1, low=True),
            width=8,
        ),
        number(
            "HTTP p95",
            "95 of 100 requests are answered within this, without streams, conversations and"
            " exports. The alert is at 500 ms; the aim is 300.",
            Unit.SECONDS,
            Query(q.quantile(0.95, q.HTTP, q.PROMPT_ROUTES), "p95"),
            limits=SLOW,
            more="boss-gateway",
        ),
        number(
            "Requests a second",
            "What comes in, without probes. A fall to nothing at an hour of work is an outage in"
            " front of us.",
            Unit.REQUESTS,
            Query(q.per_second(f"{q.HTTP}_count", q.ASKED_ROUTES), "requests"),
            more="boss-gateway",
        ),
        number(
            "Error rate",
            "The share of requests that ended in a 5xx. The alert is at 1%.",
            Unit.SHARE,
            Query(q.failed_requests(q.ASKED_ROUTES), "errors"),
            limits=ERRORS,
            more="boss-slo",
        ),
        number(
            "Cache hits",
            "The share of questions answered from memory. Below 60% is an alert: many writes, too"
            " little memory, or a broken stream of events.",
            Unit.SHARE,
            Query(q.share("boss_cache_requests_total", 'result="hit"'), "hits"),
            limits=HITS,
            more="boss-cache",
        ),
    ),
)
REQUESTS = Row(
    "Requests",
    (
        lines(
            "Response time",
            "p50 is what people feel, p99 what they remember. p50 and p99 rising together: all is"
            " slow; p99 alone: one route or one statement is.",
            Unit.SECONDS,
            *(
                Query(q.quantile(share, q.HTTP, q.PROMPT_ROUTES), name)
                for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
            ),
            limits=SLOW,
            more="boss-gateway",
        ),
        lines(
            "Requests a second, by status",
            "4xx rising alone: a caller does something wrong (401: a token ran out; 429: a limit)."
            " 5xx: we do.",
            Unit.REQUESTS,
            Query(
                "sum by (class) (label_replace(rate(boss_http_duration_seconds_count"
                f'{{{q.ASKED_ROUTES}}}[{q.WINDOW}]), "class", "${{1}}xx", "status", "(.).."))',
                "{{class}}",
            ),
            stacked=True,
            more="boss-gateway",
        ),
        lines(
            "Error rate, by service",
            "The gateway's is of HTTP requests, the others' of RPCs. The service that fails deepest"
            " in the chain (gateway → ai → task) is the one to look at.",
            Unit.SHARE,
            Query(q.failed_requests(q.ASKED_ROUTES), "gateway"),
            Query(q.failed_calls(by="service"), "{{service}}"),
            limits=ERRORS,
        ),
    ),
)
BELOW = Row(
    "What is below",
    (
        lines(
            "Connections in use",
            "Of each service's pool. Above 80% is an alert: requests begin to stand in line.",
            Unit.SHARE,
            Query("max by (service) (boss_db_pool_utilisation)", "{{service}}"),
            limits=POOL,
            most=1,
            more="boss-database",
        ),
        lines(
            "Cache hits, by sort of answer",
            "Each falls for a moment after a write in its workspace. One that stays low is asked"
            " for what nobody asks twice, or lives too short.",
            Unit.SHARE,
            Query(q.share("boss_cache_requests_total", 'result="hit"', by="cache"), "{{cache}}"),
            limits=HITS,
            most=1,
            more="boss-cache",
        ),
        lines(
            "Waiting work",
            "Messages not handled yet, events not read yet, deliveries not sent yet. A line that"
            " only rises: who works it off is down or too slow.",
            Unit.COUNT,
            Query("max(boss_inbox_depth)", "messages"),
            Query("max by (consumer) (boss_log_lag)", "log, for {{consumer}}"),
            Query("sum(max by (channel) (boss_delivery_queue_depth))", "deliveries"),
            limits=Limits(100, 1000),
            more="boss-capacity",
        ),
    ),
)
SLOWEST = Row(
    "The slowest",
    (
        table(
            "Slowest endpoints",
            "The ten routes with the highest p95 of the last five minutes. Look at those with many"
            " requests first; the rate times p95 is what people wait.",
            Query(
                f"topk(10, {q.quantile(0.95, q.HTTP, q.PROMPT_ROUTES, by='route, method', window='5m')} > 0)",
                "p95",
                Unit.SECONDS,
                SLOW,
            ),
            Query(
                q.per_second(f"{q.HTTP}_count", q.PROMPT_ROUTES, by="route, method", window="5m"),
                "requests",
                Unit.REQUESTS,
            ),
            width=12,
            more="boss-gateway",
        ),
        bars(
            "Slowest statements, p95",
            "By their name in the code. Over 100 ms under ordinary load: read its plan in the log"
            " (“plan of a slow query”).",
            Unit.SECONDS,
            Query(q.highest(8, q.quantile(0.95, q.QUERY, by="query", window="5m")), "{{query}}"),
            limits=Limits(0.1, 0.5),
            width=6,
            height=9,
            more="boss-database",
        ),
        bars(
            "Outside APIs, time-outs",
            "The share of calls to each that had no answer in time. Above 5% is an alert.",
            Unit.SHARE,
            Query(
                q.share(f"{q.OUTSIDE}_count", 'outcome="timeout"', by="api", window="5m"),
                "{{api}}",
            ),
            limits=Limits(0.02, 0.05),
            width=6,
            height=9,
            more="boss-outside",
        ),
    ),
)

BOARD = Board(
    uid="boss-overview",
    title="Boss Workflow: overview",
    about="Is all well, and if not, where to look next.",
    rows=(GLANCE, REQUESTS, BELOW, SLOWEST),
    since="now-30m",
)
