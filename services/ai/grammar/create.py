"""One clause that asks for work → the draft of a task, with what is not certain of it.

First what is said of time, length, priority and tags is taken out; then the beginning is read by
the table `HEADS` (who is asked, and the words that ask), then the end by `TAILS`; the rest is the
title.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.ai.grammar import attributes, dates, recurrence, titles
from services.ai.grammar.people import Mention
from services.ai.grammar.split import MODAL
from services.ai.grammar.tokens import PERSON, TAKEN, Clause
from services.ai.grammar.verbs import BASE, is_verb
from services.ai.model import Context, Person, Priority

_P = f"{PERSON}+"
_SELF = r"(?:me|myself)"
NAMES = rf"(?:{_P}|{_SELF}\b)(?:(?:, and |, | and | & | or | / |/| \+ )(?:the )?(?:{_P}|{_SELF}\b))*"
_GAP = rf"[\s{TAKEN}]{{0,80}}"
_END = rf"[\s{TAKEN}.,!?;:)–—-]*$"
_ADVERBS = r"(?:(?:please|also|then|probably|maybe|just|really|quickly|finally|now|kindly|still|definitely|simply|first)\b[\s\ue003]*)*"
_MODALS = rf"(?:{MODAL}|don't forget to|make sure to|need|have|be sure to|remember to|you|is|are|you're to|you should|you need to|your task is to|your job is to|i need you to|i want you to|can you|could you|would you)"


@dataclass(slots=True)
class Work:
    """A task in the making. `certain`: nothing in its clause was left over or guessed."""

    clause: Clause
    title: str = ""
    mentions: list[Mention] = field(default_factory=list)
    myself: bool = False
    nobody: bool = False
    unknown: list[str] = field(default_factory=list)
    deadline: datetime | None = None
    date_first: bool = False
    for_all: bool = False
    priority: Priority | None = None
    recurrence: str | None = None
    tags: list[str] = field(default_factory=list)
    estimate_minutes: int | None = None
    certain: bool = True
    # A person or a request stood in it, or it begins with a verb of work.
    asks: bool = False
    # It was asked for by a word such as "task" or "bug".
    requested: bool = False
    either: bool = False

    @property
    def has_people(self) -> bool:
        """Whether somebody is asked, be it somebody unknown."""
        return bool(self.mentions or self.myself or self.unknown or self.nobody)


@dataclass(slots=True)
class Reader:
    """Where the reading of a clause's beginning has come to."""

    work: Work
    mentions: dict[int, Mention]
    at: int = 0
    third_person: bool = False
    assigning: bool = False
    named: bool = False

    def people(self, match: re.Match[str]) -> None:
        """Take the people of the groups "who" as assignees."""
        for group in match.re.groupindex:
            start, end = match.span(group)
            if group.startswith("who") and start >= 0:
                self.named = self.work.asks = True
                _assign(self.work, self.mentions, start, end)

    def passed(self, match: re.Match[str]) -> None:
        """Go on behind what was read."""
        low = self.work.clause.low
        self.work.clause.low = low[: self.at] + TAKEN * (match.end() - self.at) + low[match.end() :]
        self.at = match.end()


def _assign(work: Work, mentions: dict[int, Mention], start: int, end: int) -> None:
    low = work.clause.low
    for match in re.finditer(rf"{_P}|\b{_SELF}\b", low[start:end]):
        mention = mentions.get(work.clause.offset + start + match.start())
        if mention is None:
            work.myself = True
        elif not mention.people and not mention.one_of:
            work.nobody = True
        elif mention not in work.mentions:
            work.mentions.append(mention)
    if re.search(r" or ", low[start:end]):
        work.either = True
    work.clause.note(start, end, "assignees")


Effect = Callable[[Reader, "re.Match[str]"], None]


def _pass(reader: Reader, match: re.Match[str]) -> None:
    reader.passed(match)


def _asked(reader: Reader, match: re.Match[str]) -> None:
    reader.work.asks = True
    reader.passed(match)


