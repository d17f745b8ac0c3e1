"""Fields of bodies and queries: from what people write to values of the protos.

Every text refuses NUL, which PostgreSQL can't hold. Times need an offset. Ids of tasks come as
T-42, t42, #42 or 42. People come as an id, a name, an alias or @username and stay as written here;
`directory.py` finds out who is meant.
"""

import dataclasses
import re
from datetime import UTC, datetime
from typing import Annotated, Any

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import core_schema

from services.runtime.errors import NotFound

LARGEST_ID = 2**63 - 1
FIRST_YEAR, LAST_YEAR = 1970, 9998  # a day of room for every offset

_TASK = re.compile(r"(?:[Tt]-?|#)?([0-9]{1,19})", re.ASCII)
_PERSON = re.compile(r"(?:[Pp]-?)?([0-9]{1,19})", re.ASCII)


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("The character NUL is not allowed.")
    return text


def _one_line(text: str) -> str:
    if any(char in text for char in "\r\n"):
        raise ValueError("Write one line.")
    return _no_nul(text)


Text = Annotated[str, AfterValidator(_no_nul)]


@dataclasses.dataclass(frozen=True, slots=True)
class Chars:
    """How long a text may be; with `title`, space around it does not count and it is one line."""

    longest: int
    shortest: int = 0
    title: bool = False

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Return what pydantic checks, in this order: the length, then the characters."""
        text = core_schema.str_schema(
            min_length=self.shortest or None,
            max_length=self.longest,
            strip_whitespace=self.title,
        )
        check = _one_line if self.title else _no_nul
        return core_schema.no_info_after_validator_function(check, text)


def _moment(value: object) -> datetime:
    if isinstance(value, str):
        # In a query a plus that nobody escaped arrives as a space.
        text = re.sub(r" (?=\d\d:?\d\d$)", "+", value)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            if FIRST_YEAR <= moment.year <= LAST_YEAR:
                return moment.astimezone(UTC)
            raise ValueError(f"The year must be {FIRST_YEAR} to {LAST_YEAR}.")
    raise ValueError("Write a time with its offset, such as 2026-11-27T17:00:00+01:00.")


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def timestamp(moment: datetime) -> Timestamp:
    """Return it as protos hold it."""
    return Timestamp(seconds=int(moment.timestamp()), nanos=moment.microsecond * 1000)


def _id_of(value: object, keys: tuple[str, ...]) -> str:
    """Return the text that names something: itself, a number, or the id of an answered object."""
    if isinstance(value, dict):
        value = next((value[key] for key in keys if key in value), None)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 <= value <= LARGEST_ID else None
    if not isinstance(value, str) or not value.strip():
        raise ValueError("Write an id, such as T-42 for a task or P-7 for a person.")
    return _no_nul(value.strip())


def _person(value: object) -> str:
    try:
        text = _id_of(value, ("id", "name"))
    except ValueError as error:
        raise ValueError("Write a person's id, name, alias or @username.") from error
    if len(text) > 200:  # noqa: PLR2004 -- twice what a name may have
        raise ValueError("No person's name is that long.")
    return text


_NAMED = [{"type": "string"}, {"type": "integer"}, {"type": "object", "required": ["id"]}]

# Who is meant, as written.
PersonInput = Annotated[
    str,
    BeforeValidator(_person),
    WithJsonSchema(
        {"anyOf": _NAMED, "description": "Id, name, alias or @username of a person; or `me`."}
    ),
]


def _task_number(value: object) -> int:
    number = task_number_of(_id_of(value, ("id",)))
    if number is None:
        raise ValueError("Write a task's id, such as T-42.")
    return number


TaskInput = Annotated[
    int,
    BeforeValidator(_task_number),
    WithJsonSchema({"anyOf": _NAMED, "description": "Id of a task: T-42, t42, #42 or 42."}),
]


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
