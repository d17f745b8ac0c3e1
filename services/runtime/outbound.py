"""Calls to outside APIs over HTTP: one client per API, four timeouts, a breaker, metrics, errors.

The only file that imports httpx; who calls no outside API does not import this one. Its errors:

    OutboundError
    ├── Timeout       no answer within the time
    ├── Broken        no connection, a connection that broke, a 5xx
    ├── Refused       an answer that says no (4xx): status, body, retry_after
    └── BreakerOpen   not asked at all, as it has been failing: retry_after

Each tells by `lasting` whether the same request would be refused for ever.
"""

# ruff: noqa: N818 -- the names are what happened: Timeout, Broken, Refused
# ruff: noqa: E402 -- something has to be said before httpx is imported

import asyncio
import dataclasses
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

# httpx loads its own command line at import, and with it rich and pygments: 3 MB for nothing.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

import httpx

from services.runtime import metrics
from services.runtime.breaker import Breaker, State
from services.runtime.parse import is_loopback

CLIENT_ERROR, SERVER_ERROR = 400, 500
TOO_MANY, TIMED_OUT = 429, 408
BODY_KEPT = 2_000


class OutboundError(Exception):
    """An outside API has not done what it was asked; the text has no secret in it."""

    lasting = False
    retry_after: timedelta | None = None


class Timeout(OutboundError):
    """No answer within the time."""


class Broken(OutboundError):
    """No connection, one that broke off, or an answer that tells of the API's own trouble."""


class BreakerOpen(OutboundError):
    """Not asked, because it has been failing."""

    def __init__(self, api: str, retry_in_s: float) -> None:
        super().__init__(f"{api} has been failing and is not asked for {retry_in_s:.1f} s")
        self.retry_after = timedelta(seconds=retry_in_s)


class Refused(OutboundError):
    """The API says no."""

    def __init__(self, api: str, response: httpx.Response) -> None:
        self.status = response.status_code
        self.body = response.text[:BODY_KEPT]
        self.retry_after = _retry_after(response.headers)
        self.lasting = self.status not in {TOO_MANY, TIMED_OUT}
        super().__init__(f"{api} answers {self.status}: {self.body[:200]}")


@dataclasses.dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each part of a call; none may be left out."""

    connect: float = 5.0
    read: float = 10.0
    write: float = 10.0
    pool: float = 5.0


class Outbound:
    """The one client for an outside API; `api` is its label in the metrics."""

    def __init__(
        self,
        api: str,
        base_url: str,
        *,
        timeouts: Timeouts | None = None,
        connections: int = 50,
        headers: Mapping[str, str] | None = None,
        breaker: Breaker | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._timeouts = timeouts or Timeouts()
        self.api = api
        metrics.expect(metrics.EXTERNAL_DURATION, api, metrics.OUTCOMES)
        metrics.BREAKER_OPEN.labels(api).set(0)
        self._breaker = breaker or Breaker()
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers=headers,
            timeout=_httpx_timeout(self._timeouts),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            follow_redirects=False,
            # The environment's proxy is for the outside; it cannot reach this machine's loopback.
            trust_env=not is_loopback(httpx.URL(base_url).host),
            transport=transport,
        )

    async def request(
        self, method: str, path: str, *, read_s: float | None = None, **parts: Any
    ) -> httpx.Response:
        """Return the API's answer (under 400), read whole; an OutboundError otherwise.

        `parts` are httpx's json, content, data, files, params, headers. `read_s` replaces the read
        timeout, for calls that wait (a long poll).
        """
        if read_s is not None:
            parts["timeout"] = _httpx_timeout(dataclasses.replace(self._timeouts, read=read_s))
        async with self.calling():
            response = await self._client.request(method, path, **parts)
            await self._judge(response)
            return response

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, *, total_s: float | None = None, **parts: Any
    ) -> AsyncIterator[httpx.Response]:
        """Give the API's answer (under 400) to be read piece by piece.

        `total_s` ends it all, also where pieces keep coming; httpx's four timeouts don't.
        """
        async with (
            self.calling(),
            asyncio.timeout(total_s),
            self._client.stream(method, path, **parts) as response,
        ):
            await self._judge(response)
            yield response

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[None]:
        """Measure, guard by the breaker, and turn httpx's errors into ours."""
        if not self._breaker.enter():
            self._measure("breaker_open", None)
            raise BreakerOpen(self.api, self._breaker.retry_in_s())
        began, outcome = time.perf_counter(), "cancelled"
        try:
            yield
            outcome = "ok"
        except Refused as error:
            outcome = "too_many" if error.status == TOO_MANY else "refused"
            raise
        except Broken:
            outcome = "broken"
            raise
        except (httpx.TimeoutException, TimeoutError) as error:
            outcome = "timeout"
            raise Timeout(f"{self.api} did not answer in time ({type(error).__name__})") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            outcome = "broken"
            # Not the error's own text: it may show the address, which may hold a token.
            raise Broken(f"{self.api} cannot be reached ({type(error).__name__})") from error
        finally:
            self._measure(outcome, began)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _judge(self, response: httpx.Response) -> None:
        if response.status_code < CLIENT_ERROR:
            return
        await response.aread()
        if response.status_code >= SERVER_ERROR:
            raise Broken(f"{self.api} answers {response.status_code}: {response.text[:200]}")
        raise Refused(self.api, response)

    def _measure(self, outcome: str, began: float | None) -> None:
        match outcome:
            case "ok" | "refused" | "too_many":
                self._breaker.succeeded()
            case "timeout" | "broken":
                self._breaker.failed()
            case "cancelled":
                self._breaker.left()
        seconds = 0.0 if began is None else time.perf_counter() - began
        metrics.EXTERNAL_DURATION.labels(self.api, outcome).observe(seconds)
        metrics.BREAKER_OPEN.labels(self.api).set(self._breaker.state is not State.CLOSED)


def _httpx_timeout(timeouts: Timeouts) -> httpx.Timeout:
    return httpx.Timeout(
        connect=timeouts.connect, read=timeouts.read, write=timeouts.write, pool=timeouts.pool
    )


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return the seconds that Retry-After tells; its other form, a date, is rare and left out."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return timedelta(seconds=seconds) if 0 <= seconds < float("inf") else None
