"""The order of a task's parts: which of them move when somebody says how they are to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.runtime.errors import Invalid, Violation
from services.task.model import Entry, EventType, PersonRecord, TaskNumber, TaskView
from services.task.rules.permissions import People, Right, require


def reorder(
    whole: TaskView,
    wanted: Sequence[TaskNumber],
    *,
    parts: Mapping[TaskNumber, TaskView],
    actor: PersonRecord,
    people: People,
    now: datetime,
) -> tuple[Entry, ...]:
    """An entry for each part that moves; none where they come in this order already.

    Parts that are not named come behind those that are, in the order they had: so one that was
    added meanwhile is in nobody's way. Raises Forbidden NOT_ALLOWED, Invalid SUBTASK_UNKNOWN.
    """
    require(
        actor,
        Right.CHANGE,
        task=whole.task,
        number=whole.number,
        people=people,
        now=now,
        doing="order the subtasks of",
    )
    present = [ref.number for ref in whole.subtasks]
    strange = [
        Violation(f"subtasks[{index}]", f"T-{number} is not a subtask of T-{whole.number}.")
        for index, number in enumerate(wanted)
        if number not in present
    ]
    if strange:
        raise Invalid("SUBTASK_UNKNOWN", "Name subtasks of this task.", violations=strange)
    order = [*wanted, *(number for number in present if number not in wanted)]
    if order == present:
        return ()
    return tuple(
        _moved(parts[number], place, now)
        for place, number in enumerate(order, 1)
        if parts[number].task.place != place
    )


def _moved(part: TaskView, place: int, now: datetime) -> Entry:
    after = replace(part.task, place=place, updated_at=now)
    return Entry(EventType.TASK_CHANGED, number=part.number, before=part.task, after=after)
