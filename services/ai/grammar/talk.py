"""Messages that are no tasks: undo, help, small talk, attendance, reminders, rules, plans.

And questions to a person. Each row has an example; patterns are matched with the whole message.
"""

import re
from dataclasses import dataclass

from services.ai.grammar import dates
from services.ai.grammar.acts import SURE, UNSURE
from services.ai.grammar.message import Message
from services.ai.grammar.people import ambiguities, candidate
from services.ai.grammar.tokens import OPAQUE, PERSON, TAKEN, Clause
from services.ai.grammar.trace import fired
from services.ai.grammar.verbs import BASE
from services.ai.model import Change, Intent, Interpretation, Span

I = Intent  # noqa: E741 -- rows are read, not the name
_P = f"{PERSON}+"
_THAT = r"(?: (?:that|it|this|the last (?:one|change|action|thing|step|task)|my last (?:change|action|message)|last (?:one|change|action|task)|what i just did|the change))?"


@dataclass(frozen=True, slots=True)
class Row:
    """A pattern of a whole message; `text` is what the change says."""

    intent: Intent
    pattern: str
    example: str
    text: str | None = None


ROWS: tuple[Row, ...] = (
    Row(I.UNDO, rf"(?:undo|revert|roll ?back|rollback|reverse|take back){_THAT}(?: again)?|take (?:that|it|this) back|(?:roll|turn) (?:it|that) back|(?:that was|it was) (?:a mistake|wrong|an accident),? (?:undo|revert)(?: it| that)?|ctrl[- +]?z|i didn't mean (?:that|to do that)", "undo that"),
    Row(I.REDO, rf"(?:redo|re-do){_THAT}|do (?:it|that) again|(?:undo|revert) the undo|put (?:it|that) back|i (?:do )?want (?:it|that) after all|bring (?:it|that) back", "redo that"),
    Row(I.HELP, r"(?:i need |get )?help(?: me| please)?|\?+|commands?|what (?:else |all |exactly )?can (?:you|i|we|this|the bot) (?:do|say|ask|write|type|tell you)(?: here| for me| to you)?|how (?:do|can|should) (?:i|you|we|this|it)(?: \w+){0,8}|how does (?:this|it|the bot)(?: \w+){0,4}|what (?:are|is) (?:the |your )?(?:commands?|features?|options)|(?:show me )?(?:the )?(?:manual|instructions|guide|menu|examples)|what do you (?:do|understand)|who are you|what are you", "what can you do"),
    Row(I.ATTENDANCE, r"(?:i'm |im |i am |just )?(?:in|here|online|clocked in|checked in|checking in|clocking in|signing in|logging in|logging on|signed in|at work|at the office|in the office|at my desk|back|back at work|back online|back from (?:lunch|break|my break|the break))(?: now| today)?|clock (?:me )?in|check (?:me )?in|sign (?:me )?in|(?:i'm )?(?:starting|start|beginning) (?:my|the) (?:day|work|shift)|starting work(?: now)?|arrived|i(?:'ve| have)? (?:just )?arrived(?: at (?:work|the office))?|(?:i |i've |i have )?(?:just |finally )*(?:got|made it|came|come|walked) (?:in|into work|to work|(?:in)?to the (?:office|shop|site|store|clinic|school))|(?:good )?morning,? i'?m (?:in|here|online)", "I'm in", "in"),
    Row(I.ATTENDANCE, r"(?:i'm |im |i am )?(?:out|off|leaving|heading (?:out|home|off)|going home|off home|clocking out|checking out|signing (?:off|out)|logging (?:off|out)|checked out|heading home|clocked out|done for (?:today|the day)|finished for (?:today|the day)|off for (?:today|the day)|out for (?:today|the day)|calling it a day|leaving (?:work|the office|for the day|for today)|off work)(?: now| today| for today| for the day)?|clock (?:me )?out|check (?:me )?out|sign (?:me )?(?:off|out)|log (?:me )?(?:off|out)|that's it for (?:today|me today)|end of (?:my )?(?:shift|work)|i(?:'ll| will)? call it a day|ending my (?:day|shift)", "signing off", "out"),
    Row(I.ATTENDANCE, r"(?:i'm |im |i am )?(?:on |taking |having |going on |going for |off (?:to|for) |out for |at )?(?:a |my |an? quick |a short |(?:a |my )?\d{1,3}[- ]?min(?:ute)?s? |five |ten )?(?:lunch ?|coffee ?|tea ?|smoke ?)?(?:break|brb|be right back)(?: now)?|(?:i'm )?(?:on|at|having|out for|off to|going (?:to|for)|taking|gone for) (?:my )?lunch(?: now)?|lunch|lunch time|afk|stepping out(?: for a bit| for lunch)?|start (?:my )?break|end (?:my )?break|break over", "taking a break", "break"),
    Row(I.TEACH, r"(?:when(?:ever)? (?:i|we) (?:say|write|type)|by) .{1,80}?,? (?:i mean|we mean|it means|that means|means|mean|use|treat|set|assign|make|understand|read|give|put|take)\b.*|.{1,60} (?:means|stands for|is short for|is another word for|equals|always means|should mean)\b.*|.{1,40} = .{1,80}|(?:from now on|in (?:the )?future|as a rule|by default|rule:|new rule:?|remember(?: that|:)|learn(?: that|:)|teach:?|note for the future:?|keep in mind(?: that)?|always|never(?! ?mind))\b[,:]? .{3,}|.{1,60} (?:tasks?|bugs?|work|issues|tickets|requests|things) (?:always |should always |should |by default |must always )(?:go|goes|be assigned|are assigned|belong|are for|get|be|have)\b.*|(?:.{1,60} )?(?:tasks?|bugs?|issues|tickets|requests|reports|complaints|invoices|questions) (?:(?:always|should|by default) )*(?:go|goes|belong) to .+|.{1,60} (?:is|are) always (?:urgent|high|low|for|assigned|due).*|default .{1,40} (?:is|are|should be) .+", "ASAP means within 4 hours"),
    Row(I.PLAN, r"(?:let's |please |help me |help us |we need to |we should |can you |could you |i want to |i need to )*(?:plan|plan out|plan for)(?: |: )(?!and\b|to\b|is\b|b\b).+|(?:make|create|draft|write|give me|draw up|build|develop|i need|we need|come up with|prepare)(?: me| us)? (?:an? )?(?:project |work |detailed |rough |full )*plan (?:for|of|to|on) .+|(?:project )?plan (?:for|of|to) .+|break .+ (?:down |up )?into (?:tasks|steps|smaller tasks|pieces|subtasks)|(?:project|new project)\s*: .+|(?:start|set up|create) (?:a |the )?(?:new )?project (?:for|to|called|:) .+|what (?:steps|tasks) (?:do we need|are needed) (?:to|for) .+", "plan the office move"),
    Row(I.SPEC, r"(?:please |can you |could you |i need |we need |give me |let's )*(?:(?:write|create|make|draft|prepare|generate|do|build)(?: me| us)? )?(?:up )?(?:an? |the )?(?:detailed |full |short |new |technical |functional |proper |product )*(?:spec|specs|specification|spec sheet|specsheet|requirements(?: document| doc| sheet)?)(?: sheet)?(?: (?:for|of|on|about)|\s*:) .+|spec (?:out )?(?!for\b).+|specify .+|turn .+ into a spec(?: sheet)?", "detailed spec for the referral program"),
    Row(I.SMALLTALK, r"(?:(?:hi|hello|hey|hiya|yo|howdy|good (?:morning|afternoon|evening|night|day)|morning|evening|night|greetings|sup|what's up|whats up|hallo|bye|goodbye|see you|see ya|cya|later|ciao|take care|welcome|cheers|thanks|thank you|thx|ty|many thanks|much appreciated|ok|okay|k|kk|sure|alright|fine|cool|nice|great|perfect|awesome|excellent|super|amazing|brilliant|wonderful|good|very good|lovely|yes|yep|yeah|yup|no|nope|nah|maybe|lol|haha+|hehe+|wow|oh|hmm+|ah|aha|i see|got it|understood|noted|roger|will do|sounds good|makes sense|no problem|no worries|np|you're welcome|my pleasure|of course|absolutely|exactly|indeed|right|true|same here|me too|sorry|oops|never ?mind|see (?:below|above|attached|attachment)|fyi|as (?:discussed|agreed|promised)|congrats|congratulations|well done|happy birthday|happy friday|have a (?:good|nice|great) (?:day|evening|weekend|one|night)|enjoy|good luck|good (?:job|work|point|idea|one)|great (?:job|work|stuff|idea|news)|nice (?:job|work|one)|test|testing|ping|how are you|how are you doing|how's it going|how is it going|how are things|what a (?:day|week)|long time no see)(?: (?:there|all|everyone|everybody|team|guys|folks|boss|bot|again|a lot|so much|very much|then|today|for (?:that|everything|the help|your help|letting me know|the (?:update|info|heads up))|you|to you|man|mate|indeed|buddy|friend|well|tomorrow|soon|later|" + _P + r"))*(?![\w'])[\s,.!?:)(-]*(?:and )?){1,6}|[^\w\ue000-\ue002]+", "hi there"),
)  # fmt: skip
_COMPILED = [(row, re.compile(row.pattern)) for row in ROWS]
_GREETING = next(pattern for row, pattern in _COMPILED if row.intent is Intent.SMALLTALK)

