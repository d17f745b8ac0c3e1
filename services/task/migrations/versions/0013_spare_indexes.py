"""What the indexes of 0010 have replaced."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("DROP INDEX task.comments_by_task")
    op.execute("DROP INDEX task.time_entries_by_task")
    op.execute("DROP INDEX task.tasks_by_tag")
