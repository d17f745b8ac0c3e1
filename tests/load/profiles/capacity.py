"""What each kind of request costs, and what a machine carries: `python -m tests.load.profiles.capacity docs/capacity.md`.

Every kind of the mix is sent alone for a few seconds, first with the caches off, then with them on,
and then the mix itself; the CPU that each service took meanwhile is divided by the requests. The page
is written whole.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from tests.load.profiles.behaviour import MIX, Ask, Crowd, Kind
from tests.load.profiles.plan import PLANS, Length
from tests.load.profiles.report import table
from tests.load.profiles.system import Running, running
from tests.load.profiles.world import places

SERVICES = ("gateway", "task", "ai", "notify", "postgresql")
# One process each, which uses one core: they are event loops.
LOOPS = ("gateway", "task", "ai", "notify")
CORES = (1, 2, 4, 8, 16)
# Above it queues grow long before the cores are full.
BUSY = 0.7
THINKING_S = 2.0
SETTLE_S = 1.0
# A workspace is drawn at random; one that has nothing to approve says nothing of the others.
DRAWS = 100
# Both take from what was handed in, so the first may not use up everything.
SHARED = {"boss: approve": 2, "boss: reject": 2}


@dataclass(frozen=True, slots=True)
class Carried:
    """What a machine carries with one process of each service, and with as many as it needs."""

    cores: int
    rate: float
    bound: str
    most: float
    processes: Mapping[str, int]


def carried(costs_ms: Mapping[str, float], cores: int, *, busy: float = BUSY) -> Carried:
    """The rate at which a machine is as busy as it may be, and which part is so first."""
    most = cores * busy * 1000 / sum(costs_ms.values())
    ceilings = {"cores": most}
    ceilings |= {name: busy * 1000 / costs_ms[name] for name in LOOPS if costs_ms.get(name)}
    bound = min(ceilings, key=lambda name: ceilings[name])
    processes = {
        name: max(1, ceil(most * costs_ms.get(name, 0.0) / (busy * 1000) - 1e-9)) for name in LOOPS
    }
    return Carried(cores, ceilings[bound], bound, most, processes)


class Line:
    """One connection that stays open and sends what the crowd asks."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> "Line":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def send(self, ask: Ask, headers: Mapping[str, str]) -> tuple[int, str | None, bytes]:
        """The status, the ETag and the body of the answer."""
        body = ask.body or b""
        lines = [f"{ask.method} {ask.path} HTTP/1.1", "Host: load", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        told = {
            name.lower(): value.strip() for name, _, value in (one.partition(":") for one in head)
        }
        size = int(told.get("content-length", 0))
        read = await self._reader.readexactly(size)
        return int(head[0].split()[1]), told.get("etag"), read


def drawn(crowd: Crowd, kind: Kind | None) -> Ask | None:
    """Return a request of a kind, or of the mix; None where no workspace has one any more."""
    for _ in range(DRAWS):
        ask = crowd.ask(kind or crowd.kind(), now_s=time.monotonic())
        if kind is None or ask.kind is kind:
            return ask
    return None


async def load(
    system: Running, crowd: Crowd, kind: Kind | None, *, seconds: float, lines: int
) -> int:
    """Send a kind, or the mix, over some connections; return how many were answered.

    Ends early where a kind has nothing left to do, such as approving.
    """
    ends, counts = time.monotonic() + seconds, [0] * lines
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(Line(system.product.port)) for _ in range(lines)]

        async def work(index: int) -> None:
            while time.monotonic() < ends:
                ask = drawn(crowd, kind)
                if ask is None:
                    return
                status, etag, body = await opened[index].send(ask, crowd.headers(ask))
                if status >= 400:
                    raise SystemExit(f"{ask.method} {ask.path}: {status} {body[:300]!r}")
                crowd.answered(ask, status, etag, body)
                counts[index] += 1

        await asyncio.gather(*(work(index) for index in range(lines)))
    return sum(counts)


