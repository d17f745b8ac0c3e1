"""What the log keeps, and for how long: whose images were erased, and how far that has come."""

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = (
    "ALTER TABLE task.events ADD COLUMN erased BOOLEAN NOT NULL DEFAULT false",
    """
CREATE TABLE task.retention (
    workspace_id BIGINT PRIMARY KEY REFERENCES task.workspaces (id),
    erased_to BIGINT NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL
)
""",
    "CREATE INDEX retention_by_time ON task.retention (next_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
