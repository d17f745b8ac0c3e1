"""Whether the product has become slower: its share of the bare chain, beside a kept one (`make load-gate`).

`baseline.json` has ratios, never rates: a rate says more about a machine. Each has its tolerance, as
runs differ; below it the gate fails and tells what fell. `--keep` takes what was measured as the new
baseline, for a change that is meant.
"""

import argparse
import json
import shutil
import statistics
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.load.bench import HEAD, Bare, Product, chain_ratios, wrk

BASELINE = Path(__file__).with_name("baseline.json")
TOLERANCE = 0.25
# With every cache off each request goes the whole way; with them on, what is asked again does not.
OFF, ON = "off", "on"


@dataclass(frozen=True, slots=True)
class Compared:
    """One endpoint's ratio beside the kept one; `kept` None: it is new."""

    name: str
    kept: float | None
    least: float | None
    measured: float | None
    fault: str | None
    # Of this machine now, for whoever reads it; nothing is held against it.
    rate: float | None = None


def compare(
    baseline: Mapping[str, Mapping[str, float]], measured: Mapping[str, Mapping[str, float]]
) -> list[Compared]:
    """Hold what was measured against the baseline, in its order; new endpoints come last and pass."""
    compared = []
    for name, kept in baseline.items():
        least = kept["ratio"] * (1 - kept["tolerance"])
        if name not in measured:
            compared.append(Compared(name, kept["ratio"], least, None, "was not measured"))
            continue
        found = measured[name]
        fault = None
        if found["bad"]:
            fault = f"{found['bad']:.0f} answers were no success"
        elif found["ratio"] < least:
            fault = f"fell by {1 - found['ratio'] / kept['ratio']:.0%}"
        compared.append(
            Compared(name, kept["ratio"], least, found["ratio"], fault, found.get("rate"))
        )
    compared += [
        Compared(name, None, None, found["ratio"], None, found.get("rate"))
        for name, found in measured.items()
        if name not in baseline
    ]
    return compared


def shown(compared: list[Compared]) -> str:
    """Return a table for people."""
    lines = [f"{'endpoint':<24}{'kept':>8}{'at least':>10}{'measured':>10}{'a second':>10}  "]
    lines += [
        f"{one.name:<24}{_number(one.kept):>8}{_number(one.least):>10}{_number(one.measured):>10}"
        f"{'–' if one.rate is None else f'{one.rate:,.0f}':>10}  "
        + ("ok" if one.kept is not None and one.fault is None else one.fault or "new: no baseline")
        for one in compared
    ]
    return "\n".join(line.rstrip() for line in lines)


def to_keep(
    measured: Mapping[str, Mapping[str, float]], before: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Return a baseline of what was measured; tolerances that were set stay."""
    return {
        name: {
            "ratio": found["ratio"],
            "tolerance": before.get(name, {}).get("tolerance", TOLERANCE),
        }
        for name, found in measured.items()
    }


def measure(*, seconds: int, repeats: int, connections: int) -> dict[str, dict[str, float]]:
    """The ratios of this machine now, with the caches off and on."""
    figures = {}
    for cache in (OFF, ON):
        folder = tempfile.mkdtemp(prefix="boss-gate-")
        product = Product(f"{folder}/state", cache=cache)
        product.start()
        try:
            run = json.loads((Path(product.state) / "run.json").read_text())
            bare = Bare(folder, run["database"])
            try:
                bare.start()
                sizes = {"seconds": seconds, "repeats": repeats, "connections": connections}
                ratios = chain_ratios(product, bare, folder, **sizes)
                if cache == ON:
                    ratios |= kept_ratios(product, bare, **sizes)
            finally:
                bare.stop()
        finally:
            product.stop()
            shutil.rmtree(folder, ignore_errors=True)
        for name, found in ratios.items():
            figures[f"{name}, cache {cache}"] = {
                "ratio": found["ratio"],
                "bad": found["bad"],
                "rate": found["product_per_s"],
            }
    return figures


def kept_ratios(
    product: Product, bare: Bare, *, seconds: int, repeats: int, connections: int
) -> dict[str, dict[str, float]]:
    """Answers that are kept, beside the bare chain's list: how many times as many, medians."""
    listed = f"{product.base}/api/tasks?assignee=Yard"
    etag = httpx.get(listed, headers=HEAD, timeout=20).headers["etag"]
    asked = {
        "list, 304": (listed, {**HEAD, "If-None-Match": etag}),
        "dashboard": (f"{product.base}/api/dashboard", HEAD),
        "figures": (f"{product.base}/api/stats", HEAD),
    }
    sizes = {"seconds": seconds, "connections": connections}
    figures = {}
    for name, (url, headers) in asked.items():
        taken = [
            (wrk(bare.base + "/tasks?assignee=7", **sizes), wrk(url, headers=headers, **sizes))
            for _ in range(repeats)
        ]
        figures[name] = {
            "ratio": round(statistics.median(one["rate"] / base["rate"] for base, one in taken), 2),
            "bad": sum(side["bad"] for pair in taken for side in pair),
            "product_per_s": round(statistics.median(one["rate"] for _, one in taken)),
        }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=2, help="length of each load")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--keep", action="store_true", help="make this the baseline")
    args = parser.parse_args()
    before = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    measured = measure(seconds=args.seconds, repeats=args.repeats, connections=args.connections)
    compared = compare(before, measured)
    print(shown(compared))
    if args.keep:
        BASELINE.write_text(json.dumps(to_keep(measured, before), indent=1) + "\n")
        print(f"kept in {BASELINE.name}")
    elif any(one.fault for one in compared):
        raise SystemExit("slower than the baseline allows: see above")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    main()
