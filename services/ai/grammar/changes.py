"""Messages about existing tasks: which act, on which task, setting what."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.ai.grammar import dates, intent, people, references
from services.ai.grammar.intent import Rule, group
from services.ai.grammar.masked import TAKEN, Masked
from services.ai.model import (
    Ambiguity,
    Candidate,
    Change,
    Context,
    Intent,
    Interpretation,
    OpenTask,
    Priority,
    Span,
)

_SHIFT = re.compile(
    rf"(?<![\w'-])(?:by |for |another )*(?P<count>{dates.COUNT}) (?:more )?(?P<unit>working days?|hours?|days?|weeks?|months?)"
    r"(?P<way> later| earlier| sooner| more)?(?![\w])"
)
_EARLIER = re.compile(r"\b(?:earlier|sooner|forward)\b")
_POLITE = re.compile(r"^(?:(?:please|pls|can you|could you|ok|okay|so|hey|and|also|let's|i (?:want|need) you to|you can|we can)[ ,]+)+")
_NUMBERS = re.compile(r"(?:task )?(?:t-?|#)?\d{1,9}(?:(?:, ?| and |, and | & )(?:t-?|#)?\d{1,9})*")
_LEVELS = {
    "urgent": Priority.URGENT, "critical": Priority.URGENT, "p0": Priority.URGENT, "top": Priority.URGENT, "highest": Priority.URGENT,
    "asap": Priority.URGENT, "high": Priority.HIGH, "important": Priority.HIGH, "p1": Priority.HIGH, "low": Priority.LOW,
    "not urgent": Priority.LOW, "p3": Priority.LOW, "medium": Priority.MEDIUM, "normal": Priority.MEDIUM, "p2": Priority.MEDIUM,
}  # fmt: skip
_ORDER = list(Priority)
_MOVES = frozenset({Intent.SET_DEADLINE})
_BOSSES = frozenset({"owner", "boss"})
MAX_REF_WORDS = 8


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The message with its first date as "@@", so that a pattern can say where a date stands."""

    original: str
    low: str
    moment: datetime | None
    shift: timedelta | None
    months: int
    past: bool
    spans: tuple[Span, ...]


def on_tasks(text: str, context: Context, known: people.Names) -> Interpretation | None:
    """Return what is to be done to existing tasks; None where no words of the message mean one."""
    plain, dated = _prepare(text, context, with_date=False), _prepare(text, context, with_date=True)
    unclear: Interpretation | None = None
    for rule in intent.ON_TASKS:
        prepared = dated if rule.intent in _MOVES else plain
        match = rule.pattern.fullmatch(prepared.low)
        if match is None:
            continue
        referred = refer(_original(prepared, match, "ref") or "", context)
        if referred.tasks or referred.numbers:
            found = _acted(rule, match, prepared, referred, context=context, known=known)
            if found:
                return found
        elif referred.ambiguities and unclear is None:
            unclear = Interpretation(rule.intent, confidence=0.5, ambiguities=referred.ambiguities)
    return unclear


def correction(text: str, context: Context, known: people.Names) -> Interpretation | None:
    """Return a change of the task last spoken of: "no, ben", "make it tomorrow", "actually high"."""
    last = next((task for task in context.open_tasks if task.name == context.last_task), None)
    if last is None:
        return None
    dated, plain = _prepare(text, context, with_date=True), _prepare(text, context, with_date=False)
    for rule in intent.CORRECTIONS:
        prepared = dated if rule.intent in _MOVES else plain
        if match := rule.pattern.fullmatch(prepared.low):
            referred = references.Referred((last,))
            found = _acted(rule, match, prepared, referred, context=context, known=known)
            if found:
                return found
    return None


