"""Decides what a message leads to: conversation × message → effects. Pure.

A generator: it yields what it needs to know (`needs`) and returns a Decision; nothing here touches
the world. By kind of message it hands on: words and commands here, buttons to `presses`, edits to
`edits`; by intent, to the tables below. A new intent is a row here and a function in its file.
"""

from collections.abc import Callable
from datetime import timedelta

import msgspec

from services.gateway.dialog import (
    acts,
    commands,
    create,
    edits,
    joining,
    lists,
    many,
    presence,
    presses,
    text,
)
from services.gateway.dialog.commands import Command as Slash
from services.gateway.dialog.deciding import decide, say
from services.gateway.dialog.effects import Attend, Clock, Command, Decision, Redo, Undo, Verb
from services.gateway.dialog.model import (
    Attached,
    Change,
    Edited,
    Filter,
    Joined,
    Named,
    NewTask,
    Pressed,
    Reading,
    Turn,
    task_name,
)
from services.gateway.dialog.needs import FindCard, Interpret, Talk, ask
from services.gateway.dialog.reply import Line, code, line, reply

# So many tasks of a card may be meant by their place in it.
HINTED = 100
# After this a question is forgotten, and words are words again.
QUESTION_LIFE = timedelta(hours=24)


def respond(turn: Turn) -> Talk[Decision]:
    """What this message leads to."""
    content = turn.incoming.content
    if isinstance(content, Joined) or not turn.incoming.addressed:
        return Decision((), turn.conversation)
    if isinstance(content, Pressed):
        return (yield from presses.pressed(turn, content.data))
    if isinstance(content, Attached):
        return say(turn, text.attached(content.kind))
    words = content.text
    if isinstance(content, Edited):
        return (
            yield from edits.edited(
                turn, lambda: written(turn, words), lambda: create_reading(turn, words)
            )
        )
    return (yield from written(turn, words))


def written(turn: Turn, words: str) -> Talk[Decision]:
    """What words lead to: an answer to a question, a command, or plain language."""
    command = commands.read(words)
    pending = turn.conversation.pending
    asked = (
        pending is not None
        and pending.person == turn.person.name
        and turn.now - pending.asked_at < QUESTION_LIFE
    )
    if pending is not None and asked and (command is None or command.name == "skip"):
        reason = "" if command else words.strip()
        return decide(turn, Command(Verb.REJECT, pending.task, reason))
    if command is not None:
        return (yield from commanded(turn, command))
    if not words.strip():
        return say(turn, text.unclear(turn.person, lead="I see no words in that."))
    return (yield from understood(turn, words))


# Plain language ------------------------------------------------------------------------------


def understood(turn: Turn, words: str) -> Talk[Decision]:
    """What plain words lead to."""
    reading = yield from read(turn, words)
    return (yield from by_intent(turn, reading))


def read(turn: Turn, words: str, *, offset: int = 0) -> Talk[Reading]:
    """The reading of the words, which begin at `offset` of the message.

    "It" and "2" mean the card that the message replies to, else the last one.
    """
    tasks, last = turn.conversation.card_tasks, turn.conversation.last_task
    if turn.incoming.reply_to:
        card = yield from ask(FindCard(turn.incoming.reply_to))
        if card and card.tasks:
            tasks, last = card.tasks, card.tasks[0] if len(card.tasks) == 1 else ""
    reading = yield from ask(Interpret(words, tasks[:HINTED], last))
    if not offset:
        return reading
    spans = tuple(
        msgspec.structs.replace(span, start=span.start + offset, end=span.end + offset)
        for span in reading.spans
    )
    return msgspec.structs.replace(reading, spans=spans)


def create_reading(turn: Turn, words: str) -> Talk[Reading]:
    """The reading of words that may also stand after /task, as they would be acted on."""
    command = commands.read(words)
    if command is not None and command.name == "task" and command.rest:
        reading = yield from read(turn, command.rest, offset=command.offset)
        reading = as_task(reading, command.rest)
    else:
        reading = yield from read(turn, words)
    return msgspec.structs.replace(reading, tasks=create.for_oneself(turn, reading.tasks))


def as_task(reading: Reading, words: str) -> Reading:
    """The reading as one that makes a task, whatever it was."""
    if reading.intent == "create" and reading.tasks:
        return reading
    return Reading(
        "create",
        tasks=(NewTask(" ".join(words.split())[:200]),),
        source=reading.source,
        model_failure=reading.model_failure,
    )


ByReading = Callable[[Turn, Reading], Talk[Decision]]


def by_intent(turn: Turn, reading: Reading) -> Talk[Decision]:
    """What a reading leads to, by the table below."""
    if reading.every and reading.intent in acts.PHRASES:
        return (yield from many.every(turn, reading))
    answer = INTENTS.get(reading.intent)
    if answer is None:
        return say(turn, text.not_yet(reading.intent, turn.person), reading=reading)
    return (yield from answer(turn, reading))


def _undo(turn: Turn, reading: Reading) -> Talk[Decision]:
    yield from ()
    return decide(turn, Undo(), reading=reading)


def _redo(turn: Turn, reading: Reading) -> Talk[Decision]:
    yield from ()
    return decide(turn, Redo(), reading=reading)


def _help(turn: Turn, reading: Reading) -> Talk[Decision]:
    yield from ()
    return say(turn, text.help_for(turn.person), reading=reading)


def _smalltalk(turn: Turn, reading: Reading) -> Talk[Decision]:
    yield from ()
    friendly = reply(f"Glad to help, {turn.person.display_name}. Tell me what is to be done.")
    return say(turn, friendly, reading=reading)


