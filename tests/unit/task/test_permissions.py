"""Who may do what: each cell of the product's table, allowed and refused, in each situation."""

from datetime import timedelta

import pytest

from services.runtime.errors import Forbidden
from services.task.model import Role, TaskNumber
from services.task.rules.permissions import (
    SEE_ALL,
    Right,
    may,
    may_assign,
    require,
    require_assign,
    require_create,
    require_people,
)
from tests.unit.task.people import (
    ANA,
    BOSS,
    GUEST,
    LEAD,
    MIA,
    NOW,
    OWNER,
    PEOPLE,
    record,
    task,
)

# Of Ana's department, and of another one; the lead leads the first.
BEN = record(8, "Ben", department="dev")
EVERYBODY = {**PEOPLE, BEN.id: BEN}
ACTORS = {"owner": OWNER, "boss": BOSS, "lead": LEAD, "member": ANA, "guest": GUEST}

# What a task is to who acts: made and held by them, held alone, made alone for somebody of another
# department, a colleague's of their department, somebody's of another department.
SITUATIONS = {
    "own": lambda actor: task(actor, creator=actor),
    "held": lambda actor: task(actor, creator=OWNER),
    "created": lambda actor: task(MIA, creator=actor),
    "department": lambda actor: task(BEN, creator=OWNER),
    "other": lambda actor: task(MIA, creator=OWNER),
}

# The product's table; each row is a right and a role, each column a situation.
TABLE = """
             own  held  created  department  other
CHANGE
  owner      yes  yes   yes      yes         yes
  boss       yes  yes   yes      yes         yes
  lead       yes  yes   no       yes         no
  member     yes  no    no       no          no
  guest      no   no    no       no          no
WORK
  owner      yes  yes   yes      yes         yes
  boss       yes  yes   yes      yes         yes
  lead       yes  yes   no       yes         no
  member     yes  yes   no       no          no
  guest      no   no    no       no          no
COMMENT
  owner      yes  yes   yes      yes         yes
  boss       yes  yes   yes      yes         yes
  lead       yes  yes   yes      yes         no
  member     yes  yes   yes      no          no
  guest      yes  yes   yes      yes         yes
APPROVE
  owner      yes  yes   yes      yes         yes
  boss       yes  yes   yes      yes         yes
  lead       no   no    no       yes         no
  member     no   no    no       no          no
  guest      no   no    no       no          no
DELETE
  owner      yes  yes   yes      yes         yes
  boss       yes  yes   yes      yes         yes
  lead       yes  no    yes      no          no
  member     yes  no    yes      no          no
  guest      no   no    no       no          no
"""


def cells():
    """Each cell: the right, who, the situation, whether they may."""
    right = None
    for line in TABLE.strip().splitlines()[1:]:
        words = line.split()
        if len(words) == 1:
            right = Right[words[0]]
            continue
        for situation, answer in zip(SITUATIONS, words[1:], strict=True):
            yield pytest.param(right, words[0], situation, answer == "yes", id=" ".join(
                (right.name.lower(), words[0], situation)
            ))  # fmt: skip


@pytest.mark.parametrize(("right", "who", "situation", "allowed"), list(cells()))
def test_each_cell_of_the_table(right, who, situation, allowed):
    actor = ACTORS[who]
    what = SITUATIONS[situation](actor)

    assert may(actor, right, task=what, people=EVERYBODY, now=NOW) is allowed
    if not allowed:
        with pytest.raises(Forbidden) as caught:
            require(actor, right, task=what, number=TaskNumber(42), people=EVERYBODY, now=NOW)
        assert caught.value.reason == "NOT_ALLOWED"
        assert "T-42" in caught.value.message
        assert "owner" in caught.value.message


