"""Orders about existing tasks told by signs anywhere in a sentence, where no set sentence fits.

The task, people and dates are found first; then the sign is taken that leaves the fewest words
unexplained. A few may be left, and then it is not sure.
"""

import re
from dataclasses import replace

from services.ai.grammar import cues, skeleton
from services.ai.grammar.evidence_change import Told, change_of, referred_by
from services.ai.grammar.evidence_rows import SIGNS, Sign
from services.ai.grammar.message import Message
from services.ai.grammar.people import Mention, ambiguities
from services.ai.grammar.skeleton import DATE, PEOPLE, TASK, Skeleton, Token
from services.ai.grammar.trace import fired
from services.ai.grammar.verbs import is_base
from services.ai.model import (
    Ambiguity,
    Intent,
    Interpretation,
    OpenTask,
    Span,
)

I = Intent  # noqa: E741 -- one letter keeps the tables in lines
SURE, UNSURE = 0.95, 0.5
_COMPILED = [(sign, re.compile(rf"(?<![\w'#-])(?:{sign.pattern})(?![\w'-])")) for sign in SIGNS]
_MOST_LEFT = 2
_WORD = re.compile(r"[^\W_][\w'-]*")
# Words that say nothing of what is wanted.
_FILLER = cues.FILLER | frozenset(
    """
    finally around going gonna after everyone everybody guys team folks hey ok okay btw hello hi
    want wants wanted like need needs needed know see good great news think believe sure maybe perhaps
    actually definitely obviously clearly simply gladly kindly over off out down back here what
    do does did done make makes having since because if while morning afternoon today tonight then
    anyway anyhow right quite much many any some no not one two bit moment time far us them her him
    consider count regard bring brought taken take put set called leave left keep kept until till
""".split()  # noqa: SIM905 -- words, not quotation marks
)
# All that may stand around a task and its new date.
_OF_DATES = frozenset(
    """
    due deadline date by until till for on to new now has have is are be been must should can could
    will would need needs needed want wants wanted wait waits gets get got ready done finished complete completed
    the a an it its instead move moved shift push pushed postpone postponed delay delayed extend extended
    rescheduled reschedule set change changed make made finish deliver delivered deadline's latest only not
 here there in-house before i we you he she they us me please time give allow grant more extra longer later earlier
    so then also just rather really okay ok fine enough early soon slip slips slipped defer deferred
    bring brought forward back out up pull pulled put off at and let let's expect expected happen 's
    isn't won't doesn't don't aren't next goes go wrapped latest target actually no yes sorry hand in
    handed submitted sent live another at's than shall may might supposed planned scheduled that this
""".split()  # noqa: SIM905 -- words, not quotation marks
)
_MODAL = re.compile(r"\b(?:should|must|needs? to|has to|have to|ought to|shall)\b")
_NEGATED = re.compile(
    r"\b(?:not|isn't|aren't|wasn't|weren't|never|hasn't|haven't|no|don't|didn't)\b"
)
_TELLS_STATE = frozenset({I.COMPLETE, I.START, I.SUBMIT, I.APPROVE, I.RESUME, I.UNBLOCK})
_QUESTION = re.compile(
    r"(?:who|what|when|where|why|which|how|whose|is|are|was|were|has|did|does|do|have|if|unless|remind|ask|tell P to|search|find|show|list|every|plan|spec)\b"
)
_ASKED = re.compile(
    r"(?:for )?P(?: ?(?:,|and|&) ?P)* ?(?:[:,!–-]|please\b|should|must|needs?\b|has to|have to|is to|to\b|shall|will\b|could\b|can you)"
)
# "it" is a task where something is to be done to it at once, not in "it may rain".
_ORDERS_IT = re.compile(
    r"(?:start|begin|push|move|put|bump|give|hand|pass|assign|postpone|delay|shift|drop|cancel|close|finish|tag|label|call|rename|pause|park|bring|lower|raise|make|let|split|send|leave|forget|treat|set|T (?:is|has to|needs to|can|should|isn't|'s) (?:not )?(?:wait|due|urgent|important|blocked|stuck|done|finished|called|P))\b"
)
_EDGE = re.compile(
    r" [,;:.!–—-] | (?=(?:because|since|due to|cause|cos|as long as|as soon as|so that|but|as(?= (?:the|it|there|we|he|she|they|i|our|my|his|her|P)\b))\s)"
)
_REASON = re.compile(
    r"(?:[\s,;:.!–—-]|because of|because|since|due to|cause|cos|cuz|as|but|and)+(?=\s|\b)"
)
# Work with what a task's title names, with a date: "send the decks out on friday".
_WORKS = re.compile(
    r"(?:send|finish|complete|deliver|wrap|hand|do|make it )(?! T (?:done|ready|due|D|by|until|instead))\b"
)
_DATES_SAID = re.compile(
    r"\b(?:due|deadline|date|has|have|is|are|be|been|can|could|will|would|need\w*|want\w*|wait|gets?|ready|done|finished|move[ds]?|moved|push\w*|postpone\w*|delay\w*|extend\w*|reschedule\w*|set|change\w*|make|give|allow|instead|slip\w*|defer\w*|bring|put|expect\w*|goes)\b|T ?: ?D"
)
_SOMEBODY_HAS = re.compile(
    r"\bP (?:\w+ )?(?:gets|get|has|have|can have|needs|wants|asked|can take|may take)\b|(?:give|allow|grant) P\b"
)


