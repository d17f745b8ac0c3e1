"""Buttons: what a press leads to. Pure.

Their data is short and stateless; nothing in it is believed, permissions are the task service's.
What is out of date answers with the present state.
"""

import re
from uuid import UUID

import msgspec

from services.gateway.dialog import acts, create, lists, many, text
from services.gateway.dialog.deciding import confirm, decide, options, say
from services.gateway.dialog.drafts import (
    ConfirmDraft,
    Draft,
    PreviewDraft,
    State,
    WhichDraft,
    WhoDraft,
)
from services.gateway.dialog.effects import Close, Command, Create, Decision, Keep, Say, Undo, Verb
from services.gateway.dialog.model import LEADING, Named, Status, Turn, task_name
from services.gateway.dialog.needs import FindCard, FindDraft, Talk, ask, one_task
from services.gateway.dialog.reply import Reply, line, reply

COMMANDS = {
    "start": Verb.START,
    "submit": Verb.SUBMIT,
    "approve": Verb.APPROVE,
    "complete": Verb.COMPLETE,
    "seen": Verb.SEE,
    "accept": Verb.ACCEPT,
    "decline": Verb.DECLINE,
}
LARGEST = 10**9
OLD = "This button is of an older time; I don't know it any more. /help shows what works."

_DATA = re.compile(r"(\w{1,12}):([0-9A-Za-z-]{1,40})(?::(\d{1,3}))?", re.ASCII)


def pressed(turn: Turn, data: str) -> Talk[Decision]:
    """What a pressed button leads to."""
    found = _DATA.fullmatch(data)
    if not found:
        return say(turn, reply(OLD), toast=OLD)
    kind, subject, index = found.groups()
    if kind in ("pick", "create", "cancel"):
        return (yield from drafted(turn, kind, subject, int(index or 0)))
    if kind == "undo":
        return (yield from undo(turn, subject))
    if not subject.isdecimal() or int(subject) > LARGEST:
        return say(turn, reply(OLD), toast=OLD)
    name = task_name(turn.person.workspace, int(subject))
    if kind == "reject":
        return (yield from reject(turn, name))
    if kind in COMMANDS:
        card = yield from ask(FindCard(turn.incoming.message or ""))
        own = card.message if card and card.tasks == (name,) else None
        return decide(turn, Command(COMMANDS[kind], name), edits=own)
    return say(turn, reply(OLD), toast=OLD)


def undo(turn: Turn, act: str) -> Talk[Decision]:
    """Takes back the act that the button's card shows."""
    if not _is_uuid(act):
        return say(turn, reply(OLD), toast=OLD)
    card = yield from ask(FindCard(turn.incoming.message or "", act))
    return decide(turn, Undo(act), edits=card.message if card else None)


def reject(turn: Turn, name: str) -> Talk[Decision]:
    """Asks for the reason, of whoever may reject what can be rejected."""
    task = yield from one_task(name)
    if task is None or turn.person.role not in LEADING:
        # The task service says why not.
        return decide(turn, Command(Verb.REJECT, name))
    if task.status is not Status.IN_REVIEW:
        state = text.STATUS_WORDS[task.status]
        card = text.card(
            task, reader=turn.person, now=turn.now, heading=f"Not waiting for review: {state}"
        )
        return say(turn, card, toast=f"{task.id} is {state}", shown=(name,))
    return acts.ask_reason(turn, Named(name, task.title))


# Drafts --------------------------------------------------------------------------------------


def drafted(turn: Turn, kind: str, identifier: str, index: int) -> Talk[Decision]:
    """What a button under a question leads to."""
    draft = (yield from ask(FindDraft(identifier))) if _is_uuid(identifier) else None
    if draft is None:
        return say(turn, reply(OLD), toast=OLD)
    if draft.person != turn.person.name:
        mine = "This question was put to somebody else."
        return say(turn, reply(mine), toast=mine)
    if draft.state is not State.OPEN:
        return (yield from settled(turn, draft))
    if kind == "cancel":
        done = reply("Cancelled. Nothing was created or changed.")
        return decide(
            turn,
            Close(draft.id, State.CANCELLED),
            Say(done),
            edits=draft.message,
            toast="Cancelled",
        )
    if draft.expired:
        return again(turn, draft)
    return (yield from answered(turn, draft, kind, index))


