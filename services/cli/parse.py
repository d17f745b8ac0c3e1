"""`boss parse`: sentences read with the local grammar alone; no service need run."""

import json
import sys
from collections.abc import Iterator
from typing import Annotated, TextIO

import typer

from services.ai.confidence import understand
from services.cli import cases
from services.cli.terminal import OK, WRONG, fail, plainly

app = typer.Typer(add_completion=False)


@app.command()
def parse(
    *,
    sentence: Annotated[str | None, typer.Argument(help="A sentence to read.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read cases from standard input.")] = False,
) -> None:
    """Read sentences with the local grammar alone, and print what it understands.

    Example: boss parse --jsonl < cases.jsonl > answers.jsonl
    """
    if jsonl == (sentence is not None):
        raise fail("give one sentence, or --jsonl and cases on standard input.", WRONG)
    if sentence is not None:
        lines: Iterator[str] = iter([json.dumps({"id": "1", "text": sentence})])
    else:
        # Our own decoding: the machine's locale must not decide what a line says.
        lines = (line.decode("utf-8-sig") for line in sys.stdin.buffer)
    with plainly():
        raise typer.Exit(run(lines, sys.stdout))


def run(stdin: Iterator[str] | TextIO, stdout: TextIO) -> int:
    """Return the exit code after answering case by case: 0, or 2 at the first line that is none.

    The message on standard error names the line; the answers before it are written.
    """
    number = 0
    try:
        for line in stdin:
            number += 1
            if line.strip():
                case = cases.read(line)
                told = cases.answer(case, understand(case.text, case.context))
                stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        stdout.flush()
    except cases.BadCase as error:
        return _refused(stdout, number, str(error))
    except UnicodeDecodeError as error:
        return _refused(stdout, number + 1, f"it is not UTF-8 ({error.reason})")
    return OK


def _refused(stdout: TextIO, number: int, why: str) -> int:
    stdout.flush()
    print(f"boss: line {number}: {why}.", file=sys.stderr)
    return WRONG