def refer(words: str, context: Context) -> references.Referred:
    """Return the tasks that these words mean: numbers, "it", words of titles."""
    words = words.strip(" ,.:;!?").removeprefix("the ").removeprefix("The ")
    low = words.lower()
    if _NUMBERS.fullmatch(low):
        numbers = [int(n) for n in re.findall(r"\d+", low)]
        open_ = {task.number: task for task in context.open_tasks}
        known = tuple(open_[n] for n in numbers if n in open_)
        return references.Referred(known, numbers=tuple(n for n in numbers if n not in open_))
    if low in {"it", "that", "this", "that one", "this one", "that task", "this task", "task"}:
        return references.by_pronoun(Masked.of("it"), context)
    if not words or len(words.split()) > MAX_REF_WORDS:
        return references.Referred()
    clause = Masked.of(words)
    numbered = references.by_number(clause, context, bare=False)
    if numbered.tasks or numbered.numbers:
        return numbered
    whole = references.by_words(words, context)
    if whole.tasks or " and " not in low:
        return whole
    parts = [references.by_words(part, context) for part in re.split(r",? and |, ", words)]
    if all(part.tasks for part in parts):
        return references.Referred(tuple(dict.fromkeys(t for part in parts for t in part.tasks)))
    return whole


def _prepare(text: str, context: Context, *, with_date: bool) -> _Prepared:
    clause = Masked.of(text)
    low, moment, shift, months, past, spans = clause.low, None, None, 0, False, ()
    if with_date:
        found = dates.find(low, context.now, month_first=context.month_first)
        moved = _SHIFT.search(low)
        if found:
            one = found[0]
            moment, past = one.moment, one.past
            start, end = one.start, one.end
        elif moved:
            start, end = moved.span()
            shift, months = _length(moved, low)
        if found or moved:
            spans = (Span("deadline", start, end),)
            low = low[:start] + "@@" + TAKEN * (end - start - 2) + low[end:]
    stripped = low.rstrip(" \n\t.!?,;" + TAKEN) if not low.rstrip(" .!" + TAKEN).endswith("@@") else low.rstrip(" .!" + TAKEN)
    lead = len(stripped) - len(stripped.lstrip())
    polite = _POLITE.match(stripped[lead:])
    lead += polite.end() if polite else 0
    return _Prepared(text[lead:], stripped[lead:], moment, shift, months, past, spans)


def _length(match: re.Match[str], low: str) -> tuple[timedelta | None, int]:
    count, unit = dates.number(match["count"]), match["unit"]
    if _EARLIER.search(low):
        count = -count
    if unit.startswith("month"):
        return None, count
    if unit.startswith("hour"):
        return timedelta(hours=count), 0
    return timedelta(days=count * (7 if unit.startswith("week") else 1)), 0


def _original(prepared: _Prepared, match: re.Match[str], name: str) -> str | None:
    where = intent.span(match, name)
    return prepared.original[where[0] : where[1]].strip() if where else None


def _acted(
    rule: Rule,
    match: re.Match[str],
    prepared: _Prepared,
    referred: references.Referred,
    *,
    context: Context,
    known: people.Names,
) -> Interpretation | None:
    tasks = referred.tasks
    change, ambiguities, ok = _change(rule.intent, match, prepared, tasks, context=context, known=known)
    if change is None:
        return None
    refs = tuple(map(references.candidate, tasks)) + tuple(_by_id(n, context) for n in referred.numbers)
    spans = prepared.spans
    lead = 0
    where = intent.span(match, "ref")
    if where:
        lead = 0
        spans = (*spans, Span("task_ref", where[0] + lead, where[1] + lead))
    sure = ok and not ambiguities and bool(refs)
    return Interpretation(
        _by_role(rule.intent, match, context),
        task_refs=refs,
        change=change,
        sure=sure,
        confidence=0.95 if sure else 0.5,
        spans=spans,
        ambiguities=ambiguities,
    )


def _by_id(number: int, context: Context) -> Candidate:
    """Return a task that is not among the open ones, by its number; the store knows whether it is."""
    workspace = context.sender.name.rsplit("/people/", 1)[0]
    return Candidate(f"{workspace}/tasks/{number}", f"T-{number}")


