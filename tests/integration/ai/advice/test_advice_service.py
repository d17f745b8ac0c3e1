"""Advice over real gRPC: parts, people, sheets, summaries; what is refused, what a model adds."""

import pytest
from boss.ai.v1 import advice_service_pb2 as wire
from boss.ai.v1 import answer_pb2, interpretation_pb2, spec_service_pb2
from boss.ai.v1.advice_service_pb2_grpc import AdviceServiceStub
from boss.ai.v1.spec_service_pb2_grpc import SpecServiceStub
from boss.task.v1 import comment_pb2, person_pb2, stats_pb2, task_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime.errors import Forbidden, Invalid, NotFound, Unavailable
from tests.fakes.deepseek import Say
from tests.integration.ai.conftest import ANA, BEN, DANA, EVE, MIA, RECEIVED, stamp

DEADLINES = {"Summarize": 33.0, "DraftSpec": 33.0}


def advice(ai):
    return ai.peer.stub(AdviceServiceStub, DEADLINES)


def specs(ai):
    return ai.peer.stub(SpecServiceStub, DEADLINES)


async def broken_down(ai, *, actor=DANA, **asked):
    return await advice(ai).BreakDownTask(wire.BreakDownTaskRequest(**asked), actor=actor)


async def suggested(ai, *, actor=DANA, **asked):
    return await advice(ai).SuggestAssignees(wire.SuggestAssigneesRequest(**asked), actor=actor)


async def summarized(ai, *, actor=DANA, **asked):
    request = wire.SummarizeRequest(received_at=stamp(RECEIVED), **asked)
    return await advice(ai).Summarize(request, actor=actor)


async def sheet(ai, text="build the login for Ben", *, actor=DANA, **asked):
    request = spec_service_pb2.DraftSpecRequest(text=text, **asked)
    return await specs(ai).DraftSpec(request, actor=actor)


async def refined(ai, spec, words, *, actor=DANA):
    request = spec_service_pb2.RefineSpecRequest(spec=spec, words=words)
    return await specs(ai).RefineSpec(request, actor=actor)


def task(number=12, title="Fix the header", workspace=1):
    return task_pb2.Task(
        name=f"workspaces/{workspace}/tasks/{number}",
        title=title,
        status=task_pb2.TASK_STATUS_IN_REVIEW,
        priority=task_pb2.TASK_PRIORITY_URGENT,
        assignees=[task_pb2.Assignee(person=person_pb2.PersonRef(display_name="Ana"))],
        revision_count=2,
    )


async def test_a_task_is_broken_down_by_its_words(ai):
    answer = await broken_down(ai, title="Fix the login crash", estimate_minutes=240)

    assert [part.title for part in answer.subtasks][:2] == ["Reproduce it", "Find the cause"]
    assert sum(part.estimate_minutes for part in answer.subtasks) == pytest.approx(240, abs=30)
    assert answer.source == answer_pb2.ANSWER_SOURCE_RULES


async def test_people_are_proposed_with_reasons(ai, workspaces):
    workspaces.person(1, MIA, "Mia", skills=["css"], department="design")
    workspaces.task(1, 44, "Something", assignees=[f"workspaces/1/people/{ANA}"])

    answer = await suggested(
        ai, title="Mend the css of the header", min_position=workspaces.position
    )

    assert answer.suggestions[0].person.display_name == "Mia"
    assert answer.suggestions[0].why == "Mia knows css and has no open tasks."
    assert len(answer.suggestions) == 3
    assert answer.more == 1


async def test_history_is_taken_into_account(ai):
    past = wire.PastTask(title="Fix the header", assignees=[f"workspaces/1/people/{BEN}"])

    answer = await suggested(ai, title="Fix the header again", history=[past], limit=1)

    assert [each.person.display_name for each in answer.suggestions] == ["Ben"]


async def test_people_of_another_workspace_are_not_proposed(ai):
    past = wire.PastTask(title="Fix the header", assignees=[f"workspaces/1/people/{BEN}"])

    answer = await suggested(ai, actor=EVE, title="Fix the header", history=[past], limit=10)

    assert [each.person.display_name for each in answer.suggestions] == ["Eve"]


async def test_a_story_a_list_and_a_period_are_told(ai):
    comment = comment_pb2.Comment(text="Nearly there")
    story = await summarized(ai, story=wire.TaskStory(task=task(), comments=[comment]))
    several = await summarized(ai, list=wire.TaskList(tasks=[task(), task(13)], more=4))
    period = await summarized(
        ai,
        period=wire.Period(
            from_date="2026-11-01",
            to_date="2026-11-30",
            standing=stats_pb2.Standing(open=7, overdue=2),
            flow=stats_pb2.Flow(created=24, completed=20, on_time_rate=0.75),
            before=stats_pb2.Flow(completed=15),
        ),
    )

    assert story.sentences[0] == "“Fix the header” (Ana) is in review."
    assert "It was sent back twice." in story.sentences
    assert several.sentences[0] == "2 tasks (and 4 more, not told here): 2 in review."
    assert period.sentences[0] == (
        "From 2026-11-01 to 2026-11-30, 24 tasks came in and 20 got done, 5 more than before."
    )
    assert story.text == " ".join(story.sentences)


