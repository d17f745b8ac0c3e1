"""Whether answers are judged by the conventions, against gold examples."""

import pytest

from services.cli.scoring import judged, scored

GOLD = {
    "intent": "create",
    "tasks": [
        {
            "title": ["Book a hall", "A hall"],
            "assignees": ["Ana", "Ben"],
            "deadline": "2026-11-27T18:00",
            "priority": "medium",
            "tags": ["event"],
        }
    ],
}
TASK = {
    "title": "book  a hall.",
    "assignees": ["Ben", "ana"],
    "deadline": "2026-11-27T18:00",
    "priority": None,
    "tags": ["event"],
    "subtasks": [],
    "after": [],
}


def told(**changes):
    return {"intent": "create", "tasks": [TASK | changes], "task_ref": [], "fields": {}}


def wrong(expected, answer):
    return {name for name, each in judged(expected, answer).items() if not all(each)} - {"whole"}


def test_case_order_marks_and_a_medium_priority_make_no_difference():
    assert judged(GOLD, told())["whole"] == [True]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "Book the hall"}, "title"),
        ({"assignees": ["Ana"]}, "assignees"),
        ({"deadline": "2026-11-27T17:00"}, "deadline"),
        ({"deadline": None}, "deadline"),
        ({"priority": "high"}, "priority"),
        ({"tags": []}, "tags"),
        ({"subtasks": ["Call"]}, "subtasks"),
        ({"estimate_minutes": 30}, "estimate_minutes"),
        ({"after": [0]}, "after"),
        ({"recurrence": "FREQ=DAILY"}, "recurrence"),
    ],
)
def test_what_differs_is_wrong_in_its_field_alone(changes, field):
    assert wrong(GOLD, told(**changes)) == {field}


def test_a_task_too_many_is_a_wrong_number():
    answer = told() | {"tasks": [TASK, TASK]}

    assert wrong(GOLD, answer) == {"count"}


def test_of_a_change_only_what_is_expected_is_looked_at():
    gold = {"intent": "block", "task_ref": ["T-12"], "fields": {"text": "the disk is full"}}
    answer = {"intent": "block", "task_ref": ["T-12"], "fields": {"text": "The disk is full."}}

    assert wrong(gold, answer | {"fields": answer["fields"] | {"tag": "x"}}) == set()
    assert wrong(gold, answer | {"task_ref": ["T-15"]}) == {"task_ref"}
    assert wrong(gold, answer | {"fields": {}}) == {"fields"}


def test_a_question_without_filters_wants_none():
    gold = {"intent": "query"}

    assert wrong(gold, {"intent": "query", "filters": {"due": "today"}}) == {"filters"}
    assert wrong(gold, {"intent": "query"}) == set()


def test_nothing_told_is_wrong_and_no_error():
    assert judged(GOLD, {})["whole"] == [False]


def test_shares_are_of_tasks_for_their_fields_and_of_cases_for_the_rest():
    score = scored([(GOLD, told() | {"sure": True}), (GOLD, told(title="x") | {"sure": True})])

    shares = score.shares()
    assert shares["title"] == shares["whole"] == shares["sure_right"] == 0.5
    assert shares["assignees"] == shares["sure_share"] == 1.0
