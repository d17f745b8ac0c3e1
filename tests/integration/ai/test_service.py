"""`ai` as its callers see it: what it reads, for whom, and what it refuses."""

import grpc
import pytest
from boss.ai.v1 import ai_service_pb2, interpretation_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime.credentials import credential, service_key
from services.runtime.errors import (
    Forbidden,
    Invalid,
    NotFound,
    ServiceError,
    Unauthenticated,
    Unavailable,
)
from tests.integration.ai.conftest import (
    ANA,
    BEN,
    DANA,
    EVE,
    MIA,
    RECEIVED,
    intent_of,
    local,
    raw_call,
)

HINTS = ai_service_pb2.Hints


async def test_a_sentence_is_read_with_its_person_deadline_priority_and_words(ai):
    text = "Ana fix the checkout bug by Friday 5pm, urgent"

    reading = await ai.read(text)

    [task] = reading.tasks
    assert intent_of(reading) == "create"
    assert reading.sure
    assert task.title == "Fix the checkout bug"
    assert [who.name for who in task.assignees] == [f"workspaces/1/people/{ANA}"]
    assert local(task.deadline) == "2026-11-27 17:00"
    assert task.priority == interpretation_pb2.PRIORITY_URGENT
    assert reading.source == interpretation_pb2.SOURCE_GRAMMAR
    words = {span.field: text[span.start : span.end] for span in reading.spans}
    assert words["assignees"] == "Ana"
    assert "Friday 5pm" in words["deadline"]
    assert words["priority"] == "urgent"


async def test_dates_count_in_the_senders_zone_else_in_the_workspaces(ai):
    in_berlin = await ai.read("Ben call the bank tomorrow", actor=MIA)
    in_new_york = await ai.read("I need to call the bank tomorrow", actor=EVE)

    assert local(in_berlin.tasks[0].deadline, +1) == "2026-11-26 18:00"
    # It is still Tuesday there.
    assert local(in_new_york.tasks[0].deadline, -5) == "2026-11-25 18:00"


async def test_without_a_moment_the_present_counts(ai):
    reading = await ai.read("Ben call the bank in 2 hours", received=None)

    assert reading.tasks[0].HasField("deadline")


async def test_a_person_may_ask_by_token(ai):
    reading = await ai.read("I need to call the bank", token="bst_ana")

    assert [who.display_name for who in reading.tasks[0].assignees] == ["Ana"]


async def test_people_of_another_workspace_are_strangers(ai):
    reading = await ai.read("Ana fix the header", actor=EVE)

    assert not reading.tasks[0].assignees
    assert not reading.sure


