"""Builds the request that the model gets: fixed instructions first, then the message as data.

The instructions never vary, so that the vendor's prefix cache holds them. People are told by their
names alone, tasks by number and title, and only those that may be meant.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from services.ai import reading
from services.ai.model import Intent

VERSION = "interpret.v1"
# A reading of a long message with many tasks stays well below.
ANSWER_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class Question:
    """What the model is told of a message."""

    text: str
    received: datetime
    sender: str
    people: Mapping[str, Sequence[str]]
    tasks: Mapping[str, str]
    last_task: str | None


def body(question: Question, model: str) -> dict[str, Any]:
    """The body of a chat completion."""
    told = {
        "sender": question.sender,
        "received": question.received.strftime("%A %Y-%m-%d %H:%M"),
        "people": {name: list(others) for name, others in question.people.items()},
        "tasks": dict(question.tasks),
        "last_task": question.last_task,
        "message": question.text,
    }
    return {
        "model": model,
        "messages": [
            {"role": "system", "content": instructions()},
            {"role": "user", "content": json.dumps(told, ensure_ascii=False)},
        ],
        "response_format": {"type": "json_object"},
        "temperature": 0,
        "max_tokens": ANSWER_TOKENS,
        "stream": False,
    }


@cache
def instructions() -> str:
    """The versioned prompt, with the schema and the intents filled in."""
    text = (Path(__file__).parent / "prompts" / f"{VERSION}.md").read_text(encoding="utf-8")
    intents = ", ".join(intent.value for intent in Intent)
    return text.format(schema=reading.schema(), intents=intents)
