"""Who may do what: each cell of the product's table, allowed and refused."""

from datetime import timedelta

import pytest

from services.runtime.errors import Forbidden
from services.task.model import TaskNumber
from services.task.rules.permissions import Right, may, require, require_assign, require_people
from tests.unit.task.people import (
    ANA,
    BOSS,
    GUEST,
    LEAD,
    MIA,
    NOW,
    OWNER,
    PEOPLE,
    task,
)

OF_DEV = task(ANA)
OF_DESIGN = task(MIA)
LEADS_OWN = task(LEAD)
HELD_BY_ANA = task(ANA, creator=ANA)
GIVEN_BY_ANA = task(MIA, creator=ANA)
UNASSIGNED_OF_ANA = task(creator=ANA)
UNASSIGNED = task()
OF_BOTH = task(ANA, MIA)

CHANGE, WORK, APPROVE, DELETE = Right.CHANGE, Right.WORK, Right.APPROVE, Right.DELETE

ALLOWED = [
    *(
        (who, right, OF_DESIGN)
        for who in (OWNER, BOSS)
        for right in (CHANGE, WORK, APPROVE, DELETE)
    ),
    (BOSS, APPROVE, task(BOSS)),
    (LEAD, CHANGE, OF_DEV),
    (LEAD, CHANGE, OF_BOTH),
    (LEAD, CHANGE, UNASSIGNED_OF_ANA),
    (LEAD, WORK, OF_DEV),
    (LEAD, WORK, LEADS_OWN),
    (LEAD, APPROVE, OF_DEV),
    (ANA, CHANGE, HELD_BY_ANA),
    (ANA, CHANGE, UNASSIGNED_OF_ANA),
    (ANA, WORK, OF_DEV),
    (ANA, WORK, UNASSIGNED_OF_ANA),
    (ANA, DELETE, HELD_BY_ANA),
    (ANA, DELETE, GIVEN_BY_ANA),
]
REFUSED = [
    (LEAD, CHANGE, OF_DESIGN),
    (LEAD, WORK, OF_DESIGN),
    (LEAD, WORK, UNASSIGNED),
    (LEAD, APPROVE, OF_DESIGN),
    (LEAD, APPROVE, LEADS_OWN),
    (LEAD, APPROVE, task(LEAD, ANA)),
    (LEAD, DELETE, OF_DEV),
    (ANA, CHANGE, OF_DEV),
    (ANA, CHANGE, GIVEN_BY_ANA),
    (ANA, WORK, OF_DESIGN),
    (ANA, WORK, UNASSIGNED),
    (ANA, APPROVE, OF_DEV),
    (ANA, APPROVE, HELD_BY_ANA),
    (ANA, DELETE, OF_DEV),
    *((GUEST, right, task(GUEST, creator=GUEST)) for right in (CHANGE, WORK, APPROVE, DELETE)),
]


@pytest.mark.parametrize(("who", "right", "what"), ALLOWED)
def test_who_may(who, right, what):
    assert may(who, right, task=what, people=PEOPLE, now=NOW)


@pytest.mark.parametrize(("who", "right", "what"), REFUSED)
def test_who_may_not_is_told_who_may(who, right, what):
    with pytest.raises(Forbidden) as caught:
        require(who, right, task=what, number=TaskNumber(42), people=PEOPLE, now=NOW)

    assert caught.value.reason == "NOT_ALLOWED"
    assert "T-42" in caught.value.message
    assert "boss" in caught.value.message


def test_a_creator_deletes_within_ten_minutes():
    late = NOW + timedelta(minutes=10, seconds=1)

    assert may(ANA, DELETE, task=HELD_BY_ANA, people=PEOPLE, now=NOW + timedelta(minutes=10))
    assert not may(ANA, DELETE, task=HELD_BY_ANA, people=PEOPLE, now=late)
    assert may(BOSS, DELETE, task=HELD_BY_ANA, people=PEOPLE, now=late)


@pytest.mark.parametrize(
    ("who", "to"),
    [
        (OWNER, [ANA, MIA]),
        (BOSS, [OWNER]),
        (LEAD, [ANA, LEAD]),
        (ANA, [ANA]),
        (ANA, []),
        (LEAD, []),
    ],
)
def test_who_may_give_tasks_to_whom(who, to):
    require_assign(who, [each.id for each in to], PEOPLE)


@pytest.mark.parametrize(
    ("who", "to", "named"),
    [
        (LEAD, [ANA, MIA], "Mia"),
        (ANA, [ANA, MIA], "Mia"),
        (ANA, [BOSS], "Dana"),
        (GUEST, [GUEST], "Gus"),
        (GUEST, [], "Guests"),
    ],
)
def test_who_may_not_give_tasks_to_whom(who, to, named):
    with pytest.raises(Forbidden) as caught:
        require_assign(who, [each.id for each in to], PEOPLE)

    assert named in caught.value.message


@pytest.mark.parametrize("who", [LEAD, ANA, GUEST])
def test_people_and_settings_are_changed_by_bosses(who):
    require_people(OWNER)
    require_people(BOSS)
    with pytest.raises(Forbidden):
        require_people(who)
