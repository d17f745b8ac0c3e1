"""What people say of tasks."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.task.schema.base import Ids, Moment, metadata

comments = sa.Table(
    "comments",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("workspace_id", sa.BigInteger, nullable=False),
    sa.Column("task_number", sa.BigInteger, nullable=False),
    # Empty where the system itself speaks.
    sa.Column("author", sa.BigInteger),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("edited_at", Moment),
    sa.Column("deleted_at", Moment),
    # People, in the order of the text.
    sa.Column("mentions", Ids, nullable=False),
    sa.Column("attachments", JSONB, nullable=False),
)
# Those that were deleted too: with the task they are erased.
sa.Index("comments_of_task", comments.c.workspace_id, comments.c.task_number, comments.c.id)
