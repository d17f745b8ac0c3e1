"""What the dashboards of the four services have in common: calls, database, loops, process."""

from deploy.grafana.boards import promql as q
from deploy.grafana.boards.panels import (
    Board,
    Choice,
    Limits,
    Panel,
    Query,
    Row,
    Unit,
    bars,
    lines,
    number,
    table,
)

OK = 'code="OK"'
ERRORS = Limits(0.005, 0.01)
SLOW = Limits(0.3, 0.5)
AGE = Limits(10, 60)


def at(service: str) -> str:
    """Return the matcher of a service's chosen instances."""
    return f'service="{service}", instance=~"$instance"'


def instances(service: str) -> Choice:
    """Return the variable of a service's processes."""
    return Choice(
        "instance", "Instance", f'label_values(up{{job="boss", service="{service}"}}, instance)'
    )


def process(where: str, *, loops: bool = True) -> Row:
    """Return what every process shows of itself; `loops`: it has some that are begun again."""
    surprises = [Query(q.per_second("boss_defects_total", where), "defects")]
    if loops:
        surprises.append(Query(q.per_second("boss_restarts_total", where), "restarts"))
    return Row(
        "The process",
        (
            lines(
                "CPU",
                "Cores in use. A process has one thread that matters: near 1 it is full, and"
                " everything in it waits.",
                Unit.CORES,
                Query(f"rate(process_cpu_seconds_total{{{where}}}[{q.WINDOW}])", "{{instance}}"),
                limits=Limits(0.7, 0.9),
                width=6,
                more="boss-capacity",
            ),
            lines(
                "Memory",
                "Resident. It grows at the start and with the cache, then stays; a line that keeps"
                " rising over days is a leak.",
                Unit.BYTES,
                Query(f"process_resident_memory_bytes{{{where}}}", "{{instance}}"),
                limits=Limits(400e6, 800e6),
                width=6,
                more="boss-capacity",
            ),
            lines(
                "Open files",
                "Sockets and files, as a share of what the process may open.",
                Unit.SHARE,
                Query(f"process_open_fds{{{where}}} / process_max_fds{{{where}}}", "{{instance}}"),
                limits=Limits(0.5, 0.8),
                width=6,
            ),
            lines(
                "Defects and restarts",
                "Errors that nobody foresaw, and coroutines begun again after one. Anything above"
                " 0 has a traceback in the log.",
                Unit.EACH_SECOND,
                *surprises,
                limits=Limits(None, 0.001),
                width=6,
            ),
        ),
    )


def database(where: str) -> Row:
    """Return a service's pool and statements."""
    return Row(
        "Its database",
        (
            lines(
                "Connections",
                "In use and idle, beside how many may be opened. In use at the limit: callers stand"
                " in line.",
                Unit.COUNT,
                Query(q.total("boss_db_pool_connections", where, by="state"), "{{state}}"),
                width=6,
                more="boss-database",
            ),
            lines(
                "In line for a connection",
                "Above 0 for long: too few connections, or statements that hold them too long.",
                Unit.COUNT,
                Query(q.total("boss_db_pool_waiting", where, by="instance"), "{{instance}}"),
                limits=Limits(1, 5),
                width=6,
                more="boss-database",
            ),
            bars(
                "Statements that take most",
                "Seconds of database for each second, by statement: how often times how long. Here"
                " an improvement pays.",
                Unit.SHARE,
                Query(q.highest(8, q.per_second(f"{q.QUERY}_sum", where, by="query")), "{{query}}"),
                limits=Limits(0.2, 0.5),
                width=6,
                more="boss-database",
            ),
            bars(
                "Slowest statements, p95",
                "By name in the code. Over 100 ms under ordinary load: read its plan in the log.",
                Unit.SECONDS,
                Query(q.highest(8, q.quantile(0.95, q.QUERY, where, by="query")), "{{query}}"),
                limits=Limits(0.1, 0.5),
                width=6,
                more="boss-database",
            ),
        ),
    )


