"""Tells whether words are really in a message, and where; the model is believed only so far.

Pure. Case, runs of white space and typographic quotation marks and dashes don't count as
differences; anything else does.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PLAIN = str.maketrans("‘’‚‛“”„‟–—−\u00a0", "''''\"\"\"\"--- ")
_WORD = re.compile(r"\w+(?:['-]\w+)*")
# Words that hold a title together and say nothing; bringing one in changes no meaning.
SMALL = frozenset(("a", "an", "the", "to", "of", "for", "and", "with", "in", "on", "at", "by"))
_ENDINGS = ("ing", "ies", "ed", "es", "s", "d", "e", "y")
_SHORTEST_STEM = 3


@dataclass(frozen=True, slots=True)
class Quoted:
    """A message, ready to be asked what it contains. Build with `Quoted.of(text)`."""

    folded: str
    # For each character of `folded`, the index in the text that it came from.
    origins: Sequence[int]
    words: frozenset[str]
    stems: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "Quoted":
        """Indexes a text; linear in its length."""
        characters: list[str] = []
        origins: list[int] = []
        for index, character in enumerate(text.translate(_PLAIN)):
            folded = " " if character.isspace() else character.casefold()
            if folded == " " and characters and characters[-1] == " ":
                continue
            characters.extend(folded)
            origins.extend([index] * len(folded))
        folded_text = "".join(characters)
        words = frozenset(_WORD.findall(folded_text))
        return cls(folded_text, origins, words, frozenset(map(_stem, words)))

    def find(self, phrase: str) -> tuple[int, int] | None:
        """Where the phrase stands as whole words: start and end in code points of the text."""
        wanted = fold(phrase)
        if not wanted:
            return None
        at = self.folded.find(wanted)
        while at >= 0:
            end = at + len(wanted)
            if self._edge(at) and self._edge(end):
                return self.origins[at], self.origins[end - 1] + 1
            at = self.folded.find(wanted, at + 1)
        return None

    def says(self, sentence: str) -> bool:
        """Whether each word of the sentence is in the text, a verb in any form; numbers exactly."""
        words = _WORD.findall(fold(sentence))
        return bool(words) and all(
            word in self.words
            or word in SMALL
            or (not any(map(str.isdigit, word)) and _stem(word) in self.stems)
            for word in words
        )

    def _edge(self, at: int) -> bool:
        inside = 0 < at < len(self.folded)
        return not (inside and self.folded[at - 1].isalnum() and self.folded[at].isalnum())


def fold(phrase: str) -> str:
    """The phrase as it is compared: case-folded, plain marks, single spaces, none at the ends."""
    return " ".join(phrase.translate(_PLAIN).casefold().split())


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word
