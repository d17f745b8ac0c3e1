"""Applies one command to the tasks of a plan; pure, one small function for each command."""

from collections.abc import Sequence
from dataclasses import replace
from functools import singledispatch

from services.ai import wording
from services.ai.planning import commands, draft, schedule
from services.ai.planning.kinds import extra_of
from services.ai.planning.model import (
    DAY_MINUTES,
    ESTIMATE_MOST,
    SUBTASKS_MOST,
    TITLE_MOST,
    PlannedTask,
)
from services.ai.planning.said import Unclear

# Words of more than this are a title of their own, not the name of something that is known.
_WORDS_OF_EXTRA = 3
# New tasks are numbered far from what people say, so that later words of a message don't mean them.
FIRST_NEW = 1_001
Tasks = list[PlannedTask]


@singledispatch
def apply(command: object, tasks: Tasks) -> Tasks:
    """Return the tasks as the command wants them; Unclear where it makes no sense."""
    message = f"no command: {type(command).__name__}"
    raise TypeError(message)


@apply.register
def _add(command: commands.Add, tasks: Tasks) -> Tasks:
    known = extra_of(command.title)
    if len(wording.words(command.title)) > _WORDS_OF_EXTRA:
        known = None
    title, minutes, needs, place = command.title, DAY_MINUTES // 2, tuple[str, ...](), "check"
    if known is not None:
        step = known.step
        title, minutes, needs = (
            step.title.replace("{budget}", ""),
            step.estimate_minutes,
            step.needs,
        )
        place = known.place
    elif command.place == "first":
        place = "early"
    new = PlannedTask(
        number=_free(tasks),
        title=title,
        estimate_minutes=command.minutes or minutes,
        assignees=command.people,
        needs=needs,
    )
    if command.after or command.before:
        first, then = frozenset(command.after), frozenset(command.before)
        tasks = [_waiting(task, new.number) if task.number in then else task for task in tasks]
        return _placed(tasks, replace(new, after=_numbers({*first})))
    if command.place == "first":
        return apply(commands.Move(new.number, first=True), [new, *tasks])
    if command.place == "last" or place == "late":
        return [*tasks, replace(new, after=_ends(tasks))]
    if place == "early" and (root := next((task for task in tasks if not task.after), None)):
        return _placed(tasks, replace(new, after=(root.number,)))
    return _before_the_end(tasks, new)


def _placed(tasks: Tasks, new: PlannedTask) -> Tasks:
    """Put it behind the last of those that it waits for, or in front."""
    at = max((index + 1 for index, task in enumerate(tasks) if task.number in new.after), default=0)
    return [*tasks[:at], new, *tasks[at:]]


def _before_the_end(tasks: Tasks, new: PlannedTask) -> Tasks:
    """Put it between the last task and what that waited for."""
    last = schedule.in_order(tasks)[-1]
    if len(_ends(tasks)) > 1:
        return [*tasks, replace(new, after=_ends(tasks))]
    kept = [replace(task, after=(new.number,)) if task is last else task for task in tasks]
    return [*kept, replace(new, after=last.after)]


@apply.register
def _drop(command: commands.Drop, tasks: Tasks) -> Tasks:
    gone = set(command.numbers)
    for number in command.numbers:
        tasks = _cut_out(tasks, number)
    return [task for task in tasks if task.number not in gone]


@apply.register
def _move(command: commands.Move, tasks: Tasks) -> Tasks:
    tasks = _cut_out(tasks, command.number)
    number = command.number
    if command.first:
        return [
            replace(task, after=()) if task.number == number
            # Whoever waited for nothing waits for this now.
            else task if task.after else _waiting(task, number)
            for task in tasks
        ]  # fmt: skip
    others = [task for task in tasks if task.number != number]
    return [replace(t, after=_ends(others)) if t.number == number else t for t in tasks]


@apply.register
def _scale(command: commands.Scale, tasks: Tasks) -> Tasks:
    numbers = set(command.numbers) or {task.number for task in tasks}
    return [
        replace(task, estimate_minutes=_times(task.estimate_minutes, command.factor))
        if task.number in numbers
        else task
        for task in tasks
    ]


def _times(minutes: int, factor: float) -> int:
    return min(ESTIMATE_MOST, draft.rounded(minutes * factor))


@apply.register
def _estimate(command: commands.Estimate, tasks: Tasks) -> Tasks:
    numbers = set(command.numbers)
    return [
        replace(task, estimate_minutes=command.minutes) if task.number in numbers else task
        for task in tasks
    ]


@apply.register
def _swap(command: commands.Swap, tasks: Tasks) -> Tasks:
    numbers = set(command.numbers) or {
        task.number for task in tasks if command.old in task.assignees
    }
    if not numbers:
        raise Unclear(f"{command.old.display_name} has no task in this plan.")
    swapped = []
    for task in tasks:
        if task.number in numbers:
            kept = tuple(who for who in task.assignees if who not in (command.old, command.new))
            task = replace(task, assignees=(*kept, command.new), why="")  # noqa: PLW2901
        swapped.append(task)
    return swapped


