"""Loads for the gateway: so many a second whatever comes back, or as many as it takes.

Over plain connections that stay open: an HTTP client spends more on fifty of them than the product
does. A call at a rate counts from when it was due, so that a stall is not hidden by what was not
asked meanwhile.
"""

import asyncio
import contextlib
import json
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Self

# More than the slowest tenth of a second has on its way at the rates that are asked.
CONNECTIONS = 128
OKAY = (b"200", b"201")


class Refused(Exception):  # noqa: N818 # says what happened
    """An answer that is no success."""


class Line:
    """One connection to a gateway."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._port = port
        given = {"Host": "bench", "Content-Type": "application/json", **headers}
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in given.items())

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def post(self, path: str, body: object) -> bytes:
        """The body of the answer. Raises Refused for anything but a success."""
        raw = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\n{self._headers}Content-Length: {len(raw)}\r\n\r\n"
        self._writer.write(head.encode() + raw)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        _, _, rest = answer.partition(b"content-length:")
        found = await self._reader.readexactly(int(rest.partition(b"\r\n")[0]))
        if answer.split(b" ", 2)[1] not in OKAY:
            raise Refused(f"{path} {body}: {found.decode()}")
        return found


Call = Callable[[Line, int], Awaitable[object]]


async def at_rate(
    port: int, headers: Mapping[str, str], call: Call, *, rate: float, seconds: float
) -> dict[str, float]:
    """Milliseconds from when a call was due to its answer, at that many calls a second."""
    free: asyncio.LifoQueue[Line] = asyncio.LifoQueue()
    taken: list[float] = []
    refused: list[Refused] = []

    async def one(number: int, due: float) -> None:
        line = await free.get()
        try:
            await call(line, number)
            taken.append((time.perf_counter() - due) * 1000)
        except Refused as error:
            refused.append(error)
        finally:
            free.put_nowait(line)

    async with contextlib.AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):
            free.put_nowait(await stack.enter_async_context(Line(port, headers)))
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                due = began + number / rate
                await asyncio.sleep(due - time.perf_counter())
                group.create_task(one(number, due))
        took = time.perf_counter() - began
    cuts = statistics.quantiles(taken, n=100)
    return {
        "asked_per_s": rate,
        "refused": len(refused),
        "per_s": round(len(taken) / took),
        "p50_ms": round(cuts[49], 1),
        "p95_ms": round(cuts[94], 1),
        "p99_ms": round(cuts[98], 1),
    }


async def at_most(
    port: int, headers: Mapping[str, str], call: Call, *, lines: int, seconds: float
) -> dict[str, float]:
    """Calls a second over so many connections, each of which asks again once it is answered."""
    ends = time.perf_counter() + seconds
    taken: list[float] = []
    refused: list[Refused] = []

    async def keep_on(line: Line, place: int) -> None:
        number = place
        while (began := time.perf_counter()) < ends:
            try:
                await call(line, number)
                taken.append((time.perf_counter() - began) * 1000)
            except Refused as error:
                refused.append(error)
            number += lines

    async with contextlib.AsyncExitStack() as stack:
        began = time.perf_counter()
        opened = [await stack.enter_async_context(Line(port, headers)) for _ in range(lines)]
        await asyncio.gather(*(keep_on(line, place) for place, line in enumerate(opened)))
        took = time.perf_counter() - began
    return {
        "lines": lines,
        "refused": len(refused),
        "per_s": round(len(taken) / took),
        "p50_ms": round(statistics.median(taken), 1),
    }