def _by_role(found: Intent, match: re.Match[str], context: Context) -> Intent:
    """Who is done with a task submits it; the boss's word completes it."""
    boss = context.sender.role in _BOSSES
    if found is Intent.COMPLETE and not boss:
        return Intent.SUBMIT
    if found is Intent.SUBMIT and boss and re.match(r"(?:i'?m |i am )?(?:done|finished|ready) with", match[0]):
        return Intent.COMPLETE
    return found


_Changed = tuple[Change | None, tuple[Ambiguity, ...], bool]


def _change(
    found: Intent,
    match: re.Match[str],
    prepared: _Prepared,
    tasks: tuple[OpenTask, ...],
    *,
    context: Context,
    known: people.Names,
) -> _Changed:
    if found is Intent.SET_DEADLINE:
        return _deadline(match, prepared, tasks, context)
    if found is Intent.SET_PRIORITY:
        return _priority(match, tasks)
    if found in {Intent.REASSIGN, Intent.DUPLICATE}:
        return _people(match, known, optional=found is Intent.DUPLICATE)
    if found in {Intent.COMPLETE, Intent.START} and (who := group(match, "who")):
        return (Change(), (), True) if known.get(who) or who in {"i", "we"} else (None, (), False)
    if found is Intent.ADD_DEPENDENCY:
        on = refer(_original(prepared, match, "on") or "", context)
        return Change(depends_on=tuple(map(references.candidate, on.tasks))), on.ambiguities, bool(on.tasks)
    if found is Intent.SPLIT:
        parts = re.split(r",? and |, ", _original(prepared, match, "sub") or "")
        return Change(subtasks=tuple(_capital(p.strip(" .")) for p in parts if p.strip(" ."))), (), True
    text = _original(prepared, match, "text")
    title, sub = _original(prepared, match, "title"), _original(prepared, match, "sub")
    return (
        Change(
            text=text.strip(" .,;:-") or None if text else None,
            title=title.strip(" \"'") if title else None,
            subtasks=(_capital(sub.strip(" .")),) if sub else (),
            tag=group(match, "tag") or None,
        ),
        (),
        True,
    )


def _deadline(
    match: re.Match[str], prepared: _Prepared, tasks: tuple[OpenTask, ...], context: Context
) -> _Changed:
    text = _original(prepared, match, "text")
    moment = prepared.moment
    present = tasks[0].deadline if tasks else None
    if prepared.shift is not None:
        moment = (present or context.now) + prepared.shift
    elif prepared.months:
        base = present or context.now
        moment = datetime.combine(dates.add_months(base.date(), prepared.months), base.timetz())
    if moment is None:
        return None, (), False
    return Change(deadline=moment, text=text.strip(" .,") if text else None), (), not prepared.past


def _priority(match: re.Match[str], tasks: tuple[OpenTask, ...]) -> _Changed:
    level = _LEVELS.get(group(match, "level"))
    step = group(match, "step")
    if level is None and step and tasks:
        up = step.startswith(("raise", "increase", "bump"))
        at = _ORDER.index(tasks[0].priority) + (1 if up else -1)
        level = _ORDER[min(max(at, 0), len(_ORDER) - 1)]
    return (Change(priority=level), (), True) if level else (None, (), False)


def _people(match: re.Match[str], known: people.Names, *, optional: bool) -> _Changed:
    who = re.sub(r"\b(?:instead|please|now|over)\b", "", group(match, "who")).strip(" .,")
    if not who and optional:
        return Change(), (), True
    names = people.several(who, known) if who else None
    if names is None:
        return None, (), False
    sure, open_ = people.candidates(names)
    ambiguities = tuple(
        Ambiguity("assignees", name.key, tuple(map(people.candidate, name.people))) for name in open_
    )
    return Change(assignees=sure), ambiguities, True


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
