"""The store: its calls, what is written, its log and its clock."""

from deploy.grafana.boards import promql as q
from deploy.grafana.boards.panels import Limits, Query, Row, Unit, lines, number
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
            "Certainty of the log",
            "How long ago the process knew for sure where the log ends; it looks 20 times a second."
            " Above a second: followers hear late, and caches are not used.",
            Unit.SECONDS,
            Query(f"max by (instance) (boss_log_head_age_seconds{{{TASK}}})", "{{instance}}"),
            limits=Limits(0.5, 1),
            width=12,
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

TASKS = Row(
    "Tasks",
    (
        lines(
            "Open tasks, by state",
            "Of all workspaces. “blocked” growing: people wait for each other.",
            Unit.COUNT,
            Query(f"max by (state) (boss_tasks_open{{{TASK}}})", "{{state}}"),
            stacked=True,
            width=12,
        ),
        number(
            "Overdue",
            "Open tasks whose deadline has passed, in all workspaces.",
            Unit.COUNT,
            Query(f"max(boss_tasks_overdue{{{TASK}}})", "overdue"),
            width=6,
        ),
        number(
            "Wait for approval",
            "Handed in, and nobody has looked yet.",
            Unit.COUNT,
            Query(f"max(boss_tasks_awaiting_approval{{{TASK}}})", "waiting"),
            width=6,
        ),
    ),
)


BOARD = service(
    "task",
    "The store: tasks, people, the log of what has happened.",
    *calls(TASK),
    STORE,
    database(TASK),
    process(TASK),
)
