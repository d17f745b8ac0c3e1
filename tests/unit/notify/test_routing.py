"""Who hears of what: SPEC.md section 8, line by line."""

import dataclasses

import pytest

from services.notify.model import Channel, Kind, Priority, State, Status, Topic
from services.notify.routing import AUDIENCES, NOT_CONNECTED, route
from tests.unit.notify.people import (
    ANA,
    BEN,
    DANA,
    GONE,
    LEA,
    MIA,
    OLA,
    PEOPLE,
    event,
    ref,
    task,
)

BOTH = (Channel.TELEGRAM, Channel.WEB)


def told(of, people=PEOPLE):
    """person → topic, by the web alone: who hears does not depend on the channel."""
    return {
        d.person: d.news.topic
        for d in route(of, people, connected=BOTH)
        if d.channel is Channel.WEB
    }


def test_every_kind_of_event_has_its_line():
    assert set(AUDIENCES) == set(Kind)


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (event(Kind.CREATED, task(to=(ANA, BEN))), {ANA: Topic.ASSIGNED, BEN: Topic.ASSIGNED}),
        (event(Kind.CREATED, task(to=())), {}),
        (event(Kind.CREATED, task(to=(DANA,)), actor=DANA), {}),
        (
            event(Kind.CREATED, task(to=(ANA,), by=ANA), actor=ANA),
            {OLA: Topic.CREATED, DANA: Topic.CREATED},
        ),
        (
            event(Kind.CREATED, task(to=(DANA,), by=ANA), actor=ANA),
            {DANA: Topic.ASSIGNED, OLA: Topic.CREATED},
        ),
        (event(Kind.CREATED, task(to=(ANA, GONE))), {ANA: Topic.ASSIGNED}),
        (event(Kind.STARTED, task(), actor=ANA), {DANA: Topic.STARTED}),
        (event(Kind.STARTED, task(watched_by=(MIA,)), actor=DANA), {MIA: Topic.STARTED}),
        (
            event(Kind.SUBMITTED, task(), actor=ANA),
            {OLA: Topic.SUBMITTED, DANA: Topic.SUBMITTED, LEA: Topic.SUBMITTED},
        ),
        (
            event(Kind.SUBMITTED, task(to=(MIA,)), actor=MIA),
            {OLA: Topic.SUBMITTED, DANA: Topic.SUBMITTED},
        ),
        (
            event(Kind.SUBMITTED, task(to=(LEA, ANA)), actor=ANA),
            {OLA: Topic.SUBMITTED, DANA: Topic.SUBMITTED},
        ),
        (event(Kind.APPROVED, task()), {ANA: Topic.APPROVED}),
        (
            event(Kind.APPROVED, task(watched_by=(MIA,)), actor=OLA),
            {ANA: Topic.APPROVED, DANA: Topic.APPROVED, MIA: Topic.APPROVED},
        ),
        (event(Kind.REJECTED, task()), {ANA: Topic.REJECTED}),
        (
            event(Kind.COMPLETED, task(watched_by=(MIA,)), actor=ANA),
            {DANA: Topic.COMPLETED, MIA: Topic.COMPLETED},
        ),
        (
            event(Kind.CANCELLED, task(watched_by=(MIA,))),
            {ANA: Topic.CANCELLED, MIA: Topic.CANCELLED},
        ),
        (event(Kind.DELETED, undo=True), {ANA: Topic.DELETED}),
        (event(Kind.DELETED, task(status=Status.COMPLETED)), {}),
        (event(Kind.RESTORED, undo=True), {ANA: Topic.RESTORED}),
        (event(Kind.FREED, actor=None), {ANA: Topic.FREED}),
        (event(Kind.FREED, task(status=Status.CANCELLED), actor=None), {}),
        (
            event(Kind.BLOCKED, task(watched_by=(MIA,)), actor=ANA),
            {OLA: Topic.BLOCKED, DANA: Topic.BLOCKED, MIA: Topic.BLOCKED},
        ),
        (event(Kind.UNBLOCKED, task(by=BEN)), {ANA: Topic.UNBLOCKED, BEN: Topic.UNBLOCKED}),
        (event(Kind.HELD, task(watched_by=(MIA,))), {ANA: Topic.HELD, MIA: Topic.HELD}),
        (event(Kind.RESUMED, actor=ANA), {DANA: Topic.RESUMED}),
        (event(Kind.REOPENED), {ANA: Topic.REOPENED}),
        (event(Kind.DELAYED, actor=ANA), {DANA: Topic.DELAYED}),
        (
            event(Kind.COMMENTED, task(watched_by=(MIA,)), actor=ANA),
            {DANA: Topic.COMMENTED, MIA: Topic.COMMENTED},
        ),
        (
            event(Kind.COMMENTED, task(to=(ANA, BEN)), fresh=(ref(BEN), ref(LEA))),
            {ANA: Topic.COMMENTED, BEN: Topic.MENTIONED, LEA: Topic.MENTIONED},
        ),
        (event(Kind.COMMENTED, fresh=(ref(DANA), ref(GONE))), {ANA: Topic.COMMENTED}),
        (event(Kind.COMMENT_CHANGED, fresh=(ref(BEN),)), {BEN: Topic.MENTIONED}),
        (event(Kind.COMMENT_CHANGED), {}),
        (
            event(Kind.CREATED, task(to=(BEN,), by=BEN, suggested=(ref(ANA),)), actor=BEN),
            {ANA: Topic.SUGGESTED, OLA: Topic.CREATED, DANA: Topic.CREATED},
        ),
        (
            event(Kind.DUE_SOON, task(to=(ANA, BEN), done=frozenset({BEN})), actor=None, step=120),
            {ANA: Topic.DUE_SOON},
        ),
        (event(Kind.DUE_SOON, task(status=Status.COMPLETED), actor=None, step=30), {}),
        (event(Kind.OVERDUE, actor=None, step=0), {ANA: Topic.OVERDUE}),
        (
            event(Kind.OVERDUE, actor=None, step=1),
            {ANA: Topic.OVERDUE, OLA: Topic.LATE, DANA: Topic.LATE},
        ),
        (
            event(Kind.OVERDUE, task(to=(DANA,)), actor=None, step=7),
            {DANA: Topic.OVERDUE, OLA: Topic.LATE},
        ),
        (event(Kind.QUIET, actor=None, step=1), {ANA: Topic.CHECK_IN}),
        (
            event(Kind.QUIET, actor=None, step=2),
            {ANA: Topic.CHECK_IN, OLA: Topic.SILENT, DANA: Topic.SILENT},
        ),
        (event(Kind.CREATED, origin="import"), {}),
    ],
)
def test_who_hears(of, expected):
    assert told(of) == expected


