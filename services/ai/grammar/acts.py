"""Orders about existing tasks: which sentence it is, which task, and what is set.

A sentence of `act_rows` counts only if its words for the task can be resolved (or are a number, or
"it"), so that "drop the laptops order" acts while "drop the old database" may be work to do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.ai.grammar import attributes, cues, references
from services.ai.grammar.act_rows import ROWS, Row
from services.ai.grammar.counting import add_months, number
from services.ai.grammar.message import Message, people_of
from services.ai.grammar.people import ambiguities, candidate
from services.ai.grammar.references import Referred
from services.ai.grammar.task_index import Tasks, stem
from services.ai.grammar.tokens import PERSON, TAKEN
from services.ai.grammar.trace import fired
from services.ai.model import (
    Ambiguity,
    Change,
    Context,
    Intent,
    Interpretation,
    OpenTask,
    Priority,
    Span,
)

_P = rf"{PERSON}+"
SURE, UNSURE = 0.95, 0.5
_COMPILED = [(row, re.compile(row.pattern)) for row in ROWS]
# Those that need no task whose name or number is said.
_WITHOUT_NAME = [(row, pattern) for row, pattern in _COMPILED if row.last or not row.known]
# Said of what waits for a review it sends it back; "after all", "again" opens it anew.
_NOT_YET = re.compile(
    r"^(?!.*\b(?:after all|again|re-?open\w*)\b).*\b(?:not|isn't|aren't)\b.*\b(?:ready|finished|done|complete)\b"
)
# "send it back to Rose" while it waits for a review; "was closed too early".
_BACK = re.compile(r"(?:send|give|hand|pass|push|return)\b.*\bback to\b")
_TOO_SOON = re.compile(r"\b(?:too (?:early|soon)|prematurely|by mistake|by accident)\b")
_FAULT = re.compile(
    r"[:,]?(?: |'s )?(?P<text>(?:.*\b)?(?:still|wrong|missing|is off|too|isn't|is not|aren't|doesn't|does not|needs?|broken|typo|typos|not|should|must|lacks|without|has no|have no|outdated|incorrect|blurry|unreadable)\b.*)"
)
_WITHOUT_TASK: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    (Intent.SET_DEADLINE, re.compile(r"(?:postpone|delay|reschedule|extend|push|defer)(?: it| that| this| the task| them)?(?: back| out| a bit| a little| some more| a while)*|(?:change|move|extend|set|update|push)(?: the| its| that| this)? (?:deadline|due date|date)s?")),
    (Intent.SET_PRIORITY, re.compile(r"(?:change|set|raise|lower|update)(?: the| its)? (?:priority|prio)")),
    (Intent.REASSIGN, re.compile(rf"reassign|(?:reassign|assign|give|move|hand)(?: it| that| this| the task| them)(?: (?:to|over)(?: {_P})?(?: else)?)?|(?:change|set) the (?:assignee|owner)")),
    (Intent.COMPLETE, re.compile(r"(?:finish|close|complete)(?: it| that| this| them| the task| that one)?|mark (?:it|that|this) (?:as )?(?:done|finished|complete)")),
    (Intent.START, re.compile(r"(?:start|begin)(?: it| that| this| the task)?")),
    (Intent.CANCEL, re.compile(r"(?:cancel|drop|delete|remove|scrap|kill)(?: it| that| this| them| the task| that one| the other one)?")),
    (Intent.APPROVE, re.compile(r"(?:approve|accept)(?: it| that| this| them| the task| that one)?")),
    (Intent.REJECT, re.compile(r"(?:reject|decline)(?: it| that| this| the task)?|send (?:it|that|this) back")),
    (Intent.HOLD, re.compile(r"(?:pause|hold)(?: it| that| this| the task)?|put (?:it|that|this) on hold")),
    (Intent.RESUME, re.compile(r"(?:resume|continue)(?: it| that| this| the task)?")),
    (Intent.REOPEN, re.compile(r"re-?open(?: it| that| this| the task)?")),
    (Intent.BLOCK, re.compile(r"block(?: it| that| this| the task)?")),
    (Intent.UNBLOCK, re.compile(r"unblock(?: it| that| this| the task)?")),
    (Intent.RENAME, re.compile(r"rename(?: it| that| this| the task)?")),
    (Intent.UNCLEAR, re.compile(rf"{_P},? (?:should |must |has to |needs to |to |can |will |please )?(?:do|handle|take|fix|finish|start|get) (?:it|that|this|them|something|(?:the|this|that) (?:thing|task|other one|other thing|usual|rest|stuff))")),
    (Intent.UNCLEAR, re.compile(r"(?:do|handle|fix|move|change|update|edit|modify|take care of|sort out)(?: it| that| this| them| something| the task| the other one| that one)|(?:the )?(?:usual|same)(?: as (?:always|before|usual|last time))?|the other one|that one|change something")),
)  # fmt: skip
# Words by which a task in review is named before what is wrong with it.
_LONGEST_NAME = 8
_LEAD_IN = re.compile(
    r"[\s,;:.()–—-]*(?:(?:because(?: of)?|since|as|due to|cause|cos|cuz|reason(?: is)?|the reason is|by|on)\b[\s:]*)?",
    re.IGNORECASE,
)
_NO_REASON = re.compile(
    rf"[\s{TAKEN},.!;:()–—-]*(?:(?:please|pls|thanks|thank you|now|today|already|again|too|asap|for now|any ?more|any longer|immediately|then|as well|until further notice|completely|altogether|for good|yesterday|all|a lot)[\s{TAKEN},.!]*)*"
)
_URL = re.compile(r"https?://\S+")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read(message: Message) -> Interpretation | None:
    """Return the order about existing tasks that a message is, None where it is none."""
    if not message.is_short or "\n" in message.text.strip():
        return None
    end = message.end
    if message.start and message.low[:end].endswith("?"):
        # "can I have until monday?" is an order, politely.
        end -= 1
    rows = _COMPILED if references.may_name(message.low, message.context) else _WITHOUT_NAME
    for row, pattern in rows:
        match = pattern.fullmatch(message.dated, message.start, end)
        if match is None:
            continue
        reading = _reading(row, match, message)
        if reading is not None:
            fired("order", row.example, match[0], match.start())
            return reading
    told = cues.read(message) or _fault_in_review(message) if rows is _COMPILED else None
    return told or _without_task(message)


def _reading(row: Row, match: re.Match[str], message: Message) -> Interpretation | None:
    referred = _referred(row, match, message)
    pointing = not row.last and references.points(match["ref"] or "")
    pointing = pointing and PERSON not in (match.groupdict().get("tail") or "")
    if not referred.found and (row.known or row.last) and not (referred.candidates or pointing):
        return None
    reading = Interpretation(
        _intent(row, match, referred, message), task_refs=referred.tasks, sure=referred.certain,
        confidence=SURE if referred.certain else UNSURE, spans=_spans(match),
    )  # fmt: skip
    words = message.text[slice(*match.span("ref"))].strip() if "ref" in match.re.groupindex else ""
    if not referred.found:
        reading = replace(
            reading, sure=False, confidence=UNSURE,
            ambiguities=(Ambiguity("task_ref", words, referred.candidates),),
        )  # fmt: skip
    return _changed(reading, row, match, message)


def _referred(row: Row, match: re.Match[str], message: Message) -> Referred:
    if row.last and not (match.groupdict().get("ref") or "").strip():
        return references.resolve("it", message.context)
    if row.last and row.intent is not Intent.RENAME:
        return references.resolve("it", message.context)
    words = message.text[slice(*match.span("ref"))]
    tail = match.groupdict().get("tail") or ""
    referred = references.resolve(words, message.context, prefer=row.prefer)
    if tail.startswith(",") and re.fullmatch(r"[\s,]*(?:t-?\d+|#?\d+|and|&|[\s,])+", tail):
        both = references.resolve(words + tail, message.context, prefer=row.prefer)
        return both if both.found else referred
    return referred


def _intent(row: Row, match: re.Match[str], referred: Referred, message: Message) -> Intent:
    """A statement that it is done, by somebody who has no say, hands it in for review."""
    context = message.context
    own = "said" in match.re.groupindex
    if row.intent is Intent.COMPLETE and own and context.sender.role not in {"boss", "owner"}:
        return Intent.SUBMIT
    names = {one.name for one in referred.tasks}
    tasks = [task for task in context.open_tasks if task.name in names]
    if "is_on" in match.re.groupindex and match["is_on"] and tasks:
        people = {person.name for person in people_of(message.within(*match.span("who")))}
        if people and people <= set(tasks[0].assignees):
            return Intent.START
    in_review = bool(tasks) and all(task.status == "in_review" for task in tasks)
    if row.intent is Intent.REASSIGN and in_review and _BACK.match(match[0]):
        return Intent.REJECT
    if row.intent is Intent.COMPLETE and _TOO_SOON.search(match[0]):
        return Intent.REOPEN
    if row.intent is Intent.REOPEN and in_review and _NOT_YET.search(match[0]):
        return Intent.REJECT
    return cues.as_it_stands(row.intent, tasks)


def _spans(match: re.Match[str]) -> tuple[Span, ...]:
    names = {"ref": "task_ref", "who": "assignees", "on": "deadline", "prio": "priority", "sub": "subtask",
             "dep": "depends_on", "subs": "subtask"}  # fmt: skip
    return tuple(
        Span(names.get(name, name), *match.span(name))
        for name in match.re.groupindex
        if match[name] and name in {*names, "tag", "title", "text"}
    )


def _changed(
    reading: Interpretation, row: Row, match: re.Match[str], message: Message
) -> Interpretation | None:
    """Return the reading with what the sentence sets; None where it can't be set."""
    if row.lead and not re.fullmatch(row.lead, message.low[slice(*match.span("on"))]):
        return None
    said = _Said(row, match, message, {n: v for n, v in match.groupdict().items() if v})
    changed: Interpretation | None = reading
    for step in (_with_people, _with_date, _with_other_task, _with_words):
        changed = step(changed, said) if changed else None
    return changed


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence that a row fits; `groups`: those that matched something."""

    row: Row
    match: re.Match[str]
    message: Message
    groups: Mapping[str, str]

    def words(self, group: str) -> str:
        """The words of a group as they are written."""
        return self.message.text[slice(*self.match.span(group))].strip()


def _with_people(reading: Interpretation, said: _Said) -> Interpretation | None:
    if "who" not in said.groups:
        return reading
    mentions = said.message.within(*said.match.span("who"))
    people = people_of(mentions)
    if "myself" in said.match.re.groupindex or re.search(r"\b(?:me|myself)\b", said.groups["who"]):
        people = (*people, said.message.context.sender)
    unclear = ambiguities(mentions, said.message.text)
    if not people and not unclear:
        return None
    change = replace(reading.change, assignees=tuple(map(candidate, people)))
    if not unclear:
        return replace(reading, change=change)
    asked = (*reading.ambiguities, *unclear)
    return replace(reading, change=change, sure=False, confidence=UNSURE, ambiguities=asked)


def _with_date(reading: Interpretation, said: _Said) -> Interpretation | None:
    context = said.message.context
    moment: datetime | None
    if "on" in said.groups:
        found = said.message.moment(*said.match.span("on"))
        if found is None:
            return None
        moment = None if found.past else found.moment
    elif "count" in said.groups:
        moment = moved(said.match, _first_task(reading, context), context)
    else:
        return reading
    if moment is None:
        reading = replace(reading, sure=False, confidence=UNSURE)
    return replace(reading, change=replace(reading.change, deadline=moment))


def _with_other_task(reading: Interpretation, said: _Said) -> Interpretation | None:
    if "dep" not in said.groups:
        return reading
    other = references.resolve(said.words("dep"), said.message.context)
    if not other.found:
        return None
    change = replace(reading.change, depends_on=other.tasks)
    return replace(reading, change=change, sure=reading.sure and other.certain)


def _with_words(reading: Interpretation, said: _Said) -> Interpretation:
    change, groups = reading.change, said.groups
    if said.row.intent is Intent.SET_PRIORITY:
        task = _first_task(reading, said.message.context)
        change = replace(change, priority=_priority(said.match, task))
    if "tag" in groups or "tag2" in groups:
        change = replace(change, tag=said.words("tag" if "tag" in groups else "tag2").lower())
    if "sub" in groups:
        change = replace(change, subtasks=(_capital(said.words("sub")),))
    if "subs" in groups:
        parts = re.split(r"\s*(?:,\s*and\s|,|;|\band\b)\s*", said.words("subs"))
        change = replace(change, subtasks=tuple(_capital(part) for part in parts if part.strip()))
    if "title" in groups:
        change = replace(change, title=said.words("title").strip("\"'“”‘’ ."))
    text = said.words("text") if "text" in groups else _reason(said.match, said.message)
    return replace(reading, change=replace(change, text=text or None))


def _first_task(reading: Interpretation, context: Context) -> OpenTask | None:
    if not reading.task_refs:
        return None
    name = reading.task_refs[0].name
    return next((task for task in context.open_tasks if task.name == name), None)


def _reason(match: re.Match[str], message: Message) -> str | None:
    start, end = match.span("tail") if "tail" in match.re.groupindex else (-1, -1)
    if start < 0 or _NO_REASON.fullmatch(message.dated, start, end):
        return None
    if re.fullmatch(r"[\s,]*(?:t-?\d+|#?\d+|and|&|[\s,])+", message.dated[start:end]):
        return None
    text = message.text[start:end]
    if link := _URL.search(text):
        return link[0].rstrip(".,)")
    lead = _LEAD_IN.match(text)
    return text[lead.end() if lead else 0 :].strip(" .,;:") or None


def moved(match: re.Match[str], task: OpenTask | None, context: Context) -> datetime | None:
    """Return the present deadline moved by so much; without one there is nothing to move."""
    if task is None or task.deadline is None:
        return None
    count, unit = number(match["count"]), match["unit"]
    groups = match.groupdict()
    if {groups.get("dir"), groups.get("dir2")} & {"forward", "up", "earlier", "sooner"}:
        count = -count
    before = task.deadline.astimezone(context.now.tzinfo)
    if unit.startswith("month"):
        return datetime.combine(
            add_months(before.date(), count), before.time(), tzinfo=before.tzinfo
        )
    if unit.startswith(("working", "business")):
        unit = "days"
    return before + timedelta(**{_UNITS[unit[0]]: count})


def _priority(match: re.Match[str], task: OpenTask | None) -> Priority | None:
    groups = match.groupdict()
    if groups.get("prio"):
        if "negated" in groups:
            return attributes.priority_of(f"not {groups['prio']}") or Priority.LOW
        return attributes.priority_of(groups["prio"])
    step = groups.get("step") or ""
    down = step.startswith(("lower", "decrease", "reduce", "drop", "deprio"))
    present = task.priority if task else Priority.MEDIUM
    return attributes.stepped(present, -1 if down else 1)


def _capital(text: str) -> str:
    text = text.strip(" .,;:\"'")
    return text[:1].upper() + text[1:]


def _names_one_in_review(message: Message) -> bool:
    """Whether the first words may name a task in review at all."""
    first = message.low[message.start : message.start + _LONGEST_NAME * 12].split()[:_LONGEST_NAME]
    if any(any(map(str.isdigit, word)) or references.points(word) for word in first):
        return True
    said = {stem(word.strip(".,:;!?'s")) for word in first} | {stem(word) for word in first}
    tasks = Tasks.of(message.context.open_tasks)
    named = (number for each in said for number in tasks.by_stem.get(each, ()))
    return any(tasks.by_number[number].status == "in_review" for number in named)


def _fault_in_review(message: Message) -> Interpretation | None:
    """Saying what is still wrong with a task in review sends it back."""
    if not _names_one_in_review(message):
        return None
    end = len(message.low.rstrip())
    for word in list(re.finditer(r"[\w#-]+", message.low[message.start : end]))[:_LONGEST_NAME]:
        until = message.start + word.end()
        match = _FAULT.fullmatch(message.low, until, end)
        if match is None:
            return None
        named = message.text[message.start : until]
        referred = references.resolve(named, message.context, prefer="in_review")
        task = _first_task(Interpretation(Intent.REJECT, task_refs=referred.tasks), message.context)
        if task is not None and task.status == "in_review" and referred.certain:
            fired("order", "a fault in review", match["text"], match.start("text"))
            return Interpretation(
                Intent.REJECT, task_refs=referred.tasks, sure=False, confidence=UNSURE,
                change=Change(text=message.text[slice(*match.span("text"))].strip(" .")),
                spans=(Span("task_ref", message.start, until), Span("text", *match.span("text"))),
            )  # fmt: skip
    return None


def _without_task(message: Message) -> Interpretation | None:
    """An order of which the task can't be told."""
    for intent, pattern in _WITHOUT_TASK:
        if pattern.fullmatch(message.dated, message.start, message.end):
            words = message.text[message.start : message.end].strip()
            fired("order", "no task named", words, message.start)
            return Interpretation(
                intent, confidence=UNSURE, ambiguities=(Ambiguity("task_ref", words),)
            )
    return None
