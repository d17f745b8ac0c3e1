"""In, break, out: states, lateness, what the clock closes, what a boss corrects, who sees whom."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.runtime.errors import Conflict, Forbidden
from services.task.model import PersonStatus
from services.task.rules import attendance as rules
from services.task.rules.attendance import Break, Correction, Presence, State
from services.task.rules.shifts import shift_at
from services.task.rules.timers import forget as forget_timer
from services.task.rules.timers import start, stop
from tests.unit.task.people import ANA, BOSS, GUEST, LEAD, MIA, OWNER, record

GRACE = timedelta(minutes=15)
BERLIN = ZoneInfo("Europe/Berlin")
BEN = record(8, "Ben", timezone="Europe/Berlin", department="dev")
NIGHT = record(9, "Nora", timezone="Europe/Berlin", working_hours="22:00-06:00")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def come(text, who=BEN):
    return rules.begin(who, at(text), grace=GRACE)


def late(text, who=BEN):
    one = come(text, who)
    return one.late_minutes([one])


@pytest.mark.parametrize(
    ("came", "minutes"),
    [
        ("2026-11-25 08:40", 0),
        ("2026-11-25 09:15", 0),
        ("2026-11-25 09:15:59", 0),
        ("2026-11-25 09:16", 1),
        ("2026-11-25 09:22", 7),
        ("2026-11-25 14:15", 300),
        ("2026-11-28 11:00", 0),  # a Saturday
    ],
)
def test_lateness_counts_from_the_end_of_the_grace_on_working_days(came, minutes):
    assert late(came) == minutes


def test_lateness_is_by_the_persons_own_zone_and_hours():
    early = record(8, "Ben", timezone="Asia/Kolkata", working_hours="07:30-16:00")

    found = rules.begin(early, datetime(2026, 11, 25, 2, 20, tzinfo=UTC), grace=GRACE)

    assert found.late_minutes([found]) == 5
    assert found.day == date(2026, 11, 25)


def test_who_is_away_is_not_late():
    away = record(8, "Ben", timezone="Europe/Berlin", status=PersonStatus.AWAY)

    assert late("2026-11-25 11:00", away) == 0


def test_a_night_belongs_to_the_day_on_which_it_begins():
    assert come("2026-11-25 22:20", NIGHT).day == date(2026, 11, 25)
    assert come("2026-11-26 01:15", NIGHT).day == date(2026, 11, 25)
    assert late("2026-11-26 01:15", NIGHT) == 180
    assert late("2026-11-25 21:00", NIGHT) == 0


def test_a_break_is_begun_and_ended_and_ends_with_the_day():
    one = rules.pause(come("2026-11-25 09:00"), at("2026-11-25 12:00"))
    back = rules.resume(one, at("2026-11-25 12:30"))
    twice = rules.pause(back, at("2026-11-25 17:00"))
    gone = rules.leave(twice, at("2026-11-25 17:20"))

    assert (one.on_break, back.on_break, twice.on_break, gone.on_break) == (
        True,
        False,
        True,
        False,
    )
    assert gone.break_minutes(at("2026-11-25 18:00")) == 50
    assert gone.worked_minutes(at("2026-11-25 18:00")) == 500 - 50


def test_so_many_breaks_and_no_more():
    one = come("2026-11-25 09:00")
    for minute in range(rules.MOST_BREAKS):
        moment = at("2026-11-25 09:00") + timedelta(minutes=2 * minute)
        one = rules.resume(rules.pause(one, moment), moment + timedelta(minutes=1))

    with pytest.raises(Conflict) as caught:
        rules.pause(one, at("2026-11-25 17:00"))

    assert caught.value.reason == "BREAKS_FULL"


@pytest.mark.parametrize(
    ("came", "closes", "ended"),
    [
        ("2026-11-25 09:22", "2026-11-26 00:00", "2026-11-25 18:00"),
        ("2026-11-25 19:00", "2026-11-26 00:00", "2026-11-26 00:00"),
        ("2026-11-25 00:05", "2026-11-26 00:00", "2026-11-25 18:00"),
    ],
)
def test_a_forgotten_out_is_the_end_of_the_hours_or_of_the_day(came, closes, ended):
    one = come(came)

    assert not one.overdue(at(closes) - timedelta(seconds=1))
    assert one.overdue(at(closes))
    assert rules.forget(one).left_at == at(ended)
    assert rules.forget(one).forgotten


def test_a_forgotten_night_is_closed_at_its_end_in_the_morning():
    one = come("2026-11-25 21:50", NIGHT)

    assert one.closes_at == at("2026-11-26 14:00")
    assert rules.forget(one).left_at == at("2026-11-26 06:00")


def test_a_forgotten_out_is_no_earlier_than_the_last_sign():
    seen = rules.pause(come("2026-11-25 09:00"), at("2026-11-25 19:10"))

    closed = rules.forget(seen)

    assert closed.left_at == at("2026-11-25 19:10")
    assert closed.breaks == (Break(at("2026-11-25 19:10"), at("2026-11-25 19:10")),)


def test_a_timer_measures_and_is_stopped_by_the_clock_at_the_end_of_the_hours():
    timer = start(BEN, 42, note="", now=at("2026-11-25 16:30"))

    assert stop(timer, at("2026-11-25 17:15")).minutes == 45
    assert timer.overdue(at("2026-11-26 00:00"))
    assert forget_timer(timer, at("2026-11-26 00:01")).minutes == 90
    assert forget_timer(timer, at("2026-11-26 00:01")).forgotten


def corrected(presence, others=(), now="2026-11-26 12:00", **wanted):
    return rules.correct(
        presence, Correction(**wanted), record=BEN, others=others, now=at(now), grace=GRACE
    )


def test_a_correction_is_flagged_and_lifts_the_clocks_flag():
    forgotten = replace(rules.forget(come("2026-11-25 09:30")), id=7)

    after = corrected(forgotten, came_at=at("2026-11-25 09:10"), left_at=at("2026-11-25 17:00"))

    assert (after.corrected, after.forgotten) == (True, False)
    assert after.late_minutes([after]) == 0
    assert after.worked_minutes(at("2026-11-26 12:00")) == 470


def test_a_correction_to_another_day_is_late_by_that_day():
    one = replace(rules.leave(come("2026-11-28 10:00"), at("2026-11-28 12:00")), id=7)

    after = corrected(
        one,
        now="2026-11-29 12:00",
        came_at=at("2026-11-27 10:00"),
        left_at=at("2026-11-27 12:00"),
    )

    assert (after.day, after.late_minutes([after])) == (date(2026, 11, 27), 45)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"left_at": "2026-11-25 09:00"}, "The out_time must be after the in_time."),
        ({"left_at": "2026-11-25 08:00"}, "The out_time must be after the in_time."),
        ({"left_at": "2026-11-26 13:00"}, "Attendance lies in the past"),
        ({"came_at": "2026-11-24 17:00"}, "at most 24 hours"),
        ({"breaks": [("2026-11-25 08:00", "2026-11-25 08:30")]}, "Breaks lie between"),
        ({"breaks": [("2026-11-25 12:00", None)]}, "A break needs an end_time."),
        (
            {
                "breaks": [
                    ("2026-11-25 12:00", "2026-11-25 13:00"),
                    ("2026-11-25 12:30", "2026-11-25 14:00"),
                ]
            },
            "one after the other",
        ),
    ],
)
def test_a_correction_that_is_out_of_order_is_refused(wanted, says):
    one = replace(rules.leave(come("2026-11-25 09:00"), at("2026-11-25 18:00")), id=7)
    values = {
        name: tuple(Break(at(b), e and at(e)) for b, e in value) if name == "breaks" else at(value)
        for name, value in wanted.items()
    }

    with pytest.raises(Conflict) as caught:
        corrected(one, **values)

    assert caught.value.reason == "ATTENDANCE_DISORDERED"
    assert says in caught.value.message


def test_a_correction_overlaps_no_other_attendance():
    morning = replace(rules.leave(come("2026-11-25 09:00"), at("2026-11-25 12:00")), id=7)
    evening = replace(rules.leave(come("2026-11-25 13:00"), at("2026-11-25 18:00")), id=8)

    assert corrected(morning, [morning, evening], left_at=at("2026-11-25 13:00"))
    with pytest.raises(Conflict) as caught:
        corrected(morning, [morning, evening], left_at=at("2026-11-25 13:01"))

    assert caught.value.reason == "ATTENDANCE_OVERLAPS"
    assert "2026-11-25 13:00 to 18:00" in caught.value.message


def state(now, presences=(), who=BEN, day="2026-11-25 09:00", **more):
    shift = shift_at(at(day), who.person.working_hours, BERLIN)
    return rules.state_of(who, presences, shift, now=at(now), grace=GRACE, **more)


def test_where_a_person_stands():
    one = come("2026-11-25 09:00")
    paused = rules.pause(one, at("2026-11-25 12:00"))
    gone = rules.leave(one, at("2026-11-25 18:05"))

    assert state("2026-11-25 08:00") is State.EXPECTED
    assert state("2026-11-25 09:15") is State.EXPECTED
    assert state("2026-11-25 09:16") is State.ABSENT
    assert state("2026-11-25 10:00", [one]) is State.IN
    assert state("2026-11-25 12:10", [paused]) is State.ON_BREAK
    assert state("2026-11-25 19:00", [gone]) is State.OUT
    assert state("2026-11-26 00:00", [one]) is State.OUT
    assert state("2026-11-28 12:00", day="2026-11-28 09:00") is State.DAY_OFF


def test_away_is_told_from_its_first_day_to_its_end():
    away = replace(
        BEN,
        person=replace(BEN.person, status=PersonStatus.AWAY, away_until=at("2026-11-27 00:00")),
    )
    since = at("2026-11-25 16:00")

    def on(day):
        return state("2026-11-26 12:00", who=away, day=f"{day} 09:00", away_since=since)

    assert on("2026-11-24") is State.ABSENT
    assert on("2026-11-25") is State.AWAY
    assert on("2026-11-26") is State.AWAY
    assert on("2026-11-27") is State.EXPECTED
    assert state("2026-11-26 12:00", [come("2026-11-26 10:00")], who=away) is State.IN


def test_not_in_says_since_when_and_what_to_do():
    gone = rules.leave(come("2026-11-25 09:00"), at("2026-11-25 18:05"))

    said = rules.not_in(gone, BEN, doing="take a break").message

    assert (
        said == "You are out since 18:05 of 25 November: say “in” first, then you can take a break."
    )
    assert rules.not_in(None, BEN, doing="go").message.startswith("You are out: say “in” first")


ALL = [OWNER, BOSS, LEAD, ANA, MIA, GUEST]


def test_who_sees_whose_time():
    seen = {
        actor.person.display_name: [
            each.person.display_name for each in ALL if rules.may_read(actor, each)
        ]
        for actor in ALL
    }

    everybody = ["Olga", "Dana", "Lea", "Ana", "Mia", "Gus"]
    assert seen == {
        "Olga": everybody,
        "Dana": everybody,
        "Lea": ["Lea", "Ana"],
        "Ana": ["Ana"],
        "Mia": ["Mia"],
        "Gus": [],
    }


@pytest.mark.parametrize("actor", [LEAD, ANA, GUEST])
def test_only_bosses_correct(actor):
    rules.require_correct(OWNER)
    rules.require_correct(BOSS)

    with pytest.raises(Forbidden) as caught:
        rules.require_correct(actor)

    assert "The owner or a boss may" in caught.value.message


def test_guests_have_no_part():
    rules.require_part(ANA)

    with pytest.raises(Forbidden):
        rules.require_part(GUEST)


def test_a_presence_is_told_apart_by_its_version():
    one = Presence(1, ANA.id, date(2026, 11, 25), at("2026-11-25 09:00"), *[at("2026-11-26")] * 2)

    assert one.etag != replace(one, version=2).etag
