"""`boss db`: care for the database: dead rows, statistics of the planner, bloat, use of indexes.

It works beside a running system. docs/runbook.md says when to use which.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import typer

from services.cli import care
from services.cli.care import Bloat, Care, Cared, Index, Table
from services.cli.tables import table
from services.cli.terminal import FAILED, WRONG, emit, fail, plainly
from services.runtime.settings import load_settings

KILOBYTE = 1024
SMALL_BYTES = KILOBYTE**2

app = typer.Typer(
    add_completion=False,
    help="Care for the database: dead rows, bloat, the use of indexes.",
    no_args_is_help=True,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON; sizes are in bytes.")]
Tables = Annotated[
    list[str] | None,
    typer.Argument(help="Such as task.tasks, or tasks alone; without any, all tables."),
]

_T = TypeVar("_T")


@app.command()
def vacuum(tables: Tables = None, *, as_json: AsJson = False) -> None:
    """Free what dead rows hold, and renew the statistics; nobody is kept from reading or writing.

    Example: boss db vacuum tasks events
    """
    _care(Care.VACUUM, tables or [], as_json=as_json)


@app.command()
def analyze(tables: Tables = None, *, as_json: AsJson = False) -> None:
    """Renew the statistics by which the database plans; seconds, where a vacuum takes minutes.

    Example: boss db analyze
    """
    _care(Care.ANALYZE, tables or [], as_json=as_json)


@app.command()
def bloat(
    *,
    everything: Annotated[bool, typer.Option("--all", help="What is small, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List dead rows and, as an estimate, how much of each table and index is air.

    Example: boss db bloat
    """
    with plainly():
        found = _ask(care.bloat)
        if as_json:
            emit([{**_told(one), "share": one.share} for one in found])
            return
        shown = [one for one in found if everything or one.bytes >= SMALL_BYTES]
        heads = ("TABLE", "INDEX", "ROWS", "DEAD", "SIZE", "BLOAT", "")
        print(table(heads, [_bloat_row(one) for one in shown]))
        if len(shown) < len(found):
            less = sized(SMALL_BYTES)
            print(f"\nand {len(found) - len(shown)} of less than {less}: boss db bloat --all")
        if any(one.rows is not None and one.bloat_bytes is None for one in shown):
            print("\n?: not known before the first: boss db analyze")


@app.command()
def indexes(
    *,
    unused: Annotated[bool, typer.Option("--unused", help="Only what nothing has used.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the indexes with their size and use; what nothing has used is marked.

    Example: boss db indexes --unused
    """

    async def read(connection: Any) -> tuple[list[Index], datetime | None]:
        return await care.indexes(connection), await care.counted_since(connection)

    with plainly():
        found, since = _ask(read)
        shown = [one for one in found if one.unused or not unused]
        if as_json:
            told = [{**_told(one), "unused": one.unused} for one in shown]
            emit({"counted_since": since and since.isoformat(), "indexes": told})
            return
        heads = ("INDEX", "TABLE", "SIZE", "SCANS", "LAST USED", "")
        print(table(heads, [_index_row(one) for one in shown]))
        print(f"\nCounted since {_at(since) if since else 'the server was made, or crashed'}.")


@app.command("tables")
def list_tables(*, as_json: AsJson = False) -> None:
    """List the tables with their rows and sizes, and when they were last cared for.

    Example: boss db tables
    """
    with plainly():
        found = _ask(care.tables)
        if as_json:
            emit([_told(one) for one in found])
            return
        heads = ("TABLE", "ROWS", "HEAP", "INDEXES", "TOAST", "VACUUMED", "ANALYZED")
        print(table(heads, [_table_row(one) for one in found]))
        print(f"\n{sized(sum(_total(one) for one in found))} in {len(found)} tables.")


def sized(count: int) -> str:
    """Return a number of bytes as people read it; pure."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < KILOBYTE:
            return f"{size:.0f} {unit}" if unit in {"B", "kB"} else f"{size:.1f} {unit}"
        size /= KILOBYTE
    return f"{size:.1f} TB"


def chosen(asked: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the tables that are meant, all for none. Raises LookupError with what to write; pure.

    A name without its schema will do where there is one of that name.
    """
    found = []
    for name in asked:
        matches = [one for one in known if name in (one, one.partition(".")[2])]
        if len(matches) != 1:
            what = f"could be {' or '.join(matches)}" if matches else "is none of the tables"
            message = f"{name} {what}; there are {', '.join(known)}"
            raise LookupError(message)
        found += matches
    return found or [*known]


def _care(what: Care, asked: Sequence[str], *, as_json: bool) -> None:
    async def work(connection: Any) -> list[Cared]:
        meant = chosen(asked, await care.names(connection))
        width = max(map(len, meant), default=0)
        done = []
        for name in meant:
            if not as_json:
                print(f"{name:<{width}}  ", end="", flush=True)
            one = await care.care(connection, what, name)
            done.append(one)
            if not as_json:
                print(_outcome(one), flush=True)
        return done

    with plainly():
        try:
            done = _ask(work)
        except LookupError as error:
            raise fail(error.args[0], WRONG) from error
        if as_json:
            emit([_told(one) for one in done])
        if any(one.refusal for one in done):
            raise typer.Exit(FAILED)


def _ask(work: Callable[[Any], Awaitable[_T]]) -> _T:
    async def asked() -> _T:
        async with care.connected(load_settings()) as connection:
            return await work(connection)

    return asyncio.run(asked())


def _outcome(one: Cared) -> str:
    if one.refusal is not None:
        return f"not done: {one.refusal}"
    dead = f"{one.dead_before:,} dead rows → {one.dead_after:,}"
    size = f"{sized(one.bytes_before)} → {sized(one.bytes_after)}"
    return f"{dead}, {size}, {one.seconds:.1f} s"


def _told(one: Table | Index | Bloat | Cared) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(one).items()
    }


def _table_row(one: Table) -> tuple[str, ...]:
    sizes = (one.heap_bytes, one.index_bytes, one.toast_bytes)
    cared = (one.vacuumed_at, one.analyzed_at)
    return (f"{one.schema}.{one.name}", f"{one.rows:,}", *map(sized, sizes), *map(_at, cared))


def _total(one: Table) -> int:
    return one.heap_bytes + one.index_bytes + one.toast_bytes


def _index_row(one: Index) -> tuple[str, ...]:
    mark = "unused" if one.unused else ""
    if not one.valid:
        mark = "INVALID: no statement goes by it"
    used = _at(one.used_at) if one.used_at or not one.scans else ""
    return one.name, f"{one.schema}.{one.table}", sized(one.bytes), f"{one.scans:,}", used, mark


def _bloat_row(one: Bloat) -> tuple[str, ...]:
    unknown = "?" if one.rows is not None else "-"
    return (
        f"{one.schema}.{one.table}",
        one.index or "",
        "" if one.rows is None else f"{one.rows:,}",
        "" if one.dead is None else f"{one.dead:,}",
        sized(one.bytes),
        unknown if one.bloat_bytes is None else sized(one.bloat_bytes),
        "" if one.share is None else f"{one.share:.0%}",
    )


def _at(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
