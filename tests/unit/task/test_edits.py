"""Edits, links and recurrences: what may be, and what the refusal says."""

import pytest

from services.runtime.errors import Forbidden, Invalid
from services.task import recurrence
from services.task.model import Assignee, EventType, Mark, TaskNumber, changed_fields
from services.task.rules import edits
from services.task.rules.linking import NO_LINKS, Graph, Linked, find_cycle
from tests.unit.task.people import ANA, BOSS, GONE, MIA, NOW, PEOPLE, ref, task, view


def edit(shown, *, actor=BOSS, graph=NO_LINKS, **changes):
    return edits.edit(shown, changes, actor=actor, people=PEOPLE, now=NOW, graph=graph)


def test_who_stays_keeps_the_mark():
    before = task(ANA, mark=Mark.WORKING)

    after = edit(view(before), assignees=(Assignee(MIA.id), Assignee(ANA.id))).after

    assert [each.mark for each in after.assignees] == [Mark.ASSIGNED, Mark.WORKING]
    assert changed_fields(before, after) == ("assignees",)


def test_a_member_hands_the_own_task_to_nobody():
    own = view(task(ANA, creator=ANA))

    assert edit(own, actor=ANA, title="Mine").type is EventType.TASK_CHANGED
    with pytest.raises(Forbidden):
        edit(own, actor=ANA, assignees=(Assignee(MIA.id),))


def test_who_left_is_not_given_anything_new():
    with pytest.raises(Invalid) as caught:
        edit(view(task(ANA)), assignees=(Assignee(ANA.id), Assignee(GONE.id)), watchers=(99,))

    assert [each.field for each in caught.value.violations] == [
        "task.assignees[1]",
        "task.watchers[0]",
    ]
    assert edit(view(task(GONE)), title="Still there").after.people == (GONE.id,)


@pytest.mark.parametrize(
    ("edges", "depends_on", "circle"),
    [
        ({}, [1], (1, 1)),
        ({2: [1]}, [2], (1, 2, 1)),
        ({2: [3], 3: [1]}, [2], (1, 2, 3, 1)),
        ({2: [3, 4], 3: [5], 4: [5], 5: [6]}, [2, 3], ()),
        ({}, [2, 3], ()),
    ],
)
def test_circles_are_found(edges, depends_on, circle):
    assert find_cycle(TaskNumber(1), depends_on, edges) == circle


@pytest.mark.parametrize(
    ("linked", "shown", "says"),
    [
        ({}, {}, "no task T-9"),
        ({9: Linked("Part", TaskNumber(8), 0)}, {}, "itself a part of T-8"),
        ({9: Linked("Whole", None, 0)}, {"subtasks": (ref(3),)}, "subtasks of its own"),
        ({9: Linked("Whole", None, 100)}, {}, "100 subtasks"),
    ],
)
def test_parents_that_cannot_be(linked, shown, says):
    with pytest.raises(Invalid) as caught:
        edit(view(task(), **shown), graph=Graph(linked, {}), parent=9)

    assert says in caught.value.violations[0].detail


def test_a_task_is_no_part_of_itself():
    with pytest.raises(Invalid):
        edit(view(task(), 9), graph=Graph({TaskNumber(9): Linked("Self", None, 0)}, {}), parent=9)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR",
        "FREQ=MONTHLY;BYDAY=1MO",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=12",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;UNTIL=20301231T235959Z",
    ],
)
def test_recurrences_that_are_kept(rule):
    assert recurrence.fault(rule) == ""


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=HOURLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=DAILY;COUNT=3;UNTIL=20301231",
        "FREQ=DAILY;FREQ=DAILY",
        "INTERVAL=2",
        "RRULE:FREQ=DAILY",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=4,6;BYMONTHDAY=31",
        "FREQ=DAILY;BYHOUR=1,2,3",
        "DTSTART=20261125",
        ";",
        "FREQ=DAILY;",
        "FREQ=DAILY;BYDAY=" + ",".join(["MO"] * 200),
    ],
)
def test_recurrences_that_are_refused(rule):
    assert recurrence.fault(rule) != ""
