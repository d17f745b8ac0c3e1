"""Orders about many tasks at once: "move all of Ben's open tasks to friday".

Which tasks is told as in a question, by people, state, time, priority and tag. It counts only
where nothing but words of asking is left of it, so that "mark all invoices as paid" stays work.
"""

import re
from dataclasses import replace

from services.ai.grammar import attributes, questions
from services.ai.grammar.acts import SURE, UNSURE
from services.ai.grammar.message import Message, people_of
from services.ai.grammar.people import ambiguities, candidate
from services.ai.grammar.questions import THINGS, Rest
from services.ai.grammar.tokens import PERSON, TAKEN
from services.ai.grammar.trace import fired
from services.ai.model import Ambiguity, Change, Filter, Intent, Interpretation, Span

I = Intent  # noqa: E741 -- one letter keeps the table in lines
# The words that say whose tasks are meant, and those that they are moved or given to.
WHOSE, TO_WHOM = "whose", "assignees"

_P = rf"{PERSON}+"
_SET = r"(?P<set>[^:;\n!?]{3,160}?)"
_ON = rf"(?:to |until |till |for |by |on )?(?P<on>{TAKEN}+)"
_WHO = rf"(?P<who>(?:{_P}|me|myself)(?:(?:, and |, | and | & )(?:{_P}|me))*)"
_PRIO = r"(?P<prio>(?:top |highest |lowest )?(?:urgent|critical|asap|high|important|medium|normal|low|p[0-3])(?:[ -](?:priority|prio))?)"
_SHIFT = r"(?:move|push|postpone|shift|reschedule|put off|delay|bring forward|extend|set|change|put|make)"
# pattern, intent, example
ROWS: tuple[tuple[str, Intent, str], ...] = (
    (rf"{_SHIFT}(?: the)?(?: (?:deadlines?|due dates?|dates?) (?:of|for|on))? {_SET}(?: (?:back|out|forward|over|due))? {_ON}", I.SET_DEADLINE, "move all of Ben's open tasks to friday"),
    (rf"(?:assign|reassign|re-assign|give|hand|hand over|pass|transfer|move|delegate|switch)(?: over)? {_SET}(?: over)? (?:to|onto) {_WHO}", I.REASSIGN, "give all of Ben's tasks to Ana"),
    (rf"(?:give|assign|hand|pass) {_WHO} {_SET}", I.REASSIGN, "give Ana all of Ben's overdue tasks"),
    (rf"(?:make|mark|set|change|raise|lower|flag)(?: the)?(?: (?:priority|prio) (?:of|for|on))? {_SET}(?: priority| prio)? (?:to |as |at )?{_PRIO}", I.SET_PRIORITY, "make all of Ben's tasks urgent"),
    (rf"(?:mark|set) {_SET} (?:to |as )?(?:done|finished|completed?|closed)", I.COMPLETE, "mark all of Ben's tasks as done"),
    (rf"(?:complete|finish|close|tick off) {_SET}", I.COMPLETE, "complete all tasks tagged shop"),
    (rf"(?:cancel|drop|scrap|delete|remove|call off|kill) {_SET}", I.CANCEL, "cancel all my tasks"),
    (rf"(?:approve|accept) {_SET}", I.APPROVE, "approve everything in review"),
    (rf"(?:submit|hand in) {_SET}", I.SUBMIT, "submit all my tasks in progress"),
    (rf"(?:start|begin) {_SET}", I.START, "start all my tasks"),
    (rf"put {_SET} on (?:hold|ice)", I.HOLD, "put all of Ben's tasks on hold"),
    (rf"(?:pause|hold|park|freeze) {_SET}", I.HOLD, "pause all low priority tasks"),
    (rf"(?:resume|continue|unpause) {_SET}", I.RESUME, "resume all tasks on hold"),
    (rf"(?:re-?open) {_SET}", I.REOPEN, "reopen all cancelled tasks"),
)  # fmt: skip
_COMPILED = [(re.compile(pattern), intent) for pattern, intent, _ in ROWS]
_EVERY = re.compile(r"\b(?:all(?: of)?|every(?: single)?(?: one of)?|each(?: of)?|everything)\b")
_THINGS = re.compile(rf"\b(?!everything\b)(?:{THINGS})\b")
_MINE = re.compile(r"\b(?:my|mine)\b")
_OF_A_DAY = re.compile(r"\b(today|tomorrow)'s\b")
# What else may be said of tasks without narrowing them down.
_LEFT = frozenset(
    """
    the of open that which are is still 's s by for with in on assigned to at and a an our us we
    have has marked currently now this those these left remaining outstanding from due
""".split()  # noqa: SIM905 -- words, not quotation marks
)
# A state that an act is about, where the words say none: what else could be resumed?
_STATE = {
    I.APPROVE: "in_review",
    I.RESUME: "on_hold",
}


