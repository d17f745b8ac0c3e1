"""What somebody's count leaves out: what is archived too."""

from alembic import op

from services.runtime.ddl import create_index

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    create_index(
        "tasks_hidden",
        on="task.tasks (workspace_id, number) "
        "WHERE deleted_at IS NOT NULL OR archived_at IS NOT NULL",
    )
    op.execute("DROP INDEX task.tasks_deleted")
