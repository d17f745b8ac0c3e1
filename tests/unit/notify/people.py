"""The cast of notify's unit tests, and events among them."""

from datetime import UTC, datetime

from services.notify.model import Event, Kind, Person, PersonRef, Role, Task

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)  # Wednesday 10:00 in Bangkok
OLA, DANA, ANA, BEN, MIA, LEA, GONE, STRANGER = 1, 2, 3, 4, 5, 6, 7, 99


def person(number, name, role=Role.MEMBER, **more):
    return Person(
        id=number,
        workspace=1,
        name=name,
        role=role,
        timezone="Asia/Bangkok",
        telegram_id=9000 + number,
        **more,
    )


PEOPLE = {
    p.id: p
    for p in (
        person(OLA, "Ola", Role.OWNER),
        person(DANA, "Dana", Role.BOSS),
        person(ANA, "Ana", department="dev"),
        person(BEN, "Ben", department="dev"),
        person(MIA, "Mia", department="design"),
        person(LEA, "Lea", Role.LEAD, department="dev", leads=("dev",)),
        person(GONE, "Gone", left=True),
    )
}


def ref(number):
    return PersonRef(number, PEOPLE[number].name)


def task(number=12, title="Fix the login crash", *, to=(ANA,), by=DANA, watched_by=(), **more):
    return Task(
        number=number,
        title=title,
        assignees=tuple(ref(p) for p in to),
        creator=ref(by),
        watchers=tuple(ref(p) for p in watched_by),
        **more,
    )


def event(
    kind=Kind.CREATED,
    of=None,
    *,
    actor=DANA,
    before=None,
    changed=(),
    position=7,
    act="act-1",
    **more,
):
    return Event(
        position=position,
        kind=kind,
        workspace=1,
        act=act,
        at=more.pop("at", NOW),
        task=of or task(),
        before=before,
        changed=frozenset(changed),
        actor=None if actor is None else ref(actor),
        **more,
    )
