"""Many tasks changed as one act: each by its own rules, all of them or none."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.runtime.errors import Invalid, ServiceError, Violation
from services.task.commands.change import CLOSING, linked_in, people_in
from services.task.commands.links import graph
from services.task.commands.recurring import with_next
from services.task.commands.storing import Asked, Told, Written
from services.task.commands.writing import (
    Compose,
    Decided,
    Held,
    Outcome,
    Refusal,
    Store,
    after_view,
    people_of,
    perform,
)
from services.task.model import Entry, PersonId, PersonRecord, TaskNumber, TaskRef
from services.task.rules import edits, states
from services.task.rules.linking import NO_LINKS, Graph
from services.task.rules.states import TRANSITIONS, Command


@dataclass(frozen=True, slots=True)
class BulkChange:
    """What each of the tasks is asked to become: new values, a command, or hidden."""

    values: Mapping[str, object] = field(default_factory=dict)
    command: Command | None = None
    text: str = ""
    delete: bool = False

    @property
    def done(self) -> str:
        """In a word, for the act's summary."""
        if self.delete:
            return "deleted"
        return TRANSITIONS[self.command].done if self.command else "changed"


async def change_many(
    store: Store,
    asked: Asked,
    numbers: Sequence[TaskNumber],
    change: BulkChange,
    *,
    skip_refused: bool,
    compose: Compose,
) -> Written:
    """The answer with the tasks after it. Raises Invalid BATCH_REFUSED, naming every refusal."""

    async def decide(held: Held, actor: PersonRecord) -> Decided:
        wanted = people_in(change.values)
        views = [held.views[number].task for number in numbers if number in held.views]
        people = await store.roster.of(asked.workspace, people_of(views, actor.id, *wanted))
        known = [number for number in numbers if number in held.views]
        linked = {n for each in known for n in linked_in(change.values, held.views[each])}
        links, refs = await graph(held, asked.workspace, linked)
        home = await store.roster.workspace(asked.workspace)
        wants_deadline = home.settings.deadline_required
        entries: list[Entry] = []
        refused: list[Refusal] = []
        for number in numbers:
            try:
                more = _entries(
                    held,
                    number,
                    change,
                    actor=actor,
                    people=people,
                    asked=asked,
                    links=links,
                    deadline_required=wants_deadline,
                )
                entries += more
                for each in more:
                    if each.before is not None and each.before.parent != each.after.parent:
                        links = links.with_part(each.after)
            except ServiceError as error:
                refused.append(Refusal(number, error))
        if refused and not skip_refused:
            raise _refusal(refused, numbers)
        entries = await with_next(store, asked, held, entries, people)
        return _decided(held, numbers, entries, refused, change=change, people=people, refs=refs)

    # Whether something is freed or linked is only known later; so all that is near is held.
    return await perform(store, asked, decide, compose=compose, numbers=numbers, links=True)


def _entries(
    held: Held,
    number: TaskNumber,
    change: BulkChange,
    *,
    actor: PersonRecord,
    people: Mapping[PersonId, PersonRecord],
    asked: Asked,
    links: Graph = NO_LINKS,
    deadline_required: bool,
) -> list[Entry]:
    view = held.view(number)
    if change.delete:
        entry = edits.delete(view, actor=actor, people=people, now=asked.now)
        below = [edits.hidden(held.views[ref.number], asked.now) for ref in view.subtasks]
        return [each for each in (entry, *below) if each is not None]
    if change.command is not None:
        entry = states.decide(
            view, change.command, actor=actor, people=people, now=asked.now, text=change.text
        )
    else:
        entry = edits.edit(
            view,
            change.values,
            actor=actor,
            people=people,
            now=asked.now,
            graph=links,
            deadline_required=deadline_required,
        )
    return [entry] if entry is not None else []


def _refusal(refused: Sequence[Refusal], numbers: Sequence[TaskNumber]) -> Invalid:
    places = {number: index for index, number in enumerate(numbers)}
    return Invalid(
        "BATCH_REFUSED",
        f"{len(refused)} of {len(numbers)} tasks can't be changed so, and none was: leave them "
        "out, or ask for skip_refused.",
        violations=[
            Violation(f"names[{places[each.number]}]", each.error.message) for each in refused
        ],
    )


def _decided(
    held: Held,
    numbers: Sequence[TaskNumber],
    entries: Sequence[Entry],
    refused: Sequence[Refusal],
    *,
    change: BulkChange,
    people: Mapping[PersonId, PersonRecord],
    refs: Mapping[TaskNumber, TaskRef],
) -> Decided:
    # A subtask that is deleted with its parent and by name is written once.
    once = {entry.number: entry for entry in entries if entry.number is not None}
    afters = {number: entry.after for number, entry in once.items()}
    freed = states.freed(held.views.values(), afters)
    closing = change.command in CLOSING
    wholes = states.completable(held.views.values(), afters) if closing else ()
    told_of = states.telling(once.values(), wholes)
    left_out = {each.number for each in refused}
    views = tuple(
        after_view(held.views[n], afters[n], people=people, refs=refs, afters=afters)
        if n in afters
        else held.views[n]
        for n in numbers
        if n not in left_out
    )
    count = sum(entry.before is not None for entry in once.values())
    many = f"{count} tasks" if count > 1 else "a task"
    told = Told(uuid.uuid4(), f"{change.done} {many}")
    outcome = Outcome(
        views,
        told.id if once else None,
        refused=tuple(refused),
        completable=tuple(ref for ref in wholes if ref.number in held.seen),
    )
    return Decided((*told_of, *freed), told, people, outcome)
