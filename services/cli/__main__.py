"""The `boss` command: `python -m services.cli`.

`boss status`, which programs ask again and again, goes past the command line's libraries.
"""

import importlib
import os
import sys

from services.cli import standing

STATUS = {("status",): False, ("status", "--json"): True}


def main() -> None:
    """Run the command that the arguments name."""
    arguments = tuple(sys.argv[1:])
    if arguments in STATUS:
        try:
            code = standing.report(as_json=STATUS[arguments])
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read it has gone (`boss status | head -1`), and so shall what is left of it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        sys.exit(code)
    importlib.import_module("services.cli.commands").app()


if __name__ == "__main__":
    main()
