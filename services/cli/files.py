"""Files to and from the running system's HTTP API: streams, where api.py has whole answers."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from services.cli.api import ME, Answer, Api, ApiError

# Between two pieces of a stream; an import of 500 tasks takes a second or so.
WITHIN_S = 120.0
PIECE_BYTES = 256 * 1024


@contextmanager
def opened(
    api: Api,
    method: str,
    path: str,
    *,
    body: BinaryIO | None = None,
    headers: dict[str, str] | None = None,
) -> Iterator[http.client.HTTPResponse]:
    """Give the answer to read from.

    Raises:
        ApiError: nothing answers, it refuses, or the connection breaks while it is read.
    """
    parts = urlsplit(api.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=WITHIN_S)
    sent = {"User-Agent": ME, "Authorization": f"Bearer {api.token}", **(headers or {})}
    try:
        connection.request(method, f"{parts.path}{path}", body=body, headers=sent)
        response = connection.getresponse()
        if response.status >= http.client.BAD_REQUEST:
            raise ApiError(Answer(response.status, _decoded(response.read())).problem)
        yield response
    except (OSError, http.client.HTTPException) as error:
        message = f"the connection to {api.url} broke off ({error}): run the same again"
        raise ApiError(message) from error
    finally:
        connection.close()


def pieces(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """Yield the body as it comes."""
    while piece := response.read1(PIECE_BYTES):
        yield piece


def lines(response: http.client.HTTPResponse) -> Iterator[Any]:
    """Yield what each line of JSON holds, as it comes."""
    rest = b""
    for piece in pieces(response):
        *whole, rest = (rest + piece).split(b"\n")
        yield from (json.loads(line) for line in whole)


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