def read(message: Message) -> Interpretation | None:
    """Return the order that signs in a message tell; None where they tell none."""
    if not message.is_short or "\n" in message.text.strip():
        return None
    bones = skeleton.read(message)
    if bones is None:
        return None
    bones = _without_politeness(bones, message)
    if _QUESTION.match(bones.text) or "?" in bones.text:
        return None
    clauses = _clauses(bones)
    if bones.pointed and (len(clauses) > 1 or not _ORDERS_IT.match(bones.text)):
        return None
    addressed = _is_addressed(bones)
    of_all = _signs(bones, whole=True, addressed=addressed)
    of_each = [
        _signs(clause, whole=False, addressed=addressed)
        for clause in (clauses if len(clauses) > 1 else ())
        if not any(_is_work(other) for other in clauses if other is not clause)
    ]
    for left in range(_MOST_LEFT + 1):
        if told := _first(of_all, left, message):
            return _reading(told, message, left_out=False)
        for signs in of_each:
            if told := _first(signs, left, message):
                behind = clauses[clauses.index(told.bones) + 1 :]
                return _because(_reading(told, message, left_out=True), behind, message)
    return None


def _without_politeness(bones: Skeleton, message: Message) -> Skeleton:
    """The skeleton without the words that ask: "can you", "please"."""
    kept = [token for token in bones.tokens if token.end > message.start]
    return Skeleton.of(kept, pointed=bones.pointed) if kept else bones


def _clauses(bones: Skeleton) -> list[Skeleton]:
    """The clauses; a later "it" is the task named before, and a task alone is what the next is about."""
    edges = list(_EDGE.finditer(bones.text))
    starts = [0, *(edge.end() for edge in edges)]
    ends = [*(edge.start() for edge in edges), len(bones.text)]
    out: list[Skeleton] = []
    named: Token | None = None
    for start, end in zip(starts, ends, strict=True):
        tokens = [t for t, at in zip(bones.tokens, bones.starts, strict=True) if start <= at < end]
        if not any(token.text == TASK for token in tokens) and named is not None:
            pointer = next(
                (n for n, t in enumerate(tokens) if t.text in {"it", "that", "this"}), None
            )
            if pointer is not None:
                at = tokens[pointer]
                tokens[pointer] = Token(TASK, at.start, at.end, named.task)
            elif out and out[-1].text == TASK:
                tokens = [named, *tokens]
        named = next((token for token in tokens if token.text == TASK), named)
        if tokens:
            out.append(Skeleton.of(tokens))
    return out


def _is_addressed(clause: Skeleton) -> bool:
    """Whether somebody is told to do something: "Ana, …", "Ana write …"."""
    first, _, rest = clause.text.partition(" ")
    told = first == PEOPLE and is_base(rest.partition(" ")[0])
    return told or bool(_ASKED.match(clause.text))


def _is_work(clause: Skeleton) -> bool:
    """Whether another clause asks for work of its own."""
    first = clause.text.partition(" ")[0]
    return _is_addressed(clause) or (is_base(first) and TASK not in clause.text)


def _signs(bones: Skeleton, *, whole: bool, addressed: bool) -> list[Told]:
    """The signs in a clause, in the order of trial."""
    text = bones.text
    if TASK not in text or (not whole and _QUESTION.match(text)):
        return []
    asked = addressed or bool(_ASKED.match(text))
    out: list[Told] = []
    for sign, pattern in _COMPILED:
        if asked and not {"who", "by"} & pattern.groupindex.keys():
            continue
        match = pattern.fullmatch(text) if sign.whole else pattern.search(text)
        if match is not None:
            out.append(Told(sign, match, bones, _unexplained(sign, match)))
    return out


