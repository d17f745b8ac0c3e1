"""`boss serve`: one service alone, in place of this process, as in a container."""

import enum
import os
import sys
from typing import Annotated

import typer

from services.cli.terminal import plainly
from services.runtime.settings import load_settings


class Name(enum.StrEnum):
    """The four services."""

    TASK = "task"
    AI = "ai"
    NOTIFY = "notify"
    GATEWAY = "gateway"


app = typer.Typer(add_completion=False)


@app.command()
def serve(service: Annotated[Name, typer.Argument(help="Which one.")]) -> None:
    """Run one service alone, with the settings of the environment; it needs DATABASE_URL.

    Example: DATABASE_URL=postgresql://boss@db/boss boss serve task
    """
    with plainly():
        load_settings()  # a wrong variable is told here, before anything starts
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", f"services.{service.value}"])  # noqa: S606 -- no shell is wanted
