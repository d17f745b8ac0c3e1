"""What the model may say, and that nothing else is understood."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ai import prompt
from services.ai.llm import asking
from services.ai.llm.asking import ModelFailed, Nonsense
from services.ai.model import Intent
from services.ai.reading import Reading


def test_a_full_answer_is_decoded():
    told = asking.decoded(
        json.dumps(
            {
                "intent": "create",
                "tasks": [{"title": "fix it", "people": ["ana"], "deadline": "friday"}],
                "sure": True,
            }
        ),
        Reading,
    )

    assert told.intent is Intent.CREATE
    assert told.tasks[0].people == ["ana"]
    assert told.sure


@pytest.mark.parametrize(
    "content",
    [
        "",
        "null",
        "7",
        "sure!",
        '```json\n{"intent": "help"}\n```',
        '{"intent": "help"} and more',
        '{"intent": "help", "intent2": 1}',
        '{"intent": "HELP"}',
        '{"intent": null}',
        '{"intent": "create", "tasks": []}',
        '{"intent": "create", "tasks": [{"title": ""}]}',
        '{"intent": "create", "tasks": [{"title": "x", "assignee_id": 7}]}',
        '{"intent": "create", "tasks": [{"title": "x", "deadline": 1764000000}]}',
        '{"intent": "create", "tasks": [{"title": "x", "after": [-1]}]}',
        '{"intent": "create", "tasks": [{"title": "x", "after": [1.5]}]}',
        '{"intent": "reassign", "people": "ana"}',
        '{"intent": "reassign", "sure": "yes"}',
        '{"intent": "reassign", "people": ' + json.dumps(["ana"] * 21) + "}",
        '{"intent": "create", "tasks": ' + json.dumps([{"title": "x"}] * 51) + "}",
        '{"intent": "comment", "text": "' + "x" * 8001 + '"}',
        '{"intent": "help", "text": "\\ud800"}',
    ],
)
def test_anything_that_exceeds_the_schema_is_nonsense(content):
    with pytest.raises(Nonsense):
        asking.decoded(content, Reading)


@given(st.text(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_no_answer_is_a_defect(content):
    with suppress(ModelFailed):
        assert asking.decoded(content, Reading).intent in Intent


def test_a_failure_shows_none_of_the_words_of_an_answer():
    with pytest.raises(Nonsense) as caught:
        asking.decoded('{"intent": "the password is 1234"}', Reading)

    assert "1234" not in str(caught.value)


def test_no_field_holds_a_date_a_number_or_an_id():
    schema = json.loads(asking.schema(Reading))

    kinds = {
        kind
        for definition in schema["$defs"].values()
        for name, field in definition.get("properties", {}).items()
        if name != "after"  # the order of tasks within the answer
        for kind in [field.get("type"), field.get("items", {}).get("type"), field.get("format")]
    }
    assert kinds <= {"string", "array", "object", "boolean", None}


def test_the_instructions_name_every_intent_and_ask_for_json():
    told = sent("hello", "Ana")[0]["content"]

    assert "json" in told
    assert all(intent.value in told for intent in Intent)
    assert "{schema}" not in told
    assert '"$defs"' in told


def test_the_instructions_are_the_same_for_every_message():
    first, second = (sent(text, sender) for text, sender in [("hello", "Ana"), ("done", "Ben")])

    assert first[0] == second[0]
    assert first[1] != second[1]


def sent(text, sender):
    question = prompt.Question(
        text=text,
        received=datetime(2026, 11, 25, tzinfo=UTC),
        sender=sender,
        people={},
        tasks={},
        last_task=None,
    )
    return asking.messages(prompt.of(question), Reading)
