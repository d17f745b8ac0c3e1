"""How much more would fit, and what gives way first."""

from deploy.grafana.boards import promql as q
from deploy.grafana.boards.panels import Board, Limits, Query, Row, Unit, bars, lines, number

FULL = Limits(0.7, 0.9)
AGE = Limits(10, 60)
STORE = 'service="task"'
CPU = f'rate(process_cpu_seconds_total{{job="boss"}}[{q.WINDOW}])'
REQUESTS = q.per_second(f"{q.HTTP}_count", q.ASKED_ROUTES)

GLANCE = Row(
    "Headroom",
    (
        number(
            "Busiest process",
            "Cores in use; a process can use one. Above 0.7: start another of its kind.",
            Unit.SHARE,
            Query(f"max({CPU})", "busy"),
            limits=FULL,
            width=6,
        ),
        number(
            "Requests a second that would fit",
            "At the present mix, until the busiest process is full: the rate now, divided by how"
            " busy it is. docs/capacity.md has what each kind of request costs.",
            Unit.REQUESTS,
            Query(f"{REQUESTS} / max({CPU})", "would fit"),
            width=6,
        ),
        number(
            "Fullest pool",
            "Connections in use, of those that a process may open.",
            Unit.SHARE,
            Query("max(boss_db_pool_utilisation)", "in use"),
            limits=Limits(0.6, 0.8),
            width=6,
            more="boss-database",
        ),
        number(
            "Connections of the server",
            "All that are open, of those that PostgreSQL allows: replicas × 30 + 10 must fit.",
            Unit.SHARE,
            Query("max(boss_db_server_connections) / max(boss_db_server_connections_limit)", "open"),
            limits=Limits(0.6, 0.8),
            width=6,
            more="boss-database",
        ),
    ),
)  # fmt: skip
PROCESSES = Row(
    "Processes",
    (
        lines(
            "CPU, by process",
            "Each can use one core. The first to reach it is the next ceiling.",
            Unit.CORES,
            Query(CPU, "{{service}} {{instance}}"),
            limits=FULL,
            most=1,
        ),
        lines(
            "CPU a request",
            "Seconds of CPU of each service for each HTTP request. Rising with the same mix: a"
            " change has made it dearer, or the cache has become colder.",
            Unit.SECONDS,
            Query(
                f'sum by (service) (rate(process_cpu_seconds_total{{job="boss"}}[{q.WINDOW}]))'
                f" / scalar({REQUESTS})",
                "{{service}}",
            ),
            stacked=True,
            limits=Limits(0.01, 0.05),
        ),
        lines(
            "Memory, by process",
            "Resident; it levels out. What each is at a start, and at rest under load, is in"
            " docs/capacity.md.",
            Unit.BYTES,
            Query('process_resident_memory_bytes{job="boss"}', "{{service}} {{instance}}"),
            limits=Limits(400e6, 800e6),
        ),
    ),
)
QUEUES = Row(
    "Queues",
    (
        lines(
            "Age of the oldest",
            "The first in line of each queue. One that rises steadily is fed faster than it is"
            " emptied.",
            Unit.SECONDS,
            Query("max(boss_inbox_oldest_age_seconds)", "messages"),
            Query("max by (channel) (boss_delivery_queue_oldest_seconds)", "deliveries, {{channel}}"),
            Query("max(boss_task_clock_lag_seconds)", "the clock"),
            limits=AGE,
        ),
        lines(
            "Length",
            "How much waits.",
            Unit.COUNT,
            Query("max(boss_inbox_depth)", "messages"),
            Query("sum(max by (channel) (boss_delivery_queue_depth))", "deliveries"),
            Query("max by (consumer) (boss_log_lag)", "log, for {{consumer}}"),
            limits=Limits(100, 1000),
        ),
        lines(
            "In line for a connection",
            "Callers that wait, by service.",
            Unit.COUNT,
            Query("sum by (service) (boss_db_pool_waiting)", "{{service}}"),
            limits=Limits(1, 5),
        ),
    ),
)  # fmt: skip
LOAD = Row(
    "Load",
    (
        lines(
            "Requests, calls, statements",
            "A second. The steps between them say how much work a request makes.",
            Unit.REQUESTS,
            Query(REQUESTS, "requests"),
            Query(q.per_second(f"{q.RPC}_count"), "calls"),
            Query(q.per_second(f"{q.QUERY}_count"), "statements"),
        ),
        lines(
            "Statements a call",
            "Of the store. The aim is one or two.",
            Unit.COUNT,
            Query(
                f"{q.per_second(f'{q.QUERY}_count', STORE)} / {q.per_second(f'{q.RPC}_count', STORE)}",
                "statements a call",
            ),
            limits=Limits(3, 5),
        ),
        bars(
            "Free disk",
            "Where the state folder is. PostgreSQL stops when there is none.",
            Unit.SHARE,
            Query("min by (service) (boss_disk_free_ratio)", "{{service}}"),
            limits=Limits(0.2, 0.1, low=True),
        ),
        lines(
            "Size of the database",
            "On disk. docs/database.md says what a task takes.",
            Unit.BYTES,
            Query("max(boss_db_bytes)", "database"),
        ),
        bars(
            "Open files and sockets",
            "Of those that a process may open.",
            Unit.SHARE,
            Query(
                'process_open_fds{job="boss"} / process_max_fds{job="boss"}',
                "{{service}} {{instance}}",
            ),
            limits=Limits(0.5, 0.8),
        ),
    ),
)

BOARD = Board(
    uid="boss-capacity",
    title="Boss Workflow: capacity",
    about="How much more would fit, and what gives way first.",
    rows=(GLANCE, PROCESSES, QUEUES, LOAD),
    since="now-6h",
    refresh="30s",
)
