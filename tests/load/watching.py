"""What it costs to be watched: metrics and logs on, scraped every 5 s, against off (`make bench-watching`).

Two products of the same tree run side by side and get the same load in turns, so whatever else the machine does meets
both. Beside the rates stands the processor time that a request takes in all four services: it tells small differences
that rates on a busy machine do not. Needs wrk (Debian package).
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path

import httpx

from tests.load.bench import HEAD, Product, seed, wrk

SCRAPED_EVERY_S = 5.0
OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}
OFF = {"BOSS_METRICS": "off", "BOSS_LOG_LEVEL": "error"}
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Watched(Product):
    """A product whose services' processor time is known."""

    def pids(self):
        """The processes of the four services, and where each tells its metrics."""
        run = json.loads((Path(self.state) / "run.json").read_text())
        return {one["pid"]: one["metrics"] for one in run["services"].values()}

    def cpu_s(self):
        """Processor seconds that the services have taken so far."""
        return sum(_cpu_s(pid) for pid in self.pids())


def _cpu_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


@contextlib.contextmanager
def scraped(product):
    """Prometheus, as far as the product feels it."""
    over = threading.Event()
    addresses = list(product.pids().values())

    def scrape():
        with httpx.Client(trust_env=False, headers=OPENMETRICS) as client:
            while not over.wait(SCRAPED_EVERY_S):
                for address in addresses:
                    client.get(address).raise_for_status()

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def load(product, path, *, seconds, connections, idle):
    """Requests a second, and processor time for each in microseconds, beyond what idling takes."""
    began, before = time.monotonic(), product.cpu_s()
    told = wrk(product.base + path, seconds=seconds, connections=connections, headers=HEAD)
    if told["bad"]:
        raise SystemExit(f"{path}: {told['bad']} answers were no success")
    cpu_s = product.cpu_s() - before - idle * (time.monotonic() - began)
    return {"rate": told["rate"], "cpu_us": cpu_s / (told["rate"] * seconds) * 1e6}


def idling(product, *, seconds):
    """Processor seconds a second while nobody asks anything."""
    began, before = time.monotonic(), product.cpu_s()
    time.sleep(seconds)
    return (product.cpu_s() - before) / (time.monotonic() - began)


def compare(folder, *, cache, seconds, repeats, connections):
    """For get and list: rates and processor time with all on and with all off, medians of turns."""
    on = Watched(f"{folder}/on-{cache}", cache=cache)
    off = Watched(f"{folder}/off-{cache}", cache=cache, **OFF)
    with contextlib.ExitStack() as stack:
        paths = {}
        for product in (on, off):
            product.start()
            stack.callback(product.stop)
            _, task = seed(product, 500)
            paths[product] = {"get": f"/api/tasks/{task}", "list": "/api/tasks?assignee=Yard"}
        # Idling is measured without scraping, so that being scraped counts as a part of the load.
        idle = {product: idling(product, seconds=2 * SCRAPED_EVERY_S) for product in (on, off)}
        stack.enter_context(scraped(on))
        figures = {"idle_cpu": {"on": round(idle[on], 3), "off": round(idle[off], 3)}}
        for kind in ("get", "list"):
            turns = []
            for number in range(repeats + 1):
                # Who goes first takes turns too; the first turn warms both up.
                order = (on, off) if number % 2 else (off, on)
                pair = {
                    product: load(
                        product,
                        paths[product][kind],
                        seconds=seconds,
                        connections=connections,
                        idle=idle[product],
                    )
                    for product in order
                }
                turns.append((pair[on], pair[off]))
            figures[kind] = told(turns[1:])
        return figures


def told(turns):
    """The medians, and the share that being watched costs."""

    def median(of):
        return statistics.median(of(on, off) for on, off in turns)

    return {
        "on_per_s": round(median(lambda on, off: on["rate"])),
        "off_per_s": round(median(lambda on, off: off["rate"])),
        "on_cpu_us": round(median(lambda on, off: on["cpu_us"]), 1),
        "off_cpu_us": round(median(lambda on, off: off["cpu_us"]), 1),
        "costs_of_rate": round(1 - median(lambda on, off: on["rate"] / off["rate"]), 3),
        "costs_of_cpu": round(median(lambda on, off: on["cpu_us"] / off["cpu_us"]) - 1, 3),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="length of each turn")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--cache", choices=["on", "off"], help="one of both alone")
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="boss-watching-")
    sizes = {
        "seconds": args.seconds,
        "repeats": args.repeats,
        "connections": args.connections,
    }
    try:
        figures = {
            f"cache_{cache}": compare(folder, cache=cache, **sizes)
            for cache in ([args.cache] if args.cache else ["on", "off"])
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
