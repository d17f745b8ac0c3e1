"""An answer as HTTP shows it: messages as plain text, changed tasks, what was understood."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from services.gateway import shapes
from services.gateway.dialog.answers import Answer
from services.gateway.dialog.model import Ambiguity, Named, NewTask, Reading
from services.gateway.dialog.reply import plain


class ShownButton(Struct, frozen=True):
    """A button; `data` is sent back when it is pressed."""

    label: str
    data: str


class ShownMessage(Struct, frozen=True):
    """A message of the bot. `edits` names the earlier one that it replaces."""

    id: str
    text: str
    buttons: list[list[ShownButton]]
    edits: str | None


class ShownRef(Struct, frozen=True):
    """A person or a task."""

    id: str
    name: str


class ShownSpan(Struct, frozen=True):
    """A stretch of the message, in code points, and the field that was taken from it."""

    field: str
    start: int
    end: int
    task: int


class ShownDraft(Struct, frozen=True):
    """A task as it was understood."""

    title: str
    assignees: list[ShownRef]
    deadline: datetime | None
    priority: str | None
    recurrence: str | None
    tags: list[str]
    subtasks: list[str]
    after: list[int]
    estimate_minutes: int | None
    template: str | None


class ShownAmbiguity(Struct, frozen=True):
    """Words that fit none or several."""

    field: str
    words: str
    candidates: list[ShownRef]
    task: int


class Understood(Struct, frozen=True):
    """What a message was understood as."""

    intent: str
    sure: bool
    confidence: float
    source: str
    tasks: list[ShownDraft]
    refs: list[ShownRef]
    spans: list[ShownSpan]
    ambiguities: list[ShownAmbiguity]
    model_failure: str | None


class Shown(Struct, frozen=True):
    """The answer to a message; `understood` is null where nothing had to be."""

    messages: list[ShownMessage]
    tasks: list[shapes.Task]
    understood: Understood | None


def messages(answers: Sequence[Answer], *, row: int, edits: str | None) -> list[ShownMessage]:
    """Return the messages of an answer; the first replaces `edits` where it may."""
    return [
        ShownMessage(
            id=f"{row}-{number}",
            text=plain(one.reply),
            buttons=[
                [ShownButton(button.label, button.data) for button in line]
                for line in one.reply.rows
            ],
            edits=edits if number == 0 and not one.new else None,
        )
        for number, one in enumerate(answers)
    ]


def understood(reading: Reading | None) -> Understood | None:
    """Return a reading as it is shown."""
    if reading is None:
        return None
    return Understood(
        intent=reading.intent,
        sure=reading.sure,
        confidence=round(reading.confidence, 3),
        source=reading.source,
        tasks=[_draft(one) for one in reading.tasks],
        refs=[_ref(one) for one in reading.refs],
        spans=[ShownSpan(one.field, one.start, one.end, one.task) for one in reading.spans],
        ambiguities=[_ambiguity(one) for one in reading.ambiguities],
        model_failure=reading.model_failure or None,
    )


def _draft(task: NewTask) -> ShownDraft:
    return ShownDraft(
        title=task.title,
        assignees=[_ref(one) for one in task.assignees],
        deadline=task.deadline,
        priority=task.priority.value if task.priority else None,
        recurrence=task.recurrence or None,
        tags=list(task.tags),
        subtasks=list(task.subtasks),
        after=list(task.after),
        estimate_minutes=task.estimate_minutes,
        template=task.template or None,
    )


def _ambiguity(one: Ambiguity) -> ShownAmbiguity:
    return ShownAmbiguity(
        one.field, one.words, [_ref(candidate) for candidate in one.candidates], one.task
    )


def _ref(named: Named) -> ShownRef:
    """Return somebody or something by the id that people see."""
    letter = "P" if "/people/" in named.name else "T"
    number = named.name.rsplit("/", 1)[-1]
    return ShownRef(f"{letter}-{number}" if number else "", named.display_name)
