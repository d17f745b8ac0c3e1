"""Acts on tasks that there are: commands and changes, in words or by number. Pure."""

from collections.abc import Sequence

import msgspec

from services.gateway.dialog import moments
from services.gateway.dialog.create import nearest
from services.gateway.dialog.deciding import confirm, decide, options, question, say
from services.gateway.dialog.drafts import ConfirmDraft, WhichDraft
from services.gateway.dialog.effects import (
    Alter,
    Command,
    Decision,
    Effect,
    Say,
    Together,
    Verb,
)
from services.gateway.dialog.model import (
    RULING,
    Ambiguity,
    Change,
    Named,
    Pending,
    Person,
    Reading,
    Turn,
    task_number,
)
from services.gateway.dialog.needs import People, Search, Talk, Tasks, ask, one_task
from services.gateway.dialog.reply import Line, Reply, line, reply

# Above this many tasks in one message it is asked first.
AT_ONCE = 3
OFFERED = 6
# So many of those that are asked about are named.
LISTED = 10
VERBS = {
    "start": Verb.START,
    "submit": Verb.SUBMIT,
    "approve": Verb.APPROVE,
    "reject": Verb.REJECT,
    "cancel": Verb.CANCEL,
    "block": Verb.BLOCK,
    "unblock": Verb.UNBLOCK,
    "hold": Verb.HOLD,
    "resume": Verb.RESUME,
    "reopen": Verb.REOPEN,
}
PHRASES = {
    "start": "start",
    "complete": "mark as done",
    "submit": "submit",
    "approve": "approve",
    "reject": "send back",
    "cancel": "cancel",
    "block": "block",
    "unblock": "unblock",
    "hold": "put on hold",
    "resume": "resume",
    "reopen": "open again",
    "reassign": "reassign",
    "set_deadline": "move the deadline of",
    "set_priority": "change the priority of",
    "rename": "rename",
    "add_dependency": "make wait",
}
# What the store does to one task at a time.
ONE_BY_ONE = frozenset({"reject", "rename", "block", "unblock", "add_dependency"})
CHANGES = frozenset({"reassign", "set_deadline", "set_priority", "rename", "add_dependency"})
MISSING = {
    "reassign": "Who should do it? For example: “give 42 to Ben”.",
    "set_deadline": "I didn't understand until when. For example: “42 by Friday 5pm”.",
    "set_priority": "Which priority: low, medium, high or urgent? For example: “42 is urgent”.",
    "rename": "What should it be called? For example: “rename 42 to Fix the header”.",
    "add_dependency": "For which task does it wait? For example: “42 depends on 40”.",
}


def act(turn: Turn, reading: Reading) -> Talk[Decision]:
    """What a message about existing tasks leads to."""
    unclear = next((one for one in reading.ambiguities if one.field == "task_ref"), None)
    if unclear:
        return (yield from which(turn, reading, unclear))
    somebody = next((one for one in reading.ambiguities if one.field == "assignees"), None)
    if somebody and reading.intent == "reassign":
        return (yield from to_whom(turn, reading, somebody))
    if not reading.refs:
        return (yield from which(turn, reading, Ambiguity("task_ref", "")))
    if missing(reading.intent, reading.change):
        return say(turn, reply(MISSING[reading.intent]), reading=reading)
    # Named by number, and none of the open tasks that the reading knew of: what it is, the store
    # says, and what can't be done with it.
    by_number = all(not ref.display_name for ref in reading.refs)
    if not reading.sure or len(reading.refs) > AT_ONCE:
        reading = msgspec.structs.replace(reading, refs=(yield from named(reading.refs)))
        if not reading.refs:
            return say(turn, reply("There is no such task here."), reading=reading)
    if len(reading.refs) > AT_ONCE or not (reading.sure or by_number):
        return sure(turn, reading)
    return carry_out(turn, reading.intent, reading.refs, reading.change, reading=reading)


def depend(turn: Turn, reading: Reading) -> Talk[Decision]:
    """What a wish that a task wait for others leads to: they come on top of those it waits for."""
    change = reading.change
    if len(reading.refs) == 1 and change.depends_on:
        task = yield from one_task(reading.refs[0].name)
        before = task.depends_on if task else ()
        known = {one.name for one in before}
        more = tuple(one for one in change.depends_on if one.name not in known)
        change = msgspec.structs.replace(change, depends_on=(*before, *more))
    return (yield from act(turn, msgspec.structs.replace(reading, change=change)))


def named(refs: Sequence[Named]) -> Talk[tuple[Named, ...]]:
    """The tasks that there are of these, with their titles."""
    if all(ref.display_name for ref in refs):
        return tuple(refs)
    found = yield from ask(Tasks(tuple(ref.name for ref in refs)))
    return tuple(Named(task.name, task.title) for task in found)


