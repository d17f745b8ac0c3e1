"""Acts on every task that is so: looked up, asked about, and done as one act."""

import pytest
from boss.task.v1 import task_service_pb2

from services.gateway.dialog import convert
from services.gateway.dialog.answers import answers
from services.gateway.dialog.drafts import ConfirmDraft, Draft, State, WhichDraft
from services.gateway.dialog.effects import (
    Carried,
    Close,
    Command,
    Decision,
    Done,
    Keep,
    Say,
    Together,
    Verb,
)
from services.gateway.dialog.model import (
    Ambiguity,
    Change,
    Filter,
    Listing,
    Named,
    Pressed,
    Priority,
    Reading,
    Task,
)
from services.gateway.dialog.needs import FindDraft, Interpret, Search
from services.gateway.dialog.reply import plain
from tests.unit.gateway.talking import ACT, ANA, BEN, DRAFT, FRIDAY, NOW, decide, named, task, turn

BENS = Filter(assignees=(named(BEN),))
TO_FRIDAY = Reading(
    "set_deadline", change=Change(deadline=FRIDAY), filter=BENS, sure=True, every=True
)


def tasks(count: int) -> tuple[Task, ...]:
    return tuple(task(number, f"Task {number}", BEN) for number in range(1, count + 1))


def listing(count: int, *, total: int | None = None) -> Listing:
    return Listing(tasks(count), count if total is None else total)


def names(count: int) -> tuple[str, ...]:
    return tuple(one.name for one in tasks(count))


def said(decision: Decision) -> str:
    return "\n".join(plain(one.reply) for one in decision.effects if isinstance(one, Say))


def kept(decision: Decision) -> Draft:
    return next(one.draft for one in decision.effects if isinstance(one, Keep))


def press(draft: Draft, data: str, answers=None, **more) -> Decision:
    return decide(Pressed(data), {FindDraft: draft, **(answers or {})}, **more)


def test_many_are_asked_about_with_their_number_the_first_of_them_and_what_they_become():
    decision = decide("move all of Ben's tasks", {Interpret: TO_FRIDAY, Search: listing(12)})

    assert not any(isinstance(one, Together) for one in decision.effects)
    shown = said(decision)
    assert "these 12 tasks to Fri 27 Nov 17:00?" in shown
    assert "T-10 Task 10" in shown
    assert "T-11" not in shown
    assert "… and 2 more" in shown


def test_yes_changes_all_of_them_as_one_act():
    asked = decide("move all of Ben's tasks", {Interpret: TO_FRIDAY, Search: listing(5)})
    draft = Draft(kept(asked).content, "workspaces/1/people/1", DRAFT, message="7")

    done = press(draft, f"create:{DRAFT}")

    assert done.effects == (
        Together(names(5), change=Change(deadline=FRIDAY)),
        Close(DRAFT, State.DONE),
    )
    assert done.edits == "7"


def test_a_few_are_changed_at_once_and_as_one_act_too():
    decision = decide("move all of Ben's tasks", {Interpret: TO_FRIDAY, Search: listing(2)})

    assert decision.effects == (Together(names(2), change=Change(deadline=FRIDAY)),)


@pytest.mark.parametrize(
    "reading",
    [
        Reading("cancel", filter=BENS, sure=True, every=True),
        Reading("complete", filter=BENS, sure=False, every=True),
    ],
)
def test_calling_off_and_what_is_unsure_is_asked_about_however_few_there_are(reading):
    decision = decide("drop everything", {Interpret: reading, Search: listing(1)})

    assert isinstance(kept(decision).content, ConfirmDraft)


def test_a_member_who_is_done_with_all_hands_them_in():
    reading = Reading("complete", filter=BENS, sure=True, every=True)

    decision = decide("all my tasks are done", {Interpret: reading, Search: listing(2)}, by=BEN)

    assert decision.effects == (Together(names(2), Verb.SUBMIT),)


def test_where_nothing_is_so_that_is_said():
    decision = decide("move all of Ben's tasks", {Interpret: TO_FRIDAY, Search: listing(0)})

    assert said(decision) == "Open tasks, Ben: nothing."


def test_more_than_the_store_changes_at_once_are_to_be_narrowed_down():
    found = listing(500, total=812)

    decision = decide("move all tasks", {Interpret: TO_FRIDAY, Search: found})

    assert "812 tasks" in said(decision)
    assert "Narrow it down" in said(decision)


def test_it_is_asked_whose_tasks_are_meant_and_to_whom_they_go():
    anna = Named("workspaces/1/people/9", "Anna K")
    reading = Reading(
        "reassign",
        every=True,
        ambiguities=(
            Ambiguity("whose", "Anna", (named(ANA), anna)),
            Ambiguity("assignees", "Anna", (named(ANA), anna)),
        ),
    )
    first = decide("give all of Anna's tasks to Anna", {Interpret: reading})
    content = kept(first).content
    assert isinstance(content, WhichDraft)
    draft = Draft(content, "workspaces/1/people/1", DRAFT, reading=reading)

    second = press(draft, f"pick:{DRAFT}:0")
    asked = kept(second)
    next_draft = Draft(asked.content, "workspaces/1/people/1", DRAFT, reading=asked.reading)
    done = press(next_draft, f"pick:{DRAFT}:1", {Search: listing(2)})

    assert second.effects[0] == Close(DRAFT, State.DONE)
    assert done.effects == (
        Together(names(2), change=Change(assignees=(anna,))),
        Close(DRAFT, State.DONE),
    )


def test_many_that_are_named_are_one_act_and_few_are_one_each():
    refs = tuple(Named(one.name, one.title) for one in tasks(5))
    many = Draft(ConfirmDraft("hold", refs, Change()), "workspaces/1/people/1", DRAFT)
    few = Draft(ConfirmDraft("hold", refs[:2], Change()), "workspaces/1/people/1", DRAFT)

    assert press(many, f"create:{DRAFT}").effects[0] == Together(names(5), Verb.HOLD)
    assert press(few, f"create:{DRAFT}").effects[:2] == tuple(
        Command(Verb.HOLD, one) for one in names(2)
    )


def test_the_answer_tells_how_many_what_was_left_out_and_how_to_take_it_back():
    effect = Together(names(12), change=Change(deadline=FRIDAY))
    left = ("T-12 is completed, since Monday, by Ben: reopen it first.",)
    done = Done(tasks(11), ACT, kept=left)

    (answer,) = answers([Carried(effect, done, NOW)], turn("yes"))

    shown = plain(answer.reply)
    assert shown.startswith("11 tasks. Changed: due Fri 27 Nov 17:00")
    assert "… and 1 more" in shown
    assert "T-12 is completed" in shown
    assert answer.reply.rows[0][0].data == f"undo:{ACT}"


def test_where_all_are_left_out_nothing_is_said_to_have_changed():
    done = Done((), "", kept=("T-1: Only the owner, bosses or leads may do that.",))

    (answer,) = answers([Carried(Together(names(1), Verb.CANCEL), done, NOW)], turn("yes"))

    assert plain(answer.reply).startswith("Nothing changed")
    assert answer.new
    assert not answer.reply.rows


def test_one_request_says_it_all():
    change = convert.update_many(
        Together(names(2), change=Change(priority=Priority.HIGH)), request_id="r"
    )
    command = convert.update_many(
        Together(names(2), Verb.HOLD, Change(text="No parts")), request_id="r"
    )

    assert list(change.names) == list(names(2))
    assert (list(change.update_mask.paths), change.skip_refused) == (["priority"], True)
    assert (command.command, command.text) == (task_service_pb2.BATCH_COMMAND_HOLD, "No parts")
