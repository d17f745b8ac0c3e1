"""A submission and its review, as plain values; they mirror `protos/boss/ai/v1/review.proto`."""

import enum
from dataclasses import dataclass


class ProofKind(enum.Enum):
    """What a piece of proof is."""

    PHOTO = "photo"
    FILE = "file"
    LINK = "link"
    COMMIT = "commit"
    TEXT = "text"


class Finding(enum.Enum):
    """What notes and captions tell of a criterion."""

    ADDRESSED = "addressed"
    MISSING = "missing"
    SAID_OPEN = "said_open"


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that shows the work."""

    kind: ProofKind
    caption: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One acceptance criterion, ticked or not."""

    text: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """What somebody hands in, and what was asked for."""

    title: str
    description: str = ""
    criteria: tuple[Criterion, ...] = ()
    proof: tuple[Proof, ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the score, and what there was to get."""

    name: str
    score: int
    most: int


@dataclass(frozen=True, slots=True)
class CriterionReview:
    """A criterion, and the sentence that tells of it."""

    text: str
    finding: Finding
    words: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """How well a submission shows that the work is done."""

    parts: tuple[Part, ...]
    criteria: tuple[CriterionReview, ...]
    missing: tuple[str, ...]

    @property
    def score(self) -> int:
        """0 to 100."""
        return sum(part.score for part in self.parts)
