from datetime import timedelta

import msgspec
import pytest

from services.gateway.dialog import text
from services.gateway.dialog.answers import answers
from services.gateway.dialog.effects import (
    Alter,
    Carried,
    Close,
    Command,
    Create,
    Done,
    Enter,
    Entered,
    Invite,
    Invited,
    Redo,
    Refused,
    Undo,
    Verb,
)
from services.gateway.dialog.model import (
    Change,
    Named,
    NewTask,
    Priority,
    Role,
    Sender,
    Status,
)
from services.gateway.dialog.perform import sentence
from services.gateway.dialog.reply import Button, plain
from services.runtime.errors import Invalid, Violation
from tests.unit.gateway.talking import ACT, ANA, BEN, DANA, FRIDAY, NOW, named, task, turn

T42 = task(42, "Fix the header", ANA, deadline=FRIDAY, priority=Priority.URGENT)


def told(effect, result, *, by=DANA):
    return answers([Carried(effect, result, NOW)], turn("x", by=by))


def labels(reply):
    return [button.label for row in reply.rows for button in row]


def data(reply):
    return [button.data for row in reply.rows for button in row]


# Cards -----------------------------------------------------------------------------------------


def test_a_new_task_shows_each_field_with_the_words_it_was_taken_from():
    words = {"assignees": "Ana", "deadline": "by Friday 5pm", "priority": "urgent"}
    new = NewTask("Fix the header", (named(ANA),), FRIDAY, Priority.URGENT, words=words)

    (answer,) = told(Create((new,)), Done((T42,), ACT))

    assert plain(answer.reply).splitlines() == [
        "Created",
        "T-42 Fix the header",
        "Who: Ana",
        "When: Fri 27 Nov 17:00 “by Friday 5pm”",
        "Priority: urgent",
    ]
    assert data(answer.reply) == [f"undo:{ACT}"]


def test_the_assignee_of_a_new_task_can_go_on_from_its_card():
    (answer,) = told(Create((NewTask("Fix the header"),)), Done((T42,), ACT), by=ANA)

    assert labels(answer.reply) == ["Start", "Done", "Undo"]


def test_several_tasks_are_one_numbered_card_with_one_undo():
    tasks = tuple(task(number, f"Task {number}", BEN) for number in (1, 2, 3))
    new = tuple(NewTask(f"Task {number}", words={"deadline": "by friday"}) for number in (1, 2, 3))

    (answer,) = told(Create(new), Done(tasks, ACT))

    shown = plain(answer.reply)
    assert shown.splitlines()[0] == "Created 3 tasks"
    assert "2. T-2 Task 2" in shown
    assert "“by friday”" in shown
    assert labels(answer.reply) == ["Undo all"]


def test_a_hundred_tasks_are_cut_and_counted():
    tasks = tuple(task(number, "x" * 200, BEN) for number in range(1, 101))
    new = tuple(NewTask("x") for _ in tasks)

    (answer,) = told(Create(new), Done(tasks, ACT))

    assert "… and 80 more" in plain(answer.reply)


def test_nobody_named_is_said_so():
    (answer,) = told(Create((NewTask("Demo"),)), Done((task(1, "Demo"),), ACT))

    assert "Nobody is named" in plain(answer.reply)


@pytest.mark.parametrize(
    ("status", "by", "expected"),
    [
        (Status.PENDING, ANA, ["Start", "Done"]),
        (Status.IN_PROGRESS, ANA, ["Done"]),
        (Status.NEEDS_REVISION, ANA, ["Start", "Done"]),
        (Status.IN_REVIEW, ANA, []),
        (Status.COMPLETED, ANA, []),
        (Status.PENDING, DANA, []),
        (Status.IN_REVIEW, DANA, ["Approve", "Reject"]),
    ],
)
def test_a_card_offers_what_its_reader_may_do_next(status, by, expected):
    shown = text.card(task(42, "Fix", ANA, status=status), reader=by, now=NOW)

    assert labels(shown) == expected


def test_done_submits_for_a_member_and_completes_for_a_boss():
    by_member = text.card(task(42, "Fix", ANA), reader=ANA, now=NOW)
    by_boss = text.card(task(42, "Fix", DANA), reader=DANA, now=NOW)

    assert data(by_member) == ["start:42", "submit:42"]
    assert data(by_boss) == ["start:42", "complete:42"]


def test_a_waiting_task_offers_no_start_and_names_what_it_waits_for():
    waits = Named("workspaces/1/tasks/7", "Build the API")
    shown = text.card(task(42, "Test", ANA, blocked=True, depends_on=(waits,)), reader=ANA, now=NOW)

    assert "Waits for: T-7 Build the API" in plain(shown)
    assert "Start" not in labels(shown)


def test_an_overdue_task_is_marked():
    late = task(42, "Fix", ANA, deadline=NOW - timedelta(days=1))

    assert "⚠ was due yesterday 10:00" in text.facts(late, reader=DANA, now=NOW)


def test_of_several_people_it_shows_who_is_done():
    shared = task(42, "Fix", ANA, BEN)
    done = shared.assignees[0].__class__(ANA.name, "Ana", "done")
    half = task(42, "Fix").__class__(shared.name, "Fix", assignees=(done, shared.assignees[1]))

    assert text.people(half) == "Ana ✓, Ben"


