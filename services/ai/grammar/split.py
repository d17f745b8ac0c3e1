"""A message into clauses, one for each task, and how they hang together."""

import re
from dataclasses import dataclass

from services.ai.grammar.people import MODAL, Names
from services.ai.grammar.words import BULLET, imperative, is_verb

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9@#-])|\n+|;\s*")
_INLINE_NUMBER = re.compile(r"(?:(?<=\s)|^)(?:\(?\d{1,2}\)|\d{1,2}\.(?=\s+[A-Za-z@]))\s+")
_ORDINAL = re.compile(
    r"(?:(?<=[\s,.;:])|^)(?:and )?(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|fourth|fifth|finally|lastly|last)(?: (?:one|task|thing))?(?:,|:| -)?\s+",
    re.IGNORECASE,
)
_THEN = re.compile(
    r"(?:[,.;]?\s+|^)(?:and )?(?:then|after that|afterwards|once (?:that's|that is|it's|this is) done|when (?:that's|that is) done|next)(?:,)?\s+(?!week\b|month\b|year\b|monday\b|tuesday\b|wednesday\b|thursday\b|friday\b|saturday\b|sunday\b)",
    re.IGNORECASE,
)
_AND_ALSO = re.compile(
    r"[,.;]?\s+(?:and also|and another(?: task)?:?|and plus|plus|also)\s+", re.IGNORECASE
)
_COMMA = re.compile(r",\s+(?:and\s+)?|\s+and\s+")
_SHARED = re.compile(
    r"^(?:and\s+)?(?:all(?: of (?:them|it|these|this))?|both(?: of them)?|everything|these|all three)\b(?P<but>.*)$",
    re.IGNORECASE,
)
_SHARED_TAIL = re.compile(
    r"[,.;]\s+(?:and\s+)?(?=(?:all(?: of (?:them|it|these))?|both|everything) (?:by|due|before|until|for|on|urgent|high|low|asap|of them|are|is|due)\b)",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"^(?:(?:new )?(?:tasks?|todos?|to-?dos?|things?|jobs|work|list)(?: list)?(?: to do)? (?:for|from) (?P<who>[^:\n]{1,60})"
    r"|i need (?:\w+ )?(?:things|tasks|jobs|favou?rs) (?:from|of) (?P<who2>[^:\n]{1,60})|(?P<who3>[^:\n]{1,40}))\s*:\s*",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"[\s,]+(?:after(?:wards| that| it)?|then|once (?:that's|it's) done)[\s.!]*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the message that asks for one task.

    `then`: after the task before; `joined`: in the same sentence, so the person goes on.
    """

    start: int
    end: int
    then: bool = False
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """The clauses, who is named for all of them, and the stretch that holds for all."""

    clauses: tuple[Clause, ...]
    heading: tuple[int, int] | None = None
    shared: tuple[int, int] | None = None


def split(text: str, known: Names) -> Split:
    """Return the clauses of a message that asks for work."""
    start, heading = _heading(text, known)
    pieces = _numbered(text, start) or _ordinals(text, start) or _sentences(text, start)
    clauses: list[Clause] = []
    shared: tuple[int, int] | None = None
    for piece in pieces:
        if clauses and _SHARED.match(text[piece.start : piece.end]):
            shared = (piece.start, piece.end)
            continue
        tail = _SHARED_TAIL.search(text, piece.start, piece.end)
        if tail:
            shared = (tail.end(), piece.end)
            piece = Clause(piece.start, tail.start(), piece.then, piece.joined)  # noqa: PLW2901
        clauses += _inside(
            text, piece, known, listed=heading is not None and len(pieces) < 2 + bool(shared)
        )
    return Split(tuple(c for c in clauses if text[c.start : c.end].strip(" .,;-")), heading, shared)


def _heading(text: str, known: Names) -> tuple[int, tuple[int, int] | None]:
    match = _HEADING.match(text)
    if not match:
        return 0, None
    who = match["who"] or match["who2"] or match["who3"]
    start = match.start("who" if match["who"] else "who2" if match["who2"] else "who3")
    words = re.sub(r"\b(?:today|tomorrow|this week)\b", "", who, flags=re.IGNORECASE).strip()
    rest = text[match.end() :]
    listed = "\n" in rest.strip() or _INLINE_NUMBER.match(rest) or (match["who"] or match["who2"])
    if listed and all(known.get(part) for part in re.split(r",|&|\band\b", words) if part.strip()):
        return match.end(), (start, start + len(who))
    return 0, None


def _numbered(text: str, start: int) -> list[Clause]:
    marks = list(_INLINE_NUMBER.finditer(text, start))
    if len(marks) < 2 or text[start : marks[0].start()].strip():  # noqa: PLR2004 - one mark is no list
        return []
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return [Clause(mark.end(), end) for mark, end in zip(marks, ends, strict=True)]


def _ordinals(text: str, start: int) -> list[Clause]:
    marks = [
        m
        for m in _ORDINAL.finditer(text, start)
        if not re.match(r"(?:thing|last) ", m[0].strip().lower() + " ")
    ]
    if len(marks) < 2 or text[start : marks[0].start()].strip(" ,.:"):  # noqa: PLR2004
        return []
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    found: list[Clause] = []
    for mark, end in zip(marks, ends, strict=True):
        tail = _SHARED_TAIL.search(text, mark.end(), end)
        found.append(Clause(mark.end(), tail.start() if tail else end))
        if tail:
            found.append(Clause(tail.end(), end))
    return found


def _sentences(text: str, start: int) -> list[Clause]:
    found: list[Clause] = []
    at = start
    for match in [*_SENTENCE.finditer(text, start), None]:
        end = match.start() if match else len(text)
        if text[at:end].strip():
            bullet = BULLET.match(text[at:end])
            found.append(Clause(at + (bullet.end() if bullet else 0), end))
        at = match.end() if match else end
    return found


def _inside(text: str, piece: Clause, known: Names, *, listed: bool) -> list[Clause]:
    """Split a sentence at "then", "and also", and at a new person who is to do something."""
    first = re.match(r"\s*first,?\s+", text[piece.start : piece.end], re.IGNORECASE)
    start = piece.start + (first.end() if first else 0)
    cuts: list[tuple[int, int, bool]] = []
    for match in _THEN.finditer(text, start, piece.end):
        cuts.append((match.start(), match.end(), True))
    for match in _AND_ALSO.finditer(text, start, piece.end):
        cuts.append((match.start(), match.end(), False))
    for match in _COMMA.finditer(text, start, piece.end):
        rest = text[match.end() : piece.end]
        if _acts(rest, known) or (listed and is_verb(rest.split(" ", 1)[0])):
            cuts.append((match.start(), match.end(), False))
    found: list[Clause] = []
    at, then, joined = start, piece.then, piece.joined
    for cut_start, cut_end, next_then in sorted(cuts):
        if cut_start < at:
            continue
        if text[at:cut_start].strip(" ,.;"):
            found.append(_trimmed(text, Clause(at, cut_start, then, joined)))
            joined = True
        elif not found and not next_then:
            next_then = then  # noqa: PLW2901
        at, then = cut_end, next_then
    found.append(_trimmed(text, Clause(at, piece.end, then, joined)))
    return found


def _acts(rest: str, known: Names) -> bool:
    """Whether a new person begins to do something here: "Ben needs to …", "tom books …"."""
    match = re.match(
        rf"(?P<who>{known.any})(?P<more>(?:\s*(?:,|and|&)\s*(?:{known.any}))*)(?P<sep>\s*[:–-]\s*|,\s+|\s+)(?P<next>[\w'-]+)",
        rest,
        re.IGNORECASE,
    )
    if not match:
        return False
    word = match["next"].lower()
    return bool(
        is_verb(word)
        or imperative(word)
        or re.fullmatch(MODAL, word)
        or re.match(rf"{MODAL}\b", rest[match.start("next") :], re.IGNORECASE)
        or ":" in match["sep"]
    )


def _trimmed(text: str, clause: Clause) -> Clause:
    """Read "… after", "… afterwards" at the end as: after the task before."""
    if match := _AFTER.search(text, clause.start, clause.end):
        if clause.joined or clause.then:
            return Clause(clause.start, match.start(), then=True, joined=clause.joined)
    return clause
