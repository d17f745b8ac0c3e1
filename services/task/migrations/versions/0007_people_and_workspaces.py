"""What members see by; accounts, names and tokens of people; when a workspace last changed."""

from alembic import op

from services.runtime.ddl import create_index

revision = "0007"
down_revision = "0006"

# People are locked before a reference to them is made, which wants a weaker lock.
STATEMENTS = """
LOCK TABLE task.people;
ALTER TABLE task.workspaces ADD COLUMN touched BIGINT DEFAULT 0 NOT NULL;
ALTER TABLE task.tokens ADD COLUMN preset BOOLEAN DEFAULT false NOT NULL;
UPDATE task.tokens SET preset = true WHERE workspace_id = 1 AND label = 'owner';
CREATE TABLE task.telegram_accounts (
    person_id BIGINT NOT NULL PRIMARY KEY REFERENCES task.people (id),
    telegram_id BIGINT NOT NULL,
    proven_at timestamptz NOT NULL
);
ALTER TABLE task.people DROP CONSTRAINT IF EXISTS people_telegram;
DELETE FROM task.person_names AS name USING task.people AS person
WHERE person.id = name.person_id AND person.status = 3;
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";"):
        if statement.strip():
            op.execute(statement)
    create_index(
        "people_telegram",
        on="task.people (workspace_id, telegram_id) WHERE status <> 3",
        unique=True,
    )
    create_index(
        "people_by_workspace",
        on="task.people (workspace_id, lower(display_name), id)",
    )
    create_index("tasks_by_creator", on="task.tasks (workspace_id, creator, number)")
    create_index("tasks_suggested", on="task.tasks (workspace_id, number) WHERE suggested <> '{}'")
    create_index(
        "task_watchers_by_person",
        on="task.task_watchers (workspace_id, person_id, task_number)",
    )
