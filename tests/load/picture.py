"""Draws a dashboard from its own queries on the running system under load (`make dashboards-picture`).

Starts a product that is connected with all that it can be connected with (tests/e2e/traffic.py), puts the
load tests' mix on it at a steady rate, lets a real Prometheus watch it, asks what the dashboard asks, and
draws what it found as Grafana would. Keeps what it found in build/dashboards, to draw it again (`--again`).
"""

import argparse
import asyncio
import contextlib
import dataclasses
import json
import random
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.e2e import panels
from tests.e2e.prom import configured, prometheus
from tests.e2e.system import ROOT, System
from tests.e2e.traffic import Traffic, follower, whole_system
from tests.load import drawn
from tests.load.drawn import Series
from tests.load.profiles import world
from tests.load.profiles.behaviour import KEPT_TASKS, Crowd, Place

KEPT = ROOT / "build" / "dashboards"
WORKSPACES = 4
SENDERS = 8
# The beginning, in which all is cold and rates have no past yet, is not shown.
WARM_S = 25.0
PAUSE_S = 2.0


@asynccontextmanager
async def load(system: System, traffic: Traffic, *, rate: float) -> AsyncIterator[None]:
    """Keep the mix on the product, and what goes in and out of it by other ways, while this is open."""
    made = await asyncio.to_thread(world.make, system.url, system.token, workspaces=WORKSPACES)
    crowd = Crowd([_place(one) for one in made])
    sending = [_send(system, crowd, pause_s=SENDERS / rate) for _ in range(SENDERS)]
    everything = asyncio.gather(*sending, _talk(traffic))
    try:
        yield
    finally:
        everything.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await everything


def _place(made: dict[str, Any]) -> Place:
    names = made["names"]
    held = [(task, number % len(names)) for number, task in enumerate(made["tasks"])]
    return Place(made["tokens"], names, deque(held, maxlen=KEPT_TASKS), deque(held))


async def _send(system: System, crowd: Crowd, *, pause_s: float) -> None:
    draw = random.Random()  # noqa: S311 -- no secret
    while True:
        ask = crowd.ask(crowd.kind(), now_s=time.monotonic())
        try:
            answer = await system.client.request(
                ask.method, system.url + ask.path, content=ask.body, headers=crowd.headers(ask)
            )
        except httpx.TransportError:
            continue
        crowd.answered(ask, answer.status_code, answer.headers.get("etag"), answer.content)
        await asyncio.sleep(draw.expovariate(1 / pause_s))


async def _talk(traffic: Traffic) -> None:
    while True:
        with contextlib.suppress(httpx.TransportError):
            await traffic.round()
        await asyncio.sleep(PAUSE_S)


async def found(board: dict[str, Any], *, rate: float, seconds: float) -> dict[int, list[Series]]:
    """What each panel's expressions find, after so long under load."""
    with tempfile.TemporaryDirectory() as folder:
        async with whole_system(Path(folder)) as (system, traffic), follower(system):
            config = configured(Path(folder) / "prometheus", system)
            async with prometheus(config) as http, load(system, traffic, rate=rate):
                await asyncio.sleep(seconds + WARM_S)
                return {
                    panel["id"]: await _series(http, board, panel, since_s=seconds)
                    for panel in board["panels"]
                    if "targets" in panel
                }


async def _series(
    http: httpx.AsyncClient, board: dict[str, Any], panel: dict[str, Any], *, since_s: float
) -> list[Series]:
    names = [variable["name"] for variable in board["templating"]["list"]]
    series = []
    for target in panel["targets"]:
        asked = panels.Target(
            panel["title"], panels.written(target["expr"], names), target["instant"]
        )
        for one in await panels.series(http, asked, since_s=since_s):
            labels = {key: value for key, value in one["labels"].items() if key != "__name__"}
            name = target["legendFormat"]
            for label, value in labels.items():
                name = name.replace(f"{{{{{label}}}}}", value)
            series.append(Series(target["refId"], name, labels, one["values"]))
    return series


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("board", nargs="?", default="overview")
    parser.add_argument("--out", type=Path, help="docs/<board>.png if not told")
    parser.add_argument("--rate", type=float, default=60, help="requests a second")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--again", action="store_true", help="draw what was found last time")
    args = parser.parse_args()
    board = json.loads((ROOT / f"deploy/grafana/dashboards/{args.board}.json").read_text())
    kept = KEPT / f"{args.board}.json"
    if not args.again:
        told = asyncio.run(found(board, rate=args.rate, seconds=args.seconds))
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(
            json.dumps(
                {id_: [dataclasses.asdict(one) for one in some] for id_, some in told.items()}
            )
        )
    shown = {
        int(id_): [Series(**one) for one in some]
        for id_, some in json.loads(kept.read_text()).items()
    }
    out = args.out or ROOT / f"docs/{args.board}.png"
    drawn.draw(board, shown, out)
    print(out)


if __name__ == "__main__":
    main()
