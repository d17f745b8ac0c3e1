"""The words of the gateway's answers: cards, lists, help and questions. Pure."""

from collections.abc import Sequence
from datetime import datetime

from services.gateway.dialog import moments
from services.gateway.dialog.model import (
    CLOSED,
    LEADING,
    RULING,
    Ambiguity,
    Listing,
    NewTask,
    Person,
    Priority,
    Role,
    Status,
    Task,
)
from services.gateway.dialog.reply import (
    Button,
    Line,
    Piece,
    Reply,
    bold,
    code,
    italic,
    line,
    reply,
)

CARD_TASKS = 20
STATUS_WORDS = {
    Status.PENDING: "to do",
    Status.IN_PROGRESS: "in progress",
    Status.BLOCKED: "blocked",
    Status.ON_HOLD: "on hold",
    Status.IN_REVIEW: "in review",
    Status.NEEDS_REVISION: "needs revision",
    Status.COMPLETED: "completed",
    Status.CANCELLED: "cancelled",
}
STARTABLE = frozenset({Status.PENDING, Status.NEEDS_REVISION, Status.ON_HOLD})
SUBMITTABLE = frozenset({Status.PENDING, Status.IN_PROGRESS, Status.NEEDS_REVISION})


def headline(task: Task) -> Line:
    """The task's id and title."""
    return line(bold(task.id), " ", task.title)


def people(task: Task) -> str:
    """The task's people, of several who is done with his part; and who was asked to take it."""
    several = len(task.assignees) > 1
    those = [
        f"{one.display_name} ✓" if several and one.mark == "done" else one.display_name
        for one in task.assignees
    ]
    those += [f"{one.display_name} (asked)" for one in task.suggested]
    return ", ".join(those) or "nobody yet"


def facts(task: Task, *, reader: Person, now: datetime) -> str:
    """The task's people, deadline, priority and state in half a line."""
    parts = [people(task)]
    if task.deadline:
        due = moments.when(task.deadline, now, timezone=reader.timezone)
        late = task.status not in CLOSED and task.deadline < now
        parts.append(f"⚠ was due {due}" if late else due)
    if task.priority is not Priority.MEDIUM:
        parts.append(task.priority.value)
    if task.status is not Status.PENDING:
        parts.append(STATUS_WORDS[task.status])
    return " · ".join(parts)


def card(  # one argument for each thing that a card may say
    task: Task,
    *,
    reader: Person,
    now: datetime,
    heading: str = "",
    words: dict[str, str] | None = None,
    notes: Sequence[str] = (),
    act: str = "",
) -> Reply:
    """A task with its fields, the words that they were taken from, and its buttons."""
    lines: list[Line] = [line(italic(heading))] if heading else []
    lines.append(headline(task))
    lines += [
        line(f"{name}: {value}", *_quoted(value, (words or {}).get(field, "")))
        for field, name, value in _fields(task, reader, now)
    ]
    lines += [line(note) for note in notes]
    return reply(*lines, rows=buttons(task, reader=reader, act=act))


def _fields(task: Task, reader: Person, now: datetime) -> list[tuple[str, str, str]]:
    fields = [("assignees", "Who", people(task))]
    if task.deadline:
        due = moments.when(task.deadline, now, timezone=reader.timezone)
        late = task.status not in CLOSED and task.deadline < now
        fields.append(("deadline", "When", f"{due} ⚠ overdue" if late else due))
    if task.priority is not Priority.MEDIUM:
        fields.append(("priority", "Priority", task.priority.value))
    if task.status is not Status.PENDING:
        fields.append(("status", "State", STATUS_WORDS[task.status]))
    if task.recurrence:
        fields.append(("recurrence", "Repeats", task.recurrence))
    if task.tags:
        fields.append(("tags", "Tags", ", ".join(task.tags)))
    if task.subtasks:
        fields.append(("subtasks", "Parts", "; ".join(one.display_name for one in task.subtasks)))
    if task.depends_on:
        waits = ", ".join(
            f"T-{one.name.rsplit('/', 1)[1]} {one.display_name}" for one in task.depends_on
        )
        fields.append(("after", "Waits for" if task.blocked else "After", waits))
    return fields