def glance(where: str, requests: str, p95: str, errors: str, slow: Limits = SLOW) -> Row:
    """Return the line of numbers at the top."""
    return Row(
        "At a glance",
        (
            number(
                "Ready",
                "Whether each process says that it is ready; no: what it needs is down.",
                Unit.YES_NO,
                Query(f"min by (instance) (boss_ready{{{where}}})", "{{instance}}"),
                limits=Limits(None, 1, low=True),
            ),
            number("Requests a second", "All that it answers.", Unit.REQUESTS, Query(requests, "requests")),
            number(
                "p95", "Without what waits by its nature.", Unit.SECONDS, Query(p95, "p95"), limits=slow
            ),
            number(
                "Error rate",
                "The share that it failed to answer; the caller's faults are not in it.",
                Unit.SHARE,
                Query(errors, "errors"),
                limits=ERRORS,
                more="boss-slo",
            ),
            number(
                "CPU",
                "Cores in use, all instances.",
                Unit.CORES,
                Query(q.per_second("process_cpu_seconds_total", where), "cores"),
                more="boss-capacity",
            ),
            number(
                "Memory",
                "Resident, all instances.",
                Unit.BYTES,
                Query(q.total("process_resident_memory_bytes", where), "resident"),
                more="boss-capacity",
            ),
        ),
    )  # fmt: skip


def calls(where: str, timed: str = q.PROMPT_METHODS, slow: Limits = SLOW) -> tuple[Row, Row]:
    """Return the rates, errors and durations of a service's RPCs; those `timed` are in the p95."""
    prompt = f"{where}, {timed}"
    window = "5m"
    top = glance(
        where,
        q.per_second(f"{q.RPC}_count", where),
        q.quantile(0.95, q.RPC, prompt),
        q.failed_calls(where),
        slow,
    )
    detail = Row(
        "Calls",
        (
            lines(
                "Calls a second, by method",
                "Which methods the load is made of. One that jumps: a caller asks in a loop.",
                Unit.REQUESTS,
                Query(
                    q.highest(10, q.per_second(f"{q.RPC}_count", where, by="method")), "{{method}}"
                ),
                stacked=True,
            ),
            lines(
                "p95, by method",
                "One method rising alone: its statements. All together: CPU or connections.",
                Unit.SECONDS,
                Query(q.highest(10, q.quantile(0.95, q.RPC, where, by="method")), "{{method}}"),
                limits=slow,
            ),
            lines(
                "Calls that did not end well, by code",
                "NOT_FOUND, INVALID_ARGUMENT, ABORTED and the like are the caller's; INTERNAL and"
                " UNAVAILABLE are ours. OK is left out.",
                Unit.REQUESTS,
                Query(q.per_second("boss_rpc_errors_total", where), "failed by us"),
                Query(
                    f"{q.per_second(f'{q.RPC}_count', where)} - {q.per_second(f'{q.RPC}_count', f'{where}, {OK}')}",
                    "not OK",
                ),
                limits=Limits(None, 1),
            ),
            table(
                "Each method",
                "Over five minutes. Sort by a column to see what is slow, and what is frequent.",
                Query(q.per_second(f"{q.RPC}_count", where, by="method", window=window), "calls", Unit.REQUESTS),
                Query(q.quantile(0.5, q.RPC, where, by="method", window=window), "p50", Unit.SECONDS, slow),
                Query(q.quantile(0.95, q.RPC, where, by="method", window=window), "p95", Unit.SECONDS, slow),
                Query(q.quantile(0.99, q.RPC, where, by="method", window=window), "p99", Unit.SECONDS, slow),
                Query(q.failed_calls(where, by="method", window=window), "errors", Unit.SHARE, ERRORS),
            ),
        ),
    )  # fmt: skip
    return top, detail


def loops(where: str) -> Panel:
    """Return how claimed work ends."""
    return lines(
        "Claims, by loop and outcome",
        "Pieces of claimed work (chats, destinations). “failed” ones come again, with pauses.",
        Unit.EACH_SECOND,
        Query(q.per_second("boss_claims_total", where, by="loop, outcome"), "{{loop}}: {{outcome}}"),
        width=12,
    )  # fmt: skip


def loop_times(where: str) -> Panel:
    """Return how long claimed work takes."""
    return lines(
        "Time of a claim, p95",
        "How long one piece takes, by loop.",
        Unit.SECONDS,
        Query(q.quantile(0.95, "boss_claim_duration_seconds", where, by="loop"), "{{loop}}"),
        limits=Limits(5, 30),
        width=12,
    )


def work(where: str) -> Row:
    """Return the loops that work off a queue."""
    return Row("Its loops", (loops(where), loop_times(where)))


def service(name: str, about: str, *rows: Row) -> Board:
    """Return the dashboard of a service."""
    return Board(f"boss-{name}", f"Boss Workflow: {name}", about, rows, (instances(name),))