@apply.register
def _assign(command: commands.Assign, tasks: Tasks) -> Tasks:
    assigned = []
    for task in tasks:
        if task.number in command.numbers:
            kept = task.assignees if command.join or command.leave else ()
            kept = tuple(who for who in kept if who not in command.people)
            people = kept if command.leave else (*kept, *command.people)
            task = replace(task, assignees=people, why="")  # noqa: PLW2901
        assigned.append(task)
    return assigned


@apply.register
def _after(command: commands.After, tasks: Tasks) -> Tasks:
    if command.number in command.others:
        raise Unclear(f"{command.number} can't come after itself.")
    upward = _upward(tasks, command.others)
    if command.number in upward:
        # It came before: it is taken out of the way there, and what it waited for takes its place.
        mine = next(task for task in tasks if task.number == command.number).after
        tasks = [
            replace(task, after=_numbers({*task.after, *mine} - {command.number}))
            if task.number in upward and command.number in task.after
            else task
            for task in tasks
        ]
    return [
        replace(task, after=_numbers({*task.after, *command.others}))
        if task.number == command.number
        else task
        for task in tasks
    ]


@apply.register
def _merge(command: commands.Merge, tasks: Tasks) -> Tasks:
    parts = [task for task in tasks if task.number in command.numbers]
    gone = {task.number for task in parts}
    first, *others = parts
    title = command.title or wording.listed(
        [first.title, *(each.title[:1].lower() + each.title[1:] for each in others)]
    )
    people = tuple(dict.fromkeys(who for each in parts for who in each.assignees))
    # The titles of the parts stay as subtasks, so that nothing is forgotten.
    subtasks = [each for part in parts for each in (part.title, *part.subtasks)][:SUBTASKS_MOST]
    merged = replace(
        first,
        title=title[:TITLE_MOST],
        estimate_minutes=min(ESTIMATE_MOST, sum(each.estimate_minutes for each in parts)),
        assignees=people,
        after=_numbers({number for each in parts for number in each.after} - gone),
        subtasks=tuple(dict.fromkeys(subtasks)),
        needs=tuple(dict.fromkeys(need for each in parts for need in each.needs)),
        why="",
    )
    return [
        merged if task is first else _instead(task, gone, {first.number})
        for task in tasks
        if task is first or task.number not in gone
    ]


@apply.register
def _split(command: commands.Split, tasks: Tasks) -> Tasks:
    whole = next(task for task in tasks if task.number == command.number)
    free = _free(tasks)
    minutes = draft.rounded(whole.estimate_minutes / len(command.titles))
    parts = [
        replace(
            whole,
            number=whole.number if index == 0 else free + index,
            title=title,
            estimate_minutes=minutes,
            subtasks=(),
        )
        for index, title in enumerate(command.titles)
    ]
    numbers = {part.number for part in parts}
    return [
        each
        for task in tasks
        for each in (parts if task is whole else [_instead(task, {whole.number}, numbers)])
    ]


@apply.register
def _rename(command: commands.Rename, tasks: Tasks) -> Tasks:
    return [
        replace(task, title=command.title) if task.number == command.number else task
        for task in tasks
    ]


def _instead(task: PlannedTask, gone: set[int], new: set[int]) -> PlannedTask:
    if not gone & set(task.after):
        return task
    return replace(task, after=_numbers({*task.after} - gone | new))


def _waiting(task: PlannedTask, number: int) -> PlannedTask:
    return task if task.number == number else replace(task, after=_numbers({*task.after, number}))


def _cut_out(tasks: Tasks, number: int) -> Tasks:
    """Let whoever waited for this task wait for what it waited for, unless it does so anyway."""
    mine = {each for task in tasks if task.number == number for each in task.after}

    def without(task: PlannedTask) -> PlannedTask:
        others = {*task.after} - {number}
        waits = _upward([each for each in tasks if each.number != number], list(others))
        return replace(task, after=_numbers(others | (mine - waits - {task.number})))

    return [without(task) if number in task.after else task for task in tasks]


def _ends(tasks: Tasks) -> tuple[int, ...]:
    """Return the tasks that nothing waits for."""
    waited_for = {number for task in tasks for number in task.after}
    return tuple(task.number for task in tasks if task.number not in waited_for)


def _upward(tasks: Tasks, numbers: Sequence[int]) -> set[int]:
    """Return these tasks and all that they wait for."""
    by_number = {task.number: task for task in tasks}
    seen, look = set[int](), list(numbers)
    while look:
        number = look.pop()
        if number not in seen and number in by_number:
            seen.add(number)
            look.extend(by_number[number].after)
    return seen


def _numbers(numbers: set[int]) -> tuple[int, ...]:
    return tuple(sorted(numbers))


def _free(tasks: Tasks) -> int:
    return max(FIRST_NEW - 1, *(task.number for task in tasks)) + 1
