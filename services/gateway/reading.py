"""Reading a request: its body within a limit, as the model says; its query likewise.

Whatever is sent, the outcome is a parsed value or an error that says what is wrong.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar, get_origin
from urllib.parse import parse_qsl

import msgspec

from services.gateway import validation
from services.gateway.operation import Call, Input, Query
from services.gateway.problem import Refused
from services.runtime.errors import Invalid, Violation

LARGEST_BODY = 1024 * 1024
MOST_PARAMETERS = 200
EMPTY_OBJECT = b"{}"

Body = TypeVar("Body", bound=Input)
Asked = TypeVar("Asked", bound=Query)
_SPACE_FOR_PLUS = re.compile(r"(?<=\d) (?=\d\d:?\d\d$)")


async def body_of(call: Call) -> bytes:
    """Return the whole body; Refused where it is over 1 MiB."""
    told = call.header(b"content-length")
    if told is not None and told.isdecimal() and int(told[:19]) > LARGEST_BODY:
        raise _too_large()
    parts: list[bytes] = []
    size = 0
    while True:
        message = await call.receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "BODY_BROKEN_OFF", "The body broke off.")
        part = message.get("body", b"")
        size += len(part)
        if size > LARGEST_BODY:
            raise _too_large()
        if not message.get("more_body", False):
            return part if not parts else b"".join((*parts, part))
        parts.append(part)


def parsed_body(call: Call, model: type[Body], *, needed: bool) -> Body:
    """Return the body as the model says; every fault of it at once where it is otherwise."""
    raw = call.raw
    if not raw.strip():
        if needed:
            raise Refused(400, "BODY_MISSING", "Send a JSON object as the body.")
        raw = EMPTY_OBJECT
    else:
        _check_media_type(call)
    try:
        parsed: Body = _decoder(model).decode(raw)
    except msgspec.ValidationError as error:
        wrong = _faults(raw, model, error)
        raise Invalid("BODY_INVALID", "Some fields are wrong.", violations=wrong) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(error) from error
    else:
        return parsed


def parsed_query(query_string: bytes, model: type[Asked]) -> Asked:
    """Return the query as the model says; every fault of it at once where it is otherwise."""
    try:
        pairs = parse_qsl(
            query_string.decode("utf-8"), errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except ValueError as error:
        detail = "The query can't be read: it must be UTF-8 with at most 200 parameters."
        raise Refused(400, "QUERY_UNREADABLE", detail) from error
    values: dict[str, Any] = {}
    twice = []
    lists = _lists(model)
    for name, text in pairs:
        if name in lists:
            parts = text.split(",") if name in model.commas else [text]
            values.setdefault(name, []).extend(part for part in parts if part)
        elif name in values:
            twice.append(Violation(name, "This parameter was given more than once."))
        else:
            # In a query a plus that nobody escaped arrives as a space.
            values[name] = _SPACE_FOR_PLUS.sub("+", text)
    if twice:
        raise Invalid("QUERY_INVALID", "Some parameters were given twice.", violations=twice)
    try:
        return msgspec.convert(values, model, strict=False)
    except msgspec.ValidationError:
        wrong = validation.faults(values, model, strict=False)
        raise Invalid("QUERY_INVALID", "Some parameters are wrong.", violations=wrong) from None


@cache
def _decoder(model: type[Body]) -> msgspec.json.Decoder[Body]:
    return msgspec.json.Decoder(model)


@cache
def _lists(model: type[Query]) -> frozenset[str]:
    return frozenset(
        field.encode_name
        for field in msgspec.structs.fields(model)
        if get_origin(field.type) is list
    )


def _faults(raw: bytes, model: type[Input], first: msgspec.ValidationError) -> Sequence[Violation]:
    """Return all that is wrong with a body whose first fault is known."""
    try:
        value = msgspec.json.decode(raw)
    except msgspec.ValidationError:
        return [validation.fault(first)]  # a number so large that it has no value to look at
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(error) from error
    return validation.faults(value, model, strict=True)


def _unreadable(error: Exception) -> Refused:
    return Refused(400, "BODY_UNREADABLE", f"The body is no JSON that can be read: {error}.")


def _check_media_type(call: Call) -> None:
    told = call.header(b"content-type")
    media_type = (told or "").partition(";")[0].strip().lower()
    known = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    if not known:
        what = repr(media_type) if media_type else "nothing"
        detail = f"Send JSON with Content-Type: application/json; this says {what}."
        raise Refused(415, "MEDIA_TYPE", detail, headers=((b"accept", b"application/json"),))
    if call.header(b"content-encoding") not in (None, "identity"):
        detail = "Send the body as it is, without Content-Encoding."
        raise Refused(415, "CONTENT_ENCODING", detail)


def _too_large() -> Refused:
    return Refused(413, "BODY_TOO_LARGE", "The body is over 1 MiB: send less at once.")
