"""Which state follows which: every command in every state, and several assignees."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.runtime.errors import Conflict, Forbidden
from services.task import states_page
from services.task.model import EventType, Mark, Status, TaskNumber
from services.task.rules import states
from services.task.rules.states import TRANSITIONS, Command
from tests.unit.task.people import (
    ANA,
    BOSS,
    GUEST,
    LEAD,
    MIA,
    NOW,
    PEOPLE,
    marks,
    ref,
    task,
    view,
)

S = Status
SEVEN, EIGHT = TaskNumber(7), TaskNumber(8)
LATER = NOW + timedelta(hours=1)
OPEN = [S.PENDING, S.IN_PROGRESS, S.BLOCKED, S.ON_HOLD, S.IN_REVIEW, S.NEEDS_REVISION]

AT_WORK = [S.PENDING, S.IN_PROGRESS, S.NEEDS_REVISION]

# The product's table of states: for each command where it leads from which state, "=" where it is
# true already; every other state refuses it.
TABLE: dict[Command, dict[Status, object]] = {
    Command.START: {
        **dict.fromkeys([S.PENDING, S.NEEDS_REVISION, S.ON_HOLD, S.BLOCKED], S.IN_PROGRESS),
        S.IN_PROGRESS: "=",
    },
    Command.SUBMIT: {
        **dict.fromkeys([S.PENDING, S.IN_PROGRESS, S.NEEDS_REVISION], S.IN_REVIEW),
        S.IN_REVIEW: "=",
    },
    Command.APPROVE: {S.IN_REVIEW: S.COMPLETED, S.COMPLETED: "="},
    Command.REJECT: {S.IN_REVIEW: S.NEEDS_REVISION, S.NEEDS_REVISION: "="},
    Command.COMPLETE: {**dict.fromkeys(OPEN, S.COMPLETED), S.COMPLETED: "="},
    Command.CANCEL: {**dict.fromkeys(OPEN, S.CANCELLED), S.CANCELLED: "="},
    Command.BLOCK: {
        **dict.fromkeys(AT_WORK, S.BLOCKED),
        S.BLOCKED: "=",
    },
    # A task that nobody says was elsewhere goes back to pending.
    Command.UNBLOCK: {
        S.BLOCKED: S.PENDING,
        **dict.fromkeys(AT_WORK, "="),
    },
    Command.HOLD: {
        **dict.fromkeys([each for each in OPEN if each is not S.ON_HOLD], S.ON_HOLD),
        S.ON_HOLD: "=",
    },
    Command.RESUME: {
        S.ON_HOLD: S.PENDING,
        **dict.fromkeys([each for each in OPEN if each is not S.ON_HOLD], "="),
    },
    Command.REOPEN: {
        **dict.fromkeys([S.COMPLETED, S.CANCELLED], S.PENDING),
        **dict.fromkeys(OPEN, "="),
    },
}


def decide(shown, command, *, actor=BOSS, text=""):
    return states.decide(shown, command, actor=actor, people=PEOPLE, now=LATER, text=text)


@pytest.mark.parametrize("command", Command)
@pytest.mark.parametrize("status", Status)
def test_every_command_in_every_state(command, status):
    shown = view(task(status=status))
    expected = TABLE[command].get(status)

    if expected is None:
        with pytest.raises(Conflict) as caught:
            decide(shown, command)
        assert caught.value.reason == "TASK_STATE"
        assert status.words in caught.value.message
        assert "Dana" in caught.value.message
    elif expected == "=":
        assert decide(shown, command) is None
    else:
        entry = decide(shown, command)
        assert entry.after.status is expected
        assert (entry.after.status_since, entry.after.status_by) == (LATER, BOSS.id)
        assert (entry.after.completed_at is not None) == (expected is S.COMPLETED)


def test_a_refusal_says_what_can_be_done_instead():
    with pytest.raises(Conflict) as caught:
        decide(view(task(status=S.IN_REVIEW)), Command.START)

    assert caught.value.metadata["can"] == "approve,reject,complete,cancel,hold"
    assert "since Wed 25 Nov 10:00" in caught.value.message


def test_a_blocked_task_goes_back_to_where_it_was():
    blocked = decide(view(task(ANA, status=S.IN_PROGRESS)), Command.BLOCK, text="no key").after
    assert (blocked.reason, blocked.returns_to) == ("no key", S.IN_PROGRESS)

    after = decide(view(blocked), Command.UNBLOCK).after

    assert (after.status, after.reason, after.returns_to) == (S.IN_PROGRESS, "", None)


def test_a_task_held_while_it_was_blocked_is_blocked_again_when_resumed():
    held = decide(view(task(ANA, status=S.BLOCKED)), Command.HOLD, text="budget").after

    assert decide(view(held), Command.RESUME).after.status is S.BLOCKED


def test_a_reopened_task_is_counted_and_begins_anew():
    done = task(ANA, status=S.COMPLETED, mark=Mark.DONE)

    after = decide(view(done), Command.REOPEN, text="it broke").after

    assert (after.status, after.reopen_count, after.reason) == (S.PENDING, 1, "it broke")
    assert [each.mark for each in after.assignees] == [Mark.ASSIGNED]
    assert after.completed_at is None


def test_one_of_several_submits_for_all_where_the_task_says_so():
    shared = replace(task(ANA, MIA), submit_by_one=True)

    after = decide(view(shared), Command.SUBMIT, actor=ANA).after

    assert after.status is S.IN_REVIEW
    assert [each.mark for each in after.assignees] == [Mark.DONE, Mark.ASSIGNED]


def test_a_delay_is_counted_with_its_reason():
    late = task(ANA)
    entry = states.delay(view(late), LATER, reason="parts", actor=ANA, people=PEOPLE, now=NOW)

    assert entry.type is EventType.TASK_DELAYED
    assert (entry.after.deadline, entry.after.delay_count) == (LATER, 1)
    assert (
        states.delay(view(entry.after), LATER, reason="parts", actor=ANA, people=PEOPLE, now=NOW)
        is None
    )


def test_a_closed_task_is_not_delayed():
    with pytest.raises(Conflict) as caught:
        states.delay(
            view(task(status=S.COMPLETED)), LATER, reason="x", actor=BOSS, people=PEOPLE, now=NOW
        )

    assert "reopen" in caught.value.message


def test_a_submission_without_need_of_approval_completes():
    entry = decide(view(task(ANA, requires_approval=False)), Command.SUBMIT, actor=ANA, text="ok")

    assert (entry.type, entry.after.status) == (EventType.TASK_COMPLETED, S.COMPLETED)
    assert entry.after.submission == "ok"


def test_an_assignee_completes_only_what_needs_no_approval():
    assert decide(view(task(ANA, requires_approval=False)), Command.COMPLETE, actor=ANA)
    with pytest.raises(Forbidden) as caught:
        decide(view(task(ANA)), Command.COMPLETE, actor=ANA)

    assert caught.value.reason == "NEEDS_APPROVAL"
    assert "submit" in caught.value.message


def test_who_has_no_part_in_it_moves_nothing():
    for actor in (MIA, GUEST):
        for command in Command:
            with pytest.raises(Forbidden):
                decide(view(task(ANA)), command, actor=actor)


def test_a_rejection_counts_and_sets_done_marks_back():
    submitted = task(ANA, status=S.IN_REVIEW, mark=Mark.DONE)

    after = decide(view(submitted), Command.REJECT, text="the footer moved").after

    assert (after.revision_count, after.feedback) == (1, "the footer moved")
    assert after.assignees[0].mark is Mark.WORKING


def test_one_of_several_starts_and_the_other_starts_as_well():
    both = task(ANA, MIA)

    first = decide(view(both), Command.START, actor=ANA).after
    second = decide(view(first), Command.START, actor=MIA)

    assert [each.mark for each in first.assignees] == [Mark.WORKING, Mark.ASSIGNED]
    assert second.type is EventType.TASK_CHANGED
    assert [each.mark for each in second.after.assignees] == [Mark.WORKING, Mark.WORKING]
    assert decide(view(second.after), Command.START, actor=MIA) is None


def test_it_is_submitted_when_the_last_is_done():
    both = marks(task(ANA, MIA), Ana=Mark.DONE)

    assert decide(view(both), Command.SUBMIT, actor=ANA) is None
    assert decide(view(both), Command.SUBMIT, actor=MIA).after.status is S.IN_REVIEW


def test_a_boss_or_a_lead_from_outside_submits_for_the_whole():
    both = task(ANA, MIA)

    for actor in (BOSS, LEAD):
        after = decide(view(both), Command.SUBMIT, actor=actor).after
        assert after.status is S.IN_REVIEW
        assert {each.mark for each in after.assignees} == {Mark.DONE}


def test_a_start_names_what_it_waits_for():
    waiting = view(
        task(depends_on=(7, 8)), depends_on=(ref(7, title="Build the API"), ref(8, S.COMPLETED))
    )

    with pytest.raises(Conflict) as caught:
        decide(waiting, Command.START)

    assert caught.value.reason == "TASK_BLOCKED"
    assert "T-7 “Build the API”" in caught.value.message
    assert "T-8" not in caught.value.message


def test_the_last_dependency_frees_and_only_the_last():
    one = view(task(depends_on=(7,)), 50, depends_on=(ref(7),))
    two = view(task(depends_on=(7, 8)), 51, depends_on=(ref(7), ref(8)))
    closed = view(task(status=S.CANCELLED, depends_on=(7,)), 52, depends_on=(ref(7),))
    free = view(task(depends_on=(7,)), 53, depends_on=(ref(7, S.COMPLETED),))
    done = replace(task(), status=S.COMPLETED)

    assert [each.number for each in states.freed([one, two, closed, free], {SEVEN: done})] == [50]
    both = states.freed([one, two], {SEVEN: done, EIGHT: done})
    assert [each.number for each in both] == [50, 51]
    assert not states.freed([one], {SEVEN: replace(done, status=S.IN_PROGRESS)})


def test_seeing_is_the_assignees():
    entry = states.seen(view(task(ANA)), ANA, LATER)

    assert entry is not None
    assert entry.after.assignees[0].mark is Mark.SEEN
    assert states.seen(view(task(ANA, mark=Mark.WORKING)), ANA, LATER) is None
    with pytest.raises(Forbidden):
        states.seen(view(task(ANA)), MIA, LATER)


def test_every_command_has_its_row():
    assert TRANSITIONS.keys() == set(Command)


def test_the_page_of_states_is_what_the_table_says():
    written = Path(__file__).parents[3] / "docs/states.md"

    assert written.read_text() == states_page.page(), "write it anew: make docs"


def test_the_diagram_has_an_arrow_for_every_way():
    page = states_page.page()

    for command, way in TRANSITIONS.items():
        arrows = [line for line in page.splitlines() if "-->" in line and command.value in line]
        assert arrows, command
        for source in way.sources - {way.to}:
            ends = (source.name.lower(), states_page.GROUP)
            assert any(line.strip().startswith(ends) for line in arrows), (command, source)
