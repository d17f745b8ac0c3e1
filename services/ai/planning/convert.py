"""Plans over the wire, in and out: the only file of planning that knows the protos."""

import re
from collections.abc import Sequence
from datetime import date

from boss.ai.v1 import plan_pb2, planning_service_pb2

from services.ai import convert
from services.ai.faults import Faults
from services.ai.model import Candidate, Context
from services.ai.planning import schedule
from services.ai.planning.model import (
    ESTIMATE_MOST,
    MOST_TASKS,
    QUESTIONS,
    SUBTASKS_MOST,
    TITLE_MOST,
    Change,
    ChangeKind,
    Plan,
    PlannedTask,
    Question,
)
from services.ai.planning.reading import WORDS_MOST
from services.runtime.errors import NotFound

TEXT_MOST, ANSWER_MOST, ASSIGNEES_MOST, NEEDS_MOST, NEED_MOST, WORD_MOST = (
    8_000,
    1_000,
    20,
    20,
    40,
    80,
)
_DATE = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)
_QUESTIONS = {
    each: plan_pb2.PlanQuestionKind.Value(f"PLAN_QUESTION_KIND_{each.name}") for each in Question
}
_ASKED = {value: each for each, value in _QUESTIONS.items()}
_CHANGES = {
    each: plan_pb2.PlanChangeKind.Value(f"PLAN_CHANGE_KIND_{each.name}") for each in ChangeKind
}


def answers(request: planning_service_pb2.DraftPlanRequest) -> dict[Question, str]:
    """Return the answers of a request; Invalid names every fault of it."""
    faults = Faults()
    faults.text("text", request.text, least=1, most=TEXT_MOST)
    if request.min_position < 0:
        faults.add("min_position", "must be a position that task has told, or 0")
    found = dict[Question, str]()
    for index, answer in enumerate(request.answers[: 2 * len(QUESTIONS)]):
        field = f"answers[{index}]"
        kind = _ASKED.get(answer.kind)
        if kind is None or kind in found:
            faults.add(f"{field}.kind", "must be when, who or matters, each at most once")
            continue
        found[kind] = faults.text(f"{field}.words", answer.words, most=ANSWER_MOST)
    faults.raise_if_any()
    return found


def plan(proto: plan_pb2.Plan, words: str, context: Context) -> Plan:
    """Return the plan of a request; Invalid names every fault, NotFound a stranger in it."""
    faults = Faults()
    faults.text("words", words, least=1, most=WORDS_MOST)
    faults.text("plan.title", proto.title, least=1, most=TITLE_MOST)
    faults.text("plan.budget", proto.budget, most=WORD_MOST)
    faults.text("plan.place", proto.place, most=WORD_MOST)
    if not 1 <= len(proto.tasks) <= MOST_TASKS:
        faults.add("plan.tasks", f"must hold 1 to {MOST_TASKS}, not {len(proto.tasks):,}")
    tasks = [
        _task(task, index, faults) for index, task in enumerate(proto.tasks[:MOST_TASKS], start=1)
    ]
    numbers = {task.number for task in tasks}
    for task in tasks:
        if not set(task.after) <= numbers - {task.number}:
            field = f"plan.tasks[{task.number - 1}].after"
            faults.add(field, "must be numbers of other tasks of the plan")
    if schedule.has_circle(tasks):
        faults.add("plan.tasks", "must not wait for each other in a circle")
    wished = _day("plan.wished_date", proto.wished_date, faults)
    faults.raise_if_any()
    names = {person.name: person.display_name for person in context.roster}
    for task in tasks:
        if any(who.name not in names for who in task.assignees):
            raise NotFound("PERSON_NOT_FOUND", "There is no such person in this workspace.")
    return Plan(proto.title, proto.kind, tuple(tasks), wished, proto.budget, proto.place)


def _task(proto: plan_pb2.PlannedTask, number: int, faults: Faults) -> PlannedTask:
    field = f"plan.tasks[{number - 1}]"
    faults.text(f"{field}.title", proto.title, least=1, most=TITLE_MOST)
    faults.text(f"{field}.why", proto.why, most=TITLE_MOST * 2)
    if proto.number != number:
        faults.add(f"{field}.number", f"must be {number}: tasks are numbered in their order")
    if not 1 <= proto.estimate_minutes <= ESTIMATE_MOST:
        faults.add(f"{field}.estimate_minutes", f"must be 1 to {ESTIMATE_MOST:,}")
    faults.many(f"{field}.assignees", proto.assignees, most=ASSIGNEES_MOST)
    faults.many(f"{field}.subtasks", proto.subtasks, most=SUBTASKS_MOST)
    faults.many(f"{field}.needs", proto.needs, most=NEEDS_MOST)
    for index, title in enumerate(proto.subtasks[:SUBTASKS_MOST]):
        faults.text(f"{field}.subtasks[{index}]", title, least=1, most=TITLE_MOST)
    for index, need in enumerate(proto.needs[:NEEDS_MOST]):
        faults.text(f"{field}.needs[{index}]", need, most=NEED_MOST)
    return PlannedTask(
        number=number,
        title=proto.title,
        estimate_minutes=proto.estimate_minutes,
        assignees=tuple(Candidate(each.name, each.display_name) for each in proto.assignees),
        after=tuple(sorted(set(proto.after))),
        subtasks=tuple(proto.subtasks),
        start=_day(f"{field}.start_date", proto.start_date, faults),
        deadline=_day(f"{field}.deadline_date", proto.deadline_date, faults),
        needs=tuple(proto.needs),
        why=proto.why,
    )


def _day(field: str, text: str, faults: Faults) -> date | None:
    if not text:
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    faults.add(field, "must be a day of the years 2000 to 2099, YYYY-MM-DD")
    return None


def plan_out(value: Plan) -> plan_pb2.Plan:
    """Return a plan as it goes over the wire."""
    return plan_pb2.Plan(
        title=value.title,
        kind=value.kind,
        tasks=[_task_out(each) for each in value.tasks],
        wished_date=value.wished.isoformat() if value.wished else "",
        budget=value.budget,
        place=value.place,
        remarks=value.remarks,
    )


def _task_out(value: PlannedTask) -> plan_pb2.PlannedTask:
    return plan_pb2.PlannedTask(
        number=value.number,
        title=value.title,
        estimate_minutes=value.estimate_minutes,
        assignees=convert.candidates(value.assignees),
        after=value.after,
        subtasks=value.subtasks,
        start_date=value.start.isoformat() if value.start else "",
        deadline_date=value.deadline.isoformat() if value.deadline else "",
        needs=value.needs,
        why=value.why,
    )


def questions(values: Sequence[Question]) -> list[plan_pb2.PlanQuestion]:
    """Return questions as they go over the wire."""
    return [plan_pb2.PlanQuestion(kind=_QUESTIONS[each], words=QUESTIONS[each]) for each in values]


def changes(values: Sequence[Change]) -> list[plan_pb2.PlanChange]:
    """Return differences as they go over the wire."""
    return [
        plan_pb2.PlanChange(
            kind=_CHANGES[each.kind],
            sentence=each.sentence,
            number_before=each.before,
            number_after=each.after,
            field=each.field,
        )
        for each in values
    ]
