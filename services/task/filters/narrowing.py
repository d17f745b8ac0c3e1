"""What a text of the filter grammar asks for, as conditions of SQL over the table of tasks.

Each has a name and parameters of its own, so that lists and searches have one statement for each
set of them, compiled once. What lists ask for besides is in lists.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from services.task.filters.filter import Narrowed
from services.task.filters.words import TIMES, Flag
from services.task.model import CLOSED, Status
from services.task.queries import BIG, BIGS, bind
from services.task.schema import task_assignees, task_dependencies, tasks, texts
from services.task.search.drawers import texts_with

FIRST_CLOSED = min(status.value for status in CLOSED)
_MOMENT = sa.DateTime(timezone=True)
_SMALLS = sa.ARRAY(sa.SmallInteger())
_TEXTS = sa.ARRAY(sa.Text())
# Not the table itself, which a list of one person's tasks goes by.
ASSIGNED = task_assignees.alias("assigned")
_COLUMNS = {
    "due": tasks.c.deadline,
    "created": tasks.c.created_at,
    "updated": tasks.c.updated_at,
    "completed": tasks.c.completed_at,
}


def words_of(words: str, last: str, exact: str) -> Any:
    """The query of words by stem, of a last one, and of the very words, each a parameter.

    The last word may be the beginning of one; beginnings are dear, so no other is taken so. Words
    that English leaves out count only where there are no others but the last. As a value of its
    own, the query is made once for a statement and not once for each row.
    """
    stems = _query("english", bind(words, sa.Text()))
    written = _query("simple", bind(words, sa.Text()))
    first = sa.case((sa.func.numnode(stems) > sa.literal_column("0"), stems), else_=written)
    whole = _query("english", bind(last, sa.Text()))
    begun = sa.func.nullif(bind(last, sa.Text()), sa.literal_column("''"))
    beginning = _query("simple", sa.func.coalesce(begun.op("||")(":*"), sa.literal_column("''")))
    very = _query("simple", bind(exact, sa.Text()))
    every = first.op("&&")(whole.op("||")(beginning).self_group()).op("&&")(very)
    return sa.select(every).scalar_subquery()


def _query(language: str, text: Any) -> Any:
    return sa.func.to_tsquery(sa.literal_column(f"'pg_catalog.{language}'"), text)


def says(query: Any) -> Any:
    """Whether a task's own text has the words; as an array, which the planner takes as a few."""
    return tasks.c.number == sa.func.any(sa.func.array(_saying(query).scalar_subquery()))


def _saying(query: Any) -> Any:
    own = texts_with(query, texts.c.comment_id == 0).subquery("own")
    # Distinct, so that the planner does not take them for more than there are tasks.
    return sa.select(own.c.task_number).distinct()


def assigned(*more: Any) -> Any:
    """Whether a task has an assignee of whom this is so, too."""
    conditions = (
        ASSIGNED.c.workspace_id == tasks.c.workspace_id,
        ASSIGNED.c.task_number == tasks.c.number,
        *more,
    )
    return sa.select(sa.literal_column("1")).where(*conditions).correlate(tasks).exists()


def _assigned_to(name: str) -> Any:
    return assigned(ASSIGNED.c.person_id == sa.func.any(bind(name, BIGS)))


def _waiting() -> Any:
    """Whether a task is blocked, by command or by an open one that it depends on."""
    other = tasks.alias("needed")
    # As a list of numbers of this workspace, which is read once: not row by row, nor of all others.
    waiting = (
        sa.select(task_dependencies.c.task_number)
        .where(
            task_dependencies.c.workspace_id == bind("workspace", BIG),
            other.c.workspace_id == task_dependencies.c.workspace_id,
            other.c.number == task_dependencies.c.on_number,
            other.c.status < FIRST_CLOSED_CONSTANT,
            other.c.deleted_at.is_(None),
        )
        .correlate(None)
    )
    needs = tasks.c.number.in_(waiting)
    open_ = tasks.c.status < FIRST_CLOSED_CONSTANT
    return sa.or_(tasks.c.status == Status.BLOCKED.value, sa.and_(open_, needs))


def _folded_project() -> Any:
    return sa.func.lower(tasks.c.project)