def carry_out(
    turn: Turn,
    intent: str,
    refs: Sequence[Named],
    change: Change,
    *,
    reading: Reading | None = None,
    before: Sequence[Effect] = (),
    edits: str | None = None,
    as_one: bool = False,
) -> Decision:
    """The effects of an act on these tasks; a rejection without a reason asks for it.

    Few tasks are acts of their own, each with its Undo, unless all of a kind were meant; many are
    one act.
    """
    if intent == "reject" and not change.text:
        if len(refs) > 1:
            one_by_one = reply("Please send tasks back one by one, each with its reason.")
            return decide(turn, *before, Say(one_by_one), reading=reading)
        return ask_reason(turn, refs[0], reading=reading, before=before)
    if (as_one or len(refs) > AT_ONCE) and intent not in ONE_BY_ONE:
        return decide(
            turn, together(turn, intent, refs, change), *before, reading=reading, edits=edits
        )
    if intent in CHANGES:
        effects: list[Effect] = [Alter(ref.name, change) for ref in refs]
    else:
        verb = verb_for(intent, turn.person)
        effects = [Command(verb, ref.name, change.text) for ref in refs]
    return decide(turn, *effects, *before, reading=reading, edits=edits)


def together(turn: Turn, intent: str, refs: Sequence[Named], change: Change) -> Together:
    """The one act on all of them."""
    names = tuple(ref.name for ref in refs)
    if intent in CHANGES:
        return Together(names, change=change)
    return Together(names, verb_for(intent, turn.person), change)


def verb_for(intent: str, person: Person) -> Verb:
    """The command that this person means: a boss's "done" completes, a member's submits."""
    if intent == "complete":
        return Verb.COMPLETE if person.role in RULING else Verb.SUBMIT
    return VERBS[intent]


def ask_reason(
    turn: Turn,
    task: Named,
    *,
    reading: Reading | None = None,
    before: Sequence[Effect] = (),
    toast: str = "",
) -> Decision:
    """Asks why; the person's next message is the reason."""
    title = f" {task.display_name}" if task.display_name else ""
    question_ = reply(
        line(f"What is to be done better on T-{task_number(task.name)}{title}?"),
        "Your next message is passed on. /skip sends it back without a reason, /cancel doesn't.",
    )
    return decide(
        turn,
        *before,
        Say(question_),
        reading=reading,
        toast=toast,
        pending=Pending(task.name, turn.person.name, turn.now),
    )


def missing(intent: str, change: Change) -> bool:
    """Whether a change lacks what it should set."""
    needed = {
        "reassign": change.assignees,
        "set_deadline": change.deadline,
        "set_priority": change.priority,
        "rename": change.title,
        "add_dependency": change.depends_on,
    }
    return intent in needed and not needed[intent]


def which(turn: Turn, reading: Reading, unclear: Ambiguity) -> Talk[Decision]:
    """Asks which task is meant, with the likely ones as buttons."""
    choices = unclear.candidates[:OFFERED]
    wish = PHRASES[reading.intent]
    asked = f"Which task do you want to {wish}?"
    if not choices:
        if unclear.words:
            asked = f"I find no open task like “{unclear.words}”. {asked}"
        mine = yield from ask(Search(assignees=(turn.person.name,), limit=OFFERED))
        choices = tuple(Named(task.name, task.title) for task in mine.tasks)
    if not choices:
        return say(turn, reply(asked, "Name it by number: “done with 42”."), reading=reading)
    named = tuple(
        Named(one.name, f"T-{task_number(one.name)} {one.display_name}") for one in choices
    )
    return question(
        turn,
        reply(asked, rows=options(turn.draft, named)),
        WhichDraft(reading.intent, reading.change, choices),
        reading=reading,
    )


def to_whom(turn: Turn, reading: Reading, unclear: Ambiguity) -> Talk[Decision]:
    """Asks who is meant."""
    choices = unclear.candidates
    asked = f"Who is “{unclear.words}”?" if choices else f"I know nobody called “{unclear.words}”."
    if not choices:
        choices = tuple(nearest(unclear.words, (yield from ask(People()))))
    return question(
        turn,
        reply(asked, rows=options(turn.draft, choices)),
        WhichDraft(reading.intent, reading.change, choices, reading.refs, field="assignees"),
        reading=reading,
    )


def chosen(content: WhichDraft, option: Named) -> tuple[tuple[Named, ...], Change]:
    """The tasks and the change, now that one of the options was pressed."""
    if content.field == "task_ref":
        return (option,), content.change
    people = (*content.change.assignees, option)
    return content.refs, msgspec.structs.replace(content.change, assignees=people)


def sure(turn: Turn, reading: Reading) -> Decision:
    """Asks whether it is really meant, with the list."""
    content = ConfirmDraft(reading.intent, reading.refs, reading.change)
    return question(turn, confirmation(turn, content), content, reading=reading)


def confirmation(turn: Turn, content: ConfirmDraft) -> Reply:
    """The question of a draft that only needs a Yes."""
    count = len(content.refs)
    these = "this task" if count == 1 else f"these {count} tasks"
    to = becoming(content.change, turn)
    lines: list[Line] = [line(f"Shall I {PHRASES[content.intent]} {these}{to}?")]
    lines += [
        line(f"T-{task_number(ref.name)} {ref.display_name}") for ref in content.refs[:LISTED]
    ]
    if count > LISTED:
        lines.append(line(f"… and {count - LISTED} more"))
    return reply(*lines, rows=confirm(turn.draft, "Yes"))


def becoming(change: Change, turn: Turn) -> str:
    """What a change leads to, after its verb: " to Fri 27 Nov 18:00"."""
    parts = [one.display_name for one in change.assignees]
    if change.deadline:
        parts.append(moments.when(change.deadline, turn.now, timezone=turn.person.timezone))
    if change.priority:
        parts.append(change.priority.value)
    return f" to {', '.join(parts)}" if parts else ""