def test_it_shows_who_was_asked_to_take_a_task():
    asked = msgspec.structs.replace(T42, suggested=(named(BEN),))
    by_nobody = msgspec.structs.replace(asked, assignees=())

    assert text.people(asked) == "Ana, Ben (asked)"
    assert text.people(by_nobody) == "Ben (asked)"


# What came of an act ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "heading"),
    [
        (Verb.START, "Started"),
        (Verb.SUBMIT, "Submitted"),
        (Verb.APPROVE, "Approved"),
        (Verb.COMPLETE, "Completed"),
        (Verb.CANCEL, "Cancelled"),
    ],
)
def test_an_act_shows_the_card_with_undo(verb, heading):
    (answer,) = told(Command(verb, T42.name), Done((T42,), ACT))

    assert plain(answer.reply).startswith(heading)
    assert "Undo" in labels(answer.reply)
    assert not answer.new


def test_what_was_so_already_is_said_in_a_message_of_its_own():
    (answer,) = told(Command(Verb.START, T42.name), Done((T42,), ""))

    assert answer.new
    assert "it was so already" in plain(answer.reply)
    assert "Undo" not in labels(answer.reply)


def test_a_refusal_is_told_in_the_services_words():
    (answer,) = told(Command(Verb.APPROVE, T42.name), Refused("ROLE", "Only a boss may approve."))

    assert answer.new
    assert plain(answer.reply) == "Only a boss may approve."


def test_several_acts_are_one_message_with_an_undo_each():
    effects = [
        Carried(Command(Verb.COMPLETE, T42.name), Done((T42,), ACT), NOW),
        Carried(Command(Verb.COMPLETE, "workspaces/1/tasks/9"), Refused("X", "No T-9."), NOW),
        Carried(Close("d", "done"), Done(), NOW),
    ]

    (answer,) = answers(effects, turn("x"))

    assert "Completed T-42 Fix the header" in plain(answer.reply)
    assert "No T-9." in plain(answer.reply)
    assert labels(answer.reply) == ["Undo T-42"]


def test_a_change_says_what_it_changed():
    change = Change(assignees=(named(BEN),), priority=Priority.HIGH, clears=("deadline",))

    (answer,) = told(Alter(T42.name, change), Done((T42,), ACT))

    assert plain(answer.reply).startswith("Changed: now Ben's, high, no deadline")


def test_an_applied_edit_says_so():
    (answer,) = told(Alter(T42.name, Change(title="Fix"), edit=True), Done((T42,), ACT))

    assert plain(answer.reply).startswith("Your edit is applied: Changed: title")


def test_an_undo_tells_what_was_taken_back_and_what_was_kept():
    result = Done((T42,), ACT, kept=("T-43 was changed by Ben.",), summary="created 2 tasks")

    (answer,) = told(Undo(ACT), result)

    shown = plain(answer.reply)
    assert shown.startswith("Taken back: created 2 tasks")
    assert "T-43 was changed by Ben." in shown
    assert "/redo" in shown


def test_a_redo_can_be_undone_again():
    (answer,) = told(Redo(), Done((T42,), ACT, summary="created 1 task"))

    assert data(answer.reply) == [f"undo:{ACT}"]


def test_an_invitation_gives_both_links():
    links = Invited("Ana", "https://t.me/b?start=x", "http://localhost/#token=y", 7)

    (answer,) = told(Invite("Ana"), links)

    assert "https://t.me/b?start=x" in plain(answer.reply)
    assert "http://localhost/#token=y" in plain(answer.reply)
    assert "once, for 7 days" in plain(answer.reply)


def test_who_comes_in_is_welcomed():
    (answer,) = told(Enter("hash", Sender(1, "Ana")), Entered("Ana", owner=False), by=ANA)

    assert plain(answer.reply).startswith("Hello Ana.")


def test_the_owner_is_told_that_he_owns_it():
    (answer,) = told(Enter("hash", Sender(1, "Dana")), Entered("Dana", owner=True))

    assert plain(answer.reply).startswith("You own this workspace now.")


@pytest.mark.parametrize("role", Role)
def test_help_is_short_enough_for_each_role(role):
    person = DANA.__class__(DANA.name, "Dana", role)

    assert len(plain(text.help_for(person))) < 1500


@pytest.mark.parametrize(("by", "button"), [(DANA, "complete:7"), (ANA, "submit:7")])
def test_closing_the_last_part_offers_to_complete_the_whole(by, button):
    whole = Named("workspaces/1/tasks/7", "Launch")
    done = Done((T42,), ACT, completable=(whole,))

    (answer,) = told(Command(Verb.COMPLETE, T42.name), done, by=by)

    assert "All parts of T-7 “Launch” are closed. Is it done as well?" in plain(answer.reply)
    assert answer.reply.rows[-1] == (Button("Done T-7", button),)


def test_what_is_missing_is_told_without_words_of_fields():
    fault = Violation("tasks[0].task.deadline", "Give a deadline: this workspace wants one.")
    error = Invalid("FIELDS_INVALID", "Correct these fields.", violations=[fault])

    assert sentence(error) == "Give a deadline: this workspace wants one."


def test_a_task_from_a_template_says_so():
    (answer,) = told(Create((NewTask("Login crashes", template="bug"),)), Done((T42,), ACT))

    assert "From the template “bug”" in plain(answer.reply)
