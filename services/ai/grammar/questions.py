"""Messages that ask, and those that need no task: lists, one task, search, reports, reminders, attendance."""

import re
from dataclasses import replace

from services.ai.grammar import changes, dates, intent, people, references
from services.ai.grammar.intent import group
from services.ai.grammar.masked import TAKEN, Masked
from services.ai.model import Change, Context, Filter, Intent, Interpretation, Priority

_STATUS = {
    "blocked": r"blocked|stuck", "on_hold": r"on hold|paused|parked", "in_review": r"in review|(?:waiting|waits) for (?:review|approval)|to approve|to review|for approval",
    "in_progress": r"in progress|being worked on|started|under way|ongoing", "needs_revision": r"needs? (?:revision|rework)|sent back|rejected",
    "completed": r"completed|done|finished|closed", "cancelled": r"cancell?ed", "pending": r"pending|not started|to ?do|open and not started",
}  # fmt: skip
_PRIORITY = {
    Priority.URGENT: r"urgent|critical", Priority.HIGH: r"high(?:[ -]prio(?:rity)?)?|important",
    Priority.LOW: r"low(?:[ -]prio(?:rity)?)?", Priority.MEDIUM: r"(?:medium|normal)(?:[ -]prio(?:rity)?)",
}  # fmt: skip
_DUE = {
    "overdue": r"overdue|late|behind|past due|missed", "today": r"today|tonight", "tomorrow": r"tomorrow|tmrw",
    "next_week": r"next week", "this_week": r"this week|the week|by friday|until friday",
}  # fmt: skip
_MINE = re.compile(r"\b(?:my|mine|i|me)\b(?! (?:all|the|a|everything|tasks of))")
_SPANS = {
    "last_month": "last month", "last_week": "last week", "month": "month", "week": "week", "today": "today|daily|day",
}  # fmt: skip
_ABOUT = re.compile(r"\b(?:about|mentioning|with the word|containing) (?P<text>.+)$")
_OUT = re.compile(r"\b(?:out|off|home|leaving|done|day)\b")
_NOT_A_LIST = re.compile(r"\b(?:means?|if you|your name|weather|time is it|are you)\b")


def plain(
    found: Intent, match: re.Match[str], text: str, context: Context, known: people.Names
) -> Interpretation | None:
    """Return the reading of a message that names no task; None where the pattern deceived."""
    sure = Interpretation(found, sure=True, confidence=0.97)
    match found:
        case Intent.ATTENDANCE:
            return _attendance(sure, match)
        case Intent.REMIND:
            return _remind(text, context, known)
        case Intent.SEARCH:
            return replace(sure, filter=Filter(text=_said(text, match, "text")))
        case Intent.REPORT:
            return _report(sure, match, known)
        case Intent.ASK_PERSON:
            return _ask(sure, match, text, known)
        case Intent.PLAN if known.get(match[0].split(" ", 1)[0]):
            return None
        case Intent.TEACH | Intent.PLAN | Intent.SPEC:
            return replace(sure, change=Change(text=_said(text, match, "text") or text.strip()))
        case _:
            return sure


def about(
    low: str, text: str, context: Context, known: people.Names
) -> Interpretation | None:
    """Return a question about tasks: one of them (show), or those that a filter lets through."""
    if match := intent.SHOW.fullmatch(low):
        shown = _show(match, context)
        if shown:
            return shown
    if not intent.QUERY.fullmatch(low) or _NOT_A_LIST.search(low):
        return None
    wanted, is_list = _filter(low, text, known, context)
    asked = bool(re.match(r"(?:please )?(?:what|which|who|show|list|how|any|is|are|give|do|does|my|all|open|tasks|overdue|today|tell|count)", low))
    if not is_list and not asked:
        return None
    return Interpretation(Intent.QUERY, filter=wanted, sure=True, confidence=0.93)


def _show(match: re.Match[str], context: Context) -> Interpretation | None:
    words = group(match, "ref")
    if re.search(r"\b(?:tasks|all|everything|everyone)\b", words):
        return None
    referred = changes.refer(words, context)
    numbers = tuple(changes._by_id(n, context) for n in referred.numbers)  # noqa: SLF001 - one grammar
    refs = tuple(map(references.candidate, referred.tasks)) + numbers
    if refs:
        return Interpretation(Intent.SHOW, task_refs=refs[:1], sure=True, confidence=0.95)
    if referred.ambiguities:
        return Interpretation(Intent.SHOW, confidence=0.5, ambiguities=referred.ambiguities)
    return None


