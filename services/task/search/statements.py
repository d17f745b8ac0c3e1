"""The statements of searches: one for each shape of them, compiled once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from services.runtime.database import Hot
from services.task.filters.narrowing import ASSIGNED, FIRST_CLOSED_CONSTANT, assigned, words_of
from services.task.lists import conditions
from services.task.queries import BIG, BIGS, TASK_COLUMNS, bind, shown
from services.task.schema import SHOWN, comments, log_head, tasks
from services.task.search.drawers import texts_with
from services.task.search.found import RANKED, Match
from services.task.search.ways import newest_with

SIMILAR_READ = 200
SWAPPED_LIKENESS = "0.9::real"
# Above every rank.
ID_SCORE = 10.0
_WEIGHTS = "'{0.1, 0.2, 0.4, 1}'"
_HEADLINE = "'StartSel=«, StopSel=», MaxWords=25, MinWords=10, ShortWord=0'"


def _where(present: frozenset[str]) -> list[Any]:
    """The conditions of a shape of filter on tasks."""
    where = [tasks.c.workspace_id == bind("workspace", BIG), SHOWN, *conditions(present)]
    if "one_assignee" in present:
        where.append(assigned(ASSIGNED.c.person_id == bind("one_assignee", BIG)))
    return where


@lru_cache(maxsize=512)
def search(present: frozenset[str], *, words: bool, ids: bool, after: bool, limit: int) -> Hot:
    """The statement of one shape of search."""
    where = _where(present)
    # In one place. As part of each look at a text it would seem dear, though it is made but once,
    # and so would the plan for whatever words: the statement would be planned at each call.
    meant = sa.select(words_of("words", "last", "exact").label("query")).cte("meant")
    query = sa.select(
        meant.prefix_with("MATERIALIZED", dialect="postgresql").c.query
    ).scalar_subquery()
    parts = []
    read: Any = sa.literal_column("0")
    if words:
        near = newest_with(query, where, filtered=bool(present))
        read = sa.select(sa.func.count()).select_from(near).scalar_subquery()
        parts.append(_scored(near, query))
    if ids:
        parts += _by_id(where)
    if not words and not ids:
        newest = (
            sa.select(
                tasks.c.number,
                sa.literal_column("0::bigint").label("comment_id"),
                sa.literal_column("0::float8").label("score"),
                sa.literal_column(str(Match.FILTER.value)).label("match"),
            )
            .where(*where)
            .order_by(tasks.c.number.desc())
            .limit(sa.literal_column(str(RANKED + 1)))
            .cte("newest_tasks")
        )
        read = sa.select(sa.func.count()).select_from(newest).scalar_subquery()
        parts.append(sa.select(newest))
    every = sa.union_all(*parts).subquery("every") if len(parts) > 1 else parts[0].subquery("every")
    best = (
        sa.select(every)
        .ext(distinct_on(every.c.number))
        .order_by(every.c.number, every.c.score.desc(), every.c.comment_id)
        .cte("best")
    )
    return _page(best, query if words else None, read, after=after, limit=limit)


def _scored(near: Any, query: Any) -> Any:
    rank = sa.func.ts_rank(sa.literal_column(_WEIGHTS), near.c.words, query)
    standing = sa.case(
        (near.c.status < FIRST_CLOSED_CONSTANT, sa.literal_column("1::float8")),
        else_=sa.literal_column("0.5::float8"),
    )
    match = sa.case(
        (near.c.comment_id == 0, sa.literal_column(str(Match.TASK.value))),
        else_=sa.literal_column(str(Match.COMMENT.value)),
    )
    return sa.select(
        near.c.task_number.label("number"),
        near.c.comment_id,
        (sa.cast(rank, sa.Double()) * standing).label("score"),
        match.label("match"),
    )


def _by_id(where: Sequence[Any]) -> list[Any]:
    """By number and by the predecessor's id, each by its index."""
    legacy = sa.and_(
        tasks.c.legacy_id != "",
        tasks.c.legacy_id == sa.func.any(bind("legacy_ids", sa.ARRAY(sa.Text()))),
    )
    return [
        sa.select(
            tasks.c.number,
            sa.literal_column("0::bigint").label("comment_id"),
            sa.literal_column(f"{ID_SCORE}::float8").label("score"),
            sa.literal_column(str(Match.ID.value)).label("match"),
        ).where(*where, one)
        for one in (tasks.c.number == sa.func.any(bind("numbers", BIGS)), legacy)
    ]


