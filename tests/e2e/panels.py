"""The dashboards' expressions, asked of a real Prometheus as Grafana would ask."""

import asyncio
import json
import math
import re
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.e2e.prom import program
from tests.e2e.system import ROOT

DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
# Grafana takes four scrapes' time and more; they come each second here.
RATE_INTERVAL = "10s"
WEEK_S = 7 * 24 * 3600
# What a counter's name ends with; of a histogram's series all are.
COUNTERS = ("_total", "_bucket", "_count", "_sum")
BEFORE_S, AFTER_S, EVERY_S = 900, 300, 15


@dataclass(frozen=True, slots=True)
class Target:
    """One expression of a panel."""

    where: str
    expr: str
    instant: bool


def targets() -> Iterator[Target]:
    """Every expression of every panel, with all variables at "all"."""
    for path in DASHBOARDS:
        board = json.loads(path.read_text())
        names = [variable["name"] for variable in board["templating"]["list"]]
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                where = f"{path.stem}: {panel['title']} ({target['legendFormat']})"
                yield Target(where, written(target["expr"], names), target["instant"])


def variables() -> Iterator[tuple[str, str, str]]:
    """Every variable: where it is, the series that it is asked of, and the label."""
    for path in DASHBOARDS:
        for variable in json.loads(path.read_text())["templating"]["list"]:
            asked = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"])
            assert asked, variable["query"]
            yield f"{path.stem}: ${variable['name']}", asked[1], asked[2]


def written(expr: str, names: Iterable[str]) -> str:
    """An expression as Grafana sends it."""
    expr = expr.replace("$__rate_interval", RATE_INTERVAL)
    for name in names:
        expr = expr.replace(f"${name}", ".*")
    # ${1} is the group of a regular expression.
    assert not re.search(r"\$(?!\{1\})", expr), f"{expr}: what is this variable?"
    return expr


async def series(http: httpx.AsyncClient, target: Target, *, since_s: float) -> list[dict]:
    """The series that an expression finds, with their [time, value]s that are numbers."""
    now = time.time()
    asked = {"query": target.expr}
    if target.instant:
        answer = await http.get("/api/v1/query", params=asked)
    else:
        span = {"start": now - since_s, "end": now, "step": max(1, round(since_s / 60))}
        answer = await http.get("/api/v1/query_range", params={**asked, **span})
    body = answer.json()
    assert body["status"] == "success", f"{target.where}: {body.get('error')}: {target.expr}"
    found = []
    for one in body["data"]["result"]:
        pairs = one.get("values") or [one["value"]]
        values = [(at, float(value)) for at, value in pairs if math.isfinite(float(value))]
        if values:
            found.append({"labels": one["metric"], "values": values})
    return found


async def label_values(http: httpx.AsyncClient, selector: str, label: str) -> set[str]:
    """What a variable offers."""
    answer = await http.get("/api/v1/series", params={"match[]": selector})
    return {one[label] for one in answer.json()["data"] if label in one}


async def week_ago(http: httpx.AsyncClient, data: Path) -> None:
    """Give a Prometheus, once it is begun again, a week-old past that looks as today does.

    Of all series that are asked for `offset 1w`; counters grow by what they are now, each step.
    """
    names = {
        name
        for target in targets()
        if "offset" in target.expr
        for name in re.findall(r"\w+:\w+:\w+|boss_\w+", target.expr)
    }
    asked = [f"{{__name__={json.dumps(name)}}}" for name in names]
    told = await http.get("/federate", params={"match[]": asked})
    file = data.parent / "week-ago.txt"
    file.write_text("\n".join([*_past(told.text, time.time() - WEEK_S), "# EOF", ""]))
    await asyncio.to_thread(_write_blocks, file, data)


def _past(federated: str, then_s: float) -> Iterator[str]:
    """The lines of OpenMetrics round a time that Prometheus's present samples would have had."""
    for line in federated.splitlines():
        told = re.fullmatch(r"([a-zA-Z_:][\w:]*)(\{.*\})? (\S+) \d+", line)
        if told is None or not math.isfinite(float(told[3])):
            continue
        grows = told[1].endswith(COUNTERS)
        for step in range((BEFORE_S + AFTER_S) // EVERY_S):
            value = float(told[3]) * (step + 1 if grows else 1)
            at = then_s - BEFORE_S + step * EVERY_S
            yield f"{told[1]}{told[2] or ''} {value} {at:.3f}"


def _write_blocks(file: Path, data: Path) -> None:
    done = subprocess.run(
        [program("promtool"), "tsdb", "create-blocks-from", "openmetrics", file, data],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
