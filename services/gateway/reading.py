"""Reading a request: its body within a limit, as the model says; its query likewise.

Whatever is sent, the outcome is a parsed value or an error that says what is wrong.
"""

from typing import TypeVar, get_origin
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError

from services.gateway import problem
from services.gateway.operation import Call, Query
from services.gateway.problem import Refused
from services.runtime.errors import Invalid, Violation

LARGEST_BODY = 1024 * 1024
MOST_PARAMETERS = 200
EMPTY_OBJECT = b"{}"

Body = TypeVar("Body", bound=BaseModel)
Asked = TypeVar("Asked", bound=Query)


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
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise problem.of_body(error) from error


def parsed_query(query_string: bytes, model: type[Asked]) -> Asked:
    """Return the query as the model says; every fault of it at once where it is otherwise."""
    try:
        pairs = parse_qsl(
            query_string.decode("utf-8"), errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except ValueError as error:
        detail = "The query can't be read: it must be UTF-8 with at most 200 parameters."
        raise Refused(400, "QUERY_UNREADABLE", detail) from error
    values: dict[str, str | list[str]] = {}
    twice = []
    for name, text in pairs:
        if _is_list(model, name):
            found = values.setdefault(name, [])
            parts = text.split(",") if name in model.commas else [text]
            found.extend(part for part in parts if part)  # type: ignore[union-attr]
        elif name in values:
            twice.append(Violation(name, "This parameter was given more than once."))
        else:
            values[name] = text
    if twice:
        raise Invalid("QUERY_INVALID", "Some parameters were given twice.", violations=twice)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise problem.of_query(error) from error


def _is_list(model: type[Query], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and get_origin(field.annotation) is list


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
