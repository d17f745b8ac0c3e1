"""Indexes for the common ways to ask that tables did not begin with; `docs/database.md` has all.

Each is there because a statement of the code reads it: a test looks at the plans.
"""

from __future__ import annotations

import sqlalchemy as sa

from services.task.schema.core import DUE, SHOWN, tasks, tokens

INDEXES = (
    # What is done gathers where deadlines are long past: open tasks by deadline would read it all.
    sa.Index(
        "tasks_open_by_deadline",
        tasks.c.workspace_id,
        DUE,
        tasks.c.number,
        postgresql_where=sa.and_(tasks.c.status < sa.text("7"), SHOWN),
    ),
    # Not only where there is a project: of a parameter nobody knows that it is not empty.
    sa.Index(
        "tasks_of_project",
        tasks.c.workspace_id,
        tasks.c.project,
        tasks.c.created_at,
        tasks.c.number,
    ),
    # With the workspace: the same tag in others costs nothing.
    sa.Index("tasks_of_tag", tasks.c.workspace_id, tasks.c.tags, postgresql_using="gin"),
    sa.Index("tasks_by_title", tasks.c.workspace_id, sa.func.lower(tasks.c.title), tasks.c.number),
    sa.Index(
        "tokens_preset",
        tokens.c.workspace_id,
        postgresql_where=sa.and_(tokens.c.preset, tokens.c.revoked_at.is_(None)),
    ),
)
