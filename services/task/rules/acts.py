"""Which of a person's acts can be taken back, and which undoing done again.

An act that was taken back and done again lives on in the newest act that did it again: that one is
taken back the next time, and it counts as the old one, not as another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.runtime.errors import Conflict
from services.task.model import Act, ActKind

WITHIN = timedelta(days=7)
LAST = 20

Acts = Mapping[UUID, Act]


def is_alive(act: Act, acts: Acts) -> bool:
    """Whether an act still holds: it was not taken back, or what took it back was."""
    undoing = acts.get(act.undone_by) if act.undone_by else None
    return act.undone_by is None or (undoing is not None and not is_alive(undoing, acts))


def to_undo(acts: Sequence[Act], wanted: UUID | None, *, now: datetime) -> Act:
    """The act to take back, of the actor's acts (newest first; undoings among them).

    Raises Conflict NOTHING_TO_UNDO, ALREADY_UNDONE.
    """
    by_id = {act.id: act for act in acts}
    order = {act.id: place for place, act in enumerate(acts)}
    roots = [act for act in acts if act.kind is ActKind.ACT][:LAST]
    recent = [act for act in roots if now - act.at <= WITHIN]
    if wanted is None:
        alive = [_present_form(act, by_id) for act in recent if is_alive(act, by_id)]
        if not alive:
            raise Conflict("NOTHING_TO_UNDO", "There is nothing of the last 7 days to take back.")
        return min(alive, key=lambda act: order[act.id])
    act = by_id[wanted]
    if act.kind is ActKind.NOTE:
        raise Conflict("NOTHING_TO_UNDO", "That is nothing that can be taken back.")
    if not is_alive(act, by_id):
        raise Conflict("ALREADY_UNDONE", "That was taken back already. /redo does it again.")
    if _root(act, by_id) not in recent:
        raise Conflict(
            "NOTHING_TO_UNDO",
            f"That is too long ago: the last {LAST} acts of the last 7 days can be taken back.",
        )
    return _present_form(act, by_id)


def to_redo(acts: Sequence[Act], *, now: datetime) -> Act:
    """The undoing to take back: the newest that holds, with no ordinary act after it."""
    by_id = {act.id: act for act in acts}
    for act in acts:
        if act.kind is ActKind.ACT or now - act.at > WITHIN:
            break
        if act.kind is ActKind.UNDO and is_alive(act, by_id):
            return act
    raise Conflict("NOTHING_TO_REDO", "There is nothing that was taken back and not done again.")


def _present_form(act: Act, acts: Acts) -> Act:
    """The redoing through which an act holds again, if it was taken back and done again."""
    while act.undone_by is not None:
        undoing = acts[act.undone_by]
        if undoing.undone_by is None:
            break
        act = acts[undoing.undone_by]
    return act


def _root(act: Act, acts: Acts) -> Act | None:
    """The ordinary act that a redoing did again; None where it is too long ago to be known."""
    while act.undoes is not None:
        before = acts.get(act.undoes)
        if before is None:
            return None
        act = before
    return act
