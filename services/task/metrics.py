"""The store's own metrics; the rest come with the runtime."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from services.runtime.metrics import expect
from services.task.rules.clock import Saying

NUMBERED = Counter("boss_log_events_total", "Events that this process has given a position")
HEAD = Gauge("boss_log_head", "The newest position of the log that this process knows")
WATCHERS = Gauge("boss_log_watchers", "Streams of the log that are open")
ACTS = Counter("boss_task_acts_total", "Writes on tasks, by what they do", ["method", "outcome"])
CLOCK = Counter("boss_task_clock_total", "What the clock has said or done, by kind", ["kind"])
expect(CLOCK, (saying.value for saying in Saying))
CLOCK_LAG = Gauge("boss_task_clock_lag_seconds", "How long what is due longest has waited")
CLOCK_FAILURES = Counter(
    "boss_task_clock_failures_total", "Tasks of which the clock could not say what is due"
)
CLOCK_TICKED = Gauge(
    "boss_task_clock_ticked_timestamp_seconds", "When the clock's last round of what is due ended"
)
HEAD_AGE = Gauge(
    "boss_log_head_age_seconds", "How long ago this process knew for sure where the log ends"
)
OPEN = Gauge("boss_tasks_open", "Open tasks of all workspaces, by state", ["state"])
OVERDUE = Gauge("boss_tasks_overdue", "Open tasks whose deadline has passed")
APPROVALS = Gauge("boss_tasks_awaiting_approval", "Tasks that wait for somebody's approval")
SERVER_CONNECTIONS = Gauge(
    "boss_db_server_connections", "Connections to the database's server, whoever has them"
)
SERVER_CONNECTIONS_LIMIT = Gauge(
    "boss_db_server_connections_limit", "As many as it takes (max_connections)"
)
DATABASE_BYTES = Gauge("boss_db_bytes", "Size of the database on disk")
