"""`boss parse`: sentences read with the local grammar alone; no service need run."""

import json
import sys
from collections.abc import Iterator
from typing import Annotated, TextIO

import typer

from services.ai.grammar.assemble import interpret
from services.cli import cases

app = typer.Typer(add_completion=False)
BAD_INPUT = 2


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
        print("Give one sentence, or --jsonl and cases on standard input.", file=sys.stderr)
        raise typer.Exit(BAD_INPUT)
    if sentence is not None:
        lines: Iterator[str] = iter([json.dumps({"id": "1", "text": sentence})])
    else:
        # Our own decoding: the machine's locale must not decide what a line says.
        lines = iter(open(sys.stdin.fileno(), encoding="utf-8-sig", closefd=False))  # noqa: SIM115, PTH123
    raise typer.Exit(run(lines, sys.stdout))


def run(stdin: Iterator[str] | TextIO, stdout: TextIO) -> int:
    """Return the exit code after answering case by case: 0, or 2 at the first line that is none.

    The message on standard error names the line; the answers before it are written.
    """
    number = 0
    try:
        for number, line in enumerate(stdin, start=1):
            if line.strip():
                case = cases.read(line)
                told = cases.answer(case, interpret(case.text, case.context))
                stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    except cases.BadCase as error:
        print(f"Line {number}: {error}.", file=sys.stderr)
        return BAD_INPUT
    except UnicodeDecodeError as error:
        print(f"Line {number + 1} or a later one is not UTF-8 ({error.reason}).", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        return 0
    finally:
        stdout.flush()
    return 0
