"""The store: its calls, what is written, its log and its clock."""

from deploy.grafana.boards import promql as q
from deploy.grafana.boards.panels import Query, Row, Unit, lines
from deploy.grafana.boards.service import AGE, at, calls, database, process, service

TASK = at("task")

STORE = Row(
    "The store",
    (
        lines(
            "Writes on tasks",
            "By what they do and how they ended; “replayed” is a repeat of a request that was"
            " answered with its first answer.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_task_acts_total", TASK, by="method, outcome"), "{{method}}: {{outcome}}"),
            stacked=True,
            width=6,
        ),
        lines(
            "Events of the log",
            "What has happened, as everybody hears of it. It follows the writes; less than these:"
            " numbering stands.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_log_events_total", TASK), "numbered"),
            Query(f"max(rate(boss_log_head{{{TASK}}}[{q.WINDOW}]))", "head"),
            width=6,
        ),
        lines(
            "Followers of the log",
            "Streams that are open: each gateway, notify and ai has its own. Fewer than there are"
            " processes: somebody does not hear.",
            Unit.COUNT,
            Query(q.total("boss_log_watchers", TASK), "streams"),
            width=6,
        ),
        lines(
            "Lag of the clock",
            "How long what is due longest (reminders, series, overdue) has waited.",
            Unit.SECONDS,
            Query(f"max(boss_task_clock_lag_seconds{{{TASK}}})", "lag"),
            limits=AGE,
            width=6,
        ),
        lines(
            "What the clock has done",
            "By kind; failures are tasks of which it could not say what is due.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_task_clock_total", TASK, by="kind"), "{{kind}}"),
            Query(q.per_second("boss_task_clock_failures_total", TASK), "failures"),
            width=12,
        ),
    ),
)  # fmt: skip


BOARD = service(
    "task",
    "The store: tasks, people, the log of what has happened.",
    *calls(TASK),
    STORE,
    database(TASK),
    process(TASK),
)
