"""News in words, as a Message that no channel's markup has touched. The catalogue of English.

Several news of one act make one message: a heading for each topic, its tasks numbered. Buttons
carry `verb:number` and decide nothing: whoever presses is checked then, and an outdated one is
answered with the present state.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count

from services.notify.model import (
    Bold,
    Button,
    FieldChange,
    Line,
    Message,
    News,
    Priority,
    Reader,
    Status,
    Topic,
)
from services.notify.render.times import span, when

# News older than this say when it happened.
FRESH = timedelta(minutes=10)
TASKS_SHOWN = 20
ROWS_SHOWN = 8
NOTES_SHOWN = 1200
STARTABLE = frozenset({Status.PENDING, Status.NEEDS_REVISION, Status.ON_HOLD, Status.BLOCKED})
SUBMITTABLE = frozenset({Status.PENDING, Status.IN_PROGRESS, Status.NEEDS_REVISION})
SOMEBODY = "Boss Workflow"

# One task: the heading ends with the task. `{who}`: the actor; `{whose}`: the assignees.
SINGLE = {
    Topic.ASSIGNED: "{who} gave you a task:",
    Topic.UNASSIGNED: "{who} gave this task to {whose}; it is no longer yours:",
    Topic.CREATED: "{who} created a task for {whose}:",
    Topic.CHANGED: "{who} changed a task of yours:",
    Topic.STARTED: "{who} started:",
    Topic.SUBMITTED: "{who} says this is done. Please review:",
    Topic.APPROVED: "{who} approved:",
    Topic.REJECTED: "{who} asks for changes to:",
    Topic.COMPLETED: "{who} completed:",
    Topic.CANCELLED: "{who} cancelled:",
    Topic.DELETED: "{who} deleted this task; nothing to do:",
    Topic.RESTORED: "{who} brought back a task of yours:",
    Topic.FREED: "You can start; what it waited for is done:",
    Topic.BLOCKED: "{who} says that this is blocked:",
    Topic.UNBLOCKED: "{who} says that this goes on, it is not blocked any more:",
    Topic.HELD: "{who} put this on hold:",
    Topic.RESUMED: "{who} took this off hold:",
    Topic.REOPENED: "{who} opened this again:",
    Topic.DELAYED: "{who} put off the deadline of:",
    Topic.MENTIONED: "{who} mentions you on:",
    Topic.COMMENTED: "{who} comments on:",
    Topic.SUGGESTED: "{who} asks you to take this:",
    Topic.ACCEPTED: "{who} takes the task that you suggested:",
    Topic.DECLINED: "{who} does not take the task that you suggested:",
    Topic.DUE_SOON: "This is due soon:",
    Topic.OVERDUE: "This is overdue:",
    Topic.LATE: "{whose}: this is {late} overdue:",
    Topic.CHECK_IN: "How is it going?",
    Topic.SILENT: "Nothing was heard of this from {whose}, asked twice:",
}
SEVERAL = {
    Topic.ASSIGNED: "{who} gave you {n} tasks:",
    Topic.UNASSIGNED: "{who} gave {n} tasks to others; they are no longer yours:",
    Topic.CREATED: "{who} created {n} tasks:",
    Topic.CHANGED: "{who} changed {n} tasks of yours:",
    Topic.STARTED: "{who} started {n} tasks:",
    Topic.SUBMITTED: "{who} says these {n} are done. Please review:",
    Topic.APPROVED: "{who} approved {n} tasks:",
    Topic.REJECTED: "{who} asks for changes to {n} tasks:",
    Topic.COMPLETED: "{who} completed {n} tasks:",
    Topic.CANCELLED: "{who} cancelled {n} tasks:",
    Topic.DELETED: "{who} deleted {n} tasks; nothing to do:",
    Topic.RESTORED: "{who} brought back {n} tasks of yours:",
    Topic.FREED: "You can start {n} tasks; what they waited for is done:",
    Topic.BLOCKED: "{who} says that {n} tasks are blocked:",
    Topic.UNBLOCKED: "{who} says that {n} tasks are not blocked any more:",
    Topic.HELD: "{who} put {n} tasks on hold:",
    Topic.RESUMED: "{who} took {n} tasks off hold:",
    Topic.REOPENED: "{who} opened {n} tasks again:",
    Topic.DELAYED: "{who} put off the deadlines of {n} tasks:",
    Topic.MENTIONED: "{who} mentions you on {n} tasks:",
    Topic.COMMENTED: "{who} comments on {n} tasks:",
    Topic.SUGGESTED: "{who} asks you to take {n} tasks:",
    Topic.ACCEPTED: "{who} takes {n} tasks that you suggested:",
    Topic.DECLINED: "{who} does not take {n} tasks that you suggested:",
    Topic.DUE_SOON: "{n} tasks are due soon:",
    Topic.OVERDUE: "{n} tasks are overdue:",
    Topic.LATE: "{n} tasks are overdue:",
    Topic.CHECK_IN: "How is it going with these {n} tasks?",
    Topic.SILENT: "Nothing was heard of {n} tasks, asked twice:",
}
LABELS = {
    "title": "Title",
    "description": "Description",
    "status": "Status",
    "assignees": "People",
    "priority": "Priority",
    "deadline": "Deadline",
    "start": "Start",
    "estimate_minutes": "Estimate",
    "project": "Project",
    "depends_on": "Waits for",
    "requires_approval": "Needs approval",
}
TAKEN_OFF = "{who} took this task from you; it is nobody's now:"
WITH_BUTTONS = frozenset(
    {
        Topic.ASSIGNED,
        Topic.CHANGED,
        Topic.REJECTED,
        Topic.RESTORED,
        Topic.FREED,
        Topic.DUE_SOON,
        Topic.OVERDUE,
        Topic.CHECK_IN,
    }
)
WITH_DEADLINE = WITH_BUTTONS - {Topic.CHANGED} | {
    Topic.CREATED,
    Topic.SUBMITTED,
    Topic.SUGGESTED,
    Topic.LATE,
    Topic.SILENT,
}


def word(news: Sequence[News], *, reader: Reader, now: datetime) -> Message:
    """Returns one message that tells all of these, which are of one act and in the log's order."""
    told = _latest(news)
    if len(told) == 1:
        return _one(told[0], reader=reader, now=now)
    lines: list[Line] = []
    rows: list[tuple[Button, ...]] = []
    numbers = count(1)
    for topic in dict.fromkeys(n.topic for n in told):
        group = [n for n in told if n.topic is topic]
        if lines:
            lines.append(())
        heading = SINGLE[topic] if len(group) == 1 else SEVERAL[topic]
        lines.append(
            (_filled(heading, group[0], number=len(group)) + _late(group[0], reader, now),)
        )
        for one in group[:TASKS_SHOWN]:
            lines.append((f"{next(numbers)}. ", *_compact(one, reader=reader, now=now)))
            rows += _rows(one, with_number=True)
        if len(group) > TASKS_SHOWN:
            lines.append((f"… and {len(group) - TASKS_SHOWN} more",))
    return Message(tuple(lines), tuple(rows[:ROWS_SHOWN]))