def read(message: Message) -> Interpretation | None:
    """Return the order about many tasks that a message is, None where it is none."""
    if not message.is_short or "\n" in message.text.strip():
        return None
    for pattern, intent in _COMPILED:
        match = pattern.fullmatch(message.dated, message.start, message.end)
        if match is None:
            continue
        reading = _reading(intent, match, message)
        if reading is not None:
            fired("every", intent.value, match[0], match.start())
            return reading
    return None


def _reading(intent: Intent, match: re.Match[str], message: Message) -> Interpretation | None:
    start, end = match.span("set")
    found = _filter(message, start, end)
    if found is None:
        return None
    asked, spans, unclear = found
    if asked.status is None:
        asked = replace(asked, status=_STATE.get(intent))
    groups = {name: value for name, value in match.groupdict().items() if value}
    change = Change()
    if "on" in groups:
        moment = message.moment(*match.span("on"))
        if moment is None or moment.past:
            return None
        change = Change(deadline=moment.moment)
        spans = (*spans, Span("deadline", *match.span("on")))
    if "prio" in groups:
        change = Change(priority=attributes.priority_of(groups["prio"]))
        spans = (*spans, Span("priority", *match.span("prio")))
    if "who" in groups:
        mentions = message.within(*match.span("who"))
        people = people_of(mentions)
        if re.search(r"\b(?:me|myself)\b", groups["who"]):
            people = (*people, message.context.sender)
        unclear = (*unclear, *ambiguities(mentions, message.text))
        change = Change(assignees=tuple(map(candidate, people)))
        spans = (*spans, Span(TO_WHOM, *match.span("who")))
    # "Drop everything" may as well be meant otherwise.
    sure = not unclear and (asked != Filter() or bool(_THINGS.search(match["set"])))
    return Interpretation(
        intent, change=change, filter=asked, sure=sure, confidence=SURE if sure else UNSURE,
        spans=spans, ambiguities=unclear, every=True,
    )  # fmt: skip


def _filter(
    message: Message, start: int, end: int
) -> tuple[Filter, tuple[Span, ...], tuple[Ambiguity, ...]] | None:
    """Return which tasks the words mean; None where they name no set of tasks."""
    low = _OF_A_DAY.sub(r"\1  ", message.low[start:end])
    if not _EVERY.search(low) or not (_THINGS.search(low) or "everything" in low):
        return None
    rest = Rest(" " * start + low, [])
    asked = questions.narrowed(rest)
    mentions = [one for one in message.within(start, end) if one.people or one.one_of]
    people = people_of(mentions)
    if not people and _MINE.search(rest.low):
        people = (message.context.sender,)
    rest.low = re.sub(rf"{_P}(?:'s|')?", " ", rest.low)
    for known in (_EVERY, _THINGS, _MINE):
        rest.low = known.sub(" ", rest.low)
    if any(word not in _LEFT for word in rest.words()):
        return None
    unclear = tuple(replace(one, field=WHOSE) for one in ambiguities(mentions, message.text))
    spans = (*rest.spans, *(Span(WHOSE, one.start, one.end) for one in mentions))
    return replace(asked, assignees=tuple(map(candidate, people))), spans, unclear
