"""How far back each workspace's log still says what was before and after."""

from __future__ import annotations

import sqlalchemy as sa

from services.task.schema.base import Moment, metadata

retention = sa.Table(
    "retention",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, sa.ForeignKey("task.workspaces.id"), primary_key=True),
    # The position of the last event whose images are gone.
    sa.Column("erased_to", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("next_at", Moment, nullable=False),
)
sa.Index("retention_by_time", retention.c.next_at)
