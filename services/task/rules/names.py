"""Names as they are compared: case and runs of spaces don't count."""

from __future__ import annotations


def fold(name: str) -> str:
    """The form in which names are compared."""
    return " ".join(name.casefold().split())
