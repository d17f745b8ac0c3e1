"""What came of a load test, as Markdown with pictures; `verdict` holds it against the plan's limits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.load.plots import curves
from tests.load.profiles.behaviour import MIX

TITLES = {
    "light": "Light load",
    "medium": "Medium load",
    "heavy": "Heavy load",
    "ramp": "More and more users, until it fails",
    "mix": "The mix at a steady rate",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One figure, what it may be, and whether it is."""

    figure: str
    wanted: str
    measured: str
    kept: bool


def verdict(result: Mapping) -> list[Line]:
    """Hold a result against the limits of its plan."""
    return list(_lines(result, result["plan"]["limits"], result["total"]))


def _lines(result: Mapping, limits: Mapping, total: Mapping) -> Iterator[Line]:
    for name in ("p95_ms", "p99_ms"):
        if limits[name] is not None:
            taken = total[name] or 0
            yield Line(
                name.removesuffix("_ms"),
                f"≤ {limits[name]:.0f} ms",
                f"{taken:.0f} ms",
                taken <= limits[name],
            )
    share = total["failures"] / max(1, total["requests"])
    yield Line("errors", f"≤ {limits['errors']:.1%}", f"{share:.2%}", share <= limits["errors"])
    rate = result["plan"]["rate"]
    if rate is not None:
        # Users come in the first seconds, so the whole run's rate is a little below.
        kept = total["rate"] >= 0.95 * rate
        yield Line("rate", f"{rate:.0f}/s", f"{total['rate']:.0f}/s", kept)
    if limits["hits"] is not None:
        hits = result["hits"]
        shown = "no cache" if hits is None else f"{hits:.0%}"
        yield Line("cache hits", f"≥ {limits['hits']:.0%}", shown, (hits or 0) >= limits["hits"])
    if limits["growth"] is not None:
        for name, grown in result["growth"].items():
            shown = "too short" if grown is None else f"{grown:+.1%}"
            kept = grown is not None and grown <= limits["growth"]
            wanted = f"≤ {limits['growth']:.0%} after {result['growth_from_s']:.0f} s"
            yield Line(f"memory of {name}", wanted, shown, kept)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in lines)


def write(result: Mapping, folder: Path) -> None:
    """Write report.md and its pictures."""
    pictures = draw(result, folder)
    plan = result["plan"]
    parts = [f"# {TITLES[result['profile']]}", _said(plan, result)]
    parts.append(
        table(
            ["", "wanted", "measured", ""],
            [
                [one.figure, one.wanted, one.measured, "kept" if one.kept else "**not kept**"]
                for one in verdict(result)
            ],
        )
    )
    if plan["steps"] is not None:
        at = result["broken_at"]
        ended = f"It failed at {at} users." if at else "It did not fail within the steps."
        parts.append(ended)
    parts.append("## By kind of request")
    parts.append(
        table(
            ["kind", "requests", "a second", "p50 ms", "p95 ms", "p99 ms", "failed"],
            [
                [
                    name, kind["requests"], f"{kind['rate']:.1f}", _ms(kind["p50_ms"]),
                    _ms(kind["p95_ms"]), _ms(kind["p99_ms"]), kind["failures"],
                ]
                for name, kind in result["kinds"].items()
            ],
        )
    )  # fmt: skip
    parts.append("## What it cost")
    total_ms = sum(result["cpu_ms"].values())
    parts.append(
        table(
            ["", "CPU ms a request", "MB at the end"],
            [
                [name, f"{ms:.2f}", f"{_last(result['memory_mb'].get(name)):.0f}"]
                for name, ms in result["cpu_ms"].items()
            ]
            + [["all", f"{total_ms:.2f}", ""]],
        )
    )
    if result["asked"]:
        parts += ["## What the cache said", _asked(result["asked"])]
    heard = result["heard_ms"]
    if heard:
        middle, late = heard[len(heard) // 2], heard[int(len(heard) * 0.99)]
        parts.append(
            f"{len(heard)} events reached the boards; from the write: median {middle:.0f} ms, "
            f"99th percentile {late:.0f} ms."
        )
    if result["faults"]:
        faults = [[count, f"`{text[:160]}`"] for text, count in result["faults"].items()]
        parts += ["## What failed", table(["times", "what"], faults)]
    parts += [f"![{title}]({file})" for title, file in pictures.items()]
    (folder / "report.md").write_text("\n\n".join(parts) + "\n")


def draw(result: Mapping, folder: Path) -> dict[str, str]:
    """Draw the pictures; return their files by what they show."""
    history = [each for each in result["history"] if each["users"]]
    if not history:
        return {}
    latency = {
        name: [(each["at_s"], max(1, each[f"{name}_ms"])) for each in history]
        for name in ("p50", "p95")
    }
    speed = {
        name: [(each["at_s"], each[field]) for each in history]
        for name, field in (("requests a second", "rate"), ("users", "users"))
    }
    title = TITLES[result["profile"]]
    curves(latency, folder / "latency.svg", title=title, x="seconds", y="ms", log="y")
    curves(speed, folder / "rate.svg", title=title, x="seconds", y="")
    curves(result["memory_mb"], folder / "memory.svg", title=title, x="seconds", y="MB")
    return {
        "Latency over time": "latency.svg",
        "Requests and users over time": "rate.svg",
        "Memory over time": "memory.svg",
    }


def _said(plan: Mapping, result: Mapping) -> str:
    writes = sum(kind.share for kind in MIX if kind.write) / 10
    who = (
        f"{plan['users']} users who think for 1 to 3 s between requests"
        if plan["rate"] is None
        else f"{plan['rate']:.0f} requests a second by {plan['users']} users"
    )
    if plan["steps"] is not None:
        step = plan["steps"]
        who = f"{step['users']} users more every {step['seconds']:.0f} s, at most {step['most']}"
    spread = "a quarter of the workspaces at a time" if result["bursts"] else "all workspaces alike"
    return (
        f"{who}, for {result['history'][-1]['at_s'] if result['history'] else 0:.0f} s, over 20 "
        f"workspaces; {writes:.0f}% writes, in {spread}; cache {result['cache']}. Locust, PostgreSQL "
        f"and the services share this machine's cores."
    )


def _asked(asked: Mapping[str, Mapping[str, float]]) -> str:
    """What became of the questions whose answer may be kept."""
    results = sorted({result for counts in asked.values() for result in counts})
    rows = []
    for cache, counts in asked.items():
        total = sum(counts.values())
        shares = [f"{counts.get(result, 0) / total:.1%}" for result in results]
        rows.append([cache, f"{total:.0f}", *shares])
    return table(["", "asked", *results], rows)


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


def _last(noted: Sequence[Sequence[float]] | None) -> float:
    return noted[-1][1] if noted else 0.0
