"""What can be done to a plan by talking, as values. Numbers are those that the plan shows."""

from dataclasses import dataclass
from datetime import date

from services.ai.model import Candidate


@dataclass(frozen=True, slots=True)
class Add:
    """A new task; `after` and `before` are tasks, `place` is first, last or empty."""

    title: str
    after: tuple[int, ...] = ()
    before: tuple[int, ...] = ()
    place: str = ""
    people: tuple[Candidate, ...] = ()
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Drop:
    """Tasks that are left out."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """A task to the front, or to the end."""

    number: int
    first: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """Estimates times a factor; of all tasks where none is named."""

    factor: float
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A new estimate."""

    numbers: tuple[int, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class Swap:
    """One person in another's place; wherever they are, where no task is named."""

    new: Candidate
    old: Candidate
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Assign:
    """People of tasks; `join`: beside those who are there; `leave`: no longer."""

    numbers: tuple[int, ...]
    people: tuple[Candidate, ...]
    join: bool = False
    leave: bool = False


@dataclass(frozen=True, slots=True)
class After:
    """A task after others."""

    number: int
    others: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """Several tasks become one."""

    numbers: tuple[int, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """One task becomes several."""

    number: int
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """Another end."""

    day: date


@dataclass(frozen=True, slots=True)
class Rename:
    """Another title."""

    number: int
    title: str


Command = (
    Add | Drop | Move | Scale | Estimate | Swap | Assign | After | Merge | Split | Due | Rename
)
