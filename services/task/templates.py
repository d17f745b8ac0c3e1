"""A workspace's own templates, read whole: there are a hundred at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.task.model import Priority, WorkspaceId
from services.task.rules.templates import Stored, Template

READ_TEMPLATES = Hot(
    "read_templates",
    sa.text(
        """
SELECT id, name, about, priority, tags, type, criteria, estimate_minutes, subtasks, version
FROM task.templates WHERE workspace_id = CAST(:workspace AS bigint)
"""
    ),
)


def of_rows(rows: Sequence[Mapping[str, Any]]) -> list[Stored]:
    """The templates of rows with these columns."""
    return [
        Stored(
            Template(
                name=row["name"],
                about=row["about"],
                priority=None if row["priority"] is None else Priority(row["priority"]),
                tags=tuple(row["tags"]),
                type=row["type"],
                criteria=tuple(row["criteria"]),
                estimate_minutes=row["estimate_minutes"],
                subtasks=tuple(row["subtasks"]),
            ),
            row["id"],
            row["version"],
        )
        for row in rows
    ]


async def own(database: Database, workspace: WorkspaceId) -> list[Stored]:
    """The workspace's own ones."""
    return of_rows(await database.hot_rows(READ_TEMPLATES, workspace=workspace))
