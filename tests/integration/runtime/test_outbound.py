"""Calls to an outside API, over real sockets: each way to fail has its own error and figure."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from services.runtime.breaker import Breaker
from services.runtime.outbound import (
    BreakerOpen,
    Broken,
    Outbound,
    OutboundError,
    Refused,
    Timeout,
    Timeouts,
)


class Api:
    """A server that answers as told: raw bytes for each request; None: silence."""

    def __init__(self):
        self.answers = []
        self.requests = []
        self.url = ""
        self.keeps_open = False

    async def serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head)
            answer = self.answers.pop(0)
            if answer is None:
                await reader.read()
            else:
                writer.write(answer)
                await writer.drain()
            if self.keeps_open:
                await reader.read()
        finally:
            writer.close()


def response(status, body="{}", **headers):
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@pytest.fixture
async def api():
    made = Api()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield made
    server.close()


@pytest.fixture
async def outbound(api):
    made = Outbound(
        "test",
        f"{api.url}/bot1:secret",
        timeouts=Timeouts(connect=1, read=0.1, write=1, pool=1),
        breaker=Breaker(failures=3, pause_s=60),
    )
    yield made
    await made.close()


async def test_an_answer_is_returned_whole(api, outbound):
    api.answers = [response(200, '{"ok": true}')]

    answer = await outbound.request("POST", "/send", json={"a": 1})

    assert answer.json() == {"ok": True}
    assert api.requests[0].startswith(b"POST /bot1:secret/send")


@pytest.mark.parametrize(
    ("status", "lasting"), [(400, True), (403, True), (404, True), (408, False), (429, False)]
)
async def test_a_refusal_tells_status_body_and_whether_it_lasts(api, outbound, status, lasting):
    api.answers = [response(status, '{"description": "no"}', Retry_After="7")]

    with pytest.raises(Refused) as caught:
        await outbound.request("POST", "/send")

    assert (caught.value.status, caught.value.lasting) == (status, lasting)
    assert "no" in caught.value.body
    assert caught.value.retry_after is not None
    assert caught.value.retry_after.total_seconds() == 7


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (response(500), Broken),
        (response(503), Broken),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", Broken),
        (b"nonsense\r\n\r\n", Broken),
        (b"", Broken),
        (None, Timeout),
    ],
)
async def test_trouble_of_the_api_is_told_without_its_address(api, outbound, answer, kind):
    api.answers = [answer]

    with pytest.raises(kind) as caught:
        await outbound.request("POST", "/send")

    assert "secret" not in str(caught.value)


async def test_nobody_there_is_broken():
    outbound = Outbound("nobody", "http://127.0.0.1:1")

    with pytest.raises(Broken):
        await outbound.request("GET", "/")

    await outbound.close()


async def test_a_call_may_wait_longer_than_the_others(api, outbound):
    api.answers = [None]
    waiting = asyncio.create_task(outbound.request("GET", "/updates", read_s=60))
    done, _ = await asyncio.wait({waiting}, timeout=0.3)

    assert not done
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_after_failures_in_a_row_it_is_not_asked_any_more(api, outbound):
    api.answers = [response(500)] * 3

    for _ in range(3):
        with pytest.raises(Broken):
            await outbound.request("GET", "/")
    with pytest.raises(BreakerOpen) as caught:
        await outbound.request("GET", "/")

    assert len(api.requests) == 3
    assert caught.value.retry_after is not None


async def test_refusals_do_not_open_the_breaker(api, outbound):
    api.answers = [response(400)] * 5

    for _ in range(5):
        with pytest.raises(Refused):
            await outbound.request("GET", "/")

    assert len(api.requests) == 5


async def test_a_body_can_be_read_piece_by_piece(api, outbound):
    api.answers = [response(200, "a\nb\n")]

    async with outbound.stream("POST", "/chat") as answer:
        lines = [line async for line in answer.aiter_lines()]

    assert lines == ["a", "b"]


async def test_a_body_that_trickles_for_ever_is_ended(api, outbound):
    api.answers = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\n\n\r\n"]
    api.keeps_open = True

    with pytest.raises(Timeout):
        async with outbound.stream("POST", "/chat", total_s=0.05) as answer:
            assert [line async for line in answer.aiter_lines()] == []


async def test_a_body_that_breaks_off_is_broken(api, outbound):
    api.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\na\n"]

    with pytest.raises(OutboundError):
        async with outbound.stream("POST", "/chat") as answer:
            assert [line async for line in answer.aiter_lines()] == []


async def test_calls_are_measured_by_how_they_end(api, outbound):
    api.answers = [response(200), response(429)]
    before = [count("ok"), count("too_many")]

    await outbound.request("GET", "/")
    with pytest.raises(Refused):
        await outbound.request("GET", "/")

    assert [count("ok"), count("too_many")] == [before[0] + 1, before[1] + 1]


def count(outcome):
    labels = {"api": "test", "outcome": outcome}
    return REGISTRY.get_sample_value("boss_external_duration_seconds_count", labels) or 0