INTENTS: dict[str, ByReading] = {
    "create": create.create,
    **dict.fromkeys(
        (
            "start",
            "complete",
            "submit",
            "approve",
            "reject",
            "cancel",
            "block",
            "unblock",
            "hold",
            "resume",
            "reopen",
            "reassign",
            "set_deadline",
            "set_priority",
            "rename",
        ),
        acts.act,
    ),
    "add_dependency": acts.depend,
    "attendance": presence.attend,
    "query": lists.query,
    "search": lists.query,
    "show": lists.show,
    "undo": _undo,
    "redo": _redo,
    "help": _help,
    "smalltalk": _smalltalk,
}


# Commands ------------------------------------------------------------------------------------


ACTS = {
    "done": "complete",
    "startwork": "start",
    "approve": "approve",
    "reject": "reject",
    "cancel_task": "cancel",
    "block": "block",
    "unblock": "unblock",
    "hold": "hold",
    "resume": "resume",
    "reopen": "reopen",
}
WORDS = {
    "done": "done with",
    "startwork": "start",
    "approve": "approve",
    "reject": "reject",
    "cancel_task": "cancel",
    "block": "block",
    "unblock": "unblock",
    "hold": "put on hold",
    "resume": "resume",
    "reopen": "reopen",
    "show": "show",
}


def commanded(turn: Turn, command: Slash) -> Talk[Decision]:
    """What a slash command leads to."""
    name, rest = command.name, command.rest
    if name in ACTS:
        return (yield from on_tasks(turn, command))
    if name in set(Clock):
        return decide(turn, Attend(Clock(name)))
    if name in ("tasks", "mine", "today", "overdue"):
        return (yield from listing(turn, command))
    if name == "task":
        return (yield from task(turn, command))
    if name == "depends":
        return (yield from depends(turn, command))
    if name == "show":
        return (yield from show(turn, command))
    if name == "team":
        return (yield from joining.team(turn))
    if name == "start":
        return joining.start(turn, rest)
    if name == "invite":
        return joining.invite(turn, rest)
    return simple(turn, name)


def simple(turn: Turn, name: str) -> Decision:
    """Commands without anything after them, and unknown ones."""
    if name == "undo":
        return decide(turn, Undo())
    if name == "redo":
        return decide(turn, Redo())
    if name == "help":
        return say(turn, text.help_for(turn.person))
    if name in ("cancel", "skip"):
        done = "Left as it was." if turn.conversation.pending else "There is no open question."
        return say(turn, reply(done))
    return unknown(turn, name)


def unknown(turn: Turn, name: str) -> Decision:
    """The commands that may have been meant."""
    near = commands.nearest(name)
    lines: list[str | Line] = [line("I don't know ", code(f"/{name[:40]}"), ".")]
    if near:
        lines.append("Did you mean:")
        lines += [f"/{one}: {commands.KNOWN[one]}" for one in near]
    else:
        lines.append("/help shows what there is.")
    return say(turn, reply(*lines))


def on_tasks(turn: Turn, command: Slash) -> Talk[Decision]:
    """/done 42 and the like; without numbers, the same in words."""
    intent = ACTS[command.name]
    listed, rest = commands.numbers(command.rest)
    if listed:
        refs = tuple(Named(task_name(turn.person.workspace, number), "") for number in listed)
        reading = Reading(intent, refs=refs, change=Change(text=rest), sure=True)
        return (yield from acts.act(turn, reading))
    if not command.rest:
        return (yield from acts.act(turn, Reading(intent, sure=True)))
    reading = yield from read(turn, f"{WORDS[command.name]} {command.rest}")
    if reading.intent not in acts.PHRASES:
        reading = Reading(intent)
    return (yield from acts.act(turn, msgspec.structs.replace(reading, intent=intent)))


def listing(turn: Turn, command: Slash) -> Talk[Decision]:
    """/tasks and the like, narrowed down by words."""
    if not command.rest:
        return (yield from lists.by_command(turn, command.name))
    words = command.rest if command.name == "tasks" else f"{command.name} {command.rest}"
    reading = yield from read(turn, f"show tasks {words}")
    if reading.intent not in ("query", "search"):
        return (yield from lists.listed(turn, Filter(text=command.rest)))
    return (yield from lists.query(turn, reading))


def task(turn: Turn, command: Slash) -> Talk[Decision]:
    """/task TEXT."""
    if not command.rest:
        return say(turn, text.unclear(turn.person, lead="What is to be done?"))
    reading = yield from read(turn, command.rest, offset=command.offset)
    return (yield from create.create(turn, as_task(reading, command.rest)))


def depends(turn: Turn, command: Slash) -> Talk[Decision]:
    """/depends 42 on 40; several are told by commas."""
    waiting, rest = commands.numbers(command.rest)
    others, _ = commands.numbers(rest.removeprefix("on").removeprefix(":"))
    if len(waiting) != 1 or not others:
        return say(turn, reply(acts.MISSING["add_dependency"]))
    refs = [Named(task_name(turn.person.workspace, number), "") for number in (*waiting, *others)]
    change = Change(depends_on=tuple(refs[1:]))
    reading = Reading("add_dependency", refs=(refs[0],), change=change, sure=True)
    return (yield from acts.depend(turn, reading))


def show(turn: Turn, command: Slash) -> Talk[Decision]:
    """/show 42."""
    listed, _ = commands.numbers(command.rest)
    if listed:
        names = tuple(task_name(turn.person.workspace, number) for number in listed)
        return (yield from lists.shown(turn, names))
    if not command.rest:
        return say(turn, reply("Which task? For example: /show 42"))
    reading = yield from read(turn, f"{WORDS['show']} {command.rest}")
    return (yield from lists.show(turn, reading))