async def test_a_task_is_known_by_its_number(ai):
    reading = await ai.read("start 12", actor=BEN)

    assert intent_of(reading) == "start"
    assert [ref.name for ref in reading.task_refs] == ["workspaces/1/tasks/12"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "   \n"}, "text"),
        ({"text": "x" * 8001}, "text"),
        ({"text": "fix\0it"}, "text"),
        ({"text": "fix it", "min_position": -1}, "min_position"),
        ({"text": "fix it", "hints": HINTS(last_task="T-12")}, "hints.last_task"),
        ({"text": "x", "hints": HINTS(last_task="workspaces/2/tasks/1")}, "hints.last_task"),
        ({"text": "x", "hints": HINTS(card_tasks=["nonsense"])}, "hints.card_tasks[0]"),
        (
            {"text": "x", "hints": HINTS(card_tasks=["workspaces/1/tasks/1"] * 101)},
            "hints.card_tasks",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_wrong_field_is_named(ai, asked, field):
    with pytest.raises(Invalid) as caught:
        await ai.read(**asked)

    assert [wrong.field for wrong in caught.value.violations] == [field]


async def test_all_wrong_fields_are_named_at_once(ai):
    with pytest.raises(Invalid) as caught:
        await ai.read("", min_position=-5, hints=HINTS(last_task="x"))

    assert {wrong.field for wrong in caught.value.violations} == {
        "text",
        "min_position",
        "hints.last_task",
    }


@pytest.mark.parametrize("seconds", [-(10**11), 10**11, 10**18, -1])
async def test_a_moment_that_is_none_is_refused(ai, seconds):
    request = ai_service_pb2.InterpretRequest(
        text="fix it tomorrow", received_at=Timestamp(seconds=seconds)
    )

    with pytest.raises(Invalid) as caught:
        await ai.stub.Interpret(request, actor=ANA)

    assert [wrong.field for wrong in caught.value.violations] == ["received_at"]


async def test_the_longest_text_is_read(ai):
    reading = await ai.read(("Ana fix the header by friday, " * 300)[:8000])

    assert reading.intent


@pytest.mark.parametrize(
    "text",
    [
        "🚨" * 2000,
        "a" * 8000,
        "(" * 8000,
        "ana, " * 1600,
        "1 " * 4000,
        "\u202e\u200d\ufeff",
        "ß" * 9,
    ],
    ids=lambda text: ascii(text[:4]),
)
async def test_no_text_is_a_defect(ai, text):
    reading = await ai.read(text)

    assert reading.source == interpretation_pb2.SOURCE_GRAMMAR


async def test_half_a_surrogate_pair_is_refused(ai, settings):
    # As no client of ours can send it: field 1, three bytes that are no UTF-8.
    proof = (
        ("boss-service", "gateway"),
        ("boss-credential", credential(service_key(settings), "gateway")),
        ("boss-actor", str(ANA)),
    )

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await raw_call(settings, b"\x0a\x03\xed\xa0\x80", proof)

    assert caught.value.code() is not grpc.StatusCode.OK


async def test_without_a_credential_nobody_is_answered(ai, settings):
    request = ai_service_pb2.InterpretRequest(text="hello").SerializeToString()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await raw_call(settings, request, ())

    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_an_unknown_token_is_refused(ai):
    with pytest.raises(Unauthenticated) as caught:
        await ai.read("hello", token="bst_nobody")

    assert caught.value.reason == "TOKEN_UNKNOWN"


async def test_a_service_by_itself_has_nothing_to_say(ai):
    with pytest.raises(Forbidden) as caught:
        await ai.read("hello", actor=None)

    assert caught.value.reason == "PERSON_MISSING"


async def test_nobody_by_that_number_is_not_found(ai):
    with pytest.raises(NotFound):
        await ai.read("hello", actor=4711)


async def test_task_being_down_is_told(ai, workspaces):
    workspaces.down = True

    with pytest.raises(Unavailable) as caught:
        await ai.read("Ana fix the header")

    assert caught.value.reason == "CONTEXT_UNAVAILABLE"
    workspaces.down = False
    assert (await ai.read("Ana fix the header")).sure


async def test_the_same_request_is_read_the_same(ai):
    first = await ai.read("Ben and Ana: fix the header by friday", received=RECEIVED)
    second = await ai.read("Ben and Ana: fix the header by friday", received=RECEIVED)

    assert first == second


async def test_errors_of_any_text_are_kinds(ai):
    with pytest.raises(ServiceError):
        await ai.read("\0")


async def test_why_it_is_read_so_is_told_to_whoever_asks(ai):
    text = "Ana fix the checkout bug by friday 5pm"
    request = ai_service_pb2.InterpretRequest(text=text, explain=True)

    answer = await ai.stub.Interpret(request, actor=DANA)

    why, reading = answer.explanation, answer.interpretation
    assert [text[each.start : each.end] for each in why.tokens][:3] == ["Ana", "fix", "the"]
    assert [each.joined for each in why.clauses] == ["new"]
    assert {"date", "head"} <= {each.stage for each in why.rules}
    assert why.signs
    assert list(why.doubts) == []
    assert {each.field for each in reading.chances} >= {"title", "deadline"}


async def test_nobody_who_does_not_ask_is_told_why(ai):
    request = ai_service_pb2.InterpretRequest(text="Ana fix the checkout bug")

    answer = await ai.stub.Interpret(request, actor=DANA)

    assert not answer.HasField("explanation")


async def test_what_is_not_sure_is_told_with_its_doubts(ai):
    request = ai_service_pb2.InterpretRequest(text="give it to Steve", explain=True)

    answer = await ai.stub.Interpret(request, actor=DANA)

    assert not answer.interpretation.sure
    assert answer.explanation.doubts
