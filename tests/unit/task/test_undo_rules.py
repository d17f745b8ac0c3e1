"""Which act is taken back, and what of it can be."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.runtime.errors import Conflict
from services.task.model import (
    Act,
    ActKind,
    Assignee,
    EventType,
    Mark,
    Status,
    TaskNumber,
    WorkspaceId,
)
from services.task.rules.acts import LAST, to_redo, to_undo
from services.task.rules.linking import Graph, Linked
from services.task.rules.undo import Past, take_back
from tests.unit.task.people import ANA, BOSS, MIA, NOW, task, view

NAMES = {each.id: each.person.display_name for each in (ANA, BOSS, MIA)}
CREATED, CHANGED = EventType.TASK_CREATED, EventType.TASK_CHANGED


class History:
    """The acts of one person, made one after the other."""

    def __init__(self):
        self.acts = []

    def act(self, kind=ActKind.ACT, *, undoes=None, at=NOW):
        made = Act(uuid4(), WorkspaceId(1), BOSS.id, at, kind, "did", (), None, undoes)
        self.acts = [
            replace(each, undone_by=made.id) if each.id == undoes else each for each in self.acts
        ]
        self.acts.insert(0, made)
        return made.id

    def undo(self, wanted: UUID | None = None):
        taken = to_undo(self.acts, wanted, now=NOW).id
        self.act(ActKind.UNDO, undoes=taken)
        return taken

    def redo(self):
        taken = to_redo(self.acts, now=NOW).id
        self.act(ActKind.REDO, undoes=taken)
        return taken


def test_all_of_the_last_twenty_go_back_and_forth_again_and_again():
    history = History()
    older = history.act()
    for _ in range(LAST):
        history.act()

    for _ in range(3):
        for _ in range(LAST):
            history.undo()
        with pytest.raises(Conflict) as caught:
            history.undo()
        assert caught.value.reason == "NOTHING_TO_UNDO"
        for _ in range(LAST):
            history.redo()
    with pytest.raises(Conflict):
        to_undo(history.acts, older, now=NOW)


def test_what_was_done_again_is_the_last_act():
    history = History()
    first, _second = history.act(), history.act()
    history.undo(first)
    history.redo()

    newest = to_undo(history.acts, None, now=NOW)

    assert newest.kind is ActKind.REDO


def test_an_act_of_more_than_seven_days_ago_stays():
    history = History()
    old = history.act(at=NOW - timedelta(days=7, seconds=1))

    for wanted in (None, old):
        with pytest.raises(Conflict) as caught:
            to_undo(history.acts, wanted, now=NOW)
        assert caught.value.reason == "NOTHING_TO_UNDO"


def test_what_is_no_act_is_not_taken_back():
    history = History()
    note = history.act(ActKind.NOTE)

    with pytest.raises(Conflict) as caught:
        to_undo(history.acts, note, now=NOW)

    assert caught.value.reason == "NOTHING_TO_UNDO"


def past(ident, number, before, after, *, type_=CHANGED, actor=BOSS):
    """The event of a change from one task to another; without `before` it is its creation."""
    changed, held = (), {}
    if before is not None:
        names = ("title", "status", "priority", "depends_on", "parent", "successor", "deadline")
        names += ("delay_count", "revision_count", "feedback", "archived_at", "watchers")
        changed = tuple(n for n in names if getattr(before, n) != getattr(after, n))
        held = {name: getattr(before, name) for name in changed}
        if before.people != after.people:
            changed, held["assignees"] = (*changed, "assignees"), before.people
            held["marks"] = {a.person: a.mark for a in before.assignees}
        elif before.assignees != after.assignees:
            changed = (*changed, "marks")
            held["marks"] = {a.person: a.mark for a in before.assignees}
    who = None if actor is None else actor.id
    return Past(ident, type_, TaskNumber(number), who, changed, held, after)


def notice(ident, number, type_, actor):
    who = None if actor is None else actor.id
    return Past(ident, type_, TaskNumber(number), who, (), {}, None)


def undone(past_, later, *, views, graph=None):
    shown = {each.number: each for each in views}
    more = {} if graph is None else {"graph": graph}
    return take_back(past_, views=shown, later=later, actor=BOSS.id, names=NAMES, now=NOW, **more)


def test_the_clock_stands_in_the_way_of_no_field():
    before = task(ANA)
    after = replace(before, title="After")
    archived = replace(after, archived_at=NOW)
    events = [past(1, 42, before, after), past(2, 42, after, archived, actor=None)]

    (entry,), kept = undone(events[:1], events, views=[view(archived)])

    assert (entry.after.title, entry.after.archived_at) == (before.title, NOW)
    assert kept == ()


@pytest.mark.parametrize(
    ("type_", "actor", "says"),
    [
        (EventType.COMMENT_CREATED, ANA, "Ana has said"),
        (EventType.TIME_LOGGED, ANA, "Ana has said or logged"),
        (EventType.TASK_OVERDUE, None, "clock has spoken"),
    ],
)
def test_what_others_say_and_the_clock_stand_in_the_way_of_undoing_a_creation(type_, actor, says):
    made = task(ANA)
    events = [past(1, 42, None, made, type_=CREATED), notice(2, 42, type_, actor)]

    with pytest.raises(Conflict) as caught:
        undone(events[:1], events, views=[view(made)])

    assert says in caught.value.message


def test_that_somebody_has_seen_a_task_does_not_keep_it():
    made = task(ANA)
    seen = replace(made, assignees=(Assignee(ANA.id, Mark.SEEN),))
    events = [past(1, 42, None, made, type_=CREATED), past(2, 42, made, seen, actor=ANA)]

    (entry,), _ = undone(events[:1], events, views=[view(seen)])

    assert entry.after.deleted_at == NOW


def completion():
    """A repeated task that was completed, which brought the next occurrence T-43."""
    before = task(ANA, status=Status.IN_PROGRESS)
    after = replace(before, status=Status.COMPLETED, successor=TaskNumber(43))
    brought = task(ANA, occurrence=2)
    events = [past(1, 42, before, after), past(2, 43, None, brought, type_=CREATED)]
    return events, after, brought


def test_an_occurrence_that_a_completion_brought_goes_with_it():
    events, after, brought = completion()

    entries, kept = undone(events, events, views=[view(after), view(brought, 43)])

    by_number = {entry.number: entry.after for entry in entries}
    assert (by_number[42].status, by_number[42].successor) == (Status.IN_PROGRESS, None)
    assert by_number[43].deleted_at == NOW
    assert kept == ()


@pytest.mark.parametrize("who", [ANA, BOSS])
def test_an_occurrence_that_somebody_has_touched_stays_the_next_one(who):
    events, after, brought = completion()
    renamed = replace(brought, title="Prepared")
    later = [*events, past(3, 43, brought, renamed, actor=who)]

    entries, kept = undone(events, later, views=[view(after), view(renamed, 43)])

    (entry,) = entries
    assert (entry.after.status, entry.after.successor) == (Status.IN_PROGRESS, 43)
    assert [each.number for each in kept] == [43]


def test_that_the_clock_has_spoken_of_the_next_occurrence_does_not_keep_it():
    events, after, brought = completion()
    later = [*events, notice(3, 43, EventType.TASK_DUE_SOON, None)]

    entries, _ = undone(events, later, views=[view(after), view(brought, 43)])

    assert {entry.number for entry in entries} == {42, 43}


def test_what_another_has_changed_in_between_is_not_lost_under_ones_own_later_change():
    one = replace(task(ANA), title="a")
    two, three, four = (replace(one, title=title) for title in "bcd")
    events = [
        past(1, 42, one, two),
        past(2, 42, two, three, actor=ANA),
        past(3, 42, three, four),
    ]

    with pytest.raises(Conflict) as caught:
        undone(events[:1], events, views=[view(four)])

    assert "Ana" in caught.value.message


def test_what_comes_with_a_state_stays_where_the_state_stays():
    before = task(ANA, status=Status.IN_REVIEW)
    after = replace(before, status=Status.NEEDS_REVISION, revision_count=1, feedback="No")
    again = replace(after, status=Status.IN_PROGRESS)
    events = [past(1, 42, before, after), past(2, 42, after, again, actor=ANA)]

    with pytest.raises(Conflict) as caught:
        undone(events[:1], events, views=[view(again)])

    assert "status" in caught.value.message


def test_the_count_of_delays_goes_with_the_deadline():
    before = task(ANA)
    after = replace(before, deadline=NOW, delay_count=1)

    (entry,), _ = undone([past(1, 42, before, after)], [past(1, 42, before, after)],
                         views=[view(after)])  # fmt: skip

    assert (entry.after.deadline, entry.after.delay_count) == (None, 0)


def test_a_mark_that_was_moved_on_since_stays_and_the_others_go_back():
    before = task(ANA, MIA)
    after = replace(before, assignees=tuple(Assignee(p, Mark.WORKING) for p in before.people))
    on = replace(after, assignees=(Assignee(ANA.id, Mark.DONE), after.assignees[1]))
    events = [past(1, 42, before, after), past(2, 42, after, on, actor=ANA)]

    (entry,), _ = undone(events[:1], events, views=[view(on)])

    assert [each.mark for each in entry.after.assignees] == [Mark.DONE, Mark.ASSIGNED]


def test_a_dependency_that_would_close_a_circle_does_not_come_back():
    before = task(ANA, depends_on=(TaskNumber(7),))
    after = replace(before, depends_on=(), title="Renamed")
    graph = Graph({TaskNumber(7): Linked("Other", None, 0)}, {TaskNumber(7): (TaskNumber(42),)})

    (entry,), kept = undone(
        [past(1, 42, before, after)], [past(1, 42, before, after)], views=[view(after)],
        graph=graph,
    )  # fmt: skip

    assert (entry.after.title, entry.after.depends_on) == (before.title, ())
    assert "T-42 → T-7 → T-42" in kept[0].reason


def test_a_parent_that_has_become_a_part_itself_does_not_come_back():
    before = task(ANA, parent=TaskNumber(7))
    after = replace(before, parent=None)
    graph = Graph({TaskNumber(7): Linked("Whole", TaskNumber(1), 0)}, {})
    events = [past(1, 42, before, after)]

    with pytest.raises(Conflict) as caught:
        undone(events, events, views=[view(after)], graph=graph)

    assert "T-1" in caught.value.message


def test_a_task_that_is_gone_for_good_is_named():
    before = task(ANA)
    events = [past(1, 42, before, replace(before, title="After"))]

    with pytest.raises(Conflict) as caught:
        undone(events, events, views=[])

    assert "T-42 is gone" in caught.value.message
