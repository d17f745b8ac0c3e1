"""Questions: lists of tasks by filter, one task, a search, a report.

A list is asked for where, once people, status, priority and due date are taken out, all words left
are words of asking. So "write the weekly report" is no report and "what is Ana doing" is a list.
"""

import re
from dataclasses import dataclass, replace

from services.ai.grammar import references
from services.ai.grammar.acts import SURE, UNSURE
from services.ai.grammar.attributes import WORDS as PRIORITY_WORDS
from services.ai.grammar.message import Message, people_of
from services.ai.grammar.people import ambiguities, candidate
from services.ai.grammar.tokens import PERSON, TAKEN
from services.ai.grammar.trace import fired
from services.ai.model import (
    Ambiguity,
    Change,
    Filter,
    Intent,
    Interpretation,
    Priority,
    Span,
)

# status → (words for it, example)
STATUSES: dict[str, tuple[str, str]] = {
    "in_review": (r"(?:in|under|for|up for) review|(?:waiting|wait|ready|pending) (?:for |on )?(?:my |your |an? )?(?:review|approval|sign-?off)|(?:awaiting|pending|needs?|need) (?:my |your )?(?:review|approval)|(?:to|can i|should i|must i|do i have to|i have to|i need to|i must) (?:approve|review)|submitted|reviewed yet|approvals?(?: waiting)?|waiting for me", "in review"),
    "needs_revision": (r"needs? (?:revision|changes|rework)|need(?:s|ing)? (?:a )?revision|sent back|rejected|to be revised|in revision", "needs revision"),
    "pending": (r"pending|not (?:yet )?started(?: yet)?|unstarted|to ?do yet|haven't been started|hasn't been started|waiting to start|in the backlog", "not started"),
    "in_progress": (r"in[ -]progress|under ?way|being worked on|ongoing|started|currently running|active", "in progress"),
    "on_hold": (r"on[ -]hold|paused|parked|on ice|frozen", "on hold"),
    "blocked": (r"blocked|stuck", "blocked"),
    "completed": (r"completed?|done|finished|closed", "finished"),
    "cancelled": (r"cancelled|canceled|dropped", "cancelled"),
}  # fmt: skip
# due → (words for it, example)
DUES: dict[str, tuple[str, str]] = {
    "overdue": (r"over ?due|(?:running |too )?late|past (?:the |their |its )?(?:due|deadline)(?: date)?|behind(?: schedule)?|miss(?:ed|ing)? (?:the |their |its )?deadlines?|missed|miss|not (?:finish|finished|do|done|make|complete|deliver|delivered|get done)(?: \w+){0,2} (?:in|on) time", "overdue"),
    "next_week": (r"(?:for |in |due |by |until )?(?:the )?next week", "next week"),
    "this_week": (r"(?:for |in |due |by |until )?(?:the |rest of (?:the |this )?)?(?:this week|end of (?:the )?week|week)", "this week"),
    "tomorrow": (r"(?:for |due |by |until )?(?:tomorrow|tmrw)", "tomorrow"),
    "today": (r"(?:for |due |by |until )?(?:today|tonight|eod|end of (?:the )?day)", "today"),
}  # fmt: skip
_PRIORITY = re.compile(
    r"(?<![\w'])(?P<word>"
    + "|".join(w for w in PRIORITY_WORDS if w.isalpha())
    + r"|p[0-3])(?:[ -](?:priority|prio))?(?![\w'])"
)
_STATUSES = [(n, re.compile(rf"(?<![\w'])(?:{row[0]})(?![\w'])")) for n, row in STATUSES.items()]
_DUES = [(n, re.compile(rf"(?<![\w'])(?:{row[0]})(?![\w'])")) for n, row in DUES.items()]
_TAG = re.compile(
    r"(?:(?:tagged|labelled|labeled|with (?:the )?(?:tag|label)|with|tag|tag:)\s+)?#([a-z_][\w-]*)|(?:tagged|labelled|labeled)(?: with| as)? ([a-z_][\w-]*)"
)
_MINE = re.compile(r"(?<![\w'])(?:my|mine|i|i'm|am i|on me|for me|me|i've)(?![\w'])")
_SHOW_ME = re.compile(
    r"\b(?:show|give|tell|send|list|get|let) me\b|\bcan i (?:see|have|get)\b|\b(?:should|must|can|do) i (?:know|approve|review)\b|\bi (?:want|would like|need)(?: to (?:see|know))?\b|\bi'd like(?: to (?:see|know))?\b|\bcould i (?:see|have|get)\b|\bwaiting for me\b"
)
THINGS = r"tasks?|todos?|to-dos?|to-?do list|things?|stuff|work|anything|everything|something|items?|list|workload|plate|jobs?|deadlines?|assignments?|board|agenda|schedule|backlog|tickets?|overview"
_ASKING = frozenset(
    """
    what what's whats which who who's whos how many much any are is does do did have has had
    having got get there there's show list give me see view display all open the a an of for
    from on in by with to at and or that tell us we our we've his her their he she they them it
    its right now currently current doing working still left remaining up due coming upcoming
    next need needs needing must should be being been finish work handle assigned unassigned
    going today's week's everyone everybody team anyone anybody status please can could you want
    know let i'm busy free available so far yet only just count number total see every each
    whose this happening outstanding waiting me look looks like s 's i my mine not get today
    urgently most attention priority priorities dealing was were will else long getting these
    those about check pull bring ones one works put set time capacity
""".split()  # noqa: SIM905 -- words, not quotation marks
)
_TRIGGERS = re.compile(
    rf"\b(?:{THINGS}|what|what's|whats|which|who|who's|how many|how much|show|list|any|does|is|are|anyone|anybody|do|did)\b"
)
_ENTIRELY = re.compile(rf"(?:{THINGS}|list|mine|board|agenda|overview)")
_ABOUT = re.compile(
    r"\b(?:about|regarding|concerning|mentioning|containing|related to|on the subject of|with the word)\s+(?:the )?(?P<text>[^?!.\ue003\ue000]{2,60})"
)

