"""The words by which somebody is asked for work: at the beginning of a clause, and at its end.

`HEADS` are tried in order at the beginning until none fits; each takes its words out and may name
people. `TAILS` name people at the end. Each row has an example, which is run as its test.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from services.ai.grammar import attributes
from services.ai.grammar.people import Mention
from services.ai.grammar.split import MODAL
from services.ai.grammar.tokens import PERSON, TAKEN, Clause
from services.ai.grammar.verbs import BASE
from services.ai.model import Priority

ONE = f"{PERSON}+"
_SELF = r"(?:me|myself)"
NAMES = rf"(?:{ONE}|{_SELF}\b)(?:(?:, and |, | and | & | or | / |/| \+ )(?:the )?(?:{ONE}|{_SELF}\b))*(?:,? (?:both|all|each|together)(?= (?:need|has|have|should|must|to|can|will|please|[a-z]+ (?:the|a|an|their|our)\b)))?"
GAP = rf"[\s{TAKEN}]{{0,80}}"
END = rf"[\s{TAKEN}.,!?;:()–—-]*$"
_ADVERBS = r"(?:(?:please|also|then|probably|maybe|just|really|quickly|finally|now|kindly|still|definitely|simply|first|nicely|politely|gently|personally)\b[\s\ue003]*)*"
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
    excepted: list[int] = field(default_factory=list)
    priority: Priority | None = None
    recurrence: str | None = None
    tags: list[str] = field(default_factory=list)
    estimate_minutes: int | None = None
    template: str | None = None
    certain: bool = True
    # A person or a request stood in it, or it begins with a verb of work.
    asks: bool = False
    # It was asked for by a word such as "task" or "bug".
    requested: bool = False
    # It is one more for whoever was asked before.
    further: bool = False
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
                assign(self.work, self.mentions, start, end)

    def passed(self, match: re.Match[str]) -> None:
        """Go on behind what was read."""
        low = self.work.clause.low
        self.work.clause.low = low[: self.at] + TAKEN * (match.end() - self.at) + low[match.end() :]
        self.at = match.end()


def assign(work: Work, mentions: dict[int, Mention], start: int, end: int) -> None:
    """Take the people of a stretch of the clause as assignees."""
    low = work.clause.low
    for match in re.finditer(rf"{ONE}|\b{_SELF}\b", low[start:end]):
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
    kind = {"bugs": "bug", "doc": "docs"}.get(match["kind"], match["kind"])
    reader.work.tags.insert(0, kind)
    reader.work.template = kind
    reader.work.clause.note(match.start("kind"), match.end("kind"), "tags")
    reader.work.asks = reader.work.requested = True
    reader.people(match)
    reader.passed(match)


def _people(reader: Reader, match: re.Match[str]) -> None:
    reader.work.asks = reader.work.requested = True
    reader.people(match)
    reader.passed(match)


def _further(reader: Reader, match: re.Match[str]) -> None:
    reader.work.further = True
    _people(reader, match)


def _verb_follows(reader: Reader, match: re.Match[str]) -> None:
    reader.people(match)
    reader.third_person = True
    reader.passed(match)


def _gerund_follows(reader: Reader, match: re.Match[str]) -> None:
    reader.work.asks = reader.third_person = True
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
        (r"(?:please|pls|plz|kindly|hey|hi|hello|ok|okay|so|uh+|um+|uhm|erm|well|and|also|then|but|just|maybe|perhaps|firstly|finally|lastly|oh|yo|btw|fyi|hmm|guys|actually"
        r"|one more thing|another one|another task|plus|no|yes|yeah|reminder|note|first of all|like|alright|now|good morning|morning|quick one|heads up|however|listen)(?![\w'.-])(?= *[,:.!]| [a-z\ue000\ue003]| [-–] )[,:.!]?"),
        _pass, "ok so please fix the sink", "Fix the sink"),
    "ordinal": (rf"(?:first|next|second|last)(?=,| ?{ONE}| (?:{'|'.join(sorted(BASE))})\b)[,:]?", _pass, "first, fix the sink", "Fix the sink"),
    "kind": (rf"(?P<kind>{_KINDS})(?: report| request| task)?(?:,? (?:for|to|from|@) ?{_WHO}|,? (?P<who2>{NAMES}))?{GAP}:", _kind, "bug: login crashes", "Login crashes"),
    "make kind": (rf"(?:create|add|open|file|log|report|new) (?:an? )?(?:new )?(?P<kind>{_KINDS})(?:,? (?:for|to) {_WHO})?{GAP}:", _kind, "new bug: login crashes", "Login crashes"),
    "task words": (
        rf"(?:(?:please )?(?:create|add|make|open|log|set up|give me|put in) )?(?:there'?s )?(?:an? |the |one )?(?:new |another |next )?(?:\ue003+ ?)?{_TASK}(?: (?:(?:for|to) )?{_WHO})?{GAP}[,:–—-]+",
        _people, "new task: fix the sink", "Fix the sink"),
    "make a task": (
        rf"(?:please )?(?:create|add|make|open|log|set up|i need|we need) (?:an? |the |one )?(?:new |another )?(?:\ue003+ ?)?{_TASK}(?: (?:for|to) {_WHO})?{GAP}(?:to|that|for|about|called|named)?(?![\w'])",
        _people, "create a task to fix the sink", "Fix the sink"),
    "list of": (rf"(?:please )?(?:add|put) (?:this )?(?:to|on) (?:my|the|our) (?:to-?do )?(?:list|todos?|board|backlog)(?: for {_WHO})?{GAP}:?", _people, "add to my list: fix the sink", "Fix the sink"),
    "whose task": (rf"(?:it'?s |it is |this is )?{_WHO}'?s? (?:next )?(?:{_TASK}|turn|work)(?: is)?(?: to)?{GAP}:?(?= )", _people, "Ana's job is to fix the sink", "Fix the sink"),
    "assign somebody": (rf"(?:please )?(?:assign|get) {_WHO} (?:to|on|for)(?![\w'])(?: the task of| the task to)?", _people, "assign Ana to fix the sink", "Fix the sink"),
    "assign somebody something": (rf"(?:please )?(?:assign|task) {_WHO} (?=(?:the|an?|this|all|our)\b)|(?:please )?task (?P<who2>{NAMES}) with(?![\w'])", _people, "assign Ana the audit", "The audit"),
    "put somebody on": (rf"(?:please )?put {_WHO} (?:on|onto|in charge of)(?![\w'])", _people, "put Ana on the audit", "The audit"),
    "assign to somebody": (rf"(?:please )?assign(?: this)? to {_WHO}{GAP}[:,–—-]", _people, "assign to Ana: fix the sink", "Fix the sink"),
    "ask": (
        (rf"(?:(?:please|can you|could you|would you|will you|i'd like to|i want to|i need to|we should|let's|you can|i'll|i will) )*(?:please )?"
        rf"(?:ask|tell|have|get|let|make|need|want|remind|message|ping|instruct|request)(?: that)? {_WHO},?{GAP}{_ADVERBS}(?:to(?! do list)(?![\w'])|that (?:he|she|they) (?:should|must|has to|needs? to|have to)(?![\w']))?{GAP}"),
        _verb_follows, "can you get Ana to fix the sink", "Fix the sink"),
    "mind": (
        rf"(?:would|do) you mind (?:asking|having|getting|telling|letting) {_WHO}{GAP}(?:to(?![\w']))?{GAP}", _verb_follows,
        "would you mind having Ana fix the sink", "Fix the sink"),
    "mind yourself": (r"(?:would|do) you mind(?= [a-z]+ing\b)", _gerund_follows, "would you mind fixing the sink", "Fix the sink"),
    "want somebody": (
        rf"(?:i|we)(?:'d| would)? (?:need|want|like|love|expect) {_WHO}{GAP}{_ADVERBS}(?:to(?![\w'])|on(?= (?:the|this|a|our)\b))?{GAP}", _verb_follows, "I want Ana to fix the sink", "Fix the sink"),
    "would be great": (
        r"(?:it )?(?:would|'d) be (?:really |very |super )?(?:great|nice|good|cool|awesome|lovely|helpful|perfect|amazing|best)(?: if| to)", _asked, "would be great if Ana could fix the sink", "Fix the sink"),
    "appreciate": (
        r"(?:i|we)(?:'d| would) (?:really |very much |be )?(?:appreciate(?: it)?|grateful|happy|glad|love it|like it)(?: if)?(?: you)?(?: could| would| can)?", _asked,
        "I'd appreciate it if Ana could fix the sink", "Fix the sink"),
    "up to somebody": (
        rf"(?:it'?s|it is|this is|that'?s|this one is|this one'?s|it falls|over|it'?s now|now it'?s)? ?(?:on|up to|down to|upon|for|to|with) {_WHO} (?:to|that (?:he|she|they) (?:should|must))(?![\w'])|(?:this|this one|that one|that|next one|next)(?:'s| is| goes)? (?:for|to|on) (?P<who2>{NAMES}){GAP}[:,–—-]+",
        _people, "it's on Ana to fix the sink", "Fix the sink"),
    "how about somebody": (rf"(?:what|how) about (?:having |getting |asking |letting )?{_WHO},? {_ADVERBS}(?:to )?(?=[a-z])", _verb_follows, "how about Ana fixing the sink", "Fix the sink"),
    "the job of": (
        rf"(?:please )?(?:give|hand|pass|assign|leave|entrust) {_WHO} (?:with )?(?:the|this) (?:{_TASK}|duty|honou?r|pleasure)(?: (?:of|to)|{GAP}:)(?![\w'])|(?:please )?(?:entrust|charge|leave) (?P<who2>{NAMES}) with(?![\w'])",
        _verb_follows, "give Ana the job of fixing the sink", "Fix the sink"),
    "on duty": (
        rf"(?:today |tomorrow )?{_WHO}(?:'s| is| are|'re)(?: on| doing)? (?:the )?[a-z]+(?: [a-z]+)? (?:duty|duties|shift|call|rota){GAP}[:,–—-]+", _verb_follows, "Ana's on kitchen duty: fix the sink", "Fix the sink"),
    "his or hers": (r"(?:he|she|they|it's (?:him|her|them) who)(?:'ll)? (?:(?:should|must|needs? to|has to|have to|will|can|could|is to|are to|ought to)(?![\w'])(?: also| then| please)?|(?:also |then )?(?=[a-z]+s (?:the|an?|it|them|all|our|my|me|us|up|down|out)\b))", _gerund_follows, "she needs to fix the sink", "Fix the sink"),
    "expect from": (r"(?:i|we)(?:'d| would)? (?:expect|need|want|await|like)(?= .* from " + ONE + ")", _assigning, "I need the numbers from Ana", "The numbers"),
    "make sure": (
        r"(?:please )?(?:make sure|ensure|see to it|i need you to make sure|take care)(?: that)?(?! to)(?![\w'])|(?:please )?(?:make sure to|don'?t forget(?: to| that)?|do not forget(?: to)?|remember (?:to|that)|keep in mind that|be sure to|try to)(?![\w'])", _asked, "make sure Ana fixes the sink", "Fix the sink"),
    "can somebody": (rf"(?:can|could|would|should|will|may) {_WHO},?{GAP}{_ADVERBS}(?:be able to )?", _verb_follows, "could Ana fix the sink", "Fix the sink"),
    "with a colon": (rf"(?:for |@ ?|to )?{_WHO},?{GAP}[:–—→>=-]+{GAP}(?:you |{_MODALS} )?", _verb_follows, "Ana: fix the sink", "Fix the sink"),
    "with a modal": (
        rf"(?:for |@ ?)?{_WHO},?{GAP}{_ADVERBS}{_MODALS}(?![\w']){GAP}{_ADVERBS}(?:be |go |help )?(?:{_MODALS} )?{_ADVERBS}",
        _verb_follows, "Ana needs to fix the sink", "Fix the sink"),
    "with a verb": (rf"(?:for |@ ?)?{_WHO}[\s,{TAKEN}]{{0,80}}{_ADVERBS}(?=[\w\"'#\ue002])(?!'s\b)", _verb_follows, "Ana fixes the sink", "Fix the sink"),
    "myself": (
        r"(?:i(?:'ll| will| shall| have to| must| should| need to|'m going to| am going to|'ve got to|'ve to| gotta| got to| can| could| want to|'d like to(?! have| see| get)| would like to(?! have| see| get)|'m|'d better)|me to)(?= ?\ue003| [a-z])(?: (?:also|need to|have to|please))?",
        _me, "I need to fix the sink", "Fix the sink"),
    "we": (
        r"(?:we|you|they|one)(?:'ll|'d)? ?(?:also |still |really )?(?:need(?: to)?|have to|must|should|ought to|gotta|want(?: to)?|could|can|will|are going to)(?![\w'])(?: (?:have|get)(?= (?:a|an|the|our) ))?",
        _asked, "we need to fix the sink", "Fix the sink"),
    "wish": (
        (r"(?:i|we)(?:'d| would)? (?:want|need|like|love)(?: you)?(?: to(?: have| get)?)?(?![\w'])|(?:can|could|would|will) (?:you|we)(?: guys)?(?: please)?(?: have| get(?= the | a | an ))?(?![\w'])"
        r"|(?:need|needs|has|have|must|should|got|want|wanna|gotta) to(?! do)(?![\w'])|let'?s(?![\w'])|(?:it'?s )?time to(?![\w'])|there(?:'s| is) (?:a |an )?need to(?![\w'])|(?:task|goal|job) is to(?![\w'])|(?:i'm|we're) going to need"),
        _asked, "let's fix the sink", "Fix the sink"),
    "needed": (r"(?:need(?:ed)?|wanted|required|request|to do|must do)\s*:", _asked, "needed: fix the sink", "Fix the sink"),
    "another thing": (
        rf"(?:and |also |then )?(?:an?other|one more|one last|a (?:last|final|second|third|new|further|quick)|the (?:last|next|other)) (?:thing|one|task|item|point|job|request)(?: is)?(?: (?:for|to) {_WHO})?{GAP}[:,–—-]",
        _further, "another thing for Ana: fix the sink", "Fix the sink"),
    "assign": (r"(?:please )?(?:assign|delegate|hand over|give)(?= .*(?:to|for) ?" + ONE + ")", _assigning, "assign the audit to Ana", "The audit"),
}  # fmt: skip
HEAD_RULES = [(name, re.compile(row[0]), row[1]) for name, row in HEADS.items()]
# People are asked once; words about a list of them may still follow.
ONCE = {"whose task", "assign somebody", "ask", "want somebody", "can somebody", "with a colon",
         "with a modal", "with a verb", "myself", "up to somebody", "how about somebody", "the job of", "on duty", "assign to somebody", "assign somebody something", "put somebody on", "mind"}  # fmt: skip
TAILS: dict[str, tuple[str, str]] = {
    "handle": (r"", "review the header @ana"),
    "assigned": (rf"[,;–—(-]*\s*(?:and )?(?:please )?(?:assign(?:ed)?|give|delegate)(?: it| this| that| them)? ?(?:to|:) ?(?P<who>{NAMES}){END}", "fix the sink, assign it to Ana"),
    "somebody will": (rf"[,;–—-]+\s*(?P<who>{NAMES}){GAP}(?:{MODAL} )?(?:do|does|handle|handles|take care of|takes care of|own|owns|take|takes|can do|is on)?(?: (?:it|this|that))?{END}", "fix the sink, Ana does it"),
    "after a mark": (rf"(?:[,;:–—.?!]|\s-|\()+\s*(?:and )?(?:(?:assigned to|assign to|assignee|owner|for|by|with|to|cc|@|who|ask)(?::| )? ?)?(?P<who>{NAMES})\s*(?:please)?{END}", "fix the sink - Ana"),
    "after a phrase": (rf"(?<={TAKEN})\s*(?:for |by |to |@)?(?P<who>{NAMES}){END}", "fix the sink by friday Ana"),
    "done by": (rf"(?:(?:to be )?done )?by (?P<who>{NAMES}){END}", "fix the sink by Ana"),
}  # fmt: skip
TAIL_RULES = [(name, re.compile(row[0])) for name, row in TAILS.items() if row[0]]
