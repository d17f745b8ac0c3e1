"""What the dialog asks of a face: to say who is heard, and to say something back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.gateway.dialog.answers import Answer
from services.gateway.dialog.model import Incoming, Person
from services.gateway.inbox import Row


class Unanswerable(Exception):  # noqa: N818 # says what it is
    """A message that can't be handled, ever; its text is the reason for the dead letters."""


class NotNow(Exception):  # noqa: N818 # says what it is
    """An answer that can't be given now, and may be later."""

    def __init__(self, reason: str, *, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, who sent it (None: nobody we know), and where an answer goes."""

    incoming: Incoming
    person: Person | None
    # The chat, as this face names it, and the press that waits for a word.
    address: str
    press: str | None = None
    # Through what it came, as histories tell it.
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Where:
    """Which messages of ours the first answer replaces, and for how long it may wait its turn.

    The note always; `edits`, the card that it is about, unless the answer must be new.
    """

    edits: str | None = None
    note: str | None = None
    patience_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """The ids of what was said, in order; `problem` tells why something can't be said, ever."""

    messages: tuple[str, ...]
    problem: str = ""


class Face(Protocol):
    """One way to talk with people."""

    @property
    def name(self) -> str:
        """What metrics call it."""

    @property
    def bot_username(self) -> str:
        """The bot's name there, without an @."""

    @property
    def pushes(self) -> bool:
        """Whether answers are sent; otherwise they are kept for whoever asks for them."""

    async def hear(self, row: Row) -> Heard:
        """Return what the row holds. Raises Unanswerable."""

    async def think(self, address: str) -> str | None:
        """Say that the answer takes longer; return the id of that message."""

    async def toast(self, press: str, text: str) -> None:
        """Answer a press shortly, at the button itself. Never raises."""

    async def say(self, address: str, answers: Sequence[Answer], where: Where) -> Said:
        """Say these. Raises NotNow where it is worth another try."""
