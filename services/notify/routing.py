"""Who hears of an event: event × people → deliveries. Pure; the table of SPEC.md section 8 in code.

Nobody is told of an own act, and nobody who has left is told anything; neither leaves a row. A
person is told of an event once, by the first line of the table that names him. What could be told
but can't be reaches the ledger as dropped, with its reason.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain

from services.notify.model import (
    Channel,
    Delivery,
    Event,
    FieldChange,
    Kind,
    News,
    Person,
    PersonRef,
    Priority,
    Role,
    State,
    Status,
    Task,
    Topic,
)

NOT_CONNECTED = "Telegram is not connected: set TELEGRAM_BOT_TOKEN and restart"

# Who brings in a whole workspace tells nobody of each task in it.
IMPORTED = "import"
APPROVERS = frozenset({Role.OWNER, Role.BOSS})

# Fields whose change is news to an assignee. Tags, watchers and marks are not: they change all day.
TOLD_FIELDS = (
    "title",
    "description",
    "status",
    "assignees",
    "priority",
    "deadline",
    "start",
    "estimate_minutes",
    "project",
    "depends_on",
    "requires_approval",
)
# What a message quotes at most; the rest is in the task.
NOTE_LIMIT = 1500
FIELD_LIMIT = 200
CHANGING = frozenset({Topic.CHANGED, Topic.DELAYED})
# Days after the deadline, and silences in a row, from which bosses hear.
LATE_FROM, SILENT_FROM = 1, 2
CLOSED = frozenset({Status.COMPLETED, Status.CANCELLED})

Audience = Iterator[tuple[int, Topic]]
People = Mapping[int, Person]


def route(event: Event, people: People, *, connected: Collection[Channel]) -> tuple[Delivery, ...]:
    """Returns the deliveries of one event, in order of person and channel.

    `people` holds at least those whom the event names and the workspace's approvers, as of the
    event.
    """
    if event.origin == IMPORTED:
        return ()
    topics: dict[int, Topic] = {}
    for number, topic in AUDIENCES[event.kind](event, people):
        topics.setdefault(number, topic)
    if event.actor is not None:
        topics.pop(event.actor.id, None)
    return tuple(
        delivery
        for number, topic in sorted(topics.items())
        if (person := people.get(number)) is not None
        and not person.left
        and person.workspace == event.workspace
        for delivery in _over_channels(event, person, news(event, topic), connected=connected)
    )


def concerned(event: Event) -> Iterator[int]:
    """Returns the ids of all whom the event names; the workspace's approvers come on top."""
    for image in (event.task, event.before):
        if image is not None:
            creator = () if image.creator is None else (image.creator,)
            people = chain(image.assignees, image.watchers, image.suggested, creator)
            yield from (p.id for p in people)
    yield from (p.id for p in event.fresh)


def news(event: Event, topic: Topic) -> News:
    """Returns what the event is to somebody, complete for wording it later."""
    task = event.task
    return News(
        topic=topic,
        at=event.at,
        number=task.number,
        title=task.title,
        status=task.status,
        priority=task.priority,
        deadline=task.deadline,
        actor="" if event.actor is None else event.actor.name,
        assignees=tuple(p.name for p in task.assignees),
        waits_for=tuple(ref for ref in task.depends_on if ref.open) if task.blocked else (),
        changes=changes(event) if topic in CHANGING else (),
        note=_note(event, topic)[:NOTE_LIMIT],
        blocked=task.blocked,
        revision=task.revision_count,
        undo=event.undo,
        step=event.step,
    )


def changes(event: Event) -> tuple[FieldChange, ...]:
    """Returns the changes worth telling, in the order of TOLD_FIELDS."""
    before = event.before
    if before is None:
        return ()
    told = (
        (f, _shown(before, f), _shown(event.task, f)) for f in TOLD_FIELDS if f in event.changed
    )
    return tuple(FieldChange(f, old, new) for f, old, new in told if old != new)


def may_approve(task: Task, people: Iterable[Person]) -> Iterator[int]:
    """Returns who decides on a submission: owner, bosses, and leads of its people's departments.

    A lead does not decide on own work.
    """
    everybody = tuple(people)
    assigned = _ids(task.assignees)
    departments = {p.department for p in everybody if p.id in assigned and p.department}
    for person in everybody:
        leads = person.role is Role.LEAD and not departments.isdisjoint(person.leads)
        if person.role in APPROVERS or (leads and person.id not in assigned):
            yield person.id


