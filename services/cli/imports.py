"""`boss import`: a file into the workspace."""

import hashlib
import sys
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli import files
from services.cli.api import Answer, ApiError, owner_api
from services.cli.export import Form
from services.cli.terminal import FAILED, emit, plainly
from services.runtime.settings import load_settings

app = typer.Typer(add_completion=False)
LINES = "application/x-ndjson"


@app.command("import")
def take(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What to read.")],
    *,
    form: Annotated[
        Form | None, typer.Option("--format", help="json or csv; as the file is called.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be taken and what not.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Take it although it was taken before.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Take a file of `boss export`, or a table of tasks, into the workspace.

    The same file is taken once: where an import broke off, the same command goes on with it.
    Ends with 1 where lines were refused.

    Example: boss import tasks.csv --dry-run
    """
    by_name = Form.CSV if file.suffix.lower() == ".csv" else Form.JSON
    with plainly():
        result = _taken(file, (form or by_name).value, dry_run=dry_run, again=again)
    if as_json:
        emit(result)
    else:
        _print(result)
    if result["refused_count"]:
        raise typer.Exit(FAILED)


def _taken(file: Path, form: str, *, dry_run: bool, again: bool) -> Any:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
        content.seek(0)
        headers = {
            "Accept": LINES,
            "Content-Length": str(file.stat().st_size),
            "Idempotency-Key": str(uuid.uuid4()) if again else f"file-{form}-{digest}",
        }
        path = f"/api/import?format={form}&dry_run={str(dry_run).lower()}"
        result = None
        with files.opened(
            owner_api(load_settings()), "POST", path, body=content, headers=headers
        ) as response:
            for told in files.lines(response):
                if told["problem"] is not None:
                    broken = Answer(told["problem"]["status"], told["problem"]).problem
                    raise ApiError(f"{broken} Run the same again: it goes on where it broke off.")
                result = told["result"]
                _show(told)
    if result is None:
        raise ApiError("the import broke off: run the same again, and it goes on")
    return result


def _show(told: Any) -> None:
    if sys.stderr.isatty():
        end = "\n" if told["result"] else ""
        print(f"\r{told['done']:,} of {told['total']:,}", end=end, file=sys.stderr, flush=True)


def _print(result: Any) -> None:
    counts = ", ".join(
        f"{many:,} {kind.replace('_', ' ')}" for kind, many in result["counts"].items() if many
    )
    print(f"{'Would take' if result['dry_run'] else 'Taken'}: {counts or 'nothing'}.")
    if unused := result["unused_columns"]:
        print(f"Nothing was read from these columns: {', '.join(unused)}.")
    for one in result["refused"]:
        title = f" “{one['title']}”" if one["title"] else ""
        print(f"Line {one['line']}{title}: {' '.join(one['reasons'])}")
    more = result["refused_count"] - len(result["refused"])
    if more > 0:
        print(f"and {more:,} lines more.")
