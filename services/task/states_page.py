"""docs/states.md, written from the table of transitions: `make docs`, and a test that it is true.

The table of commands, what each state answers, and the diagram are generated; beside them stand
the few rules that no row of the table holds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from services.task.model import OPEN, Status
from services.task.rules.permissions import WHO_MAY
from services.task.rules.states import TRANSITIONS, WITH_REASON, Command, Transition

# What the states of a task at hand share in the diagram, so that it has few arrows.
AT_HAND = OPEN - {Status.ON_HOLD}
GROUP = "at_hand"

# What a command does besides, or asks for, that is no matter of states.
BESIDE: Mapping[Command, str] = {
    Command.START: "Refused with `TASK_BLOCKED` while a task that it depends on is open; another "
    "assignee who starts as well changes the own mark alone.",
    Command.SUBMIT: "Where no approval is required: completed. One of several assignees marks the "
    "own part as done; the last one submits (or the first, where one is to submit for all).",
    Command.APPROVE: "Tasks that wait for it are freed; the next occurrence is made.",
    Command.REJECT: "One revision more.",
    Command.COMPLETE: "Refused with `NEEDS_APPROVAL` to an assignee where approval is required; "
    "where it is not, an assignee may. Asks what becomes of open subtasks (`SUBTASKS_OPEN`).",
    Command.CANCEL: "Asks what becomes of open subtasks (`SUBTASKS_OPEN`).",
    Command.REOPEN: "One reopening more; everybody's mark begins anew.",
    Command.HOLD: "Reminders pause.",
}

HEAD = """# States of a task

Generated from the table in `services/task/rules/states.py` by `make docs`; edit that, not this.

A command that is true already is a success that changes nothing. In any other state it is refused
with `TASK_STATE`, which says what the task is, since when, by whom, and which commands are possible
instead. Overdue, due soon, delayed, reopened and "blocked by a dependency" are no states: they are
worked out.
"""
TAIL = """## Beside the states

A task of any state is deleted, which hides it and its subtasks, and can be restored for 30 days;
then it is erased. A completed task is archived after 30 days: found by a search, listed no more.
Undo puts back the state that an act changed, with what was written beside it, unless somebody else
has moved the task since.
"""


def page() -> str:
    """The whole page."""
    return "\n".join((HEAD, _commands(), _answers(), _diagram(), TAIL))


def _commands() -> str:
    rows = [
        (
            f"**{command.value}**",
            _words(way.sources),
            way.to.words if way.to else "where it was",
            _words(way.already),
            f"{WHO_MAY[way.right].removesuffix(' may')}",
            _beside(command),
        )
        for command, way in TRANSITIONS.items()
    ]
    head = ("command", "from", "to", "true already in", "who may", "and")
    return "## Commands\n\n" + _table(head, rows)


def _beside(command: Command) -> str:
    reason = "The reason that is given is kept and shown." if command in WITH_REASON else ""
    return " ".join(part for part in (BESIDE.get(command, ""), reason) if part)


def _answers() -> str:
    def answer(status: Status, way: Transition) -> str:
        if status in way.already:
            return "so already"
        if status not in way.sources:
            return ""
        return way.to.words if way.to else "where it was"

    rows = [
        (f"**{status.words}**", *(answer(status, way) for way in TRANSITIONS.values()))
        for status in Status
    ]
    head = ("state", *(command.value for command in TRANSITIONS))
    return (
        "## What each state answers\n\nThe state that a command leads to; where nothing stands, it "
        "is refused.\n\n" + _table(head, rows)
    )


def _diagram() -> str:
    lines = [
        "stateDiagram-v2",
        f"    [*] --> {_name(Status.PENDING)}: create",
        f'    state "at hand" as {GROUP} {{',
        *(f"        {_name(status)}" for status in Status if status in AT_HAND),
        "    }",
    ]
    arrows: dict[tuple[str, str], list[str]] = {}
    for command, way in TRANSITIONS.items():
        for source in _ends(way.sources):
            for target in _targets(way):
                if source != target:
                    arrows.setdefault((source, target), []).append(command.value)
    lines += [f"    {a} --> {b}: {', '.join(said)}" for (a, b), said in arrows.items()]
    return "\n".join(("## Diagram\n", "```mermaid", *lines, "```", ""))


def _targets(way: Transition) -> list[str]:
    """Where it leads; back to where it was: to each state from which one came here."""
    if way.to is not None:
        return [_name(way.to)]
    return _ends(next(each.sources for each in TRANSITIONS.values() if each.to in way.sources))


def _ends(states: Iterable[Status]) -> list[str]:
    """The ends of arrows for these states, those at hand as one where they are all among them."""
    found = frozenset(states)
    left = found - AT_HAND if found >= AT_HAND else found
    return [GROUP] * (left != found) + [_name(status) for status in Status if status in left]


def _name(status: Status) -> str:
    return status.name.lower()


def _words(states: Iterable[Status]) -> str:
    found = frozenset(states)
    if found >= OPEN:
        return "any open state"
    if missing := OPEN - found if len(found) == len(OPEN) - 1 else None:
        return f"any open state but {next(iter(missing)).words}"
    return ", ".join(status.words for status in Status if status in found)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = [list(head)]
    lines = [cells[0], ["---"] * len(cells[0]), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page())
