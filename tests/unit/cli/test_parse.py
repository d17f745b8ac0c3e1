"""`boss parse`: a line in, a line out; the first line that is no case is named, and ends it."""

import io
import json

import pytest

from services.cli import parse

GOOD = '{"id": "x1", "text": "Tom: clean the coffee machine by friday 4pm, low"}'


def run(*lines):
    out = io.StringIO()
    code = parse.run(iter(lines), out)
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_sentence_becomes_a_task():
    code, [told] = run(GOOD)

    assert code == 0
    [task] = told["tasks"]
    assert (told["id"], told["intent"], told["sure"]) == ("x1", "create", True)
    assert task["title"] == "Clean the coffee machine"
    assert task["assignees"] == ["Tom"]
    assert task["deadline"] == "2026-11-27T16:00"
    assert task["priority"] == "low"


def test_a_context_changes_what_words_mean():
    line = {
        "id": "x2",
        "text": "27 can wait until dec 7, the shop is closed",
        "context": {"now": "2026-11-30T09:00:00+07:00"},
    }

    _, [told] = run(json.dumps(line))

    assert (told["intent"], told["task_ref"]) == ("set_deadline", ["T-27"])
    assert told["fields"] == {"deadline": "2026-12-07T18:00", "text": "the shop is closed"}


def test_moments_are_told_in_the_workspace_s_own_time():
    line = {
        "id": 1,
        "text": "Tom call the bank tomorrow 9am",
        "context": {"now": "2026-11-25T23:30:00+00:00", "timezone": "America/New_York"},
    }

    _, [told] = run(json.dumps(line))

    assert told["tasks"][0]["deadline"] == "2026-11-26T09:00"


def test_the_day_may_come_before_the_month():
    line = {"id": 1, "text": "Tom call the bank by 12/3", "context": {"date_order": "dm"}}

    _, [told] = run(json.dumps(line))

    assert told["tasks"][0]["deadline"] == "2027-03-12T18:00"


def test_a_question_which_of_two_people_is_meant_is_unclear():
    roster = [{"name": "Ana", "aliases": ["anna"]}, {"name": "Anna K.", "aliases": ["anna"]}]
    line = {"id": 1, "text": "Anna checks the invoices", "context": {"roster": roster}}

    _, [told] = run(json.dumps(line))

    assert (told["intent"], told["sure"], told["tasks"]) == ("unclear", False, [])


def test_empty_lines_are_passed_over():
    code, told = run("", GOOD, "   \n")

    assert (code, len(told)) == (0, 1)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{", "it is not JSON"),
        ("[1]", "it must be an object"),
        ('{"text": "x"}', '"id"'),
        ('{"id": "a"}', '"text"'),
        ('{"id": "a", "text": 5}', '"text"'),
        (json.dumps({"id": "a", "text": "x" * 8001}), "8,000"),
        ('{"id": "a", "text": "\\ud800"}', "surrogate"),
        ('{"id": "a", "text": "x", "context": []}', '"context" must be an object'),
        ('{"id": "a", "text": "x", "context": {"when": 1}}', 'no field "when"'),
        ('{"id": "a", "text": "x", "context": {"now": "soon"}}', '"context.now"'),
        ('{"id": "a", "text": "x", "context": {"now": 5}}', '"context.now"'),
        ('{"id": "a", "text": "x", "context": {"timezone": "Mars/Base"}}', '"context.timezone"'),
        ('{"id": "a", "text": "x", "context": {"timezone": "../etc"}}', '"context.timezone"'),
        ('{"id": "a", "text": "x", "context": {"date_order": "ym"}}', "date_order"),
        ('{"id": "a", "text": "x", "context": {"sender": "Dana"}}', '"context.sender"'),
        ('{"id": "a", "text": "x", "context": {"roster": [{}]}}', '"context.roster[0]"'),
        ('{"id": "a", "text": "x", "context": {"last_task": "12"}}', None),
        ('{"id": "a", "text": "x", "context": {"last_task": "T-x"}}', '"context.last_task"'),
        ('{"id": "a", "text": "x", "context": {"open_tasks": [{"id": "T-1"}]}}', "open_tasks[0]"),
        ("[" * 100_000, "it is not JSON"),
    ],
)
def test_a_line_that_is_no_case_is_named(bad, why, capsys):
    code, told = run(GOOD, bad, GOOD)

    if why is None:
        assert (code, len(told)) == (0, 3)
        return
    assert code == 2
    assert [each["id"] for each in told] == ["x1"]
    error = capsys.readouterr().err
    assert error.startswith("boss: line 2: ")
    assert why in error
