"""Teaching and reading by rules over real gRPC: what is taught goes along, is applied and told."""

import pytest
from boss.ai.v1 import ai_service_pb2 as ai_pb
from boss.ai.v1 import interpretation_pb2, learning_service_pb2
from boss.ai.v1.learning_service_pb2_grpc import LearningServiceStub
from boss.task.v1 import rule_pb2

from services.runtime.errors import Forbidden, Invalid, Unavailable
from tests.integration.ai.conftest import DANA, EVE, RECEIVED, local, stamp


async def teach(ai, sentence, *, actor=DANA, **asked):
    request = learning_service_pb2.ReadRuleRequest(
        sentence=sentence, received_at=stamp(RECEIVED), **asked
    )
    return await ai.peer.stub(LearningServiceStub).ReadRule(request, actor=actor)


async def read(ai, text, *rules, actor=DANA):
    request = ai_pb.InterpretRequest(text=text, received_at=stamp(RECEIVED), rules=rules)
    return await ai.stub.Interpret(request, actor=actor)


async def test_what_is_taught_is_applied_and_told(ai):
    girls = (await teach(ai, "the girls = Ana and Mia")).rule
    asap = (await teach(ai, "ASAP means within 4 hours")).rule
    text = "the girls: fix the header asap"

    answer = await read(ai, text, girls, asap)

    [task] = answer.interpretation.tasks
    assert [who.display_name for who in task.assignees] == ["Ana", "Mia"]
    assert local(task.deadline) == "2026-11-25 14:00"
    assert task.priority == interpretation_pb2.PRIORITY_URGENT
    assert {each.words for each in answer.applied_rules} == {
        "By your rule “the girls = Ana and Mia”.",
        "By your rule “ASAP means within 4 hours”.",
    }
    words = {span.field: text[span.start : span.end] for span in answer.interpretation.spans}
    assert words["assignees"] == "the girls"


async def test_defaults_fill_what_was_not_said(ai):
    rule = (await teach(ai, "design tasks go to Mia")).rule
    approval = (await teach(ai, "Mia's tasks need approval")).rule
    rule.name = "workspaces/1/rules/3"

    answer = await read(ai, "new task: check the design of the header", rule, approval)

    [task] = answer.interpretation.tasks
    assert [who.display_name for who in task.assignees] == ["Mia"]
    assert next((each.rule, each.field) for each in answer.applied_rules) == (
        "workspaces/1/rules/3",
        "assignees",
    )


async def test_without_rules_a_message_is_read_as_before(ai):
    assert not (await read(ai, "Ana fix the header")).applied_rules


async def test_what_is_no_rule_is_told(ai):
    answer = await teach(ai, "Ben is owner")

    assert not answer.HasField("rule")
    assert answer.not_understood.startswith("Nothing to learn from “Ben is owner”.")


async def test_people_of_another_workspace_are_strangers(ai):
    mine = (await teach(ai, "design tasks go to Mia")).rule

    assert (await teach(ai, "design tasks go to Mia", actor=EVE)).not_understood
    answer = await read(ai, "new task: check the design of the header", mine, actor=EVE)
    assert not answer.interpretation.tasks[0].assignees
    assert not answer.applied_rules


async def test_all_wrong_fields_are_named_at_once(ai):
    means = rule_pb2.Rule(
        kind=rule_pb2.RULE_KIND_MEANS, phrase="x" * 61, field=rule_pb2.RULE_FIELD_TAG, name="x"
    )

    with pytest.raises(Invalid) as wrong:
        await read(ai, "hello", rule_pb2.Rule(), means)
    with pytest.raises(Invalid) as many:
        await read(ai, "hello", *[rule_pb2.Rule(kind=2, phrase="a", field=2)] * 501)
    with pytest.raises(Invalid) as sentence:
        await teach(ai, "x" * 501)

    assert {each.field for each in wrong.value.violations} == {
        "rules[0].kind",
        "rules[1].phrase",
        "rules[1].field",
        "rules[1].name",
    }
    assert [each.field for each in many.value.violations] == ["rules"]
    assert [each.field for each in sentence.value.violations] == ["sentence"]


async def test_nobody_teaches_without_a_person(ai):
    with pytest.raises(Forbidden):
        await teach(ai, "hotfix is urgent", actor=None)


async def test_task_being_down_is_told(ai, workspaces):
    workspaces.down = True

    with pytest.raises(Unavailable):
        await teach(ai, "hotfix is urgent")