@pytest.mark.parametrize(
    ("before", "after", "changed", "expected"),
    [
        (task(), task(title="Other"), ["title"], {ANA: Topic.CHANGED}),
        (task(), task(priority=Priority.HIGH), ["priority"], {ANA: Topic.CHANGED}),
        (
            task(to=(ANA,)),
            task(to=(BEN,)),
            ["assignees"],
            {BEN: Topic.ASSIGNED, ANA: Topic.UNASSIGNED},
        ),
        (
            task(to=(ANA,)),
            task(to=(ANA, BEN)),
            ["assignees"],
            {BEN: Topic.ASSIGNED, ANA: Topic.CHANGED},
        ),
        (task(to=()), task(to=(ANA,)), ["assignees"], {ANA: Topic.ASSIGNED}),
        (
            task(to=(ANA,)),
            task(to=(BEN,), priority=Priority.HIGH),
            ["assignees", "priority"],
            {BEN: Topic.ASSIGNED, ANA: Topic.UNASSIGNED},
        ),
        (task(), task(), ["assignees"], {}),
        (task(), task(watched_by=(MIA,)), ["watchers"], {}),
        (task(), task(suggested=(ref(BEN),)), ["suggested"], {BEN: Topic.SUGGESTED}),
        (task(suggested=(ref(BEN),)), task(suggested=(ref(BEN),)), ["suggested"], {}),
        (task(), task(), ["tags"], {}),
        (task(description="old"), task(description="old"), ["title"], {}),
    ],
)
def test_who_hears_of_a_change(before, after, changed, expected):
    assert told(event(Kind.CHANGED, after, before=before, changed=changed)) == expected


@pytest.mark.parametrize(("accepted", "topic"), [(True, Topic.ACCEPTED), (False, Topic.DECLINED)])
def test_who_suggested_a_task_hears_how_it_was_answered(accepted, topic):
    before, after = task(to=(), by=BEN, suggested=(ref(ANA),)), task(to=(), by=BEN)
    of = event(
        Kind.CHANGED, after, before=before, changed=["suggested"], actor=ANA, accepted=accepted
    )

    assert told(of) == {BEN: topic}


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("actor", [OLA, DANA, ANA, LEA])
def test_nobody_is_told_of_an_own_act(kind, actor):
    of = task(to=(actor,), by=actor, watched_by=(actor, MIA))

    assert actor not in told(
        event(kind, of, actor=actor, before=task(to=()), changed=["assignees"])
    )


def test_another_workspace_hears_nothing():
    elsewhere = {**PEOPLE, ANA: dataclasses.replace(PEOPLE[ANA], workspace=2)}

    assert ANA not in told(event(), elsewhere)


def test_each_channel_of_a_person_has_its_delivery():
    telegram, web = sorted(route(event(), PEOPLE, connected=BOTH), key=lambda d: d.channel)

    assert (telegram.channel, telegram.state) == (Channel.TELEGRAM, State.PENDING)
    assert (web.channel, web.state) == (Channel.WEB, State.SENT)
    assert telegram.source == web.source == "event:7"


def test_whoever_has_no_telegram_is_told_by_the_web_alone():
    unlinked = {**PEOPLE, ANA: dataclasses.replace(PEOPLE[ANA], telegram_id=None)}

    assert [d.channel for d in route(event(), unlinked, connected=BOTH)] == [Channel.WEB]


def test_without_a_bot_the_ledger_says_so():
    dropped = [
        d for d in route(event(), PEOPLE, connected=[Channel.WEB]) if d.channel is Channel.TELEGRAM
    ]

    assert [(d.state, d.reason) for d in dropped] == [(State.DROPPED, NOT_CONNECTED)]


def test_an_urgent_task_is_urgent_news():
    of = event(of=task(priority=Priority.URGENT))

    assert all(d.urgent for d in route(of, PEOPLE, connected=BOTH))
