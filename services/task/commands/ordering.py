"""Ordering the parts of a task: one act, one event for each part that moves."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from services.task.commands.change import unchanged
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
from services.task.model import PersonRecord, TaskNumber
from services.task.rules.ordering import reorder


async def reorder_subtasks(
    store: Store,
    asked: Asked,
    number: TaskNumber,
    wanted: Sequence[TaskNumber],
    *,
    compose: Compose,
) -> Written:
    """The answer with the task whose parts come in this order."""

    async def decide(held: Held, actor: PersonRecord) -> Decided:
        whole = held.view(number)
        parts = {ref.number: held.views[ref.number] for ref in whole.subtasks}
        concerned = [whole.task, *(part.task for part in parts.values())]
        people = await store.roster.of(asked.workspace, people_of(concerned, actor.id))
        entries = reorder(whole, wanted, parts=parts, actor=actor, people=people, now=asked.now)
        if not entries:
            return unchanged(whole, people)
        afters = {entry.number: entry.after for entry in entries if entry.number is not None}
        told = Told(uuid.uuid4(), f"ordered the subtasks of T-{number} “{whole.task.title}”")
        # Its own event is an older one: it shows other tasks' places, and they have the new events.
        shown = after_view(whole, whole.task, people=people, afters=afters)
        shown = replace(shown, touched=whole.touched)
        return Decided(entries, told, people, Outcome((shown,), told.id))

    # The lock on links holds the parts together: none comes or goes meanwhile.
    return await perform(store, asked, decide, compose=compose, numbers=(number,), links=True)
