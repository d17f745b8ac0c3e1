"""Reads what somebody teaches: a sentence becomes a rule, or a sentence on why it is none.

Pure. A rule says what words mean or what a new task gets; it can't give anybody a role or a right,
so no such sentence is one.
"""

# ruff: noqa: E501 -- a row of the table is one line, under its example

import re
from collections.abc import Callable
from dataclasses import replace

from services.ai import phrases, wording
from services.ai.grammar import attributes, clock, dates, people, tokens
from services.ai.learning.model import (
    PHRASE_MOST,
    SENTENCE_MOST,
    WORDS_MOST,
    Rule,
    RuleField,
    RuleKind,
)
from services.ai.model import Candidate, Context
from services.ai.quoted import fold


class NotTaught(Exception):  # noqa: N818 -- what happened
    """The sentence is no rule; its text says why, or what can be taught."""


EXAMPLES = (
    "ASAP means within 4 hours",
    "hotfix is urgent",
    "the girls = Ana and Mia",
    "design tasks go to Mia",
    "Ben's tasks need approval",
)
_OPENING = re.compile(
    r"^\W*(?:(?:teach|please|remember|learn|note|from now on|always|by default|new rule|rule)(?: that)?\b[\s:,-]*)*",
    re.IGNORECASE,
)
_WORK = r"(?: (?:tasks?|work|jobs?|things?|stuff|issues?|requests?))?"
_SPAN = re.compile(
    r"(?:within |in )?(?:the next )?(?P<span>(?:\d{1,3}|an?|one|two|three|four|half an?) ?(?:minutes?|mins?|hours?|hrs?|h|days?|weeks?|months?))"
)
_UNITS = {"h": "hours", "hr": "hours", "min": "minutes"}
Make = Callable[["_Said"], Rule | None]


class _Said:
    """A sentence that fits a row."""

    def __init__(self, text: str, match: re.Match[str], context: Context) -> None:
        self._text, self._match, self.context = text, match, context

    def part(self, name: str) -> str:
        """The words of a group as they are written, without quotation marks."""
        start, end = self._match.span(name)
        return self._text[start:end].strip(" \"'“”‘’.,:;") if start >= 0 else ""

    def people(self, name: str) -> tuple[Candidate, ...]:
        """The people that a group names, all of them known; none otherwise."""
        words = self.part(name)
        found, certain = phrases.persons(words, self.context) if words else ((), False)
        parts = re.split(r", ?(?:and )?| and | & ", words)
        if certain and len(found) >= len(parts):
            return found
        return ()


def taught(sentence: str, context: Context) -> Rule:
    """Return the rule that a sentence teaches; NotTaught says why it is none."""
    sentence = " ".join(sentence.split())
    if len(sentence) > SENTENCE_MOST:
        raise NotTaught(f"A rule has at most {SENTENCE_MOST} characters.")
    text = _OPENING.sub("", sentence, count=1).rstrip(" .!")
    low = tokens.fold(text)
    for pattern, make in _ROWS:
        match = pattern.match(low)
        if match and (rule := make(_Said(text, match, context))) is not None:
            return _checked(replace(rule, sentence=text), context)
    raise NotTaught(
        f"Nothing to learn from “{wording.shown(text)}”. Try “{EXAMPLES[0]}” or “{EXAMPLES[3]}”."
    )


def _checked(rule: Rule, context: Context) -> Rule:
    if rule.person is not None:
        return rule
    phrase = rule.phrase
    if len(phrase) > PHRASE_MOST or len(rule.value) > WORDS_MOST:
        raise NotTaught(
            f"The words of a rule have at most {PHRASE_MOST} characters, their meaning {WORDS_MOST}."
        )
    if not wording.stems(phrase) or len(phrase) < 2:  # noqa: PLR2004 -- a letter is no word
        raise NotTaught(f"“{phrase}” is too common a word for a rule.")
    if rule.kind is RuleKind.MEANS:
        if people.People.of(context.roster).named(phrase).people:
            raise NotTaught(f"“{phrase}” is a person here, and stays one.")
        if f" {fold(phrase)} " in f" {fold(rule.value)} " and not attributes.priority_of(phrase):
            raise NotTaught(f"“{phrase}” can't mean something with “{phrase}” in it.")
    return rule


def _means(said: _Said) -> Rule | None:
    phrase, value = said.part("phrase"), said.part("value")
    if not phrase or not value:
        return None
    if who := said.people("value"):
        return Rule(RuleKind.MEANS, phrase, wording.listed([each.display_name for each in who]))
    low = tokens.fold(value)
    if span := _SPAN.fullmatch(low):
        # A word that is a priority by itself stays one, and gets a time.
        keeps = f"{phrase} " if attributes.priority_of(phrase) else ""
        return Rule(RuleKind.MEANS, phrase, f"{keeps}in {_spelled(span['span'])}")
    if len(clock.times(low)) == 1 and len(dates.find(low, said.context.now)) <= 1:
        lead = "" if low.startswith(("at ", "by ")) else "at "
        return Rule(RuleKind.MEANS, phrase, f"{lead}{value}")
    if (urgency := attributes.priority_of(value)) and len(wording.words(value)) <= 3:  # noqa: PLR2004
        return Rule(RuleKind.DEFAULT, phrase, urgency.value, RuleField.PRIORITY)
    return Rule(RuleKind.MEANS, phrase, value)