# A constant of the statement: only so does the planner know of indexes of open tasks alone.
FIRST_CLOSED_CONSTANT: Any = sa.literal_column(str(FIRST_CLOSED))
_FLAGS: dict[Flag, Callable[[], Any]] = {
    Flag.BLOCKED: _waiting,
    Flag.OVERDUE: lambda: sa.and_(
        tasks.c.status < FIRST_CLOSED_CONSTANT,
        sa.func.coalesce(tasks.c.deadline, sa.text("'infinity'::timestamptz"))
        < bind("where_now", _MOMENT),
    ),
    Flag.UNASSIGNED: lambda: ~assigned(),
    Flag.ARCHIVED: lambda: tasks.c.archived_at.isnot(None),
    Flag.DELAYED: lambda: tasks.c.delay_count > 0,
    Flag.REOPENED: lambda: tasks.c.reopen_count > 0,
    Flag.REPEATING: lambda: tasks.c.recurrence != "",
}
# By the name of a parameter.
_CONDITIONS: dict[str, Callable[[], Any]] = {
    "where_assignees": lambda: _assigned_to("where_assignees"),
    "where_not_assignees": lambda: ~_assigned_to("where_not_assignees"),
    "where_creators": lambda: tasks.c.creator == sa.func.any(bind("where_creators", BIGS)),
    "where_not_creators": lambda: (
        sa.func.coalesce(tasks.c.creator, 0) != sa.func.all(bind("where_not_creators", BIGS))
    ),
    "where_numbers": lambda: sa.or_(
        tasks.c.number == sa.func.any(bind("where_numbers", BIGS)),
        sa.and_(
            tasks.c.legacy_id != "",
            tasks.c.legacy_id == sa.func.any(bind("where_legacy_ids", _TEXTS)),
        ),
    ),
    "where_statuses": lambda: tasks.c.status == sa.func.any(bind("where_statuses", _SMALLS)),
    "where_priorities": lambda: tasks.c.priority == sa.func.any(bind("where_priorities", _SMALLS)),
    "where_not_tags": lambda: ~tasks.c.tags.overlap(bind("where_not_tags", _TEXTS)),
    "where_projects": lambda: _folded_project().bool_op("=")(
        sa.func.any(bind("where_projects", _TEXTS))
    ),
    "where_not_projects": lambda: _folded_project().bool_op("<>")(
        sa.func.all(bind("where_not_projects", _TEXTS))
    ),
    "where_types": lambda: tasks.c.type == sa.func.any(bind("where_types", _TEXTS)),
    "where_words": lambda: says(words_of("where_words", "where_last", "where_exact")),
    "where_without": lambda: tasks.c.number.not_in(
        _saying(sa.select(_query("simple", bind("where_without", sa.Text()))).scalar_subquery())
    ),
}
_TAG = "where_tag_"


def conditions(present: frozenset[str]) -> list[Any]:
    """The conditions of these names, in an order that is always the same."""
    found = []
    for name in sorted(present):
        if (condition := _CONDITIONS.get(name)) is not None:
            found.append(condition())
        elif name.startswith(_TAG):
            found.append(tasks.c.tags.overlap(bind(name, _TEXTS)))
        else:
            found += [more for more in (_by_flag(name), _by_time(name)) if more is not None]
    return found


def _by_flag(name: str) -> Any:
    for flag, condition in _FLAGS.items():
        if name == f"where_is_{flag.value}":
            return condition()
        if name == f"where_is_not_{flag.value}":
            return sa.not_(condition())
    return None


def _by_time(name: str) -> Any:
    if name in {"where_due_any", "where_due_none"}:
        column = tasks.c.deadline
        return column.isnot(None) if name == "where_due_any" else column.is_(None)
    for time, column in _COLUMNS.items():
        if name == f"where_{time}_after":
            return column >= bind(name, _MOMENT)
        if name == f"where_{time}_before":
            return column < bind(name, _MOMENT)
    return None


def params(where: Narrowed) -> tuple[dict[str, Any], frozenset[str]]:
    """The parameters of what is asked for, and the names of conditions that have none."""
    found: dict[str, Any] = {**_lists(where), **_times(where)}
    if where.numbers or where.legacy_ids:
        found["where_numbers"] = list(where.numbers)
        found["where_legacy_ids"] = list(where.legacy_ids)
    if where.last or where.exact:
        found["where_words"], found["where_last"] = where.words, where.last
        found["where_exact"] = where.exact
    if where.without:
        found["where_without"] = where.without
    return found, _names(where)


def _lists(where: Narrowed) -> dict[str, Any]:
    found: dict[str, Any] = {
        f"where_{name}": list(getattr(where, name))
        for name in (
            *("assignees", "not_assignees", "creators", "not_creators"),
            *("projects", "not_projects", "types"),
        )
    }
    found |= {
        f"where_{name}": [value.value for value in getattr(where, name)]
        for name in ("statuses", "priorities")
    }
    found["where_not_tags"] = [case for tag in where.not_tags for case in cases_of(tag)]
    found |= {f"{_TAG}{index}": cases_of(tag) for index, tag in enumerate(where.tags)}
    return {name: values for name, values in found.items() if values}


def _times(where: Narrowed) -> dict[str, Any]:
    found = {"where_now": where.now}
    for time in TIMES:
        span = getattr(where, time)
        found[f"where_{time}_after"] = span.after
        found[f"where_{time}_before"] = span.before
    return {name: moment for name, moment in found.items() if moment is not None}


def _names(where: Narrowed) -> frozenset[str]:
    names = {f"where_is_{flag.value}" for flag in where.flags}
    names |= {f"where_is_not_{flag.value}" for flag in where.not_flags}
    if where.has_deadline is not None:
        names.add("where_due_any" if where.has_deadline else "where_due_none")
    return frozenset(names)


def cases_of(tag: str) -> list[str]:
    """A tag as people write it: the index goes by the letter, and nobody minds the case."""
    return list(dict.fromkeys((tag, tag.lower(), tag.upper(), tag.title(), tag.capitalize())))
