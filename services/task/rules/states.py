"""Which state follows which: one table of transitions, and the decision on a command.

A decision is a value: the entry to write, or nothing where the command is true already. A wrong
state is refused with what it is, since when, by whom, and what can be done instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from zoneinfo import ZoneInfo

from services.runtime.errors import Conflict, Forbidden
from services.task.model import (
    CLOSED,
    OPEN,
    Assignee,
    BlockReason,
    Entry,
    EventType,
    Mark,
    PersonId,
    PersonRecord,
    Status,
    Task,
    TaskNumber,
    TaskRef,
    TaskView,
)
from services.task.rules.permissions import People, Right, may, require

S = Status


class Command(Enum):
    """What moves a task from state to state."""

    START = "start"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    COMPLETE = "complete"
    CANCEL = "cancel"
    BLOCK = "block"
    UNBLOCK = "unblock"
    HOLD = "hold"
    RESUME = "resume"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Transition:
    """From which states a command leads where; in `already` it is true and changes nothing.

    `to` is None where it leads back to the state that the task had before it was blocked or held.
    """

    sources: frozenset[Status]
    to: Status | None
    already: frozenset[Status]
    event: EventType
    right: Right
    done: str


TRANSITIONS: Mapping[Command, Transition] = {
    Command.START: Transition(
        frozenset({S.PENDING, S.NEEDS_REVISION, S.ON_HOLD, S.BLOCKED}),
        S.IN_PROGRESS,
        frozenset({S.IN_PROGRESS}),
        EventType.TASK_STARTED,
        Right.WORK,
        "started",
    ),
    Command.SUBMIT: Transition(
        frozenset({S.PENDING, S.IN_PROGRESS, S.NEEDS_REVISION}),
        S.IN_REVIEW,
        frozenset({S.IN_REVIEW}),
        EventType.TASK_SUBMITTED,
        Right.WORK,
        "submitted",
    ),
    Command.APPROVE: Transition(
        frozenset({S.IN_REVIEW}),
        S.COMPLETED,
        frozenset({S.COMPLETED}),
        EventType.TASK_APPROVED,
        Right.APPROVE,
        "approved",
    ),
    Command.REJECT: Transition(
        frozenset({S.IN_REVIEW}),
        S.NEEDS_REVISION,
        frozenset({S.NEEDS_REVISION}),
        EventType.TASK_REJECTED,
        Right.APPROVE,
        "rejected",
    ),
    Command.COMPLETE: Transition(
        OPEN,
        S.COMPLETED,
        frozenset({S.COMPLETED}),
        EventType.TASK_COMPLETED,
        Right.APPROVE,
        "completed",
    ),
    Command.CANCEL: Transition(
        OPEN,
        S.CANCELLED,
        frozenset({S.CANCELLED}),
        EventType.TASK_CANCELLED,
        Right.CHANGE,
        "cancelled",
    ),
    Command.BLOCK: Transition(
        frozenset({S.PENDING, S.IN_PROGRESS, S.NEEDS_REVISION}),
        S.BLOCKED,
        frozenset({S.BLOCKED}),
        EventType.TASK_BLOCKED,
        Right.WORK,
        "blocked",
    ),
    Command.UNBLOCK: Transition(
        frozenset({S.BLOCKED}),
        None,
        frozenset({S.PENDING, S.IN_PROGRESS, S.NEEDS_REVISION}),
        EventType.TASK_UNBLOCKED,
        Right.WORK,
        "unblocked",
    ),
    Command.HOLD: Transition(
        OPEN - {S.ON_HOLD},
        S.ON_HOLD,
        frozenset({S.ON_HOLD}),
        EventType.TASK_HELD,
        Right.WORK,
        "put on hold",
    ),
    Command.RESUME: Transition(
        frozenset({S.ON_HOLD}),
        None,
        OPEN - {S.ON_HOLD},
        EventType.TASK_RESUMED,
        Right.WORK,
        "resumed",
    ),
    Command.REOPEN: Transition(
        CLOSED,
        S.PENDING,
        OPEN,
        EventType.TASK_REOPENED,
        Right.APPROVE,
        "reopened",
    ),
}

# What a command that says why leaves as the reason of the state.
WITH_REASON = frozenset({Command.BLOCK, Command.HOLD, Command.CANCEL, Command.REOPEN})


def decide(
    view: TaskView,
    command: Command,
    *,
    actor: PersonRecord,
    people: People,
    now: datetime,
    text: str = "",
    block_reason: BlockReason | None = None,
) -> Entry | None:
    """The entry that the command writes, or None where it is true already.

    Raises Forbidden NOT_ALLOWED, Conflict TASK_STATE, Conflict TASK_BLOCKED.
    """
    task, way = view.task, TRANSITIONS[command]
    _require_right(view, command, actor=actor, people=people, now=now)
    if command in {Command.SUBMIT, Command.COMPLETE} and not task.requires_approval:
        way = TRANSITIONS[Command.COMPLETE] if task.status in way.sources else way
        way = replace(way, already=way.already | {S.COMPLETED})
    alone = _acts_for_one(task, command, actor, people=people, now=now)
    if task.status in way.already:
        return _second_start(view, actor, now) if command is Command.START and alone else None
    if task.status not in way.sources:
        raise wrong_state(view, command, actor=actor, people=people)
    if command is Command.START and view.waits_for:
        raise blocked(view)
    assignees = marked(task.assignees, command, actor.id if alone else None)
    waits = not (task.submit_by_one or all_done(assignees))
    if alone and waits and command in {Command.SUBMIT, Command.COMPLETE}:
        return _own_part(view, assignees, now, text)
    after = _moved(
        task,
        way.to or task.returns_to or S.PENDING,
        assignees,
        actor=actor.id,
        now=now,
        text=(command, text),
    )
    if command is Command.BLOCK:
        after = replace(after, block_reason=block_reason)
    return Entry(type=way.event, number=view.number, before=task, after=after)


def delay(
    view: TaskView,
    deadline: datetime,
    *,
    reason: str,
    actor: PersonRecord,
    people: People,
    now: datetime,
) -> Entry | None:
    """The entry that puts the deadline off for a reason, or None where that is so already.

    Raises Forbidden NOT_ALLOWED, Conflict TASK_STATE.
    """
    task = view.task
    right = Right.CHANGE
    if not may(actor, right, task=task, people=people, now=now):
        right = Right.WORK
    require(actor, right, task=task, number=view.number, people=people, now=now, doing="put off")
    if not task.status.is_open:
        raise Conflict(
            "TASK_STATE",
            f"T-{view.number} is {task.status.words}: reopen it before its deadline moves.",
            metadata={"status": task.status.name.lower(), "can": Command.REOPEN.value},
        )
    if (task.deadline, task.delay_reason) == (deadline, reason):
        return None
    after = replace(
        task,
        deadline=deadline,
        # One occurrence is put off, not its series.
        anchor=task.anchor or (task.deadline if task.recurrence else None),
        delay_reason=reason,
        delay_count=task.delay_count + 1,
        updated_at=now,
    )
    return Entry(EventType.TASK_DELAYED, number=view.number, before=task, after=after)


def open_parts(view: TaskView) -> tuple[TaskRef, ...]:
    """The subtasks that are still open."""
    return tuple(ref for ref in view.subtasks if ref.status.is_open)


def subtasks_open(view: TaskView, command: Command) -> Conflict:
    """The question what is to become of the subtasks, as a refusal that names them."""
    parts = open_parts(view)
    named = ", ".join(f"T-{ref.number} “{ref.title}”" for ref in parts[:5])
    more = f" and {len(parts) - 5} more" if len(parts) > 5 else ""  # noqa: PLR2004 -- as many as fit
    return Conflict(
        "SUBTASKS_OPEN",
        f"T-{view.number} has open subtasks: {named}{more}. Say whether they are to be "
        f"{TRANSITIONS[command].done} with it (close) or to stay open (leave).",
        metadata={"subtasks": ",".join(f"T-{ref.number}" for ref in parts)},
    )


def _require_right(
    view: TaskView, command: Command, *, actor: PersonRecord, people: People, now: datetime
) -> None:
    task = view.task
    if command is Command.COMPLETE and not task.requires_approval:
        right = Right.WORK
    else:
        right = TRANSITIONS[command].right
    if (
        command is Command.COMPLETE
        and right is Right.APPROVE
        and not may(actor, right, task=task, people=people, now=now)
        and may(actor, Right.WORK, task=task, people=people, now=now)
    ):
        raise Forbidden(
            "NEEDS_APPROVAL",
            f"T-{view.number} needs approval: submit it, and the owner, a boss or a lead of its "
            "department completes it.",
            metadata={"right": right.name},
        )
    require(
        actor, right, task=task, number=view.number, people=people, now=now, doing=command.value
    )


def _acts_for_one(
    task: Task, command: Command, actor: PersonRecord, *, people: People, now: datetime
) -> bool:
    """Whether the actor speaks for the own part only: one of several, and no boss of it."""
    if actor.id not in task.people or command not in {
        Command.START,
        Command.SUBMIT,
        Command.COMPLETE,
    }:
        return False
    return not may(actor, Right.APPROVE, task=task, people=people, now=now)


def marked(
    assignees: tuple[Assignee, ...], command: Command, one: PersonId | None
) -> tuple[Assignee, ...]:
    """The assignees with the marks that follow from the command, of one or of all."""
    match command:
        case Command.START:
            mark = Mark.WORKING
            return tuple(
                replace(a, mark=mark) if one in {None, a.person} and a.mark != Mark.DONE else a
                for a in assignees
            )
        case Command.SUBMIT | Command.APPROVE | Command.COMPLETE:
            return tuple(
                replace(a, mark=Mark.DONE) if one in {None, a.person} else a for a in assignees
            )
        case Command.REJECT:
            return tuple(
                replace(a, mark=Mark.WORKING) if a.mark == Mark.DONE else a for a in assignees
            )
        case Command.REOPEN:
            return tuple(replace(a, mark=Mark.ASSIGNED) for a in assignees)
        case _:
            return assignees


def all_done(assignees: Iterable[Assignee]) -> bool:
    """Whether every assignee is done; so for none as well."""
    return all(assignee.mark == Mark.DONE for assignee in assignees)


def _second_start(view: TaskView, actor: PersonRecord, now: datetime) -> Entry | None:
    """Another assignee starts as well: only the mark changes."""
    assignees = marked(view.task.assignees, Command.START, actor.id)
    if assignees == view.task.assignees:
        return None
    after = replace(view.task, assignees=assignees, updated_at=now)
    return Entry(EventType.TASK_CHANGED, number=view.number, before=view.task, after=after)


def _own_part(
    view: TaskView, assignees: tuple[Assignee, ...], now: datetime, text: str
) -> Entry | None:
    """One of several is done; the task waits for the others."""
    if assignees == view.task.assignees:
        return None
    after = replace(
        view.task, assignees=assignees, updated_at=now, submission=text or view.task.submission
    )
    return Entry(EventType.TASK_CHANGED, number=view.number, before=view.task, after=after)


def _moved(
    task: Task,
    to: Status,
    assignees: tuple[Assignee, ...],
    *,
    actor: PersonId,
    now: datetime,
    text: tuple[Command, str],
) -> Task:
    command, words = text
    submission, feedback = task.submission, task.feedback
    if command is Command.SUBMIT:
        submission = words
    elif command in {Command.APPROVE, Command.REJECT, Command.CANCEL}:
        feedback = words or ("" if command is Command.REJECT else feedback)
    return replace(
        task,
        status=to,
        status_since=now,
        status_by=actor,
        assignees=assignees,
        submission=submission,
        feedback=feedback,
        revision_count=task.revision_count + (command is Command.REJECT),
        reopen_count=task.reopen_count + (command is Command.REOPEN),
        reason=words if command in WITH_REASON else "",
        block_reason=task.block_reason if command in {Command.HOLD, Command.RESUME} else None,
        returns_to=_returns_to(task, command),
        archived_at=None if command is Command.REOPEN else task.archived_at,
        completed_at=now if to is S.COMPLETED else None,
        updated_at=now,
    )


def _returns_to(task: Task, command: Command) -> Status | None:
    """Where a blocked or held task goes back to; one that was held while blocked, to blocked."""
    return task.status if command in {Command.BLOCK, Command.HOLD} else None


def wrong_state(
    view: TaskView, command: Command, *, actor: PersonRecord, people: People
) -> Conflict:
    """The refusal of a command: which state, since when, by whom, and what can be done instead."""
    task = view.task
    by = _name(task.status_by, view, people)
    since = task.status_since.astimezone(ZoneInfo(actor.person.timezone))
    instead = [c for c, way in TRANSITIONS.items() if task.status in way.sources]
    can = ", ".join(TRANSITIONS[c].done for c in instead) or "undone by who closed it"
    return Conflict(
        "TASK_STATE",
        f"T-{view.number} can't be {TRANSITIONS[command].done}: it is {task.status.words} since "
        f"{since:%a} {since.day} {since:%b %H:%M}, by {by}. It can be {can}.",
        metadata={
            "status": task.status.name.lower(),
            "since": task.status_since.isoformat(),
            "by": by,
            "can": ",".join(c.value for c in instead),
        },
    )


def blocked(view: TaskView) -> Conflict:
    """The refusal of a start that waits for other tasks, naming them."""
    waits = ", ".join(f"T-{r.number} “{r.title}” ({r.status.words})" for r in view.waits_for)
    return Conflict(
        "TASK_BLOCKED",
        f"T-{view.number} can't be started: it waits for {waits}. Finish that first, or take "
        "the dependency away.",
        metadata={"waits_for": ",".join(f"T-{r.number}" for r in view.waits_for)},
    )


def _name(person: PersonId | None, view: TaskView, people: People) -> str:
    if person is None:
        return "the system"
    if person in people:
        return people[person].person.display_name
    return view.names.get(person, f"P-{person}")


def seen(view: TaskView, actor: PersonRecord, now: datetime) -> Entry | None:
    """The entry by which an assignee has seen the task, or None where that is known already."""
    if actor.id not in view.task.people:
        raise Forbidden(
            "NOT_ALLOWED", f"T-{view.number} is not yours: only its assignees mark it as seen."
        )
    assignees = tuple(
        replace(a, mark=Mark.SEEN) if a.person == actor.id and a.mark == Mark.ASSIGNED else a
        for a in view.task.assignees
    )
    if assignees == view.task.assignees:
        return None
    after = replace(view.task, assignees=assignees, updated_at=now)
    return Entry(EventType.TASK_CHANGED, number=view.number, before=view.task, after=after)


def freed(dependents: Iterable[TaskView], changes: Mapping[TaskNumber, Task]) -> tuple[Entry, ...]:
    """An entry for each dependent whose last open dependency these changes close."""
    entries = []
    for view in dependents:
        if view.number in changes or not view.task.status.is_open or not view.waits_for:
            continue
        if view.task.deleted_at is not None:
            continue
        if not any(_still_open(ref.number, changes) for ref in view.waits_for):
            entries.append(
                Entry(EventType.TASK_FREED, number=view.number, before=view.task, after=view.task)
            )
    return tuple(entries)


def completable(
    views: Iterable[TaskView], changes: Mapping[TaskNumber, Task]
) -> tuple[TaskRef, ...]:
    """Those open tasks whose last open part these changes close."""
    found = []
    for view in views:
        after = changes.get(view.number, view.task)
        if not after.status.is_open or after.deleted_at is not None:
            continue
        before = {ref.number for ref in open_parts(view)}
        left = set(before)
        for number, task in changes.items():
            if task.parent == view.number and task.status.is_open and task.deleted_at is None:
                left.add(number)
            else:
                left.discard(number)
        if before and not left:
            found.append(TaskRef(view.number, after.title, after.status))
    return tuple(found)


def telling(entries: Iterable[Entry], wholes: Iterable[TaskRef]) -> list[Entry]:
    """The entries; the one that closed a whole's last part tells of it."""
    told = list(entries)
    for whole in wholes:
        last = max(
            (i for i, each in enumerate(told) if each.after.parent == whole.number), default=None
        )
        if last is not None:
            told[last] = replace(told[last], detail={"parent_completable": whole.number})
    return told


def _still_open(number: TaskNumber, changes: Mapping[TaskNumber, Task]) -> bool:
    after = changes.get(number)
    return after is None or (after.status.is_open and after.deleted_at is None)
