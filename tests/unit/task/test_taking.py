"""Taking part in a task: watching, ticking, answering a suggestion, adding files."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.errors import Conflict, Forbidden, Stale
from services.task.model import Assignee, Attachment, Criterion, PersonId, Status
from services.task.rules import edits, taking
from services.task.rules.permissions import may_assign
from services.task.rules.wrong import Wrong
from tests.unit.task.people import ANA, BOSS, GUEST, LEAD, MIA, NOW, OWNER, PEOPLE, task, view

LATER = NOW + timedelta(minutes=1)
FILE = Attachment("plan.pdf")
EVERYBODY = (OWNER, BOSS, LEAD, ANA, MIA, GUEST)


def created(by, *to):
    return edits.create(task(*to, creator=by), actor=by, people=PEOPLE, wrong=Wrong()).after


@pytest.mark.parametrize(
    ("by", "to", "assigned", "asked"),
    [
        (OWNER, [ANA, MIA], [ANA, MIA], []),
        (LEAD, [ANA, LEAD], [ANA, LEAD], []),
        (LEAD, [ANA, MIA], [ANA], [MIA]),
        (ANA, [ANA], [ANA], []),
        (ANA, [MIA, ANA, BOSS], [ANA], [MIA, BOSS]),
        (ANA, [MIA], [], [MIA]),
        (ANA, [], [], []),
    ],
)
def test_who_may_not_assign_suggests(by, to, assigned, asked):
    after = created(by, *to)

    assert after.people == tuple(each.id for each in assigned)
    assert after.suggested == tuple(each.id for each in asked)


@given(st.sampled_from(EVERYBODY[:-1]), st.permutations(EVERYBODY[:-1]))
def test_nobody_named_is_lost_and_nobody_is_assigned_who_may_not_be(by, to):
    after = created(by, *to)

    assert {*after.people, *after.suggested} == {each.id for each in to}
    assert not {*after.people} & {*after.suggested}
    assert all(may_assign(by, person, PEOPLE) for person in after.people)


def test_guests_create_nothing_for_nobody():
    for to in ([], [GUEST], [ANA]):
        with pytest.raises(Forbidden):
            created(GUEST, *to)


def test_an_edit_that_adds_others_is_refused_to_members():
    own = task(ANA, creator=ANA)

    with pytest.raises(Forbidden) as caught:
        edits.edit(
            view(own),
            {"assignees": (Assignee(ANA.id), Assignee(MIA.id))},
            actor=ANA,
            people=PEOPLE,
            now=LATER,
        )

    assert "Mia" in caught.value.message
    assert "boss" in caught.value.message


def test_who_is_assigned_is_asked_no_more():
    before = task(ANA, creator=ANA, suggested=(MIA.id, LEAD.id))

    entry = edits.edit(
        view(before),
        {"assignees": (Assignee(ANA.id), Assignee(MIA.id))},
        actor=BOSS,
        people=PEOPLE,
        now=LATER,
    )

    assert entry.after.suggested == (LEAD.id,)


def test_who_was_asked_accepts_and_the_others_stay_asked():
    before = task(ANA, creator=ANA, suggested=(MIA.id, LEAD.id))

    entry = taking.accept(view(before), actor=MIA, now=LATER)

    assert entry.after.people == (ANA.id, MIA.id)
    assert entry.after.suggested == (LEAD.id,)
    assert entry.detail == {"accepted": True}
    assert taking.accept(view(entry.after), actor=MIA, now=LATER) is None


def test_who_was_asked_declines_with_a_reason():
    before = task(ANA, creator=ANA, suggested=(MIA.id,))

    entry = taking.decline(view(before), "On leave", actor=MIA, now=LATER)

    assert (entry.after.people, entry.after.suggested) == ((ANA.id,), ())
    assert entry.detail == {"accepted": False, "reason": "On leave"}


def test_who_was_not_asked_answers_nothing():
    for before in (task(ANA), task(ANA, suggested=(LEAD.id,))):
        with pytest.raises(Forbidden) as caught:
            taking.accept(view(before), actor=MIA, now=LATER)
        assert caught.value.reason == "NOT_ASKED"
        with pytest.raises(Forbidden):
            taking.decline(view(before), "", actor=MIA, now=LATER)


def test_a_closed_or_full_task_is_taken_no_more():
    many = tuple(Assignee(PersonId(100 + n)) for n in range(taking.MAX_ASSIGNEES))
    closed = task(ANA, status=Status.CANCELLED, suggested=(MIA.id,))
    full = replace(task(suggested=(MIA.id,)), assignees=many)

    for before, reason in ((closed, "TASK_STATE"), (full, "ASSIGNEES_FULL")):
        with pytest.raises(Conflict) as caught:
            taking.accept(view(before), actor=MIA, now=LATER)
        assert caught.value.reason == reason
        assert taking.decline(view(before), "", actor=MIA, now=LATER) is not None


def test_anybody_watches_and_fifty_are_the_limit():
    watched = task(ANA, watchers=(BOSS.id,))
    full = task(ANA, watchers=tuple(PersonId(100 + n) for n in range(taking.MAX_WATCHERS)))

    entry = taking.watch(view(watched), on=True, actor=GUEST, now=LATER)

    assert entry.after.watchers == (BOSS.id, GUEST.id)
    assert taking.watch(view(entry.after), on=True, actor=GUEST, now=LATER) is None
    back = taking.watch(view(entry.after), on=False, actor=GUEST, now=LATER)
    assert back.after.watchers == (BOSS.id,)
    assert taking.watch(view(watched), on=False, actor=GUEST, now=LATER) is None
    with pytest.raises(Conflict) as caught:
        taking.watch(view(full), on=True, actor=GUEST, now=LATER)
    assert caught.value.reason == "WATCHERS_FULL"


def ticked(of, index, text, *, done=True, by=ANA):
    return taking.tick(view(of), index, text, done=done, actor=by, people=PEOPLE, now=LATER)


def test_a_criterion_is_ticked_where_it_still_stands():
    before = task(ANA, criteria=(Criterion("Fast"), Criterion("Right")))

    after = ticked(before, 1, "Right").after

    assert after.criteria == (Criterion("Fast"), Criterion("Right", done=True))
    assert ticked(after, 1, "Right") is None
    assert ticked(after, 1, "Right", done=False).after.criteria == before.criteria
    for index, text in ((0, "Right"), (2, "Right")):
        with pytest.raises(Stale):
            ticked(before, index, text)
    with pytest.raises(Forbidden):
        ticked(before, 0, "Fast", by=MIA)


def attached(of, file, *, by=ANA):
    return taking.attach(view(of), file, actor=by, people=PEOPLE, now=LATER)


def detached(of, index, name, *, by=ANA):
    return taking.detach(view(of), index, name, actor=by, people=PEOPLE, now=LATER)


def test_files_are_added_once_and_taken_away_where_they_still_are():
    full = task(ANA, attachments=tuple(Attachment(f"{n}") for n in range(taking.MAX_ATTACHMENTS)))

    after = attached(task(ANA), FILE).after

    assert after.attachments == (FILE,)
    assert attached(after, FILE) is None
    assert detached(after, 0, "plan.pdf").after.attachments == ()
    for index, name in ((1, "plan.pdf"), (0, "other.pdf")):
        with pytest.raises(Stale):
            detached(after, index, name)
    with pytest.raises(Conflict):
        attached(full, FILE)
    for refused in (lambda: attached(after, FILE, by=MIA), lambda: detached(after, 0, "x", by=MIA)):
        with pytest.raises(Forbidden):
            refused()
