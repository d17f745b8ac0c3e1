"""A task's comments, read by page, the oldest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.task.model import Attachment, TaskNumber, WorkspaceId
from services.task.rules.comments import Comment

COLUMNS = """comment.id, comment.task_number, comment.author, comment.text, comment.at,
    comment.edited_at, comment.deleted_at, comment.mentions,
    CAST(comment.attachments AS text) AS attachments"""

LIST_COMMENTS = Hot(
    "list_comments",
    sa.text(
        f"""
WITH page AS (
    SELECT * FROM task.comments
    WHERE workspace_id = CAST(:workspace AS bigint) AND task_number = CAST(:number AS bigint)
        AND deleted_at IS NULL AND id > CAST(:after AS bigint)
    ORDER BY id LIMIT CAST(:limit AS integer)
), total AS (
    SELECT count(*) AS total FROM task.comments
    WHERE workspace_id = CAST(:workspace AS bigint) AND task_number = CAST(:number AS bigint)
        AND deleted_at IS NULL
)
SELECT {COLUMNS}, total.total, head.position AS as_of,
    EXISTS (SELECT FROM task.tasks WHERE workspace_id = CAST(:workspace AS bigint)
        AND number = CAST(:number AS bigint) AND deleted_at IS NULL) AS there, (
    SELECT CAST(json_object_agg(person.id, person.display_name) AS text) FROM task.people AS person
    WHERE person.id = ANY (array_append(comment.mentions, comment.author))) AS names
FROM task.log_head AS head CROSS JOIN total LEFT JOIN page AS comment ON true
ORDER BY comment.id
"""  # noqa: S608 -- our own words
    ),
)

_attachments = msgspec.json.Decoder(tuple[Attachment, ...])
_names = msgspec.json.Decoder(dict[int, str])


@dataclass(frozen=True, slots=True)
class Shown:
    """A comment, and the names of those whom it shows."""

    workspace: WorkspaceId
    comment: Comment
    names: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Comments:
    """A page of comments, and how many the task has in all."""

    comments: tuple[Shown, ...]
    total: int
    as_of: int


def comment_of(row: Mapping[str, Any]) -> Comment:
    """The comment of a row with these columns."""
    return Comment(
        id=row["id"],
        task=TaskNumber(row["task_number"]),
        author=row["author"],
        text=row["text"],
        at=row["at"],
        attachments=_attachments.decode(row["attachments"]),
        mentions=tuple(row["mentions"]),
        edited_at=row["edited_at"],
        deleted_at=row["deleted_at"],
    )


async def list_comments(
    database: Database, workspace: WorkspaceId, number: TaskNumber, *, after: int, limit: int
) -> Comments | None:
    """Those behind the comment with the id `after`; None where there is no such task."""
    rows = await database.hot_rows(
        LIST_COMMENTS, workspace=workspace, number=number, after=after, limit=limit
    )
    if not rows[0]["there"]:
        return None
    found = tuple(
        Shown(workspace, comment_of(row), _names.decode(row["names"] or "{}"))
        for row in rows
        if row["id"] is not None
    )
    return Comments(found, rows[0]["total"], rows[0]["as_of"])