def _is(said: _Said) -> Rule | None:
    """Read "hotfix is urgent", "bugs are high priority"; other statements are no rules."""
    urgency = attributes.priority_of(said.part("value"))
    if urgency is None:
        who = said.people("value")
        if len(who) > 1:
            return Rule(
                RuleKind.MEANS,
                said.part("phrase"),
                wording.listed([each.display_name for each in who]),
            )
        return None
    if who := said.people("phrase"):
        return Rule(RuleKind.DEFAULT, "", urgency.value, RuleField.PRIORITY, person=who[0])
    return Rule(RuleKind.DEFAULT, said.part("phrase"), urgency.value, RuleField.PRIORITY)


def _spelled(span: str) -> str:
    unit = re.sub(r".*?([a-z]+)$", r"\1", span)
    number = span.removesuffix(unit).strip()
    return f"{number} {_UNITS.get(unit, unit)}"


def _goes_to(said: _Said) -> Rule | None:
    who = said.people("who")
    names = wording.listed([each.display_name for each in who])
    return (
        Rule(RuleKind.DEFAULT, said.part("phrase"), names, RuleField.ASSIGNEES, who)
        if who
        else None
    )


def _approval(said: _Said) -> Rule | None:
    value = "no" if said.part("no") else "yes"
    if who := said.people("phrase"):
        return Rule(RuleKind.DEFAULT, "", value, RuleField.APPROVAL, person=who[0])
    return Rule(RuleKind.DEFAULT, said.part("phrase"), value, RuleField.APPROVAL)


def _takes(said: _Said) -> Rule | None:
    minutes = phrases.estimate(said.part("value"))
    return (
        Rule(RuleKind.DEFAULT, said.part("phrase"), str(minutes), RuleField.ESTIMATE)
        if minutes
        else None
    )


def _due(said: _Said) -> Rule | None:
    words = said.part("value")
    span = _SPAN.fullmatch(tokens.fold(words))
    words = f"in {_spelled(span['span'])}" if span else words
    known = phrases.moment(words, said.context) is not None
    return Rule(RuleKind.DEFAULT, said.part("phrase"), words, RuleField.DEADLINE) if known else None


def _tagged(said: _Said) -> Rule | None:
    return Rule(
        RuleKind.DEFAULT, said.part("phrase"), phrases.tag(said.part("value")), RuleField.TAG
    )


_ROWS: list[tuple[re.Pattern[str], Make]] = [
    (re.compile(pattern), make)
    for pattern, make in (
        # "when I say the beast I mean the billing server"
        (r"(?:when|if|whenever) (?:i|we|somebody|someone|people) says? (?P<phrase>.{1,80}?),? (?:i mean|we mean|it means|that means|read|think) (?P<value>.+)$", _means),
        (r"by (?P<phrase>.{1,80}?),? (?:i|we) mean (?P<value>.+)$", _means),
        # "Ben's tasks need approval", "design tasks don't need approval"
        (rf"(?P<phrase>.{{1,60}}?)(?:'s|')?{_WORK} (?:(?:must|should|always|have to) )*(?P<no>don't |do not |doesn't |does not |never )?(?:need|needs|require|requires|get|have|be)(?: an?| my| the boss's)? (?P<what>approval|approved|to be approved)$", _approval),
        # "design tasks go to Mia", "bugs are for Ben", "give design to Mia"
        (rf"(?:all |any |every |new )?(?P<phrase>.{{1,60}}?){_WORK} (?:always |should |must )*(?:go(?:es)? to|is for|are for|belongs? to|is done by|are done by|are assigned to|is assigned to) (?P<who>.+)$", _goes_to),
        (rf"(?:give|assign|send) (?:all |any |every |new )?(?P<phrase>.{{1,60}}?){_WORK} to (?P<who>.+)$", _goes_to),
        (rf"(?P<who>.{{1,60}}?) (?:does|takes|gets|handles) (?:all |any |every |new |the )*(?P<phrase>.{{1,60}}?){_WORK}$", _goes_to),
        # "design tasks take 2 days"
        (rf"(?P<phrase>.{{1,60}}?){_WORK} (?:takes?|needs?) (?:about )?(?P<value>.{{1,40}})$", _takes),
        # "hotfix tasks are due within 4 hours"
        (rf"(?P<phrase>.{{1,60}}?){_WORK} (?:is|are|must be|should be|have to be|has to be) (?:due|done|finished|ready) (?P<value>.{{1,60}})$", _due),
        # a tag: "shop tasks get #sales"
        (rf"(?P<phrase>.{{1,60}}?){_WORK} (?:gets?|have|has|is|are)(?: tagged| the tag| tag)*(?: with)? (?P<value>#[\w-]{{1,40}})$", _tagged),
        # a meaning: "ASAP means within 4 hours", "the girls = Ana and Mia"
        (r"(?P<phrase>.{1,80}?) ?(?:=|:=|->|→|means?\b|stands? for\b|is short for\b|refers? to\b|is another (?:word|name) for\b) ?(?P<value>.+)$", _means),
        # "hotfix is urgent", "bugs are high priority"
        (rf"(?P<phrase>.{{1,60}}?)(?:'s)?{_WORK} (?:is|are|has|have)(?: always| of)? (?P<value>.{{1,60}})$", _is),
    )
]  # fmt: skip
