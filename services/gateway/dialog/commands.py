"""The slash commands: their names, how one is read, and the nearest to an unknown one. Pure."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

KNOWN: dict[str, str] = {
    "start": "welcome",
    "help": "what I understand",
    "task": "a new task, in your words",
    "tasks": "open tasks, with filters in words",
    "mine": "your open tasks",
    "today": "what is due today",
    "overdue": "what is late",
    "show": "one task",
    "done": "say that a task is done",
    "startwork": "say that you work on a task",
    "approve": "accept submitted work",
    "reject": "send submitted work back, with a reason",
    "cancel_task": "call a task off",
    "block": "say what a task waits for",
    "unblock": "go on with a blocked task",
    "hold": "put a task on hold",
    "resume": "go on with a task on hold",
    "reopen": "open a closed task again",
    "depends": "make a task wait for another",
    "in": "say that you are at work",
    "out": "say that you have gone",
    "break": "begin or end a break",
    "undo": "take back what you did last",
    "redo": "do it again",
    "team": "who is here",
    "invite": "let somebody in",
    "cancel": "leave a question unanswered",
    "skip": "go on without an answer",
}
NEAR = 3
NEAR_ENOUGH = 0.5

_COMMAND = re.compile(r"\s*/([A-Za-z0-9_]+)(?:@[A-Za-z0-9_]+)?(?:\s+(.*))?\s*\Z", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.])(?:t-?|#)?(\d{1,9})(?![\w%]|[.:]\d)", re.IGNORECASE)
_LEADING = re.compile(
    r"\s*(?:(?:t-?|#)?\d{1,9}(?:\s*,\s*|\s+and\s+|\s+|\s*:\s*|\Z))+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command without its slash, what follows it, and where that begins in the text."""

    name: str
    rest: str
    offset: int


def read(text: str) -> Command | None:
    """The command that this text is; None for plain words."""
    found = _COMMAND.match(text)
    if not found:
        return None
    rest = (found.group(2) or "").strip()
    return Command(found.group(1).lower(), rest, text.find(rest, found.end(1)) if rest else 0)


def numbers(text: str) -> tuple[list[int], str]:
    """The task numbers that the text begins with, and what follows them.

    >>> numbers("T-42, 43 the footer moved")
    ([42, 43], 'the footer moved')
    """
    found = _LEADING.match(text)
    if not found:
        return [], text.strip()
    listed = [int(number) for number in _NUMBER.findall(found.group())]
    return list(dict.fromkeys(listed)), text[found.end() :].strip()


def nearest(name: str, known: Iterable[str] = KNOWN) -> list[str]:
    """The commands that may have been meant, likeliest first."""
    return difflib.get_close_matches(name.lower(), list(known), n=NEAR, cutoff=NEAR_ENOUGH)
