"""Answers kept in Redis too, for all gateways of an installation; each has its own in front.

Redis is asked only where this process has nothing that is new enough. It costs speed when it is
slow or dead, and never truth: what it holds is judged by its position like everything else, and
after a few failures it is left alone for a while.
"""

import hashlib
import time
from typing import Self

import msgspec
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from services.gateway import VERSION
from services.gateway.answer import Answer, Packed, Span
from services.gateway.caching.kept import Kept, Key, Life, NewEnough
from services.gateway.caching.memory import Memory
from services.runtime import metrics
from services.runtime.breaker import Breaker, State
from services.runtime.credentials import service_key
from services.runtime.errors import SettingsError
from services.runtime.settings import Settings

API = "redis"
ANSWERS_IN_S = 0.1
CONNECTIONS = 20
FAILURES, PAUSE_S = 3, 5.0
LARGEST_BYTES = 1_000_000


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    as_of: int
    made_at: float
    life: str
    clocked: bool
    of_task: str
    span: tuple[float, float] | None
    for_all: bool
    media_type: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Stored).decode


class Shared:
    """Keeps answers in memory and in Redis."""

    def __init__(self, redis: Redis, front: Memory, *, prefix: bytes, breaker: Breaker) -> None:
        self._redis = redis
        self._front = front
        self._prefix = prefix
        self._breaker = breaker

    @classmethod
    def at(cls, url: str, settings: Settings, front: Memory) -> Self:
        """Return what keeps answers at this address, apart from other installations' there."""
        try:
            pool = BlockingConnectionPool.from_url(
                url,
                max_connections=CONNECTIONS,
                timeout=ANSWERS_IN_S,
                socket_timeout=ANSWERS_IN_S,
                socket_connect_timeout=ANSWERS_IN_S,
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError as error:
            raise SettingsError(
                "REDIS_URL is no address of a Redis: write redis://host:6379, rediss://… for TLS, "
                "or unix:///path"
            ) from error
        installation = f"{VERSION} {service_key(settings)}".encode()
        prefix = b"boss:" + hashlib.sha256(installation).hexdigest()[:16].encode() + b":"
        breaker = Breaker(failures=FAILURES, pause_s=PAUSE_S, probe_s=1.0)
        metrics.expect(metrics.EXTERNAL_DURATION, API, metrics.OUTCOMES)
        metrics.BREAKER_OPEN.labels(API).set(0)
        return cls(Redis.from_pool(pool), front, prefix=prefix, breaker=breaker)

    async def get(self, key: Key, new_enough: NewEnough) -> Kept | None:
        """Return what is kept here, or in Redis where that may be newer."""
        near = self._front.near(key)
        if near is not None and new_enough(near):
            return near
        far = await self._far(key)
        if far is None:
            return near
        await self._front.put(key, far)
        return far

    async def put(self, key: Key, kept: Kept) -> None:
        """Keep an answer in both."""
        await self._front.put(key, kept)
        answer = kept.answer
        if len(answer.body) > LARGEST_BYTES:
            return
        stored = _Stored(
            kept.as_of,
            kept.made_at,
            kept.life.value,
            answer.clocked,
            answer.of_task,
            answer.span,
            answer.for_all,
            answer.media_type,
            answer.headers,
            answer.body,
        )
        await self._asked(
            "SET", self._name(key), _encode(stored), "PX", int(kept.life.seconds * 1000)
        )

    def note(self, key: Key, kept: Kept) -> None:
        """Keep an answer here alone: Redis would be asked for each of many."""
        self._front.note(key, kept)

    async def close(self) -> None:
        """Close the connections."""
        await self._front.close()
        await self._redis.aclose()

    async def _far(self, key: Key) -> Kept | None:
        found = await self._asked("GET", self._name(key))
        if not isinstance(found, bytes):
            return None
        try:
            stored = _decode(found)
            life = Life(stored.life)
        except (msgspec.MsgspecError, ValueError):
            return None
        answer = Answer(
            200,
            stored.body,
            stored.headers,
            stored.media_type,
            as_of=stored.as_of,
            clocked=stored.clocked,
            of_task=stored.of_task,
            span=None if stored.span is None else Span(*stored.span),
            for_all=stored.for_all,
            packed=Packed(stored.body),
        )
        return Kept(answer, stored.as_of, stored.made_at, life)

    def _name(self, key: Key) -> bytes:
        return self._prefix + hashlib.sha256(_encode(key)).digest()

    async def _asked(self, *command: str | bytes | int) -> object:
        """Return what Redis answers, None where it does not."""
        if not self._breaker.enter():
            return None
        began, outcome = time.perf_counter(), "cancelled"
        try:
            told: object = await self._redis.execute_command(*command)  # type: ignore[no-untyped-call]
            outcome = "ok"
        except (RedisTimeoutError, TimeoutError):
            outcome = "timeout"
            return None
        except (RedisError, OSError):
            outcome = "broken"
            return None
        else:
            return told
        finally:
            match outcome:
                case "ok":
                    self._breaker.succeeded()
                case "broken" | "timeout":
                    self._breaker.failed()
                case _:
                    self._breaker.left()
            metrics.EXTERNAL_DURATION.labels(API, outcome).observe(time.perf_counter() - began)
            metrics.BREAKER_OPEN.labels(API).set(self._breaker.state is not State.CLOSED)
