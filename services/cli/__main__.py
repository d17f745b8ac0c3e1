"""The `boss` command: `python -m services.cli`.

`boss status`, which programs ask again and again, goes past the command line's libraries.
"""

import importlib
import sys

from services.cli import standing

STATUS = {("status",): False, ("status", "--json"): True}


def main() -> None:
    """Run the command that the arguments name."""
    arguments = tuple(sys.argv[1:])
    if arguments in STATUS:
        sys.exit(standing.report(as_json=STATUS[arguments]))
    importlib.import_module("services.cli.commands").app()


if __name__ == "__main__":
    main()