def _quoted(value: str, words: str) -> list[Piece]:
    """The words, unless they say nothing that the value doesn't."""
    if not words or words.casefold() == value.casefold():
        return []
    return [Piece(" "), italic(f"“{words}”")]


def buttons(task: Task, *, reader: Person, act: str = "") -> list[list[Button]]:
    """What the reader may do next with the task, and Undo of what was just done."""
    number, next_steps = task.number, []
    if task.is_of(reader) and reader.role is not Role.GUEST:
        if task.status in STARTABLE and not task.blocked:
            next_steps.append(Button("Start", f"start:{number}"))
        if task.status in SUBMITTABLE:
            verb = "complete" if reader.role in RULING else "submit"
            next_steps.append(Button("Done", f"{verb}:{number}"))
    if task.status is Status.IN_REVIEW and reader.role in LEADING:
        next_steps += [
            Button("Approve", f"approve:{number}"),
            Button("Reject", f"reject:{number}"),
        ]
    undo = [Button("Undo", f"undo:{act}")] if act else []
    return [next_steps + undo]


def created(
    tasks: Sequence[Task], said: Sequence[NewTask], *, reader: Person, now: datetime, act: str
) -> Reply:
    """The card of tasks that were just made, with the words that each field was taken from."""
    if len(tasks) == 1:
        words = said[0].words if said else {}
        notes = [f"From the template “{one.template}”" for one in said[:1] if one.template]
        if not tasks[0].assignees:
            notes.append("Nobody is named. Reply with a name to assign it.")
        return card(
            tasks[0], reader=reader, now=now, heading="Created", words=words, notes=notes, act=act
        )
    lines: list[Line] = [line(italic(f"Created {len(tasks)} tasks"))]
    for index, task in enumerate(tasks[:CARD_TASKS]):
        words = said[index].words if index < len(said) else {}
        lines.append(line(f"{index + 1}. ", *headline(task)))
        quoted = [words[field] for field in ("deadline", "priority") if words.get(field)]
        origin = italic(f" “{' … '.join(quoted)}”") if quoted else Piece("")
        lines.append(line(f"    {facts(task, reader=reader, now=now)}", origin))
    if len(tasks) > CARD_TASKS:
        lines.append(line(f"… and {len(tasks) - CARD_TASKS} more"))
    return reply(*lines, rows=[[Button("Undo all", f"undo:{act}")]])


def listing(title: str, found: Listing, *, reader: Person, now: datetime, none: str) -> Reply:
    """A list of tasks, and how many more there are."""
    if not found.tasks:
        return reply(none)
    lines: list[Line] = [line(bold(f"{title} ({found.total})"))]
    for task in found.tasks:
        lines.append(headline(task))
        lines.append(line(f"    {facts(task, reader=reader, now=now)}"))
    if found.total > len(found.tasks):
        more = found.total - len(found.tasks)
        lines.append(
            line(f"… and {more} more. Narrow it down: “urgent tasks”, “what is due today”.")
        )
    return reply(*lines)


def preview(
    tasks: Sequence[NewTask],
    *,
    reader: Person,
    now: datetime,
    unclear: Sequence[Ambiguity] = (),
) -> list[Line]:
    """Tasks that are not made yet, with the words of which it is unclear whom they mean."""
    lines: list[Line] = []
    for index, task in enumerate(tasks[:CARD_TASKS]):
        number = f"{index + 1}. " if len(tasks) > 1 else ""
        people = [one.display_name for one in task.assignees]
        people += [f"“{one.words}”?" for one in unclear if one.task == index]
        parts = [", ".join(people) or "nobody yet"]
        if task.deadline:
            parts.append(moments.when(task.deadline, now, timezone=reader.timezone))
        if task.priority:
            parts.append(task.priority.value)
        if task.recurrence:
            parts.append(f"repeats: {task.recurrence}")
        if task.template:
            parts.append(f"from the template “{task.template}”")
        lines.append(line(number, bold(task.title)))
        lines.append(line(f"    {' · '.join(parts)}"))
    if len(tasks) > CARD_TASKS:
        lines.append(line(f"… and {len(tasks) - CARD_TASKS} more"))
    return lines


