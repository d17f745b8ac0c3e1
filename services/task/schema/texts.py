"""What is searched: a row for each task and each comment, which triggers keep up (0005, 0012).

In `words` titles have the weight A, tags and projects B, descriptions C, comments D.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR

from services.task.schema.base import metadata

texts = sa.Table(
    "texts",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("task_number", sa.BigInteger, primary_key=True),
    # 0: the task itself.
    sa.Column("comment_id", sa.BigInteger, primary_key=True),
    # Empty for a comment.
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("words", TSVECTOR, nullable=False),
)
# Each word with its workspace and drawer: drawers.py.
sa.Index(
    "texts_by_drawer",
    sa.func.task.words_within(texts.c.workspace_id, texts.c.task_number, texts.c.words),
    postgresql_using="gin",
)
sa.Index(
    "texts_by_title",
    texts.c.workspace_id,
    texts.c.title,
    postgresql_using="gin",
    postgresql_ops={"title": "gin_trgm_ops"},
    postgresql_where=texts.c.comment_id == 0,
)