def costs(
    system: Running, crowd: Crowd, kind: Kind | None, *, seconds: float, lines: int = 8
) -> dict[str, float]:
    """CPU in ms of each service for a request; with what comes after it, such as deliveries."""
    cpu = system.cpu()
    answered = asyncio.run(load(system, crowd, kind, seconds=seconds, lines=lines))
    time.sleep(SETTLE_S)
    taken = cpu.taken_s()
    return {name: taken.get(name, 0.0) * 1000 / max(1, answered) for name in SERVICES}


def measure(seconds: float) -> tuple[dict[str, dict], dict[str, dict], dict[str, float]]:
    """Return the costs by kind with caches off, those of reads with them on, and those of the mix."""
    with running(cache="off") as system:
        crowd = Crowd(places(system.world), bursts=False)
        asyncio.run(load(system, crowd, None, seconds=seconds, lines=8))
        whole = {
            kind.name: costs(system, crowd, kind, seconds=seconds / SHARED.get(kind.name, 1))
            for kind in MIX
        }
    with running(cache="on") as system:
        crowd = Crowd(places(system.world))
        asyncio.run(load(system, crowd, None, seconds=seconds, lines=8))
        reads = [kind for kind in MIX if not kind.write]
        again = {kind.name: costs(system, crowd, kind, seconds=seconds) for kind in reads}
        mix = costs(system, crowd, None, seconds=seconds * 5)
    return whole, again, mix


def page(
    whole: Mapping[str, Mapping[str, float]],
    again: Mapping[str, Mapping[str, float]],
    mix: Mapping[str, float],
    *,
    note: str,
) -> str:
    """Return docs/capacity.md."""
    by_kind = [
        [name, *_row(cost), _ms(sum(again[name].values())) if name in again else "–"]
        for name, cost in whole.items()
    ]
    shares = [[kind.name, f"{kind.share / 10:g}%", "write" if kind.write else ""] for kind in MIX]
    machines = [carried(mix, cores) for cores in CORES]
    first = carried(mix, 10_000)
    order = sorted(LOOPS, key=lambda name: -mix[name])
    return PAGE.format(
        note=note,
        kinds=table(["kind", *SERVICES, "all", "all, asked again"], by_kind),
        mix=table(["", *SERVICES, "all"], [["the mix", *_row(mix)]]),
        machines=table(
            ["cores", "requests a second", "users", "bound by", "with more processes", "of each"],
            [_machine(one) for one in machines],
        ),
        first=first.bound,
        first_rate=f"{first.rate:,.0f}",
        then=" Then come " + ", ".join(
            f"`{name}` at {BUSY * 1000 / max(mix[name], 1e-9):,.0f}/s" for name in order[1:3]
        ) + ".",
        shares=table(["kind", "of all requests", ""], shares),
        busy=f"{BUSY:.0%}",
        thinking=f"{THINKING_S:g}",
        plans=plans(),
    )  # fmt: skip


def _row(cost: Mapping[str, float]) -> list[str]:
    return [*(_ms(cost[name]) for name in SERVICES), _ms(sum(cost.values()))]


def _ms(value: float) -> str:
    return f"{value:.2f}" if value >= 0.005 else "–"


def _machine(one: Carried) -> Sequence[object]:
    needed = ", ".join(f"{count} {name}" for name, count in one.processes.items() if count > 1)
    return [
        one.cores, f"{one.rate:,.0f}", f"{one.rate * THINKING_S:,.0f}", one.bound,
        f"{one.most:,.0f}", needed or "one",
    ]  # fmt: skip


