"""Edited messages: what the new words change in the tasks that the old ones made. Pure.

Only fields that read differently now are touched, so that what somebody has changed since by
other means stays. What isn't simple is said to be not applied, never half applied.
"""

from collections.abc import Callable, Sequence

import msgspec

from services.gateway.dialog.deciding import decide, say
from services.gateway.dialog.drafts import State
from services.gateway.dialog.effects import (
    Alter,
    Close,
    Command,
    Create,
    Decision,
    Effect,
    Keep,
    Redo,
    Say,
    Undo,
)
from services.gateway.dialog.model import Change, NewTask, Reading, Turn
from services.gateway.dialog.needs import FindDraft, FindOrigin, Origin, Talk, ask
from services.gateway.dialog.reply import reply

UNFIT = (
    "I did not apply your edit: {why}. To change a task, reply to its card, or write for example "
    "“42 by Friday”."
)
WRITES = (Command, Alter, Undo, Redo)


def edited(
    turn: Turn, respond: Callable[[], Talk[Decision]], read: Callable[[], Talk[Reading]]
) -> Talk[Decision]:
    """What the edit of a message leads to.

    `respond` answers new words, `read` gives their reading without acting on it.
    """
    origin = yield from ask(FindOrigin(turn.incoming.message or ""))
    if origin is None:
        # It waited long enough for its message: the words count as they are now.
        return (yield from respond())
    made = next((one for one in origin.effects if isinstance(one, Create)), None)
    if made and origin.tasks:
        return changed(turn, origin, origin.read or made.tasks, (yield from read()))
    if any(isinstance(one, WRITES) for one in origin.effects):
        why = "what it said is done already. /undo takes it back"
        return say(turn, reply(UNFIT.format(why=why)))
    asked = [one.draft.id for one in origin.effects if isinstance(one, Keep)]
    for identifier in asked:
        draft = yield from ask(FindDraft(identifier))
        if draft is not None and draft.state is State.DONE:
            why = "you have answered my question about it already"
            return say(turn, reply(UNFIT.format(why=why)))
    decision = yield from respond()
    # A question that the old words raised is no question any more.
    return with_more(decision, [Close(one, State.CANCELLED) for one in asked])


def with_more(decision: Decision, effects: Sequence[Effect]) -> Decision:
    """The decision with these effects after its own, so that the numbers of its own stay."""
    return msgspec.structs.replace(decision, effects=(*decision.effects, *effects))


def changed(turn: Turn, origin: Origin, before: Sequence[NewTask], reading: Reading) -> Decision:
    """The changes from the tasks as they were understood first to those understood now."""
    if reading.intent != "create" or not reading.tasks:
        return say(turn, reply(UNFIT.format(why="I don't read a task in it any more")))
    if len(reading.tasks) != len(before) or len(before) != len(origin.tasks):
        why = f"it made {len(before)}, and now reads as {len(reading.tasks)}"
        return say(turn, reply(UNFIT.format(why=why)))
    if reading.ambiguities or not reading.sure:
        return say(turn, reply(UNFIT.format(why="I am not sure that I understand the new words")))
    effects: list[Effect] = []
    for name, old, new in zip(origin.tasks, before, reading.tasks, strict=True):
        change = difference(old, new)
        if change is not None:
            effects.append(Alter(name, change, edit=True))
    if not effects:
        return decide(turn, Say(reply("Seen. Your edit changes nothing in the task.")))
    own = origin.card if len(before) == 1 else None
    return decide(turn, *effects, reading=reading, edits=own)


def difference(old: NewTask, new: NewTask) -> Change | None:
    """What makes the new of the old; None where nothing that can be changed differs."""
    clears = []
    if old.assignees and not new.assignees:
        clears.append("assignees")
    if old.deadline and not new.deadline:
        clears.append("deadline")
    if old.priority and not new.priority:
        clears.append("priority")
    change = Change(
        assignees=new.assignees if _names(new) != _names(old) else (),
        deadline=new.deadline if new.deadline != old.deadline else None,
        priority=new.priority if new.priority != old.priority else None,
        title=new.title if new.title != old.title else "",
        clears=tuple(clears),
    )
    return change if change != Change() else None


def _names(task: NewTask) -> set[str]:
    return {one.name for one in task.assignees}
