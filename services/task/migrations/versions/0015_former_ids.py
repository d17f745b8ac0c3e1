"""What the predecessor called a task is free again once the task is deleted."""

from services.runtime.ddl import create_index

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    create_index(
        "tasks_by_former_id",
        on="task.tasks (workspace_id, legacy_id) WHERE legacy_id <> '' AND deleted_at IS NULL",
        unique=True,
    )
