"""Planning over real gRPC: drafts and changes, for whom, what is refused, and what a model adds."""

import pytest
from boss.ai.v1 import answer_pb2, interpretation_pb2, plan_pb2, planning_service_pb2
from boss.ai.v1.planning_service_pb2_grpc import PlanningServiceStub

from services.runtime.errors import Forbidden, Invalid, NotFound, Unauthenticated, Unavailable
from tests.fakes.deepseek import Refuse, Say
from tests.integration.ai.conftest import ANA, BEN, DANA, EVE, RECEIVED, stamp

STEPS = {
    "tasks": [
        {"title": "Choose the plants", "hours": 4, "needs": ["research"]},
        {"title": "Dig the beds", "hours": 16, "after": [0]},
        {"title": "Plant", "hours": 8, "after": [0, 1], "subtasks": ["Water everything"]},
        {"title": "Look after it", "hours": 2, "after": [2]},
    ]
}


def stub(ai):
    return ai.peer.stub(PlanningServiceStub, {"DraftPlan": 33.0})


async def draft(ai, text="build the app by 15 December", *, actor=DANA, token=None, **more):
    request = planning_service_pb2.DraftPlanRequest(text=text, received_at=stamp(RECEIVED), **more)
    return await stub(ai).DraftPlan(request, actor=None if token else actor, token=token)


async def refine(ai, plan, words, *, actor=DANA, **more):
    request = planning_service_pb2.RefinePlanRequest(
        plan=plan, words=words, received_at=stamp(RECEIVED), **more
    )
    return await stub(ai).RefinePlan(request, actor=actor)


async def test_a_few_words_become_a_plan(ai):
    answer = await draft(ai)

    assert answer.plan.kind == "software"
    assert answer.plan.title == "Build the app"
    assert answer.plan.wished_date == "2026-12-15"
    assert 4 <= len(answer.plan.tasks) <= 12
    assert answer.source == answer_pb2.ANSWER_SOURCE_RULES
    assert [question.words for question in answer.questions] == [
        "Who works on it?",
        "What matters most: quality, speed, cost, security, or something else?",
    ]


async def test_work_goes_to_people_of_the_senders_workspace(ai):
    own = await draft(ai)
    foreign = await draft(ai, actor=EVE)

    given = {who.name for task in own.plan.tasks for who in task.assignees}
    assert given
    assert all(name.startswith("workspaces/1/") for name in given)
    assert {who.name for task in foreign.plan.tasks for who in task.assignees} == {
        f"workspaces/2/people/{EVE}"
    }


async def test_answers_are_taken_and_not_asked_for_again(ai):
    answer = await draft(
        ai,
        "build the app",
        answers=[
            plan_pb2.PlanAnswer(kind=plan_pb2.PLAN_QUESTION_KIND_WHO, words="Ben"),
            plan_pb2.PlanAnswer(kind=plan_pb2.PLAN_QUESTION_KIND_WHEN, words=""),
        ],
    )

    assert {who.display_name for task in answer.plan.tasks for who in task.assignees} == {"Ben"}
    assert [each.kind for each in answer.questions] == [plan_pb2.PLAN_QUESTION_KIND_MATTERS]


async def test_a_plan_is_changed_by_talking_again_and_again(ai):
    plan = (await draft(ai)).plan

    first = await refine(ai, plan, "add security")
    second = await refine(ai, first.plan, "give 1 to Ben; drop the documentation")

    assert next(change.kind for change in first.changes) == plan_pb2.PLAN_CHANGE_KIND_ADDED
    assert [who.display_name for who in second.plan.tasks[0].assignees] == ["Ben"]
    assert "Write the documentation" not in [task.title for task in second.plan.tasks]
    assert not second.not_understood


async def test_what_is_not_understood_is_told_and_changes_nothing(ai):
    plan = (await draft(ai)).plan

    answer = await refine(ai, plan, "make coffee")

    assert list(answer.not_understood) == ["“make coffee” is not understood."]
    assert not answer.changes
    assert answer.plan.tasks == plan.tasks


async def test_people_of_another_workspace_are_not_there(ai):
    plan = (await draft(ai)).plan
    plan.tasks[0].assignees.append(
        interpretation_pb2.Candidate(name=f"workspaces/2/people/{EVE}", display_name="Eve")
    )

    with pytest.raises(NotFound) as caught:
        await refine(ai, plan, "add testing")

    assert caught.value.reason == "PERSON_NOT_FOUND"


async def test_a_plan_of_another_workspace_is_not_read(ai):
    plan = (await draft(ai, "build the app with Ana")).plan

    with pytest.raises(NotFound):
        await refine(ai, plan, "add testing", actor=EVE)