def _one(news: News, *, reader: Reader, now: datetime) -> Message:
    lines: list[Line] = [
        (_filled(SINGLE[news.topic], news, number=1) + _late(news, reader, now),),
        _named(news),
    ]
    if news.changes:
        lines += [_change(c, reader=reader, now=now) for c in news.changes]
    facts = _facts(news, reader=reader, now=now)
    if facts:
        lines.append((" · ".join(facts),))
    if news.waits_for:
        lines.append(
            (f"Waits for {', '.join(f'T-{t.number} {_flat(t.title)}' for t in news.waits_for)}",)
        )
    if news.note.strip():
        lines += [(), *((line,) for line in _quoted(news.note))]
    return Message(tuple(lines), tuple(_rows(news, with_number=False)))


def _latest(news: Sequence[News]) -> list[News]:
    """Each task once, as the act's last event left it, in the order of first mention."""
    return list({n.number: n for n in news}.values())


def _filled(heading: str, news: News, *, number: int) -> str:
    who = _flat(news.actor) or SOMEBODY
    whose = ", ".join(_flat(name) for name in news.assignees) or "nobody yet"
    if heading == SINGLE[Topic.UNASSIGNED] and not news.assignees:
        heading = TAKEN_OFF
    undo = " (undo or redo)" if news.undo else ""
    late = "1 day" if news.step == 1 else f"{news.step} days"
    text = heading.format(who=who, whose=whose, n=number, late=late)
    return text if not undo else text.removesuffix(":") + undo + ":"