# What begins as an order and is a rule all the same: "design tasks always go to Mia".
_A_RULE = re.compile(
    r" means\b|\b(?:tasks?|bugs?|issues|tickets|requests|work) (?:always |by default )?(?:go|goes|belong|belongs)\b"
)
# What begins as a rule and is work: "remember that Ana has to sign".
_A_DUTY = re.compile(rf"[a-z ]{{1,20}}:? {_P} (?:needs to|need to|has to|have to|must|should)\b")
_A_NAME = re.compile(r"\b(?:should|must) be (?:called|named|titled|renamed)\b")
_REMIND = re.compile(
    rf"(?:(?:please )?(?:remind|nudge)|(?:ping|alert|poke|prod)(?=\s+(?:me|us)\b)|give(?=\s+(?:me|us)\s+an?\s+(?:little )?(?:nudge|reminder|ping|poke|shout|heads[ -]up)\b)|(?:don't|do not) let(?=\s+(?:me|us|{_P})\s+forget\b)|i need a reminder|(?:set|create|add|make) (?:an? )?reminder(?: for)?|reminder(?: for)?(?=\s+(?:me|{_P})))\s*(?P<who>me|myself|us|{_P}(?:(?:, and |, | and | & )(?:{_P}|me))*)?(?:\s+an?\s+(?:little )?(?:nudge|reminder|ping|poke|shout|heads[ -]up)|(?<=me) forget| forget(?= (?:about|to|the|that)))?"
)
_REMIND_LEAD = re.compile(rf"[\s{TAKEN},:-]*(?:(?:to|about|that|of)\b[\s{TAKEN}:]*)?")
_ASK = re.compile(
    rf"(?:can you |could you |please )*(?:ask|check with|find out from|question) (?P<who>{_P})[,:]?\s+(?:(?:about|to (?:tell me|say|let me know|confirm|explain|report)(?: about)?)\s+)?"
    rf"(?P<text>(?:if|whether|what|what's|when|when's|why|how|how's|who|who's|where|where's|which|for (?:an?|the|his|her|their|some|more)|is|are|does|did|has|have|can|could|was|were)\b.*)"
)
_ASK_ABOUT = re.compile(
    rf"(?:please )?(?:ask|check with) (?P<who>{_P}) about (?P<text>.+)", re.DOTALL
)
_QUOTED = re.compile(
    rf"[^{OPAQUE}]{{0,160}}{OPAQUE}+[^{OPAQUE}\w]*(?:(?:he|she|they|{_P}) (?:said|wrote|says|asked)[.!]*)?(?:[^{OPAQUE}\n]{{0,60}}\?)?"
)
# What stands above a mail that is sent on: its subject, "see below".
_FORWARDED = re.compile(
    r"(?:fwd?|re|aw|wg)\s*:.{0,120}|(?:fyi|see below|forwarded|from my mail|got this(?: today| just now)?|this came in|just in)[\s.:!]*|[-\s]*(?:begin )?forwarded message[-\s:]*"
)
_SAYS = re.compile(
    r"\b(?:said|says|say|wrote|writes|told|asked|asks|replied|answered|quote|quoted|texted|emailed|mentioned|posted|reads|saying|message|email|mail|comment|note|forwarded|fwd|spam|funny|lol|screenshot|text|got this|from)\b"
)


