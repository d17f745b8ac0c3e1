"""Sentences as people write them, each with what it means; and what holds for any text at all."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ai.grammar.assemble import interpret
from services.ai.grammar.works import MOST_TASKS
from services.ai.model import Intent
from services.cli import cases

WRITTEN = [
    json.loads(line)
    for path in sorted((Path(__file__).parent / "cases").glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]
# An open case is one that the grammar does not read rightly yet.
CASES = [case for case in WRITTEN if not case.get("open")]
MOST_OPEN = 0.05
NOTHING = (None, [], {}, "")
USUAL = cases.read('{"id": "any", "text": ""}').context
# What sentences are made of, so that the rules meet each other in any order.
WORDS = st.sampled_from(
    """
    Ana ben may will Mark T-12 #15 27 fix the checkout bug by friday 5pm urgent asap every
    monday at 9 and then , . ; : - ( ) " ' ? ! done start approve reject it that because in 3
    days no rush move to tomorrow what's overdue tasks for me remind ask if subtask tag #web
    depends on undo 12/3 4.12. !!! 🔥 1) 2) first second needs should release notes deck instead
    of yesterday half an hour @ana_dev someone the designers Steve
""".split()  # noqa: SIM905 -- words, not quotation marks
)


def plain(value: Any) -> Any:
    return (
        " ".join(value.casefold().split()).strip(" .,;:!?\"'") if isinstance(value, str) else value
    )


def usual(name: str, value: Any) -> Any:
    """A value as it is compared: medium is the usual priority, people and tags have no order."""
    if name == "priority":
        return value or "medium"
    return sorted(value or []) if name in {"assignees", "tags"} else value or None


def differences(expected: dict[str, Any], told: dict[str, Any]) -> list[str]:
    """Where an answer differs; a list of titles means that any of them is right."""
    wrong = [] if expected["intent"] == told["intent"] else ["intent"]
    if sorted(expected.get("task_ref", [])) != sorted(told["task_ref"]):
        wrong.append("task_ref")
    for group in ("fields", "filters"):
        for name, value in expected.get(group, {}).items():
            got = told[group].get(name)
            if [*map(plain, value)] != [*map(plain, got or [])]:
                wrong.append(f"{group}.{name}: {got!r}")
    wanted = expected.get("tasks", [])
    if len(wanted) != len(told["tasks"]):
        return [*wrong, "number of tasks"]
    for task, got in zip(wanted, told["tasks"], strict=True):
        titles = task["title"] if isinstance(task["title"], list) else [task["title"]]
        if plain(got["title"]) not in map(plain, titles):
            wrong.append(f"title: {got['title']!r}")
        wrong += [
            f"{name}: {got[name]!r}"
            for name in set(got) - {"title"}
            if usual(name, task.get(name)) != usual(name, got[name])
        ]
    return wrong


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['id']} {case['text'][:50]}")
def test_a_sentence_means_what_is_written_beside_it(case: dict[str, Any]) -> None:
    asked = {name: case[name] for name in ("id", "text", "context") if name in case}
    read = cases.read(json.dumps(asked))

    told = cases.answer(read, interpret(read.text, read.context))

    assert differences(case["expected"], told) == []


def test_few_sentences_are_not_read_rightly_yet() -> None:
    assert len(WRITTEN) - len(CASES) <= MOST_OPEN * len(WRITTEN)


@given(st.text(max_size=400) | st.lists(WORDS, max_size=30).map(" ".join))
def test_any_text_is_understood_as_something(text: str) -> None:
    reading = interpret(text, USUAL)

    assert 0 <= reading.confidence <= 1
    assert not (reading.sure and reading.ambiguities)
    assert all(0 <= span.start < span.end <= len(text) for span in reading.spans)
    assert all(task.title for task in reading.tasks)
    assert reading.tasks if reading.intent is Intent.CREATE else not reading.tasks


@given(st.lists(WORDS, max_size=30).map(" ".join))
def test_the_same_text_means_the_same_again(text: str) -> None:
    assert interpret(text, USUAL) == interpret(text, USUAL)


@given(st.lists(WORDS, max_size=30).map(" ".join))
def test_tasks_wait_only_for_earlier_ones(text: str) -> None:
    reading = interpret(text, USUAL)

    for index, task in enumerate(reading.tasks):
        assert all(before < index for before in task.after)


@pytest.mark.parametrize(
    "stretch", ["fix the sink, ", "- Ana fix it by friday\n", "1:00 ", "((", "a "]
)
def test_a_message_of_the_greatest_length_is_read(stretch: str) -> None:
    text = (stretch * 8_000)[:8_000]

    reading = interpret(text, USUAL)

    assert len(reading.tasks) <= MOST_TASKS
    assert all(len(task.title) <= 200 for task in reading.tasks)


def test_spans_point_at_the_words_of_the_message() -> None:
    text = "🔥🔥 Ana   fix the   checkout bug by Friday 5pm, high priority"

    spans = interpret(text, USUAL).spans

    found = {span.field: text[span.start : span.end] for span in spans}
    assert found["assignees"] == "Ana"
    assert found["deadline"] == "by Friday 5pm"
    assert found["title"] == "fix the   checkout bug"
    assert [span.start for span in spans] == sorted(span.start for span in spans)


def test_spans_hold_behind_a_run_of_marks() -> None:
    text = "--------------- Ana fix the sink by friday!!!!!!!!!!!"

    found = {span.field: text[span.start : span.end] for span in interpret(text, USUAL).spans}

    assert found["assignees"] == "Ana"
    assert found["deadline"] == "by friday"


def test_two_people_of_one_name_are_asked_about_and_neither_is_taken() -> None:
    roster = [
        {"name": "Ana", "aliases": ["anna"]},
        {"name": "Anna K.", "aliases": ["anna"]},
    ]
    case = cases.read(
        json.dumps({"id": 1, "text": "Anna checks the invoices", "context": {"roster": roster}})
    )

    reading = interpret(case.text, case.context)

    [unclear] = reading.ambiguities
    assert (unclear.field, unclear.words, unclear.task) == ("assignees", "Anna", 0)
    assert {each.display_name for each in unclear.candidates} == {"Ana", "Anna K."}
    assert reading.intent is Intent.CREATE
    assert reading.tasks[0].assignees == ()
    assert not reading.sure


def test_an_unknown_name_is_told_with_those_that_are_spelled_alike() -> None:
    reading = interpret("Priyaah should check the invoices", USUAL)

    [unclear] = reading.ambiguities
    assert unclear.words == "Priyaah"
    assert [each.display_name for each in unclear.candidates] == ["Priya"]
    assert reading.tasks[0].title == "Check the invoices"


def test_a_task_that_may_be_several_is_asked_about() -> None:
    tasks = [
        {"id": "T-1", "title": "Write sales report"},
        {"id": "T-2", "title": "Send tax report"},
    ]
    case = cases.read(
        json.dumps({"id": 1, "text": "close the report", "context": {"open_tasks": tasks}})
    )

    reading = interpret(case.text, case.context)

    [unclear] = reading.ambiguities
    assert reading.intent is Intent.COMPLETE
    assert {each.display_name for each in unclear.candidates} == {
        "Write sales report",
        "Send tax report",
    }
    assert not reading.task_refs


def test_it_without_a_last_task_is_asked_about() -> None:
    reading = interpret("approve it", USUAL)

    assert reading.intent is Intent.APPROVE
    assert [each.field for each in reading.ambiguities] == ["task_ref"]


def test_orders_within_a_quotation_are_never_followed() -> None:
    reading = interpret('the customer wrote "cancel T-12 and approve T-18"', USUAL)

    assert reading.intent is Intent.SMALLTALK
    assert not reading.task_refs


def test_a_clause_without_a_verb_of_its_own_is_not_taken_for_sure() -> None:
    assert not interpret("Ana updates the docs and Ben the changelog", USUAL).sure


@pytest.mark.parametrize(
    "text", ["close the accounts in Kyoto", "move it", "drop the old cache", "undo the merge"]
)
def test_an_order_without_a_task_that_it_fits_is_not_taken_for_sure(text: str) -> None:
    assert not interpret(text, USUAL).sure


@pytest.mark.parametrize(
    "text", ["Steve should fix the printer", "Steve, fix the printer", "Steve fixes the printer"]
)
def test_a_name_that_nobody_has_stays_out_of_the_title(text: str) -> None:
    reading = interpret(text, USUAL)

    [unclear] = reading.ambiguities
    assert (unclear.words, unclear.candidates) == ("Steve", ())
    assert [(task.title, task.assignees) for task in reading.tasks] == [("Fix the printer", ())]
    assert not reading.sure
