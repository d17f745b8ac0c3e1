"""`boss verify`: whether the log and what is stored say the same.

The store's own program does it; it is named, not imported.
"""

import json
import subprocess
import sys
from typing import Annotated, Any

import typer

from services.cli.api import ApiError
from services.cli.running import present
from services.cli.terminal import FAILED, emit, plainly
from services.runtime.settings import Settings, load_settings

PROGRAM = "services.task.verifying"
# What each part of the report says of somebody or something that it names.
SAYS = {
    "tasks": "is not what the log says last of it",
    "lost": "is in the log, and nowhere else",
    "comments": "has a comment that is not what the log says last of it",
    "disordered": "has events that are numbered in another order than they were written",
    "people": "is not what the log says last of the person",
    "names": "does not have exactly the names by which people are found",
    "workspaces": "is not what the log says last of it",
}
KINDS = {"people": "P-", "names": "P-", "workspaces": ""}

app = typer.Typer(add_completion=False)


@app.command()
def verify(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check every task, person, workspace and comment against the log; it changes nothing.

    Beside a running system, or with DATABASE_URL. It reads everything, so it takes seconds for
    each 10,000 tasks. Ends with 1 where something differs.

    Example: boss verify
    """
    with plainly():
        report = _report(_database(load_settings()))
    if as_json:
        emit(report)
    else:
        _print(report)
    if not report["good"]:
        raise typer.Exit(FAILED)


def _database(settings: Settings) -> str:
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    run = present(settings.state_dir)
    if run is None or run.database is None:
        message = (
            f"no database runs in {settings.state_dir}: start the system (boss up), or set "
            "DATABASE_URL to its own"
        )
        raise ApiError(message)
    return run.database


def _report(database: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", PROGRAM],
        input=f"{database}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        said = done.stderr.strip().splitlines()
        message = f"the check could not be made: {said[-1] if said else 'it ended by itself'}"
        raise ApiError(message) from error


def _print(report: Any) -> None:
    for part, says in SAYS.items():
        for workspace, number in report[part]:
            prefix = KINDS.get(part, "T-")
            where = "" if part == "workspaces" else f" of workspace {workspace}"
            what = f"workspace {number}" if part == "workspaces" else f"{prefix}{number}"
            print(f"{what}{where} {says}")
    if report["gaps"]:
        print(f"the positions of the log have gaps: {report['gaps']}")
    print("Log and state agree." if report["good"] else "Log and state differ; docs/runbook.md.")
