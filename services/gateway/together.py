"""Writes together what comes together: while one statement is under way, the next ones gather.

Alone, a call is written at once and waits for nobody. Under load a statement carries all that came
during the one before, so that many share a commit. Whoever calls goes on only once its own part is
committed. The first of those who gathered writes for all; there is no task beside.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.runtime.errors import Invalid, ServiceError

A = TypeVar("A")
R = TypeVar("R")

# A statement of more takes longer than the next ones should have to wait.
MOST = 64


@dataclass(eq=False, slots=True)
class _Part(Generic[A, R]):
    """What one caller gave and what came of it. `told`: it is written, or may write for all."""

    given: A
    told: asyncio.Future[None]
    written: bool = False
    value: R | None = None
    error: ServiceError | None = None


class Together(Generic[A, R]):
    """Calls `write` for many at once; it returns their results in the order of what it is given.

    `write` must bear being given again what it has written: where the one who writes for all is
    cancelled, the others are written again. A value that can't be stored fails its own caller
    alone.
    """

    def __init__(
        self, write: Callable[[Sequence[A]], Awaitable[Sequence[R]]], *, most: int = MOST
    ) -> None:
        self._write = write
        self._most = most
        self._waiting: deque[_Part[A, R]] = deque()
        self._busy = False

    async def __call__(self, given: A) -> R:
        """Return the result of this one, once it is committed. Raises what its writing raised."""
        part = _Part[A, R](given, asyncio.get_running_loop().create_future())
        self._waiting.append(part)
        if self._busy:
            await self._told(part)
        if not part.written:
            self._busy = True
            try:
                await self._group()
            finally:
                self._pass_on()
        if part.error is not None:
            raise part.error
        value: R = part.value  # type: ignore[assignment] # it is written
        return value

    async def _told(self, part: _Part[A, R]) -> None:
        try:
            await part.told
        except asyncio.CancelledError:
            if part in self._waiting:
                self._waiting.remove(part)
            if part.told.done() and not part.told.cancelled() and not part.written:
                self._pass_on()
            raise

    async def _group(self) -> None:
        """Write the first ones who wait; the caller is the first of them."""
        number = min(len(self._waiting), self._most)
        parts = [self._waiting.popleft() for _ in range(number)]
        try:
            await self._together(parts)
        finally:
            for part in parts:
                if part.written and not part.told.done():
                    part.told.set_result(None)
            # The caller's own part is nobody's any more where its writing came to no end.
            self._waiting.extendleft(part for part in reversed(parts[1:]) if not part.written)

    async def _together(self, parts: Sequence[_Part[A, R]]) -> None:
        try:
            values = await self._write([part.given for part in parts])
        except Invalid as error:
            if len(parts) > 1:
                for part in parts:
                    await self._together([part])
                return
            parts[0].written, parts[0].error = True, error
        except ServiceError as error:
            for part in parts:
                part.written, part.error = True, error
        else:
            for part, value in zip(parts, values, strict=True):
                part.written, part.value = True, value

    def _pass_on(self) -> None:
        """Let the first who waits write, where somebody does."""
        while self._waiting and self._waiting[0].told.done():
            # Cancelled, and not yet gone.
            self._waiting.popleft()
        self._busy = bool(self._waiting)
        if self._waiting:
            self._waiting[0].told.set_result(None)
