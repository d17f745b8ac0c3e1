"""Small parts that every decision is made of. Pure."""

from collections.abc import Sequence

import msgspec

from services.gateway.dialog.drafts import Content, Draft
from services.gateway.dialog.effects import Decision, Effect, Keep, Say
from services.gateway.dialog.model import Named, Pending, Reading, Turn
from services.gateway.dialog.reply import Button, Reply

IN_A_ROW = 2


def decide(
    turn: Turn,
    *effects: Effect,
    reading: Reading | None = None,
    edits: str | None = None,
    toast: str = "",
    pending: Pending | None = None,
    shown: Sequence[str] = (),
) -> Decision:
    """The decision; `shown` are tasks of a list that the next message may speak of.

    A question that was open is closed by any other answer.
    """
    conversation = msgspec.structs.replace(turn.conversation, pending=pending)
    if shown:
        last = shown[0] if len(shown) == 1 else ""
        conversation = msgspec.structs.replace(
            conversation, card_tasks=tuple(shown), last_task=last
        )
    return Decision(effects, conversation, reading, edits, toast)


def say(
    turn: Turn,
    answer: Reply,
    *,
    reading: Reading | None = None,
    toast: str = "",
    shown: Sequence[str] = (),
) -> Decision:
    """An answer that changes nothing."""
    return decide(turn, Say(answer), reading=reading, toast=toast, shown=shown)


def question(
    turn: Turn,
    answer: Reply,
    content: Content,
    *,
    reading: Reading | None = None,
    before: Sequence[Effect] = (),
    edits: str | None = None,
) -> Decision:
    """An answer with a draft that waits for its buttons."""
    draft = Draft(content, turn.person.name, turn.draft, reading=reading)
    return decide(turn, *before, Keep(draft), Say(answer), reading=reading, edits=edits)


def options(draft: str, choices: Sequence[Named], *, label_limit: int = 40) -> list[list[Button]]:
    """A button for each choice, two in a row, and Cancel."""
    picks = [
        Button(_short(choice.display_name, label_limit), f"pick:{draft}:{index}")
        for index, choice in enumerate(choices)
    ]
    rows = [picks[at : at + IN_A_ROW] for at in range(0, len(picks), IN_A_ROW)]
    return [*rows, [Button("Cancel", f"cancel:{draft}")]]


def confirm(draft: str, label: str) -> list[list[Button]]:
    """A button that does it, and Cancel."""
    return [[Button(label, f"create:{draft}"), Button("Cancel", f"cancel:{draft}")]]


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
