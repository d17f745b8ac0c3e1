"""Orders about existing tasks told by cues: words that want something, and words of one task.

For what no sentence of `act_rows` fits. A cue counts only where all other words are those of one
open task, of people, or say nothing, so that "Ana, close the shop" stays work to do. A second
clause may be the reason ("…, the inspector is ill") or the order about what the first one names
("the valve has come, unblock it").
"""

import re
from dataclasses import dataclass, replace

from services.ai.grammar import references
from services.ai.grammar.message import Message
from services.ai.grammar.references import Referred
from services.ai.grammar.tokens import OPAQUE, PERSON, TAKEN
from services.ai.grammar.trace import fired
from services.ai.grammar.verbs import IRREGULAR, from_past, is_past
from services.ai.model import Change, Intent, Interpretation, OpenTask, Span

I = Intent  # noqa: E741 -- rows are read, not the name
SURE, UNSURE = 0.95, 0.5


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that want something of a task; `prefer`: the status that tells equal tasks apart."""

    intent: Intent
    pattern: str
    example: str
    prefer: str = ""


_NOT = r"(?:isn't|is not|aren't|are not|not|wasn't|no longer|never|hasn't been|haven't been)"
_NEED = r"(?:needs?|requires?|has to have|could use|wants)"
# In the order of trial: what is negated or longer comes first.
CUES: tuple[Cue, ...] = (
    Cue(I.UNBLOCK, rf"unblock(?:ed)?|unstuck|{_NOT} (?:blocked|stuck|held up|waiting)(?: any ?more)?|nothing (?:is )?in (?:its|the) way(?: any ?more)?|free to (?:go|continue)|(?:can|may) (?:now )?(?:proceed|move on|move forward|go ahead)|(?:blocker|obstacle) (?:is |has been )?(?:gone|removed|solved|resolved|cleared)", "nothing is in the way of the migration any more", "blocked"),
    Cue(I.CANCEL, rf"{_NOT} (?:needed|necessary|required|relevant|wanted|happening)(?: any ?more| any longer)?|(?:don't|do not|won't|will not) (?:need|want|do|be doing)(?: any ?more| any longer)?|never ?mind|forget(?: about)?|call(?:ed)? off|cancel(?:led|ed)?|scrap(?:ped)?|scratch|drop(?:ped)?|skip|ditch|kill|get rid of|off the (?:list|table)|obsolete|superfluous|strike|axe", "the staging server is off the list"),
    Cue(I.REOPEN, rf"re-?open(?:ed)?|(?:open|start) (?:it |that )?(?:up )?again|{_NOT} (?:really |actually |quite )?(?:done|finished|completed?|fixed|over|closed)(?: yet| after all)?|broke(?:n)? (?:down )?again|(?:is |came )back again|came back", "the login redirect broke again"),
    Cue(I.REJECT, rf"{_NOT} (?:good enough|ok|okay|acceptable|approved|there yet|what i (?:wanted|asked for)|right|up to standard)|reject(?:ed)?|sen[dt] (?:it |that |this )?back|{_NEED} (?:some |a bit of |more |another )?(?:work|changes|revision|rework|corrections?|fixing|round|polish)|(?:to be |has to be |must be |needs to be )(?:redone|revised|reworked|corrected)|do (?:it )?over|not accept(?:ed)?", "the deck needs another round", "in_review"),
    Cue(I.BLOCK, r"blocked|stuck|(?:can't|cannot|can not|could not|couldn't|unable to) (?:be )?(?:continued?|go on|proceed|finish(?:ed)?|move on|get on|progress|work)(?: on| with)?|held up|at a standstill|(?:hit|ran into) a (?:wall|snag|blocker)|makes no progress", "the pricing page is at a standstill"),
    Cue(I.HOLD, r"(?:can|must|has to|should|will have to) wait|on (?:hold|ice|pause)|paused?|pausing|parked?|(?:leave|put) (?:it |that )?(?:aside|for now|for later|to the side)|not now|stop (?:working|work)(?: on)?|hold off(?: on| with)?|wait with|freeze|no work on|suspend(?:ed)?|for later", "the laptops can wait"),
    Cue(I.RESUME, r"(?:go|carry|get|move|push|keep) on(?: with)?|continue(?:s|d)?(?: with| work(?:ing)?(?: on)?)?|resume[sd]?|off hold|(?:can|may) (?:now )?(?:go on|continue|start again|restart)|pick(?:ed|ing)? (?:it )?(?:back )?up(?: again)?|back on|keep going(?: with)?|restart(?:ed)?", "the staging server can go on", "on_hold"),
    Cue(I.SUBMIT, r"(?:ready|up|in|submit(?:ted)?|hand(?:ed)? in|turn(?:ed)? in|waiting|there) for (?:your |a |the )?(?:review|approval|check(?:ing)?|sign-?off|a look)|submit(?:ted|ting)?|hand(?:ed|ing)? in|turn(?:ed|ing)? in|(?:please )?(?:have|take) a look(?: at)?|please (?:review|check)", "onboarding emails are there for review"),
    Cue(I.APPROVE, r"approved?|accept(?:ed)?|signed off|sign off(?: on)?|lgtm|good to go|(?:can|may) (?:go out|go live|be published|be sent|ship)|(?:looks?|is|are|all|seems?) (?:very |really |so |all )?(?:good|great|fine|ok|okay|perfect|excellent|right)(?: to me| with me| by me| now)?|happy with|fine (?:by|with) me|ok (?:for|with)|green light|thumbs up|👍|passes", "I am happy with the deck", "in_review"),
    Cue(I.COMPLETE, r"(?:done|finished|complete[d]?|wrapped up|through|sorted(?: out)?|taken care of|dealt with|handled|delivered|closed|ticked off|settled|accomplished|over and done|in the bag|good and done)(?: with)?|tick(?: off)?|close(?: out| off)?|wrap(?: up)?", "we are through with the laptops"),
    Cue(I.START, r"(?:working|work|got going|get going|getting going|get started|got started|getting started|starting|started|starts?|beg[aiu]n(?:s|ning)?|kick(?:ed|ing)? off|busy|picked up|picking up|has a go|having a go|on the case)(?: on| with| at)?|under ?way|in progress|is on(?= )|i'm on(?= )|on it", "Tom is busy with the staging server"),
)  # fmt: skip
_COMPILED = [(cue, re.compile(rf"(?<![\w'-])(?:{cue.pattern})(?![\w'])")) for cue in CUES]
FILLER = frozenset(
    """
    a an the is are was were be been being am i'm im i we we're you he she it they them that this those these
    now just already finally again all as has have had get got gets to with on of for in at by from up and
    so please well ok okay yes yeah our my your his her its their s 's also still today really completely
    totally entirely fully everything whole thing task tasks ticket one card item job work part stuff can
    could will would should let let's lets us go me too then tell told say says said reports reported that's
    it's there here both together yet more anymore any longer very actually regarding thanks thank thx cheers pls about we've i've
    ve re ll have's status which who think thinks guess believe seems