def settled(turn: Turn, draft: Draft) -> Talk[Decision]:
    """The present state behind a question that was answered before."""
    if draft.state is State.CANCELLED:
        gone = "This was cancelled; nothing came of it."
        return say(turn, reply(gone), toast=gone)
    if not draft.tasks:
        already = "This was answered already."
        return say(turn, reply(already), toast=already)
    decision = yield from lists.shown(turn, draft.tasks)
    return msgspec.structs.replace(decision, toast="This was answered already.")


def again(turn: Turn, draft: Draft) -> Decision:
    """The same question anew: an answer may not rest on what was understood long ago."""
    kept = Draft(draft.content, draft.person, turn.draft, reading=draft.reading)
    shown = asked_again(turn, kept)
    lead = line("This question is more than a day old, so I put it again.")
    return decide(
        turn,
        Close(draft.id, State.CANCELLED),
        Keep(kept),
        Say(Reply((lead, *shown.lines), shown.rows)),
    )


def asked_again(turn: Turn, draft: Draft) -> Reply:
    """The question of a draft, with its buttons."""
    content = draft.content
    if isinstance(content, ConfirmDraft):
        return acts.confirmation(turn, content)
    if isinstance(content, WhichDraft):
        asked = "Which task is meant?" if content.field == "task_ref" else "Who is meant?"
        return reply(asked, rows=options(draft.id, content.options))
    lines = text.preview(content.tasks, reader=turn.person, now=turn.now)
    if isinstance(content, PreviewDraft):
        return reply(*lines, "Shall I create this?", rows=confirm(draft.id, "Create"))
    asked = f"Who is “{content.open[0].words}”?"
    return reply(*lines, asked, rows=options(draft.id, content.options))


def answered(turn: Turn, draft: Draft, kind: str, index: int) -> Talk[Decision]:
    """What the choice leads to; the question's own message becomes the answer."""
    close = Close(draft.id, State.DONE)
    content = draft.content
    if isinstance(content, WhoDraft | WhichDraft) != (kind == "pick"):
        return say(turn, reply(OLD), toast=OLD)
    if isinstance(content, PreviewDraft):
        return decide(
            turn, Create(content.tasks), close, reading=draft.reading, edits=draft.message
        )
    if isinstance(content, ConfirmDraft):
        return acts.carry_out(
            turn,
            content.intent,
            content.refs,
            content.change,
            before=(close,),
            edits=draft.message,
            as_one=content.together,
        )
    if index >= len(content.options):
        return say(turn, reply(OLD), toast=OLD)
    option = content.options[index]
    if isinstance(content, WhichDraft) and content.together:
        return (yield from many.chosen(turn, draft, content, option))
    if isinstance(content, WhichDraft):
        return which(turn, draft, content, option)
    tasks = create.chosen(content.tasks, content.open[0], option)
    if len(content.open) > 1:
        return (
            yield from create.who(
                turn,
                tasks,
                content.open[1:],
                reading=draft.reading,
                before=(close,),
                edits=draft.message,
            )
        )
    return decide(turn, Create(tasks), close, reading=draft.reading, edits=draft.message)


def which(turn: Turn, draft: Draft, content: WhichDraft, option: Named) -> Decision:
    """Carries out an act whose task or person is now known."""
    refs, change = acts.chosen(content, option)
    close = Close(draft.id, State.DONE)
    if acts.missing(content.intent, change):
        return decide(turn, close, Say(reply(acts.MISSING[content.intent])))
    return acts.carry_out(turn, content.intent, refs, change, before=(close,), edits=draft.message)


def _is_uuid(written: str) -> bool:
    try:
        UUID(written)
    except ValueError:
        return False
    return True
