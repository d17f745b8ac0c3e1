"""`boss status`, as the command line knows it; the work is done in `standing.py`."""

from typing import Annotated

import typer

from services.cli.standing import report

app = typer.Typer(add_completion=False)


@app.command()
def status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what runs, where, and whether it is healthy; exit code 1 where something is not.

    Example: boss status --json
    """
    raise typer.Exit(report(as_json=as_json))
