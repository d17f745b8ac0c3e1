"""What members see by, and more of people and workspaces."""

from services.runtime.ddl import create_index

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    create_index("tasks_by_creator", on="task.tasks (workspace_id, creator, number)")
    create_index(
        "tasks_suggested", on="task.tasks (workspace_id, number) WHERE suggested <> '{}'"
    )
    create_index(
        "task_watchers_by_person",
        on="task.task_watchers (workspace_id, person_id, task_number)",
    )