async def test_a_summary_in_the_models_words_has_no_figure_of_its_own(ai_with_model, fake):
    fake.then(
        Say({"text": "The header is in review with Ana; it was sent back twice."}),
        Say({"text": "The header will take 3 more days."}),
        Say({"text": "Mia should be asked."}),
    )
    story = wire.TaskStory(task=task())

    good = await summarized(ai_with_model, story=story)
    numbers = await summarized(ai_with_model, story=wire.TaskStory(task=task(title="Fix b")))
    names = await summarized(ai_with_model, story=wire.TaskStory(task=task(title="Fix c")))

    assert good.text == "The header is in review with Ana; it was sent back twice."
    assert good.source == answer_pb2.ANSWER_SOURCE_RULES_AND_MODEL
    for answer in (numbers, names):
        assert answer.text == " ".join(answer.sentences)
        assert answer.source == answer_pb2.ANSWER_SOURCE_RULES_AFTER_MODEL


async def test_a_sheet_is_drafted_and_changed(ai):
    drafted = await sheet(ai)

    changed = await refined(ai, drafted.spec, "add criterion works offline; make coffee")

    assert 4 <= len(drafted.spec.criteria) <= 6
    assert [who.display_name for who in drafted.spec.assignees] == ["Ben"]
    assert changed.spec.criteria[-1] == "Works offline"
    assert list(changed.changes) == ["New in criteria: “Works offline”."]
    assert list(changed.not_understood) == ["“make coffee” is not understood."]


async def test_a_better_sheet_of_the_models_is_taken_where_it_invents_nothing(ai_with_model, fake):
    lines = {
        "overview": "A door.",
        "criteria": ["It opens", "It shuts", "It locks", "It is quiet"],
        "subtasks": ["Draw it", "Build it", "Hang it"],
    }
    fake.then(Say(lines), Say(dict(lines, overview="A door for Mia, 80 cm.")))

    good = await sheet(ai_with_model, "build a door")
    bad = await sheet(ai_with_model, "build a quiet door")

    assert list(good.spec.criteria) == lines["criteria"]
    assert good.source == answer_pb2.ANSWER_SOURCE_RULES_AND_MODEL
    assert bad.spec.overview == "Build a quiet door."
    assert bad.source == answer_pb2.ANSWER_SOURCE_RULES_AFTER_MODEL


async def test_what_is_of_another_workspace_is_not_there(ai):
    spec = (await sheet(ai)).spec
    spec.assignees.append(interpretation_pb2.Candidate(name=f"workspaces/2/people/{EVE}"))

    with pytest.raises(NotFound) as person:
        await refined(ai, spec, "add criterion x")
    with pytest.raises(NotFound) as one:
        await summarized(ai, story=wire.TaskStory(task=task(workspace=2)))
    with pytest.raises(NotFound):
        await summarized(ai, list=wire.TaskList(tasks=[task(), task(workspace=2)]))

    assert person.value.reason == "PERSON_NOT_FOUND"
    assert one.value.reason == "TASK_NOT_FOUND"


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        (
            lambda ai: broken_down(ai, title="", description="\0", estimate_minutes=-1),
            {"title", "description", "estimate_minutes"},
        ),
        (
            lambda ai: suggested(ai, title=" ", tags=["x" * 41], limit=11, needs=["a"] * 21),
            {"title", "tags[0]", "limit", "needs"},
        ),
        (lambda ai: suggested(ai, title="x", min_position=-1), {"min_position"}),
        (lambda ai: suggested(ai, title="x", received_at=Timestamp(seconds=-1)), {"received_at"}),
        (summarized, {"subject"}),
        (lambda ai: summarized(ai, list=wire.TaskList(tasks=[task()] * 501)), {"list.tasks"}),
        (lambda ai: summarized(ai, story=wire.TaskStory()), {"story.task.title"}),
        (lambda ai: summarized(ai, period=wire.Period()), {"period.from_date", "period.to_date"}),
        (lambda ai: sheet(ai, "x" * 8001), {"text"}),
        (
            lambda ai: refined(ai, spec_service_pb2.Spec(criteria=[""], questions=["x"] * 31), ""),
            {"words", "spec.title", "spec.criteria[0]", "spec.questions"},
        ),
    ],
)
async def test_all_wrong_fields_are_named_at_once(ai, call, fields):
    with pytest.raises(Invalid) as caught:
        await call(ai)

    assert {each.field for each in caught.value.violations} == fields


@pytest.mark.parametrize(
    "call",
    [
        lambda ai: broken_down(ai, actor=None, title="x"),
        lambda ai: suggested(ai, actor=None, title="x"),
        lambda ai: summarized(ai, actor=None),
        lambda ai: sheet(ai, actor=None),
        lambda ai: refined(ai, spec_service_pb2.Spec(), "x", actor=None),
    ],
)
async def test_nobody_is_advised_without_a_person(ai, call):
    with pytest.raises(Forbidden) as caught:
        await call(ai)

    assert caught.value.reason == "PERSON_MISSING"


async def test_task_being_down_is_told(ai, workspaces):
    workspaces.down = True

    with pytest.raises(Unavailable):
        await suggested(ai, title="x")
