"""The order of the interceptors, and each one's own concern."""

import asyncio

import grpc
import pytest

from services.runtime import context as calls
from services.runtime import interceptors
from services.runtime.context import Caller
from services.runtime.errors import Unauthenticated
from services.runtime.interceptors import Method, chain, wrap


async def nobody(_metadata):
    raise Unauthenticated("CREDENTIAL_MISSING", "…")


async def gateway(_metadata):
    return Caller(service="gateway")


class Rpc:
    """The part of grpc.aio's context that the interceptors use; it records how the call ended."""

    def __init__(self, *, metadata=(), remaining=None):
        self.metadata = metadata
        self.remaining = remaining
        self.ended = None

    def invocation_metadata(self):
        return self.metadata

    def time_remaining(self):
        return self.remaining

    def code(self):
        return self.ended

    async def abort(self, code, _details, _trailing):
        self.ended = code
        raise grpc.aio.AbortError


def test_the_order_is_the_one_that_was_reasoned():
    order = [interceptor.__name__ for interceptor in chain(nobody)]

    assert order == ["context", "log", "metrics", "errors", "deadline", "authenticated"]


async def test_the_first_is_outermost():
    seen = []

    def named(name):
        def interceptor(_method, inner):
            async def call(request, rpc):
                seen.append(name)
                return await inner(request, rpc)

            return call

        return interceptor

    async def answer(_request, _rpc):
        seen.append("servicer")

    await wrap((named("a"), named("b")), Method("s", "M"), answer)(None, None)

    assert seen == ["a", "b", "servicer"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-1", True), ("", False), ("x" * 65, False), ("a b", False), ("a\n", False)],
)
async def test_a_request_id_is_kept_when_it_is_one(given, kept):
    seen = []

    async def answer(_request, _rpc):
        seen.append(calls.request_id())

    await interceptors.context(Method("s", "M"), answer)(
        None, Rpc(metadata=[("boss-request-id", given)])
    )

    assert (seen == [given]) is kept
    assert seen[0]


@pytest.mark.parametrize(
    ("theirs", "ours", "allowed"),
    [(None, 2.0, 2.0), (1.0, 2.0, 1.0), (9.0, 2.0, 2.0), (None, None, None), (9.0, None, 9.0)],
)
async def test_a_call_has_the_shorter_of_both_times(theirs, ours, allowed):
    left = []

    async def answer(_request, _rpc):
        left.append(calls.remaining())

    call = wrap((interceptors.context, interceptors.deadline), Method("s", "M", ours), answer)
    await call(None, Rpc(remaining=theirs))

    assert left == [pytest.approx(allowed, abs=0.5)]


async def test_a_call_over_its_time_ends_with_deadline_exceeded():
    async def answer(_request, _rpc):
        await asyncio.Event().wait()

    rpc = Rpc()
    with pytest.raises(grpc.aio.AbortError):
        await wrap(chain(gateway), Method("s", "M", 0.01), answer)(None, rpc)

    assert rpc.ended is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_refused_caller_never_reaches_the_servicer():
    async def answer(_request, _rpc):
        pytest.fail("the servicer was called")

    rpc = Rpc()
    with pytest.raises(grpc.aio.AbortError):
        await wrap(chain(nobody), Method("s", "M", 1.0), answer)(None, rpc)

    assert rpc.ended is grpc.StatusCode.UNAUTHENTICATED
