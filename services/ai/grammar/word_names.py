"""Whether a word that could be a name is one: "May should …", not "it may rain"; mistyped names.

By the words beside it: what stands before, and what a person does behind.
"""

import re

from services.ai.grammar.counting import DAY, MONTH, MONTHS
from services.ai.grammar.verbs import is_past, is_verb

# First names that are also words of everyday sentences.
WORD_NAMES = frozenset(
    """
    ace amber angel april art ash august autumn bay bill blaze bob brook buck carol chai chance
    chase chip chuck clay cliff crystal dale dash dawn dean dick don drew earl faith ford forest
    frank gene glen grace grant gray guy hank harmony heath heather holly hope hunter iris ivy
    jack jade jasmine jay jean jet josh joy june king lance lane lily lin link major mark mason
    max may melody mercy miles nick norm oak olive page pat paul pearl penny per pepper piper
    pri ray rich river rob rod rose ruby rusty sandy scout skip sky star sterling sue summer
    sunny tab tad van victor violet wade ward will win wren
""".split()  # noqa: SIM905 -- words, not quotation marks
)
# What stands before a name, and what may follow it, where a word that could be a name is one.
# All but the first are looked up by the last word before the name.
_DETERMINERS = frozenset(
    "the a an this our last next in since mid of early late during".split()  # noqa: SIM905 -- words
)
_OF_A_MONTH = frozenset("of in since mid until till by before".split())  # noqa: SIM905 -- words
_STARTING = frozenset(
    """
    and & + / it's then also plus so uh um please pls hey hi ok okay but while that done first second third
    fourth next finally lastly because when since ask asks tell have get let make need want needs
    remind if sure assign give would could can should today tomorrow noon morning monday tuesday
    wednesday thursday friday saturday sunday month week year hour hours day days weeks weekday
""".split()  # noqa: SIM905 -- words, not quotation marks
)
_TOWARDS = frozenset(
    "to for by from with and & than of about meant or cc assignee assignee: owner owner:".split()  # noqa: SIM905 -- words
)
_ASKING = frozenset(
    """
    is was does did has how's what's where's are show list about for report me what where how if
    whether much many can could
""".split()  # noqa: SIM905 -- words, not quotation marks
)
_EDGES = frozenset(".;:,!?\n(–—*•-+/☐☑✅✔→►▶●")
_TOLD = re.compile(
    r"(?:^|[\s,.!?])(?:ask|tell|remind|nudge|ping|message|email|notify|instead of|rather than|in place of) $"
)
_ENDS = re.compile(
    rf"\s*[),.;!?|]*\s*$|\s*[),;|(]|\s+(?:by|before|until|on|at|today|tomorrow|tonight|this|next|due|every|asap|please|{DAY})\b"
)
_PAUSE = re.compile(r"\s*(?:[,:–—|→]|-\s|\)|$)|'s\b|\s+(?:and|&|or)\s|\s?[+/]\s?(?=[a-z])")
_THIRD = re.compile(
    r"\s+(?:needs?|should|must|has|to|is|was|ought|can|could|please|pls|plz|gets|shall|did|does|finished|started|completed|"
    r"submitted|takes|'ll|would|instead|will)\b"
)
_NO_PERSON: dict[str, re.Pattern[str]] = {
    "will": re.compile(r"\s+(?:do|be|have|not|need|take|you|it|the|this|that|these|those|we|they|i|he|she|an?|there|our|your|my|get back|try)\b"),
    "may": re.compile(r"\s+(?:be|have|i|we|you|not|also|need to|rain|it|the|they|he|she|this|that|as well)\b"),
}  # fmt: skip
_OBJECT = re.compile(
    r"\s+(?:it|this|that|the|an?|all|my|our|your|his|her|these|those|as|t-?\d|#|\d|task|everything|them|of|on|in|at)\b"
)
# A time stands where the sentence goes on behind it: "Joy every weekday at 7 checks …".
_WHEN = re.compile(
    rf"\s+(?:every|each|today|tomorrow|tonight|next week|this (?:week|afternoon|evening|month)|within (?:the|an?|\d)|(?:by|before|on) (?:{DAY}|{MONTH}|\d|tomorrow|noon))\b"
)
# A word that is no known verb, and yet one by what follows it.
_ACTS = re.compile(
    r"\s+[a-z]{2,}[^s\W]s (?:(?:up|down|out|off|in|away|over|back|on|through|around) )?(?:the|an?|all|our|my|his|her|their|it|them|every|each|this|that|these|those|\d+)\b"
)
_NEXT_WORD = re.compile(r"\s+([a-z]+)\b")


