"""The edge itself, over operations that need no service behind them."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from msgspec import Meta

from services.gateway import answer, pages
from services.gateway.app import App
from services.gateway.limits import Limiter, Rates
from services.gateway.operation import Access, Call, Identity, Input, Operation
from services.gateway.routing import Table
from services.runtime.errors import Conflict, Unauthenticated


class Auth:
    """Knows one token; stands for the task service, which is outside of what is tested here."""

    async def identify(self, call: Call) -> Identity:
        if call.header(b"authorization") == "Bearer right":
            return Identity(1, 7, token=3)
        raise Unauthenticated("TOKEN_UNKNOWN", "Sign in.")

    async def gone(self, who: Identity) -> Unauthenticated | None:
        return None


class Size(Input, frozen=True):
    size: Annotated[int, Meta(ge=0)]


class Things:
    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.closed = asyncio.Event()

    def operations(self):
        return (
            Operation("GET", "/things/{id}", self.get, "", {200: None}, access=Access.PROBE),
            Operation("POST", "/things", self.make, "", {200: None}, body=Size),
            Operation("POST", "/things/{id}:break", self.broken, "", {}, access=Access.PROBE),
            Operation("POST", "/things/{id}:hold", self.refused, "", {}, access=Access.PROBE),
            Operation("GET", "/public", self.get, "", {200: None}, access=Access.PUBLIC),
            Operation("GET", "/stream", self.stream, "", {200: None}, access=Access.PROBE),
        )

    async def get(self, call: Call) -> answer.Answer:
        return answer.json({"id": call.params.get("id"), "text": "a" * 2000})

    async def make(self, call: Call, body: Size) -> answer.Answer:
        return answer.json({"made": body.size, "by": call.person})

    async def broken(self, _call: Call) -> answer.Answer:
        message = "not foreseen"
        raise RuntimeError(message)

    async def refused(self, _call: Call) -> answer.Answer:
        raise Conflict("THING_STATE", "It is held already.")

    async def stream(self, _call: Call) -> answer.Stream:
        return answer.Stream(self._pieces())

    async def _pieces(self) -> AsyncIterator[bytes]:
        try:
            yield b": hello\n\n"
            self.opened.set()
            await asyncio.Event().wait()
        finally:
            self.closed.set()


class Client:
    """Speaks ASGI to an app."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def ask(self, method, path, body=b"", *, headers=None, query=b"", address="10.0.0.1"):
        sent = {"content-type": "application/json", **(headers or {})}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query,
            "headers": [(key.encode(), value.encode("latin-1")) for key, value in sent.items()],
            "client": (address, 1),
        }
        messages: list[dict[str, Any]] = []

        async def receive():
            if messages:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": body}

        async def outgoing(message):
            messages.append(message)

        await self.app(scope, receive, outgoing)
        raw = b"".join(message.get("body", b"") for message in messages[1:])
        head = {key.decode(): value.decode() for key, value in messages[0]["headers"]}
        return messages[0]["status"], head, raw


RIGHT = {"authorization": "Bearer right"}


@pytest.fixture
def things():
    return Things()


@pytest.fixture
def client(things):
    limiter = Limiter(Rates(api=100, public=20, webhook=200))
    index = {"/": pages.file(b"<!doctype html>" + b" " * 2000, b"text/html")}
    return Client(App(Table(things.operations()), index, auth=Auth(), limiter=limiter))


async def test_an_unknown_path_is_not_found(client):
    status, head, raw = await client.ask("GET", "/nothing")

    assert status == 404
    assert head["content-type"] == "application/problem+json"
    assert json.loads(raw)["request_id"] == head["x-request-id"]


async def test_a_method_that_is_not_there_tells_which_are(client):
    status, head, _ = await client.ask("PUT", "/things")

    assert status == 405
    assert head["allow"] == "OPTIONS, POST"


async def test_options_tells_what_is_possible(client):
    status, head, raw = await client.ask("OPTIONS", "/things/1")

    assert (status, head["allow"], raw) == (204, "GET, HEAD, OPTIONS", b"")


async def test_a_command_is_told_from_the_thing_itself(client):
    assert (await client.ask("GET", "/things/T-1"))[0] == 200
    assert (await client.ask("GET", "/things/T-1:hold"))[0] == 405
    assert (await client.ask("POST", "/things/T-1:hold"))[0] == 409
    assert (await client.ask("POST", "/things/T-1:fly"))[0] == 404