def read(message: Message) -> Interpretation | None:
    """Return what a message is that asks for no task, None where it may."""
    if quoted := _only_quoted(message):
        return quoted
    if not message.is_short:
        return None
    return _remind(message) or _ask_person(message) or _by_row(message)


def is_greeting(low: str) -> bool:
    """Return whether a stretch of a marked text only greets, thanks or agrees."""
    return bool(_GREETING.fullmatch(low.strip(" .!,?")))


def _by_row(message: Message) -> Interpretation | None:
    whole = message.low.strip()
    core = message.core.strip(" .!,?")
    said = _without_greetings(whole)
    for row, pattern in _COMPILED:
        forms = (core, whole.rstrip(" .!"), whole, said)
        form = next((f for f in forms if f and pattern.fullmatch(f)), None)
        if form is None or not _applies(row, message, form):
            continue
        change = Change(text=row.text) if row.text else Change()
        fired("talk", row.example, form)
        sure = row.intent not in {I.TEACH, I.PLAN, I.SPEC} or "\n" not in whole
        return Interpretation(
            row.intent, change=change, sure=sure, confidence=SURE if sure else UNSURE
        )
    return None


_ASIDE = re.compile(
    r"(?:no |oh |oops |ah )*(?:wait|sorry|oops|hmm+|hold on|damn|no|oh no|please|thanks)"
)