_P = f"{PERSON}+"
_REF = rf"(?P<ref>[^:;\n!{PERSON}{TAKEN}?]{{1,120}}?)"
# pattern, example; counts where the words are those of an existing task
SHOWS: tuple[tuple[str, str], ...] = (
    (rf"(?:show|open|view|display|see|get|pull up|bring up|check)(?: me| us)?(?: (?:the )?(?:details?|status|card|info|state|progress)(?: (?:of|for|on|about))?)? {_REF}", "show me T-23"),
    (rf"(?:details?|info|information|status|state|progress|update|news|card|history)(?: (?:of|for|on|about))? {_REF}", "status of 12"),
    (rf"(?:what(?:'s| is|s)|how(?:'s| is|s)|give me|tell me|any|got|is there|i need|send me)(?: (?:an?|the|any|some))? (?:current )?(?:status|state|progress|update|news|updates|story|deadline|due date|priority|description|info|details)(?: (?:of|for|on|about|with|from|regarding))+ {_REF}", "what's the status of the migration"),
    (rf"(?:how far|how far along|how(?:'s| is| are|s)|where|what about|what(?:'s| is) (?:up|happening|going on|the matter) with|how about) ?(?:are we |is |are |we )?(?:with |on )?{_REF}(?: (?:going|coming along|coming|doing|looking|progressing|along|at|now|getting on))*", "how far is the demo video"),
    (rf"(?:when|what time|by when) (?:is|are|does|do|will|was|must|should|did|can) {_REF} (?:be )?(?:due|done|ready|finished|end|happening|start|started|planned|scheduled|need to be done|have to be done|expected)(?: by)?", "when is the demo video due"),
    (rf"(?:tell (?:me|us) )?(?:more|everything|something|all) (?:info |details )?(?:about|on) {_REF}", "tell me more about 21"),
    (rf"(?:who|who's|whos|who is) (?:is |are |was |has |does |did |will )?(?:doing|working on|on|assigned to|responsible for|handling|has|owns|got|have|does|takes care of|in charge of|do|taking care of|holding) {_REF}", "who is working on the migration"),
    (rf"(?:is|are|was|were|has|have|did|does|will|isn't|hasn't) {_REF} (?:be |been |still |already |really |get )*(?:done|finished|complete|completed|ready|started|blocked|due|in progress|approved|fixed|on track|on hold|overdue|late|stuck|submitted|open|going well|assigned|urgent|over|closed|any progress)(?: yet| already| now| today| (?:for|in) review| on time)*", "is the demo video done yet"),
    (rf"why (?:is|are|was|isn't|did|has) {_REF} (?:still |not |so )*(?:blocked|late|overdue|done|stuck|on hold|waiting|finished|started|delayed|open|taking so long)(?: yet)?", "why is the migration blocked"),
    (rf"(?:what(?:'s| is) (?:left|missing|open|blocking|wrong|the blocker|holding up|new)|what (?:remains|blocks)) ?(?:on|with|for|in|about)? {_REF}", "what is left on the login redirect"),
    (r"(?P<ref>(?:t-?\d+|#\d+|task #?\d+))", "T-30"),
)  # fmt: skip
_SHOWS = [re.compile(pattern) for pattern, _ in SHOWS]