def _first(signs: list[Told], left: int, message: Message) -> Told | None:
    """The first sign that leaves just so many words unexplained."""
    return next((told for told in signs if told.left == left and _fits(told, message)), None)


def _unexplained(sign: Sign, match: re.Match[str]) -> int:
    if sign.whole:
        return 0
    text = match.string
    if sign.intent is I.SET_DEADLINE:
        kept = text
        if match.groupdict().get("count"):
            start, end = match.start("count"), match.end("unit")
            kept = text[:start] + text[end:]
        return sum(word not in _OF_DATES and word not in "TPD" for word in _WORD.findall(kept))
    outside = text[: match.start()] + " " + text[match.end() :]
    return sum(word not in _FILLER and word not in "TPD" for word in _WORD.findall(outside))


def _fits(told: Told, message: Message) -> bool:
    """Whether the task is in a state for it, and nothing before the sign takes it back."""
    sign, match = told.sign, told.match
    tasks = _tasks(told, message)
    if sign.of and not (tasks and all(task.status in sign.of for task in tasks)):
        return False
    before = match.string[: match.start()]
    if sign.intent in _TELLS_STATE and (_MODAL.search(before) or _NEGATED.search(before)):
        return False
    if sign.intent is I.SET_DEADLINE and not _dated(told):
        return False
    if match.groupdict().get("who") and match.string.count(TASK) != 1 + ("T " in match[0][1:]):
        return "ref" in match.groupdict() or match.string.count(TASK) == 1
    return True


def _dated(told: Told) -> bool:
    """Whether a date is said to be a task's: not of work with it, and not of somebody's."""
    text = told.match.string
    if told.left or text.count(DATE) > 1 or _WORKS.match(text):
        return False
    if told.group("count"):
        return True
    return bool(_DATES_SAID.search(text)) and (
        PEOPLE not in text or bool(_SOMEBODY_HAS.search(text))
    )


def _tasks(told: Told, message: Message) -> list[OpenTask]:
    names = {one.name for one in referred_by(told).tasks}
    return [task for task in message.context.open_tasks if task.name in names]


def _reading(told: Told, message: Message, *, left_out: bool) -> Interpretation:
    sign, referred = told.sign, referred_by(told)
    tasks = _tasks(told, message)
    fired("evidence", sign.example, told.match[0])
    sure = not told.left and not left_out and referred.found and referred.certain
    reading = Interpretation(
        _intent(sign, tasks, message), task_refs=referred.tasks, sure=sure,
        confidence=SURE if sure else UNSURE, change=change_of(told, tasks, message),
        spans=_spans(told),
        ambiguities=() if referred.found else (Ambiguity("task_ref", "it", referred.candidates),),
    )  # fmt: skip
    unclear = ambiguities(_mentions(told, message), message.text)
    lacks = sign.intent is I.SET_DEADLINE and reading.change.deadline is None
    if unclear or lacks:
        reading = replace(reading, sure=False, ambiguities=(*reading.ambiguities, *unclear))
    return reading


def _intent(sign: Sign, tasks: list[OpenTask], message: Message) -> Intent:
    if sign.intent is I.COMPLETE and message.context.sender.role not in {"boss", "owner"}:
        return I.SUBMIT
    if sign.intent is I.REOPEN and tasks and all(task.status == "in_review" for task in tasks):
        return I.REJECT
    return cues.as_it_stands(sign.intent, tasks)


def _mentions(told: Told, message: Message) -> list[Mention]:
    return message.within(*told.span("who")) if told.group("who") else []


def _spans(told: Told) -> tuple[Span, ...]:
    names = {"ref": "task_ref", "who": "assignees", "on": "deadline", "prio": "priority", "sub": "subtask",
             "subs": "subtask", "dep": "depends_on", "tag": "tag", "tag2": "tag", "title": "title", "text": "text"}  # fmt: skip
    found = [Span(f, *told.span(g)) for g, f in names.items() if told.group(g)]
    if not told.group("ref"):
        token = next(token for token in told.bones.tokens if token.text == TASK)
        found.append(Span("task_ref", token.start, token.end))
    return tuple(found)


def _because(reading: Interpretation, behind: list[Skeleton], message: Message) -> Interpretation:
    """The reading with what is said behind it as its reason."""
    if not behind or reading.change.text:
        return reading
    text = message.text[behind[0].tokens[0].start : behind[-1].tokens[-1].end]
    lead = _REASON.match(text.lower())
    text = text[lead.end() if lead else 0 :].strip(" .,;:!")
    return replace(reading, change=replace(reading.change, text=text)) if text else reading
