"""Answers kept in Redis too, for all gateways of an installation; each has its own in front.

Redis is asked only where this process has nothing that is new enough. It costs speed when it is
slow or dead (`runtime/shared.py`), and never truth: what it holds is judged by its position like
everything else.
"""

import hashlib
from typing import Self

import msgspec

from services.gateway import VERSION
from services.gateway.answer import Answer, Packed, Span
from services.gateway.caching.kept import Kept, Key, Life, NewEnough
from services.gateway.caching.memory import Memory
from services.runtime.settings import Settings
from services.runtime.shared import SharedStore

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

    def __init__(self, store: SharedStore, front: Memory) -> None:
        self._store = store
        self._front = front

    @classmethod
    def at(cls, url: str, settings: Settings, front: Memory) -> Self:
        """Return what keeps answers at this address, apart from other installations' there."""
        return cls(SharedStore.at(url, settings, form=VERSION), front)

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
        await self._store.asked(
            "SET", _name(key), _encode(stored), "PX", int(kept.life.seconds * 1000)
        )

    def note(self, key: Key, kept: Kept) -> None:
        """Keep an answer here alone: Redis would be asked for each of many."""
        self._front.note(key, kept)

    async def close(self) -> None:
        """Close the connections."""
        await self._front.close()
        await self._store.close()

    async def _far(self, key: Key) -> Kept | None:
        found = await self._store.asked("GET", _name(key))
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


def _name(key: Key) -> bytes:
    return hashlib.sha256(_encode(key)).digest()