SEARCHES: tuple[tuple[str, str], ...] = (
    (r"(?:search|search for|look up|look for|searching for|grep|query)(?: (?:for|in|through))?(?: (?:all |the |any |my )?(?:tasks?|everything|anything|something|notes?|comments?|all))?(?: (?:about|for|with|containing|mentioning|on|related to|named|called|that mention|with the word))?:? (?P<text>.+)", "search pricing"),
    (r"(?:find|get|show)(?: me)?(?: all| the| any)* (?:tasks?|everything|anything|all|something|the one|notes?|things?|stuff)(?: (?:that|which))? (?:about|for|with|containing|mentioning|on(?! hold| ice)|related to|concerning|named|called|mentions?|contains?|has|have|regarding)(?: the (?:word|words|text))? (?P<text>.+)", "find everything about onboarding"),
    (r"(?:is there|do we have|are there|have we)(?: an?| any| already)* (?:tasks?|anything|something) (?:about|for|with|on|containing|mentioning|regarding|concerning)(?: the)? (?P<text>[^\ue000\ue003]+)", "is there a task about invoices"),
    (r"(?:any|are there any|do we have any)(?: open)? (?:tasks?|things?|tickets?) (?:mentioning|containing|about|with the word|regarding|that mention|named|called)(?: the)? (?P<text>.+)", "any task mentioning server"),
    (r"(?:which|what) tasks? (?:mention|mentions|contain|contains|are about|is about|talk about)(?: the)? (?P<text>.+)", "which tasks mention pricing"),
    (r"where (?:did|do|have|had) (?:we|i|you) (?:write|have|put|written|mention|mentioned|note|noted|say|said|keep)(?: down)? (?:something|anything|stuff|notes?|things?|it) (?:about|on|regarding) (?:the )?(?P<text>.+)", "where did we write something about pricing"),
    (r"find (?P<text>[\w-]+(?: [\w-]+)?) tasks?", "find onboarding tasks"),
)  # fmt: skip
_SEARCHES = [re.compile(pattern) for pattern, _ in SEARCHES]

_REPORT = re.compile(
    r"\b(?:reports?|summary|summaries|recap|stats|statistics|performance|metrics|figures|numbers|standup|stand-up|review of|timesheet|retrospective|wrap-?up|analytics|productivity|kpis?)\b|\bhow (?:productive|effective|busy|good|fast)\b"
    r"|\bhow (?:did|has|was|have|is|are|were|'s)\b.*\b(?:do|doing|done|perform|performing|performed|going|go|been|week|month|progress|getting on|team)\b|\bhow(?:'s| is| was) (?:the |this |last |our )?(?:team|week|month)\b"
    r"|\bhow (?:many|much) (?:tasks |things |work |jobs )?(?:did|has|have|was|were)\b.*\b(?:finish\w*|complet\w*|clos\w*|do|done|deliver\w*)\b"
    r"|\bwhat (?:did|has|have|got|was|were)\b.*\b(?:do|done|finish|finished|complete|completed|accomplish|accomplished|achieve|achieved|get done|got done|deliver|delivered|ship|shipped)\b"
)
_SPANS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("last_week", re.compile(r"(?:for |over |of |in )?(?:the )?(?:last|past|previous) week(?:'s)?|last 7 days")),
    ("last_month", re.compile(r"(?:for |over |of |in )?(?:the )?(?:last|past|previous) month(?:'s)?|last 30 days")),
    ("week", re.compile(r"(?:for |over |of |in )?(?:the |this )?(?:current )?week(?:'s)?|weekly|so far this week")),
    ("month", re.compile(r"(?:for |over |of |in )?(?:the |this )?(?:current )?month(?:'s)?|monthly")),
    ("today", re.compile(r"(?:for |of )?(?:today(?:'s)?|the day|daily)|end of day|eod")),
)  # fmt: skip
_REPORTING = _ASKING | frozenset(
    """
    report reports summary summaries recap stats statistics performance metrics figures numbers
    standup stand-up review did was perform performing performed go done finished completed
    tasks things jobs many much close closed accomplish accomplished achieve achieved deliver delivered ship shipped send make generate
    create overview workload team's company timesheet run print out retrospective wrap-up wrapup
    progress well make productive effective fast analytics productivity kpi kpis complete getting on past last get did
    made
""".split()  # noqa: SIM905 -- words, not quotation marks
)


