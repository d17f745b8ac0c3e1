"""What the model may propose for a plan: steps, never people, dates or numbers of its own. Pure."""

from typing import Annotated

import msgspec

from services.ai.llm.asking import Prompt
from services.ai.llm.sticking import sticks_to
from services.ai.model import Context
from services.ai.planning.draft import Asked, rounded
from services.ai.planning.kinds import Step, kind_of
from services.ai.planning.model import FEWEST, MOST_DRAFTED, Question

VERSION = "plan.v1"
ANSWER_TOKENS = 2_000
_HOUR = 60
_Words = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
_Title = Annotated[str, msgspec.Meta(min_length=1, max_length=150)]


class StepIdea(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step; `after` are indexes of earlier ones."""

    title: _Title
    hours: Annotated[float, msgspec.Meta(gt=0, le=400)]
    needs: Annotated[list[_Words], msgspec.Meta(max_length=5)] = msgspec.field(default_factory=list)
    after: Annotated[
        list[Annotated[int, msgspec.Meta(ge=0, lt=12)]], msgspec.Meta(max_length=12)
    ] = msgspec.field(default_factory=list)
    subtasks: Annotated[list[_Title], msgspec.Meta(max_length=8)] = msgspec.field(
        default_factory=list
    )


class Ideas(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The steps of a plan, each after those before it or beside them."""

    tasks: Annotated[list[StepIdea], msgspec.Meta(min_length=FEWEST, max_length=MOST_DRAFTED)]

    def __post_init__(self) -> None:
        if any(place >= index for index, each in enumerate(self.tasks) for place in each.after):
            raise ValueError("a step waits for a later one")


def prompt(asked: Asked) -> Prompt:
    """Return the prompt that asks for steps."""
    kind = kind_of(asked.text)
    return Prompt(
        VERSION,
        {
            "request": asked.text,
            "matters": asked.answer(Question.MATTERS),
            "kind": kind.name,
            "usual": [step.title for step in kind.steps],
        },
        answer_tokens=ANSWER_TOKENS,
    )


def steps(ideas: Ideas | None, asked: Asked, context: Context) -> tuple[Step, ...]:
    """Return the steps that the model proposes; none where they hold what nobody said."""
    if ideas is None:
        return ()
    words = " ".join(title for each in ideas.tasks for title in (each.title, *each.subtasks))
    if not sticks_to(words, asked.text, context):
        return ()
    return tuple(
        Step(
            key=str(index),
            title=each.title,
            estimate_minutes=rounded(each.hours * _HOUR),
            needs=tuple(each.needs),
            after=tuple(str(place) for place in each.after),
            subtasks=tuple(each.subtasks),
        )
        for index, each in enumerate(ideas.tasks)
    )
