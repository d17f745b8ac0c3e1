"""One clause into one task: what is left when people, dates and the rest are taken is the title."""

import re
from dataclasses import dataclass
from datetime import datetime

from services.ai.grammar import attributes, dates, recurrence
from services.ai.grammar.masked import TAKEN, Masked
from services.ai.grammar.people import MODAL, NOBODY, Name, Names, candidates, capitalised, several
from services.ai.grammar.words import FILLERS, KEEP_IF_WORK, LEADING, TRAILING, imperative, is_verb
from services.ai.model import Ambiguity, Candidate, Context, Priority, Span, TaskDraft

_ME = re.compile(
    r"^(?:i|i'll|i'm)(?: (?:need|have|want|must|should|will|going|gotta|ought|am going)(?: to)?)?(?![\w'])"
)
_NOT_A_NAME = re.compile(
    r"^(?:will|may|mark|grace) (?:the|a|an|it|you|we|i|this|that|there|they|he|she|be|not)\b"
)
_SUBTASKS = re.compile(
    r"[,:]?\s+(?:with|including) (?:the )?sub-?tasks:?\s+(?P<list>.+)$", re.IGNORECASE | re.DOTALL
)
_NAMED_LIST = re.compile(r":\s*(?P<list>[^:,\n]+(?:, [^:,\n]+)+(?:,? and [^:,\n]+)?)\s*$")
_COMPLAINT = re.compile(r"[,;.]\s*$")


@dataclass(frozen=True, slots=True)
class Made:
    """A task that a clause asks for, and how sure that is."""

    draft: TaskDraft
    ambiguities: tuple[Ambiguity, ...]
    spans: tuple[Span, ...]
    named: bool
    doubtful: bool
    when: datetime | None


def make(clause: Masked, context: Context, known: Names) -> Made:
    """Return what this clause asks for. `clause` is used up."""
    tags = attributes.tags(clause)
    subtasks = _subtasks(clause)
    deadline, rule, past = _when(clause, context)
    minutes = attributes.estimate(clause)
    level = attributes.priority(clause)
    found, unknown, third = _who(clause, context, known)
    sure, unclear = candidates(found)
    title, start, end = _title(clause, third=third)
    spans = clause.spans
    if title:
        spans = [*spans, Span("title", clause.offset + start, clause.offset + end)]
    ambiguities = tuple(
        Ambiguity(
            "assignees", name.key, tuple(Candidate(p.name, p.display_name) for p in name.people)
        )
        for name in unclear
    ) + tuple(Ambiguity("assignees", word) for word in unknown)
    draft = TaskDraft(
        title=title, assignees=sure, deadline=deadline, priority=level, recurrence=rule, tags=tags,
        subtasks=subtasks, estimate_minutes=minutes,
    )  # fmt: skip
    first = title.split(" ", 1)[0] if title else ""
    signal = (
        bool(found) or deadline is not None or level is not None or bool(tags) or rule is not None
    )
    doubtful = past or not title or not (signal or is_verb(first)) or len(title) > 200  # noqa: PLR2004 - a title's limit
    return Made(draft, ambiguities, tuple(spans), bool(found or unknown), doubtful, deadline)


def _subtasks(clause: Masked) -> tuple[str, ...]:
    text = clause.low.replace(TAKEN, " ")
    match = _SUBTASKS.search(text)
    if not match:
        match = _NAMED_LIST.search(text)
        before = text[: match.start()] if match else ""
        if (
            not match
            or len(before.split()) < 2
            or (match["list"].split(" ", 1)[0].endswith("s")
            and False)
        ):
            return ()
    raw = clause.text[match.start("list") : match.end("list")]
    items = [item.strip(" .") for item in re.split(r",\s*(?:and\s+)?|\s+and\s+|\n[-*• ]*", raw)]
    clause.take(match.start(), match.end(), "subtasks")
    return tuple(_capital(item) for item in items if item)


def _when(clause: Masked, context: Context) -> tuple[datetime | None, str | None, bool]:
    """Take what says when and how often; return the deadline, the rule, and if all was past."""
    often = recurrence.find(clause.low)
    if often:
        clause.take(often.start, often.end, "recurrence")
    found = dates.find(clause.low.replace(TAKEN, " "), context.now, month_first=context.month_first)
    for one in found:
        clause.take(one.start, one.end, "deadline")
    coming = [one for one in found if not one.past]
    if often:
        at = coming[-1].moment.timetz().replace(tzinfo=None) if coming else dates.END_OF_DAY
        return often.first(context.now, at), often.rule, False
    return (coming[-1].moment if coming else None), None, bool(found) and not coming


def _who(
    clause: Masked, context: Context, known: Names
) -> tuple[tuple[Name, ...], tuple[str, ...], bool]:
    """Take who is to do it. Returns the names, unknown words in their place, and whether a third person does it."""
    found = _mentions(clause, known)
    while True:
        low = clause.low.replace(TAKEN, " ")
        lead = LEADING.match(low)
        if not lead or KEEP_IF_WORK.match(low.lstrip()):
            break
        clause.take_match(lead)
        if not clause.low.strip(TAKEN + " "):
            return tuple(found), (), False
    low = clause.low.replace(TAKEN, " ")
    start = len(low) - len(low.lstrip())
    if match := _ME.match(low[start:]):
        clause.take(start, start + match.end(), "assignees")
        me = known.get("me")
        return (*found, *((me,) if me else ())), (), False
    if not found:
        head = _head(clause, known, start)
        if head:
            return head
    tail = _tail(clause, known)
    found += [name for name in tail if name not in found]
    if not found:
        return (), _unknown(clause, start), False
    return tuple(found), (), False


