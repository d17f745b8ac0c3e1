"""`boss export`: the workspace as a file."""

import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from services.cli import files
from services.cli.api import Api, owner_api
from services.cli.terminal import plainly
from services.runtime.settings import load_settings

app = typer.Typer(add_completion=False)


class Form(StrEnum):
    """What a file may be."""

    JSON = "json"
    CSV = "csv"


@app.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(help="Where to; without it, to standard output.")
    ] = None,
    *,
    form: Annotated[
        Form | None,
        typer.Option("--format", help="json has everything, csv the tasks; as the file is called."),
    ] = None,
) -> None:
    """Write the workspace to a file, which `boss import` reads.

    Example: boss export backup.jsonl
    """
    by_name = Form.CSV if file is not None and file.suffix.lower() == ".csv" else Form.JSON
    with plainly():
        api = owner_api(load_settings())
        wanted = form or by_name
        if file is None:
            _write(api, wanted, sys.stdout.buffer)
            return
        # A file that is there is a whole one.
        partial = file.with_name(file.name + ".part")
        try:
            with partial.open("wb") as out:
                _write(api, wanted, out)
            shutil.move(partial, file)
        finally:
            partial.unlink(missing_ok=True)
        print(f"{file}: {file.stat().st_size:,} bytes")


def _write(api: Api, form: Form, out: BinaryIO) -> None:
    with files.opened(api, "GET", f"/api/export?format={form.value}") as response:
        out.writelines(files.pieces(response))
