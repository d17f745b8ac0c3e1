"""The subcommands of `boss`; a module is imported only when its command is run."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a subcommand is, and its one line in the overview."""

    module: str
    summary: str


COMMANDS: Mapping[str, Entry] = {
    "up": Entry("up", "Start everything and stay until Ctrl-C."),
    "serve": Entry("serve", "Run one service alone."),
    "status": Entry("status", "Say what runs, where, and whether it is healthy."),
    "doctor": Entry("doctor", "Look for what is wrong, and say how to mend it."),
    "migrate": Entry("migrate", "Bring the database to this version's form."),
    "verify": Entry("verify", "Check that the log and what is stored say the same."),
    "db": Entry("db", "Care for the database: dead rows, bloat, the use of indexes."),
    "link": Entry("link", "Print a new sign-in link for the page."),
    "token": Entry("token", "Make, list and end the tokens of your programs."),
    "chat": Entry("chat", "Talk with it as the boss."),
    "tasks": Entry("tasks", "List tasks."),
    "export": Entry("export", "Write the workspace to a file."),
    "import": Entry("imports", "Take a file, or a table of tasks, into the workspace."),
    "deliveries": Entry("deliveries", "List what was sent to whom, and retry it."),
    "parse": Entry("parse", "Read sentences with the local grammar alone."),
    "explain": Entry("explain", "Say why a sentence is read as it is."),
    "evaluate": Entry("evaluate", "Score the grammar and the model on a file of cases."),
    "clock": Entry("clock", "Move business time, in a system under test."),
}


class Commands(TyperGroup):
    """The subcommands by name: one is loaded when it is run, the overview loads none."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return their names in the order of the overview."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return what the overview shows of a command, None where there is none of this name."""
        entry = COMMANDS.get(cmd_name)
        return None if entry is None else TyperCommand(cmd_name, help=entry.summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the arguments name, loaded, and the arguments left for it."""
        if not args or args[0] not in COMMANDS:
            return super().resolve_command(ctx, args)
        module = importlib.import_module(f"services.cli.{COMMANDS[args[0]].module}")
        command = typer.main.get_command(module.app)
        command.name = args[0]
        return args[0], command, args[1:]


app = typer.Typer(
    cls=Commands,
    help="Boss Workflow: tasks from plain language.\n\nExample: boss up",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root() -> None:
    """Boss Workflow: tasks from plain language.

    Example: boss up
    """