# Help ----------------------------------------------------------------------------------------

EXAMPLES = {
    True: ("Ana fix the checkout bug by Friday 5pm, urgent", "done with 42", "what is overdue?"),
    False: ("call the bank tomorrow at 9", "done with 42", "what do I have today?"),
}


def examples(person: Person) -> list[Line]:
    """A few sentences that work, for this person's role."""
    return [line("• ", code(example)) for example in EXAMPLES[person.role in LEADING]]


def welcome(person: Person) -> Reply:
    """The first words to somebody of the workspace."""
    return reply(
        line("Hello ", bold(person.display_name), "."),
        "Write what is to be done, as you would say it; I make tasks of it and tell their people.",
        *examples(person),
        "/help shows what else there is.",
    )


def help_for(person: Person) -> Reply:
    """What works, for this person's role."""
    leads, rules = person.role in LEADING, person.role in RULING
    lines: list[str | Line] = [
        line(bold("Just write. For example:")),
        *examples(person),
        "",
        line(bold("Tasks")),
        "/tasks, /mine, /today, /overdue: lists; words narrow them down: /tasks ben urgent",
        "/show 42: one task",
        "/task TEXT: a new one",
        "/startwork 42, /done 42: say where you are",
    ]
    if leads:
        lines.append("/approve 42, /reject 42 REASON: look at submitted work")
    lines += [
        "/block 42 REASON, /unblock 42, /hold 42, /resume 42: say what stands still, and goes on",
        "/cancel_task 42, /reopen 42: call it off, open it again",
        "/undo, /redo: take back what you did last",
    ]
    lines.append("/in, /out, /break: say when you work")
    lines += ["", line(bold("People")), "/team: who is here"]
    if rules:
        lines.append("/invite NAME: let somebody in")
    lines += [
        "",
        "To correct a card, reply to it, or edit your message: “no, Ben”, “make it high”.",
    ]
    return reply(*lines)


def unclear(person: Person, *, lead: str = "I don't understand that.") -> Reply:
    """An honest answer to what was not understood."""
    return reply(lead, "What works, for example:", *examples(person), "/help shows the rest.")


# What people ask for that is not there yet, by intent.
NOT_YET = {
    "describe": "add a description",
    "add_tag": "tag a task",
    "remove_tag": "take a tag away",
    "add_subtask": "add a part to a task",
    "complete_subtask": "tick off a part of a task",
    "comment": "comment on a task",
    "duplicate": "copy a task",
    "split": "split a task",
    "report": "have a report",
    "remind": "be reminded",
    "teach": "teach me a word",
    "plan": "plan a project",
    "spec": "write a spec sheet",
    "ask_person": "ask somebody something",
}


def not_yet(intent: str, person: Person) -> Reply:
    """An honest answer to what was understood and isn't possible."""
    wish = NOT_YET.get(intent)
    if wish is None:
        return unclear(person)
    return unclear(person, lead=f"I think you want to {wish}. I can't do that yet.")


def attached(kind: str) -> Reply:
    """An answer to a photo, a voice message and the like."""
    return reply(
        f"I can't read a {kind} yet. Please write it in words.",
        "To say that a task is done: “done with 42”.",
    )


STRANGER = reply(
    "Hello. I don't know you yet, so I can't do anything for you here.",
    "Ask whoever runs this workspace for an invitation: a link that opens this chat.",
)
DEAD = reply(
    "Something went wrong on my side, and I couldn't handle this message.",
    "It is kept, and whoever runs me can see it. Please try it in other words, or later.",
)
THINKING = reply("Thinking …")
