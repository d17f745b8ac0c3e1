"""Every named statement of the store, and how PostgreSQL would run it without knowing parameters.

Statements at the top of a module, alone or in tuples and mappings, are found by themselves. Those
that functions put together are listed in `SHAPES`, by the function that makes them.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import itertools
import json
import pkgutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

import services.task
from services.runtime.database import Hot, Query
from services.task import history, lists, queries
from services.task.commands import statement as writing
from services.task.filters import narrowing
from services.task.filters.filter import Filter
from services.task.filters.words import Flag
from services.task.rules.figures import GroupBy
from services.task.search import statements as search_statements
from services.task.stats import dashboard, facts

ORDERS = tuple(lists.KEYS)
# Each condition of a list by its name, alone. A name that is none adds nothing.
FILTERS = (
    *(field.name for field in dataclasses.fields(Filter)),
    *("one_assignee", "not_archived", "viewer"),
)
# Those of the filter grammar.
WRITTEN = (
    *narrowing._CONDITIONS,
    *(f"where_is_{flag.value}" for flag in Flag),
    *(f"where_{time}_{side}" for time in narrowing._COLUMNS for side in ("after", "before")),
    "where_tag_0",
)
# What people ask for together: a person's or a project's open tasks, by when they are due.
MINE = ("one_assignee", "not_archived")
PAIRS = (
    MINE,
    ("one_assignee", "open_only"),
    ("one_assignee", "statuses"),
    ("one_assignee", "due_before"),
    ("one_assignee", "project"),
    ("open_only", "due_before"),
    ("open_only", "due_after"),
    ("open_only", "project"),
    ("open_only", "tags"),
    ("open_only", "priorities"),
    ("open_only", "unassigned"),
    ("open_only", "query"),
    ("open_only", "viewer"),
    ("statuses", "project"),
    ("due_before", "due_after"),
    ("viewer", "one_assignee"),
    ("viewer", "query"),
)


@dataclass(frozen=True, slots=True)
class Named:
    """A statement as the server gets it, where it was found, and its shape."""

    name: str
    sql: str
    place: str
    shape: str = ""

    @property
    def label(self) -> str:
        return f"{self.name} [{self.shape}]" if self.shape else self.name


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan reads: tables from beginning to end, and indexes."""

    scanned: frozenset[str]
    indexes: frozenset[str]


def of_lists() -> Iterator[tuple[str, Hot]]:
    def shaped(shape: Collection[str], order: str, **more: bool) -> tuple[str, Hot]:
        page = {"descending": False, "after": False, "skips": False, **more}
        told = ", ".join(name for name, yes in page.items() if yes)
        hot = lists._list_tasks(frozenset(shape), order, limit=20, **page)
        return f"{'+'.join(shape) or 'all'} by {order} {told}".rstrip(), hot

    for shape in [(), *((name,) for name in FILTERS), *PAIRS]:
        for order, descending in itertools.product(ORDERS, (False, True)):
            yield shaped(shape, order, descending=descending)
    for order, descending in itertools.product(ORDERS, (False, True)):
        yield shaped((), order, descending=descending, after=True)
        yield shaped(("one_assignee",), order, descending=descending, after=True)
    for name in WRITTEN:
        yield shaped((name, "not_archived"), "created", descending=True)
    yield shaped((), "created", descending=True, skips=True)
    for shape in [(), MINE, ("viewer", *MINE)]:
        yield shaped(shape, "created", descending=True, counts=True)
    for after in (False, True):
        yield shaped(MINE, "created", descending=True, after=after)


def of_counts() -> Iterator[tuple[str, Hot]]:
    for shape in [(), *((name,) for name in FILTERS), *PAIRS]:
        yield "+".join(shape) or "all", lists._count_tasks(frozenset(shape))


def of_people() -> Iterator[tuple[str, Hot]]:
    for with_left, after in itertools.product((False, True), repeat=2):
        yield (
            f"left {with_left}, next {after}",
            queries._list_people(with_left=with_left, after=after),
        )


def of_histories() -> Iterator[tuple[str, Hot]]:
    asked = [frozenset(), *map(frozenset, (["types"], ["actor"], ["start", "end"]))]
    for subject, present in itertools.product(("task", "person", "workspace"), asked):
        for oldest_first, after in itertools.product((False, True), repeat=2):
            hot = history._read(subject, present, oldest_first=oldest_first, after=after, limit=50)
            yield f"{subject} {sorted(present)} {oldest_first} {after}", hot


def of_figures() -> Iterator[tuple[str, Hot]]:
    for name, group in itertools.product((None, *facts.CONDITIONS), (None, *GroupBy)):
        present = frozenset() if name is None else frozenset({name})
        groups = frozenset() if group is None else frozenset({group})
        yield f"{name} by {group}", facts.figures(present, groups, away=group is None)


def of_excerpts() -> Iterator[tuple[str, Hot]]:
    for present in ((), ("viewer",)):
        yield "+".join(present), dashboard._excerpts(frozenset(present))


