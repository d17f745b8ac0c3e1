"""More of a task: why it is blocked, who was asked to take it, its series, its archive.

New columns have constant defaults, which PostgreSQL keeps in its catalogue: no row is written.
"""

from alembic import op

from services.runtime.ddl import create_index

revision = "0003"
down_revision = "0002"

STATEMENTS = """
ALTER TABLE task.tasks
    ADD COLUMN reason TEXT DEFAULT '' NOT NULL,
    ADD COLUMN block_reason SMALLINT,
    ADD COLUMN returns_to SMALLINT,
    ADD COLUMN delay_count INTEGER DEFAULT 0 NOT NULL,
    ADD COLUMN delay_reason TEXT DEFAULT '' NOT NULL,
    ADD COLUMN reopen_count INTEGER DEFAULT 0 NOT NULL,
    ADD COLUMN submit_by_one BOOLEAN DEFAULT false NOT NULL,
    ADD COLUMN suggested BIGINT[] DEFAULT '{}' NOT NULL,
    ADD COLUMN place INTEGER DEFAULT 0 NOT NULL,
    ADD COLUMN archived_at timestamptz,
    ADD COLUMN repeats SMALLINT DEFAULT 1 NOT NULL,
    ADD COLUMN recurrence_paused BOOLEAN DEFAULT false NOT NULL,
    ADD COLUMN occurrence INTEGER DEFAULT 1 NOT NULL,
    ADD COLUMN successor BIGINT,
    ADD COLUMN legacy_id TEXT DEFAULT '' NOT NULL,
    ADD COLUMN clock_at timestamptz;
ALTER TABLE task.events
    ADD COLUMN detail JSONB,
    ADD COLUMN origin TEXT DEFAULT '' NOT NULL;
ALTER TABLE task.workspaces ADD COLUMN settings JSONB DEFAULT '{}' NOT NULL;
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";"):
        if statement.strip():
            op.execute(statement)
    create_index("tasks_by_clock", on="task.tasks (clock_at) WHERE clock_at IS NOT NULL")
    create_index(
        "tasks_by_legacy_id",
        on="task.tasks (workspace_id, legacy_id) WHERE legacy_id <> ''",
        unique=True,
    )
