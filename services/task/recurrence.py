"""RRULEs that may be stored: a whitelist of parts, checked before anything else reads them.

RFC 5545 section 3.3.10, without what no task needs (seconds, minutes, hours) and without what
makes a reader run away (INTERVAL=0, a COUNT of nothing, dates that never come).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

LENGTH = 500
_DAY = r"(?:[+-]?(?:[1-4]?\d|5[0-3]))?(?:MO|TU|WE|TH|FR|SA|SU)"
_MONTH_DAY = r"-?(?:[1-9]|[12]\d|3[01])"
_PARTS: Mapping[str, re.Pattern[str]] = {
    "FREQ": re.compile(r"DAILY|WEEKLY|MONTHLY|YEARLY"),
    "INTERVAL": re.compile(r"[1-9]\d{0,2}"),
    "COUNT": re.compile(r"[1-9]\d{0,3}"),
    "UNTIL": re.compile(r"\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:T\d{6}Z?)?"),
    "BYDAY": re.compile(f"{_DAY}(?:,{_DAY})*"),
    "BYMONTHDAY": re.compile(f"{_MONTH_DAY}(?:,{_MONTH_DAY})*"),
    "BYMONTH": re.compile(r"(?:[1-9]|1[0-2])(?:,(?:[1-9]|1[0-2]))*"),
    "BYSETPOS": re.compile(r"(?:-1|-[2-5]|[1-5])(?:,(?:-[1-5]|[1-5]))*"),
    "WKST": re.compile(r"MO|TU|WE|TH|FR|SA|SU"),
}


def fault(rule: str) -> str:
    """What is wrong with a rule, as a sentence; empty if nothing is."""
    if len(rule) > LENGTH:
        return f"Write at most {LENGTH} characters."
    seen: dict[str, str] = {}
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        pattern = _PARTS.get(name)
        if pattern is None:
            return f"“{part[:40]}” is no part that is known here; see RFC 5545, RRULE."
        if name in seen:
            return f"{name} is there twice."
        if not pattern.fullmatch(value):
            return f"{name} can't be “{value[:40]}”."
        seen[name] = value
    if "FREQ" not in seen:
        return "Begin with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY."
    if "COUNT" in seen and "UNTIL" in seen:
        return "Give COUNT or UNTIL, not both."
    return _never(seen)


def _never(parts: Mapping[str, str]) -> str:
    """Whether the rule names only days that no month has."""
    days = [abs(int(day)) for day in parts.get("BYMONTHDAY", "").split(",") if day]
    months = {int(month) for month in parts.get("BYMONTH", "").split(",") if month}
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
    if days and months and min(days) > max(longest.get(month, 31) for month in months):
        return "That day never comes."
    return ""
