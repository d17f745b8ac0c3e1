"""One clause that asks for work → the draft of a task, with what is not certain of it.

First what is said of time, length, priority and tags is taken out; then the beginning is read by
`heads.HEADS` (who is asked, and the words that ask), then the end by `heads.TAILS`; the rest is the
title.
"""

import re
from collections.abc import Sequence

from services.ai.grammar import attributes, dates, recurrence, titles
from services.ai.grammar.heads import (
    END,
    GAP,
    HEAD_RULES,
    NAMES,
    ONCE,
    ONE,
    TAIL_RULES,
    Reader,
    Work,
    assign,
)
from services.ai.grammar.people import Mention
from services.ai.grammar.tokens import PERSON, TAKEN, Clause
from services.ai.grammar.trace import fired
from services.ai.grammar.verbs import BASE, is_verb
from services.ai.model import Context, Person

_FOR_SOMEBODY = re.compile(rf"\s(?:for|to) (?P<who>{NAMES}){END}")
_OWNER = re.compile(
    rf"(?:^|(?<=[|;,.\n(\ue003])|(?<=[|;,.\n(\ue003] ))(?:owner|assignee|assigned to|assigned|responsible|who)\s*[:=]\s*(?P<who>{NAMES})(?=\s*(?:[|;,.)\n\ue003]|$))"
)
_GIVEN_TO = re.compile(rf"\s(?:to|for|from) (?P<who>{NAMES}){END}")
_UNKNOWN = re.compile(
    r"(?:(?:ask|tell|have|get|let) )?(?P<name>[A-Z][a-z]{1,20})(?! to be [a-z]+(?:ed|en|nt|ne|de|ght|ung|ut)\b| (?:must|should|has to|needs to|can|will|shall) be\b)(?:,? (?P<modal>needs to|should|must|has to|to|will|can|shall|please|is to)\b(?! (?:the|an?|our|my|all)\b)|(?P<comma>,) (?P<verb>[a-z]+)\b|(?P<bare> )(?P<does>[a-z]+) (?:the|an?|all|our|my|it|this|that|these|those|some|every|new)\b)"
)
ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}
_NO_NAME = frozenset(
    """
    someone somebody please also then we you they he she it this that there everyone anyone the
    a an i urgent important note reminder tomorrow today maybe ok okay hey hi hello thanks yes
    no bug task first next who what when where why how nobody all both need needs
""".split()  # noqa: SIM905 -- words, not quotation marks
)
# A date or a priority at the end that holds for all tasks of the sentence.
_FOR_ALL = re.compile(
    rf"[,;.–—-]\s*(?:and )?(?:all|both|everything|all of (?:it|them|this|that)|both of them|all three|each|all due|both due)(?=\s*{TAKEN}+{END})"
)
# Which tasks what holds for all does not hold for: "all by friday except the first".
_EXCEPT = re.compile(
    rf",?\s*(?:except|but not|apart from|other than|save)(?: for)?(?: the)? (?P<which>{'|'.join(ORDINALS)})(?: one| task)?(?![\w-])"
)
_FIX_IT = re.compile(
    rf"[,;–—-]\s*(?:please |so |and )?(?:fix|repair|solve|sort|look into|look at|check|handle|see to|deal with) (?:it|this|that)(?: out)?{END}"
)
_PROBLEM = re.compile(r"\b(?:is|are|was|has|have|isn't|doesn't|don't|fails|crashes|leaks|keeps)\b")
_DO_IT = re.compile(
    rf"(?:{GAP}(?:fix|fixes|handle|handles|do|does|take|takes|see to|sees to|look at|looks at|look into|looks into|check|checks|"
    r"take care of|takes care of|deal with|deals with|own|owns|sort|sorts|solve|solves|repair|repairs|investigate|investigates|go|on|is on|get|gets|[a-z]+(?= (?:it|this|that|them)\b))? ?"
    rf"(?:it|this|that|on it|it out|to it|them)?(?: done| fixed| please| up| out)?){END}"
)


