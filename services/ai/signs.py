"""What of a reading tells whether it is right: signs, as numbers from 0 to about 1.

Pure and linear in the text. Mostly what is left in a title that a rule should have taken out, and
what in the message stands in no field; `confidence.py` weighs them.
"""

import re
from collections.abc import Mapping, Sequence

from services.ai.grammar.people import People
from services.ai.grammar.task_index import Tasks, stem
from services.ai.grammar.tokens import fold, marked, words
from services.ai.grammar.trace import Fired
from services.ai.grammar.verbs import BASE, is_verb
from services.ai.model import Context, Intent, Interpretation, TaskDraft

_ASKING = frozenset((Intent.QUERY, Intent.SHOW, Intent.SEARCH, Intent.REPORT))
_TALK = frozenset((Intent.SMALLTALK, Intent.HELP, Intent.UNDO, Intent.REDO, Intent.ATTENDANCE))
_TELLING = frozenset((Intent.REMIND, Intent.ASK_PERSON, Intent.TEACH, Intent.PLAN, Intent.SPEC))


def _said(words_of: str) -> frozenset[str]:
    return frozenset(words_of.split())


_TIME = _said(
    """monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays
    fridays saturdays sundays today tonight tomorrow tmr tmrw yesterday week weeks weekend weekends
    weekly weekday weekdays month months monthly year years yearly day days daily hour hours hourly
    minute minutes min mins hr hrs noon morning evening afternoon night nightly later earlier soon
    jan feb mar apr jun jul aug sep sept oct nov dec january february march april june july august
    september october november december eod cob quarter deadline due until till every each once
    twice always now before after whenever when while mon tue tues wed thu thur thurs fri sat sun"""
)
_RANK = _said(
    """urgent urgently asap critical important priority prio rush hurry emergency blocker p0 p1 p2 p3
    low high medium top"""
)
_LINK = _said(
    """and then also plus but because since so if unless otherwise instead except which that who
    whose once as or nor while though"""
)
_CHANGE = _said(
    """again already done finished ready started stuck blocked waiting instead longer anymore back
    still not never isn't doesn't don't can't cannot won't nothing wrong late off over due subtask
    subtasks tag tagged tags label note comment split priority deadline reopen cancel approve
    approved approves reject rejected drop move push swap rename assign assigned tick close merge
    merged postpone extend pause resume task tasks"""
)
_TALKING = _said(
    """i i'm i'd i've we we're you you're he she they it's that's there's is are was were will would
    should could can must have has had need needs want wants let lets let's please pls thanks maybe
    think guess hope how what why where who somebody someone anyone anybody everyone"""
)
_POINTING = _said("it that this them those these one ones thing things stuff same other")
_FILLER = _said(
    """um umm uh uhm erm oh like well yeah ok okay actually just really basically hey hi guys
    together both"""
)
_DANGLING = _said(
    "to for by at on in of with and or the a an from over before until is be as than then also that"
)
_MARKED_TIME = re.compile(r"\d(?:st|nd|rd|th|[hdmw]| ?[ap]m)\b|\d:\d\d")
_RANK_MARK = re.compile("!!|🔥|🚨")
_MARKS = re.compile(r"[,;:–—()?!+=]|\s-\s|\.\s|\.\.|[^\w\s,.'\"&/<>-]")
_PLAIN_TIME = re.compile(
    r"\b(?:by|before|at|until|till|after|around|about|past|from)(?: (?:half|quarter))?(?: past| to)?"
    r" (?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|quarter)(?! (?:\w+s|percent|people)\b)\b"
)
_BARE_NUMBER = re.compile(r"^\d|\d$|\d(?! ?\w)")
_DIGIT = re.compile(r"\d")
_EMOJI = re.compile("[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]")
_LIST = re.compile(r"\n|(?:^|\s)(?:\d[.)]|[-*•])\s")
_CAPITAL = re.compile(r"(?<=[\w,;:] )[A-Z][a-z]{2,}")
_LONG_TITLE, _LONG_TEXT = 8, 25


def of(
    text: str, context: Context, reading: Interpretation, fired: Sequence[Fired]
) -> dict[str, float]:
    """Return the signs that are there, by name; what is absent is 0."""
    low = fold(text)
    said = words(low)
    signs = _of_kind(reading)
    signs["ambiguous"] = float(bool(reading.ambiguities))
    signs["long"] = min(1.0, len(said) / _LONG_TEXT)
    signs["very long"] = float(len(said) > _LONG_TEXT)
    signs["short"] = float(len(said) <= 3)  # noqa: PLR2004 -- "do it now"
    signs["question mark"] = float("?" in text)
    signs["emoji"] = float(bool(_EMOJI.search(text)))
    signs["lines"] = float(bool(_LIST.search(text)))
    signs["quoted"] = float('"' in low or "\n>" in text)
    signs |= _of_rules(fired)
    signs |= _left_over(low, said, reading)
    if reading.intent is Intent.CREATE:
        signs |= _of_drafts(low, context, reading)
    return {name: round(value, 4) for name, value in signs.items() if value}


def _of_kind(reading: Interpretation) -> dict[str, float]:
    intent, sure = reading.intent, reading.sure
    kinds = {
        "create": intent is Intent.CREATE,
        "several": len(reading.tasks) > 1,
        "asks": intent in _ASKING,
        "talk": intent in _TALK,
        "tells": intent in _TELLING,
        "unclear": intent is Intent.UNCLEAR,
    }
    kinds["order"] = not any(kinds.values())
    return {
        **{f"is {name}": float(value) for name, value in kinds.items()},
        **{f"unsure {name}": float(value and not sure) for name, value in kinds.items()},
        "changes nothing": float(kinds["order"] and not reading.task_refs),
        "smalltalk": float(intent is Intent.SMALLTALK),
    }


