"""News in words, and in Telegram's markup."""

import dataclasses
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.model import Bold, Kind, Message, Priority, Reader, Status, TaskRef, Topic
from services.notify.render.telegram import html, keyboard
from services.notify.render.text import SEVERAL, SINGLE, word
from services.notify.render.times import span, when
from services.notify.render.web import plain
from services.notify.routing import news
from tests.fakes.telegram_text import TEXT_LIMIT, shown, units
from tests.fakes.telegram_text import keyboard as checked_keyboard
from tests.unit.notify.people import ANA, BEN, NOW, event, task

BANGKOK = Reader(timezone="Asia/Bangkok")


def read(*told, reader=BANGKOK, now=NOW):
    return word(told, reader=reader, now=now)


def one(topic, of=None, **more):
    return news(event(of=of or task(), **more), topic)


def buttons(message):
    return {b.label: b.data for row in message.rows for b in row}


def test_every_topic_has_its_words():
    assert set(SINGLE) == set(SEVERAL) == set(Topic)


def test_a_new_task_is_told_with_what_matters_and_its_buttons():
    of = task(deadline=NOW + timedelta(hours=7), priority=Priority.URGENT, description="On Safari.")

    message = read(one(Topic.ASSIGNED, of))

    assert plain(message) == (
        "Dana gave you a task:\n"
        "T-12 Fix the login crash\n"
        "due today 17:00 · urgent priority\n"
        "\n"
        "“On Safari.”"
    )
    assert buttons(message) == {"Start": "start:12", "Done": "submit:12"}


def test_several_tasks_of_one_act_are_one_list():
    told = [one(Topic.ASSIGNED, task(n, f"Task {n}")) for n in (3, 4)]

    message = read(*told)

    assert plain(message) == "Dana gave you 2 tasks:\n1. T-3 Task 3\n2. T-4 Task 4"
    assert buttons(message) == {
        "Start T-3": "start:3",
        "Done T-3": "submit:3",
        "Start T-4": "start:4",
        "Done T-4": "submit:4",
    }


def test_what_an_act_means_to_one_person_is_told_by_topic():
    lost = one(Topic.UNASSIGNED, task(2, "Second", to=(BEN,)))
    cancelled = one(Topic.CANCELLED, task(3, "Third"))

    assert plain(read(lost, cancelled)) == (
        "Dana gave this task to Ben; it is no longer yours:\n1. T-2 Second\n"
        "\n"
        "Dana cancelled:\n2. T-3 Third"
    )


def test_a_change_shows_before_and_after_in_the_readers_zone():
    before = task(deadline=NOW + timedelta(days=1), priority=Priority.LOW)
    after = task(deadline=NOW + timedelta(days=2), priority=Priority.HIGH)
    of = event(Kind.CHANGED, after, before=before, changed=["deadline", "priority"])

    assert plain(read(news(of, Topic.CHANGED))).splitlines()[2:] == [
        "Priority: low → high",
        "Deadline: tomorrow 10:00 → Fri 27 Nov 10:00",
    ]


@pytest.mark.parametrize(
    ("topic", "of", "more", "lines"),
    [
        (
            Topic.BLOCKED,
            task(reason="no API key"),
            {"actor": ANA},
            ["Ana says that this is blocked:", "T-12 Fix the login crash", "", "“no API key”"],
        ),
        (Topic.HELD, task(), {}, ["Dana put this on hold:", "T-12 Fix the login crash"]),
        (
            Topic.MENTIONED,
            task(),
            {"said": "@Ana, look:\n1 < 2"},
            ["Dana mentions you on:", "T-12 Fix the login crash", "", "“@Ana, look:", "1 < 2”"],
        ),
        (
            Topic.DECLINED,
            task(),
            {"actor": ANA, "said": "on holiday"},
            [
                "Ana does not take the task that you suggested:",
                "T-12 Fix the login crash",
                "",
                "“on holiday”",
            ],
        ),
        (
            Topic.DUE_SOON,
            task(deadline=NOW + timedelta(hours=2)),
            {"actor": None, "step": 120},
            ["This is due soon:", "T-12 Fix the login crash", "due today 12:00"],
        ),
        (
            Topic.LATE,
            task(deadline=NOW - timedelta(days=3)),
            {"actor": None, "step": 3},
            [
                "Ana: this is 3 days overdue:",
                "T-12 Fix the login crash",
                "was due Sun 22 Nov 10:00",
            ],
        ),
        (
            Topic.LATE,
            task(),
            {"step": 1},
            ["Ana: this is 1 day overdue:", "T-12 Fix the login crash"],
        ),
        (
            Topic.SILENT,
            task(),
            {"actor": None, "step": 2},
            ["Nothing was heard of this from Ana, asked twice:", "T-12 Fix the login crash"],
        ),
    ],
)
def test_what_else_happens_is_told_in_words(topic, of, more, lines):
    assert plain(read(one(topic, of, **more))).split("\n") == lines


def test_a_delay_shows_the_old_and_the_new_deadline_and_why():
    before = task(deadline=NOW + timedelta(days=1))
    after = task(deadline=NOW + timedelta(days=2), delay_reason="waiting for parts")
    of = event(Kind.DELAYED, after, before=before, changed=["deadline", "delay_count"], actor=ANA)

    assert plain(read(news(of, Topic.DELAYED))).splitlines() == [
        "Ana put off the deadline of:",
        "T-12 Fix the login crash",
        "Deadline: tomorrow 10:00 → Fri 27 Nov 10:00",
        "",
        "“waiting for parts”",
    ]


