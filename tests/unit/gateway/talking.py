"""Drives a decision with a table of answers, as `converse` does with the services."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from services.gateway.dialog.effects import Decision
from services.gateway.dialog.model import (
    Assignee,
    Conversation,
    Incoming,
    Named,
    NewTask,
    Person,
    Reading,
    Role,
    Task,
    Turn,
    Written,
)
from services.gateway.dialog.needs import Need, Talk
from services.gateway.dialog.respond import respond

# A Wednesday, 10:00 in Bangkok.
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
DRAFT = "00000000-0000-5000-8000-000000000001"
ACT = "00000000-0000-4000-8000-00000000000a"
ZONE = "Asia/Bangkok"

DANA = Person("workspaces/1/people/1", "Dana", Role.BOSS, ZONE)
ANA = Person("workspaces/1/people/2", "Ana", Role.MEMBER, ZONE, aliases=("Anna",))
BEN = Person("workspaces/1/people/3", "Ben", Role.MEMBER, ZONE)


def named(person: Person) -> Named:
    return Named(person.name, person.display_name)


def task(number: int, title: str, *people: Person, **more: Any) -> Task:
    assignees = tuple(Assignee(one.name, one.display_name) for one in people)
    return Task(f"workspaces/1/tasks/{number}", title, assignees=assignees, **more)


def turn(
    said: Any, *, by: Person = DANA, conversation: Conversation | None = None, **more: Any
) -> Turn:
    content = Written(said) if isinstance(said, str) else said
    return Turn(
        Incoming(content, message=more.pop("message", "10"), **more),
        by,
        conversation or Conversation(),
        NOW,
        DRAFT,
        "boss_bot",
    )


def drive(talk: Talk[Decision], answers: Mapping[type, Any]) -> Decision:
    """Runs the decision to its end; an answer is a value or a function of the need."""
    answer: Any = None
    while True:
        try:
            need: Need[Any] = talk.send(answer)
        except StopIteration as done:
            decision: Decision = done.value
            return decision
        known = answers[type(need)]
        answer = known(need) if isinstance(known, Callable) else known  # type: ignore[arg-type]


def decide(said: Any, answers: Mapping[type, Any] | None = None, **more: Any) -> Decision:
    return drive(respond(turn(said, **more)), answers or {})


def creating(*tasks: NewTask, sure: bool = True, **more: Any) -> Reading:
    return Reading("create", tasks=tasks, sure=sure, **more)
