"""What statistics are read from: indexes that cover tasks, and two small ones over the log."""

from services.runtime.ddl import create_index

revision = "0006"
down_revision = "0005"

INDEXES = {
    "tasks_for_figures": """task.tasks (workspace_id, number)
        INCLUDE (status, priority, project, created_at, completed_at, deadline, status_since,
            estimate_minutes)
        WHERE deleted_at IS NULL""",
    "events_of_starts": """task.events (workspace_id, task_number, at)
        WHERE type = 3 AND position IS NOT NULL""",
    "events_of_setbacks": """task.events (workspace_id, at)
        WHERE position IS NOT NULL
            AND changed && '{delay_count,revision_count,reopen_count}'""",
}


def upgrade() -> None:
    for name, on in INDEXES.items():
        create_index(name, on=on)