def _kind(reader: Reader, match: re.Match[str]) -> None:
    kind = match["kind"]
    reader.work.tags.insert(0, {"bugs": "bug", "doc": "docs"}.get(kind, kind))
    reader.work.clause.note(match.start("kind"), match.end("kind"), "tags")
    reader.work.asks = reader.work.requested = True
    reader.people(match)
    reader.passed(match)


def _people(reader: Reader, match: re.Match[str]) -> None:
    reader.work.asks = reader.work.requested = True
    reader.people(match)
    reader.passed(match)


def _verb_follows(reader: Reader, match: re.Match[str]) -> None:
    reader.people(match)
    reader.third_person = True
    reader.passed(match)


def _me(reader: Reader, match: re.Match[str]) -> None:
    reader.work.myself = reader.work.asks = reader.named = True
    reader.work.clause.note(match.start(), match.start() + 1, "assignees")
    reader.passed(match)


def _assigning(reader: Reader, match: re.Match[str]) -> None:
    reader.assigning = reader.work.asks = True
    reader.passed(match)


_WHO = rf"(?P<who>{NAMES})"
_TASK = r"(?:task|todo|to-do|to do|job|assignment|action item|ticket|work item|item)s?"
_KINDS = "|".join(attributes.KINDS) + "|bugs|doc"
# name → (pattern, what it does, example, the title of the example)
HEADS: dict[str, tuple[str, Effect, str, str]] = {
    "marks": (rf"[\s{TAKEN},;:.!?–—)-]+", _pass, " - fix the sink", "Fix the sink"),
    "politeness": (
        r"(?:please|pls|plz|kindly|hey|hi|hello|ok|okay|so|uh+|um+|uhm|erm|well|and|also|then|but|just|maybe|perhaps|firstly|finally|lastly|oh|yo|btw|fyi|hmm|guys|actually"
        r"|one more thing|another one|another task|plus|no|yes|yeah|reminder|note|first of all|like|alright|now|good morning|morning|quick one|heads up|however|listen)(?![\w'.-])(?= *[,:.!]| [a-z\ue000\ue003])[,:.!]?",
        _pass, "ok so please fix the sink", "Fix the sink"),
    "ordinal": (rf"(?:first|next|second|last)(?=,| ?{_P}| (?:{'|'.join(sorted(BASE))})\b)[,:]?", _pass, "first, fix the sink", "Fix the sink"),
    "kind": (rf"(?P<kind>{_KINDS})(?: report| request| task)?(?:,? (?:for|to|from|@) ?{_WHO}|,? (?P<who2>{NAMES}))?{_GAP}:", _kind, "bug: login crashes", "Login crashes"),
    "make kind": (rf"(?:create|add|open|file|log|report|new) (?:an? )?(?:new )?(?P<kind>{_KINDS})(?:,? (?:for|to) {_WHO})?{_GAP}:", _kind, "new bug: login crashes", "Login crashes"),
    "task words": (
        rf"(?:(?:please )?(?:create|add|make|open|log|set up|give me|put in) )?(?:there'?s )?(?:an? |the |one )?(?:new |another |next )?(?:\ue003+ ?)?{_TASK}(?: (?:for|to) {_WHO})?{_GAP}[,:–—-]+",
        _people, "new task: fix the sink", "Fix the sink"),
    "make a task": (
        rf"(?:please )?(?:create|add|make|open|log|set up|i need|we need) (?:an? |the |one )?(?:new |another )?(?:\ue003+ ?)?{_TASK}(?: (?:for|to) {_WHO})?{_GAP}(?:to|that|for|about|called|named)?(?![\w'])",
        _people, "create a task to fix the sink", "Fix the sink"),
    "list of": (rf"(?:please )?(?:add|put) (?:this )?(?:to|on) (?:my|the|our) (?:to-?do )?(?:list|todos?|board|backlog)(?: for {_WHO})?{_GAP}:?", _people, "add to my list: fix the sink", "Fix the sink"),
    "whose task": (rf"{_WHO}'?s? (?:next )?(?:{_TASK}|turn|work)(?: is)?(?: to)?{_GAP}:?(?= )", _people, "Ana's job is to fix the sink", "Fix the sink"),
    "assign somebody": (rf"(?:please )?(?:assign|get) {_WHO} (?:to|on|for)(?![\w'])(?: the task of| the task to)?", _people, "assign Ana to fix the sink", "Fix the sink"),
    "assign to somebody": (rf"(?:please )?assign(?: this)? to {_WHO}{_GAP}[:,–—-]", _people, "assign to Ana: fix the sink", "Fix the sink"),
    "ask": (
        rf"(?:(?:please|can you|could you|would you|will you|i'd like to|i want to|i need to|we should|let's|you can|i'll|i will) )*(?:please )?"
        rf"(?:ask|tell|have|get|let|make|need|want|remind|message|ping|instruct|request)(?: that)? {_WHO},?{_GAP}{_ADVERBS}(?:to(?! do list)(?![\w'])|that (?:he|she|they) (?:should|must|has to|needs? to|have to)(?![\w']))?{_GAP}",
        _verb_follows, "can you get Ana to fix the sink", "Fix the sink"),
    "want somebody": (
        rf"(?:i|we)(?:'d| would)? (?:need|want|like|love|expect) {_WHO}{_GAP}{_ADVERBS}(?:to(?![\w']))?{_GAP}", _verb_follows, "I want Ana to fix the sink", "Fix the sink"),
    "would be great": (
        r"(?:it )?(?:would|'d) be (?:really |very |super )?(?:great|nice|good|cool|awesome|lovely|helpful|perfect|amazing|best)(?: if| to)", _asked, "would be great if Ana could fix the sink", "Fix the sink"),
    "make sure": (
        r"(?:please )?(?:make sure|ensure|see to it|i need you to make sure|take care)(?: that)?(?! to)(?![\w'])|(?:please )?(?:make sure to|don'?t forget(?: to| that)?|do not forget(?: to)?|remember to|be sure to|try to)(?![\w'])", _asked, "make sure Ana fixes the sink", "Fix the sink"),
    "can somebody": (rf"(?:can|could|would|should|will|may) {_WHO},?{_GAP}{_ADVERBS}(?:be able to )?", _verb_follows, "could Ana fix the sink", "Fix the sink"),
    "with a colon": (rf"(?:for |@ ?|to )?{_WHO}{_GAP}[:–—-]+{_GAP}(?:you |{_MODALS} )?", _verb_follows, "Ana: fix the sink", "Fix the sink"),
    "with a modal": (
        rf"(?:for |@ ?)?{_WHO},?{_GAP}{_ADVERBS}{_MODALS}(?![\w']){_GAP}{_ADVERBS}(?:be |go |help )?(?:{_MODALS} )?{_ADVERBS}",
        _verb_follows, "Ana needs to fix the sink", "Fix the sink"),
    "with a verb": (rf"(?:for |@ ?)?{_WHO}{_GAP},?{_GAP}{_ADVERBS}(?=[\w\"'#\ue002])(?!'s\b)", _verb_follows, "Ana fixes the sink", "Fix the sink"),
    "myself": (
        r"(?:i(?:'ll| will| shall| have to| must| should| need to|'m going to| am going to|'ve got to|'ve to| gotta| got to| can| could| want to|'d like to| would like to|'m|'d better)|me to)(?= ?\ue003| [a-z])(?: (?:also|need to|have to|please))?",
        _me, "I need to fix the sink", "Fix the sink"),
    "we": (
        r"(?:we|you|they|one)(?:'ll|'d)? ?(?:also |still |really )?(?:need(?: to)?|have to|must|should|ought to|gotta|want(?: to)?|could|can|will|are going to)(?![\w'])(?: (?:have|get)(?= (?:a|an|the|our) ))?",
        _asked, "we need to fix the sink", "Fix the sink"),
    "wish": (
        r"(?:i|we)(?:'d| would)? (?:want|need|like|love)(?: you)?(?: to(?: have| get)?)?(?![\w'])|(?:can|could|would|will) (?:you|we)(?: guys)?(?: please)?(?: have| get(?= the | a | an ))?(?![\w'])"
        r"|(?:need|needs|has|have|must|should|got|want|wanna|gotta) to(?! do)(?![\w'])|let'?s(?![\w'])|(?:it'?s )?time to(?![\w'])|there(?:'s| is) (?:a |an )?need to(?![\w'])|(?:task|goal|job) is to(?![\w'])|(?:i'm|we're) going to need",
        _asked, "let's fix the sink", "Fix the sink"),
    "assign": (r"(?:please )?(?:assign|delegate|hand over|give)(?= .*(?:to|for) ?" + _P + ")", _assigning, "assign the audit to Ana", "The audit"),
}  # fmt: skip
_HEADS = [(name, re.compile(row[0]), row[1]) for name, row in HEADS.items()]
# People are asked once; words about a list of them may still follow.
_ONCE = {"whose task", "assign somebody", "ask", "want somebody", "can somebody", "with a colon",
         "with a modal", "with a verb", "myself", "assign to somebody"}  # fmt: skip
