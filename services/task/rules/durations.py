"""How people write how long something took: 2h30m, 1.5h, 45m, 1d (a day of work: 8 hours)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

LEAST_MINUTES = 1
MOST_MINUTES = 24 * 60
HOURS_A_DAY = 8
LONGEST_TEXT = 40

_UNITS = {"d": HOURS_A_DAY * 60, "h": 60, "m": 1}
_PART = re.compile(
    r"\s*(\d{1,6}(?:[.,]\d{1,4})?)\s*(d(?:ays?)?|h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?)(?![a-z])",
    re.ASCII,
)
HOW = "Write it like 2h30m, 1.5h, 45m or 1d (8 hours)."


class DurationError(ValueError):
    """The text is no such duration; the message says what is right."""


def parse(text: str) -> int:
    """The minutes, rounded to whole ones. Raises DurationError."""
    written = text.strip().casefold()
    if not written:
        raise DurationError(HOW)
    if len(written) > LONGEST_TEXT:
        message = f"Write it in at most {LONGEST_TEXT} characters."
        raise DurationError(message)
    if re.fullmatch(r"\d+([.,]\d+)?", written, re.ASCII):
        message = f"“{text.strip()}” of what? {HOW}"
        raise DurationError(message)
    return checked(int(_sum(written).quantize(Decimal(1), ROUND_HALF_UP)))


def _sum(written: str) -> Decimal:
    total, at = Decimal(0), 0
    order = "dhm"
    while at < len(written):
        part = _PART.match(written, at)
        if part is None:
            raise DurationError(HOW)
        unit = part[2][0]
        if unit not in order:
            message = f"Days, then hours, then minutes, each once. {HOW}"
            raise DurationError(message)
        order = order[order.index(unit) + 1 :]
        total += Decimal(part[1].replace(",", ".")) * _UNITS[unit]
        at = part.end()
    return total


def checked(minutes: int) -> int:
    """The minutes, where they are no less and no more than an entry may have."""
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        message = f"Give 1 minute to 24 hours; this is {words(minutes)}."
        raise DurationError(message)
    return minutes


def words(minutes: int) -> str:
    """As people write it: "2h 30m"."""
    hours, rest = divmod(abs(minutes), 60)
    parts = [f"{hours}h"] if hours else []
    if rest or not hours:
        parts.append(f"{rest}m")
    return ("-" if minutes < 0 else "") + " ".join(parts)
