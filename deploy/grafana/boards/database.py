"""The database as the services see it: connections, statements, and which of them cost most."""

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

STORE = 'service="task"'
WHERE = 'service=~"$service"'
POOL = Limits(0.6, 0.8)
SLOW = Limits(0.1, 0.5)

CONNECTIONS = Row(
    "Connections",
    (
        number(
            "Fullest pool",
            "The alert is at 80%. Half of a pool is for reads, half for writes.",
            Unit.SHARE,
            Query(f"max(boss_db_pool_utilisation{{{WHERE}}})", "in use"),
            limits=POOL,
        ),
        number(
            "In line for one",
            "Callers that wait for a connection now. Who waits for 5 s is told DATABASE_BUSY.",
            Unit.COUNT,
            Query(q.total("boss_db_pool_waiting", WHERE), "waiting"),
            limits=Limits(1, 5),
        ),
        number(
            "Statements a second",
            "All services.",
            Unit.REQUESTS,
            Query(q.per_second(f"{q.QUERY}_count", WHERE), "statements"),
        ),
        number(
            "Statements a request",
            "Of the store's, for each RPC that it answers. The aim is one or two; more: something"
            " is read one by one.",
            Unit.COUNT,
            Query(
                f"{q.per_second(f'{q.QUERY}_count', STORE)} / {q.per_second(f'{q.RPC}_count', STORE)}",
                "statements",
            ),
            limits=Limits(3, 5),
        ),
        number(
            "p95 of statements",
            "95 of 100 take less.",
            Unit.SECONDS,
            Query(q.quantile(0.95, q.QUERY, WHERE), "p95"),
            limits=SLOW,
        ),
        number(
            "Connections of the server",
            "Of all that it allows, whoever holds them. At 100% nobody else gets in, not even you.",
            Unit.SHARE,
            Query(
                "max(boss_db_server_connections) / max(boss_db_server_connections_limit)", "in use"
            ),
            limits=POOL,
        ),
    ),
)
POOLS = Row(
    "Pools",
    (
        lines(
            "Pool in use",
            "Of all that each service may open. Above 80% for minutes: a slow statement holds them,"
            " or BOSS_DB_POOL_SIZE is too small for the load.",
            Unit.SHARE,
            Query(f"max by (service) (boss_db_pool_utilisation{{{WHERE}}})", "{{service}}"),
            limits=POOL,
            most=1,
        ),
        lines(
            "Connections",
            "By service and state. Idle ones cost the server memory, and spare who comes next the"
            " opening.",
            Unit.COUNT,
            Query(
                f'sum by (service, state) (boss_db_pool_connections{{{WHERE}, state!="limit"}})',
                "{{service}}, {{state}}",
            ),
            stacked=True,
        ),
        lines(
            "In line",
            "Callers that wait for a connection. It should touch 0 again and again.",
            Unit.COUNT,
            Query(q.total("boss_db_pool_waiting", WHERE, by="service"), "{{service}}"),
            limits=Limits(1, 5),
        ),
    ),
)
STATEMENTS = Row(
    "Statements",
    (
        lines(
            "Statements a second",
            "By service. It should follow the requests; faster than these: something is read one by"
            " one, or in a loop.",
            Unit.REQUESTS,
            Query(q.per_second(f"{q.QUERY}_count", WHERE, by="service"), "{{service}}"),
            stacked=True,
        ),
        lines(
            "p50, p95, p99",
            "Of all statements. p99 alone rising: locks, or one statement without its index.",
            Unit.SECONDS,
            *(
                Query(q.quantile(share, q.QUERY, WHERE), name)
                for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
            ),
            limits=SLOW,
        ),
        lines(
            "Time spent in the database",
            "Seconds each second, by service: how many connections are busy on average.",
            Unit.CORES,
            Query(q.per_second(f"{q.QUERY}_sum", WHERE, by="service"), "{{service}}"),
            stacked=True,
            limits=Limits(2, 8),
        ),
        bars(
            "Take most of it",
            "Seconds each second, by statement: how often times how long.",
            Unit.SHARE,
            Query(q.highest(12, q.per_second(f"{q.QUERY}_sum", WHERE, by="query")), "{{query}}"),
            limits=Limits(0.2, 0.5),
        ),
        bars(
            "Most frequent",
            "One far ahead of the requests is asked for in a loop.",
            Unit.REQUESTS,
            Query(q.highest(12, q.per_second(f"{q.QUERY}_count", WHERE, by="query")), "{{query}}"),
        ),
        bars(
            "Slowest, p95",
            "The plan of each that took over a second is in the log of its service.",
            Unit.SECONDS,
            Query(q.highest(12, q.quantile(0.95, q.QUERY, WHERE, by="query")), "{{query}}"),
            limits=SLOW,
        ),
        table(
            "Each statement",
            "Over five minutes; names are those in the code (docs/database.md).",
            Query(f"query:boss_db_queries:rate5m{{{WHERE}}}", "statements", Unit.REQUESTS),
            Query(
                q.average(q.QUERY, WHERE, by="service, query", window="5m"),
                "mean",
                Unit.SECONDS,
                SLOW,
            ),
            Query(
                f"query:boss_db_query_duration_seconds:p95_5m{{{WHERE}}}", "p95", Unit.SECONDS, SLOW
            ),
            Query(
                f"query:boss_db_query_seconds:rate5m{{{WHERE}}}",
                "busy",
                Unit.SHARE,
                Limits(0.2, 0.5),
            ),
        ),
    ),
)

BOARD = Board(
    uid="boss-database",
    title="Boss Workflow: database",
    about="Connections and statements, as the services see them.",
    rows=(CONNECTIONS, POOLS, STATEMENTS),
    choices=(
        Choice("service", "Service", "label_values(boss_db_query_duration_seconds_count, service)"),
    ),
)
