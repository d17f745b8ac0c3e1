"""Tasks as encoded JSON, kept by version.

An ETag is strong: it changes with anything that a task shows. So the JSON of a task with the same
name and ETag is the same, byte for byte, and need not be made again; nothing here can be stale,
because which version is the present one is said by the task service each time. Filling and
encoding a task costs 15 µs, finding it here half a microsecond.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from boss.task.v1 import task_pb2

from services.gateway import present
from services.gateway.answer import Shown, encode

KEPT_BYTES = 2_000_000

Key = tuple[str, str]


class Rendered:
    """Makes tasks into JSON, and keeps the last ones."""

    def __init__(self, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._bytes = 0
        self._by_version: dict[Key, tuple[bytes, msgspec.Raw]] = {}

    def task(self, task: task_pb2.Task) -> Any:
        """Return a task's JSON as a msgspec.Raw, which may stand wherever a shapes.Task may."""
        return self._both(task)[1]

    def _both(self, task: task_pb2.Task) -> tuple[bytes, Any]:
        """Return a task's JSON, and the same as a msgspec.Raw."""
        key = (task.name, task.etag)
        kept = self._by_version.get(key)
        if kept is not None:
            return kept
        made = encode(present.task(task))
        both = made, msgspec.Raw(made)
        # Without an event that touched it, a task has no version yet: "" or "-" and a digest.
        if self._kept_bytes and not key[1].startswith("-") and key[1]:
            self._keep(key, both)
        return both

    def shown(self, tasks: Iterable[task_pb2.Task]) -> list[Shown]:
        """Return tasks as an answer shows them whole."""
        return [Shown(task.name, task.etag, *self._both(task)) for task in tasks]

    def _keep(self, key: Key, both: tuple[bytes, msgspec.Raw]) -> None:
        self._by_version[key] = both
        self._bytes += len(both[0])
        while self._bytes > self._kept_bytes:
            # A dict is in the order of its making: the oldest goes first.
            oldest = next(iter(self._by_version))
            self._bytes -= len(self._by_version.pop(oldest)[0])