def _mentions(clause: Masked, known: Names) -> list[Name]:
    found = []
    for match in list(re.finditer(r"(?<![\w@.])@([\w-]+)", clause.low)):
        if name := known.get(match[1]):
            clause.take_match(match, "assignees")
            found.append(name)
    return found


def _head(
    clause: Masked, known: Names, start: int
) -> tuple[tuple[Name, ...], tuple[str, ...], bool] | None:
    low = clause.low.replace(TAKEN, " ")
    match = re.compile(
        rf"(?P<who>{known.any}(?:\s*(?:, and|,|and|&|or|\+)\s*(?:{known.any}))*)(?P<sep>\s*[:,–—-]+\s*|\s+)(?P<modal>(?:{MODAL}|and)\b\s*)?"
    ).match(low, start)
    if not match or _NOT_A_NAME.match(low[start:]):
        return None
    names = several(match["who"], known)
    following = low[match.end() :].split(" ", 1)[0]
    if names is None or not following:
        return None
    apart = bool(match["sep"].strip()) or match["modal"]
    third = not apart and bool(imperative(following))
    if any(name.word for name in names) and not (apart or third or is_verb(following)):
        return None
    if (
        not apart
        and not third
        and not is_verb(following)
        and low[match.end("who") :].startswith(" 's")
    ):
        return None
    clause.take(match.start("who"), match.end("who"), "assignees")
    clause.take(match.end("who"), match.end())
    return names, (), third


def _tail(clause: Masked, known: Names) -> list[Name]:
    low = clause.low.replace(TAKEN, " ")
    one = rf"{known.any}(?:\s*(?:, and|,|and|&|\+)\s*(?:{known.any}))*"
    match = re.search(
        rf"(?:\s*[,;–—-]\s*|\s*\(|\s+(?:for|to|by|with|->|→)\s+|\s+)(?P<who>{one})\)?(?: (?:please|to do|does it|does this|should do (?:it|this)|will do it|can do (?:it|this)))?[\s.!,)]*$",
        low,
    )
    if not match:
        match = re.search(rf"\s+(?:for|to)\s+(?P<who>{one})(?=\s{{2,}}|\s*[,:;])", low)
    if not match:
        return []
    lead = low[match.start() : match.start("who")].strip()
    names = several(match["who"], known)
    if names is None:
        return []
    if not lead and not match[0].strip().endswith(("it", "this")):
        return []
    if lead in {"to", "by", "with"} and not re.match(r"\s*(?:assign|give|hand|delegate)\b", low):
        return []
    if lead == "to":
        opening = re.match(r"\s*(?:assign|give|hand|delegate)(?: over)?\s+", low)
        if opening:
            clause.take(opening.start(), opening.end())
    clause.take(match.start(), match.end(), "assignees")
    return list(names)


def _unknown(clause: Masked, start: int) -> tuple[str, ...]:
    """Take a capitalised word in an assignee's place that is nobody of the roster."""
    low = clause.low.replace(TAKEN, " ")
    match = re.compile(rf"(?P<who>[\w'’-]+)(?:\s+{MODAL}\b|\s*:|,)\s*").match(low, start)
    if not match:
        return ()
    word = clause.text[match.start("who") : match.end("who")]
    if word.lower() in NOBODY or is_verb(word) or not capitalised(word):
        return ()
    clause.take(match.start("who"), match.end("who"), "assignees")
    clause.take(match.end("who"), match.end())
    return (word,)


def _title(clause: Masked, *, third: bool) -> tuple[str, int, int]:
    """Return the title and where it stands: from the first kept character to the last."""
    while not KEEP_IF_WORK.match(clause.low.lstrip(" " + TAKEN)) and (
        lead := LEADING.match(clause.low)
    ):
        clause.take_match(lead)
    clause.take_all(FILLERS)
    while (tail := TRAILING.search(clause.low)) and tail.start() < tail.end():
        if clause.low[tail.start() : tail.end()].strip(TAKEN) == "":
            break
        clause.take_match(tail)
    kept = [i for i, c in enumerate(clause.low) if c != TAKEN and not c.isspace()]
    if not kept:
        return "", 0, 0
    title = re.sub(r"\s+([,.;:!?])", r"\1", clause.rest()).strip(" ,;:.-–—!")
    title = re.sub(r"\(\s*\)", "", title).strip(" ,;:.-–—!")
    title = re.sub(r"^(?:it|this) (?:be|to be) ", "", title)
    first, _, rest = title.partition(" ")
    if third and (verb := imperative(first)):
        title = f"{verb} {rest}".strip()
    elif (
        first.lower().endswith("ing")
        and clause.spans
        and any(s.field == "estimate_minutes" for s in clause.spans)
    ):
        title = f"{_base(first)} {rest}".strip()
    return _capital(title), kept[0], kept[-1] + 1


def _base(word: str) -> str:
    low = word.lower()[:-3]
    for guess in (low, low + "e", low[:-1]):
        if is_verb(guess):
            return guess
    return word


def _capital(title: str) -> str:
    return title[:1].upper() + title[1:]


def priority_or(level: Priority | None, shared: Priority | None) -> Priority | None:
    """Return a clause's own priority, else the one that holds for all."""
    return level if level is not None else shared
