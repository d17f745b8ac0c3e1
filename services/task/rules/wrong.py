"""What is wrong with a request, gathered from all who look at it, and told at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.runtime.errors import Invalid, Violation

FIELDS_INVALID = ("FIELDS_INVALID", "Correct these fields.")


@dataclass(slots=True)
class Wrong:
    """Faults by the reason for which they are refused, with its sentence."""

    _found: dict[tuple[str, str], list[Violation]] = field(default_factory=dict)

    @classmethod
    def fields(cls, violations: Iterable[Violation]) -> Wrong:
        """What the reading of a request's fields has found."""
        wrong = cls()
        wrong.add(*FIELDS_INVALID, violations)
        return wrong

    @property
    def none(self) -> bool:
        """Whether nothing is wrong."""
        return not self._found

    def add(self, reason: str, message: str, violations: Iterable[Violation]) -> None:
        """Notes faults of one kind, if there are any."""
        if faults := list(violations):
            self._found.setdefault((reason, message), []).extend(faults)

    def refuse(self) -> None:
        """Raises Invalid with all of it: by its own reason where there is but one kind."""
        if self.none:
            return
        kinds = list(self._found)
        reason, message = kinds[0] if len(kinds) == 1 else FIELDS_INVALID
        violations = [fault for faults in self._found.values() for fault in faults]
        raise Invalid(reason, message, violations=violations)
