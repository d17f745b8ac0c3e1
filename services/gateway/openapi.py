"""/openapi.json, made of the operations that serve requests and the types that they speak.

Bodies, queries and answers are msgspec structs, which write JSON Schema 2020-12: what OpenAPI 3.1
is made of. So the description can't differ from what is done.
"""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from services.gateway import VERSION, shapes
from services.gateway.operation import Access, Operation, Query
from services.gateway.sessions import COOKIE

REF = "#/components/schemas/"
PROBLEM = {"$ref": "#/components/responses/Problem"}
# Answers that are no structs.
PLAIN: dict[Any, dict[str, str]] = {str: {"type": "string"}, dict: {"type": "object"}}
HEADERS = {
    "Idempotency-Key": "The same key again returns the first answer and does nothing more.",
    "If-Match": "ETag of the version that is changed, or `*`.",
    "If-None-Match": "ETag of the version that is known: 304 where it is still the present one.",
    "Last-Event-ID": "Position of the last event seen: go on after it.",
    "X-Telegram-Bot-Api-Secret-Token": "The secret that the webhook was registered with.",
}
ANSWER_HEADERS = {
    "ETag": "Version of what is answered.",
    "X-Boss-Position": "Where in the log the write stands.",
    "X-Boss-Act": "Name of the act, for /api/undo.",
}
DESCRIPTION = """\
Tasks, people and what is said about them. Sign in with `Authorization: Bearer <token>`; a token is
made by `boss token create` or `POST /api/tokens`. People may be written as id, name, alias or
@username. Errors are RFC 9457: `type` is stable, `detail` says what to do, `errors` names fields.
"""


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of these operations."""
    structs = {shapes.Problem, *_structs(operations)}
    _, schemas = _schemas(sorted(structs, key=lambda struct: struct.__name__))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Boss Workflow", "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}],
        "paths": _paths(operations),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": {"Problem": _problem()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _schemas(types: Iterable[Any]) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    return msgspec.json.schema_components(types, ref_template=REF + "{name}")


def _structs(operations: Iterable[Operation]) -> set[type[msgspec.Struct]]:
    return {
        shape
        for operation in operations
        for shape in (*operation.returns.values(), operation.body)
        if isinstance(shape, type) and issubclass(shape, msgspec.Struct)
    }


def _paths(operations: Iterable[Operation]) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return paths


def _operation(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": _identifier(operation),
        "summary": operation.summary,
        "tags": [_group(operation.path)],
        "parameters": [*_path_parameters(operation), *_query(operation), *_headers(operation)],
        "responses": {
            **{str(status): _answer(operation, status) for status in operation.returns},
            **{str(status): PROBLEM for status in _problems(operation)},
        },
    }
    if operation.body is not None:
        told["requestBody"] = {
            "required": operation.body_needed,
            "content": {"application/json": {"schema": _ref(operation.body)}},
        }
    if operation.files:
        schema = {"type": "string", "format": "binary"}
        told["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": schema} for kind in operation.files},
        }
    if operation.access is not Access.SIGNED_IN:
        told["security"] = []
    return told


def _identifier(operation: Operation) -> str:
    words = re.findall(r"[A-Za-z0-9]+", operation.path.removeprefix("/api"))
    return operation.method.lower() + "".join(word[0].upper() + word[1:] for word in words)


def _group(path: str) -> str:
    found = re.match(r"/api/([a-z]+)", path)
    return found[1] if found else "system"


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]


def _query(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    _, schemas = _schemas([operation.query])
    schema = schemas[operation.query.__name__]
    return [
        _query_parameter(name, told, operation.query) for name, told in schema["properties"].items()
    ]


def _query_parameter(name: str, schema: dict[str, Any], model: type[Query]) -> dict[str, Any]:
    told: dict[str, Any] = {"name": name, "in": "query", "required": False, "schema": schema}
    if schema.get("type") == "array":
        told.update(style="form", explode=True)
        if name in model.commas:
            told["description"] = "May be repeated, or list values with commas between."
    return told


def _headers(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": HEADERS[name],
            "schema": {"type": "string"},
        }
        for name in operation.headers
    ]


def _answer(operation: Operation, status: int) -> dict[str, Any]:
    shape = operation.returns[status]
    told: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if shape is not None:
        schema = PLAIN[shape] if shape in PLAIN else _ref(shape)
        told["content"] = {operation.media_type: {"schema": schema}}
    if operation.method != "GET" and "Idempotency-Key" in operation.headers:
        told["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in ANSWER_HEADERS.items()
        }
    return told


def _problems(operation: Operation) -> list[int]:
    found = set(operation.problems)
    if operation.access is not Access.PROBE:
        found |= {400, 429, 503}
    if operation.access is Access.SIGNED_IN:
        found |= {401, 403}
    if operation.body is not None or operation.raw_body or operation.files:
        found |= {413, 415, 422}
    return sorted(found - set(operation.returns))


def _problem() -> dict[str, Any]:
    return {
        "description": "What is wrong, and what to do",
        "content": {"application/problem+json": {"schema": _ref(shapes.Problem)}},
    }


def _ref(shape: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": REF + shape.__name__}
