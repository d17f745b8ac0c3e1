"""What tasks of one kind begin with, in a workspace's own words."""

from __future__ import annotations

import sqlalchemy as sa

from services.task.schema.base import Moment, Words, metadata

templates = sa.Table(
    "templates",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("workspace_id", sa.BigInteger, sa.ForeignKey("task.workspaces.id"), nullable=False),
    # The name, folded: what makes it one of its kind in the workspace.
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("priority", sa.SmallInteger),
    sa.Column("tags", Words, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("criteria", Words, nullable=False),
    sa.Column("estimate_minutes", sa.Integer),
    sa.Column("subtasks", Words, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    # Counts its changes: the etag.
    sa.Column("version", sa.Integer, nullable=False),
    sa.UniqueConstraint("workspace_id", "key", name="templates_key"),
)