""".split()  # noqa: SIM905 -- words, not quotation marks
)
_WORD = re.compile(r"#?[\w]+(?:['&.-][\w]+)*")
_ASKED = re.compile(
    rf"\s*(?:for )?{PERSON}+(?:(?:,| and|, and| &) {PERSON}+)*\s*(?:[:,!–-]|(?:please|should|must|needs?|has to|have to|is to|to|shall|will|could|can you)\b)"
)
_MODAL = re.compile(r"\b(?:should|must|needs? to|has to|have to|ought to|shall)\b")
_PASSIVE = re.compile(
    rf"\s*(?P<what>[^{PERSON}]{{2,60}}?) (?:is|are|was|were|has been|have been|got) (?:now |all |already |finally )*(?P<verb>[a-z]+)(?: now| already| today)?\s*"
)
_QUESTION = re.compile(r"(?:who|what|when|where|why|which|how|is|are|was|were|has|did|does)\b")
_EDGE = re.compile(
    r"\s*(?:[,;:.!–—]|\s-)\s+|\s+(?=(?:because|since|due to|cause|cos|as long as|as soon as|until|so that|as(?= (?:the|it|there|we|he|she|they|i|our|my|his|her))(?! soon| long))\s)"
)
_REASON = re.compile(r"(?:because(?: of)?|since|due to|cause|cos|cuz)\s+")


def read(message: Message) -> Interpretation | None:
    """Return the order that cues in a message tell of one existing task; None where they don't."""
    # "again" and such at the end count here.
    start, end = message.start, len(message.low.rstrip(" .!"))
    if _QUESTION.match(message.low, start):
        return None
    if _ASKED.match(message.low, start) or OPAQUE in message.low or "?" in message.low[:end]:
        return None
    edges = list(_EDGE.finditer(message.dated, start, end))
    if reading := _told(message, start, end) or (start and _told(message, 0, end)):
        return reading
    if not edges:
        return None
    first, last = edges[0], edges[-1]
    if reading := _told(message, start, first.start()):
        return _because(reading, message, first.end(), end)
    return _told(message, last.end(), end, before=(start, last.start()))