def _filter(
    low: str, text: str, known: people.Names, context: Context
) -> tuple[Filter, bool]:
    status = next((s for s, p in _STATUS.items() if re.search(rf"\b(?:{p})\b", low)), None)
    level = next((p for p, w in _PRIORITY.items() if re.search(rf"\b(?:{w})\b", low)), None)
    due = next((d for d, w in _DUE.items() if re.search(rf"\b(?:{w})\b", low)), None)
    tag = re.search(r"#([^\W\d][\w-]*)|\btagged (?:with |as )?([\w-]+)", low)
    who = [n for m in known.pattern.finditer(low) if (n := known.get(m[0])) and _is_person(n, low, m)]
    if not who and _MINE.search(low):
        who = [n for n in (known.get("me"),) if n]
    assignees, _ = people.candidates(n for n in who if not (n.key in {"me", "myself"} and len(who) > 1))
    if re.match(r"(?:please )?(?:show|give|tell|get) me\b", low) and len(who) == 1 and who[0].key == "me":
        assignees = ()
    said = _ABOUT.search(low)
    found = Filter(
        assignees=assignees, status=status, priority=level, due=due, tag=(tag[1] or tag[2]) if tag else None,
        text=said["text"].strip(" ?") if said else None,
    )  # fmt: skip
    is_list = bool(re.search(r"\b(?:tasks?|todos?|work|list|doing|working|due|assigned|plate|open|left)\b", low)) or any(
        (status, level, due, tag, assignees)
    )
    return found, is_list


def _is_person(name: people.Name, low: str, match: re.Match[str]) -> bool:
    if name.key in {"me", "myself"}:
        return False
    if not name.word:
        return True
    after = low[match.end() :]
    return after.startswith("'s") or bool(re.match(r"(?: (?:doing|working|have|has|do)|\??$)", after))


def _attendance(found: Interpretation, match: re.Match[str]) -> Interpretation:
    said = match[0]
    word = group(match, "text") or {"on": "in", "off": "out"}.get(group(match, "how"), group(match, "how"))
    if not word:
        word = "break" if "break" in said and "back" not in said else "out" if _OUT.search(said) else "in"
    if word == "back" or "back from" in said:
        word = "break"
    return replace(found, change=Change(text=word))


def _remind(text: str, context: Context, known: people.Names) -> Interpretation | None:
    clause = Masked.of(text)
    lead = re.match(r"\s*(?:please )?remind (?P<who>@?[\w-]+)|\s*set (?:a |me a )?reminder(?: for me)?", clause.low)
    if lead is None:
        return None
    word = lead["who"] or "me"
    name = known.get(word)
    if name is None or len(name.people) != 1:
        return None
    clause.take_match(lead)
    found = [one for one in dates.find(clause.low, context.now) if not one.past]
    for one in found:
        clause.take(one.start, one.end, "deadline")
    rest = re.sub(r"^(?:to|about|that)\s+", "", clause.rest().strip(" ,.:"))
    person = None if word in {"me", "myself"} else people.candidate(name.people[0])
    change = Change(text=rest or None, deadline=found[-1].moment if found else None, person=person)
    return Interpretation(
        Intent.REMIND, change=change, sure=bool(rest), confidence=0.95, spans=tuple(clause.spans)
    )


def _report(
    found: Interpretation, match: re.Match[str], known: people.Names
) -> Interpretation | None:
    who = re.sub(r"\b(?:the |our )?(?:team|everyone|everybody|we|us|all)\b", "", group(match, "who")).strip(" '")
    name = known.get(who.removesuffix("'s")) if who else None
    if who and name is None and not any(re.search(w, who) for w in _SPANS.values()):
        return None
    said = f"{group(match, 'span')} {who if name is None else ''}"
    span = next((s for s, w in _SPANS.items() if re.search(rf"\b(?:{w})(?:ly|'?s)?\b", said)), None)
    person = people.candidate(name.people[0]) if name and len(name.people) == 1 else None
    return replace(found, change=Change(person=person, span=span))


def _ask(
    found: Interpretation, match: re.Match[str], text: str, known: people.Names
) -> Interpretation | None:
    name = known.get(match["who"])
    if name is None or len(name.people) != 1:
        return None
    words = re.sub(r"^about\s+", "", _said(text, match, "text") or "")
    return replace(found, change=Change(person=people.candidate(name.people[0]), text=words))


def _said(text: str, match: re.Match[str], name: str) -> str | None:
    """Return the words of a group as the sender wrote them."""
    words = group(match, name)
    at = Masked.of(text).low.find(words) if words else -1
    return text[at : at + len(words)].strip(" .?!" + TAKEN) if at >= 0 else words or None