TAILS: dict[str, tuple[str, str]] = {
    "handle": (r"", "review the header @ana"),
    "assigned": (rf"[,;–—(-]*\s*(?:and )?(?:please )?(?:assign(?:ed)?|give|delegate)(?: it| this| that| them)? ?(?:to|:) ?(?P<who>{NAMES}){_END}", "fix the sink, assign it to Ana"),
    "somebody will": (rf"[,;–—-]+\s*(?P<who>{NAMES}){_GAP}(?:{MODAL} )?(?:do|does|handle|handles|take care of|takes care of|own|owns|take|takes|can do|is on)?(?: (?:it|this|that))?{_END}", "fix the sink, Ana does it"),
    "after a mark": (rf"(?:[,;:–—.?!]|\s-|\()+\s*(?:and )?(?:(?:assigned to|assign to|assignee|owner|for|by|with|to|cc|@|who|ask)(?::| )? ?)?(?P<who>{NAMES})\s*(?:please)?{_END}", "fix the sink - Ana"),
    "after a phrase": (rf"(?<={TAKEN})\s*(?:for |by |to |@)?(?P<who>{NAMES}){_END}", "fix the sink by friday Ana"),
    "done by": (rf"(?:(?:to be )?done )?by (?P<who>{NAMES}){_END}", "fix the sink by Ana"),
}  # fmt: skip
_TAILS = [(name, re.compile(row[0])) for name, row in TAILS.items() if row[0]]
_FOR_SOMEBODY = re.compile(rf"\s(?:for|to) (?P<who>{NAMES}){_END}")
_GIVEN_TO = re.compile(rf"\s(?:to|for) (?P<who>{NAMES}){_END}")
_UNKNOWN = re.compile(
    r"(?:(?:ask|tell|have|get|let) )?(?P<name>[A-Z][a-z]{1,20})(?:,? (?P<modal>needs to|should|must|has to|to|will|can|shall|please|is to)\b|(?P<comma>,) (?P<verb>[a-z]+)\b)"
)
_NO_NAME = frozenset(
    "someone somebody please also then we you they he she it this that there everyone anyone the a an i urgent "
    "important note reminder tomorrow today maybe ok okay hey hi hello thanks yes no bug task first next "
    "who what when where why how nobody all both need needs".split()
)
# A date or a priority at the end that holds for all tasks of the sentence.
_FOR_ALL = re.compile(
    rf"[,;.–—-]\s*(?:and )?(?:all|both|everything|all of (?:it|them|this|that)|both of them|all three|each|all due|both due)(?=\s*{TAKEN}+{_END})"
)
_DO_IT = re.compile(
    rf"(?:{_GAP}(?:fix|fixes|handle|handles|do|does|take|takes|see to|sees to|look at|looks at|look into|looks into|check|checks|"
    r"take care of|takes care of|deal with|deals with|own|owns|sort|sorts|solve|solves|repair|repairs|investigate|investigates|go|on|is on|get|gets)? ?"
    rf"(?:it|this|that|on it|it out|to it|them)?(?: done| fixed| please| up| out)?){_END}"
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
    tags = attributes.take_tags(clause)
    _take_handles(work, mentions)
    reader = Reader(work, mentions)
    _take_heads(reader)
    work.tags += [tag for tag in tags if tag not in work.tags]
    _take_unknown(work, reader)
    titles.strip_fillers(clause)
    _take_tails(reader, heading=heading)
    first = re.match(rf"[\s{TAKEN},:;–—-]*([a-z]+)", clause.low[reader.at :])
    work.asks = work.asks or bool(first and first[1] in BASE)
    work.title = titles.of(clause, 0, third_person=reader.third_person)
    if reader.assigning:
        work.title = work.title[:1].upper() + work.title[1:]
    return work


def only_who(work: Work) -> bool:
    """Return whether the clause only says who sees to what was said before."""
    return bool((work.mentions or work.myself) and work.title and _DO_IT.fullmatch(work.title.lower()))


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
            work.certain = False
    if len(ahead) > 1:
        by = [one for one in ahead if re.match(r"\W*(?:by|before|due|until|no later)", clause.low[one.start :])]
        chosen = by[-1] if by else ahead[-1]
        work.certain = False
    else:
        chosen = (ahead or found)[0]
    clause.take(chosen.start, chosen.end, "deadline")
    if shared := _FOR_ALL.search(clause.low):
        clause.take(shared.start(), shared.end())
        work.for_all = True
    work.date_first = not clause.low[: chosen.start].strip(f" {TAKEN},")
    if not chosen.past:
        work.deadline = chosen.moment


def _take_handles(work: Work, mentions: dict[int, Mention]) -> None:
    """Take "@name" wherever it stands: nothing else is meant by it."""
    clause = work.clause
    for match in re.finditer(_P, clause.low):
        mention = mentions.get(clause.offset + match.start())
        if mention and clause.text[match.start()] == "@" and clause.low[: match.start()].strip(f" {TAKEN}"):
            _assign(work, mentions, match.start(), match.end())
            clause.take(match.start(), match.end())


def _take_heads(reader: Reader) -> None:
    for _ in range(12):
        for name, pattern, effect in _HEADS:
            if reader.named and name in _ONCE:
                continue
            match = pattern.match(reader.work.clause.low, reader.at)
            if match and match.end() > reader.at and _fits(name, reader, match):
                effect(reader, match)
                break
        else:
            return


def _fits(name: str, reader: Reader, match: re.Match[str]) -> bool:
    """Whether a rule that may go wrong is right here."""
    low = reader.work.clause.low
    if name == "marks":
        return True
    if name == "with a verb":
        word = re.match(r"[a-z]+", low[match.end() :])
        return not (word and word[0] in {"is", "are", "was", "were", "has", "have", "and", "or", "said", "says"})
    if name == "myself" and reader.work.mentions:
        return False
    return True


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
    if match["comma"] and not is_verb(match["verb"]):
        return
    work.unknown.append(match["name"])
    work.certain, work.asks = False, True
    end = match.end("modal") if match["modal"] else match.end("comma")
    clause.take(at, end)
    clause.note(match.start("name"), match.end("name"), "assignees")
    reader.third_person = True


def _take_tails(reader: Reader, *, heading: bool) -> None:
    work, clause = reader.work, reader.work.clause
    if work.has_people and not reader.assigning:
        return
    patterns: Sequence[tuple[str, re.Pattern[str]]] = _TAILS
    if reader.assigning:
        patterns = [("given to", _GIVEN_TO), *_TAILS]
    elif heading or not titles.is_work(clause.low[reader.at :]):
        patterns = [*_TAILS, ("for somebody", _FOR_SOMEBODY)]
    for _, pattern in patterns:
        match = pattern.search(clause.low, reader.at)
        if match and clause.low[reader.at : match.start()].strip(f" {TAKEN},.;:–—-"):
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
