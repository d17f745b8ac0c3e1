"""What the commands share towards the terminal: exit codes, errors without tracebacks."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from services.cli.api import ApiError
from services.cli.identity import PostgresError
from services.runtime.errors import ServiceError, StartError

OK, FAILED, WRONG, ALREADY_RUNNING = 0, 1, 2, 3


@contextmanager
def plainly() -> Iterator[None]:
    """Turn what may be expected to go wrong into one line on standard error and an exit code."""
    try:
        yield
    except StartError as error:
        raise fail(str(error), error.exit_code) from error
    except (ApiError, ServiceError, PostgresError) as error:
        raise fail(str(error), FAILED) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(130) from error
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough.
        sys.stderr.close()
        raise typer.Exit(OK) from None


def fail(message: str, code: int = FAILED) -> typer.Exit:
    """Print why on standard error; return what to raise."""
    print(f"boss: {message}", file=sys.stderr)
    return typer.Exit(code)


def emit(value: Any) -> None:
    """Print a value as JSON, for a program to read."""
    print(json.dumps(value, ensure_ascii=False, indent=2))
