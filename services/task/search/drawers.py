"""The texts of a workspace that have some words, by an index, the newest tasks first.

The index (0014) has each word of a text together with the workspace and the drawer of its task, of
which 1,024 numbers share one. Drawers are looked through from the newest backwards, and no further
than whoever asks goes on reading: neither older texts nor other workspaces cost anything.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from services.task.queries import BIG, bind
from services.task.schema import tasks, texts

# As the index has it: numbers that differ in their last ten bits alone share a drawer.
DRAWER_BITS = 10
# OFFSET 0: what has it is planned by itself, so that rows are read by the indexes and in the order
# that are meant. The planner knows neither words nor parameters, and guesses far off the mark.
APART: Any = sa.literal_column("0")


def newest_number() -> Any:
    """The highest number of the workspace's tasks; NULL where there are none."""
    newest = sa.select(sa.func.max(tasks.c.number)).where(
        tasks.c.workspace_id == bind("workspace", BIG)
    )
    return newest.correlate(None).scalar_subquery()


def newest_drawer() -> Any:
    """The drawer of the newest task."""
    return newest_number().bool_op(">>")(constant(DRAWER_BITS))


def texts_with(query: Any, *where: Any, newest: Any = None) -> Any:
    """Those from this drawer backwards, none where it is NULL: task_number, comment_id, words.

    They come from the newest backwards, though no order is asked for: drawers come as they are
    told, the texts in them in order; to sort the whole would be to read it all.
    """
    newest = newest_drawer() if newest is None else newest
    drawer: Any = sa.func.generate_series(newest, constant(0), constant(-1))
    drawers = drawer.table_valued(sa.column("drawer", BIG)).render_derived().alias("drawers")
    hit = (
        sa.select(texts.c.task_number, texts.c.comment_id, texts.c.words)
        .where(_having(drawers.c.drawer, query), _in_order(query), *where)
        .order_by(texts.c.task_number.desc())
        .offset(APART)
        .correlate(drawers)
        .lateral("hit")
    )
    return sa.select(hit).select_from(drawers.join(hit, sa.true())).correlate(None)


def constant(value: float) -> Any:
    """A number as a constant of the statement."""
    return sa.literal_column(str(value))


def _having(drawer: Any, query: Any) -> Any:
    """Whether a text in this drawer has the words, wherever they stand: no index tells that."""
    anywhere = _replaced(sa.cast(query, sa.Text), "<[-0-9]+>", _text("&"))
    place = sa.func.concat(_text("'"), bind("workspace", BIG), _text("."), drawer, _text("/\\1'"))
    keyed = sa.cast(_replaced(anywhere, "'([^']+)'", place), TSQUERY)
    within = sa.func.task.words_within(texts.c.workspace_id, texts.c.task_number, texts.c.words)
    return within.bool_op("@@")(keyed)


def _in_order(query: Any) -> Any:
    """Whether words that are to follow one another do."""
    orders = sa.cast(query, sa.Text).like(_text("%<%"))
    return sa.case((orders, texts.c.words.bool_op("@@")(query)), else_=sa.true())


def _replaced(text: Any, pattern: str, by: Any) -> Any:
    return sa.func.regexp_replace(text, _text(pattern), by, _text("g"))


def _text(value: str) -> Any:
    """A text as a constant of the statement; no setting of the server's matters to it."""
    quoted = value.replace("'", "''").replace("\\", "\\\\")
    return sa.literal_column(f"E'{quoted}'")