def _page(best: Any, query: Any, read: Any, *, after: bool, limit: int) -> Hot:
    first = sa.select(best)
    if after:
        edge = sa.tuple_(bind("after_score", sa.Double()), bind("after_number", BIG))
        first = first.where(sa.tuple_(best.c.score, best.c.number) < edge)
    # Tasks are read once it is known which.
    some = (
        first.order_by(best.c.score.desc(), best.c.number.desc())
        .limit(sa.literal_column(str(limit + 1)))
        .subquery("some")
    )
    found = (
        sa.select(*TASK_COLUMNS, some.c.score, some.c.match, some.c.comment_id)
        .select_from(tasks.join(some, some.c.number == tasks.c.number))
        .where(tasks.c.workspace_id == bind("workspace", BIG))
        .subquery("page")
    )
    columns = [
        *shown(found),
        found.c.score,
        found.c.match,
        found.c.comment_id,
        _snippet(found, query).label("snippet"),
        sa.select(sa.func.count()).select_from(best).scalar_subquery().label("total"),
        read.label("read"),
        log_head.c.position.label("as_of"),
    ]
    return Hot(
        "search_tasks",
        sa.select(*columns)
        .select_from(log_head.outerjoin(found, sa.true()))
        .order_by(found.c.score.desc(), found.c.number.desc()),
    )


def _snippet(found: Any, query: Any) -> Any:
    """The line of the text that has most of the words; of the rows of a page alone."""
    if query is None:
        return sa.literal_column("''")
    said = (
        sa.select(comments.c.text)
        .where(comments.c.id == found.c.comment_id)
        .correlate(found)
        .scalar_subquery()
    )
    own = sa.func.concat_ws(" — ", found.c.title, sa.func.nullif(found.c.description, ""))
    text = sa.case((found.c.comment_id == 0, own), else_=said)
    plain = sa.func.translate(text, "«»", "‹›")
    return sa.func.ts_headline(
        sa.literal_column("'pg_catalog.english'"), plain, query, sa.literal_column(_HEADLINE)
    )


@lru_cache(maxsize=512)
def similar(present: frozenset[str]) -> Hot:
    """The statement for what is like the words, for one shape of filter."""
    workspace = bind("workspace", BIG)
    most: Any = sa.literal_column(str(SIMILAR_READ))
    alike: Any = (
        sa.func.task.titles_like(workspace, bind("alike", sa.ARRAY(sa.Text())), most)
        .table_valued(sa.column("task_number", BIG), sa.column("likeness", sa.Float()))
        .render_derived()
        .alias("alike")
    )
    # Two letters in the wrong order leave hardly a triple of letters as it was.
    query = sa.func.to_tsquery(sa.literal_column("'pg_catalog.simple'"), bind("swapped", sa.Text()))
    swapped = sa.select(
        texts_with(sa.select(query).scalar_subquery())
        .limit(most)
        .subquery("swapped")
        .c.task_number,
        sa.literal_column(SWAPPED_LIKENESS).label("likeness"),
    )
    both = sa.union_all(sa.select(alike), swapped).subquery("both")
    like = (
        sa.select(both.c.task_number, sa.func.max(both.c.likeness).label("likeness"))
        .group_by(both.c.task_number)
        .subquery("likely")
    )
    page = (
        sa.select(*TASK_COLUMNS, sa.cast(like.c.likeness, sa.Double()).label("score"))
        .select_from(tasks.join(like, like.c.task_number == tasks.c.number))
        .where(
            *_where(present),
            tasks.c.number != sa.func.all(bind("known", BIGS)),
        )
        .order_by(like.c.likeness.desc(), tasks.c.number.desc())
        .limit(bind("most", BIG))
        .subquery("page")
    )
    return Hot(
        "similar_tasks",
        sa.select(
            *shown(page),
            page.c.score,
            sa.literal_column(str(Match.SIMILAR.value)).label("match"),
            sa.literal_column("0::bigint").label("comment_id"),
            sa.literal_column("''").label("snippet"),
        ).order_by(page.c.score.desc(), page.c.number.desc()),
    )
