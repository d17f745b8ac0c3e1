"""Answers of the model kept by all that it was told: the same question is not paid for twice.

The key holds the prompt with its version, the schema, the model, and every name and text of the
question, so an answer can't reach anybody who would have been told something else. Kept in this
process, and in Redis where there is one.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

from cachetools import TTLCache

from services.ai.llm.sharing import Shared

KEPT_S = 6 * 3600
MOST_BYTES = 4_000_000
LARGEST_BYTES = 100_000
_OVERHEAD = 300


class Answers:
    """Keeps what the model said; `most_bytes` 0 keeps nothing."""

    def __init__(
        self,
        *,
        most_bytes: int = MOST_BYTES,
        kept_s: float = KEPT_S,
        shared: Shared | None = None,
    ) -> None:
        self._near: TTLCache[bytes, str] = TTLCache(most_bytes, kept_s, getsizeof=_size)
        self._kept_s = kept_s
        self._shared = shared if most_bytes else None

    async def get(self, key: bytes) -> str | None:
        """Return what the model said to this, if it is kept."""
        near = self._near.get(key)
        if near is not None or self._shared is None:
            return near
        far = await self._shared.asked("GET", b"answer:" + key)
        if not isinstance(far, bytes):
            return None
        content = far.decode(errors="replace")
        self._keep(key, content)
        return content

    async def put(self, key: bytes, content: str) -> None:
        """Keep what the model said."""
        if _size(content) > LARGEST_BYTES:
            return
        self._keep(key, content)
        if self._shared is not None:
            await self._shared.asked(
                "SET", b"answer:" + key, content.encode(), "EX", int(self._kept_s)
            )

    def _keep(self, key: bytes, content: str) -> None:
        if _size(content) <= self._near.maxsize:
            self._near[key] = content


def key_of(model: str, messages: Sequence[Mapping[str, str]]) -> bytes:
    """Return the key of a question to a model."""
    told = json.dumps([model, *messages], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode(errors="surrogatepass")).digest()


def _size(content: str) -> int:
    return len(content.encode(errors="surrogatepass")) + _OVERHEAD
