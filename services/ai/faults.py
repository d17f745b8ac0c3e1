"""Collects what is wrong with a request, so that all of it is told at once; and who asks."""

import re
from collections.abc import Sized

from services.runtime import context as calls
from services.runtime.context import Caller
from services.runtime.errors import Forbidden, Invalid, Violation

_SURROGATE = re.compile("[\ud800-\udfff]")


class Faults:
    """The faults of one request; `raise_if_any` ends it with all of them."""

    def __init__(self) -> None:
        self._violations: list[Violation] = []

    def add(self, field: str, detail: str) -> None:
        """Note a fault."""
        self._violations.append(Violation(field, detail))

    def raise_if_any(self) -> None:
        """Raise Invalid REQUEST_INVALID with every fault noted."""
        if self._violations:
            raise Invalid(
                "REQUEST_INVALID",
                "Mend the fields named and ask again.",
                violations=self._violations,
            )

    def text(self, field: str, text: str, *, most: int, least: int = 0) -> str:
        """Return the text, noting what is wrong with it."""
        if least and not text.strip():
            self.add(field, f"must hold {least} to {most:,} characters, not blanks alone")
        elif len(text) > most:
            self.add(field, f"must hold at most {most:,} characters, not {len(text):,}")
        if "\0" in text:
            self.add(field, "must not hold the NUL character")
        if not text.isascii() and _SURROGATE.search(text):
            self.add(field, "must not hold half of a surrogate pair")
        return text

    def many(self, field: str, values: Sized, *, most: int) -> None:
        """Note it where there are too many."""
        if len(values) > most:
            self.add(field, f"must hold at most {most:,}, not {len(values):,}")


def acting_person() -> tuple[int, Caller]:
    """Return the number of the person who asks, and the caller; Forbidden where nobody acts."""
    caller = calls.caller()
    if caller.person is None:
        raise Forbidden(
            "PERSON_MISSING",
            "This is done for people: send a token, or name the person who acts.",
        )
    return caller.person, caller
