"""Values of the model as records of a file, and back: enumerations as words, no defaults.

One codec for all kinds, driven by the types of the fields, so that a field that the model gets is
in the files from then on.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

WORKSPACE, PERSON, TEMPLATE, TASK = "workspace", "person", "template", "task"
COMMENT, TIME, ATTENDANCE, END = "comment", "time", "attendance", "end"
# Of a person's file alone.
TOKEN, EVENT = "token", "event"
VERSION = 1

T = TypeVar("T")
Record = dict[str, Any]


class RecordError(ValueError):
    """A record can't be read; the message says what is wrong and where."""


def packed(value: Any) -> Record:
    """A dataclass as a record, without the fields that have their default."""
    record = {}
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        if held != _default(field):
            record[field.name] = _packed(held)
    return record


def _packed(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, tuple):
        return [_packed(each) for each in value]
    return packed(value) if dataclasses.is_dataclass(value) else value


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def unpacked(kind: type[T], record: Mapping[str, Any]) -> T:
    """The dataclass that a record holds. Raises RecordError."""
    known = _hints(cast("Any", kind))
    if unknown := [name for name in record if name not in known]:
        raise RecordError(f"{unknown[0]}: there is no such field.")
    read = _reader(cast("Any", kind))
    try:
        return msgspec.convert(record if read is None else read(record, ""), kind)
    except msgspec.ValidationError as error:
        raise RecordError(_plain(str(error))) from error


Reader = Callable[[Any, str], Any]


@cache
def _reader(kind: Any) -> Reader | None:
    """What puts the numbers of enumerations for their words, None where there are none within.

    It leaves what has not the form of its kind as it is: msgspec says then what is wrong.
    """
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _reader_of_words(kind)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _reader_of_fields(kind)
    inner = [each for each in get_args(kind) if each not in {type(None), Ellipsis}]
    read = _reader(inner[0]) if inner else None
    if read is None:
        return None
    if get_origin(kind) in {Union, types.UnionType}:
        return lambda value, at: None if value is None else read(value, at)
    if get_origin(kind) is tuple:
        return lambda value, at: (
            [read(each, f"{at}[{i}]") for i, each in enumerate(value)]
            if isinstance(value, list)
            else value
        )
    return None


def _reader_of_words(kind: type[Enum]) -> Reader:
    words = {each.name.lower(): each.value for each in kind}

    def read(value: Any, at: str) -> Any:
        if not isinstance(value, str) or value not in words:
            raise RecordError(f"{at}: choose one of {', '.join(words)}.")
        return words[value]

    return read


def _reader_of_fields(kind: type) -> Reader | None:
    found = {name: _reader(hint) for name, hint in _hints(kind).items()}
    readers = {name: read for name, read in found.items() if read is not None}

    def read(value: Any, at: str) -> Any:
        if not isinstance(value, dict):
            return value
        changed = {
            name: readers[name](value[name], f"{at}.{name}" if at else name)
            for name in readers
            if name in value
        }
        return {**value, **changed} if changed else value

    return read if readers else None


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _plain(message: str) -> str:
    """The words of msgspec with the path first: "title: Expected `str`, got `int`"."""
    said, _, path = message.partition(" - at `$")
    where = path.rstrip("`").lstrip(".")
    return f"{where}: {said}" if where else said


_encoder = msgspec.json.Encoder()


def line(kind: str, record: Mapping[str, Any]) -> bytes:
    """A record as a line of a file."""
    return _encoder.encode({"kind": kind, **record}) + b"\n"


def record_of(text: bytes) -> Record:
    """The record of a line. Raises RecordError."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"this is no JSON ({error}).") from error
    if not isinstance(found, dict) or not isinstance(found.get("kind"), str):
        raise RecordError("a line is a JSON object that says its kind.")
    return cast("Record", found)
