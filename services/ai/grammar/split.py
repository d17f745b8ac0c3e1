"""A message cut into clauses, each of which may ask for one task, and how they hang together.

Separators are new lines, list marks, ordinals, ";", "then", "and also", "another", "plus", the end
of a sentence, and a new person with a verb after "," or "and". Nothing is cut within quotations.
"""

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.ai.grammar.counting import DAY
from services.ai.grammar.lines import LABEL, LABELLED, is_shortened, lines_of
from services.ai.grammar.tokens import PERSON
from services.ai.grammar.verbs import is_verb


class Joined(enum.Enum):
    """How a clause follows on the one before."""

    NEW = "new"
    SAME_SENTENCE = "same sentence"
    THEN = "then"
    # It is listed under a heading, or indented under a task.
    ITEM = "item"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Piece:
    """A clause: a stretch of the message. `heading`: what follows is listed under it."""

    start: int
    end: int
    joined: Joined = Joined.NEW
    heading: bool = False


_NAMES = rf"{PERSON}+(?:(?:, and |, | and | & | / |/| \+ )(?:the )?{PERSON}+)*"
MODAL = (
    r"(?:needs? to|should|must|has to|have to|had to|ought to|shall|will|would|can|could|is to|are to|gets? to|got to"
    r"|is going to|are going to|is supposed to|to|please|'ll|is responsible for|takes? care of|needs|has until|then|also)"
)
_INLINE_NUMBER = re.compile(r"(?:(?<=\s)|^)(?:\(?([1-9])[.)]|\(?([a-e])\))\s+(?=\S)")
_ORDINAL = re.compile(
    r"(?:^|(?<=[\s,;.:]))(?:and )?(?:the )?(first|second|third|fourth|fifth|1st(?=:)|2nd(?=:)|3rd(?=:)|4th(?=:)|5th(?=:))(?:ly)?(?: one| task| thing)?(?: is)?\s*[,:]?\s+"
    rf"(?!(?:{DAY}|of|half|quarter|aid|time|draft|version|week|day)\b)"
)
_ORDINALS = (
    ("first", "1st"),
    ("second", "2nd"),
    ("third", "3rd"),
    ("fourth", "4th"),
    ("fifth", "5th"),
)
_COUNTED = re.compile(
    r"(?:[^:.\n]{0,80}\b)?(?:things|tasks|to-?dos|items|jobs|points|stuff|work)\b[^:.\n]{0,60}:\s*"
)
# What holds for all stands before them: "everything by friday: Ben fixes the door, Ana paints it".
_ALL_BY = re.compile(
    rf"(?:please )?(?:everything|all|both|all of (?:it|this|these)|these|due|for|by|until|before)\b[^:\n,{PERSON}]{{0,40}}:\s+(?={PERSON})"
)
_DUTIES = re.compile(
    r"(?:(?:please|we|i|you|they|still|today|also)\s+)*(?:have to|has to|need to|must|should|to do|todo|do|want to|are going to)(?: today| tomorrow| this week)?\s*:\s*"
)
_WITH_PARTS = re.compile(
    r"[,;]?\s+(?:with (?:the )?(?:subtasks?|sub-tasks?|steps|parts)|subtasks|steps)(?: are)?\s*:?\s+"
)
_ASIDE = re.compile(r"[^:\n]{1,60}\baside\s*[:,]\s*")
_DONE = r"(?:done|finished|complete|completed|ready|live|merged|fixed|over|through|approved|here|there|in|up|out|arrived|[a-z]{3,}ed)"
_THEN = re.compile(
    r"(?:[,;.]\s*|\s+)(?:and\s+)?(?:(?:then|after that|afterwards|after this|after which)\b"
    rf"|(?:once|when|as soon as|after) (?:that|this|it|he|she|they)(?:'s| is| has|'re| are)?(?: been)? {_DONE}\b|once done\b|when done\b)\s*[,:]?\s*(?=\S)"
)
_THEN_AT_THE_END = re.compile(
    r",?\s+(?:after|afterwards|after that|after this|then|"
    rf"(?:once|when|as soon as|after) (?:that|this|it|he|she|{PERSON}+|(?:the|his|her) \w+)(?:'s| is| are| has| has been)? {_DONE})[\s.!]*$"
)
_ALSO = re.compile(
    r"(?:[,;.]\s*(?:and\s+)?|\s+and\s+)(?:also|plus|additionally|in addition|another (?:one|task|thing)|another)\b(?: is| for)?\s*[,:]?\s*(?=\S)"
    rf"|\s+plus\s+(?={PERSON})|,\s*plus\s+"
)
_SEMICOLON = re.compile(r"\s*;\s*(?=\S)")
_SENTENCE = re.compile(rf"(?<![\d.])[.!?]+\s+(?=\S)|(?<=\d)[.!?]\s+(?=[a-z{PERSON}])")
_CLAUSE = re.compile(
    r"(?:,\s*(?:and\s+|while\s+|but\s+|or\s+|so\s+)?|\s+and\s+|\s+while\s+|\s+but\s+|\s+[-–—]\s+)(?=\S)"
)
_SOMEBODY = re.compile(
    rf"(?:{_NAMES}|i(?='ll| (?:will|must|have to|need to|should)\b))(?:,? (?P<modal>{MODAL})\b| (?P<word>[a-z]+)\b(?P<object> (?:(?:up|down|out|off|in|away|over|back|through|around) )?(?:the|an?|all|our|my|his|her|their|it|them|every|each|this|these|those|some|\d+)\b)?|\s*:|'ll\b)"
)
_ASKING = re.compile(rf"(?:please )?(?:ask|tell|have|get|let) {_NAMES} ")
_ONLY_PERSON = re.compile(rf"(?:.*[{PERSON}:]\s*|[\s,]*)", re.DOTALL)