def _of_rules(fired: Sequence[Fired]) -> dict[str, float]:
    stages = [each.stage for each in fired]
    heads = {each.rule for each in fired if each.stage == "head"} - {"marks"}
    signs = {f"head {name}": 1.0 for name in heads}
    signs |= {f"tail {each.rule}": 1.0 for each in fired if each.stage == "tail"}
    signs["clauses"] = min(1.0, max(0, stages.count("clause") - 1) / 4)
    signs["joined"] = float(
        any(each.stage == "clause" and each.rule == "same_sentence" for each in fired)
    )
    signs["dates"] = float(len({each.words for each in fired if each.stage == "date"}) > 1)
    signs["date of several"] = float(any(each.rule == "one of several" for each in fired))
    signs["times without a day"] = float("time" in stages and "date" not in stages)
    signs |= {f"question {each.rule}": 1.0 for each in fired if each.stage == "question"}
    signs["a task by words"] = float(
        any(each.stage == "task" and each.rule == "by words" for each in fired)
    )
    signs["recurs"] = float("recurrence" in stages)
    return signs


def _left_over(low: str, said: Sequence[str], reading: Interpretation) -> dict[str, float]:
    """What of the message stands in no field."""
    bare = marked(low, [(span.start, span.end, " ") for span in reading.spans])
    left = words(bare)
    share = len(left) / max(1, len(said))
    return {
        "left over": share if reading.spans else 0.0,
        "much left over": float(bool(reading.spans) and len(left) > 5),  # noqa: PLR2004 -- of words
        "numbers left over": float(bool(reading.spans) and bool(_DIGIT.search(bare))),
        "no field": float(not reading.spans),
        "changing words": float(reading.intent is Intent.CREATE and _any(_CHANGE, left)),
    }


def _of_drafts(low: str, context: Context, reading: Interpretation) -> dict[str, float]:
    signs: dict[str, float] = {}
    names = People.of(context.roster).by_name
    for draft in reading.tasks:
        for name, value in _of_title(draft, names, context).items():
            signs[name] = max(signs.get(name, 0.0), value)
    drafts = reading.tasks
    signs["nobody"] = float(not any(draft.assignees for draft in drafts))
    signs["only some have people"] = float(
        any(draft.assignees for draft in drafts) and not all(draft.assignees for draft in drafts)
    )
    signs["no date"] = float(not any(draft.deadline or draft.recurrence for draft in drafts))
    signs["subtasks"] = float(any(draft.subtasks for draft in drafts))
    signs["estimate"] = float(any(draft.estimate_minutes for draft in drafts))
    signs["priority"] = float(any(draft.priority for draft in drafts))
    return signs


def _of_title(draft: TaskDraft, names: Mapping[str, object], context: Context) -> dict[str, float]:
    title = draft.title
    low = fold(title)
    said = words(low)
    first = said[0] if said else ""
    stems = {stem(word) for word in said}
    return {
        "title without a verb": float(first not in BASE and not is_verb(first)),
        "title of an unknown verb": float(first not in BASE and is_verb(first)),
        "title ends in -s": float(first.endswith("s") and first not in BASE),
        "title ends in -ed": float(first.endswith(("ed", "ing"))),
        "title of one word": float(len(said) <= 1),
        "title of two words": float(len(said) == 2),  # noqa: PLR2004 -- as it says
        "long title": min(1.0, max(0, len(said) - 4) / _LONG_TITLE),
        "a name in the title": float(any(word in names for word in said)),
        "a capital in the title": float(bool(_CAPITAL.search(title))),
        "time in the title": float(_any(_TIME, said) or bool(_MARKED_TIME.search(low))),
        "a rank in the title": float(_any(_RANK, said) or bool(_RANK_MARK.search(low))),
        "a link in the title": float(_any(_LINK, said)),
        "a change in the title": float(_any(_CHANGE, said)),
        "talk in the title": float(_any(_TALKING, said)),
        "pointing in the title": float(_any(_POINTING, said)),
        "title begins with pointing": float(first in _POINTING),
        "title dangles": float(bool(said) and said[-1] in _DANGLING),
        "marks in the title": float(bool(_MARKS.search(title))),
        "a comma in the title": float("," in title),
        "a colon in the title": float(":" in title or ";" in title),
        "brackets in the title": float("(" in title or ")" in title),
        "an emoji in the title": float(bool(_EMOJI.search(title))),
        "a bare time in the title": float(bool(_PLAIN_TIME.search(low))),
        "fillers in the title": float(_any(_FILLER, said)),
        "a bare number in the title": float(bool(_BARE_NUMBER.search(low))),
        "shouted": float(title.isupper()),
        "digits in the title": float(bool(_DIGIT.search(title)) and not _BARE_NUMBER.search(low)),
        "title begins with a number": float(low[:1].isdigit()),
        "like an open task": 0.0 if draft.assignees else _likeness(stems, context),
    }


def _any(known: frozenset[str], said: Sequence[str]) -> bool:
    return not known.isdisjoint(said)


def _likeness(stems: set[str], context: Context) -> float:
    """How much of the words of an open task stand in a title; 0 below half."""
    index = Tasks.of(context.open_tasks)
    shared: dict[int, int] = {}
    for each in stems:
        for number in index.by_stem.get(each, ())[:50]:
            shared[number] = shared.get(number, 0) + 1
    if not shared:
        return 0.0
    most = max(shared.values())
    return 1.0 if most > 1 else 0.3
