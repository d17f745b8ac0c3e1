"""Drafts: understood messages that wait for a person's choice, as they are kept.

A draft answers to the buttons pick:<id>:<index>, create:<id> and cancel:<id>. Its options are
those of one question; the next question is a draft of its own, so that an old button can't answer
a new one.
"""

from datetime import timedelta
from enum import StrEnum

import msgspec

from services.gateway.dialog.model import (
    Ambiguity,
    Change,
    Filter,
    Named,
    NewTask,
    Reading,
    Value,
)

LIFE = timedelta(hours=24)


class State(StrEnum):
    """What became of a draft."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class WhoDraft(Value, frozen=True, tag=True):
    """Tasks to be made once it is said who is meant by the words of the first ambiguity.

    An option with an empty name leaves the task to nobody.
    """

    tasks: tuple[NewTask, ...]
    open: tuple[Ambiguity, ...]
    options: tuple[Named, ...]


class PreviewDraft(Value, frozen=True, tag=True):
    """Tasks to be made once it is said that they were understood."""

    tasks: tuple[NewTask, ...]
    note: str = ""


class WhichDraft(Value, frozen=True, tag=True):
    """An act, once it is said on which task or, with `field` assignees, for whom.

    With `together` it is on all tasks of the filter, and `field` may be whose they are.
    """

    intent: str
    change: Change
    options: tuple[Named, ...]
    refs: tuple[Named, ...] = ()
    field: str = "task_ref"
    filter: Filter = Filter()
    together: bool = False


class ConfirmDraft(Value, frozen=True, tag=True):
    """An act that was understood without certainty, or that touches much.

    With `together` it is one act, however few the tasks are.
    """

    intent: str
    refs: tuple[Named, ...]
    change: Change
    together: bool = False


Content = WhoDraft | PreviewDraft | WhichDraft | ConfirmDraft


class Draft(Value, frozen=True):
    """A draft and its circumstances. `message` is the gateway's message with its buttons."""

    content: Content
    person: str
    id: str = ""
    state: State = State.OPEN
    expired: bool = False
    message: str | None = None
    tasks: tuple[str, ...] = ()
    reading: Reading | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Draft)


def dump(draft: Draft) -> str:
    """The draft as it is kept."""
    return _encoder.encode(draft).decode()


def load(kept: str | bytes) -> Draft:
    """The draft that was kept."""
    return _decoder.decode(kept)