def split(low: str) -> list[Piece]:
    """Return the clauses of a marked text, in order."""
    lines = list(lines_of(low))
    if len(lines) == 1:
        start, end, _, listed = lines[0]
        # The mark of the only line may be the first of "1) … 2) …".
        whole = start if not listed else len(low) - len(low.lstrip())
        return _numbered(low, whole, end) or _inline(low, start, end)
    pieces: list[Piece] = []
    indents: list[int] = []
    under = False
    for index, (start, end, indent, listed) in enumerate(lines):
        following = lines[index + 1] if index + 1 < len(lines) else None
        heads_list = following is not None and following[3] and not listed
        ends_in_colon = low[start:end].rstrip().endswith(":")
        if (heads_list or ends_in_colon) and following is not None and not listed:
            pieces.append(Piece(start, end, heading=True))
            indents, under = [], True
        elif listed:
            part = bool(indents) and indent > indents[-1]
            if not part:
                indents.append(indent)
            joined = Joined.PART if part else Joined.ITEM if under else Joined.NEW
            pieces.append(Piece(start, end, joined))
        elif under and not indents:
            pieces.append(Piece(start, end, Joined.ITEM))
        else:
            inline = _inline(low, start, end)
            under = under or any(piece.heading for piece in inline)
            pieces += inline
    return pieces


def ends_in_then(low: str) -> int | None:
    """Return where "after that" begins at the end of a clause, None where there is none."""
    match = _THEN_AT_THE_END.search(low, max(0, len(low) - 48))
    return match.start() if match else None


def _inline(low: str, start: int, end: int) -> list[Piece]:
    """Return the clauses of one line."""
    if aside := _ASIDE.match(low, start, end) or LABEL.match(low, start, end):
        start = aside.end()
    numbered = _numbered(low, start, end) or _ordinals(low, start, end)
    if numbered:
        return numbered
    if heading := _ALL_BY.match(low, start, end):
        pieces = [replace(piece, joined=Joined.ITEM) for piece in _clauses(low, heading.end(), end)]
        return [Piece(start, heading.end(), heading=True), *pieces]
    if heading := _COUNTED.match(low, start, end) or _DUTIES.match(low, start, end):
        return _counted(low, heading, end)
    if parts := _WITH_PARTS.search(low, start, end):
        return [
            Piece(start, parts.start(), heading=True),
            *_listed(low, parts.end(), end, Joined.PART),
        ]
    if parted := _parts_after_colon(low, start, end):
        return parted
    return list(_clauses(low, start, end))


def _numbered(low: str, start: int, end: int) -> list[Piece]:
    marks: list[re.Match[str]] = []
    for match in _INLINE_NUMBER.finditer(low, start, end):
        if (match[1] or match[2]) in (str(len(marks) + 1), chr(ord("a") + len(marks))):
            marks.append(match)
    if len(marks) < 2:  # noqa: PLR2004 -- one number is no list
        return []
    joined = Joined.NEW
    pieces: list[Piece] = []
    if low[start : marks[0].start()].strip():
        pieces.append(Piece(start, marks[0].start(), heading=True))
        joined = Joined.ITEM
    ends = [*(mark.start() for mark in marks[1:]), end]
    return pieces + [Piece(m.end(), e, joined) for m, e in zip(marks, ends, strict=True)]


def _ordinals(low: str, start: int, end: int) -> list[Piece]:
    marks: list[re.Match[str]] = []
    for match in _ORDINAL.finditer(low, start, end):
        if len(marks) < len(_ORDINALS) and match[1] in _ORDINALS[len(marks)]:
            marks.append(match)
    if len(marks) < 2:  # noqa: PLR2004 -- "first" alone is a word like others
        return []
    pieces: list[Piece] = []
    if low[start : marks[0].start()].strip(" ,:;"):
        pieces.append(Piece(start, marks[0].start(), heading=True))
    joined = Joined.ITEM if pieces else Joined.NEW
    ends = [*(mark.start() for mark in marks[1:]), end]
    return pieces + [Piece(m.end(), e, joined) for m, e in zip(marks, ends, strict=True)]