@dataclass(slots=True)
class Rest:
    """A text that loses what is recognised, and where that was."""

    low: str
    spans: list[Span]

    def take(self, pattern: re.Pattern[str], field: str) -> re.Match[str] | None:
        """Return where the pattern first is, and blank it there."""
        match = pattern.search(self.low)
        if match:
            start, end = match.span()
            self.low = self.low[:start] + " " * (end - start) + self.low[end:]
            self.spans.append(Span(field, start, end))
        return match

    def words(self) -> list[str]:
        """Return the words that are left."""
        return re.findall(r"[\w'-]+", self.low)


def read(message: Message) -> Interpretation | None:
    """Return the question that a message is, None where it is none."""
    if not message.is_short or "\n" in message.text.strip():
        return None
    for name, read_one in _KINDS:
        reading = read_one(message)
        if reading is not None:
            fired("question", name, message.core, message.start)
            return reading
    return None


def _search(message: Message) -> Interpretation | None:
    for pattern in _SEARCHES:
        match = pattern.fullmatch(message.low, message.start, _question_end(message))
        if match:
            start, end = match.span("text")
            text = message.text[start:end].strip(" \"'“”?.!")
            return Interpretation(
                Intent.SEARCH, filter=Filter(text=text), sure=True, confidence=SURE,
                spans=(Span("text", start, end),),
            )  # fmt: skip
    return None


def _report(message: Message) -> Interpretation | None:
    if not _REPORT.search(message.low):
        return None
    rest = Rest(message.low, [])
    span = None
    for name, pattern in _SPANS:
        whole = re.compile(rf"(?<![\w'])(?:{pattern.pattern})(?![\w'])")
        if span is None and rest.take(whole, "span"):
            span = name
    mentions = list(message.mentions.values())
    rest.low = re.sub(rf"{_P}(?:'s)?", " ", rest.low)
    if any(word not in _REPORTING for word in rest.words()):
        return None
    if span is None and not re.search(
        r"report|summary|recap|stats|statistics|performance|metrics|standup|stand-up|overview|figures|productivity",
        message.low,
    ):
        return None
    people = people_of(mentions)
    mine = not people and re.search(r"\b(?:my|i|me)\b", _SHOW_ME.sub(" ", message.low))
    person = candidate(message.context.sender) if mine else candidate(people[0]) if people else None
    return Interpretation(
        Intent.REPORT, change=Change(person=person, span=span), sure=len(people) < 2,  # noqa: PLR2004
        confidence=SURE, spans=tuple(rest.spans), ambiguities=ambiguities(mentions, message.text),
    )  # fmt: skip


def _show(message: Message) -> Interpretation | None:
    end = _question_end(message)
    for pattern in _SHOWS:
        match = pattern.fullmatch(message.low, message.start, end)
        if match is None:
            continue
        words = message.text[slice(*match.span("ref"))]
        referred = references.resolve(words, message.context)
        spans = (Span("task_ref", *match.span("ref")),)
        if referred.found and (referred.certain or len(words.split()) > 1):
            return Interpretation(
                Intent.SHOW, task_refs=referred.tasks, sure=referred.certain, spans=spans,
                confidence=SURE if referred.certain else UNSURE,
            )  # fmt: skip
        if len(referred.candidates) > 1 and not _list(message):
            return Interpretation(
                Intent.SHOW, confidence=UNSURE, spans=spans,
                ambiguities=(Ambiguity("task_ref", words, referred.candidates),),
            )  # fmt: skip
    return None


