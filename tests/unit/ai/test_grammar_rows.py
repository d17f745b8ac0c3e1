"""Each row of the grammar's tables reads its own example."""

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from services.ai.grammar import (
    act_rows,
    attributes,
    bulk,
    clock,
    cues,
    dates,
    days,
    evidence,
    evidence_rows,
    heads,
    questions,
    recurrence,
    talk,
)
from services.ai.grammar.assemble import interpret
from services.ai.grammar.message import Message
from services.ai.grammar.tokens import fold
from services.ai.model import Context, Intent, OpenTask, Person, Priority

ZONE = ZoneInfo("Asia/Bangkok")
WEDNESDAY = datetime(2026, 11, 25, 10, tzinfo=ZONE)
FRIDAY = datetime(2026, 11, 27, 18, tzinfo=ZONE)
DANA = Person("workspaces/1/people/1", "Dana", role="boss")
ROSTER = tuple(
    Person(f"workspaces/1/people/{number}", name)
    for number, name in enumerate(("Ana", "Ben", "Priya", "Sofia", "Tom"), start=2)
)
TASKS = tuple(
    OpenTask(f"workspaces/1/tasks/{number}", number, title, status=status, deadline=FRIDAY)
    for number, title, status in (
        (12, "Fix login redirect", "in_progress"),
        (15, "Update pricing page", "pending"),
        (18, "Prepare investor deck", "in_review"),
        (21, "Migrate database to Postgres 18", "blocked"),
        (23, "Design onboarding emails", "in_progress"),
        (27, "Order new laptops", "pending"),
        (30, "Write release notes", "needs_revision"),
        (31, "Record product demo video", "pending"),
        (34, "Clean up CRM contacts", "in_progress"),
        (40, "Set up staging server", "on_hold"),
    )
)
CONTEXT = Context(WEDNESDAY, DANA, roster=ROSTER, open_tasks=TASKS, last_task=TASKS[0].name)


@pytest.mark.parametrize("name", days.DAYS)
def test_a_day_is_read_as_its_row_says(name: str) -> None:
    row = days.DAYS[name]

    [found] = dates.find(f"do it by {row.example}", WEDNESDAY)

    assert found.moment.date().isoformat() == row.expected


@pytest.mark.parametrize("name", clock.TIMES)
def test_a_time_is_read_as_its_row_says(name: str) -> None:
    _, example, expected = clock.TIMES[name]

    found, *_ = clock.times(example)

    assert found.at == time.fromisoformat(expected)


@pytest.mark.parametrize("name", recurrence.RULES)
def test_a_recurrence_is_read_as_its_row_says(name: str) -> None:
    _, _, example, rule, first = recurrence.RULES[name]

    found = recurrence.find(f"water the plants {example}", WEDNESDAY)

    assert found is not None
    assert (found.rule, found.first.date().isoformat()) == (rule, first)


@pytest.mark.parametrize("row", act_rows.ROWS, ids=lambda row: row.example)
def test_an_order_is_read_as_its_row_says(row: act_rows.Row) -> None:
    reading = interpret(row.example, CONTEXT)

    assert reading.intent is row.intent
    assert reading.task_refs


@pytest.mark.parametrize("cue", cues.CUES, ids=lambda cue: cue.example)
def test_an_order_is_told_by_a_cue(cue: cues.Cue) -> None:
    [reading] = [cues.read(Message.of(cue.example, CONTEXT))]

    assert reading is not None
    assert reading.intent is cue.intent
    assert len(reading.task_refs) == 1


@pytest.mark.parametrize("sign", evidence_rows.SIGNS, ids=lambda sign: sign.example)
def test_an_order_is_told_by_a_sign_anywhere(sign: evidence_rows.Sign) -> None:
    reading = evidence.read(Message.of(sign.example, CONTEXT))

    assert reading is not None
    assert reading.intent is sign.intent


@pytest.mark.parametrize(("_", "intent", "example"), bulk.ROWS, ids=[row[2] for row in bulk.ROWS])
def test_an_order_about_many_tasks_is_read_as_its_row_says(_, intent, example) -> None:
    reading = interpret(example, CONTEXT)

    assert (reading.intent, reading.every, reading.task_refs) == (intent, True, ())


def test_which_of_many_tasks_are_meant_is_read_as_in_a_question() -> None:
    reading = interpret("move all of Ben's urgent tasks tagged shop to friday", CONTEXT)

    asked = reading.filter
    assert [one.display_name for one in asked.assignees] == ["Ben"]
    assert (asked.priority, asked.tag, reading.change.deadline) == (Priority.URGENT, "shop", FRIDAY)
    assert reading.sure


@pytest.mark.parametrize(
    "text",
    [
        "mark all invoices as paid",
        "close all windows",
        "move all boxes to the cellar by friday",
        "finish everything by friday",
        "cancel all the hotel rooms",
        "move Ben's tasks to friday",
    ],
)
def test_work_with_many_things_is_no_order_about_tasks(text: str) -> None:
    assert not interpret(text, CONTEXT).every


