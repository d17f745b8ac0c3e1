"""Who may take a workspace out or bring one in, and what the predecessor's words mean here."""

from __future__ import annotations

from collections.abc import Mapping

from services.runtime.errors import Forbidden
from services.task.model import BlockReason, PersonRecord, Status
from services.task.rules.people import CHIEFS


def require_transfer(actor: PersonRecord) -> None:
    """Raises Forbidden NOT_ALLOWED unless the actor runs the workspace."""
    if actor.person.role not in CHIEFS:
        raise Forbidden(
            "NOT_ALLOWED", "Only the owner or a boss may export and import: ask one of them."
        )


# What a word of the predecessor's is here, beside the words that are the same: the state, and what
# else is true of the task. Source: SPEC.md, section 2, "States".
LEGACY: Mapping[str, Status] = {
    "awaiting_validation": Status.IN_REVIEW,
    "undone": Status.PENDING,
    "reopened": Status.PENDING,
    "waiting": Status.BLOCKED,
    "needs_info": Status.BLOCKED,
    "delayed": Status.IN_PROGRESS,
    "overdue": Status.IN_PROGRESS,
}
# The same in other words, as tables have them.
ALSO: Mapping[str, Status] = {
    "todo": Status.PENDING,
    "new": Status.PENDING,
    "open": Status.PENDING,
    "doing": Status.IN_PROGRESS,
    "started": Status.IN_PROGRESS,
    "review": Status.IN_REVIEW,
    "done": Status.COMPLETED,
    "canceled": Status.CANCELLED,
}
BLOCK_REASONS: Mapping[str, BlockReason] = {
    "waiting": BlockReason.EXTERNAL,
    "needs_info": BlockReason.INFORMATION,
}
# Of a blocked task of which nothing more is said.
BLOCK_REASON = BlockReason.EXTERNAL
BLOCK_WORDS: Mapping[str, BlockReason] = {each.name.lower(): each for each in BlockReason}
# Words by which a task had come back, or had been put off.
REOPENED = frozenset({"undone", "reopened"})
DELAYED = "delayed"

_STATES: Mapping[str, Status] = {
    **{status.name.lower(): status for status in Status},
    **LEGACY,
    **ALSO,
}


def state_of(word: str) -> Status | None:
    """The state of a word of a table, None where it is none."""
    return _STATES.get(word)