def of_projects() -> Iterator[tuple[str, Hot]]:
    for present in ((), ("viewer",)):
        yield "+".join(present), dashboard._projects(frozenset(present))


def of_searches() -> Iterator[tuple[str, Hot]]:
    for words, ids, after in itertools.product((False, True), repeat=3):
        hot = search_statements.search(frozenset(), words=words, ids=ids, after=after, limit=20)
        yield f"words {words}, ids {ids}, next {after}", hot
    for name in (*FILTERS, *WRITTEN):
        yield (
            name,
            search_statements.search(
                frozenset({name}), words=True, ids=False, after=False, limit=20
            ),
        )


def of_likenesses() -> Iterator[tuple[str, Hot]]:
    for shape in ((), ("viewer",), ("open_only",), ("where_projects",)):
        yield "+".join(shape) or "all", search_statements.similar(frozenset(shape))


def parts_of_acts() -> Iterator[tuple[str, frozenset[str]]]:
    for size in range(3):
        for parts in itertools.combinations(writing._PARTS, size):
            yield "+".join(parts) or "plain", frozenset(parts)
    yield "everything", frozenset({writing.EXISTING, *writing._PARTS})


def of_acts() -> Iterator[tuple[str, Hot]]:
    yield from ((shape, writing.statement(parts)) for shape, parts in parts_of_acts())


def of_acts_of_the_clock() -> Iterator[tuple[str, Hot]]:
    yield from ((shape, writing.clock_statement(parts)) for shape, parts in parts_of_acts())


SHAPES: Mapping[str, Callable[[], Iterator[tuple[str, Hot]]]] = {
    "services.task.lists._list_tasks": of_lists,
    "services.task.lists._count_tasks": of_counts,
    "services.task.queries._list_people": of_people,
    "services.task.history._read": of_histories,
    "services.task.stats.facts.figures": of_figures,
    "services.task.stats.dashboard._excerpts": of_excerpts,
    "services.task.stats.dashboard._projects": of_projects,
    "services.task.search.statements.search": of_searches,
    "services.task.search.statements.similar": of_likenesses,
    "services.task.commands.statement.statement": of_acts,
    "services.task.commands.statement.clock_statement": of_acts_of_the_clock,
}
# Called while their module is loaded, or by one of the others.
CALLED_BY_OTHERS = {"services.task.time_entries._hot", "services.task.search.statements._page"}


def makers() -> set[str]:
    """The functions that say that they return a statement, alone."""
    return {
        f"{module.__name__}.{node.name}"
        for module in modules()
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.returns is not None
        and ast.unparse(node.returns) in {"Hot", "Query"}
    }


def modules() -> Iterator[Any]:
    """All modules of the store but the entry of its process and the revisions."""
    for found in pkgutil.walk_packages(services.task.__path__, "services.task."):
        if "migrations" not in found.name and not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def statements() -> list[Named]:
    """Every statement once, by its text."""
    found: dict[str, Named] = {}
    for module in modules():
        for name, value in vars(module).items():
            for shape, each in within(value):
                place = f"{module.__name__}.{name}"
                sql = text_of(each)
                found.setdefault(sql, Named(each.name, sql, place, shape))
    for place, shapes in SHAPES.items():
        for shape, hot in shapes():
            found.setdefault(hot.sql, Named(hot.name, hot.sql, place, shape))
    return list(found.values())


def within(value: Any) -> Iterator[tuple[str, Hot | Query]]:
    """The statements in a value: itself, or those that a tuple, list or mapping has."""
    if isinstance(value, Hot | Query):
        yield "", value
    elif isinstance(value, tuple | list):
        yield from ((str(n), each) for n, each in enumerate(value) if isinstance(each, Hot | Query))
    elif isinstance(value, Mapping):
        yield from ((str(k), each) for k, each in value.items() if isinstance(each, Hot | Query))


def text_of(each: Hot | Query) -> str:
    if isinstance(each, Hot):
        return each.sql
    compiled = each.statement.compile(  # type: ignore[attr-defined]
        dialect=PGDialect_asyncpg(), compile_kwargs={"render_postcompile": True}
    )
    return str(compiled)


async def explain(connection: asyncpg.Connection, named: Named) -> Plan:
    """The generic plan: the one that holds for whatever parameters."""
    await connection.execute(f"PREPARE looked_at AS {named.sql}")
    try:
        many = await connection.fetchval(
            "SELECT cardinality(parameter_types) FROM pg_prepared_statements"
            " WHERE name = 'looked_at'"
        )
        given = f"({', '.join(['NULL'] * many)})" if many else ""
        told = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE looked_at{given}")
    finally:
        await connection.execute("DEALLOCATE looked_at")
    nodes = list(walk(json.loads(told)[0]["Plan"]))
    return Plan(
        frozenset(node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"),
        frozenset(node["Index Name"] for node in nodes if "Index Name" in node),
    )


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for part in node.get("Plans", ()):
        yield from walk(part)
