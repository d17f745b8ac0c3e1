"""What the model may answer: phrases of the message and how they hang together, and nothing else.

The one definition of the schema: the prompt shows it, and an answer is decoded by it strictly. An
answer that exceeds it in any way is no answer. Whether the phrases are really in the message is
seen to by `quoted.py`; dates, people and ids are made of them by the grammar's own code.
"""

from typing import Annotated

import msgspec

from services.ai.model import Intent

Phrase = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Phrases = Annotated[list[Phrase], msgspec.Meta(max_length=20)]
Titles = Annotated[list[Title], msgspec.Meta(max_length=50)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=8000)]
Index = Annotated[int, msgspec.Meta(ge=0, lt=50)]


class TaskReading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One piece of work that the message asks for."""

    title: Title
    people: Phrases = msgspec.field(default_factory=list)
    deadline: Phrase | None = None
    priority: Phrase | None = None
    recurrence: Phrase | None = None
    tags: Phrases = msgspec.field(default_factory=list)
    subtasks: Titles = msgspec.field(default_factory=list)
    after: Annotated[list[Index], msgspec.Meta(max_length=50)] = msgspec.field(default_factory=list)
    estimate: Phrase | None = None


class FilterReading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that narrow a question."""

    people: Phrases = msgspec.field(default_factory=list)
    status: Phrase | None = None
    priority: Phrase | None = None
    due: Phrase | None = None
    tag: Phrase | None = None
    text: Phrase | None = None


class _Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    intent: Intent
    tasks: Annotated[list[TaskReading], msgspec.Meta(max_length=50)] = msgspec.field(
        default_factory=list
    )
    refs: Phrases = msgspec.field(default_factory=list)
    people: Phrases = msgspec.field(default_factory=list)
    deadline: Phrase | None = None
    priority: Phrase | None = None
    recurrence: Phrase | None = None
    title: Title | None = None
    text: Text | None = None
    tag: Phrase | None = None
    subtasks: Titles = msgspec.field(default_factory=list)
    depends_on: Phrases = msgspec.field(default_factory=list)
    filter: FilterReading | None = None

    def __post_init__(self) -> None:
        if self.intent is Intent.CREATE and not self.tasks:
            raise ValueError("creates nothing")


class OtherReading(_Reading, frozen=True, forbid_unknown_fields=True):
    """Another way to take the whole message, where it has more than one."""


class Reading(_Reading, frozen=True, forbid_unknown_fields=True):
    """A whole message. Only what the intent needs is looked at.

    `others`, the likelier first, where a careful colleague might take the message otherwise: all
    in one answer, for a message is asked about once.
    """

    sure: bool = False
    others: Annotated[list[OtherReading], msgspec.Meta(max_length=2)] = msgspec.field(
        default_factory=list
    )
