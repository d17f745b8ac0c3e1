"""Builds the request that the model gets: fixed instructions first, then the message as data.

The instructions never vary, so that the vendor's prefix cache holds them. People are told by their
names alone, tasks by number and title, and only those that may be meant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.ai.asking import Prompt
from services.ai.model import Intent

VERSION = "interpret.v2"
INTENTS = ", ".join(intent.value for intent in Intent)


@dataclass(frozen=True, slots=True)
class Question:
    """What the model is told of a message."""

    text: str
    received: datetime
    sender: str
    people: Mapping[str, Sequence[str]]
    tasks: Mapping[str, str]
    last_task: str | None


def of(question: Question) -> Prompt:
    """Return the prompt that asks for a reading."""
    return Prompt(
        VERSION,
        {
            "sender": question.sender,
            # The day alone: the same message an hour later is the same question.
            "received": question.received.strftime("%A %Y-%m-%d"),
            "people": {name: list(others) for name, others in question.people.items()},
            "tasks": dict(question.tasks),
            "last_task": question.last_task,
            "message": question.text,
        },
        fill={"intents": INTENTS},
    )
