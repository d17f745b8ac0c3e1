"""What the model is asked about a submission: for a remark in words, never for a score."""

from typing import Annotated

import msgspec

from services.ai.llm.asking import Prompt
from services.ai.review.model import Review, Submission

VERSION = "review.v1"
ANSWER_TOKENS = 300


class Remark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The model's words."""

    remark: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


def prompt(submission: Submission, review: Review) -> Prompt:
    """Return the prompt that asks for a remark."""
    return Prompt(
        VERSION,
        {
            "title": submission.title,
            "criteria": {each.text: each.finding.value for each in review.criteria},
            "proof": [f"{each.kind.value}: {each.caption}" for each in submission.proof],
            "notes": submission.notes,
            "missing": list(review.missing),
        },
        answer_tokens=ANSWER_TOKENS,
    )