PAGE = """# Capacity

What a request costs, and from it what a machine carries. Written by `make capacity`, which measures it anew (some
minutes); {note}. CPU in ms is from `/proc/<pid>/stat`, with what a request leaves behind, such as deliveries; the load
generator is not in it. Read them as sizes: the speed of a core differs by half between machines, and between runs on one.

## What each kind of request costs

Milliseconds of CPU a request with every cache off, that is the whole way; the last column is the same request with the caches on,
while nobody writes.

{kinds}

## What the mix costs

The requests below, with the caches on, as fast as eight connections go:

{mix}

## What a machine carries

At {busy} of its cores (above that, waiting grows faster than the rate), in requests a second of the mix; users are people who
ask once in {thinking} s. PostgreSQL is on the same machine. Each service is one event loop, so one process of it
uses one core at most; the last two columns are with as many processes as the cores can feed.

{machines}

## Where the next ceiling is

- With cores enough the first to be full is `{first}`, at {first_rate} requests a second for one process.{then}
- `gateway` and `task` may run as several processes over one database; a rate limit counts within each process.
- Writes wait for two synced commits, their own and that of the numbering, which one process at a time does; what the store
  reaches with them is in [performance.md](performance.md).
- Memory: some 100 MB a process after load. Connections to the database are 30 a process at most (`BOSS_DB_POOL_SIZE`,
  `BOSS_DB_MAX_OVERFLOW`), so PostgreSQL's `max_connections` is the next limit of many processes.

## The mix

Nine of ten requests read. 20 workspaces with an owner, four members, a board and a program each; the newest tasks are asked
for most; boards, members and bosses send the ETag that they have. A quarter of the workspaces writes at a time, for 20 s
each, as people work in bursts: with writes spread evenly (`--even`) fewer answers come from the cache, because
each write makes its workspace's lists and figures old.

{shares}

## Load tests

| | users | full | short |
|---|---|---|---|
{plans}

Users think for 1 to 3 s between requests; `mix` keeps its rate. `make load PROFILE=heavy LENGTH=full` runs one against a
system of its own and writes a report with pictures into `build/load/`; short is the default, for a small machine.
`make load PROFILE=mix ARGS="--minutes 10"` sets the time, `--cache off` takes the caches out. It fails where the limits
of `tests/load/profiles/plan.py` are not kept; a ramp ends where 95% take over 1 s or 1% fail, and says at how many users.

`make load-gate` holds the product's share of the bare chain against `tests/load/baseline.json`; `ARGS=--keep` makes what is
measured the new baseline. `.ci/load weekly` and `.ci/load deploy` are what runs each week and before a deployment
(`.github/workflows/load.yml`).

## Which command takes which figure

| figure | command |
|---|---|
| get, list, create, health beside the bare chain, caches off and on; 304s, dashboard and figures kept, beside the bare list and a second | `make load-gate` |
| the same rates with medians and the 99th percentile | `make bench ARGS="--only chain --cache off"` |
| the mix: 95th percentile, errors, hits by cache and why not, memory | `make load PROFILE=mix LENGTH=full` |
| figures and dashboard made anew at 10,000 to 1,000,000 tasks | `make bench-store` |
| message to reply | `make bench ARGS="--only messages"` |
| what a request of each kind costs, and this page | `make capacity` |
"""


def plans() -> str:
    """Return the rows of the profiles."""
    rows = []
    for name, lengths in PLANS.items():
        full, short = lengths[Length.FULL], lengths[Length.SHORT]
        users = str(full.users) if full.steps is None else f"up to {full.steps.most:,}"
        shorter = str(short.users) if short.steps is None else f"up to {short.steps.most:,}"
        rate = f", {full.rate:.0f} requests/s" if full.rate else ""
        rows.append(
            f"| `{name}` | {users}{rate} | {full.seconds / 60:.0f} min "
            f"| {shorter} users, {short.seconds:.0f} s |"
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path, nargs="?", help="where to write; else it is printed")
    parser.add_argument("--seconds", type=float, default=4, help="how long each kind is sent")
    parser.add_argument("--note", help="what is to be known of the machine")
    args = parser.parse_args()
    note = args.note or f"taken on a machine with {os.cpu_count()} cores"
    text = page(*measure(args.seconds), note=note)
    if args.page:
        args.page.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