def read(
    clause: Clause, mentions: dict[int, Mention], context: Context, *, heading: bool = False
) -> Work:
    """Return what a clause asks for. Its people are `mentions`, by where they begin.

    `heading`: a list follows, so "for Ana" at its end says who does it.
    """
    work = Work(clause)
    _take_when(work, context)
    work.estimate_minutes = attributes.take_estimate(clause)
    work.priority = attributes.take_priority(clause)
    if work.deadline and (shared := _FOR_ALL.search(clause.low)):
        clause.take(shared.start(), shared.end())
        work.for_all = True
    tags = attributes.take_tags(clause)
    _take_handles(work, mentions)
    _take_fields(work, mentions)
    reader = Reader(work, mentions)
    _take_therefore(reader)
    _take_heads(reader)
    work.tags += [tag for tag in tags if tag not in work.tags]
    _take_unknown(work, reader)
    titles.strip_fillers(clause)
    _take_tails(reader, heading=heading)
    _take_fix_it(clause)
    first = re.match(rf"[\s{TAKEN},:;–—-]*([a-z]+)", clause.low[reader.at :])
    work.asks = work.asks or bool(first and first[1] in BASE)
    work.title = titles.of(clause, 0, third_person=reader.third_person)
    if reader.assigning:
        work.title = work.title[:1].upper() + work.title[1:]
    return work


# "Tom is free today so he can …", "May may need gloves but she should …": the work comes last.
_THEREFORE = re.compile(
    rf"(?P<who>{ONE}) (?P<word>[a-z]+)\b[^:;\n{PERSON}]{{2,80}}?[\s,;–—-]+(?:so|but|and so|and|then|therefore)?,? ?(?:please )?"
    r"(?:(?:let|have|get|make|ask|tell) (?:him|her|them)(?: to)?|(?:he|she|they) (?:should|must|needs? to|has to|have to|can|could|will|ought to))(?: please| also| then)? (?=[a-z])"
)


def only_who(work: Work) -> bool:
    """Return whether the clause only says who sees to what was said before."""
    return bool(
        (work.mentions or work.myself) and work.title and _DO_IT.fullmatch(work.title.lower())
    )


def _take_when(work: Work, context: Context) -> None:
    clause = work.clause
    again = recurrence.find(clause.low, context.now)
    if again:
        for start, end in again.stretches:
            clause.take(start, end, "recurrence")
        work.recurrence, work.deadline = again.rule, again.first
        work.date_first = not clause.low[: again.stretches[0][0]].strip(f" {TAKEN}")
        return
    found = dates.find(clause.low, context.now, month_first=context.month_first)
    if not found:
        return
    ahead = [one for one in found if not one.past]
    for one in found:
        if one.past:
            fired("date", "in the past")
            work.certain = False
    if len(ahead) > 1:
        by = [
            one
            for one in ahead
            if re.match(r"\W*(?:by|before|due|until|no later)", clause.low[one.start :])
        ]
        chosen = by[-1] if by else ahead[-1]
        fired("date", "one of several")
        work.certain = False
    else:
        chosen = (ahead or found)[0]
    clause.take(chosen.start, chosen.end, "deadline")
    for exception in clause.take_all(_EXCEPT):
        work.excepted.append(ORDINALS[exception["which"]])
    work.date_first = not clause.low[: chosen.start].strip(f" {TAKEN},")
    if not chosen.past:
        work.deadline = chosen.moment


def _take_fields(work: Work, mentions: dict[int, Mention]) -> None:
    """Take "owner: Ana" wherever it stands between marks."""
    for match in _OWNER.finditer(work.clause.low):
        assign(work, mentions, *match.span("who"))
        work.clause.take(match.start(), match.end())
        work.asks = True


def _take_handles(work: Work, mentions: dict[int, Mention]) -> None:
    """Take "@name" wherever it stands: nothing else is meant by it."""
    clause = work.clause
    for match in re.finditer(ONE, clause.low):
        mention = mentions.get(clause.offset + match.start())
        if (
            mention
            and clause.text[match.start()] == "@"
            and clause.low[: match.start()].strip(f" {TAKEN}")
        ):
            assign(work, mentions, match.start(), match.end())
            clause.take(match.start(), match.end())


