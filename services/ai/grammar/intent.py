"""What a message wants, other than new work: a table of patterns, tried in order.

A row has the pattern, where the words of its task are (`ref`), and an example, which is its test.
Groups that a pattern may name: `ref` (words of a task), `text`, `who`, `tag`, `title`, `sub`, `on`.
"""

import re
from dataclasses import dataclass

from services.ai.model import Intent

_N = r"(?:t-?|#)?\d{1,9}"
_REF = r"(?P<ref>.+?)"
_THE = r"(?:(?:the|my|our|task|on|with|of) )*"
_REASON = r"(?:(?:,? ?(?:because(?: of)?|since|as|due to|:|-|–|—|,|for now,?)) ?(?P<text>.+))?"


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to say something. `needs_task`: it is only that where words mean an existing task."""

    intent: Intent
    pattern: re.Pattern[str]
    example: str
    needs_task: bool


def _row(intent: Intent, pattern: str, example: str, *, needs_task: bool = True) -> Rule:
    return Rule(intent, re.compile(pattern, re.DOTALL), example, needs_task)


def _plain(intent: Intent, pattern: str, example: str) -> Rule:
    return _row(intent, rf"(?:{pattern})", example, needs_task=False)


# Whole messages that name no task.
PLAIN = (
    _plain(Intent.UNDO, r"undo(?: (?:that|it|this|last|the last (?:one|thing)|everything|all))?|(?:oops,? )?(?:revert|take (?:that|it) back)(?: that| it)?|oops,? undo(?: that)?", "undo that"),
    _plain(Intent.REDO, r"redo(?: (?:that|it|this))?|do (?:that|it) again after all", "redo"),
    _plain(Intent.HELP, r"help(?: me)?|what can (?:you|i) do.*|how (?:do|does) (?:this|it|i use (?:this|it|you)) ?(?:work)?|commands|\?+|how do i .*", "help"),
    _plain(Intent.ATTENDANCE, r"(?P<text>in|out|break|back)|(?:i'?m |i am )?(?:clock(?:ing|ed)?|sign(?:ing|ed)?|check(?:ing|ed)?|log(?:ging|ged)?|punch(?:ing)?)[ -](?P<how>in|out|on|off)(?: now)?|i'?m (?:here|at work|in|starting work)|(?:start(?:ing)?|begin(?:ning)?) work|i'?m (?:out|off|done for (?:today|the day)|leaving)|(?:going|heading) home|(?:taking|on|going on) (?:a |my )?(?:lunch )?break|lunch break|back from (?:break|lunch|my break)|done for (?:today|the day)|calling it a day", "clock in"),
    _plain(Intent.TEACH, r"(?:when i say |whenever i say )?['\"]?[\w' -]{1,40}['\"]? (?:means?|stands for|=) .+|(?:from now on|remember(?: that)?|always|whenever|when i (?:say|write)|by default)[, ].+|.+ (?:tasks?|bugs?) (?:always )?(?:go(?:es)? to|are for|belong to) \w+", "ASAP means within 4 hours"),
    _plain(Intent.REMIND, r"(?:please )?remind (?P<who>[\w@-]+) ?(?P<text>.*)|set (?:a |me a )?reminder(?: for me)? ?(?P<text2>.*)", "remind me tomorrow at 8 to call"),
    _plain(Intent.PLAN, r"(?:please )?(?:let'?s |help me |can you |i want to )?(?:plan|make a plan for|break down the project|project plan for) (?!and )(?P<text>.+)", "plan the office move"),
    _plain(Intent.SPEC, r"(?:please )?(?:write |make |create |give me |draft |i need )?(?:a |an |the )?(?:detailed |full |short )?spec(?:s|ification|[ -]?sheet)? (?:sheet )?(?:for|of|to|on)?:? ?(?P<text>.+)|spec out (?P<text2>.+)", "spec for the login"),
    _plain(Intent.SEARCH, r"(?:please )?(?:search|look)(?: for| up)? (?P<text>(?!into|at|after|over|through).+)|find (?:me )?(?:all |every |any )?(?:tasks? )?(?:about|with|containing|mentioning|that mention) (?P<text2>.+)", "search pricing"),
    _plain(Intent.REPORT, r"(?:(?:can i (?:get|have|see)|give me|show(?: me)?|send(?: me)?|i want|i need|generate|make) )?(?:a |an |the |my |our |your )?(?P<span>daily|weekly|monthly|today'?s|this week'?s|last week'?s)? ?(?:team |status |progress )?report(?: please)?(?: (?:for|on|of|about) (?P<who>[\w' @-]+?))?(?: (?:for |from |of )?(?P<span2>today|this week|last week|this month|last month|the week|the month))?(?: please)?|how (?:did|has|is|was|were|are) (?P<who2>[\w@ -]+?) (?:do|done|doing|perform\w*|been doing)(?: so far)?(?: (?P<span3>today|this week|last week|this month|last month))?", "weekly report"),
    _plain(Intent.SMALLTALK, r"(?:(?:hi|hey|hello|yo|hiya|howdy|good (?:morning|afternoon|evening|night)|morning|thanks?(?: you)?(?: (?:so|very) much| a lot)?|thx|ty|cheers|ok(?:ay)?|cool|nice(?: work| one| job)?|great(?: work| job)?|good (?:job|work)|well done|awesome|perfect|super|wow|lol|haha+|bye|see you|how are you|have a (?:nice|good|great) .*|happy .*|congrat\w*|no problem|np|sure|yes|yep|no|nope|sounds good|got it|understood|will do|👍+|🎉+|❤️|🙏+|😊+)(?:[ ,!.]+|$)(?:there|all|everyone|everybody|team|guys|boss|folks|you|bot|again|so much|today|@?\w+)?[ !.]*)+", "hi there"),
    _plain(Intent.ASK_PERSON, r"(?:please )?ask (?P<who>@?[\w-]+) (?P<text>(?:if|whether|what|when|why|how|where|which|who|for|about)\b.+)", "ask ana what is left"),
)  # fmt: skip

# Questions about tasks: `words` are read for people, states, dates.
QUERY = re.compile(
    r"(?:(?:please )?(?:what(?:'s| is| are| does| do| did)?|which|who(?:'s| is)?|show(?: me)?|list|how many|how much|any(?:thing|one|body)?|is there|are there|give me|do (?:we|i) have|does|"
    r"tell me|see|view|get me|count)\b.*|(?:my|[\w@]+'s|all|open|overdue|late|urgent|blocked|pending|today'?s)(?: \w+){0,2} (?:tasks?|work|todos?|list)(?: .*)?|overdue|my tasks|today|tasks(?: .*)?|status|"
    r".*\btasks? (?:on hold|in progress|in review|overdue|due .*))\??"
)
SHOW = re.compile(
    r"(?:please )?(?:show|open|see|view|display|details? (?:of|on|for)|tell me about|what(?:'s| is) (?:the )?(?:status|state|progress)(?: of| on| with)|how(?:'s| is| far is| far along is| about)|"
    r"status (?:of|on)|where (?:are we|do we stand) (?:on|with)|how (?:is|are) (?:we doing )?(?:with|on)?|what about|info (?:on|about)|when is|who (?:has|is on|is doing|works on|is working on)|is)"
    rf"(?: me)? {_THE}(?P<ref>.+?)(?: (?:going|coming along|doing|done|due|finished|ready|at|yet|now))*\??"
)

# On existing tasks. The first that matches, and whose words mean a task, wins.
ON_TASKS = (
    _row(Intent.COMPLETE_SUBTASK, rf"(?:check off|tick off|complete|finish|done with)(?: the)? sub-?task:? (?P<sub>.+?) (?:on|of|in|for|from) {_REF}", "check off the subtask install docker on T-40"),
    _row(Intent.COMPLETE_SUBTASK, rf"{_REF}: sub-?task (?P<sub>.+?) (?:is |has been )?(?:done|finished|complete[d]?)", "23: subtask pick a template is done"),
    _row(Intent.ADD_SUBTASK, rf"(?:add|new|create)(?: a| another| the)? sub-?task(?: to| on| for| under) {_THE}{_REF}(?::| to| -|,| called| named) ?(?P<sub>.+)", "add subtask to 40: install docker"),
    _row(Intent.ADD_SUBTASK, rf"(?:add|put) (?:a sub-?task )?(?P<sub>.+?) (?:as (?:a )?sub-?task )?(?:to|of|on|under) {_REF}(?: as (?:a )?sub-?task)", "add install docker to 40 as a subtask"),
    _row(Intent.ADD_DEPENDENCY, rf"{_REF} (?:depends on|waits for|has to wait for|needs|requires|can'?t start (?:before|until)|(?:only )?after|comes after|must wait for) (?P<on>{_N}(?: is done)?|the .+)", "T-23 depends on T-15"),
    _row(Intent.ADD_DEPENDENCY, rf"(?:make |let )?{_REF} (?:dependent on|depend on|wait for) (?P<on>.+)", "make 23 depend on 15"),
    _row(Intent.RENAME, rf"(?:rename|retitle|call|change the (?:title|name) of) {_THE}{_REF} (?:to|into|as|:|->) ?(?P<title>.+)", "rename T-15 to Rework pricing"),
    _row(Intent.DESCRIBE, rf"(?:(?:set|add|change|update)(?: the| a)? )?(?:description|details) (?:of|for|to|on) {_THE}{_REF}(?: to| is)?[:\-–] ?(?P<text>.+)|describe {_THE}(?P<ref2>.+?)(?: as|:) ?(?P<text2>.+)", "description of 27: 5 x 14 inch"),
    _row(Intent.COMMENT, rf"(?:(?:add|leave|write)(?: a)? )?(?:comment|note)(?: on| to| for| about)? {_THE}{_REF}(?:[:\-–,]| that) ?(?P<text>.+)", "comment 12: fails only on firefox"),
    _row(Intent.REMOVE_TAG, rf"(?:remove|take|drop|delete)(?: the)? (?:tag )?#?(?P<tag>[\w-]+)(?: tag)? (?:off|from) {_REF}|untag {_THE}(?P<ref2>.+?)[:,]? (?:from )?#(?P<tag2>[\w-]+)", "take the video tag off 31"),
    _row(Intent.ADD_TAG, rf"tag {_THE}{_REF} (?:with|as|:) ?#?(?P<tag>[\w-]+)|(?:add|put)(?: the)? (?:tag |label )?#?(?P<tag2>[\w-]+)(?: tag| label)? (?:to|on) (?P<ref2>.+)|(?:label|mark) (?P<ref3>.+?) (?:with|as) #(?P<tag3>[\w-]+)", "tag 31 with video"),
    _row(Intent.SPLIT, rf"(?:split|break|divide) {_THE}{_REF} (?:up )?(?:into|in)[: ]+(?P<sub>.+)", "split 21 into export and import"),
    _row(Intent.DUPLICATE, rf"(?:copy|duplicate|clone) {_THE}{_REF}(?: (?:for|to) (?P<who>.+))?|same (?:task )?(?:as|again as) {_THE}(?P<ref2>.+?) for (?P<who2>.+)", "copy 15 for tom"),
    _row(Intent.REOPEN, rf"(?:re-?open|bring back|restore) {_THE}{_REF}{_REASON}", "reopen the release notes"),
    _row(Intent.UNBLOCK, rf"(?:unblock|no longer blocked:?) {_THE}{_REF}|{_THE}(?P<ref2>.+?) (?:is|are) (?:unblocked|no longer blocked|not blocked any ?more)", "unblock the migration"),
    _row(Intent.BLOCK, rf"(?:block|mark as blocked) {_THE}{_REF}(?:,| because| -|:| waiting| until|$) ?(?P<text>.*)|{_THE}(?P<ref2>.+?) (?:is|are|got) (?:blocked|stuck)(?: (?:by|on|because|because of|:))?,? ?(?P<text2>.*)|(?:i'?m )?(?:blocked|stuck) (?:on|with) {_THE}(?P<ref3>.+?)(?:,| because|:| - ) ?(?P<text3>.+)", "block 23, waiting for the copy"),
    _row(Intent.RESUME, rf"(?:resume|continue(?: with| on)?|unpause|un-?hold|pick up|carry on with|get back to) {_THE}{_REF}(?: again)?", "continue with T-40"),
    _row(Intent.HOLD, rf"(?:pause|hold|park|freeze|put|shelve)(?: off)? {_THE}{_REF}(?: (?:on hold|on ice|aside))?{_REASON}", "pause the CRM cleanup"),
    _row(Intent.APPROVE, rf"(?:i )?(?:approve[d]?|accept(?:ed)?|lgtm|sign off(?: on)?|green light for|ok(?:ay)?|thumbs up for),? {_THE}{_REF}(?: (?:is|looks) (?:perfect|good|great|fine|ok(?:ay)?|done|approved))?(?:,.*)?|{_THE}(?P<ref2>.+?) (?:is|looks|are|look) (?:approved|good to go|accepted|good|great|perfect|fine|ok(?:ay)?)(?: .*)?", "the deck is approved"),
    _row(Intent.REJECT, rf"(?:reject|send back|decline|disapprove|return) {_THE}{_REF}{_REASON}|send {_THE}(?P<ref2>.+?) back{_REASON.replace('?P<text>', '?P<text2>')}|{_THE}(?P<ref3>.+?) (?:is not|isn'?t|are not|aren'?t) (?:good enough|ok|right|there yet|finished|acceptable)(?:[,:;-] ?| because )(?P<text3>.+)|{_THE}(?P<ref4>.+?) (?:is |was )?rejected(?:[,:;-] ?| because )(?P<text4>.+)", "send 18 back, the logo is wrong"),
    _row(Intent.SUBMIT, rf"(?:submit|hand(?:ing)? in|here(?:'s| is| are)|please review|submitting|turning in) {_THE}(?:(?:the |my )?[\w ]+? for )?{_REF}(?:[:,]? (?P<text>https?://\S+|with .+))?|(?:i'?m |i am )?(?:done|finished|ready) with {_THE}(?P<ref2>.+)", "submit 42"),
    _row(Intent.SET_PRIORITY, rf"(?:make|mark|set|flag) {_THE}{_REF} (?:as |to |with )?(?:an? )?(?P<level>urgent|critical|high|important|low|medium|normal|p[0-3]|top|not urgent|highest)(?:[ -]?prio(?:rity)?)?|(?:set |change )?(?:the )?prio(?:rity)? (?:of|for|on) {_THE}(?P<ref2>.+?) (?:to|is|:|as) ?(?P<level2>\w+)|(?P<step>raise|lower|increase|decrease|bump(?: up)?|reduce)(?: the)?(?: prio(?:rity)?)?(?: of| for| on)? {_THE}(?P<ref3>.+?)(?: to (?P<level3>\w+))?|{_THE}(?P<ref4>.+?) (?:is|becomes|are) (?:now )?(?P<level4>urgent|critical|high|important|low|medium|normal|p[0-3]|not urgent)(?:[ -]?prio(?:rity)?)?(?: now)?", "make the demo video urgent"),
    _row(Intent.SET_DEADLINE, rf"(?:move|push|postpone|delay|reschedule|extend|shift|defer|bring forward|pull|change the (?:deadline|due date) (?:of|for)|set the (?:deadline|due date) (?:of|for)|put off|(?:deadline|due date) (?:of|for)|make|set)(?: back| out| forward)? {_THE}{_REF}(?:'s)?(?: (?:deadline|due date|back|out|forward))?,? ?(?:(?:to|until|till|by|for) )?(?P<when>@@)\s*{_REASON}|{_THE}(?P<ref2>.+?)(?: deadline)? (?:is|are|should be|has to be|must be|needs to be|can wait|can|gets?|moves?|slips?|is now|needs)(?: now)?(?: (?:due|done|ready|finished|wait|be|until))* ?(?P<when2>@@)\s*{_REASON.replace('?P<text>', '?P<text2>')}|(?P<ref3>(?:t-?|#)?\d{{1,9}}),? ?(?:to |until )?(?P<when3>@@)\s*(?:instead|please)?", "move 23 to friday"),
    _row(Intent.REASSIGN, rf"(?:re-?assign|assign|give|hand|move|pass|transfer|delegate)(?: over)? {_THE}{_REF} (?:over )?to (?P<who>.+)|(?:let |have )?(?P<who2>[\w@ ,&-]+?) (?:should|will|can|to|takes?|does|do|is going to|must)(?: do| take| handle| take over| takes over| own| over)* {_THE}(?P<ref2>.+?)(?: instead(?: of \w+)?| over| from \w+| now)|{_REF.replace('ref', 'ref3')} (?:is|goes|should go|belongs) (?:for|to|with) (?P<who3>.+)", "assign 15 to priya"),
    _row(Intent.CANCEL, rf"(?:cancel|drop|kill|scrap|forget(?: about)?|abandon|delete|remove|bin|call off|ditch|we don'?t need) {_THE}{_REF}(?: any ?more)?{_REASON}|{_THE}(?P<ref2>.+?) (?:is|are) (?:cancelled|canceled|off|no longer needed|not needed any ?more|obsolete)(?:.*)", "drop the laptops order"),
    _row(Intent.COMPLETE, rf"(?:complete|close|finish|mark|tick off|check off|done with|done|wrap up) {_THE}{_REF}(?: (?:as |is )?(?:done|complete[d]?|finished|closed))?|{_THE}(?P<ref2>.+?) (?:is|are|was|has been|have been|'s)(?: now| all)? (?:done|finished|complete[d]?|ready|closed|sorted)(?: now)?|(?P<who>[\w@-]+) (?:(?:has |have )?(?:finished|completed|done|closed|wrapped up)|is done with) {_THE}(?P<ref3>.+)|{_THE}(?P<ref4>.+?) done", "T-12 is done"),
    _row(Intent.START, rf"(?:start(?:ed|ing)?(?: work(?:ing)?)?(?: on| with)?|begin(?:ning)?(?: with)?|began|working on|i'?m (?:working )?on|i'?m starting(?: with)?|taking) {_THE}{_REF}(?: now)?|(?P<who>[\w@-]+) (?:is|has|'s|started|began|starts)(?: started)?(?: working)?(?: on| with)? {_THE}(?P<ref2>.+?)(?: now)?|i (?:have |just )?started(?: on| with)? {_THE}(?P<ref3>.+)", "start 15"),
)  # fmt: skip

# About the card just shown, where no task is named.
CORRECTIONS = (
    _row(Intent.REASSIGN, r"(?:no|nope|actually|sorry|not \w+)?[, ]*(?:give (?:it|that|this) to|assign (?:it|that|this)? ?to|make (?:it|that)|for|to|i meant?)? ?(?P<who>[\w@]+)(?: instead| please| should do it)?", "no, Ben", needs_task=False),
    _row(Intent.SET_DEADLINE, r"(?:no|actually|sorry)?[, ]*(?:make (?:it|that|this)|move (?:it|that|this) to|change (?:it|that|this) to|(?:it|that)'?s due|due|by|postpone (?:it|that)|push (?:it|that)(?: back)?|rather)?[, ]*(?:(?:to|until) )?(?P<when>@@)\s*(?:please|instead|then)?", "make it tomorrow", needs_task=False),
    _row(Intent.SET_PRIORITY, r"(?:no|actually|sorry)?[, ]*(?:make (?:it|that|this)|(?:it|that|this)(?:'s| is))?[, ]*(?P<level>urgent|critical|high|important|low|medium|normal|not urgent|asap)(?:[ -]?prio(?:rity)?)?(?: please| instead)?", "actually high", needs_task=False),
)  # fmt: skip

EMPTY_ACTION = re.compile(
    r"(?:do|change|move|fix|update|finish|complete|start|cancel|delete|remove|assign|approve|reject|set|edit|done|close)(?: (?:it|that|this|the (?:deadline|priority|task|title|person|assignee|status)|them|something))?"
)


def group(match: re.Match[str], name: str) -> str:
    """Return what a group, or one of its numbered twins (ref2, ref3), has matched."""
    for key, text in match.groupdict().items():
        if key.rstrip("234") == name and text:
            return str(text).strip()
    return ""


def span(match: re.Match[str], name: str) -> tuple[int, int] | None:
    """Return where a group, or one of its numbered twins, stands."""
    for key, text in match.groupdict().items():
        if key.rstrip("234") == name and text:
            return match.span(key)
    return None
