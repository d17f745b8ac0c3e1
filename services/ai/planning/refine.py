"""Changes a plan by commands: a new plan, and what is different. Pure.

Each command is applied by itself to the tasks as they are numbered in the plan that people see;
one that would make a circle, or leave nothing, is told and changes nothing.
"""

from dataclasses import replace

from services.ai.grammar.people import candidate
from services.ai.model import Context
from services.ai.planning import commands, draft, reading, schedule
from services.ai.planning.applying import FIRST_NEW, apply
from services.ai.planning.difference import differences
from services.ai.planning.model import MOST_TASKS, Plan, PlannedTask, Refined
from services.ai.planning.said import Unclear


def refined(plan: Plan, words: str, context: Context) -> Refined:
    """Return the plan as the words want it, the differences, and what was not understood."""
    found, wrong = reading.read(words, plan, context)
    changed, done = plan, False
    for command in found:
        try:
            after = _applied(command, changed, context)
        except Unclear as unclear:
            wrong.append(str(unclear)[:1].upper() + str(unclear)[1:])
            continue
        changed, done = after, True
    if not done:
        return Refined(plan, (), tuple(wrong))
    staffed = replace(changed, tasks=_staffed(changed.tasks, context))
    numbered, before = _renumbered(staffed)
    new = draft.laid(numbered, context)
    return Refined(new, differences(plan, new, before, context), tuple(wrong))


def _applied(command: commands.Command, plan: Plan, context: Context) -> Plan:
    if isinstance(command, commands.Due):
        if command.day < context.now.date():
            raise Unclear(f"{draft.said_day(command.day, context)} has passed.")
        return replace(plan, wished=command.day)
    tasks = apply(command, list(plan.tasks))
    if schedule.has_circle(tasks):
        raise Unclear("so some tasks would wait for each other; say what comes after what.")
    if not tasks:
        raise Unclear("a plan needs a task.")
    if len(tasks) > MOST_TASKS:
        raise Unclear(f"a plan has at most {MOST_TASKS} tasks.")
    return replace(plan, tasks=tuple(tasks))


def _staffed(tasks: tuple[PlannedTask, ...], context: Context) -> tuple[PlannedTask, ...]:
    """Give new tasks to somebody of those who are in the plan already."""
    names = {who.name for task in tasks for who in task.assignees}
    team = [each for each in context.roster if candidate(each).name in names] or context.roster
    new = [task for task in tasks if task.number >= FIRST_NEW and not task.assignees]
    given = {task.number: task for task in draft.staffed(new, team, context)}
    return tuple(given.get(task.number, task) for task in tasks)


def _renumbered(plan: Plan) -> tuple[Plan, dict[int, int]]:
    """Return the plan with its tasks in order, and the number that each had before."""
    ordered = schedule.in_order(plan.tasks)
    new = {task.number: number for number, task in enumerate(ordered, start=1)}
    tasks = tuple(
        replace(
            task, number=new[task.number], after=tuple(sorted(new[each] for each in task.after))
        )
        for task in ordered
    )
    return replace(plan, tasks=tasks), {number: old for old, number in new.items()}
