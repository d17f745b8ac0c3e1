"""Puts a profile's load on a product of its own: `python -m tests.load.profiles.run light` (`make load`).

Writes build/load/<profile>/: report.md with its pictures, and result.json. Fails where the product did
not keep the plan's limits; a ramp is there to find them and fails on nothing.
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.load.bench import ROOT
from tests.load.profiles import report
from tests.load.profiles.plan import PLANS, Length, Plan
from tests.load.profiles.system import Running, running
from tests.load.profiles.watch import Memory, asked_since, cache_results, growth, hit_share

OUT = ROOT / "build" / "load"
WARM_S = 60.0
LOCUST_ENDS_S = 90.0


def measured(plan: Plan, *, cache: str, bursts: bool, profile: str) -> dict:
    """What Locust saw, and what the processes took meanwhile."""
    with running(cache=cache) as system:
        before = cache_results(system.base, system.head)
        cpu = system.cpu()
        with Memory(system.pids) as memory:
            seen = _locust(plan, system, bursts=bursts)
        taken = cpu.taken_s()
        after = cache_results(system.base, system.head)
    requests = max(1, seen["total"]["requests"])
    from_s = min(WARM_S, plan.seconds / 3)
    return {
        "profile": profile,
        "plan": dataclasses.asdict(plan),
        **seen,
        "cache": cache,
        "bursts": bursts,
        "hits": hit_share(before, after),
        "asked": asked_since(before, after),
        "cpu_ms": {name: seconds * 1000 / requests for name, seconds in taken.items()},
        "memory_mb": memory.noted,
        "growth_from_s": from_s,
        "growth": {name: growth(noted, from_s=from_s) for name, noted in memory.noted.items()},
    }


def _locust(plan: Plan, system: Running, *, bursts: bool) -> dict:
    """Run Locust as a process of its own and return what it tells."""
    run, result = system.folder / "run-of-locust.json", system.folder / "result.json"
    told = {
        "base": system.base,
        "world": str(system.world),
        "result": str(result),
        "bursts": bursts,
        "plan": dataclasses.asdict(plan),
    }
    run.write_text(json.dumps(told))
    command = [sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("people.py"))]
    command += ["--headless", "--only-summary", "--exit-code-on-error", "0"]
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "LOAD_RUN": str(run), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=plan.seconds + LOCUST_ENDS_S,
        check=False,
    )
    if ended.returncode != 0 or not result.exists():
        raise SystemExit(f"Locust ended with {ended.returncode}:\n{ended.stderr[-4000:]}")
    return json.loads(result.read_text())


def planned(profile: str, length: Length, minutes: float | None, rate: float | None) -> Plan:
    """The plan, with what the caller wants otherwise."""
    plan = PLANS[profile][length]
    if minutes is not None:
        plan = dataclasses.replace(plan, seconds=minutes * 60)
    if rate is not None and plan.rate is not None:
        plan = dataclasses.replace(plan, rate=rate)
    return plan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile", choices=list(PLANS), nargs="?", default="light")
    parser.add_argument("--length", type=Length, choices=list(Length), default=Length.SHORT)
    parser.add_argument("--minutes", type=float, help="instead of the length's")
    parser.add_argument("--rate", type=float, help="requests a second of the mix")
    parser.add_argument("--cache", choices=["on", "off"], default="on")
    parser.add_argument("--even", action="store_true", help="writes in all workspaces at all times")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    plan = planned(args.profile, args.length, args.minutes, args.rate)
    result = measured(plan, cache=args.cache, bursts=not args.even, profile=args.profile)
    folder = args.out / args.profile
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").write_text(json.dumps(result, indent=1))
    report.write(result, folder)
    print((folder / "report.md").read_text())
    if plan.steps is None and not all(line.kept for line in report.verdict(result)):
        raise SystemExit(f"{args.profile}: not all limits were kept, see {folder / 'report.md'}")


if __name__ == "__main__":
    main()