def _over_channels(
    event: Event, person: Person, told: News, *, connected: Collection[Channel]
) -> Iterator[Delivery]:
    urgent = told.priority is Priority.URGENT
    reach: list[tuple[Channel, State, str]] = [(Channel.WEB, State.SENT, "")]
    if person.telegram_id is not None:
        linked = Channel.TELEGRAM in connected
        reach.append(
            (Channel.TELEGRAM, State.PENDING, "")
            if linked
            else (Channel.TELEGRAM, State.DROPPED, NOT_CONNECTED)
        )
    for channel, state, reason in reach:
        yield Delivery(
            source=f"event:{event.position}",
            event=event.position,
            workspace=event.workspace,
            person=person.id,
            channel=channel,
            state=state,
            act=event.act,
            news=told,
            urgent=urgent,
            reason=reason,
        )


def _created(event: Event, people: People) -> Audience:
    yield from _each(event.task.assignees, Topic.ASSIGNED)
    yield from _each(event.task.suggested, Topic.SUGGESTED)
    creator = people.get(event.actor.id) if event.actor is not None else None
    if creator is not None and creator.role not in APPROVERS:
        yield from _bosses(people, Topic.CREATED)


def _changed(event: Event, _: People) -> Audience:
    now, before = _ids(event.task.assignees), _ids(event.before.assignees if event.before else ())
    if "assignees" in event.changed:
        yield from ((p, Topic.ASSIGNED) for p in sorted(now - before))
        yield from ((p, Topic.UNASSIGNED) for p in sorted(before - now))
    if "suggested" in event.changed:
        asked = _ids(event.before.suggested if event.before else ())
        yield from ((p, Topic.SUGGESTED) for p in sorted(_ids(event.task.suggested) - asked))
    if event.accepted is not None and event.task.creator is not None:
        answer = Topic.ACCEPTED if event.accepted else Topic.DECLINED
        yield event.task.creator.id, answer
    if changes(event):
        yield from ((p, Topic.CHANGED) for p in sorted(now))


def _started(event: Event, _: People) -> Audience:
    yield from _creator_and_watchers(event, Topic.STARTED)


def _submitted(event: Event, people: People) -> Audience:
    yield from ((p, Topic.SUBMITTED) for p in may_approve(event.task, people.values()))


def _approved(event: Event, _: People) -> Audience:
    yield from _assignees_and_others(event, Topic.APPROVED)


def _rejected(event: Event, _: People) -> Audience:
    yield from _assignees_and_others(event, Topic.REJECTED)


def _completed(event: Event, _: People) -> Audience:
    yield from _creator_and_watchers(event, Topic.COMPLETED)


def _cancelled(event: Event, _: People) -> Audience:
    yield from _assignees_and_others(event, Topic.CANCELLED)


def _deleted(event: Event, _: People) -> Audience:
    if event.task.status not in CLOSED:
        yield from _each(event.task.assignees, Topic.DELETED)


def _restored(event: Event, _: People) -> Audience:
    yield from _each(event.task.assignees, Topic.RESTORED)


def _freed(event: Event, _: People) -> Audience:
    if event.task.status not in CLOSED:
        yield from _each(event.task.assignees, Topic.FREED)


def _blocked(event: Event, people: People) -> Audience:
    yield from _assignees_and_others(event, Topic.BLOCKED)
    yield from _bosses(people, Topic.BLOCKED)


def _unblocked(event: Event, _: People) -> Audience:
    yield from _assignees_and_others(event, Topic.UNBLOCKED)


def _held(event: Event, _: People) -> Audience:
    yield from _assignees_and_others(event, Topic.HELD)


def _resumed(event: Event, _: People) -> Audience:
    yield from _assignees_and_others(event, Topic.RESUMED)


def _reopened(event: Event, _: People) -> Audience:
    yield from _assignees_and_others(event, Topic.REOPENED)


def _delayed(event: Event, _: People) -> Audience:
    yield from _assignees_and_others(event, Topic.DELAYED)


def _commented(event: Event, _: People) -> Audience:
    yield from _each(event.fresh, Topic.MENTIONED)
    yield from _assignees_and_others(event, Topic.COMMENTED)


