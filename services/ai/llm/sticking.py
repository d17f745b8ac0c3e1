"""Whether words stick to what was told: no number and no name that wasn't. Pure.

What a model says in words goes through here; what doesn't stick is not passed on.
"""

import re

from services.ai import wording
from services.ai.model import Context

_NUMBER = re.compile(r"\d+")


def invents_numbers(words: str, told: str) -> bool:
    """Return whether words hold a number that was not told."""
    return not set(_NUMBER.findall(words)) <= set(_NUMBER.findall(told))


def sticks_to(words: str, told: str, context: Context) -> bool:
    """Return whether words bring in no number and nobody's name."""
    return not invents_numbers(words, told) and names_in(words, context) <= names_in(told, context)


def names_in(text: str, context: Context) -> frozenset[str]:
    """Return the people of the workspace whose names are in a text."""
    said = frozenset(wording.words(text))
    return frozenset(
        person.name
        for person in context.roster
        if any(word in said for word in wording.words(person.display_name))
    )
