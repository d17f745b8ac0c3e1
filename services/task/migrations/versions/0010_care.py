"""Indexes for every common way to ask."""

from alembic import op

from services.runtime.ddl import create_index

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    # No plan for whatever project can use one of only those that have any.
    op.execute("DROP INDEX task.tasks_by_project")
    create_index("tasks_of_project", on="task.tasks (workspace_id, project, created_at, number)")
    create_index(
        "tasks_open_by_deadline",
        on="task.tasks (workspace_id, coalesce(deadline, 'infinity'::timestamptz), number)"
        " WHERE status < 7 AND deleted_at IS NULL",
    )
    create_index("tasks_of_tag", on="task.tasks USING gin (workspace_id, tags)")
    create_index("tasks_by_title", on="task.tasks (workspace_id, lower(title), number)")
    create_index(
        "tokens_preset", on="task.tokens (workspace_id) WHERE preset AND revoked_at IS NULL"
    )
    # They follow those of 0001 to 0008 that 0013 drops, so that no reader lacks one meanwhile.
    create_index("comments_of_task", on="task.comments (workspace_id, task_number, id)")
    create_index(
        "time_entries_of_task", on="task.time_entries (workspace_id, task_number, day, id)"
    )
