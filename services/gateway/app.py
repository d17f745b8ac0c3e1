"""The ASGI app: who asks, how often, what for, and what is answered, in that order.

One coroutine serves a request from end to end, so that the way of a request is read in one place
and costs no chain of wrappers. Whatever goes wrong below becomes problem+json here.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import aclosing, asynccontextmanager
from operator import itemgetter

from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from services.gateway import http_metrics, problem, reading
from services.gateway.answer import Answer, Header, Stream, header, send
from services.gateway.auth import Identify
from services.gateway.caching.cache import Asked, Cache, as_asked
from services.gateway.caching.kept import Key, Life
from services.gateway.limits import Limiter
from services.gateway.operation import (
    Access,
    Call,
    Identity,
    Operation,
)
from services.gateway.pages import File
from services.gateway.positions import Positions
from services.gateway.problem import Refused
from services.gateway.routing import METHODS, Resource, Table
from services.runtime import context, logs, metrics
from services.runtime.errors import Forbidden, Kind, ServiceError, Unauthenticated, Unavailable

PAGES = "pages"
UNKNOWN = "unknown"

_log = logs.logger("http")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_NOSNIFF: Header = (b"x-content-type-options", b"nosniff")
_API_CACHE: Header = (b"cache-control", b"private, no-cache")
_STREAM_HEADERS: tuple[Header, ...] = (
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)


class App:
    """Serves HTTP."""

    def __init__(
        self,
        table: Table,
        pages: Mapping[str, File],
        *,
        auth: Identify,
        limiter: Limiter,
        cache: Cache | None = None,
        name: str = "",
    ) -> None:
        """`name` tells this gateway from the others that a browser may be led to."""
        self._table = table
        http_metrics.expect((PAGES, UNKNOWN, *table.paths))
        self._pages = pages
        self._auth = auth
        self._limiter = limiter
        self._cache = cache
        self._positions = Positions(name)
        self._waiting: set[asyncio.Timeout] = set()
        self._stopping = False

    def stop(self) -> None:
        """End all that waits, and what begins to wait from now on, so that the server can stop."""
        if not self._stopping:
            self._stopping = True
            now = asyncio.get_running_loop().time()
            for limit in self._waiting:
                limit.reschedule(now)

    async def __call__(self, scope: Scope, receive: Receive, outgoing: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        began = time.perf_counter()
        told = header(scope, b"x-request-id")
        request_id = told if told and _REQUEST_ID.fullmatch(told) else context.new_request_id()
        context.begin(context.Call(request_id))
        extra: list[Header] = [(b"x-request-id", request_id.encode()), _NOSNIFF]
        route, answer = await self._answered(scope, receive, extra)
        if isinstance(answer, Stream):
            status = 200
            await self._stream(answer, scope, receive, outgoing, extra)
        else:
            status = answer.status
            await send(answer, scope, outgoing, extra=extra)
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        whole = isinstance(answer, Answer)
        seconds = http_metrics.took(route, method, status, began=began, told_when_slow=whole)
        failed = status >= http_metrics.SERVER_ERROR
        if failed or (whole and seconds > metrics.SLOW_S):
            (_log.warning if failed else _log.info)(
                "request", route=route, method=method, status=status, seconds=round(seconds, 3)
            )

    async def _answered(
        self, scope: Scope, receive: Receive, extra: list[Header]
    ) -> tuple[str, Answer | Stream]:
        """Return the route, for the metrics, and the answer; errors are answers too."""
        path: str = scope["path"]
        page = self._pages.get(path)
        if page is not None and scope["method"] in ("GET", "HEAD"):
            return PAGES, page.answer(scope)
        route, in_query = UNKNOWN, True
        try:
            resource, params = self._table.resource(path)
            route = resource.path
            if scope["method"] == "OPTIONS":
                return route, _options(resource)
            operation = self._table.operation(resource, scope["method"])
            in_query = operation.body is None
            return route, await self._present(operation, Call(scope, receive, params), extra)
        except Refused as refused:
            return route, problem.of_refused(refused)
        except ServiceError as error:
            if error.kind is Kind.INTERNAL:
                _log.error("a service has a defect", route=route, reason=error.reason)
            return route, problem.of_error(error, in_query=in_query)
        except Exception:  # noqa: BLE001 -- the edge of the process
            metrics.DEFECTS.labels(route).inc()
            _log.exception("defect", route=route)
            return route, problem.of_defect()

    async def _present(
        self, operation: Operation, call: Call, extra: list[Header]
    ) -> Answer | Stream:
        """Let an operation answer a call of somebody who is still here."""
        try:
            return await self._done(operation, call, extra)
        except Forbidden as error:
            if error.reason != "PERSON_LEFT" or call.identity is None:
                raise
            ended = await self._auth.gone(call.identity)
            if ended is None:
                raise
            raise ended from error

    async def _done(self, operation: Operation, call: Call, extra: list[Header]) -> Answer | Stream:
        """Let an operation answer a call: identify, count, read, act."""
        match operation.access:
            case Access.SIGNED_IN:
                extra.append(_API_CACHE)
                call.identity = await self._identified(call)
                context.set_origin(call.origin)
                extra.extend(self._count_signed_in(call))
                if operation.kept is not None and self._cache is not None:
                    return await self._kept(operation, operation.kept, call, self._cache)
                answer = await self._learned(operation, call)
                if call.who.session is not None:
                    cookies = call.header(b"cookie")
                    extra.extend(self._positions.told(call.who.session, answer, cookies=cookies))
                return answer
            case Access.PUBLIC:
                extra.extend(
                    self._limiter.count("public", call.address, self._limiter.rates.public)
                )
            case Access.WEBHOOK:
                extra.extend(
                    self._limiter.count("webhook", call.address, self._limiter.rates.webhook)
                )
            case Access.PROBE:
                pass
        return await self._acted(operation, call)

    async def _learned(self, operation: Operation, call: Call) -> Answer | Stream:
        """Let an operation answer that is not kept; what it shows is known all the same."""
        cache = self._cache
        if cache is None:
            return await self._acted(operation, call)
        asked_at = cache.now()
        answer = await self._acted(operation, call)
        if isinstance(answer, Answer):
            cache.learn(call.who.workspace, call.person, answer, asked_at=asked_at)
        return answer

    async def warm(self, who: Identity, path: str) -> None:
        """Have an answer made and kept that somebody is likely to ask for."""
        resource, params = self._table.resource(path)
        operation = self._table.operation(resource, "GET")
        if operation.kept is None or self._cache is None:
            return
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
        await self._kept(operation, operation.kept, Call(scope, _nothing, params, who), self._cache)

    async def _kept(self, operation: Operation, life: Life, call: Call, cache: Cache) -> Answer:
        """Answer from what is kept where that is right, else let the operation answer."""
        who = call.who
        scope = call.scope
        query = normal(scope["query_string"])
        if operation.of_session:
            query += b"#%d" % (who.session or 0)
        key = Key(who.workspace, who.person, scope["path"], query)

        async def compute() -> Answer:
            answer = await self._acted(operation, call.unconditional())
            if isinstance(answer, Stream):
                message = f"{operation.path} streams: its answers can't be kept"
                raise TypeError(message)
            return answer

        answer = await cache.answer(Asked(key, life, call.seen, operation.alike), compute)
        return as_asked(answer, call.header(b"if-none-match"))

    async def _acted(self, operation: Operation, call: Call) -> Answer | Stream:
        """Read what the operation needs, and let it answer."""
        if operation.raw_body:
            call.raw = await reading.body_of(call)
        if operation.body is not None:
            call.raw = await reading.body_of(call)
            body = reading.parsed_body(call, operation.body, needed=operation.body_needed)
            if operation.waits:
                return await self._awaited(operation.handler(call, body))
            return await operation.handler(call, body)
        if operation.query is not None:
            query = reading.parsed_query(call.scope["query_string"], operation.query)
            return await operation.handler(call, query)
        return await operation.handler(call)

    async def _identified(self, call: Call) -> Identity:
        try:
            return await self._auth.identify(call)
        except Unauthenticated:
            # Guessing is counted; whoever is known from the same address is not hindered by it.
            self._limiter.count("public", call.address, self._limiter.rates.public)
            raise

    def _count_signed_in(self, call: Call) -> tuple[Header, ...]:
        who, rates = call.who, self._limiter.rates
        if who.session is not None:
            return self._limiter.count("session", str(who.session), rates.console)
        return self._limiter.count("token", str(who.token), rates.api)

    async def _stream(
        self, stream: Stream, scope: Scope, receive: Receive, outgoing: Send, extra: list[Header]
    ) -> None:
        """Send a stream until its reader leaves or the server stops."""
        headers = [*(one for one in extra if one is not _API_CACHE), *_STREAM_HEADERS]
        headers.extend((*stream.headers, (b"content-type", stream.media_type)))
        await outgoing({"type": "http.response.start", "status": 200, "headers": headers})
        ended = True
        if scope["method"] != "HEAD":
            http_metrics.HTTP_STREAMS.inc()
            try:
                ended = await self._sent(stream, Request(scope, receive), outgoing)
            except ServiceError as error:
                _log.info("a stream ends", reason=error.reason)
                ended = False
            finally:
                http_metrics.HTTP_STREAMS.dec()
        if ended or not stream.whole:
            await outgoing({"type": "http.response.body", "body": b""})

    async def _sent(self, stream: Stream, request: Request, outgoing: Send) -> bool:
        """Send the pieces; return whether all were sent."""
        ended = False
        async with self._until_stop(), aclosing(stream.pieces) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                if piece:
                    await outgoing({"type": "http.response.body", "body": piece, "more_body": True})
                if await request.is_disconnected():
                    return False
            ended = True
        return ended  # noqa: RET504 -- the block above may be left before its end

    async def _awaited(self, answering: Awaitable[Answer | Stream]) -> Answer | Stream:
        """Return the answer; Unavailable where the server stops before it is there."""
        async with self._until_stop():
            return await answering
        raise Unavailable(
            "STOPPING", "The server stops: send the same again, with the same Idempotency-Key."
        )

    @asynccontextmanager
    async def _until_stop(self) -> AsyncIterator[None]:
        """Leave what is inside when the server stops."""
        limit = asyncio.timeout(0 if self._stopping else None)
        self._waiting.add(limit)
        try:
            async with limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
        finally:
            self._waiting.discard(limit)


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def normal(query_string: bytes) -> bytes:
    """Return a query with its parameters in one order; values of the same name keep theirs."""
    if b"&" not in query_string:
        return query_string
    named = [part.partition(b"=") for part in query_string.split(b"&") if part]
    return b"&".join(b"".join(part) for part in sorted(named, key=itemgetter(0)))


def _options(resource: Resource) -> Answer:
    return Answer(204, headers=((b"allow", resource.allowed),))