def _comment_changed(event: Event, _: People) -> Audience:
    yield from _each(event.fresh, Topic.MENTIONED)


def _due_soon(event: Event, _: People) -> Audience:
    yield from _not_done(event, Topic.DUE_SOON)


def _overdue(event: Event, people: People) -> Audience:
    yield from _not_done(event, Topic.OVERDUE)
    if event.step >= LATE_FROM:
        yield from _bosses(people, Topic.LATE)


def _quiet(event: Event, people: People) -> Audience:
    yield from _not_done(event, Topic.CHECK_IN)
    if event.step >= SILENT_FROM:
        yield from _bosses(people, Topic.SILENT)


AUDIENCES: Mapping[Kind, Callable[[Event, People], Audience]] = {
    Kind.CREATED: _created,
    Kind.CHANGED: _changed,
    Kind.STARTED: _started,
    Kind.SUBMITTED: _submitted,
    Kind.APPROVED: _approved,
    Kind.REJECTED: _rejected,
    Kind.COMPLETED: _completed,
    Kind.CANCELLED: _cancelled,
    Kind.DELETED: _deleted,
    Kind.RESTORED: _restored,
    Kind.FREED: _freed,
    Kind.BLOCKED: _blocked,
    Kind.UNBLOCKED: _unblocked,
    Kind.HELD: _held,
    Kind.RESUMED: _resumed,
    Kind.REOPENED: _reopened,
    Kind.DELAYED: _delayed,
    Kind.COMMENTED: _commented,
    Kind.COMMENT_CHANGED: _comment_changed,
    Kind.DUE_SOON: _due_soon,
    Kind.OVERDUE: _overdue,
    Kind.QUIET: _quiet,
}


def _each(people: Iterable[PersonRef], topic: Topic) -> Audience:
    return ((p.id, topic) for p in people)


def _bosses(people: People, topic: Topic) -> Audience:
    return ((p.id, topic) for p in people.values() if p.role in APPROVERS)


def _not_done(event: Event, topic: Topic) -> Audience:
    """Its people but those whose part is done; nobody where it is closed by now."""
    task = event.task
    if task.status not in CLOSED:
        yield from ((p.id, topic) for p in task.assignees if p.id not in task.done)


def _creator_and_watchers(event: Event, topic: Topic) -> Audience:
    if event.task.creator is not None:
        yield event.task.creator.id, topic
    yield from _each(event.task.watchers, topic)


def _assignees_and_others(event: Event, topic: Topic) -> Audience:
    yield from _each(event.task.assignees, topic)
    yield from _creator_and_watchers(event, topic)


def _ids(people: Iterable[PersonRef]) -> frozenset[int]:
    return frozenset(p.id for p in people)


def _note(event: Event, topic: Topic) -> str:
    task = event.task
    match topic:
        case Topic.SUBMITTED:
            return task.submission
        case Topic.REJECTED:
            return task.feedback
        case Topic.APPROVED:
            # Without a note of its own an approval leaves what an earlier rejection said.
            return task.feedback if "feedback" in event.changed else ""
        case Topic.ASSIGNED | Topic.CREATED | Topic.RESTORED | Topic.SUGGESTED:
            return task.description
        case Topic.BLOCKED | Topic.HELD | Topic.REOPENED | Topic.CANCELLED:
            return task.reason
        case Topic.DELAYED:
            return task.delay_reason
        case Topic.COMMENTED | Topic.MENTIONED | Topic.DECLINED:
            return event.said
        case _:
            return ""


def _shown(task: Task, field: str) -> str:  # noqa: C901 (one line a field)
    match field:
        case "title":
            return task.title
        case "description":
            return task.description
        case "status":
            return task.status
        case "assignees":
            return ", ".join(p.name for p in task.assignees)
        case "priority":
            return task.priority
        case "deadline":
            return _iso(task.deadline)
        case "start":
            return _iso(task.start)
        case "estimate_minutes":
            return "" if task.estimate_minutes is None else str(task.estimate_minutes)
        case "project":
            return task.project
        case "depends_on":
            return ", ".join(f"T-{ref.number}" for ref in task.depends_on)
        case "requires_approval":
            return "yes" if task.requires_approval else "no"
        case _:
            raise ValueError(field)


def _iso(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()
