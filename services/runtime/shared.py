"""What the processes of an installation share in Redis, where there is one: asked, never relied on.

A slow or dead Redis costs speed and never truth: each command is given a tenth of a second, what
isn't answered is None, and after a few failures it is left alone for a while. Whoever asks has a
way without it. Import this only where REDIS_URL is set: the client takes 60 ms of a start.
"""

import hashlib
import time
from typing import Self

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from services.runtime import metrics
from services.runtime.breaker import Breaker, State
from services.runtime.credentials import service_key
from services.runtime.errors import SettingsError
from services.runtime.settings import Settings

API = "redis"
ANSWERS_IN_S = 0.1
CONNECTIONS = 20
FAILURES, PAUSE_S, PROBE_S = 3, 5.0, 1.0


class SharedStore:
    """Commands to Redis under this installation's own names."""

    def __init__(self, redis: Redis, prefix: bytes) -> None:
        self._redis = redis
        self._prefix = prefix
        self._breaker = Breaker(failures=FAILURES, pause_s=PAUSE_S, probe_s=PROBE_S)

    @classmethod
    def at(cls, url: str, settings: Settings, *, form: str) -> Self:
        """Return the store at this address, apart from other installations' and other forms'.

        `form` names what is stored and its version: another one finds nothing of this.
        """
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
        installation = f"{form} {service_key(settings)}".encode()
        metrics.expect(metrics.EXTERNAL_DURATION, API, metrics.OUTCOMES)
        metrics.BREAKER_OPEN.labels(API).set(0)
        prefix = b"boss:" + hashlib.sha256(installation).hexdigest()[:16].encode() + b":"
        return cls(Redis.from_pool(pool), prefix)

    async def asked(self, command: str, key: bytes, *arguments: str | bytes | int) -> object:
        """Return what Redis answers to a command on a key of ours, None where it does not."""
        if not self._breaker.enter():
            return None
        began, outcome = time.perf_counter(), "cancelled"
        try:
            told: object = await self._redis.execute_command(  # type: ignore[no-untyped-call]
                command, self._prefix + key, *arguments
            )
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

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
