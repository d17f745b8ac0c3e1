"""Fields of bodies and queries: from what people write to values of the protos.

Every text refuses NUL, which PostgreSQL can't hold. Times need an offset. Ids of tasks come as
T-42, t42, #42 or 42. People come as an id, a name, an alias or @username and stay as written here;
`directory.py` finds out who is meant. What was answered as an object may be sent back as one.
"""

import re
from datetime import datetime
from typing import Annotated

from google.protobuf.timestamp_pb2 import Timestamp
from msgspec import Meta, Struct

from services.runtime.errors import NotFound

LARGEST_ID = 2**63 - 1
FIRST_YEAR, LAST_YEAR = 1970, 9998  # a day of room for every offset

NO_NUL = r"^[^\x00]*$"
# The lookahead is for Python alone, whose $ also stands before a last line break.
ONE_LINE = r"^[^\x00\r\n]*[^\s\x00][^\x00\r\n]*$(?!\n)"
HOURS = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$(?!\n)"
# What a pattern asks for, in words.
PATTERNS = {
    NO_NUL: "The character NUL is not allowed.",
    ONE_LINE: "Write one line that is not empty.",
    HOURS: "Write hours as 09:00-18:00.",
}

_TASK = re.compile(r"(?:[Tt]-?|#)?([0-9]{1,19})", re.ASCII)
_LEGACY = re.compile(r"(?i:TASK)-[A-Za-z0-9-]{1,58}")
_PERSON = re.compile(r"(?:[Pp]-?)?([0-9]{1,19})", re.ASCII)


def text(longest: int, shortest: int = 0) -> Meta:
    """Return what holds for a text of that many characters."""
    return Meta(min_length=shortest, max_length=longest, pattern=NO_NUL)


def one_line(longest: int) -> Meta:
    """Return what holds for a name: one line, not empty; space round it is taken off later."""
    return Meta(min_length=1, max_length=longest, pattern=ONE_LINE)


class Named(Struct, frozen=True):
    """Something by its id, as it was answered; what else is in it does not count."""

    id: Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]


Text = Annotated[str, text(2_000, 1)]
Id = Annotated[int, Meta(ge=0, le=LARGEST_ID)]
_Reference = Annotated[str, Meta(min_length=1, max_length=200, pattern=ONE_LINE)]
Moment = Annotated[datetime, Meta(tz=True)]
# Id, name, alias or @username of a person, or "me".
PersonInput = _Reference | Id | Named
# Id of a task.
TaskInput = _Reference | Id | Named


def written(reference: str | int | Named) -> str:
    """Return a reference as text."""
    if isinstance(reference, Named):
        return reference.id.strip()
    return str(reference).strip()


def timestamp(moment: datetime) -> Timestamp:
    """Return it as protos hold it."""
    return Timestamp(seconds=int(moment.timestamp()), nanos=moment.microsecond * 1000)


def check_moments(**moments: object) -> None:
    """Raise ValueError for a moment so far away that it has no place in every time zone."""
    for name, moment in moments.items():
        if isinstance(moment, datetime) and not FIRST_YEAR <= moment.year <= LAST_YEAR:
            message = f"{name}: the year must be {FIRST_YEAR} to {LAST_YEAR}"
            raise ValueError(message)


def task_number_of(text: str) -> int | None:
    """Return 42 for T-42, t42, #42 or 42; None for anything else."""
    found = _TASK.fullmatch(text)
    return _number(found)


def person_number_of(text: str) -> int | None:
    """Return 7 for P-7, p7 or 7; None for anything else."""
    found = _PERSON.fullmatch(text)
    return _number(found)


def _number(found: re.Match[str] | None) -> int | None:
    if found is None:
        return None
    number = int(found[1])
    return number if 0 < number <= LARGEST_ID else None


def task_name(text: str, workspace: int) -> str:
    """Return the resource name for an id in a path; NotFound where it is none."""
    number = task_number_of(text)
    if number is None:
        raise NotFound("TASK_NOT_FOUND", f"There is no task {text!r}; ids look like T-42.")
    return f"workspaces/{workspace}/tasks/{number}"


def any_task_name(text: str, workspace: int) -> str:
    """Return the resource name for an id, ours or the predecessor's; NotFound for none."""
    if _LEGACY.fullmatch(text):
        return f"workspaces/{workspace}/tasks/{text[:4].upper()}{text[4:]}"
    return task_name(text, workspace)


def person_name(text: str, workspace: int) -> str:
    """Return the resource name for an id in a path; NotFound where it is none."""
    number = person_number_of(text)
    if number is None:
        raise NotFound("PERSON_NOT_FOUND", f"There is no person {text!r}; ids look like P-7.")
    return f"workspaces/{workspace}/people/{number}"


def number_of(text: str, *, reason: str, what: str) -> int:
    """Return a plain number in a path; NotFound where it is none."""
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        raise NotFound(reason, f"There is no {what} {text!r}.")
    return int(text)
