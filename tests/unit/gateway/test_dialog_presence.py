"""In, out and breaks, in words."""

from datetime import timedelta

import pytest

from services.gateway.dialog.answers import answers
from services.gateway.dialog.effects import Attend, Attended, Carried, Clock, Refused
from services.gateway.dialog.model import Change, Reading
from services.gateway.dialog.needs import Interpret
from services.gateway.dialog.presence import span
from services.gateway.dialog.reply import plain
from tests.unit.gateway.talking import BEN, FRIDAY, NOW, decide, task, turn


def told(clock: Clock, **more) -> str:
    result = Attended(clock, NOW, **more)
    (answer,) = answers([Carried(Attend(clock), result, NOW)], turn("in"))
    return plain(answer.reply)


@pytest.mark.parametrize("clock", list(Clock))
def test_words_and_commands_say_the_same(clock):
    reading = Reading("attendance", change=Change(text=clock.value), sure=True)

    assert decide("hello, I'm here", {Interpret: reading}).effects == (Attend(clock),)
    assert decide(f"/{clock.value}").effects == (Attend(clock),)


def test_what_is_neither_is_asked_for():
    reading = Reading("attendance", change=Change(text="lunch?"), sure=True)

    assert not any(
        isinstance(one, Attend) for one in decide("lunch?", {Interpret: reading}).effects
    )


def test_each_is_answered_with_where_one_stands():
    assert told(Clock.IN) == "You are in since today 10:00."
    assert told(Clock.IN, late_minutes=67) == "You are in since today 10:00, 1 h 7 min late."
    assert told(Clock.BREAK, on_break=True).startswith("On a break since today 10:00.")
    assert told(Clock.BREAK, break_minutes=15) == "Welcome back. Breaks so far: 15 min."
    assert told(Clock.OUT, worked_minutes=480) == "Out today 10:00. Worked: 8 h."


def test_who_goes_hears_what_comes_next():
    due = (task(4, "Renew the domain", BEN, deadline=FRIDAY),)

    shown = told(Clock.OUT, worked_minutes=1, due=due, more=2)

    assert shown.splitlines()[1:] == [
        "Due next:",
        "T-4 Renew the domain · Fri 27 Nov 17:00",
        "… and 2 more",
    ]


def test_a_refusal_is_told_in_the_stores_words():
    refused = Refused("NOT_IN", "You are not in: say “in” first.")

    (answer,) = answers([Carried(Attend(Clock.OUT), refused, NOW + timedelta(0))], turn("out"))

    assert plain(answer.reply) == refused.message


def test_spans_are_written_as_people_say_them():
    assert [span(0), span(59), span(60), span(493)] == ["0 min", "59 min", "1 h", "8 h 13 min"]
