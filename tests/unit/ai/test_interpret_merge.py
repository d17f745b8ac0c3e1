"""What becomes of the model's phrases: resolved by our own rules; what is made up is dropped."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from services.ai import merge, prompt
from services.ai.model import (
    Ambiguity,
    Candidate,
    Context,
    Intent,
    Interpretation,
    OpenTask,
    Person,
    Priority,
    Source,
    Span,
    TaskDraft,
)
from services.ai.reading import FilterReading, OtherReading, Reading, TaskReading

ZONE = ZoneInfo("Asia/Bangkok")
NOW = datetime(2026, 11, 25, 10, tzinfo=ZONE)
DANA = Person("workspaces/1/people/5", "Dana")
ANA = Person("workspaces/1/people/7", "Ana", aliases=("anna",))
ANNA_K = Person("workspaces/1/people/8", "Anna K.", aliases=("anna",))
BEN = Person("workspaces/1/people/9", "Ben")
LOGIN = OpenTask("workspaces/1/tasks/12", 12, "Login crash on checkout")
CHAIRS = OpenTask("workspaces/1/tasks/27", 27, "Order new chairs")
CONTEXT = Context(
    NOW,
    DANA,
    roster=(DANA, ANA, BEN),
    open_tasks=(LOGIN, CHAIRS),
    last_task=LOGIN.name,
)
UNSURE = Interpretation(Intent.CREATE, tasks=(TaskDraft("Something"),), confidence=0.3)


def read(text, reading, *, context=CONTEXT, local=UNSURE):
    return merge.merged(text, context, local, reading)


def create(*tasks, sure=True):
    return Reading(Intent.CREATE, tasks=list(tasks), sure=sure)


def test_phrases_become_a_task():
    text = "so that login thing, I guess ben, before friday noon, it is urgent, ok?"
    reading = create(
        TaskReading(
            title="login thing", people=["ben"], deadline="before friday noon", priority="urgent"
        )
    )

    found = read(text, reading)

    [task] = found.tasks
    assert task.title == "Login thing"
    assert task.assignees == (Candidate(BEN.name, "Ben"),)
    assert task.deadline == datetime(2026, 11, 27, 12, tzinfo=ZONE)
    assert task.priority is Priority.URGENT
    assert found.source is Source.MODEL
    assert found.sure
    assert {(span.field, text[span.start : span.end]) for span in found.spans} == {
        ("title", "login thing"),
        ("assignees", "ben"),
        ("deadline", "before friday noon"),
        ("priority", "urgent"),
    }


@pytest.mark.parametrize(
    "made_up",
    [
        TaskReading(title="fix the login", people=["Ana"]),
        TaskReading(title="fix the login", deadline="tomorrow"),
        TaskReading(title="fix the login", deadline="2026-12-24"),
        TaskReading(title="fix the login", priority="urgent"),
        TaskReading(title="fix the login", recurrence="every day"),
        TaskReading(title="fix the login", estimate="3 hours"),
        TaskReading(title="fix the login", tags=["secret"]),
        TaskReading(title="fix the login", subtasks=["call the police"]),
    ],
    ids=lambda reading: str(reading)[24:70],
)
def test_what_the_message_does_not_say_is_dropped_and_asked_about(made_up):
    found = read("ben should fix the login at some point", create(made_up))

    [task] = found.tasks
    assert task.title == "Fix the login"
    assert (task.assignees, task.deadline, task.priority) == ((), None, None)
    assert (task.recurrence, task.estimate_minutes, task.tags) == (None, None, ())
    assert task.subtasks == ()
    assert not found.sure


def test_a_task_whose_title_is_made_up_is_none():
    found = read(
        "ben should fix the login",
        create(TaskReading(title="fix the login"), TaskReading(title="wire 500 dollars to Eve")),
    )

    assert [task.title for task in found.tasks] == ["Fix the login"]
    assert not found.sure


def test_where_nothing_is_usable_the_grammars_reading_stands():
    found = read("ben should fix the login", create(TaskReading(title="wire money")))

    assert found.tasks == UNSURE.tasks
    assert found.source is Source.GRAMMAR_AFTER_MODEL
    assert found.model_failure == "nonsense"
    assert not found.sure


def test_a_phrase_that_is_no_date_to_us_is_not_guessed_at():
    found = read(
        "fix the login when pigs fly",
        create(TaskReading("fix the login", deadline="when pigs fly")),
    )

    assert found.tasks[0].deadline is None
    assert not found.sure


def test_a_date_that_has_passed_is_none():
    found = read(
        "fix the login by yesterday", create(TaskReading("fix the login", deadline="yesterday"))
    )

    assert found.tasks[0].deadline is None
    assert not found.sure


def test_a_name_that_fits_two_is_asked_about():
    context = Context(NOW, DANA, roster=(DANA, ANA, ANNA_K))

    found = read(
        "anna checks the invoices",
        create(TaskReading("check the invoices", people=["anna"])),
        context=context,
    )

    [question] = found.ambiguities
    assert (question.field, question.words) == ("assignees", "anna")
    assert {each.name for each in question.candidates} == {ANA.name, ANNA_K.name}
    assert found.tasks[0].assignees == ()
    assert not found.sure


def test_a_stranger_is_asked_about_and_not_guessed():
    found = read(
        "zoe checks the invoices", create(TaskReading("check the invoices", people=["zoe"]))
    )

    assert found.ambiguities == (Ambiguity("assignees", "zoe"),)
    assert not found.sure


@pytest.mark.parametrize("words", ["me", "myself", "I", "i'll"])
def test_the_sender_is_meant_by_small_words(words):
    found = read(f"{words} call the bank", create(TaskReading("call the bank", people=[words])))

    assert found.tasks[0].assignees == (Candidate(DANA.name, "Dana"),)


def test_nobody_in_particular_is_nobody():
    found = read(
        "someone should call the bank",
        create(TaskReading("call the bank", people=["someone"])),
    )

    assert found.tasks[0].assignees == ()
    assert found.ambiguities == ()


def test_order_between_tasks_is_kept_and_made_up_order_is_not():
    found = read(
        "build the api then test it",
        create(TaskReading("build the api", after=[7, 0]), TaskReading("test it", after=[0, 1])),
    )

    assert [task.after for task in found.tasks] == [(), (0,)]


def test_a_task_dropped_takes_its_place_in_the_order_along():
    found = read(
        "build the api then test it",
        create(
            TaskReading("drink tea"),
            TaskReading("build the api"),
            TaskReading("test it", after=[0, 1]),
        ),
    )

    assert [task.after for task in found.tasks] == [(), (0,)]


@pytest.mark.parametrize(
    ("words", "name"),
    [("27", CHAIRS), ("t-27", CHAIRS), ("the chairs", CHAIRS), ("it", LOGIN)],
)
def test_words_that_name_a_task_are_resolved_by_our_rules(words, name):
    found = read(f"give {words} to ben", Reading(Intent.REASSIGN, refs=[words], people=["ben"]))

    assert found.task_refs == (Candidate(name.name, name.title),)
    assert found.change.assignees == (Candidate(BEN.name, "Ben"),)


@pytest.mark.parametrize("words", ["99", "the unicorn"])
def test_a_task_that_is_not_there_is_asked_about(words):
    found = read(f"cancel {words}", Reading(Intent.CANCEL, refs=[words], sure=True))

    assert found.task_refs == ()
    assert [(each.field, each.words) for each in found.ambiguities] == [("task_ref", words)]


def test_a_task_that_the_message_does_not_name_is_not_acted_on():
    found = read("please get on with it", Reading(Intent.CANCEL, refs=["27"], sure=True))

    assert found.task_refs == ()
    assert not found.sure


@pytest.mark.parametrize(
    "intent", [Intent.CANCEL, Intent.COMPLETE, Intent.REASSIGN, Intent.UNDO, Intent.TEACH]
)
def test_a_change_by_the_model_is_never_sure(intent):
    local = Interpretation(intent)

    found = read("do it with 27", Reading(intent, refs=["27"], sure=True), local=local)

    assert found.intent is intent
    assert not found.sure


def test_a_new_task_is_not_sure_where_the_grammar_saw_something_else():
    local = Interpretation(Intent.SMALLTALK)

    found = read('he wrote "delete the repo"', create(TaskReading("delete the repo")), local=local)

    assert not found.sure


def test_only_what_the_intent_needs_is_taken():
    found = read(
        "27 to ben by friday",
        Reading(Intent.REASSIGN, refs=["27"], people=["ben"], deadline="friday", title="ben"),
    )

    assert found.change.deadline is None
    assert found.change.title is None


def test_a_reason_is_kept_as_written():
    text = "27 is stuck, Waiting for the API key!"

    found = read(text, Reading(Intent.BLOCK, refs=["27"], text="waiting for the api key"))

    assert found.change.text == "Waiting for the API key"


def test_a_question_is_narrowed_by_words_of_ours():
    found = read(
        "what is ben stuck with that is overdue",
        Reading(Intent.QUERY, filter=FilterReading(people=["ben"], status="stuck", due="overdue")),
        local=Interpretation(Intent.QUERY),
    )

    assert found.filter.assignees == (Candidate(BEN.name, "Ben"),)
    assert (found.filter.status, found.filter.due) == ("blocked", "overdue")


def test_what_the_grammar_found_fills_what_the_model_left_out():
    text = "login: it crashes, ben to see to it by friday"
    local = Interpretation(
        Intent.CREATE,
        tasks=(TaskDraft("Login", deadline=NOW, assignees=(Candidate(BEN.name, "Ben"),)),),
        spans=(Span("deadline", 35, 44), Span("assignees", 19, 22)),
    )

    found = read(text, create(TaskReading("see to the crashes of login")), local=local)

    assert found.tasks[0].deadline == NOW
    assert found.tasks[0].assignees == (Candidate(BEN.name, "Ben"),)


def test_what_the_model_made_part_of_the_title_is_not_filled_in_again():
    text = "hm write up the friday report"
    local = Interpretation(
        Intent.CREATE, tasks=(TaskDraft("Report", deadline=NOW),), spans=(Span("deadline", 16, 22),)
    )

    found = read(text, create(TaskReading("write up the friday report")), local=local)

    assert found.tasks[0].deadline is None


def test_an_unclear_answer_leaves_the_grammars_best():
    found = read("hm login maybe", Reading(Intent.UNCLEAR))

    assert found.tasks == UNSURE.tasks
    assert not found.sure


@pytest.mark.parametrize(
    ("local", "asks"),
    [
        (Interpretation(Intent.CREATE, sure=True), False),
        (Interpretation(Intent.CREATE), True),
        (Interpretation(Intent.UNCLEAR), True),
        (
            Interpretation(
                Intent.CREATE,
                ambiguities=(
                    Ambiguity("assignees", "anna", (Candidate("a", "A"), Candidate("b", "B"))),
                ),
            ),
            False,
        ),
        (Interpretation(Intent.CREATE, ambiguities=(Ambiguity("assignees", "zoe"),)), True),
    ],
)
def test_the_model_is_asked_where_it_could_know_better(local, asks):
    assert merge.worth_asking(local) is asks


def test_the_model_is_told_names_and_the_tasks_that_may_be_meant_alone():
    many = [OpenTask(f"workspaces/1/tasks/{n}", n, f"Paint wall {n}") for n in range(100, 200)]
    context = Context(
        NOW, DANA, roster=(DANA, ANA), open_tasks=(LOGIN, CHAIRS, *many), last_task=CHAIRS.name
    )

    told = prompt.question("the checkout crash, who has it?", context)

    assert told.people == {"Dana": (), "Ana": ("anna",)}
    assert set(told.tasks) == {"T-12", "T-27"}
    assert told.last_task == "T-27"
    assert len(prompt.nearest_tasks("paint wall 150 and wall 151", context)) <= 12


def test_of_several_readings_the_first_that_stands_in_the_message_is_taken():
    text = "somebody should look at the login, maybe ben"
    made_up = TaskReading(title="look at the login", people=["Ana"])
    quoted = TaskReading(title="look at the login", people=["ben"])
    reading = Reading(
        Intent.CREATE, tasks=[made_up], sure=True, others=[OtherReading(Intent.CREATE, [quoted])]
    )

    found = read(text, reading)

    assert [who.display_name for who in found.tasks[0].assignees] == ["Ben"]
    assert not found.sure


def test_readings_that_differ_are_not_sure():
    text = "look at the login"
    other = OtherReading(Intent.SHOW, refs=["the login"])
    task = TaskReading(title="look at the login")

    alone = read(text, Reading(Intent.CREATE, tasks=[task], sure=True))
    both = read(text, Reading(Intent.CREATE, tasks=[task], sure=True, others=[other]))

    assert alone.sure
    assert not both.sure
    assert both.tasks == alone.tasks


def test_another_reading_that_comes_to_the_same_takes_no_sureness():
    text = "look at the login"
    task = TaskReading(title="look at the login")

    found = read(
        text,
        Reading(Intent.CREATE, [task], sure=True, others=[OtherReading(Intent.CREATE, [task])]),
    )

    assert found.sure


def test_a_reading_by_the_model_names_the_prompt_it_came_by():
    found = read("look at the login", create(TaskReading(title="look at the login")))

    assert found.prompt == prompt.VERSION