@pytest.mark.parametrize(
    ("who", "oneself", "colleague", "other"),
    [
        ("owner", True, True, True),
        ("boss", True, True, True),
        ("lead", True, True, False),
        ("member", True, False, False),
        ("guest", False, False, False),
    ],
)
def test_for_whom_one_may_create(who, oneself, colleague, other):
    actor = ACTORS[who]

    found = [may_assign(actor, each.id, EVERYBODY) for each in (actor, BEN, MIA)]

    assert found == [oneself, colleague, other]


@pytest.mark.parametrize("who", ["owner", "boss", "lead", "member"])
def test_who_may_create_at_all(who):
    require_create(ACTORS[who])


def test_a_guest_may_create_nothing_and_is_told_who_may():
    with pytest.raises(Forbidden) as caught:
        require_create(GUEST)

    assert "Guests" in caught.value.message
    assert "bosses" in caught.value.message


@pytest.mark.parametrize(
    ("who", "to", "named"), [("lead", [BEN, MIA], "Mia"), ("member", [BOSS], "Dana")]
)
def test_who_may_not_give_a_task_to_somebody_is_told_to_whom(who, to, named):
    with pytest.raises(Forbidden) as caught:
        require_assign(ACTORS[who], [each.id for each in to], EVERYBODY)

    assert named in caught.value.message


def test_somebody_unknown_is_named_by_number():
    with pytest.raises(Forbidden) as caught:
        require_assign(ANA, [404], EVERYBODY)

    assert "P-404" in caught.value.message


@pytest.mark.parametrize("who", ["owner", "boss"])
def test_who_may_change_people_and_settings(who):
    require_people(ACTORS[who])


@pytest.mark.parametrize("who", ["lead", "member", "guest"])
def test_who_may_not_change_people_and_settings_is_told_who_may(who):
    with pytest.raises(Forbidden) as caught:
        require_people(ACTORS[who])

    assert "owner" in caught.value.message


def test_who_sees_all_whatever_the_workspace_says():
    assert {role for role in Role if role in SEE_ALL} == {Role.OWNER, Role.BOSS, Role.LEAD}


def test_a_creator_deletes_within_ten_minutes():
    made = task(ANA, creator=ANA)
    late = NOW + timedelta(minutes=10, seconds=1)
    asked = {"task": made, "people": EVERYBODY}

    assert may(ANA, Right.DELETE, now=NOW + timedelta(minutes=10), **asked)
    assert not may(ANA, Right.DELETE, now=late, **asked)
    assert may(BOSS, Right.DELETE, now=late, **asked)


def test_a_task_without_people_is_its_creators():
    unassigned = task(creator=ANA)
    asked = {"task": unassigned, "people": EVERYBODY, "now": NOW}

    assert may(ANA, Right.CHANGE, **asked)
    assert may(ANA, Right.WORK, **asked)
    assert may(LEAD, Right.APPROVE, **asked)
    assert not may(BEN, Right.WORK, **asked)
    own = {**asked, "task": task(creator=LEAD)}
    assert not may(LEAD, Right.APPROVE, **own)


def test_a_task_of_two_departments_is_of_both():
    shared = task(BEN, MIA, creator=OWNER)

    assert may(LEAD, Right.CHANGE, task=shared, people=EVERYBODY, now=NOW)
    assert may(LEAD, Right.APPROVE, task=shared, people=EVERYBODY, now=NOW)


def test_a_lead_does_not_approve_what_he_is_one_of_several_to_do():
    shared = task(LEAD, BEN, creator=OWNER)

    assert not may(LEAD, Right.APPROVE, task=shared, people=EVERYBODY, now=NOW)


def test_a_lead_outside_of_the_led_departments_changes_only_what_a_member_may():
    outsider = record(9, "Otto", Role.LEAD, leads=("design",), department="dev")
    people = {**EVERYBODY, outsider.id: outsider}
    given, own = task(outsider, creator=OWNER), task(outsider, creator=outsider)

    assert may(outsider, Right.WORK, task=given, people=people, now=NOW)
    assert not may(outsider, Right.CHANGE, task=given, people=people, now=NOW)
    assert may(outsider, Right.CHANGE, task=own, people=people, now=NOW)
