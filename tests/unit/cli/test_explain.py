"""`boss explain` as a person and a program see it."""

import json

import pytest
from typer.testing import CliRunner

from services.cli.commands import app

SENTENCE = "Ana fix the checkout bug by Friday 5pm, urgent"


def told(*arguments):
    return CliRunner().invoke(app, ["explain", *arguments])


def test_a_person_sees_words_clauses_rules_and_fields_with_their_words():
    page = told(SENTENCE).output

    assert page.startswith("create, ")
    for title in ("Words", "Clauses", "Rules that counted", "Fields"):
        assert f"\n{title}\n" in page
    assert "by Friday 5pm" in page
    assert "2026-11-27T17:00" in page


def test_a_program_gets_the_same_as_json_with_offsets():
    found = json.loads(told(SENTENCE, "--json").output)

    assert [each["text"] for each in found["tokens"]][:3] == ["Ana", "fix", "the"]
    assert found["clauses"][0]["text"] == SENTENCE
    assert {each["stage"] for each in found["rules"]} >= {"head", "date", "time", "priority"}
    assert all(0 <= value <= 1 for value in found["chances"].values())
    assert found["tasks"][0]["title"] == "Fix the checkout bug"


def test_why_it_is_not_sure_is_said_in_words():
    page = told("give 12 to Steve or Ana or whoever, no idea").output

    assert "not sure" in page
    assert "because" in page


@pytest.mark.parametrize("context", ["{", '{"now": "soon"}', '{"x": 1}', "[]"])
def test_a_context_that_is_none_is_refused_with_what_is_wrong(context):
    result = told(SENTENCE, "--context", context)

    assert result.exit_code == 2
    assert "can't be read" in result.stderr


def test_the_context_may_be_told():
    context = json.dumps({"now": "2026-12-01T09:00:00+07:00"})

    found = json.loads(told("fix it by friday", "--json", "--context", context).output)

    assert found["tasks"][0]["deadline"] == "2026-12-04T18:00"


@pytest.mark.parametrize("text", ["?", "🔥" * 50, "a\nb\n\nc", '"quoted"', "x" * 8_000])
def test_any_sentence_is_explained(text):
    assert told("--", text).exit_code == 0
