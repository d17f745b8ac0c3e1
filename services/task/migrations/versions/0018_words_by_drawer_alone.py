"""What the index of 0014 has replaced."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute("DROP INDEX task.texts_by_words")
