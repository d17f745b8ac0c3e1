"""The sentences of orders about existing tasks, in the order of trial; `acts` reads by them.

Groups: `ref` the task, `who` people, `on` a date, `count` and `unit` how far a date is moved,
`prio`, `step` up or down, `tag`, `sub` and `subs` subtasks, `dep` another task, `title`, `text`,
`tail` a reason. Each row has an example, which is run as its test.
"""

from dataclasses import dataclass

from services.ai.grammar.counting import COUNT
from services.ai.grammar.tokens import OPAQUE, PERSON, TAKEN
from services.ai.model import Intent

I = Intent  # noqa: E741 -- rows are read, not the name
_P = rf"{PERSON}+"
_WHO = rf"(?P<who>(?:{_P}|me|myself)(?:(?:, and |, | and | & )(?:{_P}|me))*)"
_REF = rf"(?P<ref>[^:;\n?!{TAKEN}{PERSON}{OPAQUE}]{{1,120}}?)"
_ID = r"(?P<ref>(?:t-?\d+|#\d+|task #?\d+|\d{1,6})(?:(?:\s*,\s*|\s*,?\s+and\s+|\s*&\s*)(?:t-?\d+|#?\d+))*)"
_DEP = rf"(?P<dep>[^:;\n?!{TAKEN}]{{1,120}}?)"
_ON = rf"(?:to |until |till |for |by |on )?(?P<on>{TAKEN}+)"
_TAIL = (
    r"(?P<tail>(?:\s*[,;:.(–—]|\s+-|\s+(?=because|since|as |due to|cause|cos|cuz|until|till|so |but|reason|for now|anymore|any more|already|again|too|today|"
    + TAKEN
    + r"))\s*.*)?"
)
_PRIO = r"(?P<prio>(?:the )?(?:very |really |super |top |highest |lowest )?(?:urgent|critical|asap|high|highest|important|medium|normal|low|lowest|not urgent|not important|no rush|p[0-3])(?:[ -](?:priority|prio))?)"
_BE = r"(?:is|are|'s|was|were|has been|have been|got|gets|is now|are now)"
_DONE = r"(?:(?:all |now |already |finally |completely )*(?:done|finished|completed?|ready|fixed|closed|shipped|over))"
_DO = r"(?:do|does|take over|takes over|take care of|takes care of|take|takes|handle|handles|own|owns|look after|finish|continue|have|get|gets)"
_MODAL = r"(?:should|will|must|can|could|to|needs? to|has to|'ll)"
_COUNTED = rf"(?P<count>{COUNT}) (?:more |extra |additional )?(?P<unit>working days?|business days?|minutes?|hours?|days?|weeks?|months?)"
_BY = rf"(?:(?P<dir>back|forward|out|up|earlier) )?(?:by )?(?:another )?{_COUNTED}(?: (?P<dir2>later|earlier|sooner|more|longer|back|forward))?"
_SHIFT = r"(?:move|postpone|push|delay|extend|reschedule|shift|defer|bring|pull|change|set|put off|put|slip|snooze)"
_BACK = r"(?:back|out|off|forward|up|over)"


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence: what it wants, its pattern, and an example with the task that it acts on.

    `known`: it counts only where the words for the task can be resolved. `prefer`: the status that
    tells apart tasks which fit equally. `last`: it is of the task last spoken of.
    """

    intent: Intent
    pattern: str
    example: str
    known: bool = True
    prefer: str = ""
    last: bool = False
    # What must be among the words that lead to the date.
    lead: str = ""


# In the order of trial: what is said more exactly comes first.
ROWS: tuple[Row, ...] = (
    Row(I.COMPLETE_SUBTASK, rf"(?:check|tick|cross)(?: off)?(?: the)? subtask:? (?P<sub>.+?)(?: off)? (?:on|of|in|for|under) {_REF}(?: as {_DONE})?", "check off the subtask install docker on T-40"),
    Row(I.COMPLETE_SUBTASK, rf"(?:mark|set|complete|finish|close)(?: the)? subtask:? (?P<sub>.+?) (?:on|of|in|for|under) {_REF}(?: as {_DONE})?", "complete subtask install docker of T-40"),
    Row(I.COMPLETE_SUBTASK, rf"{_ID}\s*[:,-]?\s+(?:the )?subtask:? (?P<sub>.+?) {_BE} {_DONE}", "23: subtask pick a template is done"),
    Row(I.COMPLETE_SUBTASK, rf"(?:the )?subtask:? (?P<sub>.+?) (?:on|of|in|for|under) {_REF} {_BE} {_DONE}", "subtask install docker of 40 is done"),
    Row(I.ADD_SUBTASK, rf"(?:add|create|new|make|put)?(?: an?| the| another| new)* ?sub-?tasks? (?:to|for|on|under|in) {_REF}\s*[:,-]\s*(?P<sub>.+)", "add subtask to 40: install docker"),
    Row(I.ADD_SUBTASK, rf"{_REF} (?:also |still )?(?:needs|gets|has|should (?:have|get)|must have|wants) (?:an? |another |one more )*(?:new |more )?sub-?task\s*[:,-]?\s*(?P<sub>.+)", "T-31 also needs a subtask: rent a camera"),
    Row(I.ADD_SUBTASK, rf"{_ID}\s*[:,-]?\s+(?:add (?:an? )?|new )?sub-?task:? (?P<sub>.+)", "40: add subtask install docker"),
    Row(I.ADD_SUBTASK, rf"add (?:an? |the )?sub-?task:? (?P<sub>.+?) (?:to|for|on|under|in) {_REF}", "add a subtask install docker to 40"),
    Row(I.ADD_SUBTASK, rf"add (?P<sub>.+?) as (?:an? )?sub-?task (?:to|of|for|under|on|in) {_REF}", "add install docker as a subtask of 40"),
    Row(I.ADD_SUBTASK, rf"(?:under|below|beneath|to|in|on) {_ID},? (?:please )?add (?:the (?:point|step|item) )?(?P<sub>.+)", "under 23 add write the welcome mail"),
    Row(I.ADD_SUBTASK, rf"add (?P<sub>.+) (?:under|below|beneath) {_REF}", "add write the welcome mail under 23"),
    Row(I.REMOVE_TAG, rf"(?:untag {_REF}\s*[:,-]?\s+(?:from )?#?(?P<tag>[\w-]+))", "untag the release notes: #beta"),
    Row(I.REMOVE_TAG, rf"(?:remove|take|drop|delete|strip)(?: off)?(?: the)? (?:tag |label )?(?!priority|prio|deadline|name|title|status)#?(?P<tag>[\w-]+)(?: tag| label)? (?:from|off|off of|of) {_REF}(?<!tag)", "take the video tag off 31"),
    Row(I.REMOVE_TAG, rf"{_REF} (?:should |must |can |needs to |may )?(?:loses?|drops?) (?:the )?(?:tag|label) #?(?P<tag>[\w-]+)", "15 should lose the tag sales"),
    Row(I.REMOVE_TAG, rf"{_REF} (?:should |must |can |needs to |may )?(?:loses?|drops?) (?:the )?#?(?P<tag>[\w-]+) (?:tag|label)", "15 loses the sales tag"),
    Row(I.ADD_TAG, rf"{_REF} (?:should |must |can |needs to )?(?:gets?|have|has|needs?|be given) (?:the |a )?(?:tag|label) #?(?P<tag>[\w-]+)", "15 gets the tag sales"),
    Row(I.ADD_TAG, rf"(?:tag|label) {_REF} (?:with|as|by|:)?\s*#?(?P<tag>[\w-]+)(?: tag)?", "tag 31 with video"),
    Row(I.ADD_TAG, rf"(?:add|put|attach|give)(?: the| a)? (?:(?:tag|label) #?(?P<tag>[\w-]+)|#(?P<tag2>[\w-]+)) (?:to|on|for) {_REF}", "add the tag video to 31"),
    Row(I.ADD_TAG, rf"#(?P<tag>[\w-]+) (?:to|for|on) {_REF}", "#video for 31"),
    Row(I.ADD_TAG, rf"(?:add|put|attach)(?: the| a)? (?P<tag>[\w-]+) (?:tag|label) (?:to|on) {_REF}", "add the video tag to 31"),
    Row(I.ADD_DEPENDENCY, rf"{_REF} (?:depends?|is dependent|hangs|relies) (?:on|upon) {_DEP}", "T-23 depends on T-15"),
    Row(I.ADD_DEPENDENCY, rf"make {_REF} (?:depend on|dependent on|wait for) {_DEP}", "make 23 depend on 15"),
    Row(I.ADD_DEPENDENCY, rf"{_REF} (?:can't|cannot|can not|can only|should not|shouldn't|must not|won't|may only) (?:be )?(?:start(?:ed)?|begin|beg[au]n|be done|done|go on|happen)? ?(?:before|until|till|unless|after|once|when) {_DEP}(?: (?:{_BE} {_DONE}))?", "31 can't start before 23 is done"),
    Row(I.ADD_DEPENDENCY, rf"(?:do |finish )?{_DEP} (?:has to|must|needs to|should) (?:be {_DONE}|come|happen|be) (?:first )?before {_REF}(?: (?:starts?|can start|begins?))?", "15 must be done before 23"),
    Row(I.ADD_DEPENDENCY, rf"{_REF} (?:waits?|has to wait|must wait|needs to wait|should wait) (?:for|on|until) {_DEP}(?: {_BE} {_DONE})?", "23 waits for 15"),
    Row(I.ADD_DEPENDENCY, rf"{_REF} (?:comes|goes|should come|has to come|is|must come|should be done|happens) after {_DEP}", "23 comes after 15"),
    Row(I.ADD_DEPENDENCY, rf"{_REF} (?:needs|requires) {_DEP} (?:first|to be done first|to be {_DONE})", "23 needs 15 first"),
    Row(I.ADD_DEPENDENCY, rf"(?:add|set|create) (?:a )?dependency:? (?:from |of |for )?{_REF} (?:on|to|->|→) {_DEP}", "add dependency 23 on 15"),
    Row(I.ADD_DEPENDENCY, rf"{_DEP} blocks {_REF}", "15 blocks 23"),
    Row(I.RENAME, rf"(?:rename|retitle|re-title) {_REF}(?: to| as| into| =>| ->|:)\s*(?P<title>.+)", "rename T-15 to Rework pricing page"),
    Row(I.RENAME, rf"(?:change|set|update|make|edit)(?: the)? (?:title|name) (?:of|for|on) {_REF} (?:to|into|be)\s*:?\s*(?P<title>.+)", "change the title of 15 to Rework it"),
    Row(I.RENAME, rf"(?:the |an? )?(?:new )?(?:title|name) (?:of|for) {_REF}(?:\s*:| (?:should be|is|must be|to))\s*(?P<title>.+)", "the title of 15 should be Rework it"),
    Row(I.RENAME, rf"call {_REF}(?: instead|:)? (?P<title>[\"'\ue002].+|[\w].+?)(?: instead)?", "call it Rework pricing", last=True),
    Row(I.RENAME, rf"{_REF} (?:should|must) be (?:called|named|titled) (?P<title>.+)", "15 should be called Rework it"),
    Row(I.DESCRIBE, rf"(?:add |set |change |update |new |edit )?(?:an? |the )?(?:description|details?) (?:of|for|to|on) {_REF}(?:\s*:|\s+[-–]| is| to| as)\s*(?P<text>.+)", "description of 27: 5 x 14 inch"),
    Row(I.DESCRIBE, rf"(?:add|append|put|write)(?: this)? (?:to|in|into) the (?:description|details?) of {_REF}\s*[:,–-]\s*(?P<text>.+)", "add to the description of 15: yearly prices first"),
    Row(I.DESCRIBE, rf"describe {_REF}(?:\s*:|\s+[-–]| as)\s*(?P<text>.+)", "describe 27 as 5 x 14 inch"),
    Row(I.DESCRIBE, rf"{_ID} description\s*[:–-]\s*(?P<text>.+)", "27 description: 5 x 14 inch"),
    Row(I.COMMENT, rf"(?:add |leave |write |post |put |make )?(?:an? |the )?(?:comment|note)(?: (?:on|to|for|in|under|about))? {_REF}(?:\s*[:,]\s*|\s+[-–]\s+|\s+(?:that|saying) )(?P<text>.+)", "comment 12: fails only on firefox"),
    Row(I.COMMENT, rf"(?:fyi|info|heads[ -]up|remark|update|for the record)(?:,)?(?: (?:on|for|about|regarding|re))? {_REF}\s*[:,–-]\s*(?P<text>.+)", "fyi on the release notes: the version is 4.2"),
    Row(I.COMMENT, rf"(?:comment|note)(?: on)? {_ID} (?P<text>.+)", "note 42 client called"),
    Row(I.COMMENT, rf"(?:post|write|reply|answer|say|put)(?: this)? (?:on|to|in|under|at) {_ID}\s*[:,]\s*(?P<text>.+)", "post on 40: the address has changed"),
    Row(I.COMMENT, rf"(?:add|leave|write|post) (?:an? )?(?:comment|note)\s*[:,]? (?P<text>.+) (?:to|on|under) {_REF}", "add a note client called to 42"),
    Row(I.DUPLICATE, rf"(?:duplicate|copy|clone|make (?:an? |another )?(?:copy|duplicate) of) {_REF}(?: (?:for|to) {_WHO})?", "copy 15 for tom"),
    Row(I.DUPLICATE, rf"(?:the )?same(?: task| thing)? as {_REF} (?:for|to) {_WHO}", "same as 15 for tom"),
    Row(I.SPLIT, rf"(?:split|break|divide)(?: up| down)? {_REF}(?: up| down)? (?:into|in|to)\s*:?\s*(?P<subs>.+)", "split 21 into export data and import data"),
    Row(I.SPLIT, rf"(?:(?:split|break|divide|cut)(?: up| down)? )?{_REF}(?: up| down)? (?:in|into) (?:two|three|four|five|\d|several|smaller)(?: parts| pieces| tasks| subtasks| steps| ones)?\s*[:,–-]\s*(?P<subs>.+)", "21 in two: dump and restore"),
    Row(I.SET_DEADLINE, rf"{_SHIFT}(?: the)?(?: (?:deadline|due date|date) (?:of|for|on))? {_REF}(?:'s)?(?: (?:deadline|due date|date))?(?: {_BACK})? {_ON}{_TAIL}", "move 23 to friday"),
    Row(I.SET_DEADLINE, rf"{_SHIFT}(?: the)?(?: (?:deadline|due date|date) (?:of|for|on))? {_REF}(?:'s)?(?: (?:deadline|due date))?(?: {_BACK})? {_BY}{_TAIL}", "postpone the demo video by a week because the studio is closed"),
    Row(I.SET_DEADLINE, rf"(?:the )?(?:new )?(?:deadline|due date)(?: (?:of|for))? {_REF}(?: is| should be| must be| becomes|:)?(?: now)? {_ON}{_TAIL}", "the deadline of 12 is friday"),
    Row(I.SET_DEADLINE, rf"(?:give|allow|grant) {_REF} (?:another |more )?(?:time )?{_ON}{_TAIL}", "give 12 until friday"),
    Row(I.SET_DEADLINE, rf"(?:give|allow|grant) {_REF} {_BY}{_TAIL}", "give 12 two more days"),
    Row(I.SET_DEADLINE, rf"{_REF} (?:{_BE} |now |only )?(?:due|has until|have until|can wait(?: until| till)?|should be {_DONE}|must be {_DONE}|needs to be {_DONE}|has to be {_DONE}|can slip|slips|moves?|is moved|is postponed|is delayed|gets|will be {_DONE}|has time until|has time|have time|isn't due|has to wait)(?: now)? {_ON}{_TAIL}", "the migration is due next monday 9am"),
    Row(I.SET_DEADLINE, rf"{_REF} (?:{_BE}|can be|may be|will be|should be) (?:due |only due )?{_COUNTED} (?P<dir2>later|earlier|sooner|longer){_TAIL}", "the demo video is due two days later"),
    Row(I.SET_DEADLINE, rf"(?:(?:have|get|take|need)(?: time)? )?(?P<on>{TAKEN}+) (?:for|on|with|to finish|to do) {_REF}", "can I have until monday for the pricing page", lead=r".*\b(?:until|till|have|time)\b.*"),
    Row(I.SET_DEADLINE, rf"(?:give|allow|grant) (?:{_P}|him|her|them|us|me|it) (?:another )?{_COUNTED}(?: (?:longer|more|extra))? (?:for|on|with|to finish|to do) {_REF}{_TAIL}", "give Tom another week for the staging server"),
    Row(I.SET_DEADLINE, rf"(?:do|have|get|finish|need|want) {_ID}(?: done| finished)? {_ON} instead{_TAIL}", "can we do 12 by 3pm instead"),
    Row(I.SET_DEADLINE, rf"(?:another )?{_COUNTED}(?: more| extra| longer)? (?:for|on) {_REF}{_TAIL}", "two more days for the demo video"),
    Row(I.SET_DEADLINE, rf"{_ID} {_ON}(?: instead)?{_TAIL}", "42 by friday"),
    Row(I.SET_DEADLINE, rf"{_REF} (?P<on>{TAKEN}+){_TAIL}", "the migration is due next monday 9am", lead=r".*\b(?:due|deadline|has until|until|(?:is|would be|will be) (?:fine|ok|okay|enough|good|great|early enough|soon enough))\b.*"),
    Row(I.SET_DEADLINE, rf"(?:make|set|move|change|push|postpone|reschedule) (?P<ref>it|that|this|that one) (?:due |be )?{_ON}{_TAIL}", "make it tomorrow 5pm"),
    Row(I.SET_DEADLINE, rf"(?:(?:no|nope|actually|sorry|i meant|rather|better|make that|wait)[,.]? )?{_ON}(?: instead)?", "no, friday", last=True),
    Row(I.SET_PRIORITY, rf"(?P<step>raise|increase|bump|lower|decrease|reduce|drop|up)(?: up)?(?: the)? (?:priority|prio) (?:of|for|on) {_REF}(?: (?:to|by) (?:one|a step|{_PRIO}))?{_TAIL}", "lower the priority of 12"),
    Row(I.SET_PRIORITY, rf"(?P<step>raise|increase|bump|lower|decrease|reduce|up)(?: up)? {_REF}(?:'s)?(?: (?:in )?(?:priority|prio))(?: to {_PRIO})?{_TAIL}", "raise 12's priority"),
    Row(I.SET_PRIORITY, rf"(?P<step>deprioriti[sz]e|prioriti[sz]e) {_REF}{_TAIL}", "deprioritize 12"),
    Row(I.SET_PRIORITY, rf"(?:set|change|make|put)(?: the)? (?:priority|prio) (?:of|for|on) {_REF} (?:to |as |=)?{_PRIO}{_TAIL}", "set priority of the laptops to medium"),
    Row(I.SET_PRIORITY, rf"(?:make|mark|set|bump|change|raise|lower|flag|put|move|treat) {_REF}(?:'s priority)? (?:up |down )?(?:as |to |at |on |be )?{_PRIO}{_TAIL}", "make the demo video urgent"),
    Row(I.SET_PRIORITY, rf"{_REF} (?:{_BE}|should be|becomes|must be|has|gets|is actually|is really)(?: a| now| actually)? {_PRIO}{_TAIL}", "the demo video is urgent"),
    Row(I.SET_PRIORITY, rf"{_REF} (?:is|are|was|were)(?:n't| not|nt) (?:that |so |really |very |at all )?(?P<prio>(?P<negated>)(?:urgent|critical|pressing|important|an emergency|high(?: priority| prio)?)){_TAIL}", "the laptops aren't urgent"),
    Row(I.SET_PRIORITY, rf"{_ID}:? {_PRIO}", "12 urgent"),
    Row(I.SET_PRIORITY, rf"{_PRIO} (?:for|on) {_REF}(?: (?:is|would be) (?:enough|fine|ok|okay)| will do| suffices)?", "medium priority for the deck is enough"),
    Row(I.SET_PRIORITY, rf"(?P<priority_alone>(?:no|nope|actually|sorry|i meant|rather|make that|wait)?[,.]? ?{_PRIO}(?: please| instead)?)", "actually high", last=True),
    Row(I.REASSIGN, rf"(?:assign|reassign|re-assign|give|hand|hand over|pass|pass on|transfer|move|delegate|send|switch|put)(?: over)? {_REF}(?: over)?(?: back)? (?:to|on to|onto|on|for) {_WHO}{_TAIL}", "assign 15 to priya"),
    Row(I.REASSIGN, rf"(?:assign|put|let|have|get) {_WHO} (?:to|on|onto|do|take|handle|take over|finish) {_REF}(?: instead| from now on| now)?{_TAIL}", "put tom on the release notes"),
    Row(I.REASSIGN, rf"{_WHO} (?:{_MODAL} )?{_DO} {_REF}(?: over)? (?:instead|from now on|together|jointly|as a team)(?: of {_P})?{_TAIL}", "tom should do the release notes instead of priya"),
    Row(I.REASSIGN, rf"(?P<who>(?P<myself>)(?:i'll|i will|let me|i can|i'd like to|i want to|i'm going to|i am|i'm)) (?:take over|take on|take care of|take|grab|own|handle|taking over|taking on|taking) {_REF}(?: over)?(?: instead)?(?: from {_P})?{_TAIL}", "I'll take over the release notes"),
    Row(I.REASSIGN, rf"{_WHO} (?:{_MODAL} )?(?:take over|takes over|take|takes|is taking over|will be on|(?P<is_on>is on)) {_REF}(?: over)?(?: from {_P})?{_TAIL}", "tom takes over the release notes"),
    Row(I.REASSIGN, rf"{_REF} (?:goes|should go|is|now goes|belongs|moves)(?: now)? (?:to|for) {_WHO}{_TAIL}", "15 goes to priya"),
    Row(I.REASSIGN, rf"{_ID} (?:to|for|->|→|=>) {_WHO}", "15 to priya"),
    Row(I.REASSIGN, rf"(?:change|set)(?: the)? (?:assignee|owner) (?:of|for|on) {_REF} to {_WHO}", "change the assignee of 15 to priya"),
    Row(I.REASSIGN, rf"(?:no|nope|actually|sorry|i meant|rather|better|not {_P}|wait|give it to|make it|make that)(?:[,.]? (?:no|sorry|but|not {_P}|i meant|to|for|give it to|make it))*[,.]? {_WHO}(?: instead| please| should do it| does it)?", "no, ben", last=True),
    Row(I.REASSIGN, rf"(?:(?:no|nope|sorry|oops|wrong (?:person|one|guy|name|assignee))[,.!: ]+)+(?:it(?:'s| is| should be| goes| was)|that(?:'s| is| was)|this (?:is|was)|should be|meant)? ?(?:meant )?(?:for|to)? ?{_WHO}(?:'s)?(?: task| instead| please)?", "wrong person, it is for ben", last=True),
    Row(I.REASSIGN, rf"(?:it(?:'s| is| should be| was)|that(?:'s| is| was)|this (?:is|was)) (?:meant )?for {_WHO}(?:,? not {_P})?", "it is for ben", last=True),
    Row(I.REASSIGN, rf"{_WHO} instead(?: of {_P})?", "ben instead", last=True),
    Row(I.REASSIGN, rf"(?:swap|replace|exchange|switch|substitute) {_P} (?:for|with|by|and) {_WHO} (?:on|in|for|at) {_REF}{_TAIL}", "swap ben for ana on 15"),
    Row(I.REASSIGN, rf"take {_P} off {_REF}(?:,? and|,|;) ?(?:put|assign|give|let|have|get)(?: it to| this to)? {_WHO}(?: on| to| do| take)?(?: it| that| this| over)*(?: instead)?", "take ben off the pricing page and put ana on it"),
    Row(I.REASSIGN, rf"make {_WHO} (?:responsible for|the owner of|owner of|in charge of) {_REF}{_TAIL}", "make ana responsible for the pricing page"),
    Row(I.REASSIGN, rf"{_WHO} (?:is|are|will be)(?: now)? (?:responsible for|the owner of|in charge of) {_REF}{_TAIL}", "ana is now responsible for the pricing page"),
    Row(I.REASSIGN, rf"instead of {_P},? (?:(?:let|have|get|make) )?{_WHO} (?:{_MODAL} )?{_DO} {_REF}{_TAIL}", "instead of ben let ana do the pricing page"),
    Row(I.REASSIGN, rf"{_WHO} instead of {_P} (?:on|for|in|does|do|should do) {_REF}{_TAIL}", "ana instead of ben on 15"),
    Row(I.UNBLOCK, rf"(?:unblock|un-block) {_REF}{_TAIL}", "unblock the migration", known=False, prefer="blocked"),
    Row(I.UNBLOCK, rf"{_REF} (?:{_BE} )?(?:no longer blocked|not blocked|unblocked|isn't blocked|can (?:continue|go on|proceed|move on)|free to go)(?: any ?more| now| again)?{_TAIL}", "21 is no longer blocked", prefer="blocked"),
    Row(I.BLOCK, rf"(?:blocked|stuck)(?: on| with)?[:,]? {_ID}{_TAIL}", "blocked: 15, missing translations"),
    Row(I.BLOCK, rf"block {_REF}{_TAIL}", "block 23, waiting for the copy"),
    Row(I.BLOCK, rf"{_REF} {_BE} (?:blocked|stuck)(?P<tail>(?:\s*[,;:.–—-]|\s+by|\s+on|\s+because|\s+as|\s+since|\s+until|\s+due to|\s+waiting)?\s*.*)", "12 is blocked because the auth service is down"),
    Row(I.BLOCK, rf"(?:i'm|i am|we're|we are|{_P} is) (?:blocked|stuck) (?:on|with) {_REF}{_TAIL}", "I'm stuck on 12: no access"),
    Row(I.BLOCK, rf"(?:i |we |{_P} )?(?:can't|cannot|can not) (?:continue|go on|proceed|work|finish|start|do|move on)(?: with| on)? {_REF}{_TAIL}", "can't continue with 12, no access"),
    Row(I.HOLD, rf"(?:put|place|set|leave) {_REF} on (?:hold|ice|pause)(?P<tail>.*)", "put the pricing page on hold"),
    Row(I.HOLD, rf"(?:leave|let) {_REF} (?:for (?:now|the moment|the time being)|be for now|be|alone|aside|until later|for later|rest){_TAIL}", "leave the laptops for now"),
    Row(I.HOLD, rf"(?:pause|hold|hold off on|park|freeze|shelve|suspend|stop working on|stop work on) {_REF}{_TAIL}", "pause the CRM cleanup"),
    Row(I.HOLD, rf"{_REF} (?:(?:{_BE}|goes|should go|stays) )?on (?:hold|ice){_TAIL}", "15 goes on hold"),
    Row(I.RESUME, rf"(?:take|get|pull) {_REF} off (?:hold|ice){_TAIL}", "take 40 off hold", known=False, prefer="on_hold"),
    Row(I.RESUME, rf"(?:resume|unpause|un-pause|restart work on|get back to|go back to|continue(?: work)?(?: with| on)?|carry on(?: with)?|go on with|unfreeze|pick up) {_REF}(?: again)?{_TAIL}", "continue with T-40", prefer="on_hold"),
    Row(I.RESUME, rf"(?:get |go |let's get )?back (?:to|on|at)(?: work(?:ing)?(?: on)?)? {_REF}{_TAIL}", "back to the staging server", prefer="on_hold"),
    Row(I.RESUME, rf"pick {_REF}(?: back)? up(?: again)?{_TAIL}", "pick 40 up again", prefer="on_hold"),
    Row(I.REOPEN, rf"(?:reopen|re-open|uncomplete|bring back) {_REF}{_TAIL}", "reopen the release notes", known=False),
    Row(I.REOPEN, rf"open {_REF} (?:back )?(?:up )?again{_TAIL}", "open T-18 again"),
    Row(I.REOPEN, rf"{_REF} (?:isn't|is not|wasn't|was not|aren't) (?:really |actually )?{_DONE}(?: yet| after all)?{_TAIL}", "34 isn't done after all"),
    Row(I.REOPEN, rf"{_REF} (?:needs to|has to|must|should) be (?:reopened|opened again|re-opened){_TAIL}", "34 needs to be reopened"),
    Row(I.REJECT, rf"(?:send|push|give|pass) {_REF} back(?: to {_P})?{_TAIL}", "send 18 back, the logo is wrong", prefer="in_review"),
    Row(I.REJECT, rf"(?:reject|decline|send back|disapprove|refuse|return|rejected|don't approve|do not approve) {_REF}{_TAIL}", "reject the investor deck: slide 4 is wrong", prefer="in_review"),
    Row(I.REJECT, rf"{_REF} (?:{_BE} )?(?:rejected|not approved|not good enough|not ok|not okay|isn't good enough|isn't ok|isn't approved|needs (?:more )?(?:changes|work|a revision|revision|another (?:pass|round)|rework)|needs to be redone|is not there yet)(?P<tail>.*)", "18 needs changes: fix the logo", prefer="in_review"),
    Row(I.APPROVE, rf"(?:approve|approved|approving|accept|accepted|sign off(?: on)?|lgtm|ok|okay|ship|i approve|i accept|green light for|thumbs up for)[,:.!]? {_REF}(?: {_BE} (?:perfect|great|good|fine|ok|okay|excellent|nice|done|approved|amazing))?{_TAIL}", "approve T-18", prefer="in_review"),
    Row(I.APPROVE, rf"(?:looks|look|all|very|well|good|perfect|great|nice|excellent|lgtm|fine)[\w ,]{{0,24}}?[,:.!]+ (?:please )?(?:approve|accept|ship|approved|i approve)[,:]? {_REF}{_TAIL}", "looks good, approve it", prefer="in_review"),
    Row(I.APPROVE, rf"{_REF} (?:(?:{_BE}|looks?|all|seems) )+(?:approved|accepted|perfect|good|great|fine|ok|okay|excellent|good to go|signed off)(?: to me| now)?{_TAIL}", "the deck is approved", prefer="in_review"),
    Row(I.APPROVE, r"(?:approve|approved|i approve|lgtm|accepted|looks good(?: to me)?|approve it)(?P<ref>)", "approved", last=True),
    Row(I.SUBMIT, rf"(?:here's|here is|here are|this is|attached(?: is| are)?)(?: the| my)? {_REF}(?P<tail>\s*[:,–-]?\s*{OPAQUE}+.*)", "here's the pricing page: https://drive/x"),
    Row(I.SUBMIT, rf"(?:here's|here is|here are|attached is|attached:?|please find) (?:the |my )?(?:.{{1,60}}? (?:for|on|of) )?{_ID}(?P<tail>.*)", "here's the video for #31 https://drive/x"),
    Row(I.SUBMIT, rf"(?:submit|submitting|submitted|handing in|hand in|turn in|send in|sending in|deliver|delivering)(?: my work on| work for)? {_REF}(?: for (?:review|approval|checking))?{_TAIL}", "submit 12"),
    Row(I.SUBMIT, rf"{_REF} {_BE} (?:ready (?:for|to) (?:review|approval|check(?:ing)?|be reviewed)|up for review|submitted|in for review|waiting for (?:your )?review){_TAIL}", "12 is ready for review"),
    Row(I.SUBMIT, rf"(?:please |can you )?(?:review|check|have a look at|look at) my work on {_REF}{_TAIL}", "please review my work on 12"),
    Row(I.COMPLETE, rf"(?P<said>)(?:all |i'm |we're |i am |we are )*(?:done|finished|completed|through|ready) (?:with |on )?{_REF}{_TAIL}", "done with 34"),
    Row(I.COMPLETE, rf"(?P<said>)(?:i|we|i've|we've|i have|we have|just) (?:just |already |have |finally )*(?:finished|completed|done|did|fixed|closed|wrapped up|shipped) (?:with )?{_REF}{_TAIL}", "I finished 34"),
    Row(I.COMPLETE, rf"(?P<who_did>{_P}) (?:has |have |just |already |is |'s |finally )*(?:finished|completed|done|did|fixed|closed|wrapped up|delivered|shipped|through)(?: with)? {_REF}{_TAIL}", "ben finished the pricing page"),
    Row(I.COMPLETE, rf"(?:close|complete|finish|end|close off|close out|check off|tick off|wrap up|finalize) {_REF}(?: as (?:{_DONE}))?{_TAIL}", "close 34"),
    Row(I.COMPLETE, rf"(?:mark|set|flag|move|put|change|tick|check|call) {_REF}(?: status)? (?:as |to |off |off as |is )?(?:{_DONE}|off){_TAIL}", "mark T-27 as done"),
    Row(I.COMPLETE, rf"(?P<said>){_REF} (?:{_BE} )?{_DONE}{_TAIL}", "T-12 is done"),
    Row(I.COMPLETE, rf"(?P<said>)(?:[✅✔☑]\ufe0f?)+\s*{_REF}", "✅ 27"),
    Row(I.COMPLETE, rf"(?P<said>){_REF}\s*(?:[✅✔☑]\ufe0f?)+", "27 ✅"),
    Row(I.COMPLETE, rf"(?P<said>)(?P<ref>(?:all |it's |that's |i'm |it is )*{_DONE})", "done", last=True),
    Row(I.CANCEL, rf"(?:we |i |you )?(?:don't|do not|won't|no longer|doesn't) (?:need|want)(?: to do)? {_REF}(?: any ?more| any longer| now| after all)?{_TAIL}", "we don't need the onboarding emails anymore"),
    Row(I.CANCEL, rf"(?:cancel|drop|scrap|kill|delete|remove|abort|discard|forget(?: about)?|call off|get rid of|bin|trash|nix|withdraw|never ?mind|skip|ditch) {_REF}(?: any ?more| altogether| completely)?{_TAIL}", "drop the laptops order"),
    Row(I.CANCEL, rf"{_REF} (?:{_BE} )?(?:no longer needed|not needed|not necessary|cancelled|canceled|obsolete|off the table|isn't needed|aren't needed|not required|unnecessary|no longer necessary|no longer relevant|dead)(?: any ?more)?{_TAIL}", "27 is no longer needed"),
    Row(I.START, rf"(?:start|begin|kick off|working on|get started on|get started with|get going on|get going with|started|starting|beginning)(?: work| working)?(?: on| with)? {_REF}{_TAIL}", "start 15"),
    Row(I.START, rf"(?:i'm|i am|we're|we are|i'll|i will|we'll|i|we)(?: now| just| already| currently)* (?:starting|working|beginning|on|started|start|begin|began|picking up|looking at|doing)(?: work| working)?(?: on| with)? {_REF}(?: now)?{_TAIL}", "I'm starting on the staging server"),
    Row(I.START, rf"{_P} (?:(?:is|has|'s|just|now|already|will be)(?: now| already| just)? )?(?:working|starting|started|starts|begun|began|begins)(?: work| working)?(?: on| with)? {_REF}(?: now| already)?{_TAIL}", "sofia is working on the demo video now"),
    Row(I.START, rf"(?:set |move |mark |put )?{_REF} (?:{_BE} |to |as |has )?(?:in progress|underway|under way|started|ongoing|being worked on){_TAIL}", "15 is in progress"),
)  # fmt: skip