def test_who_is_asked_to_take_a_task_can_answer():
    assert buttons(read(one(Topic.SUGGESTED))) == {"Accept": "accept:12", "Decline": "decline:12"}


@pytest.mark.parametrize("topic", [Topic.DUE_SOON, Topic.OVERDUE, Topic.CHECK_IN])
def test_who_is_reminded_can_say_where_it_stands(topic):
    started = task(status=Status.IN_PROGRESS)

    assert buttons(read(one(topic, started, actor=None))) == {"Done": "submit:12"}


def test_a_submission_shows_its_notes_and_asks():
    of = task(status=Status.IN_REVIEW, submission="fixed on chrome", revision_count=1)

    message = read(one(Topic.SUBMITTED, of, actor=ANA))

    assert "“fixed on chrome”" in plain(message)
    assert "revision 1" in plain(message)
    assert buttons(message) == {"Approve": "approve:12", "Reject": "reject:12"}


def test_a_rejection_tells_the_reason():
    of = task(status=Status.NEEDS_REVISION, feedback="the footer moved")

    message = read(one(Topic.REJECTED, of))

    assert "the footer moved" in plain(message)
    assert buttons(message) == {"Start": "start:12", "Done": "submit:12"}


def test_an_approval_does_not_repeat_an_earlier_rejection():
    of = task(status=Status.COMPLETED, feedback="the footer moved")

    assert "footer" not in plain(read(one(Topic.APPROVED, of)))
    assert "footer" in plain(read(one(Topic.APPROVED, of, changed=["feedback"])))


def test_a_task_that_went_to_nobody_says_so():
    lost = one(Topic.UNASSIGNED, task(to=()))

    assert plain(read(lost)).startswith("Dana took this task from you; it is nobody's now:")


def test_a_blocked_task_says_what_it_waits_for_and_cannot_be_started():
    of = task(blocked=True, depends_on=(TaskRef(9, "Build the API"), TaskRef(8, "Old", open=False)))

    message = read(one(Topic.ASSIGNED, of))

    assert "Waits for T-9 Build the API" in plain(message).splitlines()
    assert "Start" not in buttons(message)


@pytest.mark.parametrize(
    ("topic", "status"),
    [
        (Topic.ASSIGNED, Status.COMPLETED),
        (Topic.CHANGED, Status.CANCELLED),
        (Topic.SUBMITTED, Status.COMPLETED),
        (Topic.UNASSIGNED, Status.PENDING),
        (Topic.DELETED, Status.PENDING),
        (Topic.APPROVED, Status.COMPLETED),
    ],
)
def test_no_button_is_offered_where_nothing_is_to_be_done(topic, status):
    assert buttons(read(one(topic, task(status=status)))) == {}


def test_undo_says_that_it_is_one():
    assert "(undo or redo)" in plain(read(one(Topic.DELETED, undo=True)))


def test_late_news_say_when_it_happened():
    assert (
        plain(read(one(Topic.STARTED), now=NOW + timedelta(minutes=9))).splitlines()[0]
        == "Dana started:"
    )
    assert "(today 10:00)" in plain(read(one(Topic.STARTED), now=NOW + timedelta(hours=1)))


def test_without_an_actor_nobody_is_blamed():
    assert plain(read(one(Topic.FREED, actor=None))).startswith("You can start")


@pytest.mark.parametrize(
    ("hours", "timezone", "expected"),
    [
        (0, "Asia/Bangkok", "today 10:00"),
        (14, "Asia/Bangkok", "tomorrow 00:00"),
        (-11, "Asia/Bangkok", "yesterday 23:00"),
        (55, "Asia/Bangkok", "Fri 27 Nov 17:00"),
        (0, "Europe/Berlin", "today 04:00"),
        (24 * 90, "Asia/Bangkok", "Tue 23 Feb 2027 10:00"),
        (0, "Not/AZone", "today 03:00"),
    ],
)
def test_times_are_short_and_in_the_readers_zone(hours, timezone, expected):
    assert when(NOW + timedelta(hours=hours), now=NOW, timezone=timezone) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"), [(45, "45 min"), (90, "1 h 30 min"), (960, "2 d")]
)
def test_spans_are_short(minutes, expected):
    assert span(minutes) == expected


def test_whatever_a_person_wrote_shows_as_text_in_telegram():
    nasty = '<b>x</b> <script>alert("1")</script> & @everyone {who} {0}'

    text = html(read(one(Topic.ASSIGNED, task(title=nasty, description=nasty))))

    assert shown({"text": text, "parse_mode": "HTML"}).count(nasty) == 2


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5000)


@given(
    of=st.builds(
        task,
        st.integers(1, 10**12),
        words.map(lambda t: t[:200] or "x"),
        status=st.sampled_from(Status),
    ),
    note=words,
    topic=st.sampled_from(Topic),
    tasks=st.integers(1, 120),
)
def test_telegram_takes_every_message(of, note, topic, tasks):
    noted = dataclasses.replace(of, description=note, feedback=note, submission=note)
    told = [one(topic, dataclasses.replace(noted, number=of.number + n)) for n in range(tasks)]

    message = read(*told)

    assert shown({"text": html(message), "parse_mode": "HTML"})
    checked_keyboard(keyboard(message))


@pytest.mark.parametrize("text", ["x" * 5000, "😀" * 5000, "<&>" * 3000, "a\n" * 4000])
def test_what_is_too_long_is_cut_and_marked(text):
    lines = tuple((line,) for line in text.split("\n"))

    got = shown({"text": html(Message((("Head",), (Bold("T"),), *lines))), "parse_mode": "HTML"})

    assert TEXT_LIMIT - 4 <= units(got) <= TEXT_LIMIT
    assert got.endswith("…")