def _take_heads(reader: Reader) -> None:
    for _ in range(12):
        for name, pattern, effect in HEAD_RULES:
            if reader.named and name in ONCE:
                continue
            match = pattern.match(reader.work.clause.low, reader.at)
            if match and match.end() > reader.at and _fits(name, reader, match):
                fired("head", name, match[0], reader.work.clause.offset + match.start())
                effect(reader, match)
                break
        else:
            return


def _take_therefore(reader: Reader) -> None:
    """Take out what is told of somebody before what they should therefore do."""
    clause = reader.work.clause
    match = _THEREFORE.match(clause.low, len(clause.low) - len(clause.low.lstrip(f" {TAKEN}")))
    if match is None or is_verb(match["word"]):
        return
    fired("head", "therefore", match[0], clause.offset + match.start())
    reader.people(match)
    reader.third_person = True
    reader.passed(match)


def _fits(name: str, reader: Reader, match: re.Match[str]) -> bool:
    """Whether a rule that may go wrong is right here."""
    low = reader.work.clause.low
    if name == "marks":
        return True
    if name == "with a verb":
        word = re.match(r"[a-z]+", low[match.end() :])
        return not (
            word
            and word[0] in {"is", "are", "was", "were", "has", "have", "and", "or", "said", "says"}
        )
    return not (name == "myself" and reader.work.mentions)


def _take_fix_it(clause: Clause) -> None:
    """Take the order out that follows on a problem: "the login is broken, fix it"."""
    match = _FIX_IT.search(clause.low)
    if match and _PROBLEM.search(clause.low, 0, match.start()):
        clause.take(match.start(), match.end())


def _take_unknown(work: Work, reader: Reader) -> None:
    """A capitalised name that nobody has, where an assignee stands, stays out of the title."""
    if work.has_people:
        return
    clause = work.clause
    at = 0
    while at < len(clause.low) and clause.low[at] in f" {TAKEN}":
        at += 1
    match = _UNKNOWN.match(clause.text, at)
    if match is None or match["name"].lower() in _NO_NAME or match["name"].lower() in BASE:
        return
    verb = match["verb"] or match["does"]
    if verb and not is_verb(verb):
        return
    work.unknown.append(match["name"])
    fired("person", "a name that nobody has", match["name"])
    work.certain, work.asks = False, True
    end = max(match.end(group) for group in ("modal", "comma", "bare"))
    clause.take(at, end)
    clause.note(match.start("name"), match.end("name"), "assignees")
    reader.third_person = True


def _take_tails(reader: Reader, *, heading: bool) -> None:
    work, clause = reader.work, reader.work.clause
    # "I'd like the logo redone - Mia": a name at the end is meant before the one who wishes.
    wished = work.myself and not work.mentions
    if work.has_people and not reader.assigning and not wished:
        return
    patterns: Sequence[tuple[str, re.Pattern[str]]] = TAIL_RULES
    if reader.assigning:
        patterns = [("given to", _GIVEN_TO), *TAIL_RULES]
    elif heading or not titles.is_work(clause.low[reader.at :]):
        patterns = [*TAIL_RULES, ("for somebody", _FOR_SOMEBODY)]
    found = [(name, m) for name, p in patterns if (m := p.search(clause.low, reader.at))]
    # The longest list of people: "(Tom, Ben)" rather than ", Ben)".
    for name, match in sorted(found, key=lambda each: each[1].start()):
        if clause.low[reader.at : match.start()].strip(f" {TAKEN},.;:–—-"):
            work.myself = False
            fired("tail", name, match[0], clause.offset + match.start())
            reader.people(match)
            clause.take(match.start(), match.end())
            return


def assignees(work: Work, sender: Person) -> tuple[Person, ...]:
    """Return the people who are asked, each once, in the order of the text."""
    mentions = sorted(work.mentions, key=lambda mention: mention.start)
    people = [person for mention in mentions for person in mention.people]
    if work.myself:
        people.append(sender)
    return tuple(dict.fromkeys(people))
