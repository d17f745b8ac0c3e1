"""What a clause says of a task besides the work and the people: priority, tags, estimate.

Each function takes its words out of the clause, so that they are not in the title.
"""

import re

from services.ai.grammar.tokens import TAKEN, Clause
from services.ai.grammar.trace import fired
from services.ai.model import Priority

_ORDER = list(Priority)
# Words that are a priority wherever they stand.
_ANYWHERE: dict[Priority, str] = {
    Priority.URGENT: (
        r"(?:super |very |really |most |extremely )?urgent(?:ly)?(?: priority)?|(?:as soon as possible|asap)|critical priority|top[ -]priority"
        r"|emergency priority|immediately|right away|right now|straight away|at once|drop everything|p0|it'?s an emergency"
        r"|it'?s critical|blocker priority|this is critical|(?:it'?s |this is )?a blocker"
    ),
    Priority.HIGH: (
        r"(?:with |at |of )?(?:a )?(?:high|higher|highish) (?:priority|prio)|(?:priority|prio)(?: is)?:? high"
        r"|(?:of )?(?:very )?high (?:importance|urgency)|(?:it'?s |it is |this is |that'?s )?(?:very |really |kind of |pretty |quite )?important(?=\s*(?:$|[,.;:!)" + TAKEN + r"–—-]|and\b))|p1"
    ),
    Priority.MEDIUM: (
        r"(?:with |at |of )?(?:a )?(?:medium|normal|regular) (?:priority|prio)|(?:priority|prio)(?: is)?:? (?:medium|normal)|p2"
    ),
    Priority.LOW: (
        r"(?:with |at |of )?(?:a )?(?:low|lower|lowest) (?:priority|prio)|(?:priority|prio)(?: is)?:? low|(?:there'?s |there is )?no (?:rush|hurry)(?: at all| on this| with this| though)?"
        r"|whenever(?: (?:you|he|she|they) (?:can|want|like|have (?:the )?time|gets? (?:a chance|around to it|to it)))?|(?:it'?s |that'?s )?(?:a )?nice[ -]to[ -]have"
        r"|when(?: ever)? (?:you|he|she|they|there) (?:have|has|find|finds|get|gets|is|'s) (?:some |the |a bit of |any |a )?(?:spare )?(?:time|chance|minute|moment)|p3"
        r"|if (?:you|he|she|they|there) (?:have|has|is|'s) (?:some |the |any )?time|take your time"
        r"|(?:it )?can wait|at (?:your|his|her|their) leisure|deprioriti[sz]ed|not a priority"
    ),
}  # fmt: skip
# Words that are a priority only by themselves: after a comma or a dash, at an end, in brackets.
_ALONE: dict[Priority, str] = {
    Priority.URGENT: r"critical|emergency|blocker|now|urgent|highest",
    Priority.HIGH: r"high|important",
    Priority.MEDIUM: r"medium|normal",
    Priority.LOW: r"low|lowest",
}
_NEGATED = re.compile(
    r"(?<![\w'])(?:(?:it'?s |it is |that'?s |this is |but )?(?:not|isn'?t|nothing|no longer)"
    r" (?:very |really |that |so |super |too |at all )?(?:urgent|critical|important|high priority|an emergency|pressing)"
    r"(?: (?:at all|though|any ?more))?)(?!\w)"
)
_LOW_NEGATIONS = re.compile(r"urgent|pressing|emergency|critical")
_BEFORE = rf"(?:^|(?<=[,;:({TAKEN}–—!-])|(?<=[,;:({TAKEN}–—!-] )|(?<= and ))"
_AFTER = rf"(?=\s*(?:$|[,.;:)({TAKEN}–—!-]|and\b|please\b))"
_LINK = r"(?:(?:it'?s|it is|that'?s|this is|with|as|and|priority|prio) )?"
_PRIORITIES = [
    (
        priority,
        re.compile(
            rf"(?<![\w'])(?:(?:it'?s|it is|this is|that'?s|which is) )?(?:{_ANYWHERE[priority]})(?!\w)"
        ),
    )
    for priority in _ORDER
] + [(Priority.URGENT, re.compile(r"!{3,}|🚨|🔥"))]
_BY_THEMSELVES = [
    (priority, re.compile(rf"{_BEFORE}{_LINK}(?:{_ALONE[priority]})(?![\w']){_AFTER}"))
    for priority in _ORDER
]
_NOW_AT_THE_END = re.compile(rf"(?<=\w )(?<!for )(?<!right )now(?=[\s.!{TAKEN}]*$)")
# "the critical bug": an adjective that is a priority, and goes.
_ADJECTIVE = re.compile(
    r"(?:(?<=\bthe )|(?<=\ba ))critical (?=(?:bug|issue|error|problem|fix|task)\b)"
)
WORDS = {
    word: priority
    for priority, words in (
        (Priority.URGENT, "urgent urgently asap critical emergency top highest blocker p0 🔥 🚨"),
        (Priority.HIGH, "high important higher p1"),
        (Priority.MEDIUM, "medium normal regular p2"),
        (Priority.LOW, "low lowest p3"),
    )
    for word in words.split()
}

