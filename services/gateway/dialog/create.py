"""Tasks out of words: made at once when sure, else shown or asked about first. Pure."""

from collections.abc import Sequence
from difflib import SequenceMatcher

import msgspec

from services.gateway.dialog import text
from services.gateway.dialog.deciding import confirm, decide, options, question, say
from services.gateway.dialog.drafts import PreviewDraft, WhoDraft
from services.gateway.dialog.effects import Create, Decision, Effect
from services.gateway.dialog.model import LEADING, Ambiguity, Named, NewTask, Person, Reading, Turn
from services.gateway.dialog.needs import People, Talk, ask
from services.gateway.dialog.reply import Line, line, reply

SUGGESTED = 5
NOBODY = Named("", "Nobody yet")
MODEL_FAILURES = {
    "timeout": "the language model took too long",
    "unavailable": "the language model can't be reached",
    "budget": "the language model's budget is used up",
    "nonsense": "the language model gave no usable answer",
}


def create(turn: Turn, reading: Reading) -> Talk[Decision]:
    """What a message that wants tasks leads to."""
    if not reading.tasks:
        return say(turn, text.unclear(turn.person), reading=reading)
    tasks = for_oneself(turn, reading.tasks)
    unclear = tuple(one for one in reading.ambiguities if one.field == "assignees")
    if unclear:
        return (yield from who(turn, tasks, unclear, reading=reading))
    if not reading.sure:
        return preview(turn, tasks, reading=reading)
    return decide(turn, Create(tasks), reading=reading)


def for_oneself(turn: Turn, tasks: Sequence[NewTask]) -> tuple[NewTask, ...]:
    """The tasks; those of a member that name nobody are the member's own.

    Bosses and leads write down what somebody is to do; who can't give work to others means himself.
    """
    if turn.person.role in LEADING:
        return tuple(tasks)
    me = (Named(turn.person.name, turn.person.display_name),)
    return tuple(
        task if task.assignees else msgspec.structs.replace(task, assignees=me) for task in tasks
    )


def who(
    turn: Turn,
    tasks: Sequence[NewTask],
    unclear: Sequence[Ambiguity],
    *,
    reading: Reading | None,
    before: Sequence[Effect] = (),
    edits: str | None = None,
) -> Talk[Decision]:
    """Asks who is meant by the first of the unclear words; nothing is made before."""
    first = unclear[0]
    choices = first.candidates
    asked = f"Who is “{first.words}”?" if choices else f"I know nobody called “{first.words}”."
    if not choices:
        choices = (*nearest(first.words, (yield from ask(People()))), NOBODY)
        asked = f"{asked} Who should do it?"
    lines: list[Line] = [
        *text.preview(tasks, reader=turn.person, now=turn.now, unclear=unclear),
        line(asked, " Nothing is created until you choose."),
    ]
    return question(
        turn,
        reply(*lines, rows=options(turn.draft, choices)),
        WhoDraft(tuple(tasks), tuple(unclear), choices),
        reading=reading,
        before=before,
        edits=edits,
    )


def preview(
    turn: Turn,
    tasks: Sequence[NewTask],
    *,
    reading: Reading | None,
    note: str = "",
    before: Sequence[Effect] = (),
) -> Decision:
    """Shows what would be made, with Create and Cancel."""
    failure = MODEL_FAILURES.get(reading.model_failure, "") if reading else ""
    because = f" ({failure})" if failure else ""
    lines: list[Line] = [
        line(note or f"I am not sure that I understood{because}. Shall I create this?"),
        *text.preview(tasks, reader=turn.person, now=turn.now),
    ]
    return question(
        turn,
        reply(*lines, rows=confirm(turn.draft, "Create")),
        PreviewDraft(tuple(tasks), note),
        reading=reading,
        before=before,
    )


def chosen(tasks: Sequence[NewTask], words: Ambiguity, person: Named) -> tuple[NewTask, ...]:
    """The tasks, now that it is said who was meant by the words."""
    at = min(max(words.task, 0), len(tasks) - 1)
    task = tasks[at]
    if person.name and all(one.name != person.name for one in task.assignees):
        task = msgspec.structs.replace(task, assignees=(*task.assignees, person))
    return (*tasks[:at], task, *tasks[at + 1 :])


def nearest(words: str, people: Sequence[Person]) -> list[Named]:
    """The people whose names are most like the words."""
    wanted = words.casefold()

    def likeness(person: Person) -> float:
        names = (person.display_name, *person.aliases)
        return max(SequenceMatcher(None, wanted, name.casefold()).ratio() for name in names)

    ranked = sorted(people, key=lambda person: (-likeness(person), person.display_name))
    return [Named(person.name, person.display_name) for person in ranked[:SUGGESTED]]
