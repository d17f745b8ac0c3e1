"""What somebody wants changed in a plan: words in, commands out.

Pure. Each row of the table is one way to say it; what no row accounts for is told as not
understood, with the reason where there is one. Numbers mean tasks as the plan shows them.
"""

# ruff: noqa: E501 -- a row of the table is one line, under its example

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from services.ai import wording
from services.ai.grammar import tokens
from services.ai.model import Candidate, Context
from services.ai.planning import filling
from services.ai.planning.commands import (
    Add,
    After,
    Assign,
    Command,
    Drop,
    Due,
    Estimate,
    Merge,
    Move,
    Rename,
    Scale,
    Split,
    Swap,
)
from services.ai.planning.kinds import extra_of
from services.ai.planning.kinds import minutes as of_unit
from services.ai.planning.model import ESTIMATE_MOST, TITLE_MOST, Plan
from services.ai.planning.said import Unclear, number_of, numbers_of, who

# What is longer than a clause is no command.
WORDS_MOST, CLAUSE_MOST, CLAUSES_MOST = 2_000, 300, 20

_AMOUNT = r"(?P<n>\d{1,3}(?:[.,]\d)?|half a|an?|one|two|three) ?(?P<unit>minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)"
_WORDS_OF_COUNT = {"half a": 0.5, "a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0}
_REFS = r"(?:tasks? )?#?\d{1,2}(?:(?:,? ?and |, ?|,? ?& ?| or )#?\d{1,2})*"
_OPENER = (
    r"(?:please |also |then |and |but )*(?:add|include|insert|drop|remove|delete|skip|omit|cut|leave out|merge|combine|join|"
    rf"split|divide|break|make|move|put|give|assign|rename|retitle|replace|start with|begin with|reduce|double|halve|finish|due|{_REFS} (?:after|before|takes|to|for|first|last|needs|goes|depends)|"
    r"\d{1,3} ?(?:%|percent)|[^\W\d_]+ (?:first|last)\b|[^\W\d_]+ (?:instead of|does|takes|on) )"
)
_CLAUSES = re.compile(rf"(?:[;\n] *|[.!] +|, ?(?:and |then )?| and (?:then )?| then )(?={_OPENER})")
_POLITE = re.compile(
    r"^\W*(?:(?:please|also|then|and|but|ok|okay|can you|could you|can we|let's|we should|i want to|i'd like to)\b[ ,]*)*"
)
_TRAIL = re.compile(r"(?:[\s.!?,]|\b(?:please|thanks|thank you|instead)\b)*$")


def read(words: str, plan: Plan, context: Context) -> tuple[list[Command], list[str]]:
    """Return the commands that the words give, and sentences on what was not understood."""
    commands, wrong = list[Command](), list[str]()
    for clause in _clauses(words):
        try:
            command = _command(clause, plan, context)
        except Unclear as unclear:
            wrong.append(f"“{wording.shown(clause)}”: {unclear}")
            continue
        if command is None:
            wrong.append(f"“{wording.shown(clause)}” is not understood.")
        else:
            commands.append(command)
    return commands, wrong


def _clauses(words: str) -> list[str]:
    text = " ".join(words[:WORDS_MOST].split(" "))
    low = tokens.fold(text)
    cuts = [0, *(match.end() for match in _CLAUSES.finditer(low)), len(text)]
    ends = [match.start() for match in _CLAUSES.finditer(low)]
    found = []
    for start, end in zip(cuts, [*ends, len(text)], strict=False):
        clause = text[start:end].strip()
        if clause:
            found.append(clause)
    return found[:CLAUSES_MOST]


def _command(clause: str, plan: Plan, context: Context) -> Command | None:
    low = tokens.fold(clause)
    start = match.end() if (match := _POLITE.match(low)) else 0
    end = match.start() if (match := _TRAIL.search(low)) else len(low)
    clause, low = clause[start:end], low[start:end]
    for pattern, make in _ROWS if len(low) <= CLAUSE_MOST else ():
        found = pattern.search(low)
        if found and (command := make(_Said(clause, found, plan, context))) is not None:
            return command
    return None


@dataclass(frozen=True, slots=True)
class _Said:
    """A clause that fits a row, with what is needed to make a command of it."""

    clause: str
    match: re.Match[str]
    plan: Plan
    context: Context

    def part(self, name: str) -> str:
        """The words of a group as they are written; empty: none."""
        start, end = self.match.span(name)
        return self.clause[start:end].strip() if start >= 0 else ""

    def numbers(self, name: str = "refs") -> tuple[int, ...]:
        """The tasks that a group names; Unclear where it names none."""
        return numbers_of(self.part(name), self.plan)

    def some(self, name: str = "refs") -> tuple[int, ...]:
        """The same, none where the group is empty."""
        return self.numbers(name) if self.part(name) else ()

    def people(self, name: str = "who") -> tuple[Candidate, ...] | None:
        """The people that a group names; None where it names none."""
        return who(self.part(name), self.context)

    def minutes(self) -> int:
        """The amount of time that was said."""
        said = self.match["n"]
        count = _WORDS_OF_COUNT.get(said) or float(said.replace(",", "."))
        return min(ESTIMATE_MOST, max(1, round(count * of_unit(f"1{self.match['unit'][0]}"))))


def _percent(said: _Said) -> Command | None:
    more = re.search(r"more|longer|slower|increase|extend|add|buffer|raise|up\b", said.match.string)
    change = int(said.match["n"]) / 100
    factor = 1 + change if more else 1 - change
    return Scale(factor, said.some()) if 0 < factor <= 10 else None  # noqa: PLR2004 -- sense


def _times(said: _Said) -> Command:
    halved = re.match(r"halve|half|cut", said.match["how"])
    return Scale(0.5 if halved else 2.0, said.some())


def _swap(said: _Said) -> Command | None:
    new, old = said.people("new"), said.people("old")
    if not new or not old or len(new) != 1 or len(old) != 1:
        return None
    return Swap(new[0], old[0], said.some())


def _joins(said: _Said) -> Command | None:
    found = said.people()
    return Assign(said.numbers(), found, join=True) if found else None


def _leaves(said: _Said) -> Command | None:
    found = said.people()
    return Assign(said.numbers(), found, leave=True) if found else None


def _assign(said: _Said) -> Command | None:
    found = said.people()
    return Assign(said.numbers(), found) if found else None


_AFTER = re.compile(r" (?P<how>after|before) (?P<refs>[^,;]+)$")
_PLACE = re.compile(
    r" (?:at|as) the (?P<how>end|start|beginning|first|last)(?: task| step)?$| (?P<how2>first|last)$"
)
_FOR = re.compile(r",? (?:for|by|to) (?P<who>[^,;]{1,60})$")
_TAKES = re.compile(rf"(?:,? (?:takes?|taking|needs?|with|about|of)|,|:)? \(?{_AMOUNT}\)?$")


def _add(said: _Said) -> Command | None:
    """Read a new task from its end: place, time, people, and what is left is its title."""
    what = said.part("what")
    add = Add("")
    while (shorter := _without_end(what, said)) is not None:
        what, add = shorter[0], replace(add, **shorter[1])
    what = what.strip(" ,;:.\"“”'")
    if not wording.stems(what):
        return None
    return replace(add, title=_title(what))


def _without_end(what: str, said: _Said) -> tuple[str, dict[str, Any]] | None:
    """Return the words without what they say at their end, and that; None where it is nothing."""
    low = tokens.fold(what)
    if found := _AFTER.search(low):
        refs = numbers_of(what[found.start("refs") :], said.plan)
        return what[: found.start()], {found["how"]: refs}
    if found := _PLACE.search(low):
        last = (found["how"] or found["how2"]) in {"end", "last"}
        return what[: found.start()], {"place": "last" if last else "first"}
    if found := _TAKES.search(low):
        minutes = _Said(what, found, said.plan, said.context).minutes()
        return what[: found.start()], {"minutes": minutes}
    if (found := _FOR.search(low)) and (some := who(what[found.start("who") :], said.context)):
        return what[: found.start()], {"people": some}
    return None


def _remind(said: _Said) -> Command | None:
    """Add what is known by a word alone: "what about legal?"."""
    return _add(said) if extra_of(said.part("what")) else None


def _title(words: str) -> str:
    words = " ".join(words.split())[:TITLE_MOST]
    return words[:1].upper() + words[1:]


def _merge(said: _Said) -> Command | None:
    numbers = said.numbers()
    return Merge(numbers, _title(said.part("title"))) if len(numbers) > 1 else None


_LIST = re.compile(r", ?(?:and )?| and | & |; ?")


def _split(said: _Said) -> Command | None:
    titles = tuple(
        _title(each) for part in _LIST.split(said.part("titles")) if (each := part.strip(' ."“”'))
    )
    return Split(number_of(said.part("ref"), said.plan), titles) if len(titles) > 1 else None


_SHIFTS = {"day": 1, "week": 7, "month": 30}


def _shift(said: _Said) -> Command | None:
    ends = said.plan.wished or said.plan.ends
    if ends is None:
        return None
    text = said.match["n"]
    count = int(text) if text.isdigit() else int(_WORDS_OF_COUNT.get(text, 1))
    days = count * _SHIFTS[said.match["unit"]]
    later = said.match["how"] in {"later", "longer", "more"}
    return Due(ends + timedelta(days=days if later else -days))


def _due(said: _Said) -> Command | None:
    day = filling.day_in(said.clause, said.context)
    return Due(day) if day else None


def _order(said: _Said) -> Command:
    late, early = said.part("a"), said.part("b")
    if said.match["how"] == "before":
        late, early = early, late
        later = numbers_of(late, said.plan)
        return After(later[0], numbers_of(early, said.plan))
    return After(number_of(late, said.plan), numbers_of(early, said.plan))


def _row(
    pattern: str, make: Callable[[_Said], Command | None]
) -> tuple[re.Pattern[str], Callable[[_Said], Command | None]]:
    return re.compile(pattern), make


_ON = r"(?: (?:on|for|of|in|from) (?P<refs>.+))?$"
_ROWS = [
    # a share of some: "cut 5 by 20%"
    _row(rf"^(?:cut|reduce|shorten|increase|extend|raise) (?P<refs>{_REFS}) by (?P<n>\d{{1,3}}) ?(?:%|percent)$", _percent),
    # "20% less", or "cut estimates by 20%", or "10% more on 3"
    _row(rf"^(?:[a-z ]{{0,40}})?\b(?P<n>\d{{1,3}}) ?(?:%|percent)(?: (?:less|more|shorter|longer|faster|slower|off|cheaper|buffer|time|of))*{_ON}", _percent),
    # twice, or half, the estimates
    _row(rf"^(?P<how>halve|half|double|twice)(?: the| all)?(?: times?| estimates?)?{_ON}", _times),
    # "Ben instead of Ana on 3", "replace Ana with Ben"
    _row(rf"^(?P<new>[^,]{{1,60}}?) (?:instead of|rather than|in place of|replaces) (?P<old>[^,]{{1,60}}?){_ON}", _swap),
    _row(rf"^(?:replace|swap|exchange) (?P<old>[^,]{{1,60}}?) (?:with|by|for) (?P<new>[^,]{{1,60}}?){_ON}", _swap),
    # "rename 3 to Sketch", "call 3 Sketch"
    _row(r"^(?:rename|retitle|call) (?P<ref>(?:task )?#?\d{1,2}|.{1,80}?(?= (?:to|into|as) ))(?: (?:to|into|as))? (?P<title>.+)$",
         lambda said: Rename(number_of(said.part("ref"), said.plan), _title(said.part("title").strip("\"“”'")))),
    # "merge 2 and 3", "combine 2 and 3 into Setup"
    _row(r"^(?:merge|combine|join|unite) (?P<refs>.+?)(?: (?:into|as) (?P<title>[^\d].*))?$", _merge),
    # "split 2 into a and b"
    _row(r"^(?:split|divide|break)(?: up)? (?P<ref>.+?)(?: up)? (?:into|in) (?P<titles>.+)$", _split),
    # "a week later", "two days earlier"
    _row(r"^(?:make it |move it |everything |finish |it ends |move the (?:end|deadline) )?(?:by )?(?P<n>\d{1,2}|an?|one|two|three) (?P<unit>day|week|month)s? (?P<how>later|earlier|sooner|longer|more)$", _shift),
    # "add Ben to 3"
    _row(r"^(?:add|put) (?P<who>[^,]{1,60}?) (?:to|on) (?P<refs>.+)$", _joins),
    # "remove Ben from 3"
    _row(r"^(?:remove|take|drop) (?P<who>[^,]{1,60}?) (?:from|off) (?P<refs>.+)$", _leaves),
    # "add testing", "add a task to call the bank after 3, 2 hours"
    _row(r"^(?:add|include|insert|plus|we (?:also )?need)\b:? (?:an? |another |some )?(?:new )?(?:tasks?(?: for| to|:)? |step(?: for| to|:)? )?(?P<what>.+)$", _add),
    # "what about legal?"
    _row(r"^(?:what about|how about|don't forget|we forgot|you forgot|missing:?) (?P<what>.+)$", _remind),
    # "drop 4", "without the documentation"
    _row(r"^(?:drop|remove|delete|skip|omit|leave out|without|no|cancel|cut|forget)(?: out)? (?P<refs>.+)$", lambda said: Drop(said.numbers())),
    # "start with design", "design first", "testing last"
    _row(r"^(?:start|begin) with (?P<ref>.+)$", lambda said: Move(number_of(said.part("ref"), said.plan), first=True)),
    _row(r"^(?:do |put |move |make )?(?P<ref>.+?)(?: comes| goes| should be| must be| to be)? (?:first|to the (?:start|front|beginning|top))$",
         lambda said: Move(number_of(said.part("ref"), said.plan), first=True)),
    _row(r"^(?:do |put |move |make )?(?P<ref>.+?)(?: comes| goes| should be| must be| to be)? (?:last|(?:at|to) the (?:end|back|bottom))$",
         lambda said: Move(number_of(said.part("ref"), said.plan), first=False)),
    # "3 takes 2 days"
    _row(rf"^(?P<refs>.+?)(?: (?:takes?|needs?|is|should take|will take|in|gets?)| ?[:=])(?: only| about| just)? {_AMOUNT}$",
         lambda said: Estimate(said.numbers(), said.minutes())),
    # "give 3 to Ben", "3 to Ben", "Ben does 3 and 4"
    _row(r"^(?:give|assign|hand|pass|move) (?P<refs>.+?) to (?P<who>[^,]{1,80})$", _assign),
    _row(rf"^(?P<refs>{_REFS}) (?:goes to|go to|to|for|by) (?P<who>.+)$", _assign),
    _row(r"^(?P<who>[^,]{1,80}?) (?:does|do|takes?|on|gets?|should (?:do|take)|will (?:do|take)|for|has) (?P<refs>.+)$", _assign),
    # "3 after 5", "testing before launch"
    _row(r"^(?:do |put |move |make )?(?P<a>.+?)(?: comes?| goes?| only| starts?| should (?:come|be)| must (?:come|be))* (?P<how>after|before|depends on|waits for) (?P<b>.+)$", _order),
    # "make it due in July", "by friday"
    _row(r"\b(?:due|by|until|ready|deadline|end|ends|finish|done|launch|move|in|on|before|at)\b", _due),
]  # fmt: skip
