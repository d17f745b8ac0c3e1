"""How likely a reading is told to be right, and when that makes it sure."""

import json
from pathlib import Path

import pytest

from services.ai import signs
from services.ai.confidence import chance, fitted, understand, understood
from services.ai.model import Intent
from services.cli import cases

LOOKS = Path(__file__).parents[2] / "calibration/first_looks.jsonl"
USUAL = cases.read('{"id": "any", "text": ""}').context
PLAIN = "Ana: fix the checkout bug by friday 5pm, high"


def test_what_is_plain_is_sure_and_likely_right():
    reading = understand(PLAIN, USUAL)

    assert reading.sure
    assert reading.confidence >= fitted().threshold
    assert {each.field for each in reading.chances} >= {"intent", "title", "assignees", "deadline"}


@pytest.mark.parametrize(
    "text",
    [
        "something about the thing with the other stuff and then maybe",
        "can you, um, like the one from before but not so late?",
        "12 + 15 finally, as we said - or not",
    ],
)
def test_what_is_muddled_is_less_likely_right(text):
    assert understand(text, USUAL).confidence < understand(PLAIN, USUAL).confidence


def test_what_is_ambiguous_is_never_sure():
    reading = understand("Ana or Ben fix the header by friday", USUAL)

    assert reading.ambiguities
    assert not reading.sure


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (PLAIN, {"intent", "tasks", "title", "assignees", "deadline", "priority"}),
        ("what is overdue?", {"intent", "filter", "task_ref"}),
        ("give 12 to Ben", {"intent", "task_ref", "change"}),
    ],
)
def test_each_field_that_a_reading_has_is_told_its_chance(text, fields):
    chances = understand(text, USUAL).chances

    assert {each.field for each in chances} == fields
    assert all(0 <= each.value <= 1 for each in chances)


def test_the_rules_and_the_signs_are_told():
    found = understood(PLAIN, USUAL)

    assert ("head", "with a colon") in {(each.stage, each.rule) for each in found.fired}
    assert found.signs["is create"] == 1
    assert found.reading.intent is Intent.CREATE


def test_a_name_that_is_left_in_a_title_is_a_sign():
    reading = understood("Ana: ask ben about the header", USUAL)
    title = reading.reading.tasks[0].title if reading.reading.tasks else ""

    assert ("a name in the title" in reading.signs) == ("ben" in title.lower())


def test_signs_are_numbers_from_0_to_1():
    for text in (PLAIN, "x" * 8_000, "fix it, " * 1_000, "?", "- a\n" * 400):
        found = understood(text, USUAL)

        assert all(0 < value <= 1 for value in found.signs.values())


def test_a_chance_stays_between_0_and_1_whatever_the_weights():
    assert chance({"always": 1e9}, {}) <= 1
    assert chance({"a": -1e9}, {"a": 1.0}) >= 0


def test_every_sign_that_weighs_is_one_that_can_be_seen():
    text = json.dumps(fitted().weights)

    assert "always" in text
    assert signs.of("", USUAL, understand("hello", USUAL), []) is not None


def test_the_chances_hold_for_first_looks_of_the_last_state_of_the_grammar():
    looks = [json.loads(line) for line in LOOKS.read_text().splitlines()]
    last = [each for each in looks if each["state"] == looks[-1]["state"]]
    table = fitted()
    told = [
        (chance(table.weights["whole"], each["signs"]), each["right"]["whole"], each["sure"])
        for each in last
    ]

    sure = [right for value, right, by_rules in told if by_rules and value >= table.threshold]
    tenths = {}
    for value, right, _ in told:
        tenths.setdefault(min(9, int(value * 10)), []).append((value, right))
    error = sum(
        abs(sum(value for value, _ in each) - sum(right for _, right in each))
        for each in tenths.values()
    ) / len(told)
    assert error <= 0.05
    assert len(sure) / len(told) >= 0.7
    assert sum(sure) / len(sure) >= 0.97
