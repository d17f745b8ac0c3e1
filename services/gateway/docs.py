"""/docs: the OpenAPI document as a page for people, without a script; and /openapi.json itself.

The page is written once at the start. Its one style sheet is inside it, allowed by its hash.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from services.gateway.answer import Answer, encode
from services.gateway.openapi import document
from services.gateway.operation import Access, Call, Operation
from services.gateway.pages import File, file

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; }
summary { cursor: pointer; padding: .4rem .7rem; } details > div { padding: 0 1rem 1rem; }
code, pre { font: 13px/1.45 ui-monospace, monospace; } .verb { font-weight: 700; }
pre { background: var(--soft); padding: .7rem; border-radius: 6px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .2rem .6rem .2rem 0; vertical-align: top; }
.soft { opacity: .7; }
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

Json = Mapping[str, Any]
JSON_TYPE = "application/json"


class Docs:
    """The description of all other operations, and of its own."""

    def __init__(self, others: Sequence[Operation]) -> None:
        self._files: dict[str, File] = {}
        operations = (*others, *self.operations())
        told = document(operations)
        self._files["json"] = file(encode(told), b"application/json")
        self._files["page"] = file(page(told).encode(), b"text/html; charset=utf-8", policy=POLICY)

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", "/openapi.json", self.openapi, "This API as OpenAPI 3.1", {200: dict},
                access=Access.PUBLIC,
            ),
            Operation(
                "GET", "/docs", self.docs, "This API as a page", {200: str},
                access=Access.PUBLIC, media_type="text/html",
            ),
        )  # fmt: skip

    async def openapi(self, call: Call) -> Answer:
        """Answer with the document."""
        return self._files["json"].answer(call.scope)

    async def docs(self, call: Call) -> Answer:
        """Answer with the page."""
        return self._files["page"].answer(call.scope)


def page(told: Json) -> str:
    """Return the page for an OpenAPI document."""
    groups: dict[str, list[str]] = {}
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    schemas = told["components"]["schemas"]
    info = told["info"]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} API <span class=soft>{escape(info['version'])}</span></h1>"
        f"<p>{_prose(info['description'])}</p>"
        '<p><a href="/openapi.json">openapi.json</a> · <a href="/">console</a></p>'
        + "".join(f"<h2>{escape(name)}</h2>{''.join(group)}" for name, group in groups.items())
        + f"<h2>Schemas</h2>{''.join(_schema(name, one) for name, one in schemas.items())}"
        + "</body></html>"
    )


def _prose(text: str) -> str:
    return re.sub(r"`(.+?)`", r"<code>\1</code>", escape(text))


def _operation(method: str, path: str, operation: Json) -> str:
    parts = []
    if operation["parameters"]:
        parts.append(_table("Parameters", map(_parameter, operation["parameters"])))
    if "requestBody" in operation:
        kinds = operation["requestBody"]["content"].items()
        bodies = (
            _type(content["schema"]) if kind == JSON_TYPE else f"<code>{escape(kind)}</code>"
            for kind, content in kinds
        )
        parts.append(f"<p>Body: {' or '.join(bodies)}</p>")
    parts.append(_table("Answers", map(_answer, operation["responses"].items())))
    return (
        f"<details><summary><span class=verb>{method.upper()}</span> <code>{escape(path)}</code> "
        f"<span class=soft>{escape(operation['summary'])}</span></summary>"
        f"<div>{''.join(parts)}</div></details>"
    )


def _parameter(parameter: Json) -> str:
    return (
        f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{parameter['in']}</td>"
        f"<td>{_type(parameter['schema'])}</td><td>{escape(parameter.get('description', ''))}</td>"
        "</tr>"
    )


def _answer(answer: tuple[str, Json]) -> str:
    status, told = answer
    if "$ref" in told:
        return f"<tr><td>{status}</td><td><a href='#Problem'>Problem</a></td><td></td></tr>"
    shown = "".join(
        f"{_type(content['schema'])} <span class=soft>{escape(media_type)}</span>"
        for media_type, content in told.get("content", {}).items()
    )
    return f"<tr><td>{status}</td><td>{shown}</td><td>{escape(told['description'])}</td></tr>"


def _table(title: str, rows: Iterable[str]) -> str:
    return f"<table><caption class=soft>{title}</caption>{''.join(rows)}</table>"


def _schema(name: str, schema: Json) -> str:
    needed = schema.get("required", ())
    rows = (
        f"<tr><td><code>{escape(field)}</code></td><td>{_type(told)}</td>"
        f"<td>{'needed' if field in needed else ''}</td></tr>"
        for field, told in schema.get("properties", {}).items()
    )
    described = escape(schema.get("description", ""))
    return (
        f"<details id='{escape(name)}'><summary><code>{escape(name)}</code> "
        f"<span class=soft>{described}</span></summary>"
        f"<div><table>{''.join(rows)}</table></div></details>"
    )


def _type(schema: Json) -> str:
    """Return a schema in a few words."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f"<a href='#{name}'>{name}</a>"
    if "enum" in schema or "const" in schema:
        words = schema.get("enum", [schema.get("const")])
        return " | ".join(f"<code>{escape(str(word))}</code>" for word in words)
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    limits = [
        f"{word} {schema[key]}"
        for key, word in (
            ("minLength", "from"), ("maxLength", "to"), ("minimum", "from"), ("maximum", "to"),
        )
        if key in schema
    ]  # fmt: skip
    return " ".join([escape(str(kind)), escape(schema.get("format", "")), *limits]).strip()
