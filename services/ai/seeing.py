"""The workspace as the person who asks sees it, for all that `ai` does beside reading messages."""

from typing import Any

from services.ai import convert
from services.ai.context import Contexts
from services.ai.faults import Faults, acting_person
from services.ai.model import Context
from services.runtime import clock


async def context_of(contexts: Contexts, request: Any) -> Context:
    """Return it as of the request's `received_at` (else now) and at least its `min_position`.

    Forbidden where nobody acts, Invalid for a moment that is none, NotFound for an unknown person,
    Unavailable where task can't tell.
    """
    person, caller = acting_person()
    faults = Faults()
    moment = convert.received_at(request, faults)
    if request.min_position < 0:
        faults.add("min_position", "must be a position that task has told, or 0")
    faults.raise_if_any()
    known = await contexts.get(
        person, min_position=request.min_position, workspace=caller.workspace
    )
    return known.seen_by(person, now=moment or clock.now(), last_task=None, card_tasks=())
