"""From which time a series of repeated tasks counts, whatever becomes of one of them."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("ALTER TABLE task.tasks ADD COLUMN anchor timestamptz")