_TAG = re.compile(r"(?<![\w&/#])#([^\W\d_][\w-]*)")
KINDS = ("bug", "feature", "hotfix", "docs", "research", "meeting")

_AMOUNT = r"(?:(?P<n>\d{1,3}(?:[.,]\d)?|an?|one|two|three|four|five|six|eight|ten|half an?|a couple of)[ -]?(?P<unit>minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?)(?P<half> and a half)?(?: ?(?P<m>\d{1,2}) ?(?:m|min|mins|minutes))?)"
_ROUGHLY = (
    r"(?:about |around |roughly |approx\.? |max\.? |up to |at most |only |no more than |~ ?)?"
)
_ESTIMATES = [
    re.compile(pattern)
    for pattern in (
        rf"(?<!\w)(?:spend|invest|use|block)(?:s|ing)? {_ROUGHLY}{_AMOUNT}(?: (?:on|in|for|to|of))?(?!\w)",
        rf"(?<!\w)(?:est(?:imated?|imation)?\.?(?: at| is| of)?|effort|takes?|should take|will take|needs?(?= .{{1,40}} to\b)|budget(?:ed)?|timebox(?:ed)?(?: to| at)?):? {_ROUGHLY}{_AMOUNT}(?: of work)?(?!\w)",
        rf"\({_ROUGHLY}{_AMOUNT}(?: of work)?\)",
        rf"~ ?{_AMOUNT}(?!\w)",
        rf"(?:^|(?<=[:,;–—-] )){_ROUGHLY}{_AMOUNT}(?= to \w)",
        rf"(?<=[,;–—-] ){_ROUGHLY}{_AMOUNT}(?: of work| job| task| effort| work| max(?:imum)?| tops| at most| or so| or less)(?!\w)",
        rf"(?:(?<=[,;–—-] )|(?<= \| )){_ROUGHLY}{_AMOUNT}(?=\s*(?:$|[,;–—|)]|-\s|\.\s*$))",
    )
]  # fmt: skip
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
           "eight": 8, "ten": 10, "half a": 0.5, "half an": 0.5, "a couple of": 2}  # fmt: skip
_MINUTES = {"m": 1, "h": 60, "d": 8 * 60, "w": 5 * 8 * 60}
_PRIORITY_HINT = re.compile(
    r"urg|asap|soon|crit|emerg|immed|right|away|once|drop|p[0-3]|!!!|🚨|🔥|block|high|import|medium|"
    r"norm|low|rush|hurry|when|nice|time|wait|leisure|prio|now|regular"
)


def take_priority(clause: Clause) -> Priority | None:
    """Take out the words for a priority and return the strongest; a negated one does not count."""
    if not _PRIORITY_HINT.search(clause.low):
        return None
    said: set[Priority] = set()
    for match in clause.take_all(_NEGATED, "priority"):
        fired("priority", "negated", match[0], clause.offset + match.start())
        if _LOW_NEGATIONS.search(match[0]):
            said.add(Priority.LOW)
    if clause.take_all(_ADJECTIVE, "priority"):
        said.add(Priority.URGENT)
    if clause.take_all(_NOW_AT_THE_END, "priority"):
        said.add(Priority.URGENT)
    for name, patterns in (("anywhere", _PRIORITIES), ("by itself", _BY_THEMSELVES)):
        for priority, pattern in patterns:
            for match in clause.take_all(pattern, "priority"):
                fired(
                    "priority", f"{priority.value}, {name}", match[0], clause.offset + match.start()
                )
                said.add(priority)
    return max(said, key=_ORDER.index) if said else None


def priority_of(words: str) -> Priority | None:
    """Return the priority that a phrase of its own says: "high priority", "not urgent"."""
    clause = Clause.of(words)
    said = take_priority(clause)
    if said:
        return said
    return next((WORDS[word] for word in clause.low.split() if word in WORDS), None)


def stepped(priority: Priority, steps: int) -> Priority:
    """Return the priority that many steps up or down."""
    return _ORDER[max(0, min(len(_ORDER) - 1, _ORDER.index(priority) + steps))]


def take_tags(clause: Clause) -> list[str]:
    """Take out "#word" and return the words as written, in small letters."""
    return list(dict.fromkeys(match[1] for match in clause.take_all(_TAG, "tags")))


def take_estimate(clause: Clause) -> int | None:
    """Take out how long the work may take, "spend 3h on", and return it in minutes."""
    for pattern in _ESTIMATES:
        if match := pattern.search(clause.low):
            clause.take(match.start(), match.end(), "estimate_minutes")
            fired("estimate", "an amount of work", match[0], clause.offset + match.start())
            return _minutes(match)
    return None


def _minutes(match: re.Match[str]) -> int | None:
    said = match["n"].replace(",", ".")
    count = _COUNTS[said] if said in _COUNTS else float(said)
    if match["half"]:
        count += 0.5
    minutes = round(count * _MINUTES[match["unit"][0]]) + int(match["m"] or 0)
    return minutes or None