async def test_a_defect_says_only_under_which_id_the_log_has_it(client):
    status, head, raw = await client.ask("POST", "/things/1:break")

    assert status == 500
    assert head["x-request-id"] in json.loads(raw)["detail"]
    assert b"foreseen" not in raw


async def test_the_callers_request_id_is_kept_unless_it_is_odd(client):
    _, head, _ = await client.ask("GET", "/things/1", headers={"x-request-id": "mine-1"})
    assert head["x-request-id"] == "mine-1"

    _, head, _ = await client.ask("GET", "/things/1", headers={"x-request-id": "a b\xff"})
    assert head["x-request-id"] != "a b\xff"


async def test_a_head_has_the_headers_of_the_answer_and_no_body(client):
    status, head, raw = await client.ask("HEAD", "/things/1")

    assert (status, raw) == (200, b"")
    assert int(head["content-length"]) > 2000


async def test_a_large_body_is_compressed_for_those_who_take_it(client):
    _, plain, raw = await client.ask("GET", "/things/1")
    _, head, packed = await client.ask("GET", "/things/1", headers={"accept-encoding": "br, gzip"})

    assert "content-encoding" not in plain
    assert head["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == raw
    assert int(head["content-length"]) == len(packed)


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "identity"])
async def test_nobody_gets_gzip_who_does_not_take_it(client, accepted):
    _, head, _ = await client.ask("GET", "/things/1", headers={"accept-encoding": accepted})

    assert "content-encoding" not in head


async def test_a_page_is_not_sent_again_to_those_who_have_it(client):
    _, head, _ = await client.ask("GET", "/", headers={"accept-encoding": "gzip"})
    status, _, raw = await client.ask("GET", "/", headers={"if-none-match": head["etag"]})

    assert head["content-encoding"] == "gzip"
    assert "script-src 'self'" in head["content-security-policy"]
    assert (status, raw) == (304, b"")


async def test_who_signs_in_is_counted_by_token(client):
    for _ in range(100):
        status, head, _ = await client.ask("POST", "/things", b'{"size":1}', headers=RIGHT)
    assert (status, head["ratelimit-remaining"]) == (200, "0")

    status, head, _ = await client.ask("POST", "/things", b'{"size":1}', headers=RIGHT)

    assert status == 429
    assert 0 < int(head["retry-after"]) <= 120


async def test_an_address_without_a_sign_in_is_counted_for_itself(client):
    for _ in range(20):
        await client.ask("GET", "/public", address="10.0.0.2")

    assert (await client.ask("GET", "/public", address="10.0.0.2"))[0] == 429
    assert (await client.ask("GET", "/public", address="10.0.0.3"))[0] == 200


async def test_guessing_tokens_is_counted_and_the_right_one_still_works(client):
    statuses = [(await client.ask("POST", "/things"))[0] for _ in range(21)]

    assert statuses == [401] * 20 + [429]
    assert (await client.ask("POST", "/things", b'{"size":1}', headers=RIGHT))[0] == 200


async def test_probes_are_never_counted(client):
    assert {(await client.ask("GET", "/things/1"))[0] for _ in range(300)} == {200}


async def test_a_proxy_on_this_machine_tells_the_address(client):
    for _ in range(20):
        told = {"x-forwarded-for": "1.2.3.4, 10.0.0.9"}
        await client.ask("GET", "/public", headers=told, address="127.0.0.1")

    assert (await client.ask("GET", "/public", address="10.0.0.9"))[0] == 429


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"size":-1}', 422),
        (b'{"size":1,"colour":2}', 422),
        (b"{", 400),
        (b"", 400),
        (b"[" * 100_000, 400),
        (b"a" * (1024 * 1024 + 1), 413),
        (b'{"size":1e400}', 422),
        (b'{"size":"\xed\xa0\x80"}', 400),
    ],
)
async def test_bad_bodies_are_answered_with_what_is_wrong(client, body, status):
    answered, head, raw = await client.ask("POST", "/things", body, headers=RIGHT)

    assert answered == status
    assert head["content-type"] == "application/problem+json"
    assert json.loads(raw)["detail"]


async def test_streams_end_when_the_server_stops(client, things):
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(client.ask("GET", "/stream"))
        await things.opened.wait()

        client.app.stop()
        status, head, raw = await asked

    assert (status, raw) == (200, b": hello\n\n")
    assert head["content-type"].startswith("text/event-stream")
    assert things.closed.is_set()


async def test_a_stream_that_begins_while_the_server_stops_ends_at_once(client):
    client.app.stop()

    status, _, _ = await client.ask("GET", "/stream")

    assert status == 200
