"""Changing tasks: edits, the commands that move states, deleting."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum

from services.runtime.errors import Stale, Violation
from services.task.commands.links import graph
from services.task.commands.recurring import with_next
from services.task.commands.storing import Asked, Told, Written
from services.task.commands.writing import (
    Compose,
    Decided,
    Held,
    Outcome,
    Store,
    after_view,
    people_of,
    perform,
)
from services.task.model import (
    ActKind,
    Assignee,
    BlockReason,
    Entry,
    PersonId,
    PersonRecord,
    Task,
    TaskNumber,
    TaskRef,
    TaskView,
)
from services.task.rules import edits, states
from services.task.rules.states import TRANSITIONS, Command
from services.task.rules.wrong import Wrong

CLOSING = frozenset({Command.SUBMIT, Command.APPROVE, Command.COMPLETE, Command.CANCEL})
# Commands that ask what is to become of open subtasks.
ASKING = frozenset({Command.COMPLETE, Command.CANCEL})


class OpenSubtasks(Enum):
    """What becomes of open subtasks when their parent is closed; the numbers are the wire's."""

    ASK = 0
    CLOSE = 1
    LEAVE = 2


async def update_task(
    store: Store,
    asked: Asked,
    number: TaskNumber,
    changes: Mapping[str, object],
    *,
    etag: str,
    compose: Compose,
    faults: Sequence[Violation] = (),
) -> Written:
    """The answer with the task after the edit.

    Raises Stale ETAG_MISMATCH; Invalid with the `faults` that were found in the request's fields,
    and those found here.
    """
    links = bool(changes.keys() & edits.LINKS)

    async def decide(held: Held, actor: PersonRecord) -> Decided:
        view = held.view(number)
        require_etag(view, etag)
        wanted = people_in(changes)
        people = await store.roster.of(asked.workspace, people_of([view.task], actor.id, *wanted))
        linked, refs = await graph(held, asked.workspace, linked_in(changes, view))
        home = await store.roster.workspace(asked.workspace)
        entry = edits.edit(
            view,
            changes,
            actor=actor,
            people=people,
            now=asked.now,
            graph=linked,
            deadline_required=home.settings.deadline_required,
            wrong=Wrong.fields(faults),
        )
        if entry is None:
            return unchanged(view, people)
        return decided(view, entry, held, people=people, refs=refs, done="changed")

    return await perform(store, asked, decide, compose=compose, numbers=(number,), links=links)


async def command_task(
    store: Store,
    asked: Asked,
    number: TaskNumber,
    command: Command,
    *,
    text: str = "",
    block_reason: BlockReason | None = None,
    open_subtasks: OpenSubtasks = OpenSubtasks.ASK,
    compose: Compose,
) -> Written:
    """The answer with the task after the command. Raises Conflict SUBTASKS_OPEN."""

    async def decide(held: Held, actor: PersonRecord) -> Decided:
        view = held.view(number)
        parts = _parts_to_close(held, view, command, open_subtasks)
        concerned = people_of([view.task, *(part.task for part in parts)], actor.id)
        people = await store.roster.of(asked.workspace, concerned)
        entry = states.decide(
            view,
            command,
            actor=actor,
            people=people,
            now=asked.now,
            text=text,
            block_reason=block_reason,
        )
        if entry is None:
            return unchanged(view, people)
        if states.open_parts(view) and open_subtasks is OpenSubtasks.ASK and command in ASKING:
            raise states.subtasks_open(view, command)
        closed = (
            states.decide(part, command, actor=actor, people=people, now=asked.now, text=text)
            for part in parts
        )
        entries = [entry, *(each for each in closed if each is not None)]
        entry, *more = await with_next(store, asked, held, entries, people)
        done = TRANSITIONS[command].done
        closing = command in CLOSING
        return decided(view, entry, held, people=people, done=done, more=more, closing=closing)

    return await perform(
        store,
        asked,
        decide,
        compose=compose,
        numbers=(number,),
        links=command in CLOSING,
    )


def _parts_to_close(
    held: Held, view: TaskView, command: Command, wanted: OpenSubtasks
) -> list[TaskView]:
    if wanted is not OpenSubtasks.CLOSE or command not in ASKING:
        return []
    return [held.views[ref.number] for ref in states.open_parts(view)]


async def delay_task(
    store: Store,
    asked: Asked,
    number: TaskNumber,
    deadline: datetime,
    *,
    reason: str,
    etag: str,
    compose: Compose,
) -> Written:
    """The answer with the task, whose deadline was put off. Raises Stale ETAG_MISMATCH."""

    async def decide(held: Held, actor: PersonRecord) -> Decided:
        view = held.view(number)
        require_etag(view, etag)
        people = await store.roster.of(asked.workspace, people_of([view.task], actor.id))
        entry = states.delay(
            view, deadline, reason=reason, actor=actor, people=people, now=asked.now
        )
        if entry is None:
            return unchanged(view, people)
        return decided(view, entry, held, people=people, done="put off")

    return await perform(store, asked, decide, compose=compose, numbers=(number,))


