"""Taking part in a task: watching it, ticking its criteria, answering a suggestion, adding files.

Each is an ordinary change of the task, and an act that can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable

from services.task.commands.change import decided, unchanged
from services.task.commands.storing import Asked, Written
from services.task.commands.writing import Compose, Decided, Held, Store, people_of, perform
from services.task.model import Entry, PersonRecord, TaskNumber, TaskView
from services.task.rules.permissions import People

Step = Callable[[TaskView, PersonRecord, People], Entry | None]


async def take_part(
    store: Store, asked: Asked, number: TaskNumber, *, step: Step, done: str, compose: Compose
) -> Written:
    """The answer with the task after this step; `done` says in a word or two what it was."""

    async def decide(held: Held, actor: PersonRecord) -> Decided:
        view = held.view(number)
        people = await store.roster.of(asked.workspace, people_of([view.task], actor.id))
        entry = step(view, actor, people)
        if entry is None:
            return unchanged(view, people)
        return decided(view, entry, held, people=people, done=done)

    return await perform(store, asked, decide, compose=compose, numbers=(number,))
