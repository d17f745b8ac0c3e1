"""All that is wrong with a body or a query at once, where msgspec alone tells the first fault.

A value that is right is decoded in one go, which is what nearly all are; only a wrong one is walked
through here, field by field and element by element, each converted for itself.
"""

import re
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import UnsetType

from services.gateway.fields import PATTERNS
from services.runtime.errors import Violation

_PLACE = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_PATTERN = re.compile(r"matching regex (?P<quoted>.+)$")
_TIME = "Write a time with its offset, such as 2026-11-27T17:00:00+01:00."
# What msgspec tells, and how people say it.
_SENTENCES = tuple(
    (re.compile(told), sentence)
    for told, sentence in (
        (r"`datetime", _TIME),
        (r"Invalid RFC3339 encoded datetime", _TIME),
        (r"Invalid RFC3339 encoded date$", "Write a day such as 2026-11-27."),
        (r"`str` of length >= 1$", "It must not be empty."),
        (r"`str` of length >= (\d+)$", r"Write at least \1 characters."),
        (r"`str` of length <= (\d+)$", r"Write at most \1 characters."),
        (r"`array` of length >= (\d+)$", r"Give at least \1."),
        (r"`array` of length <= (\d+)$", r"Give at most \1."),
        (r"`int` >= (\S+)$", r"Write a number from \1."),
        (r"`int` <= (\S+)$", r"Write a number up to \1."),
        (r"`int` > (\S+)$", r"Write a number over \1."),
        (r"`int` < (\S+)$", r"Write a number under \1."),
    )
)


def faults(value: Any, model: type[msgspec.Struct], *, strict: bool) -> list[Violation]:
    """Return what is wrong with a value that `msgspec.convert` refuses; at least one fault."""
    found = list(_of_struct(value, model, "", strict=strict))
    if not found:
        # Each field is right for itself, so it is about how they go together.
        try:
            msgspec.convert(value, model, strict=strict)
        except msgspec.ValidationError as error:
            found.append(fault(error))
    return found


def fault(error: msgspec.ValidationError) -> Violation:
    """Return the one fault that msgspec tells."""
    place, words = _told(error)
    return Violation(place, words)


def _of_struct(
    value: Any, model: type[msgspec.Struct], place: str, *, strict: bool
) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield Violation(place, "Write a JSON object.")
        return
    prefix = f"{place}." if place else ""
    fields = {field.encode_name: field for field in msgspec.structs.fields(model)}
    if model.__struct_config__.forbid_unknown_fields:
        for name in value:
            if name not in fields:
                yield Violation(prefix + str(name), "There is no such field.")
    for name, field in fields.items():
        if name in value:
            yield from _of_value(value[name], field.type, prefix + name, strict=strict)
        elif field.required:
            yield Violation(prefix + name, "This field is needed.")


def _of_value(value: Any, kind: Any, place: str, *, strict: bool) -> Iterator[Violation]:
    try:
        msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        inner = list(_inside(value, _bare(kind), place, strict=strict))
        if inner:
            yield from inner
        else:
            deeper, words = _told(error)
            yield Violation(place + deeper, _choices(kind) or words)


def _inside(value: Any, kind: Any, place: str, *, strict: bool) -> Iterator[Violation]:
    if get_origin(kind) is list and isinstance(value, list):
        (element,) = get_args(kind)
        for index, one in enumerate(value):
            yield from _of_value(one, element, f"{place}[{index}]", strict=strict)
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield from _of_struct(value, kind, place, strict=strict)


def _bare(kind: Any) -> Any:
    """Return a type without what is said about it, and without "or nothing"."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, UnionType):
        kinds = [one for one in get_args(kind) if one not in (UnsetType, type(None))]
        if len(kinds) == 1:
            return _bare(kinds[0])
    return kind


def _choices(kind: Any) -> str | None:
    kind = _bare(kind)
    if get_origin(kind) is not Literal:
        return None
    words = [str(word) for one in get_args(kind) for word in (get_args(one) or (one,))]
    return f"Write one of {', '.join(words)}."


def _told(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return where msgspec's error stands and a sentence for people."""
    message = str(error)
    found = _PLACE.search(message)
    place = found["path"] if found else ""
    words = message[: found.start()] if found else message
    pattern = _PATTERN.search(words)
    if pattern:
        for known, sentence in PATTERNS.items():
            if pattern["quoted"] == repr(known):
                return place, sentence
    for told, sentence in _SENTENCES:
        found = told.search(words)
        if found:
            return place, found.expand(sentence)
    return place, words.replace("`", "").rstrip(".") + "."