async def restore_task(
    store: Store, asked: Asked, number: TaskNumber, *, compose: Compose
) -> Written:
    """The answer with the task, which is shown again, and the subtasks that went with it."""

    async def decide(held: Held, actor: PersonRecord) -> Decided:
        view = held.known(number)
        people = await store.roster.of(asked.workspace, people_of([view.task], actor.id))
        entry = edits.restore(view, actor=actor, people=people, now=asked.now)
        if entry is None:
            return unchanged(view, people)
        gone = view.task.deleted_at
        parts = [v for v in held.views.values() if v.task.parent == number]
        more = [
            edits.shown_again(part, asked.now) for part in parts if part.task.deleted_at == gone
        ]
        return decided(view, entry, held, people=people, done="restored", more=more)

    return await perform(store, asked, decide, compose=compose, numbers=(number,), links=True)


async def see_task(store: Store, asked: Asked, number: TaskNumber, compose: Compose) -> Written:
    """The answer with the task that its assignee has now seen; no act that one would undo."""

    async def decide(held: Held, actor: PersonRecord) -> Decided:
        view = held.view(number)
        people = await store.roster.of(asked.workspace, people_of([view.task], actor.id))
        entry = states.seen(view, actor, asked.now)
        if entry is None:
            return unchanged(view, people)
        return decided(view, entry, held, people=people, done="seen", kind=ActKind.NOTE)

    return await perform(store, asked, decide, compose=compose, numbers=(number,))


async def delete_task(
    store: Store, asked: Asked, number: TaskNumber, *, etag: str, compose: Compose
) -> Written:
    """The answer without the task, which is hidden now, its subtasks with it."""

    async def decide(held: Held, actor: PersonRecord) -> Decided:
        view = held.known(number)
        people = await store.roster.of(asked.workspace, people_of([view.task], actor.id))
        entry = edits.delete(view, actor=actor, people=people, now=asked.now)
        if entry is None:
            return unchanged(view, people)
        require_etag(view, etag)
        entries = [entry]
        for ref in view.subtasks:
            below = edits.hidden(held.views[ref.number], asked.now)
            entries += [below] if below else []
        return decided(view, entry, held, people=people, done="deleted", more=entries[1:])

    return await perform(store, asked, decide, compose=compose, numbers=(number,), links=True)


def require_etag(view: TaskView, etag: str) -> None:
    """Raises Stale ETAG_MISMATCH where an etag is given and is not the present one."""
    if etag and etag != view.etag:
        raise Stale(
            "ETAG_MISMATCH",
            f"T-{view.number} was changed meanwhile: read it again, then decide again.",
            metadata={"etag": view.etag},
        )


def unchanged(view: TaskView, people: Mapping[PersonId, PersonRecord]) -> Decided:
    """Nothing to write: the answer shows the task as it is."""
    return Decided((), Told(uuid.uuid4(), ""), people, Outcome((view,), None))


def decided(
    view: TaskView,
    entry: Entry,
    held: Held,
    *,
    people: Mapping[PersonId, PersonRecord],
    done: str,
    refs: Mapping[TaskNumber, TaskRef] | None = None,
    more: Sequence[Entry] = (),
    kind: ActKind = ActKind.ACT,
    closing: bool = False,
) -> Decided:
    """What is written for one task, with the tasks that this frees.

    Where it may be `closing` the last open part of another one, that is told as well.
    """
    entries = [entry, *more]
    afters = {e.number: e.after for e in entries if e.number is not None}
    freed = states.freed(held.views.values(), afters)
    wholes = states.completable(held.views.values(), afters) if closing else ()
    entries = states.telling(entries, wholes)
    told = Told(uuid.uuid4(), f"{done} T-{view.number} “{entry.after.title}”", kind)
    act = told.id if kind is not ActKind.NOTE else None
    shown = after_view(view, entry.after, people=people, refs=refs or {}, afters=afters)
    completable = tuple(ref for ref in wholes if ref.number in held.seen)
    outcome = Outcome((shown,), act, completable=completable)
    return Decided((*entries, *freed), told, people, outcome)


def people_in(changes: Mapping[str, object]) -> Iterable[PersonId]:
    """The people whom an edit names."""
    for name in ("assignees", "watchers"):
        for item in changes.get(name, ()):  # type: ignore[attr-defined]
            yield item.person if isinstance(item, Assignee) else item


def linked_in(changes: Mapping[str, object], view: TaskView) -> list[TaskNumber]:
    """Every task that the edited one will link to, old links too: they are checked as a whole."""
    if not changes.keys() & edits.LINKS:
        return []
    after: Task = replace(view.task, **changes)  # type: ignore[arg-type]
    return [n for n in (after.parent, *after.depends_on) if n is not None]
