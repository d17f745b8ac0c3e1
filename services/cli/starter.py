"""Who started `boss up`, and whether that one is still there: make, and the terminal.

A closed terminal signals its session's leader alone; where that is make (`ssh -t host make run`),
make waits for us and does not pass the signal on.
"""

import os
import select
import sys
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Starter:
    """The parent to live and die with, where there is one, and the terminals that were open."""

    parent: int | None
    terminals: tuple[int, ...]

    @classmethod
    def present(cls, *, with_parent: bool) -> Self:
        """Return who is there now."""
        streams = (sys.stdin, sys.stdout, sys.stderr)
        terminals = [one.fileno() for one in streams if one is not None and one.isatty()]
        return cls(os.getppid() if with_parent else None, tuple(terminals))

    def gone(self) -> bool:
        """Return whether the parent has ended or a terminal was closed; reads nothing from it."""
        if self.parent is not None and os.getppid() != self.parent:
            return True
        poll = select.poll()
        for terminal in self.terminals:
            poll.register(terminal, 0)  # a hang-up is always told, and nothing else is asked for
        return any(event & select.POLLHUP for _, event in poll.poll(0))