def _list(message: Message) -> Interpretation | None:
    low = message.low[: _question_end(message)]
    low = " " * message.start + low[message.start :]
    asks_me = _SHOW_ME.sub(lambda m: " " * len(m[0]), low)
    rest = Rest(low, [])
    about = rest.take(_ABOUT, "text")
    asked = narrowed(rest)
    mentions = [m for m in message.mentions.values() if m.people or m.one_of]
    people = people_of(mentions)
    if not people and _MINE.search(asks_me):
        people = (message.context.sender,)
    rest.low = re.sub(rf"{_P}(?:'s)?", " ", rest.low)
    left = rest.words()
    filtered = bool(people) or asked != Filter()
    if any(word not in _ASKING and not _ENTIRELY.fullmatch(word) for word in left):
        return None
    if not _TRIGGERS.search(low) and not (filtered and not set(left) - {"mine"}):
        return None
    if not filtered and not about and not re.search(rf"\b(?:{THINGS}|status)\b", low):
        return None
    if not _is_asking(low, left, filtered=filtered):
        return None
    return Interpretation(
        Intent.QUERY,
        filter=replace(
            asked, assignees=tuple(map(candidate, people)),
            text=about["text"].strip() if about else None,
        ),
        sure=True, confidence=SURE, spans=tuple(rest.spans),
        ambiguities=ambiguities(mentions, message.text),
    )  # fmt: skip


def narrowed(rest: Rest) -> Filter:
    """Return what tag, time, state and priority a text asks for; their words are taken out."""
    tag = rest.take(_TAG, "tag")
    due = next((name for name, pattern in _DUES if rest.take(pattern, "due")), None)
    status = next((name for name, pattern in _STATUSES if rest.take(pattern, "status")), None)
    priority = rest.take(_PRIORITY, "priority")
    return Filter(
        status=status, due=due, priority=_priority(priority),
        tag=(tag[1] or tag[2]) if tag else None,
    )  # fmt: skip


def _is_asking(low: str, left: list[str], *, filtered: bool) -> bool:
    """Whether the words ask: with a question word, for tasks, or as a bare "overdue"."""
    if re.search(rf"\b(?:{THINGS})\b", low) or low.rstrip().endswith("?"):
        return True
    starts = re.match(r"\W*(\w+(?:'s)?)", low)
    if starts and starts[1] in {
        "what",
        "what's",
        "whats",
        "which",
        "who",
        "who's",
        "whos",
        "how",
        "show",
        "list",
        "any",
        "does",
        "is",
        "are",
    }:
        return True
    return filtered and not set(left) - {"mine"}


def _priority(match: re.Match[str] | None) -> Priority | None:
    return PRIORITY_WORDS.get(match["word"]) if match else None


def _question_end(message: Message) -> int:
    """Where the text ends without its question mark and thanks."""
    end = message.end
    if message.low.startswith(" for me", end):
        end += len(" for me")
    while end > message.start and message.low[end - 1] in " ?!.":
        end -= 1
    return end


_QUESTION = re.compile(
    r"(?:what|when|where|why|which|who|how)\b.*\?|(?:what|where|why|which|who|how)(?:'s| is| are| many| much| far| long| do| does| did| has| have) .*|when (?:is|are|will|does|do|did) .*|(?:is|are|was|were|has|have|did|does|do) .*\?"
)


_STATES = frozenset(
    """
    yet already still stand stands making make will done finished ready over started blocked stuck late running going coming along
    out up to where why when who's with on track there back happen happened made got been progress
    """.split()  # noqa: SIM905 -- words, not quotation marks
)


def _unknown(message: Message) -> Interpretation | None:
    """A question about work that nothing above understands: a list, unsure."""
    if not _QUESTION.fullmatch(message.low, message.start) or "you" in message.core.split():
        return None
    if shown := _about_one(message):
        return shown
    people = people_of(list(message.mentions.values()))
    return Interpretation(
        Intent.QUERY, filter=Filter(assignees=tuple(map(candidate, people))), confidence=UNSURE / 2
    )


def _about_one(message: Message) -> Interpretation | None:
    """A question in which all words but those of asking name one task."""
    low = message.dated[message.start : _question_end(message)]
    left = [w for w in re.findall(r"#?[\w'-]+", low) if w not in _ASKING and w not in _STATES]
    referred = references.resolve(" ".join(left), message.context)
    if not left or not referred.found or not referred.certain:
        return None
    fired("show", "all words name one task")
    return Interpretation(
        Intent.SHOW, task_refs=referred.tasks, sure=True, confidence=SURE,
        spans=(Span("task_ref", message.start, _question_end(message)),),
    )  # fmt: skip


_KINDS = (
    ("search", _search),
    ("report", _report),
    ("show", _show),
    ("list", _list),
    ("no kind that is known", _unknown),
)