def _counted(low: str, heading: re.Match[str], end: int) -> list[Piece]:
    """Items, then sentences: "three things from Ben: a, b and c. Everything by friday"."""
    sentences = list(_cut(low, heading.end(), end, _SENTENCE))
    first_start, first_end = sentences[0]
    pieces = [Piece(heading.start(), heading.end(), heading=True)]
    pieces += _listed(low, first_start, first_end, Joined.ITEM)
    for s, e in sentences[1:]:
        pieces += [replace(p, joined=Joined.SAME_SENTENCE) for p in _clauses(low, s, e)]
    return pieces


def _listed(low: str, start: int, end: int, joined: Joined) -> list[Piece]:
    separator = re.compile(r"\s*(?:;|,\s*and\s|,)\s*(?=\S)|\s+and\s+")
    return [Piece(s, e, joined) for s, e in _cut(low, start, end, separator) if low[s:e].strip()]


def _parts_after_colon(low: str, start: int, end: int) -> list[Piece]:
    """A work and its parts: "Website relaunch by dec 18: wireframes, design, handoff"."""
    colon = low.find(": ", start, end)
    if colon < 0:
        return []
    head, items = low[start:colon], low[colon + 2 : end]
    if len(re.findall(r"[a-z]{3,}", head)) < 2 or re.search(r"\b(?:is|are|was|task|todo)\b", head):  # noqa: PLR2004
        return []
    behind = _SENTENCE.search(low, colon + 2, end)
    stop = behind.start() if behind else end
    items = low[colon + 2 : stop]
    parts = _listed(low, colon + 2, stop, Joined.PART)
    short = all(len(low[p.start : p.end].split()) <= 4 for p in parts)  # noqa: PLR2004 -- words of a part
    if len(parts) < 3 or not short or PERSON in items or re.search(r"[;!?]\s", items):  # noqa: PLR2004
        return []
    rest = _clauses(low, behind.end(), end) if behind else ()
    after = [replace(piece, joined=Joined.SAME_SENTENCE) for piece in rest]
    return [Piece(start, colon, heading=True), *parts, *after]


def _cut(low: str, start: int, end: int, separator: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    at = start
    for match in separator.finditer(low, start, end):
        yield at, match.start()
        at = match.end()
    yield at, end


def _clauses(low: str, start: int, end: int) -> Iterator[Piece]:
    at, joined = start, Joined.NEW
    for s_start, s_end, next_joined in _separators(low, start, end):
        if s_start < at or not re.search(r"\w|[\ue000-\ue002]", low[at:s_start]):
            if s_start >= at and next_joined is Joined.THEN and at == start:
                at = s_end
            continue
        yield Piece(at, s_start, joined)
        at, joined = s_end, next_joined
    yield Piece(at, end, joined)


def _separators(low: str, start: int, end: int) -> list[tuple[int, int, Joined]]:
    found: list[tuple[int, int, Joined]] = []
    busy = bytearray(end - start)
    rules = (
        (_THEN, Joined.THEN),
        (_ALSO, Joined.SAME_SENTENCE),
        (_SEMICOLON, Joined.SAME_SENTENCE),
        (_SENTENCE, Joined.NEW),
        (LABELLED, Joined.NEW),
        (_CLAUSE, Joined.SAME_SENTENCE),
    )
    for pattern, joined in rules:
        for match in pattern.finditer(low, start, end):
            s, e = match.span()
            if any(busy[s - start : e - start]):
                continue
            if pattern is _CLAUSE and not _begins_clause(low, start, s, e, end):
                continue
            if pattern is _SENTENCE and is_shortened(low, start, s, e):
                continue
            busy[s - start : e - start] = b"x" * (e - s)
            found.append((s, e, joined))
    return sorted(found)


# "Ana paints the gate, Ben the fence": the verb is not said again.
# No work, though an object follows: "Ana and Ben with the keys".
_NO_VERBS = re.compile(
    r"and|or|with|from|for|at|in|on|of|by|about|who|is|was|has|had|as|like|than|into|over|under|near|behind|before|after|since|said|says|did|wrote|thinks|knows|got|sent|made|saw"
)
_DETERMINERS = {"the", "a", "an", "his", "her", "our", "some"}


def _begins_clause(low: str, start: int, before: int, at: int, end: int) -> bool:
    """Whether somebody new with a verb begins here, and what stands before is more than a name."""
    if low[before - 1 : before] in (PERSON, ":", "") or not low[start:before].strip(" ,"):
        return False
    if re.search(r"(?:^|[\s,])(?:me|myself)$", low[max(start, before - 8) : before]):
        return False
    if _ASKING.match(low, at, end):
        return True
    somebody = _SOMEBODY.match(low, at, end)
    if somebody is None:
        return False
    word = somebody["word"]
    if word in _DETERMINERS and PERSON in low[start:before]:
        return True
    return (
        word is None
        or is_verb(word)
        or (bool(somebody["object"]) and not _NO_VERBS.fullmatch(word))
    )