def _told(
    message: Message, start: int, end: int, *, before: tuple[int, int] | None = None
) -> Interpretation | None:
    """What a stretch tells; its "it" is what the stretch before names."""
    low = message.dated[start:end]
    for cue, pattern in _COMPILED:
        match = pattern.search(low)
        if match is None or _MODAL.search(low[: match.start()]):
            continue
        rest = pattern.sub(" ", low)
        referred = _task(rest, message, cue.prefer)
        if not referred.found and before is not None and _says_nothing(rest):
            referred = _task(message.dated[slice(*before)], message, cue.prefer, part=True)
        if referred.found and referred.certain:
            return _reading(cue, referred, message, Span("task_ref", start, end))
    return _in_past(low, start, message) if before is None else None


def _says_nothing(rest: str) -> bool:
    return all(word in FILLER for word in _WORD.findall(rest))


def _task(rest: str, message: Message, prefer: str, *, part: bool = False) -> Referred:
    """The task that the words left name; `part`: they may tell more than its name."""
    words = [word for word in _WORD.findall(rest) if word not in FILLER]
    if not words:
        return Referred()
    shape = r"(?:t-?|#)\d+" if part else r"(?:t-?|#)?\d+"
    numbers = [word for word in words if re.fullmatch(shape, word)]
    if numbers and (part or len(numbers) == len(words)):
        found = references.resolve(" and ".join(numbers), message.context, prefer=prefer)
        known = {f"{task.name}" for task in message.context.open_tasks}
        return found if all(one.name in known for one in found.tasks) else Referred()
    if not part:
        return references.resolve(" ".join(words), message.context, prefer=prefer)
    return references.named_within(words, message.context, prefer=prefer)


def _in_past(low: str, start: int, message: Message) -> Interpretation | None:
    """The work of a task told as done: "Omar repaired the espresso machine"."""
    match = re.match(
        rf"[\s]*(?:{PERSON}+(?:(?:,| and|, and| &) {PERSON}+)*|i|we)(?:'ve| have| has)?(?: just| already| finally)? (?P<verb>[a-z]+)\b",
        low,
    )
    what = match.end("verb") if match else 0
    if match is None:
        match = _PASSIVE.fullmatch(low)
        low = match["what"] if match else low
    if match is None or not is_past(match["verb"]) or TAKEN in low:
        return None
    words = [w for w in _WORD.findall(low[what:]) if w not in FILLER]
    base = from_past(match["verb"]) or IRREGULAR.get(match["verb"], match["verb"])
    referred = references.resolve(" ".join([base, *words]), message.context)
    if not (referred.found and referred.certain and words):
        return None
    done = Cue(I.COMPLETE, "", "")
    return _reading(done, referred, message, Span("task_ref", start, start + len(low)))


def _reading(cue: Cue, referred: Referred, message: Message, span: Span) -> Interpretation:
    fired("cue", cue.example or "told as done")
    intent = _meant(cue, referred, message)
    return Interpretation(
        intent, task_refs=referred.tasks, sure=referred.certain, confidence=SURE, spans=(span,)
    )


def _meant(cue: Cue, referred: Referred, message: Message) -> Intent:
    """What a cue wants of a task as it stands, from this sender."""
    by_name = {task.name: task for task in message.context.open_tasks}
    tasks = [by_name[one.name] for one in referred.tasks if one.name in by_name]
    role = message.context.sender.role
    if cue.intent is I.COMPLETE and role not in {"boss", "owner"}:
        return I.SUBMIT
    return as_it_stands(cue.intent, tasks)


def as_it_stands(intent: Intent, tasks: list[OpenTask]) -> Intent:
    """What "can go on" and "is good" mean depends on where the task stands."""
    statuses = {task.status for task in tasks}
    if intent is I.UNBLOCK and statuses == {"on_hold"}:
        return I.RESUME
    if intent is I.RESUME and statuses == {"blocked"}:
        return I.UNBLOCK
    return intent


def _because(reading: Interpretation, message: Message, start: int, end: int) -> Interpretation:
    """The reading with the words behind it as its reason."""
    lead = _REASON.match(message.low, start, end)
    text = message.text[lead.end() if lead else start : end].strip(" .,;:!")
    return replace(reading, change=Change(text=text)) if text else reading
