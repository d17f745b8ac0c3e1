"""What can be decided: the effects of a message, as they are kept in its inbox row.

Effect n of a message is carried out with `request_id` n, so that a list of effects, once stored,
may be carried out any number of times and happens once.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from services.gateway.dialog.drafts import Draft
from services.gateway.dialog.model import (
    Change,
    Conversation,
    Named,
    NewTask,
    Reading,
    Sender,
    Task,
    Value,
)
from services.gateway.dialog.reply import Reply


class Verb(StrEnum):
    """A command on a task."""

    START = "start"
    SEE = "see"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    COMPLETE = "complete"
    CANCEL = "cancel"
    BLOCK = "block"
    UNBLOCK = "unblock"
    HOLD = "hold"
    RESUME = "resume"
    REOPEN = "reopen"
    ACCEPT = "accept"
    DECLINE = "decline"


class Create(Value, frozen=True, tag=True):
    """Make these tasks as one act."""

    tasks: tuple[NewTask, ...]


class Command(Value, frozen=True, tag=True):
    """Do this to a task; `text` is a reason, or notes."""

    verb: Verb
    task: str
    text: str = ""


class Alter(Value, frozen=True, tag=True):
    """Change fields of a task; `edit` where the sender edited the message that made it."""

    task: str
    change: Change
    edit: bool = False


class Together(Value, frozen=True, tag=True):
    """Change many tasks, or do this to them, as one act; what can't be so is left out and told."""

    tasks: tuple[str, ...]
    verb: Verb | None = None
    change: Change = Change()


class Clock(StrEnum):
    """What somebody says of being at work."""

    IN = "in"
    OUT = "out"
    BREAK = "break"


class Attend(Value, frozen=True, tag=True):
    """Note that the sender comes, goes, or begins or ends a break."""

    clock: Clock


class Undo(Value, frozen=True, tag=True):
    """Take back an act of the sender; empty: the last."""

    act: str = ""


class Redo(Value, frozen=True, tag=True):
    """Do again what was last taken back."""


class Say(Value, frozen=True, tag=True):
    """Say this; changes nothing."""

    reply: Reply


class Keep(Value, frozen=True, tag=True):
    """Keep a draft until a button of it is pressed."""

    draft: Draft


class Close(Value, frozen=True, tag=True):
    """A draft is done with; the tasks are those that the effects before this one made."""

    id: str
    outcome: str


class Enter(Value, frozen=True, tag=True):
    """Somebody came with the token of a link (its hash is kept): make him who it is for."""

    token_hash: str
    sender: Sender


class Invite(Value, frozen=True, tag=True):
    """Add a person, unless there is one of this name, and make the two links."""

    name: str
    department: str = ""


class Announce(Value, frozen=True, tag=True):
    """Tell the owner of the installation something."""

    reply: Reply


Effect = (
    Create
    | Command
    | Alter
    | Together
    | Attend
    | Undo
    | Redo
    | Say
    | Keep
    | Close
    | Enter
    | Invite
    | Announce
)


class Decision(Value, frozen=True):
    """What a message leads to, in order, and what the chat remembers afterwards.

    `edits` is the gateway's own message that the first answer replaces. `toast` is for whoever
    pressed a button.
    """

    effects: tuple[Effect, ...]
    conversation: Conversation
    reading: Reading | None = None
    edits: str | None = None
    toast: str = ""


# What came of an effect ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """It is so. `act` is empty where it was so already."""

    tasks: tuple[Task, ...] = ()
    act: str = ""
    # Sentences on what could not be put back by an undo, or was left out of many.
    kept: tuple[str, ...] = ()
    summary: str = ""
    # Tasks whose last open part was closed by it.
    completable: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not be, or can't; `message` is a sentence for the sender."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Invited:
    """The links that were made for a person; empty where there is no way for one."""

    person: str
    telegram: str
    browser: str
    days: int


@dataclass(frozen=True, slots=True)
class Entered:
    """Who somebody is from now on."""

    person: str
    owner: bool


@dataclass(frozen=True, slots=True)
class Attended:
    """Where somebody stands in the day's work. `due` are open tasks that come next."""

    clock: Clock
    since: datetime
    on_break: bool = False
    late_minutes: int = 0
    worked_minutes: int = 0
    break_minutes: int = 0
    due: tuple[Task, ...] = ()
    more: int = 0


Result = Done | Refused | Invited | Entered | Attended


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Decision)


def dump(decision: Decision) -> str:
    """The decision as it is kept."""
    return _encoder.encode(decision).decode()


def load(kept: str | bytes) -> Decision:
    """The decision that was kept. Raises msgspec.ValidationError for one of another age."""
    return _decoder.decode(kept)


@dataclass(frozen=True, slots=True)
class Carried:
    """An effect, what came of it, and when."""

    effect: Effect
    result: Result
    at: datetime
