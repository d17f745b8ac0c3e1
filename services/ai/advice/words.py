"""What the model is asked for advice: to better a sheet, or to word a summary. Pure."""

from dataclasses import replace
from typing import Annotated

import msgspec

from services.ai.advice.spec import Spec
from services.ai.llm.asking import Prompt
from services.ai.llm.sticking import sticks_to
from services.ai.model import Context

SPEC_VERSION, SUMMARY_VERSION = "spec.v1", "summary.v1"
SPEC_TOKENS, SUMMARY_TOKENS = 1_500, 600
_Line = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class SpecWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The lines of a sheet."""

    overview: Annotated[str, msgspec.Meta(min_length=1, max_length=1_500)]
    criteria: Annotated[list[_Line], msgspec.Meta(min_length=4, max_length=6)]
    subtasks: Annotated[list[_Line], msgspec.Meta(min_length=3, max_length=8)]
    technical: Annotated[list[_Line], msgspec.Meta(max_length=6)] = msgspec.field(
        default_factory=list
    )
    questions: Annotated[list[_Line], msgspec.Meta(max_length=5)] = msgspec.field(
        default_factory=list
    )


class SummaryWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A summary as a paragraph."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1_500)]


def spec_prompt(text: str, spec: Spec) -> Prompt:
    """Return the prompt that asks for a better sheet."""
    draft = {
        "criteria": list(spec.criteria),
        "subtasks": list(spec.subtasks),
        "technical": list(spec.technical),
        "questions": list(spec.questions),
    }
    return Prompt(SPEC_VERSION, {"request": text, "draft": draft}, answer_tokens=SPEC_TOKENS)


def summary_prompt(sentences: list[str]) -> Prompt:
    """Return the prompt that asks for a paragraph."""
    return Prompt(SUMMARY_VERSION, {"sentences": sentences}, answer_tokens=SUMMARY_TOKENS)


def better(spec: Spec, said: SpecWords, text: str, context: Context) -> Spec | None:
    """Return the sheet with the model's lines; None where they hold what nobody said."""
    lines = [said.overview, *said.criteria, *said.subtasks, *said.technical, *said.questions]
    if not sticks_to(" ".join(lines), f"{text} {spec}", context):
        return None
    return replace(
        spec,
        overview=said.overview,
        criteria=tuple(said.criteria),
        subtasks=tuple(said.subtasks),
        technical=tuple(said.technical),
        questions=tuple(said.questions),
    )
