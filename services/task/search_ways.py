"""The newest texts that have some words and whose tasks pass a filter, by the shortest way.

There are three: by the index of words, by the filter (an index of tasks), or from the newest task
backwards until there are enough. Which is the shortest depends on how many have the words, how many
pass, and how many do both; the newest `SAMPLE` texts of the workspace tell. All three stand in one
statement; the conditions on a way that is not taken are told once, so that it costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import sqlalchemy as sa

from services.task.found import RANKED
from services.task.queries import BIG, bind
from services.task.schema import tasks, texts

SAMPLE = 400
# What each way costs, in microseconds for a row that it reads, measured with 100,000 tasks: in
# small workspaces any way is short.
BY_WORDS, BY_FILTER, BACKWARDS = 4.0, 6.0, 0.85
MANY = 100_000


class _Way(Enum):
    WORDS = 1
    FILTER = 2
    BACKWARDS = 3


def newest_with(query: Any, where: Sequence[Any], *, filtered: bool) -> Any:
    """One more than `RANKED` of them at most: columns task_number, comment_id, words."""
    way = _choice(query, where, filtered=filtered).cte("way")

    def taken(one: _Way) -> Any:
        return sa.select(way.c.way).scalar_subquery() == sa.literal_column(str(one.value))

    ways = [_by_words(query, where, taken(_Way.WORDS), filtered=filtered)]
    if filtered:
        ways.append(_by_filter(query, where, taken(_Way.FILTER)))
    ways.append(_backwards(query, where, taken(_Way.BACKWARDS)))
    return sa.union_all(*(sa.select(each.subquery()) for each in ways)).cte("near")


def _choice(query: Any, where: Sequence[Any], *, filtered: bool) -> Any:
    """The way with the least cost, by how many of the newest texts have, pass, and do both."""
    source = texts.outerjoin(tasks, _same_task()) if filtered else texts
    passes = sa.func.coalesce(sa.and_(*where), sa.false()) if filtered else sa.true()
    newest = (
        sa.select(
            texts.c.words.bool_op("@@")(query).label("has"),
            passes.label("passes"),
        )
        .select_from(source)
        .where(texts.c.workspace_id == bind("workspace", BIG))
        .order_by(texts.c.task_number.desc(), texts.c.comment_id.desc())
        .limit(_number(SAMPLE))
        .subquery("newest")
    )
    have, pass_, both = (
        sa.func.count().filter(condition)
        for condition in (newest.c.has, newest.c.passes, sa.and_(newest.c.has, newest.c.passes))
    )
    scale = MANY / SAMPLE
    by_words = have * _number(BY_WORDS * scale)
    by_filter = pass_ * _number(BY_FILTER * scale)
    until_enough = _number((RANKED + 1.0) * SAMPLE) / sa.func.greatest(both, _number(1))
    backwards = sa.func.least(_number(float(MANY)), until_enough) * _number(BACKWARDS)
    least = sa.func.least(by_words, by_filter, backwards)
    return sa.select(
        sa.case(
            (least == by_words, _number(_Way.WORDS.value)),
            (least == backwards, _number(_Way.BACKWARDS.value)),
            else_=_number(_Way.FILTER.value),
        ).label("way")
    ).select_from(newest)


def _by_words(query: Any, where: Sequence[Any], taken: Any, *, filtered: bool) -> Any:
    """Sorted without their words, which are long.

    Where nothing else is asked for, a task is looked at only once its text is among the newest.
    """
    source = texts.join(tasks, _same_task()) if filtered else texts
    first = (
        sa.select(texts.c.task_number, texts.c.comment_id)
        .select_from(source)
        .where(
            texts.c.workspace_id == bind("workspace", BIG),
            texts.c.words.bool_op("@@")(query),
            taken,
            *(where if filtered else ()),
        )
        .order_by(texts.c.task_number.desc())
        .limit(_number(RANKED + 1))
        .subquery("first")
    )
    again = texts.alias("again")
    return sa.select(again.c.task_number, again.c.comment_id, again.c.words).where(
        again.c.workspace_id == bind("workspace", BIG),
        again.c.task_number == first.c.task_number,
        again.c.comment_id == first.c.comment_id,
    )


def _by_filter(query: Any, where: Sequence[Any], taken: Any) -> Any:
    chosen = (
        sa.select(tasks.c.number)
        .where(*where, taken)
        .cte("chosen")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    theirs = texts.alias("theirs")
    return (
        sa.select(theirs.c.task_number, theirs.c.comment_id, theirs.c.words)
        .where(
            theirs.c.workspace_id == bind("workspace", BIG),
            theirs.c.task_number == chosen.c.number,
            _not_by_index(theirs.c.words.bool_op("@@")(query)),
        )
        .order_by(theirs.c.task_number.desc())
        .limit(_number(RANKED + 1))
    )


def _backwards(query: Any, where: Sequence[Any], taken: Any) -> Any:
    return (
        sa.select(texts.c.task_number, texts.c.comment_id, texts.c.words)
        .select_from(texts.join(tasks, _same_task()))
        .where(
            texts.c.workspace_id == bind("workspace", BIG),
            _not_by_index(texts.c.words.bool_op("@@")(query)),
            taken,
            *where,
        )
        .order_by(tasks.c.number.desc())
        .limit(_number(RANKED + 1))
    )


def _not_by_index(condition: Any) -> Any:
    """The condition in a form that no index is of use for, and that the planner takes as likely."""
    return sa.case((condition, sa.true()), else_=sa.false())


def _same_task() -> Any:
    return sa.and_(
        tasks.c.workspace_id == texts.c.workspace_id, tasks.c.number == texts.c.task_number
    )


def _number(value: float) -> Any:
    return sa.literal_column(str(value))
