"""What is said of effects that were carried out: results → replies. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.dialog import moments, presence, text
from services.gateway.dialog.effects import (
    Alter,
    Announce,
    Attended,
    Carried,
    Close,
    Command,
    Create,
    Done,
    Entered,
    Invited,
    Keep,
    Redo,
    Refused,
    Say,
    Together,
    Undo,
    Verb,
)
from services.gateway.dialog.model import (
    RULING,
    Change,
    Named,
    Person,
    Status,
    Task,
    Turn,
    task_number,
)
from services.gateway.dialog.reply import Button, Line, Reply, bold, italic, line, reply

DID = {
    Verb.START: "Started",
    Verb.SEE: "Seen",
    Verb.SUBMIT: "Submitted",
    Verb.APPROVE: "Approved",
    Verb.REJECT: "Sent back",
    Verb.COMPLETE: "Completed",
    Verb.CANCEL: "Cancelled",
    Verb.BLOCK: "Blocked",
    Verb.UNBLOCK: "Unblocked",
    Verb.HOLD: "Put on hold",
    Verb.RESUME: "Resumed",
    Verb.REOPEN: "Open again",
    Verb.ACCEPT: "Yours now",
    Verb.DECLINE: "Declined",
}
LISTED = 10
# So many tasks are offered to be completed when their last parts were closed.
WHOLES = 3
SO_ALREADY = "Nothing changed, it was so already"


@dataclass(frozen=True, slots=True)
class Answer:
    """One message.

    `new` where it must not replace the card whose button was pressed: what is out of date says so
    in a message of its own.
    """

    reply: Reply
    new: bool = False


def answers(carried: Sequence[Carried], turn: Turn) -> list[Answer]:
    """The messages that tell what came of a decision; one, but for effects that say more."""
    told = [one for one in carried if not isinstance(one.effect, Close | Keep | Announce)]
    acts = [one for one in told if isinstance(one.effect, Command | Alter)]
    said: list[Answer] = []
    if len(acts) > 1:
        said.append(together(acts, turn))
    for one in told:
        if len(acts) > 1 and one in acts:
            continue
        said.append(_one(one, turn))
    return said


def _one(one: Carried, turn: Turn) -> Answer:
    effect, result = one.effect, one.result
    if isinstance(result, Refused):
        return Answer(refused(result), new=True)
    if isinstance(effect, Say):
        return Answer(effect.reply)
    if isinstance(result, Invited):
        return Answer(invited(result))
    if isinstance(result, Attended):
        return Answer(presence.attended(result, turn))
    if isinstance(result, Entered):
        return Answer(entered(result, turn.person))
    if isinstance(effect, Create):
        return Answer(
            text.created(
                result.tasks, effect.tasks, reader=turn.person, now=turn.now, act=result.act
            )
        )
    if isinstance(effect, Together):
        return Answer(of_many(effect, result, turn), new=not result.act)
    if isinstance(effect, Undo | Redo):
        return Answer(undone(effect, result, turn))
    return done(effect, result, turn)


def refused(result: Refused) -> Reply:
    """What can't be, in the task service's own words."""
    return reply(result.message)


def done(effect: object, result: Done, turn: Turn) -> Answer:
    """The card of a task after an act on it."""
    task = result.tasks[0]
    heading, notes, new = "", [], False
    if isinstance(effect, Command):
        seen = effect.verb is Verb.SEE
        heading = DID[effect.verb] if result.act or seen else SO_ALREADY
        if effect.verb is Verb.SUBMIT and task.status is Status.COMPLETED and result.act:
            heading = DID[Verb.COMPLETE]
        if effect.verb is Verb.REJECT and task.feedback:
            notes.append(f"Reason: {task.feedback}")
        new = not result.act and not seen
    elif isinstance(effect, Alter):
        heading = changed(effect.change, turn) if result.act else SO_ALREADY
        if effect.edit:
            heading = f"Your edit is applied: {heading}"
    card = text.card(
        task, reader=turn.person, now=turn.now, heading=heading, notes=notes, act=result.act
    )
    return Answer(with_wholes(card, result.completable, turn), new=new)


def with_wholes(card: Reply, wholes: Sequence[Named], turn: Turn) -> Reply:
    """The card with an offer to complete the tasks whose last open part was closed."""
    verb = "complete" if turn.person.role in RULING else "submit"
    lines, rows = [], []
    for whole in wholes[:WHOLES]:
        number = task_number(whole.name)
        title = f" “{whole.display_name}”" if whole.display_name else ""
        lines.append(line(f"All parts of T-{number}{title} are closed. Is it done as well?"))
        rows.append((Button(f"Done T-{number}", f"{verb}:{number}"),))
    return Reply((*card.lines, *lines), (*card.rows, *rows))


def changed(change: Change, turn: Turn) -> str:
    """What a change set, in words."""
    parts = []
    if change.title:
        parts.append("title")
    if change.assignees:
        parts.append(f"now {', '.join(one.display_name for one in change.assignees)}'s")
    if change.deadline:
        due = moments.when(change.deadline, turn.now, timezone=turn.person.timezone)
        parts.append(f"due {due}")
    if change.priority:
        parts.append(change.priority.value)
    if change.depends_on:
        waits = ", ".join(f"T-{task_number(one.name)}" for one in change.depends_on)
        parts.append(f"waits for {waits}")
    parts += [f"no {field}" for field in change.clears]
    return f"Changed: {', '.join(parts)}"


def together(carried: Sequence[Carried], turn: Turn) -> Answer:
    """Several acts in one message, each with its own Undo."""
    lines: list[Line] = []
    row: list[Button] = []
    for one in carried:
        if isinstance(one.result, Done) and one.result.tasks:
            task = one.result.tasks[0]
            heading = _did(one)
            lines.append(line(italic(heading), " ", *text.headline(task)))
            lines.append(line(f"    {text.facts(task, reader=turn.person, now=turn.now)}"))
            if one.result.act:
                row.append(Button(f"Undo {task.id}", f"undo:{one.result.act}"))
        elif isinstance(one.result, Refused):
            lines.append(line(one.result.message))
    wholes = [
        whole for one in carried if isinstance(one.result, Done) for whole in one.result.completable
    ]
    return Answer(with_wholes(reply(*lines, rows=[row]), wholes, turn))


def of_many(effect: Together, result: Done, turn: Turn) -> Reply:
    """One act on many tasks: how many, the first of them, and what was left out and why."""
    count = len(result.tasks)
    done = DID[effect.verb] if effect.verb else changed(effect.change, turn)
    these = "1 task" if count == 1 else f"{count} tasks"
    heading = f"{these}. {done}" if result.act else "Nothing changed"
    lines: list[Line] = [line(italic(heading))]
    if result.act:
        lines += [_undone_task(task, turn) for task in result.tasks[:LISTED]]
    if result.act and count > LISTED:
        lines.append(line(f"… and {count - LISTED} more"))
    lines += [line(sentence) for sentence in result.kept[:LISTED]]
    if len(result.kept) > LISTED:
        lines.append(line(f"… and {len(result.kept) - LISTED} more are left as they were"))
    undo_all = [[Button("Undo all", f"undo:{result.act}")]] if result.act else ()
    return with_wholes(reply(*lines, rows=undo_all), result.completable, turn)


def _did(one: Carried) -> str:
    if isinstance(one.result, Done) and not one.result.act:
        return "Unchanged"
    return DID[one.effect.verb] if isinstance(one.effect, Command) else "Changed"


def undone(effect: Undo | Redo, result: Done, turn: Turn) -> Reply:
    """What was taken back or done again, and what was not."""
    verb = "Taken back" if isinstance(effect, Undo) else "Done again"
    lines: list[Line] = [line(italic(f"{verb}: {result.summary}" if result.summary else verb))]
    lines += [_undone_task(task, turn) for task in result.tasks[: text.CARD_TASKS]]
    if len(result.tasks) > text.CARD_TASKS:
        lines.append(line(f"… and {len(result.tasks) - text.CARD_TASKS} more"))
    lines += [line(sentence) for sentence in result.kept]
    if isinstance(effect, Undo):
        lines.append(line("/redo does it again."))
        return reply(*lines)
    undo = [Button("Undo", f"undo:{result.act}")] if result.act else []
    return reply(*lines, rows=[undo])


def _undone_task(task: Task, turn: Turn) -> Line:
    facts = text.facts(task, reader=turn.person, now=turn.now)
    return line(*text.headline(task), f" · {facts}")


def invited(result: Invited) -> Reply:
    """The two links of an invitation."""
    lines: list[Line] = [
        line(
            "Send one of these to ",
            bold(result.person),
            f". Each works once, for {result.days} days.",
        )
    ]
    if result.telegram:
        lines.append(line(f"Telegram: {result.telegram}"))
    if result.browser:
        lines.append(line(f"Browser: {result.browser}"))
    return reply(*lines)


def entered(result: Entered, person: Person) -> Reply:
    """A welcome to who has just come in."""
    words = text.welcome(person)
    if not result.owner:
        return words
    return Reply((line("You own this workspace now."), *words.lines), words.rows)
