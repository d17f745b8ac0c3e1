"""The newest texts that have some words and whose tasks pass a filter, by the shorter of two ways.

By words, drawer by drawer (drawers.py) until there are enough. By the filter: an index of tasks
gives those that pass, whose texts are then looked at one by one; shorter where few pass and the
words are everywhere. `SAMPLE` tasks of the workspace tell how many have the words, pass, and do
both. Both ways stand in one statement; the one that is not taken reads nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import sqlalchemy as sa

from services.task.queries import BIG, bind
from services.task.schema import tasks, texts
from services.task.search.drawers import APART, constant, newest_drawer, newest_number, texts_with
from services.task.search.found import RANKED

SAMPLE = 100
# What a task costs whose texts are looked at, on the one way and on the other, as measured.
BY_WORDS, BY_FILTER = 5.0, 10.0


class _Way(Enum):
    WORDS = 1
    FILTER = 2


def newest_with(query: Any, where: Sequence[Any], *, filtered: bool) -> Any:
    """One more than `RANKED` of them at most: columns task_number, comment_id, words, status."""
    if not filtered:
        return _by_words(query, where, newest_drawer()).cte("near")
    way = _choice(query, where).cte("way")

    def taken(one: _Way) -> Any:
        return sa.select(way.c.way).scalar_subquery() == constant(one.value)

    drawer = sa.case((taken(_Way.WORDS), newest_drawer()))
    ways = (_by_words(query, where, drawer), _by_filter(query, where, taken(_Way.FILTER)))
    return sa.union_all(*(sa.select(each.subquery()) for each in ways)).cte("near")


def _choice(query: Any, where: Sequence[Any]) -> Any:
    """The way with the least cost, by how many of some tasks have the words, pass, and do both."""
    numbers = _some_numbers()
    text = (
        sa.select(texts.c.words.bool_op("@@")(query).label("has"))
        .where(
            texts.c.workspace_id == bind("workspace", BIG),
            texts.c.task_number == numbers.c.number,
            texts.c.comment_id == constant(0),
        )
        .offset(APART)
        .lateral("text")
    )
    task = _task(numbers.c.number, where)
    some = (
        sa.select(numbers.c.newest, text.c.has, task.c.status.isnot(None).label("passes"))
        .select_from(numbers.outerjoin(text, sa.true()).outerjoin(task, sa.true()))
        .subquery("some")
    )
    have, pass_, both = (
        sa.func.greatest(sa.func.count().filter(condition), constant(0.5)) / constant(float(SAMPLE))
        for condition in (some.c.has, some.c.passes, sa.and_(some.c.has, some.c.passes))
    )
    many = sa.func.max(some.c.newest)
    until_enough = sa.func.least(many, constant(RANKED + 1.0) / both)
    by_words = have * until_enough * constant(BY_WORDS)
    by_filter = pass_ * many * constant(BY_FILTER)
    words, other = constant(_Way.WORDS.value), constant(_Way.FILTER.value)
    way = sa.case((by_filter < by_words, other), else_=words)
    return sa.select(way.label("way")).select_from(some)


def _some_numbers() -> Any:
    """Numbers of tasks, spread over all of them: a filter may let the newest alone pass, or none.

    Evenly but for a shift, the same each time, so that what comes in turns does not matter.
    """
    turn: Any = sa.func.generate_series(constant(0), constant(SAMPLE - 1))
    turns = turn.table_valued(sa.column("turn", BIG)).render_derived().alias("turns")
    newest = newest_number()
    shift = sa.func.abs(sa.func.hashint8(turns.c.turn) % constant(100)) / constant(100.0)
    place = (turns.c.turn + shift) / constant(SAMPLE)
    number = constant(1) + sa.cast(sa.func.floor(newest * place), BIG)
    return (
        sa.select(number.label("number"), newest.label("newest")).offset(APART).subquery("numbers")
    )


def _by_words(query: Any, where: Sequence[Any], newest: Any) -> Any:
    hit = texts_with(query, newest=newest).subquery("hits")
    task = _task(hit.c.task_number, where)
    return (
        sa.select(hit, task.c.status)
        .select_from(hit.join(task, sa.true()))
        .limit(constant(RANKED + 1))
    )


def _by_filter(query: Any, where: Sequence[Any], taken: Any) -> Any:
    passing = sa.select(tasks.c.number).where(*where, taken).order_by(tasks.c.number.desc())
    # As an array, which the planner takes as a few whatever is asked for: so it finds the plan for
    # any parameters as good as one for these, and does not plan anew at each search.
    numbers: Any = sa.func.unnest(sa.func.array(passing.scalar_subquery()))
    chosen = numbers.table_valued(sa.column("number", BIG)).render_derived().alias("chosen")
    # In a form that no index is of use for.
    has = sa.case((texts.c.words.bool_op("@@")(query), sa.true()), else_=sa.false())
    hit = (
        sa.select(texts.c.task_number, texts.c.comment_id, texts.c.words)
        .where(
            texts.c.workspace_id == bind("workspace", BIG),
            texts.c.task_number == chosen.c.number,
            has,
        )
        .offset(APART)
        .lateral("hit")
    )
    task = _task(hit.c.task_number, [tasks.c.workspace_id == bind("workspace", BIG)])
    return (
        sa.select(hit, task.c.status)
        .select_from(chosen.join(hit, sa.true()).join(task, sa.true()))
        .limit(constant(RANKED + 1))
    )


def _task(number: Any, where: Sequence[Any]) -> Any:
    """The task of a text if it passes, looked up by its number."""
    return (
        sa.select(tasks.c.status)
        .where(tasks.c.number == number, *where)
        .offset(APART)
        .lateral("task")
    )
