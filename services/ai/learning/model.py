"""A rule as a plain value; `protos/boss/task/v1/rule.proto` mirrors it.

A rule changes how words are read, never what anybody may do: who acts on a reading is checked by
the task service as for every other.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from services.ai.model import Candidate

PHRASE_MOST, WORDS_MOST, SENTENCE_MOST, RULES_MOST = 60, 200, 500, 500


class RuleKind(enum.Enum):
    """What a rule does."""

    # Words stand for other words, before reading.
    MEANS = "means"
    # A field of a new task, where nothing was said of it.
    DEFAULT = "default"
    # The same, for wording that was once corrected.
    LESSON = "lesson"


class RuleField(enum.Enum):
    """What of a new task a rule sets."""

    ASSIGNEES = "assignees"
    PRIORITY = "priority"
    DEADLINE = "deadline"
    ESTIMATE = "estimate"
    TAG = "tag"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `phrase`: the words it is about; `person`: whose tasks it is about instead.

    `value` are the words that are meant (MEANS), or the field's value in words; for assignees the
    people count.
    """

    kind: RuleKind
    phrase: str
    value: str = ""
    field: RuleField | None = None
    people: tuple[Candidate, ...] = ()
    person: Candidate | None = None
    sentence: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """A rule that took part in a reading, and where: what the card says "by your rule" of."""

    rule: Rule
    field: str
    task: int = 0

    @property
    def words(self) -> str:
        """The rule as it is told on a card."""
        return f"By your rule “{self.rule.sentence or self.rule.phrase}”."


Rules = Sequence[Rule]
