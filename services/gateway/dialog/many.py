"""One act on many tasks: which they are is asked of the store, and whether they are meant. Pure."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from services.gateway.dialog import acts, lists
from services.gateway.dialog.create import nearest
from services.gateway.dialog.deciding import decide, options, question, say
from services.gateway.dialog.drafts import ConfirmDraft, Draft, State, WhichDraft
from services.gateway.dialog.effects import Close, Decision, Effect, Say
from services.gateway.dialog.model import Ambiguity, Named, Reading, Turn
from services.gateway.dialog.needs import People, Talk, ask
from services.gateway.dialog.reply import reply

# What the store changes in one act.
MOST = 500
# The words that say whose tasks are meant.
WHOSE = "whose"
# These are asked even where few tasks are meant.
ALWAYS_ASKED = frozenset({"cancel"})


def every(turn: Turn, reading: Reading) -> Talk[Decision]:
    """What an act on every task that a filter lets through leads to."""
    if reading.intent in acts.ONE_BY_ONE:
        alone = f"I {acts.PHRASES[reading.intent]} tasks one by one only: name one by its number."
        return say(turn, reply(alone), reading=reading)
    if reading.ambiguities:
        return (yield from whose(turn, reading, reading.ambiguities[0]))
    if acts.missing(reading.intent, reading.change):
        return say(turn, reply(acts.MISSING[reading.intent]), reading=reading)
    return (yield from found(turn, reading))


def found(
    turn: Turn, reading: Reading, *, before: Sequence[Effect] = (), edits: str | None = None
) -> Talk[Decision]:
    """Looks the tasks up; a few are changed at once where it is sure, many after a Yes."""
    heading = lists.heading_of(reading.filter)
    listing = yield from ask(replace(lists.search(turn, reading.filter), limit=MOST))
    refs = tuple(Named(task.name, task.title) for task in listing.tasks)
    if not refs or listing.total > len(refs):
        many = (
            f"{heading}: those are {listing.total} tasks, and I change {MOST} at once at the most. "
            "Narrow it down, for example by a person or a tag."
        )
        answer = reply(many if refs else f"{heading}: nothing.")
        return decide(turn, *before, Say(answer), reading=reading, edits=edits)
    if len(refs) > acts.AT_ONCE or not reading.sure or reading.intent in ALWAYS_ASKED:
        content = ConfirmDraft(reading.intent, refs, reading.change, together=True)
        asked = acts.confirmation(turn, content)
        return question(turn, asked, content, reading=reading, before=before, edits=edits)
    return acts.carry_out(
        turn,
        reading.intent,
        refs,
        reading.change,
        reading=reading,
        before=before,
        edits=edits,
        as_one=True,
    )


def whose(turn: Turn, reading: Reading, unclear: Ambiguity) -> Talk[Decision]:
    """Asks who is meant: whose tasks, or to whom they go."""
    choices = unclear.candidates
    asked = f"Who is “{unclear.words}”?" if choices else f"I know nobody called “{unclear.words}”."
    if not choices:
        choices = tuple(nearest(unclear.words, (yield from ask(People()))))
    content = WhichDraft(
        reading.intent,
        reading.change,
        choices,
        field=unclear.field,
        filter=reading.filter,
        together=True,
    )
    return question(turn, reply(asked, rows=options(turn.draft, choices)), content, reading=reading)


def chosen(turn: Turn, draft: Draft, content: WhichDraft, option: Named) -> Talk[Decision]:
    """Goes on, now that it is said who was meant; whoever else is unclear is asked for next."""
    asked, change = content.filter, content.change
    if content.field == WHOSE:
        asked = msgspec.structs.replace(asked, assignees=(*asked.assignees, option))
    else:
        change = msgspec.structs.replace(change, assignees=(*change.assignees, option))
    unclear = draft.reading.ambiguities[1:] if draft.reading else ()
    reading = Reading(
        content.intent, change=change, filter=asked, sure=True, ambiguities=unclear, every=True
    )
    close = Close(draft.id, State.DONE)
    if unclear:
        decision = yield from whose(turn, reading, unclear[0])
        return msgspec.structs.replace(
            decision, effects=(close, *decision.effects), edits=draft.message
        )
    return (yield from found(turn, reading, before=(close,), edits=draft.message))
