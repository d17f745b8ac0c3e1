"""When the clock has something to say of a task: the instants, and what is said of those passed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.task.model import Mark, PersonStatus, Status
from services.task.rules.clock import Saying, due, next_instant
from tests.unit.task.people import ANA, LEAD, NOW, PEOPLE, task

ZONE = ZoneInfo("Europe/Berlin")
DEADLINE = NOW + timedelta(days=3)


def comes(made, *, now=NOW, people=PEOPLE, **more):
    return next_instant(made, people=people, zone=ZONE, now=now, **more)


def says(made, now, *, since=NOW, **more):
    found = due(made, people=PEOPLE, zone=ZONE, since=since, now=now, **more)
    return [(each.saying.value, each.step) for each in found]


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (NOW, DEADLINE - timedelta(hours=24)),
        (DEADLINE - timedelta(hours=24), DEADLINE - timedelta(hours=2)),
        (DEADLINE - timedelta(hours=1), DEADLINE - timedelta(minutes=30)),
        (DEADLINE - timedelta(minutes=1), DEADLINE),
        (DEADLINE, DEADLINE + timedelta(days=1)),
        (DEADLINE + timedelta(days=2), DEADLINE + timedelta(days=3)),
        (DEADLINE + timedelta(days=3), DEADLINE + timedelta(days=7)),
        (DEADLINE + timedelta(days=7), None),
    ],
)
def test_the_next_word_of_a_deadline(now, wanted):
    assert comes(task(ANA, deadline=DEADLINE), now=now) == wanted


@pytest.mark.parametrize("status", list(Status))
def test_which_states_are_silent_about_a_deadline(status):
    made = task(ANA, deadline=DEADLINE, status=status, archived_at=NOW, completed_at=NOW)
    silent = {Status.ON_HOLD, Status.IN_REVIEW, Status.COMPLETED, Status.CANCELLED}

    quiet = comes(made) is None or comes(made) > DEADLINE

    assert quiet is (status in silent)


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (1, []),
        (49, [("due_soon", 1440)]),
        (71, [("due_soon", 120)]),
        (72, [("overdue", 0)]),
        (97, [("overdue", 1)]),
        (24 * 30, [("overdue", 7)]),
    ],
)
def test_after_a_standstill_the_last_step_is_said(hours, said):
    assert says(task(ANA, deadline=DEADLINE), NOW + timedelta(hours=hours)) == said


def test_what_was_said_already_is_not_said_again():
    made = task(ANA, deadline=DEADLINE)

    assert says(made, DEADLINE + timedelta(hours=1), since=DEADLINE + timedelta(minutes=1)) == []


def test_silence_is_counted_by_the_hours_of_the_first_of_those_at_work():
    early = replace(ANA, person=replace(ANA.person, working_hours="06:00-15:00"))
    made = task(ANA, LEAD, status=Status.IN_PROGRESS)
    people = {**PEOPLE, ANA.id: early}

    # It is Wednesday, 10:00 UTC, in everybody's zone.
    assert comes(made) == NOW + timedelta(hours=8)
    assert comes(made, people=people) == NOW + timedelta(hours=8)
    later = NOW + timedelta(hours=3)
    assert comes(replace(made, updated_at=later)) == later + timedelta(hours=8 + 15)


def test_who_is_done_or_away_or_has_left_is_not_waited_for():
    made = task(ANA, status=Status.IN_PROGRESS)
    back = NOW + timedelta(days=1)
    away = replace(ANA.person, status=PersonStatus.AWAY, away_until=back)
    left = replace(ANA.person, status=PersonStatus.LEFT)

    assert comes(made, people={ANA.id: replace(ANA, person=away)}) == back + timedelta(hours=8)
    assert comes(made, people={ANA.id: replace(ANA, person=left)}) is None
    assert comes(task(ANA, status=Status.IN_PROGRESS, mark=Mark.DONE)) == NOW + timedelta(hours=8)


def test_of_whom_nothing_is_known_the_clock_asks_no_later_than_it_may_have_to():
    made = task(ANA, status=Status.IN_PROGRESS)

    assert comes(made, people={}) == NOW + timedelta(hours=8)


def test_what_was_heard_last_counts():
    made = task(ANA, status=Status.IN_PROGRESS)
    heard = NOW + timedelta(hours=4)

    assert says(made, NOW + timedelta(hours=8)) == [("quiet", 1)]
    assert says(made, NOW + timedelta(hours=8), heard=heard) == []


def test_the_clocks_own_deeds_are_done_late_rather_than_never():
    done = task(status=Status.COMPLETED, completed_at=NOW)
    gone = task(deleted_at=NOW, deadline=DEADLINE)
    later = NOW + timedelta(days=40)

    assert comes(done) == comes(gone) == NOW + timedelta(days=30)
    assert comes(done, now=later) == comes(gone, now=later) == later
    assert says(done, later, since=later) == [(Saying.ARCHIVE.value, 0)]
    assert says(gone, later, since=later) == [(Saying.ERASE.value, 0)]
    assert comes(replace(done, archived_at=NOW)) is None


@pytest.mark.parametrize("year", [1, 9999])
def test_a_deadline_at_the_end_of_time_breaks_nothing(year):
    made = task(ANA, deadline=datetime(year, 12, 31, 23, tzinfo=UTC), recurrence="FREQ=DAILY")

    assert comes(made) is None or comes(made) > NOW