@pytest.mark.parametrize("row", talk.ROWS, ids=lambda row: row.example)
def test_talk_is_read_as_its_row_says(row: talk.Row) -> None:
    reading = interpret(row.example, CONTEXT)

    assert (reading.intent, reading.change.text) == (row.intent, row.text)


@pytest.mark.parametrize("name", heads.HEADS)
def test_the_words_that_ask_are_no_part_of_the_title(name: str) -> None:
    _, _, example, title = heads.HEADS[name]

    reading = interpret(example, CONTEXT)

    assert reading.intent is Intent.CREATE
    assert [task.title for task in reading.tasks] == [title]


@pytest.mark.parametrize("name", heads.TAILS)
def test_a_person_at_the_end_is_asked(name: str) -> None:
    _, example = heads.TAILS[name]

    [task] = interpret(example, CONTEXT).tasks

    assert [person.display_name for person in task.assignees] == ["Ana"]
    assert "Ana" not in task.title


@pytest.mark.parametrize("status", questions.STATUSES)
def test_a_list_is_narrowed_to_a_status(status: str) -> None:
    _, example = questions.STATUSES[status]

    reading = interpret(f"show me all tasks {example}", CONTEXT)

    assert (reading.intent, reading.filter.status) == (Intent.QUERY, status)


@pytest.mark.parametrize("due", questions.DUES)
def test_a_list_is_narrowed_to_a_time(due: str) -> None:
    _, example = questions.DUES[due]

    reading = interpret(f"which tasks are due {example}", CONTEXT)

    assert (reading.intent, reading.filter.due) == (Intent.QUERY, due)


@pytest.mark.parametrize("example", [example for _, example in questions.SHOWS])
def test_a_question_about_one_task_shows_it(example: str) -> None:
    reading = interpret(example, CONTEXT)

    assert reading.intent is Intent.SHOW
    assert len(reading.task_refs) == 1


@pytest.mark.parametrize("example", [example for _, example in questions.SEARCHES])
def test_a_search_keeps_the_words(example: str) -> None:
    reading = interpret(example, CONTEXT)

    assert reading.intent is Intent.SEARCH
    assert reading.filter.text is not None
    assert fold(reading.filter.text) in example


@pytest.mark.parametrize(
    ("words", "priority"),
    [
        ("fix the sink, urgent", Priority.URGENT),
        ("fix the sink asap", Priority.URGENT),
        ("fix the sink!!!", Priority.URGENT),
        ("fix the sink 🔥", Priority.URGENT),
        ("fix the sink - high priority", Priority.HIGH),
        ("fix the sink, it's important", Priority.HIGH),
        ("fix the sink, p2", Priority.MEDIUM),
        ("fix the sink, no rush", Priority.LOW),
        ("fix the sink when you have time", Priority.LOW),
        ("fix the sink, not urgent", Priority.LOW),
        ("fix the sink, low but urgent", Priority.URGENT),
        ("fix the high shelf", None),
    ],
)
def test_a_priority_is_read_and_the_strongest_wins(words: str, priority: Priority | None) -> None:
    [task] = interpret(words, CONTEXT).tasks

    assert task.priority is priority


API = (
    OpenTask("workspaces/1/tasks/1", 1, "Build the API", assignees=(ROSTER[1].name,)),
    OpenTask("workspaces/1/tasks/2", 2, "Test it", assignees=(ROSTER[0].name,)),
)


@pytest.mark.parametrize("text", ["start testing the API", "I started testing the api"])
def test_a_task_that_points_to_another_is_known_by_what_it_points_to(text: str) -> None:
    reading = interpret(text, replace(CONTEXT, sender=ROSTER[0], open_tasks=API))

    assert reading.intent is Intent.START
    assert [one.display_name for one in reading.task_refs] == ["Test it"]


def test_what_else_is_said_of_it_has_to_be_found_in_a_task() -> None:
    reading = interpret("start testing the shop", replace(CONTEXT, open_tasks=API))

    assert reading.task_refs == ()


@pytest.mark.parametrize("kind", attributes.KINDS)
def test_a_kind_before_a_colon_tags_the_task_and_is_its_template(kind: str) -> None:
    [task] = interpret(f"{kind}: login crashes for guests", CONTEXT).tasks

    assert (task.tags, task.template) == ((kind,), kind)


def test_a_kind_within_a_sentence_is_no_template() -> None:
    [task] = interpret("Ana fix the login bug by friday", CONTEXT).tasks

    assert task.template is None


def test_a_kind_for_somebody_is_a_template_too() -> None:
    [task] = interpret("bug for Ana: login crashes", CONTEXT).tasks

    assert task.template == "bug"
    assert [person.display_name for person in task.assignees] == ["Ana"]
