"""What is different between two plans, in sentences. Pure."""

from collections.abc import Mapping

from services.ai import wording
from services.ai.model import Candidate, Context
from services.ai.planning.draft import said_day
from services.ai.planning.model import DAY_MINUTES, Change, ChangeKind, Plan, PlannedTask

_HOUR = 60


def differences(
    old: Plan, new: Plan, before: Mapping[int, int], context: Context
) -> tuple[Change, ...]:
    """Return the changes; `before` tells which number a task of the new plan had in the old one."""
    then = {task.number: task for task in old.tasks}
    now_of = {before[task.number]: task.number for task in new.tasks}
    changes = [
        Change(
            ChangeKind.REMOVED, f"“{task.title}” ({task.number}) is dropped.", before=task.number
        )
        for task in old.tasks
        if task.number not in now_of
    ]
    for task in new.tasks:
        was = then.get(before[task.number])
        if was is None:
            changes.append(Change(ChangeKind.ADDED, _added(task), after=task.number))
        else:
            changes += _changed(was, task, now_of)
    return (*changes, *_days(old, new, before, context))


def _added(task: PlannedTask) -> str:
    parts = [spent(task.estimate_minutes)]
    parts += [_names(task.assignees)] if task.assignees else []
    after = f" after {_listed(task.after)}" if task.after else ""
    return f"New: {task.number}. “{task.title}” ({', '.join(parts)}){after}."


def _changed(was: PlannedTask, now: PlannedTask, now_of: Mapping[int, int]) -> list[Change]:
    said = dict[str, str]()
    if was.title != now.title:
        said["title"] = f"{now.number} is now called “{now.title}”."
    if set(was.assignees) != set(now.assignees):
        had = f" instead of {_names(was.assignees)}" if was.assignees else ""
        said["assignees"] = f"{now.number}: {_names(now.assignees) or 'nobody'}{had}."
    if was.estimate_minutes != now.estimate_minutes:
        said["estimate_minutes"] = (
            f"{now.number} takes {spent(now.estimate_minutes)} "
            f"instead of {spent(was.estimate_minutes)}."
        )
    # In the numbers of the new plan, so that a mere new number is no change.
    waited = {now_of[number] for number in was.after if number in now_of}
    if waited != set(now.after):
        said["after"] = (
            f"{now.number} comes after {_listed(now.after)}."
            if now.after
            else f"{now.number} waits for nothing."
        )
    if was.subtasks != now.subtasks:
        said["subtasks"] = f"{now.number} has {len(now.subtasks) or 'no'} subtasks."
    return [
        Change(ChangeKind.CHANGED, sentence, was.number, now.number, field)
        for field, sentence in said.items()
    ]


def _days(old: Plan, new: Plan, before: Mapping[int, int], context: Context) -> list[Change]:
    then = {task.number: task for task in old.tasks}
    moved = [
        task.number
        for task in new.tasks
        if (was := then.get(before[task.number]))
        and (was.start, was.deadline) != (task.start, task.deadline)
    ]
    changes = []
    if old.wished != new.wished and new.wished:
        sentence = f"It is to be done by {said_day(new.wished, context)}."
        changes.append(Change(ChangeKind.PLAN, sentence, field="wished"))
    if old.ends != new.ends and new.ends:
        had = f" instead of {said_day(old.ends, context)}" if old.ends else ""
        sentence = f"It ends on {said_day(new.ends, context)}{had}."
        changes.append(Change(ChangeKind.PLAN, sentence, field="end"))
    if moved:
        word = "day moves" if len(moved) == 1 else "days move"
        sentence = f"The {word}: {_listed(moved)}."
        changes.append(Change(ChangeKind.PLAN, sentence, field="days"))
    return changes


def spent(minutes: int) -> str:
    """Return an amount of work as people read it: "2 days", "4 h", "30 min"."""
    if minutes % DAY_MINUTES == 0:
        days = minutes // DAY_MINUTES
        return f"{days} day{'s' if days > 1 else ''}"
    if minutes < _HOUR:
        return f"{minutes} min"
    hours, rest = divmod(minutes, _HOUR)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def _names(people: tuple[Candidate, ...]) -> str:
    return wording.listed([who.display_name for who in people])


def _listed(numbers: tuple[int, ...] | list[int]) -> str:
    return wording.listed([str(number) for number in numbers])
