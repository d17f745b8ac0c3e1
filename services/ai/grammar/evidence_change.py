"""What an order told by a sign sets of its task: people, date, priority, words."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from services.ai.grammar import acts, attributes
from services.ai.grammar.evidence_rows import Sign
from services.ai.grammar.message import Message, people_of
from services.ai.grammar.people import candidate
from services.ai.grammar.references import Referred
from services.ai.grammar.skeleton import TASK, Skeleton
from services.ai.model import Change, Intent, OpenTask, Priority

I = Intent  # noqa: E741 -- as in the tables
_BETWEEN = re.compile(r"\s*(?:,\s*and\s|,|;|\band\b)\s*")
_DOWN = frozenset({"lower", "drop", "decrease", "reduce", "knock"})


@dataclass(frozen=True, slots=True)
class Told:
    """A sign found in a clause of a skeleton, which `left` words of it don't explain."""

    sign: Sign
    match: re.Match[str]
    bones: Skeleton
    left: int

    def group(self, name: str) -> str | None:
        """What a group says in the skeleton, None where it says nothing or is not there."""
        return self.match.groupdict().get(name)

    def span(self, name: str) -> tuple[int, int]:
        """Where a group stands in the message."""
        return self.bones.span(*self.match.span(name))


def referred_by(told: Told) -> Referred:
    """Return the tasks that a sign is about."""
    if "ref" in told.match.groupdict():
        token = told.bones.token(told.match.start("ref"))
    else:
        token = next(token for token in told.bones.tokens if token.text == TASK)
    return token.task or Referred()


def change_of(told: Told, tasks: list[OpenTask], message: Message) -> Change:
    """Return what the words of a sign set; nothing where they set nothing."""
    change = _with_words(told, message)
    if told.group("who"):
        people = people_of(message.within(*told.span("who")))
        change = replace(change, assignees=tuple(map(candidate, people)))
    if told.sign.intent is I.SET_DEADLINE:
        change = replace(change, deadline=_deadline(told, tasks, message))
    if told.sign.intent is I.SET_PRIORITY:
        change = replace(change, priority=_priority(told, tasks))
    if told.group("dep"):
        other = told.bones.token(told.match.start("dep")).task or Referred()
        change = replace(change, depends_on=other.tasks)
    return change


def _with_words(told: Told, message: Message) -> Change:
    said = {
        name: message.text[slice(*told.span(name))].strip(" .,;:\"'“”‘’#")
        for name in ("tag", "tag2", "sub", "subs", "title", "text")
        if told.group(name)
    }
    tag = said.get("tag") or said.get("tag2")
    parts = [said["sub"]] if "sub" in said else _BETWEEN.split(said.get("subs", ""))
    return Change(
        tag=tag.lower() if tag else None,
        subtasks=tuple(_capital(part) for part in parts if part.strip()),
        title=said.get("title"),
        text=said.get("text"),
    )


def _deadline(told: Told, tasks: list[OpenTask], message: Message) -> datetime | None:
    if told.group("count"):
        return acts.moved(told.match, tasks[0] if tasks else None, message.context)
    found = message.moment(*told.span("on"))
    return None if found is None or found.past else found.moment


def _priority(told: Told, tasks: list[OpenTask]) -> Priority | None:
    said = told.group("prio")
    if said is not None and told.group("negated") is not None:
        return Priority.LOW
    if said:
        return Priority.URGENT if said == "emergency" else attributes.priority_of(said)
    down = told.group("step") in _DOWN or told.group("dir") in {"down", "lower"}
    return attributes.stepped(tasks[0].priority if tasks else Priority.MEDIUM, -1 if down else 1)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
