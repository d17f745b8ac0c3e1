"""The title of a task: what is left of a clause, without politeness and fillers, in the imperative."""

import re

from services.ai.grammar.tokens import TAKEN, Clause
from services.ai.grammar.verbs import BASE, IRREGULAR, from_gerund, imperative, third_person

_FILLERS = re.compile(
    r"(?<![\w'-])(?:uh+|um+|uhm|erm|hmm|please|pls|plz|kindly|probably|maybe|perhaps|ideally|basically|i guess|i think|you know"
    r"|if (?:at all )?possible|if you can|if (?:he|she|they) can|thanks(?: a lot)?|thank you|thx|cheers|ok\?|okay\?|right\?|or something|at some point|sometime|some time"
    r"|would be great|that would be great|somehow|for me please|can you|could you|will you|would you|as well|too(?=[\s.!]*$))(?![\w'-])"
)  # fmt: skip
_LEFTOVER = (
    r"(?:by|on|for|at|until|till|before|due|deadline|starting|from|it'?s|it is|that'?s|is|this is|with|as|and|but|or|priority|prio|to|(?<!it )(?<!them )in|be|needed|assigned to|assign to|assign|owner|assignee|which is|this"
    r"|has to be done|must be done|needs to be done|should be done|to be done|is due|are due|do it|do this|get it done|have it done|finish it|done)"
)
_TRAILING = re.compile(rf"(?:[\s,;:–—(-]|(?<![\w'])(?:{_LEFTOVER})(?=\s*[\s{TAKEN},;:.!?)–—-]))*$")
_DANGLING = re.compile(rf"(?<![\w'])(?<!the )(?<!a )(?<!our )(?:{_LEFTOVER})(?=[\s,:]*{TAKEN})")
_DANGLING_END = re.compile(
    rf"(?<=[\s{TAKEN}])(?:and|but|or|by|due|deadline|priority|prio|with|for|it'?s|that'?s|which is|until|before|then)[\s,;:.!?–—-]*$"
)
_OBJECT = re.compile(
    r"(?:the|an?|all|our|my|his|her|their|its|it|them|every|each|this|that|these|those|some|\d+)\b"
)
_EMPTY_BRACKETS = re.compile(rf"[(\[][\s{TAKEN},;.]*[)\]]")
_DOUBLED_MARKS = re.compile(rf"[,;]\s*{TAKEN}[\s{TAKEN}]*(?=[,;.])")
# "writes and sends the report", but "buys cups and plates": the second verb has an object too.
_THIRD_AFTER_AND = re.compile(
    r"(?:(?<= and )|(?<= then )|(?<=, )|(?<= or ))([a-z]+s)(?= (?:the|an?|it|them|him|her|this|that|these|those|all|our|my|his|their|your|its|every|each|any|some|up|off|out|in|down|away|back|over|on|to|new|\d+)\b|$)"
)
_THIRD_AT_ONCE = re.compile(r"^(and|or|then|,) ([a-z]+s)\b")
_EDGES = " \t,;:.!–—-•*?|"
LIMIT = 200


def strip_fillers(clause: Clause) -> None:
    """Take out the words that say nothing, wherever they stand."""
    clause.take_all(_FILLERS)


def of(clause: Clause, start: int, *, third_person: bool) -> str:
    """Return the title made of what is not taken from `start` on.

    `third_person`: a person stood before it, so that its verb becomes an imperative.
    """
    if third_person:
        return _finished(_imperative(_rest(clause, start)))
    return _finished(_rest(clause, start))


def _rest(clause: Clause, start: int) -> str:
    clause.take_all(_EMPTY_BRACKETS)
    clause.take_all(_DANGLING)
    clause.take_all(_DOUBLED_MARKS)
    for match in (_DANGLING_END.search(clause.low),):
        if match and TAKEN in clause.low[max(0, match.start() - 2) : match.start() + 1]:
            clause.take(match.start(), len(clause.low))
    low = clause.low
    first = start
    while first < len(low) and low[first] in _EDGES + TAKEN:
        first += 1
    last = len(low)
    while last > first and low[last - 1] in _EDGES + TAKEN:
        last -= 1
    if first < last:
        clause.note(first, last, "title")
    kept = "".join(
        " " if mark == TAKEN else original
        for original, mark in zip(clause.text[first:last], low[first:last], strict=True)
    )
    return " ".join(kept.split())


def _imperative(title: str) -> str:
    """From "writes and sends the report" to "write and send the report"."""
    first, space, rest = title.partition(" ")
    base = imperative(first.lower())
    if base is None and _OBJECT.match(rest):
        base = third_person(first.lower())
    if base is None:
        plain = from_gerund(first.lower()) or IRREGULAR.get(first.lower())
        return f"{plain}{space}{rest}" if plain and rest else title
    rest = _THIRD_AT_ONCE.sub(lambda m: f"{m[1]} {imperative(m[2]) or m[2]}", rest)
    rest = _THIRD_AFTER_AND.sub(
        lambda m: (m.end() < len(m.string) and imperative(m[1])) or m[1], rest
    )
    return f"{base}{space}{rest}"


def _finished(title: str) -> str:
    title = title.replace(" ,", ",").replace(" .", ".").strip(_EDGES)
    if title.count("(") != title.count(")"):
        title = title.strip("()")
    if len(title) > LIMIT:
        title = title[: LIMIT - 1].rsplit(" ", 1)[0].rstrip(_EDGES) + "…"
    first = title.split(" ", 1)[0]
    if first[:1].islower() and not any(c.isupper() for c in first) and "://" not in first:
        title = title[0].upper() + title[1:]
    return title


def is_work(low: str) -> bool:
    """Return whether a folded clause begins as an order to do something."""
    match = re.match(r"\W*([a-z]+)", low)
    return bool(match and match[1] in BASE)
