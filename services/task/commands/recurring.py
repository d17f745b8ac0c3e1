"""Repeated tasks within commands: what is completed brings its next occurrence in the same act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from services.task.commands.create import draw_numbers
from services.task.commands.storing import Asked
from services.task.commands.writing import Held, Store
from services.task.model import Entry, EventType, Task, TaskNumber, WorkspaceId
from services.task.rules import series
from services.task.rules.permissions import People


async def with_next(
    store: Store, asked: Asked, held: Held, entries: Sequence[Entry], people: People
) -> list[Entry]:
    """The entries, in their order, and behind them the occurrences that follow on them."""
    heads = [entry for entry in entries if series.brings(entry.before, entry.after)]
    if not heads:
        return list(entries)
    zone = ZoneInfo((await store.roster.workspace(asked.workspace)).timezone)
    made: dict[TaskNumber, Task] = {}
    for entry in heads:
        next_ = series.following(
            entry.after, people=people, zone=zone, now=asked.now, by=asked.actor
        )
        if next_ is not None and entry.number is not None:
            # A whole that is deleted gets no new parts.
            whole = held.views[entry.number].parent
            made[entry.number] = next_ if whole else replace(next_, parent=None)
    numbers = await _drawn(held, asked.workspace, made)
    followed = []
    for entry in entries:
        after = entry.after
        if entry.number is not None and entry.number in numbers:
            after = series.followed(after, numbers[entry.number])
        followed.append(replace(entry, after=after))
    brought = (
        Entry(EventType.TASK_CREATED, task, number=numbers[former]) for former, task in made.items()
    )
    return [*followed, *brought]


async def _drawn(
    held: Held, workspace: WorkspaceId, made: Mapping[TaskNumber, Task]
) -> dict[TaskNumber, TaskNumber]:
    """A number for each that was made, by the one that it follows."""
    assert held.fetch is not None  # noqa: S101 -- what completes holds locks
    drawn = await draw_numbers(held.fetch, workspace, len(made)) if made else []
    return dict(zip(made, drawn, strict=True))
