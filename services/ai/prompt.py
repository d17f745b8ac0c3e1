"""Builds the request that the model gets: fixed instructions first, then the message as data.

The instructions never vary, so that the vendor's prefix cache holds them. People are told by their
names alone, tasks by number and title, and only those that may be meant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.ai.llm.asking import Prompt
from services.ai.model import Context, Intent, OpenTask
from services.ai.quoted import SMALL, Quoted, fold

VERSION = "interpret.v2"
TASKS_TOLD = 12
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


def question(text: str, context: Context) -> Question:
    """Return what the model is told: names, the tasks that may be meant, and no more."""
    return Question(
        text=text,
        received=context.now,
        sender=context.sender.display_name,
        people={each.display_name: each.aliases for each in context.roster},
        tasks={f"T-{each.number}": each.title for each in nearest_tasks(text, context)},
        last_task=next(
            (f"T-{each.number}" for each in context.open_tasks if each.name == context.last_task),
            None,
        ),
    )


def nearest_tasks(text: str, context: Context) -> list[OpenTask]:
    """Return the open tasks that the text may mean: just spoken of, named, or sharing words."""
    said = Quoted.of(text)
    recent = {context.last_task, *context.card_tasks}

    def nearness(task: OpenTask) -> float:
        if task.name in recent or said.find(str(task.number)):
            return 1000.0
        words = [word for word in fold(task.title).split() if word not in SMALL]
        shared = sum(said.says(word) for word in words)
        return shared + shared / len(words) if words else 0.0

    scored = [(nearness(task), -task.number, task) for task in context.open_tasks]
    best = sorted((each for each in scored if each[0] > 0), key=lambda each: each[:2], reverse=True)
    return [task for _, _, task in best[:TASKS_TOLD]]
