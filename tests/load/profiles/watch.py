"""What the processes of a running system take, from /proc, and what its cache says, from /metrics."""

import os
import re
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

TICKS = os.sysconf("SC_CLK_TCK")
# What the metric calls an answer that came out of the cache.
HIT = "hit"


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has taken; 0 where it is gone."""
    try:
        # The name in brackets may hold spaces.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid: int) -> float:
    """Resident memory; 0 where the process is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def children(pid: int) -> list[int]:
    """Return the processes that a process has begun."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@dataclass(slots=True)
class Cpu:
    """CPU of each service since `begin`, PostgreSQL's with those of its backends."""

    pids: Mapping[str, int]
    postgres: int | None
    _before: dict[int, float] = field(default_factory=dict)

    def begin(self) -> None:
        """Count from now on."""
        self._before = {pid: cpu_s(pid) for pid in self._all()}

    def taken_s(self) -> dict[str, float]:
        """Seconds since `begin`, by service; what a backend took that has ended since is lost."""
        taken = {name: self._since([pid]) for name, pid in self.pids.items()}
        if self.postgres is not None:
            taken["postgresql"] = self._since([self.postgres, *children(self.postgres)])
        return taken

    def _since(self, pids: Iterable[int]) -> float:
        return sum(max(0.0, cpu_s(pid) - self._before.get(pid, 0.0)) for pid in pids)

    def _all(self) -> list[int]:
        base = [] if self.postgres is None else [self.postgres, *children(self.postgres)]
        return [*self.pids.values(), *base]


class Memory:
    """Notes the resident memory of each service every second, in a thread of its own."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = pids
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.noted: dict[str, list[tuple[float, float]]] = {name: [] for name in pids}

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        began = time.monotonic()
        while not self._end.is_set():
            at = time.monotonic() - began
            for name, pid in self._pids.items():
                self.noted[name].append((at, resident_mb(pid)))
            self._end.wait(1)


def growth(noted: list[tuple[float, float]], *, from_s: float) -> float | None:
    """By what share memory grew from then to the end; None where the run was too short.

    Medians over a tenth of the time each, as one look may fall on a peak.
    """
    after = [mb for at, mb in noted if at >= from_s]
    span = max(1, len(after) // 10)
    if len(after) < 2 * span or not after[0]:
        return None
    first, last = sorted(after[:span])[span // 2], sorted(after[-span:])[span // 2]
    return last / first - 1


def cache_results(base: str, headers: Mapping[str, str]) -> dict[tuple[str, str], float]:
    """How often the gateway's caches were asked so far, by cache and result."""
    text = httpx.get(base + "/metrics", headers=dict(headers), timeout=10).text
    return counted(text)


def counted(text: str) -> dict[tuple[str, str], float]:
    """Read the counts of `boss_cache_requests_total` out of an exposition."""
    counts: dict[tuple[str, str], float] = {}
    for labels, value in re.findall(
        r"^boss_cache_requests_total\{(.*)\} (\S+)$", text, re.MULTILINE
    ):
        told = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        key = (told.get("cache", ""), told.get("result", ""))
        counts[key] = counts.get(key, 0.0) + float(value)
    return counts


def asked_since(
    before: Mapping[tuple[str, str], float], after: Mapping[tuple[str, str], float]
) -> dict[str, dict[str, float]]:
    """What became of what was asked between two looks: by cache, then by result."""
    asked: dict[str, dict[str, float]] = {}
    for (cache, result), count in sorted(after.items()):
        if times := count - before.get((cache, result), 0.0):
            asked.setdefault(cache, {})[result] = times
    return asked


def hit_share(
    before: Mapping[tuple[str, str], float], after: Mapping[tuple[str, str], float]
) -> float | None:
    """The share of what was asked between two looks that the caches answered; None where nothing was."""
    asked = {key: count - before.get(key, 0.0) for key, count in after.items()}
    total = sum(asked.values())
    return sum(n for (_, result), n in asked.items() if result == HIT) / total if total else None
