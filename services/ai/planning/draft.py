"""Makes a plan of a request: kind, words, people, days. Pure; the same words give the same plan.

What a model proposes as steps goes the same way: people, days and order are always made here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from services.ai import wording
from services.ai.grammar.people import candidate
from services.ai.model import Context, Person
from services.ai.planning import filling, schedule
from services.ai.planning.kinds import Kind, Step, extras_of, kind_of, says
from services.ai.planning.model import (
    FEWEST,
    MOST_DRAFTED,
    QUESTIONS,
    TITLE_MOST,
    Plan,
    PlannedTask,
    Question,
)
from services.ai.staffing import Past, Staff, Work

# What matters most may leave out what is optional, and shorten what is left.
_HURRY = ("speed", "fast", "quick", "quickly", "asap", "time", "soon", "deadline")
_THRIFT = ("cost", "costs", "cheap", "cheaply", "money", "lean")
_HURRIED = 0.8
_ROUND_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a plan, and the answers to the questions so far."""

    text: str
    answers: Mapping[Question, str] = field(default_factory=dict)
    history: tuple[Past, ...] = ()

    def answer(self, question: Question) -> str:
        """Return what was answered; empty: nothing yet."""
        return self.answers.get(question, "")


@dataclass(frozen=True, slots=True)
class Drafted:
    """A plan, and what may still be asked; it is a whole plan without the answers too."""

    plan: Plan
    questions: tuple[Question, ...] = ()


def draft(asked: Asked, context: Context, steps: Sequence[Step] = ()) -> Drafted:
    """Return the plan; `steps` take the place of the kind's own, where somebody knows better."""
    said = _said(asked, context)
    kind = kind_of(asked.text)
    matters = " ".join(wording.of_work(asked.answer(Question.MATTERS)))
    chosen = list(steps) or _steps(kind, asked.text, matters)
    tasks = _filled(chosen, said, kind, hurried=says(matters, _HURRY))
    tasks = staffed(tasks, _team(said, context), context, asked.history)
    plan = laid(
        Plan(
            title=_title(said, kind),
            kind=kind.name,
            tasks=tasks,
            wished=said.end,
            budget=said.budget,
            place=said.place,
        ),
        context,
    )
    return Drafted(plan, _questions(asked, said, matters))


def laid(plan: Plan, context: Context) -> Plan:
    """Return the plan with its tasks over working days, and what is to be remarked of it."""
    found = schedule.lay(
        plan.tasks,
        today=context.now.date(),
        wished=plan.wished,
        working_days={each.name: each.working_days for each in context.roster},
    )
    laid_plan = replace(plan, tasks=found.tasks)
    return replace(laid_plan, remarks=_remarks(laid_plan, found.late_days, context))


def staffed(
    tasks: Sequence[PlannedTask],
    team: Sequence[Person],
    context: Context,
    history: Sequence[Past] = (),
) -> tuple[PlannedTask, ...]:
    """Return the tasks with somebody for each that has nobody, so that work is shared."""
    staff = Staff.of(team, context.open_tasks, history)
    given = list[PlannedTask]()
    for task in tasks:
        best = next(
            iter(staff.ranked(Work(task.title, task.needs, minutes=task.estimate_minutes))), None
        )
        if best is None or task.assignees:
            given.append(task)
            continue
        staff.give(best.person, task.estimate_minutes)
        who = candidate(best.person)
        given.append(replace(task, assignees=(who,), why=best.why))
    return tuple(given)


def _said(asked: Asked, context: Context) -> filling.Said:
    said = filling.said(asked.text, context)
    when, who = asked.answer(Question.WHEN), asked.answer(Question.WHO)
    if when and (day := filling.day_in(when, context)):
        said = replace(said, end=day)
    if who and (found := filling.said(who, context)).people:
        said = replace(said, people=found.people, unclear=found.unclear)
    if not said.budget and (matters := asked.answer(Question.MATTERS)):
        said = replace(said, budget=filling.said(matters, context).budget)
    return said


def _questions(asked: Asked, said: filling.Said, matters: str) -> tuple[Question, ...]:
    missing = {
        Question.WHEN: said.end is None,
        Question.WHO: not said.people,
        Question.MATTERS: not matters,
    }
    return tuple(each for each in QUESTIONS if missing[each] and each not in asked.answers)