async def test_all_wrong_fields_of_a_request_are_named_at_once(ai):
    with pytest.raises(Invalid) as caught:
        await draft(
            ai,
            " ",
            min_position=-1,
            answers=[
                plan_pb2.PlanAnswer(words="x"),
                plan_pb2.PlanAnswer(kind=plan_pb2.PLAN_QUESTION_KIND_WHO, words="x" * 1001),
            ],
        )

    assert {each.field for each in caught.value.violations} == {
        "text",
        "min_position",
        "answers[0].kind",
        "answers[1].words",
    }


async def test_all_wrong_fields_of_a_plan_are_named_at_once(ai):
    plan = plan_pb2.Plan(
        wished_date="tomorrow",
        tasks=[
            plan_pb2.PlannedTask(number=3, title="", after=[9], deadline_date="2026-13-01"),
            plan_pb2.PlannedTask(number=2, title="x" * 201, estimate_minutes=5, subtasks=[""]),
        ],
    )

    with pytest.raises(Invalid) as caught:
        await refine(ai, plan, "")

    assert {
        "words",
        "plan.title",
        "plan.wished_date",
        "plan.tasks[0].number",
        "plan.tasks[0].title",
        "plan.tasks[0].estimate_minutes",
        "plan.tasks[0].after",
        "plan.tasks[0].deadline_date",
        "plan.tasks[1].title",
        "plan.tasks[1].subtasks[0]",
    } <= {each.field for each in caught.value.violations}


async def test_tasks_that_wait_for_each_other_are_refused(ai):
    tasks = [
        plan_pb2.PlannedTask(number=1, title="a", estimate_minutes=5, after=[2]),
        plan_pb2.PlannedTask(number=2, title="b", estimate_minutes=5, after=[1]),
    ]

    with pytest.raises(Invalid) as caught:
        await refine(ai, plan_pb2.Plan(title="x", tasks=tasks), "add testing")

    assert [each.field for each in caught.value.violations] == ["plan.tasks"]


async def test_nobody_plans_without_a_person(ai):
    with pytest.raises(Forbidden):
        await draft(ai, actor=None)
    with pytest.raises(Forbidden):
        await refine(ai, plan_pb2.Plan(), "x", actor=None)
    with pytest.raises(Unauthenticated):
        await draft(ai, token="bst_nobody")


async def test_task_being_down_is_told(ai, workspaces):
    workspaces.down = True

    with pytest.raises(Unavailable):
        await draft(ai)


async def test_the_same_request_makes_the_same_plan(ai):
    assert await draft(ai) == await draft(ai)


async def test_the_models_steps_are_given_people_and_days_by_rules(ai_with_model, fake):
    fake.then(Say(STEPS))

    answer = await draft(ai_with_model, "grow a garden by 15 December")

    tasks = answer.plan.tasks
    assert [task.title for task in tasks] == [step["title"] for step in STEPS["tasks"]]
    assert list(tasks[2].after) == [1, 2]
    assert tasks[-1].deadline_date == "2026-12-15"
    assert all(task.assignees for task in tasks)
    assert answer.source == answer_pb2.ANSWER_SOURCE_RULES_AND_MODEL


@pytest.mark.parametrize(
    "answer",
    [
        {"tasks": STEPS["tasks"][:3]},
        {"tasks": [dict(STEPS["tasks"][0], after=[3]), *STEPS["tasks"][1:]]},
        {"tasks": [dict(STEPS["tasks"][0], title="Ask Ben"), *STEPS["tasks"][1:]]},
        {"tasks": [dict(STEPS["tasks"][0], title="Buy 400 plants"), *STEPS["tasks"][1:]]},
        {"tasks": STEPS["tasks"], "approve": True},
        "nonsense",
    ],
    ids=lambda answer: str(answer)[:50],
)
async def test_steps_that_hold_what_nobody_said_are_not_taken(ai_with_model, fake, answer):
    fake.then(Say(answer), Say(answer))

    found = await draft(ai_with_model, "grow a garden")

    assert found.plan.tasks[0].title == "Agree on the aim of the garden"
    assert found.source == answer_pb2.ANSWER_SOURCE_RULES_AFTER_MODEL


async def test_a_model_that_refuses_leaves_the_rules(ai_with_model, fake):
    fake.then(Refuse(402))

    found = await draft(ai_with_model, "grow a garden", actor=ANA)

    assert found.plan.tasks
    assert found.source == answer_pb2.ANSWER_SOURCE_RULES_AFTER_MODEL


async def test_the_model_is_not_told_who_works_there(ai_with_model, fake):
    fake.then(Say(STEPS))

    await draft(ai_with_model, "grow a garden", actor=BEN)

    assert "Mia" not in str(fake.calls)