def is_person(low: str, text: str, start: int, end: int) -> bool:
    """Whether a name that is also a word is a person here, by the words beside it."""
    before, name = low[max(0, start - 24) : start], low[start:end]
    said = before.rstrip()
    last = said.rsplit(None, 1)[-1] if said else ""
    if name in MONTHS and _is_month(before, last, low[end : end + 4]):
        return False
    if last in _DETERMINERS or before.endswith("mid-"):
        return False
    if (
        last[-1:].isdigit()
        and said != before
        and not _LINE_NUMBER.search(low[max(0, start - 5) : start])
    ):
        return False
    if text[start].isupper() and start and said and said[-1] not in ".!?:;-\n":
        return not _NO_PERSON.get(name, _OBJECT).match(low, end)
    if _TOLD.search(before) and not re.match(r"\s+(?:the|an?|of)\b", low[end : end + 5]):
        return True
    if last in _TOWARDS and _ENDS.match(low, end):
        return True
    if last in _ASKING and not _OBJECT.match(low, end):
        return True
    if said and last not in _STARTING and said[-1] not in _EDGES and not _MARK.fullmatch(last):
        return False
    if _PAUSE.match(low, end):
        return low[start - 1 : start] != "'" and not (
            not before.strip() and _ENDS.fullmatch(low, end)
        )
    return _does_something(low, name, end)


_MARK = re.compile(r"\d+[.)]?")
# "2 Rob bend it": the number of a line.
_LINE_NUMBER = re.compile(r"(?:^|\n)\s?\d{1,2} $")


def _is_month(before: str, last: str, after: str) -> bool:
    """Whether the name of a month is one: "in May", "3 May", "May 3"."""
    dated = re.search(r"\d(?:st|nd|rd|th)?(?: of)? $", before)
    return bool(dated or (last in _OF_A_MONTH and before != last) or re.match(r"\s+\d", after))


def _does_something(low: str, name: str, end: int) -> bool:
    """Whether what follows on a name at the beginning of a clause is what a person does."""
    if _NO_PERSON.get(name, _OBJECT).match(low, end):
        return False
    follows = _NEXT_WORD.match(low, end)
    acts = _WHEN.match(low, end) or _THIRD.match(low, end) or _ACTS.match(low, end)
    return bool(acts or (follows and (is_verb(follows[1]) or is_past(follows[1]))))


# A word that may be a mistyped name, and what shows that somebody is asked there.
MAYBE_NAME = re.compile(r"(?<![\w@#./'-])[a-z]{4,14}(?![\w'@/-])")
COMMON = frozenset(
    """
    main lines line link links sofa sofas price prices linen also both some many more most
    mina bean beam mall male make made mark mask well wall ware tome tomb tons many mare marl
    same some then them this that these those they there here when what with will from
    grade graze grave graces trace grape brace place prize pride pried privy priory sophia anna mark mars march
""".split()  # noqa: SIM905 -- words, not quotation marks
)
LONG_NAME = 4
_ASKED_BEFORE = re.compile(
    r"(?:^|[.;:!?\n*•-]\s*|\d[.)]\s*|(?:^|[\s,])(?:ask|tell|have|get|let|remind|assign|hey|hi|please|pls|ok|okay|and|then|@)\s)$"
)
_ASKED_AFTER = re.compile(
    r"\s*:|,\s|\s+(?:needs?|should|must|has|have|to|can|could|please|pls|shall|will|would)\b"
)


def is_asked(low: str, text: str, start: int, end: int) -> bool:
    """Whether a word stands where an assignee does."""
    if not _ASKED_BEFORE.search(low[max(0, start - 12) : start]):
        at_the_end = re.search(
            r"(?:[,–-]|assign(?:ed)? to|\bto|\bfor|\() ?$", low[max(0, start - 12) : start]
        )
        return bool(
            text[start].isupper() and at_the_end and re.match(r"\s*[).!]*\s*$", low[end : end + 6])
        )
    follows = _NEXT_WORD.match(low, end)
    return bool(_ASKED_AFTER.match(low, end) or (follows and is_verb(follows[1])))