def _late(news: News, reader: Reader, now: datetime) -> str:
    return f" ({when(news.at, now=now, timezone=reader.timezone)})" if now - news.at > FRESH else ""


def _named(news: News) -> Line:
    return (Bold(f"T-{news.number} {_flat(news.title)}"),)


def _compact(news: News, *, reader: Reader, now: datetime) -> Line:
    facts = _facts(news, reader=reader, now=now)
    if news.changes:
        facts = [_change_text(c, reader=reader, now=now) for c in news.changes]
    return (*_named(news), *((f" · {fact}") for fact in facts))


def _facts(news: News, *, reader: Reader, now: datetime) -> list[str]:
    if news.topic not in WITH_DEADLINE:
        return []
    due = [] if news.deadline is None else [_due(news.deadline, reader=reader, now=now)]
    rank = [] if news.priority is Priority.MEDIUM else [f"{news.priority.value} priority"]
    round_ = (
        [f"revision {news.revision}"] if news.topic is Topic.SUBMITTED and news.revision else []
    )
    return due + rank + round_


def _due(deadline: datetime, *, reader: Reader, now: datetime) -> str:
    word_ = "due" if deadline >= now else "was due"
    return f"{word_} {when(deadline, now=now, timezone=reader.timezone)}"


def _change(change: FieldChange, *, reader: Reader, now: datetime) -> Line:
    return (_change_text(change, reader=reader, now=now),)


def _change_text(change: FieldChange, *, reader: Reader, now: datetime) -> str:
    label = LABELS[change.field]
    if change.field == "description":
        return f"{label} changed" if change.after else f"{label} removed"
    before, after = (
        _value(change.field, v, reader=reader, now=now) for v in (change.before, change.after)
    )
    return f"{label}: {before} → {after}"


def _value(field: str, value: str, *, reader: Reader, now: datetime) -> str:
    if not value:
        return "none"
    if field in {"deadline", "start"}:
        return when(datetime.fromisoformat(value), now=now, timezone=reader.timezone)
    if field == "estimate_minutes":
        return span(int(value))
    return _flat(value.replace("_", " ") if field == "status" else value)


def _quoted(note: str) -> Iterator[str]:
    text = note.strip()
    cut = text[:NOTES_SHOWN].rstrip() + "…" if len(text) > NOTES_SHOWN else text
    yield from f"“{cut}”".split("\n")


def _rows(news: News, *, with_number: bool) -> list[tuple[Button, ...]]:
    suffix = f" T-{news.number}" if with_number else ""

    def button(label: str, verb: str) -> Button:
        return Button(f"{label}{suffix}", f"{verb}:{news.number}")

    row: list[Button] = []
    if news.topic is Topic.SUBMITTED and news.status is Status.IN_REVIEW:
        row = [button("Approve", "approve"), button("Reject", "reject")]
    elif news.topic is Topic.SUGGESTED:
        row = [button("Accept", "accept"), button("Decline", "decline")]
    elif news.topic in WITH_BUTTONS:
        if news.status in STARTABLE and not news.blocked:
            row.append(button("Start", "start"))
        if news.status in SUBMITTABLE:
            row.append(button("Done", "submit"))
    return [tuple(row)] if row else []


def _flat(text: str) -> str:
    """One line, whatever somebody typed."""
    return " ".join(text.split())