def _team(said: filling.Said, context: Context) -> Sequence[Person]:
    names = {each.name for each in said.people}
    return [each for each in context.roster if each.name in names] or context.roster


def _steps(kind: Kind, text: str, matters: str) -> list[Step]:
    lean = says(matters, _HURRY) or says(matters, _THRIFT)
    steps = [
        step
        for step in kind.steps
        if not (lean and step.optional) and (not step.when or says(text, step.when))
    ]
    if len(steps) < FEWEST:
        steps = list(kind.steps)[:MOST_DRAFTED]
    have = {step.key for step in steps}
    for extra in extras_of(matters):
        if extra.step.key in have or len(steps) >= MOST_DRAFTED:
            continue
        have.add(extra.step.key)
        steps = placed(steps, extra.step, extra.place)
    return steps


def placed(steps: list[Step], step: Step, place: str) -> list[Step]:
    """Return the steps with one more: before the last (check), after the first, or at the end."""
    match place:
        case "early":
            added = replace(step, after=(steps[0].key,))
            return [steps[0], added, *steps[1:]]
        case "late":
            return [*steps, replace(step, after=(steps[-1].key,))]
        case _:
            last = steps[-1]
            added = replace(step, after=last.after)
            return [*steps[:-1], added, replace(last, after=(*last.after, step.key))]


def _filled(
    steps: Sequence[Step], said: filling.Said, kind: Kind, *, hurried: bool
) -> tuple[PlannedTask, ...]:
    subject = said.subject or kind.subject
    words = {
        "{subject}": subject,
        "{place}": f" in {said.place}" if said.place else "",
        "{budget}": f" within {said.budget}" if said.budget else "",
    }
    numbers = {step.key: number for number, step in enumerate(steps, start=1)}
    factor = said.size * (_HURRIED if hurried else 1.0)
    return tuple(
        PlannedTask(
            number=numbers[step.key],
            title=_with(step.title, words)[:TITLE_MOST],
            estimate_minutes=rounded(step.estimate_minutes * factor),
            # What is left out passes on what it waited for.
            after=tuple(sorted(_before(step, steps, numbers, kind))),
            subtasks=tuple(_with(each, words)[:TITLE_MOST] for each in step.subtasks),
            needs=step.needs,
        )
        for step in steps
    )


def _before(
    step: Step, steps: Sequence[Step], numbers: Mapping[str, int], kind: Kind
) -> frozenset[int]:
    everything = {each.key: each for each in (*kind.steps, *steps)}
    found, look = set[int](), list(step.after)
    while look:
        key = look.pop()
        if key in numbers:
            found.add(numbers[key])
        elif key in everything:
            look.extend(everything[key].after)
    return frozenset(found)


def _with(text: str, words: Mapping[str, str]) -> str:
    # Not str.format: what people say may hold braces.
    for place, word in words.items():
        text = text.replace(place, word)
    return text


def rounded(minutes: float) -> int:
    """Return an estimate in half hours, at least one."""
    return max(_ROUND_MINUTES, round(minutes / _ROUND_MINUTES) * _ROUND_MINUTES)


def _title(said: filling.Said, kind: Kind) -> str:
    title = said.title or kind.subject
    return title[:1].upper() + title[1:]


def _remarks(plan: Plan, late_days: int, context: Context) -> tuple[str, ...]:
    remarks = []
    if plan.wished and plan.wished < context.now.date():
        remarks.append(f"{said_day(plan.wished, context)} has passed.")
    elif plan.wished and late_days:
        days = "1 working day" if late_days == 1 else f"{late_days} working days"
        remarks.append(
            f"It doesn't fit before {said_day(plan.wished, context)}: at these estimates it takes "
            f"{days} longer. Cut estimates, drop tasks, or add people."
        )
    nobody = [task.number for task in plan.tasks if not task.assignees]
    if nobody:
        which = wording.listed([str(number) for number in nobody])
        remarks.append(f"Nobody has {which} yet.")
    return tuple(remarks)


def said_day(day: date, context: Context) -> str:
    """Return a day as people read it: "Friday 27 November", with the year where it is another."""
    year = "" if day.year == context.now.year else f" {day.year}"
    return f"{day:%A} {day.day} {day:%B}{year}"
