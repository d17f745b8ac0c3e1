"""The newest texts that have some words and whose tasks pass a filter, by the shorter of two ways.

By words: an index has every word of a text together with the workspace and the drawer of its task
(1,024 numbers share one), so that drawers are looked through from the newest backwards until there
are enough, and neither older texts nor other workspaces cost anything. By the filter: an index of
tasks gives those that pass, whose texts are then looked at one by one; shorter where few pass and
the words are everywhere. `SAMPLE` tasks of the workspace tell how many have the words, pass, and do
both. Both ways stand in one statement; the one that is not taken reads nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from services.task.found import RANKED
from services.task.queries import BIG, bind
from services.task.schema import tasks, texts

# As the index has it (0014): numbers that differ in their last ten bits alone share a drawer.
DRAWER_BITS = 10
SAMPLE = 100
# What a task costs whose texts are looked at, on the one way and on the other, as measured.
BY_WORDS, BY_FILTER = 5.0, 10.0


# OFFSET 0: what has it is planned by itself, so that rows are read by the indexes and in the order
# that are meant here. The planner knows neither words nor parameters, and guesses far off the mark.
_APART: Any = sa.literal_column("0")


class _Way(Enum):
    WORDS = 1
    FILTER = 2


def newest_with(query: Any, where: Sequence[Any], *, filtered: bool) -> Any:
    """One more than `RANKED` of them at most: columns task_number, comment_id, words, status."""
    if not filtered:
        return _by_words(query, where, _newest_drawer()).cte("near")
    way = _choice(query, where).cte("way")

    def taken(one: _Way) -> Any:
        return sa.select(way.c.way).scalar_subquery() == _number(one.value)

    drawer = sa.case((taken(_Way.WORDS), _newest_drawer()))
    ways = (_by_words(query, where, drawer), _by_filter(query, where, taken(_Way.FILTER)))
    return sa.union_all(*(sa.select(each.subquery()) for each in ways)).cte("near")


def newest_drawers(newest: Any) -> Any:
    """The numbers of drawers from this one backwards, as rows; none where it is NULL."""
    zero, back = _number(0), _number(-1)
    drawers: Any = sa.func.generate_series(newest, zero, back)
    return drawers.table_valued(sa.column("drawer", BIG)).render_derived().alias("drawers")


def having(drawer: Any, query: Any) -> Any:
    """Whether a text in this drawer has the words, by the index.

    An index does not tell where words stand: those that are to follow one another need only be
    there.
    """
    anywhere = _replaced(sa.cast(query, sa.Text), "<[-0-9]+>", _text("&"))
    place = sa.func.concat(_text("'"), bind("workspace", BIG), _text("."), drawer, _text("/\\1'"))
    keyed = sa.cast(_replaced(anywhere, "'([^']+)'", place), TSQUERY)
    within = sa.func.task.words_within(texts.c.workspace_id, texts.c.task_number, texts.c.words)
    return within.bool_op("@@")(keyed)


def in_order(words: Any, query: Any) -> Any:
    """Whether words that are to follow one another do."""
    orders = sa.cast(query, sa.Text).like(_text("%<%"))
    return sa.case((orders, words.bool_op("@@")(query)), else_=sa.true())


def _newest_drawer() -> Any:
    return _newest_number().bool_op(">>")(_number(DRAWER_BITS))


def _newest_number() -> Any:
    newest = sa.select(sa.func.max(tasks.c.number)).where(
        tasks.c.workspace_id == bind("workspace", BIG)
    )
    return newest.scalar_subquery()


def _choice(query: Any, where: Sequence[Any]) -> Any:
    """The way with the least cost, by how many of some tasks have the words, pass, and do both."""
    numbers = _some_numbers()
    text = (
        sa.select(texts.c.words.bool_op("@@")(query).label("has"))
        .where(
            texts.c.workspace_id == bind("workspace", BIG),
            texts.c.task_number == numbers.c.number,
            texts.c.comment_id == _number(0),
        )
        .offset(_APART)
        .lateral("text")
    )
    task = _task(numbers.c.number, where)
    some = (
        sa.select(numbers.c.newest, text.c.has, task.c.status.isnot(None).label("passes"))
        .select_from(numbers.outerjoin(text, sa.true()).outerjoin(task, sa.true()))
        .subquery("some")
    )
    have, pass_, both = (
        sa.func.greatest(sa.func.count().filter(condition), _number(0.5)) / _number(float(SAMPLE))
        for condition in (some.c.has, some.c.passes, sa.and_(some.c.has, some.c.passes))
    )
    many = sa.func.max(some.c.newest)
    until_enough = sa.func.least(many, _number(RANKED + 1.0) / both)
    by_words = have * until_enough * _number(BY_WORDS)
    by_filter = pass_ * many * _number(BY_FILTER)
    words, other = _number(_Way.WORDS.value), _number(_Way.FILTER.value)
    way = sa.case((by_filter < by_words, other), else_=words)
    return sa.select(way.label("way")).select_from(some)


def _some_numbers() -> Any:
    """Numbers of tasks, spread over all of them: a filter may let the newest alone pass, or none.

    Evenly but for a shift, the same each time, so that what comes in turns does not matter.
    """
    turn: Any = sa.func.generate_series(_number(0), _number(SAMPLE - 1))
    turns = turn.table_valued(sa.column("turn", BIG)).render_derived().alias("turns")
    newest = _newest_number()
    shift = sa.func.abs(sa.func.hashint8(turns.c.turn) % _number(100)) / _number(100.0)
    place = (turns.c.turn + shift) / _number(SAMPLE)
    number = _number(1) + sa.cast(sa.func.floor(newest * place), BIG)
    return (
        sa.select(number.label("number"), newest.label("newest")).offset(_APART).subquery("numbers")
    )


def _by_words(query: Any, where: Sequence[Any], newest: Any) -> Any:
    """Drawer by drawer, which are read no further than there are enough.

    There is no order to ask for of the whole: drawers and the texts in them come from the newest
    backwards, and to sort them would be to read them all.
    """
    drawers = newest_drawers(newest)
    hit = (
        sa.select(texts.c.task_number, texts.c.comment_id, texts.c.words)
        .where(having(drawers.c.drawer, query), in_order(texts.c.words, query))
        .order_by(texts.c.task_number.desc())
        .offset(_APART)
        .lateral("hit")
    )
    task = _task(hit.c.task_number, where)
    return (
        sa.select(hit, task.c.status)
        .select_from(drawers.join(hit, sa.true()).join(task, sa.true()))
        .limit(_number(RANKED + 1))
    )


def _by_filter(query: Any, where: Sequence[Any], taken: Any) -> Any:
    chosen = (
        sa.select(tasks.c.number, tasks.c.status)
        .where(*where, taken)
        .order_by(tasks.c.number.desc())
        .cte("chosen")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    # In a form that no index is of use for.
    has = sa.case((texts.c.words.bool_op("@@")(query), sa.true()), else_=sa.false())
    hit = (
        sa.select(texts.c.task_number, texts.c.comment_id, texts.c.words)
        .where(
            texts.c.workspace_id == bind("workspace", BIG),
            texts.c.task_number == chosen.c.number,
            has,
        )
        .offset(_APART)
        .lateral("hit")
    )
    return (
        sa.select(hit, chosen.c.status)
        .select_from(chosen.join(hit, sa.true()))
        .limit(_number(RANKED + 1))
    )


def _task(number: Any, where: Sequence[Any]) -> Any:
    """The task of a text if it passes, looked up by its number."""
    return (
        sa.select(tasks.c.status)
        .where(tasks.c.number == number, *where)
        .offset(_APART)
        .lateral("task")
    )


def _replaced(text: Any, pattern: str, by: Any) -> Any:
    return sa.func.regexp_replace(text, _text(pattern), by, _text("g"))


def _text(value: str) -> Any:
    quoted = value.replace("'", "''").replace("\\", "\\\\")
    return sa.literal_column(f"'{quoted}'" if "\\" not in value else f"E'{quoted}'")


def _number(value: float) -> Any:
    return sa.literal_column(str(value))
