"""What the index of 0015 has replaced."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("DROP INDEX task.tasks_by_legacy_id")