def _without_greetings(low: str) -> str:
    """The one part of a text that neither greets nor thanks: "heading home" of "heading home, bye"."""
    parts = [part.strip() for part in re.split(r"[,.!;]+\s", low.strip(" .!?")) if part.strip()]
    kept = [part for part in parts if not is_greeting(part) and not _ASIDE.fullmatch(part)]
    return kept[0] if len(kept) == 1 and len(parts) > 1 else ""


def _applies(row: Row, message: Message, form: str) -> bool:
    if row.intent is I.HELP and re.match(r"how (?:do|can|should)", form):
        return (
            bool(
                re.search(
                    r"\b(?:task|tasks|you|this|it|bot|work|use|create|add|assign|undo)\b", form
                )
            )
            and not message.mentions
        )
    if row.intent in {I.PLAN, I.SPEC}:
        # Somebody who is to do it makes it a task.
        return not message.mentions or form.startswith(("plan", "spec", "project", "detailed"))
    if row.intent is I.TEACH:
        first = re.match(r"\W*([a-z]+)", form)
        order = first and first[1] in BASE and first[1] not in {"set", "make"}
        if _A_DUTY.match(form) or _A_NAME.search(form):
            return False
        return not order or bool(_A_RULE.search(form))
    return True


def _only_quoted(message: Message) -> Interpretation | None:
    """Orders within a quotation are never followed; a message that is nothing else is a remark."""
    bare = message.without_quotations()
    if not bare.strip(" .,!?:;-\"'") or ("\n>" in message.low and _FORWARDED.fullmatch(bare)):
        fired("talk", "nothing but a quotation")
        return Interpretation(I.SMALLTALK, sure=True, confidence=SURE)
    if OPAQUE in message.low and _QUOTED.fullmatch(message.low.strip()):
        outside = message.low.replace(OPAQUE, " ")
        first = re.match(r"\W*([a-z]+)", outside)
        if _SAYS.search(outside) and not (first and first[1] in BASE):
            fired("talk", "a quotation and who said it")
            return Interpretation(I.SMALLTALK, sure=True, confidence=SURE)
    return None


def _remind(message: Message) -> Interpretation | None:
    match = _REMIND.match(message.low, message.start)
    if match is None:
        return None
    fired("talk", "remind", match[0], match.start())
    clause = Clause.of(message.text, match.end(), low=message.low)
    mentions = message.within(*match.span("who")) if match["who"] else []
    deadline, certain = None, True
    found = dates.find(clause.low, message.context.now, month_first=message.context.month_first)
    if found:
        one = found[-1] if len(found) > 1 and found[0].past else found[0]
        clause.take(one.start, one.end, "deadline")
        deadline, certain = (None if one.past else one.moment), not one.past and len(found) == 1
    lead = _REMIND_LEAD.match(clause.low)
    start = lead.end() if lead else 0
    end = len(clause.low.rstrip(f" {TAKEN}.,!"))
    text = " ".join(clause.text[start:end].split()) if end > start else ""
    inside = TAKEN in clause.low[start:end]
    if inside:
        kept = zip(clause.text[start:end], clause.low[start:end], strict=True)
        text = " ".join("".join(" " if low == TAKEN else c for c, low in kept).split())
    people = [person for mention in mentions for person in mention.people]
    return Interpretation(
        I.REMIND,
        change=Change(text=text or None, deadline=deadline, person=candidate(people[0]) if people else None),
        sure=certain and bool(text), confidence=SURE if certain and text else UNSURE,
        spans=(*clause.spans, Span("text", clause.offset + start, clause.offset + end)) if text else (),
        ambiguities=ambiguities(mentions, message.text),
    )  # fmt: skip


def _ask_person(message: Message) -> Interpretation | None:
    match = _ASK.fullmatch(message.low, message.start) or _ASK_ABOUT.fullmatch(
        message.low, message.start
    )
    if match is None:
        return None
    mentions = message.within(*match.span("who"))
    fired("talk", "ask somebody", match[0], match.start())
    people = [person for mention in mentions for person in mention.people]
    start, end = match.span("text")
    return Interpretation(
        I.ASK_PERSON,
        change=Change(text=message.text[start:end].strip(" .?!"), person=candidate(people[0]) if people else None),
        sure=len(people) == 1, confidence=SURE,
        spans=(Span("person", *match.span("who")), Span("text", start, end)),
        ambiguities=ambiguities(mentions, message.text),
    )  # fmt: skip
