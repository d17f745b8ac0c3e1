"""Questions: lists of tasks by filter, and single tasks. Pure."""

from datetime import datetime

from services.gateway.dialog import moments, text
from services.gateway.dialog.deciding import say
from services.gateway.dialog.effects import Decision
from services.gateway.dialog.model import Filter, Named, Reading, Status, Task, Turn
from services.gateway.dialog.needs import Search, Talk, Tasks, ask
from services.gateway.dialog.reply import Reply, line, reply

LIMIT = 10
WEEK = 7
TITLES = {
    "today": "Due today",
    "tomorrow": "Due tomorrow",
    "this_week": "Due this week",
    "next_week": "Due next week",
    "overdue": "Overdue",
}


def query(turn: Turn, reading: Reading) -> Talk[Decision]:
    """The list that a question asks for."""
    return (yield from listed(turn, reading.filter, reading=reading))


def listed(
    turn: Turn, wanted: Filter, *, title: str = "", reading: Reading | None = None
) -> Talk[Decision]:
    """The tasks that the filter lets through, ten at most, and how many more."""
    found = yield from ask(search(turn, wanted))
    heading = title or heading_of(wanted)
    answer = text.listing(
        heading, found, reader=turn.person, now=turn.now, none=f"{heading}: nothing."
    )
    shown = [task.name for task in found.tasks]
    return say(turn, answer, reading=reading, shown=shown)


def heading_of(wanted: Filter) -> str:
    """What a list is called."""
    parts = [TITLES.get(wanted.due, "Open tasks" if not wanted.status else "Tasks")]
    details = [one.display_name for one in wanted.assignees]
    details += [wanted.status.replace("_", " ")] if wanted.status else []
    details += [wanted.priority.value] if wanted.priority else []
    details += [f"tag {wanted.tag}"] if wanted.tag else []
    details += [f"“{wanted.text}”"] if wanted.text else []
    return ", ".join([*parts, *details])


def search(turn: Turn, wanted: Filter) -> Search:
    """The filter with its words for time made into moments of the reader's zone."""
    after, before = span(wanted.due, turn.now, timezone=turn.person.timezone)
    known = wanted.status in set(Status)
    return Search(
        assignees=tuple(one.name for one in wanted.assignees),
        status=Status(wanted.status) if known else None,
        priority=wanted.priority,
        tag=wanted.tag,
        text=wanted.text,
        due_after=after,
        due_before=before,
        limit=LIMIT,
    )


def span(due: str, now: datetime, *, timezone: str) -> tuple[datetime | None, datetime | None]:
    """From when until when something is due that is due "today", "this_week" and so on."""
    midnight = moments.day_end(now, timezone=timezone, days=-1)
    weekday = midnight.weekday()

    def days(count: int) -> datetime:
        return moments.day_end(now, timezone=timezone, days=count - 1)

    spans: dict[str, tuple[datetime | None, datetime | None]] = {
        "today": (midnight, days(1)),
        "until_today": (None, days(1)),
        "tomorrow": (days(1), days(2)),
        "this_week": (days(-weekday), days(WEEK - weekday)),
        "next_week": (days(WEEK - weekday), days(2 * WEEK - weekday)),
        "overdue": (None, now),
    }
    return spans.get(due, (None, None))


def show(turn: Turn, reading: Reading) -> Talk[Decision]:
    """The cards of the tasks that are asked for; at most three."""
    unclear = next((one for one in reading.ambiguities if one.field == "task_ref"), None)
    names = [ref.name for ref in reading.refs]
    if unclear:
        names += [one.name for one in unclear.candidates]
    if not names:
        words = unclear.words if unclear else ""
        none = f"I find no task like “{words}”." if words else "Which task? For example: /show 42"
        return say(turn, reply(none), reading=reading)
    return (yield from shown(turn, tuple(names), reading=reading))


def shown(turn: Turn, names: tuple[str, ...], *, reading: Reading | None = None) -> Talk[Decision]:
    """One task as a card, several as a list."""
    found = yield from ask(Tasks(names[:LIMIT]))
    if not found:
        numbers = ", ".join(f"T-{name.rsplit('/', 1)[1]}" for name in names[:LIMIT])
        return say(turn, reply(f"There is no {numbers}."), reading=reading)
    answer = full(found[0], turn) if len(found) == 1 else several(found, turn)
    return say(turn, answer, reading=reading, shown=[task.name for task in found])


def full(task: Task, turn: Turn) -> Reply:
    """All of a task."""
    notes = []
    if task.creator:
        notes.append(f"By: {task.creator.display_name}")
    for name, value in (
        ("Description", task.description),
        ("Submitted", task.submission),
        ("Feedback", task.feedback),
    ):
        if value:
            notes.append(f"{name}: {value}")
    return text.card(task, reader=turn.person, now=turn.now, notes=notes)


def several(tasks: tuple[Task, ...], turn: Turn) -> Reply:
    """Some tasks, shortly."""
    lines = []
    for task in tasks:
        lines += [
            text.headline(task),
            line(f"    {text.facts(task, reader=turn.person, now=turn.now)}"),
        ]
    return reply(*lines)


def by_command(turn: Turn, name: str) -> Talk[Decision]:
    """/tasks, /mine, /today and /overdue without words."""
    mine = Filter(assignees=(_self(turn),))
    if name == "mine":
        return (yield from listed(turn, mine, title="Your open tasks"))
    if name == "today":
        return (yield from listed(turn, Filter(due="until_today"), title="Due today or before"))
    due = "overdue" if name == "overdue" else ""
    return (yield from listed(turn, Filter(due=due)))


def _self(turn: Turn) -> Named:
    return Named(turn.person.name, turn.person.display_name)
