"""Checks of what comes in: every fault of a request is collected, then told at once."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from services.runtime.errors import Invalid, Violation

FIRST_S, LAST_S = -62_135_596_800, 253_402_300_799  # the years 1 to 9999
NANOS = 1_000_000_000
# Control characters; of these, a text of several lines may have tab, newline and return.
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
CONTROL_IN_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SURROGATE = re.compile(r"[\ud800-\udfff]")


class Faults:
    """The faults of one request; `raise_if_any` ends it with all of them."""

    def __init__(self) -> None:
        self._violations: list[Violation] = []

    def add(self, field: str, detail: str) -> None:
        """Notes a fault."""
        self._violations.append(Violation(field, detail))

    @property
    def noted(self) -> tuple[Violation, ...]:
        """All so far."""
        return tuple(self._violations)

    def raise_if_any(self) -> None:
        """Raises Invalid FIELDS_INVALID with every fault noted."""
        if self._violations:
            raise Invalid("FIELDS_INVALID", "Correct these fields.", violations=self._violations)

    def line(self, field: str, text: str, *, most: int, least: int = 0) -> str:
        """A text of one line, without spaces at its ends."""
        return self._text(field, text.strip(), CONTROL, least=least, most=most)

    def lines(self, field: str, text: str, *, most: int) -> str:
        """A text of any lines."""
        return self._text(field, text, CONTROL_IN_LINES, least=0, most=most)

    def _text(self, field: str, text: str, bad: re.Pattern[str], *, least: int, most: int) -> str:
        if len(text) < least or len(text) > most:
            span = f"{least} to {most:,}" if least else f"at most {most:,}"
            self.add(field, f"Write {span} characters; these are {len(text):,}.")
        elif not text.isprintable() and (bad.search(text) or SURROGATE.search(text)):
            self.add(field, "Leave out control characters and halves of characters.")
        return text

    def many(self, field: str, count: int, *, most: int) -> None:
        """How many there are of something."""
        if count > most:
            self.add(field, f"At most {most} are allowed; these are {count}.")

    def moment(self, field: str, message: Any, name: str) -> datetime | None:
        """The time in a field of a message, None where it is unset."""
        if not message.HasField(name):
            return None
        stamp = getattr(message, name)
        if not FIRST_S <= stamp.seconds <= LAST_S or not 0 <= stamp.nanos < NANOS:
            self.add(field, "Give a time of the years 1 to 9999.")
            return None
        found = datetime.fromtimestamp(stamp.seconds, UTC)
        return found.replace(microsecond=stamp.nanos // 1_000)

    def one_of(self, field: str, text: str, allowed: Collection[str]) -> str:
        """A word of a list."""
        if text not in allowed:
            self.add(field, f"Choose one of {', '.join(sorted(allowed))}.")
        return text

    def mask(self, paths: Collection[str], allowed: Collection[str]) -> list[str]:
        """The fields named by an update mask."""
        if not paths:
            self.add("update_mask", "Name the fields to replace.")
        for path in paths:
            if path not in allowed:
                self.add("update_mask", f"“{path}” can't be changed so.")
        return [path for path in paths if path in allowed]

    def request_id(self, text: str) -> UUID:
        """The request's id; without one, each request is a new one."""
        return self.uuid("request_id", text) if text else uuid4()

    def uuid(self, field: str, text: str) -> UUID:
        """A UUID."""
        try:
            return UUID(text)
        except ValueError:
            self.add(field, "Give a UUID.")
            return uuid4()
