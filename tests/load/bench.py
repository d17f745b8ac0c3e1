"""Measures the product on this machine and prints the figures as JSON (`make bench`).

Rates stand beside those of the bare chain (tests/load/bare), interleaved in the same run, because absolute rates say
more about a machine than about the product. Needs wrk (Debian package).
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "bench-owner-token-0123456789abcdef"
HEAD = {"Authorization": f"Bearer {TOKEN}"}
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until_ready(url, seconds=180.0):
    """Seconds until `url` answered 200."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, timeout=2).status_code == 200:
                return time.monotonic() - began
        time.sleep(0.05)
    raise SystemExit(f"{url} was not ready within {seconds} s")


class Product:
    """The whole system, started as `make run` starts it, with its limits lifted."""

    def __init__(self, state, *, cache, tree=ROOT, **variables):
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.state = state
        self.tree = tree
        ours = re.compile(r"BOSS_|TELEGRAM_|DEEPSEEK_|DATABASE_URL|REDIS_URL|PUBLIC_URL|PORT$")
        clean = {key: value for key, value in os.environ.items() if not ours.match(key)}
        limits = {f"BOSS_RATE_{name}": "0" for name in ("API", "PUBLIC", "WEBHOOK")}
        self.env = {
            **clean,
            **limits,
            "PORT": str(self.port),
            "BOSS_STATE_DIR": state,
            "BOSS_API_TOKEN": TOKEN,
            "BOSS_CACHE": cache,
            "PYTHONPATH": f"{tree}:{tree}/protos/gen",
            **variables,
        }

    def start(self):
        command = [sys.executable, "-m", "services.cli", "up"]
        self.process = subprocess.Popen(
            command, cwd=self.tree, env=self.env, stdout=subprocess.DEVNULL, start_new_session=True
        )
        return until_ready(self.base + "/ready")

    def stop(self):
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        return time.monotonic() - began

    def resident_mb(self):
        """Resident memory of each service, in MB."""
        command = [sys.executable, "-m", "services.cli", "status", "--json"]
        told = subprocess.run(
            command, cwd=self.tree, env=self.env, capture_output=True, text=True, check=True
        ).stdout
        return {
            name: int(
                re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{one['pid']}/status").read_text())[1]
            )
            // 1024
            for name, one in json.loads(told)["services"].items()
        }


class Bare:
    """The bare chain over a database of the product's own server."""

    def __init__(self, folder, database_url):
        self.port, self.socket, self.url = free_port(), f"{folder}/bare.sock", database_url
        self.base = f"http://127.0.0.1:{self.port}"
        self.processes = []

    def start(self):
        for part, arguments in (
            ("store", [self.socket, self.url]),
            ("gateway", [str(self.port), self.socket]),
        ):
            command = [sys.executable, "-m", f"tests.load.bare.{part}", *arguments]
            self.processes.append(subprocess.Popen(command, cwd=ROOT))
        until_ready(self.base + "/tasks/500")

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait(10)


def wrk(url, *, seconds, connections, script=None, headers=None):
    """Requests a second, 99th percentile in ms, and how many answers were no success."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "--latency"]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    if script:
        command += ["-s", script]
    out = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
        "p99_ms": float(p99[1]) * UNITS[p99[2]],
        "bad": int(bad[1]) if bad else 0,
    }


def post_script(folder, name, body):
    path = Path(folder) / name
    path.write_text(
        f"wrk.method='POST'\nwrk.headers['Content-Type']='application/json'\nwrk.body=[[{json.dumps(body)}]]\n"
    )
    return str(path)


def seed(product, tasks):
    """A person with `tasks` tasks, and the id of one of these."""
    with httpx.Client(base_url=product.base, headers=HEAD, timeout=60) as client:
        person = client.post("/api/people", json={"name": "Yard"}).raise_for_status().json()
        for start in range(0, tasks, 100):
            batch = [
                {
                    "title": f"Task number {start + i}",
                    "description": "lorem ipsum " * 8,
                    "assignees": ["Yard"],
                    "tags": ["a", "b"],
                }
                for i in range(100)
            ]
            made = (
                client.post("/api/tasks:batchCreate", json={"tasks": batch})
                .raise_for_status()
                .json()
            )
    return person, made["tasks"][0]["id"]


def chain_ratios(product, bare, folder, *, seconds, repeats, connections):
    """For get, list of 20, create and health: both rates and the product's share of the bare one, medians."""
    _, task = seed(product, 2000)
    create = post_script(folder, "bare.lua", {"title": "Fix the login page", "assignees": [7]})
    create_product = post_script(
        folder, "product.lua", {"title": "Fix the login page", "assignees": ["Yard"]}
    )
    runs = {
        "health": [(bare.base + "/health", None, None), (product.base + "/health", None, None)],
        "get": [
            (bare.base + "/tasks/500", None, None),
            (f"{product.base}/api/tasks/{task}", None, HEAD),
        ],
        "list": [
            (bare.base + "/tasks?assignee=7", None, None),
            (f"{product.base}/api/tasks?assignee=Yard", None, HEAD),
        ],
        "create": [
            (bare.base + "/tasks", create, None),
            (product.base + "/api/tasks", create_product, HEAD),
        ],
    }
    figures = {}
    for name, pair in runs.items():
        taken = [
            [
                wrk(url, seconds=seconds, connections=connections, script=script, headers=head)
                for url, script, head in pair
            ]
            for _ in range(repeats)
        ]
        figures[name] = {
            "bare_per_s": round(statistics.median(one[0]["rate"] for one in taken)),
            "product_per_s": round(statistics.median(one[1]["rate"] for one in taken)),
            "product_p99_ms": round(statistics.median(one[1]["p99_ms"] for one in taken), 1),
            "ratio": round(statistics.median(one[1]["rate"] / one[0]["rate"] for one in taken), 2),
            "bad": sum(side["bad"] for one in taken for side in one),
        }
    return figures


class Talk:
    """One connection that stays open: httpx spends more on fifty of them than the product does."""

    def __init__(self, product):
        self.port = product.port

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    async def post(self, path, body):
        """The decoded answer to a POST; anything but a success ends the run."""
        raw = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
        self.writer.write(head.encode() + raw)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        size = int(re.search(rb"content-length: (\d+)", answer)[1])
        decoded = json.loads(await self.reader.readexactly(size))
        if answer.split()[1] not in {b"200", b"201"}:
            raise SystemExit(f"{path} {body}: {decoded}")
        return decoded


async def message_to_reply(product, *, alone, conversations, seconds):
    """Median and 95th percentile of one message at a time, in ms; messages a second over many conversations."""
    async with contextlib.AsyncExitStack() as stack:
        talks = [await stack.enter_async_context(Talk(product)) for _ in range(conversations)]

        async def say(talk, text, **more):
            answer = await talk.post("/api/messages", {"text": text, **more})
            if not answer["messages"]:
                raise SystemExit(f"{text!r} was not answered")

        taken = []
        for number in range(alone):
            began = time.perf_counter()
            await say(talks[0], f"Yard check the invoice {number} by friday 5pm, high")
            taken.append((time.perf_counter() - began) * 1000)

        people = [
            (await talks[0].post("/api/people", {"name": f"Talker{number}"}))["id"]
            for number in range(conversations)
        ]
        ends, counts = time.monotonic() + seconds, [0] * conversations

        async def talk(index):
            while time.monotonic() < ends:
                text = f"I need to sort the box {counts[index]} by tomorrow"
                await say(talks[index], text, **{"as": people[index]})
                counts[index] += 1

        await asyncio.gather(*(talk(index) for index in range(conversations)))
    return {
        "alone_p50_ms": round(statistics.median(taken), 1),
        "alone_p95_ms": round(statistics.quantiles(taken, n=20)[-1], 1),
        "sustained_per_s": round(sum(counts) / seconds),
        "conversations": conversations,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="length of each load")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--only", choices=["start", "messages", "chain"], help="one part alone")
    parser.add_argument("--cache", choices=["on", "off"], default="on")
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="boss-bench-")
    product = Product(f"{folder}/state", cache=args.cache)
    figures = {"start": {"first_s": round(product.start(), 1), "stop_s": round(product.stop(), 1)}}
    figures["start"]["warm_s"] = round(product.start(), 1)
    try:
        if args.only in (None, "chain"):
            run = json.loads((Path(product.state) / "run.json").read_text())
            bare = Bare(folder, run["database"])
            try:
                bare.start()
                sizes = {
                    "seconds": args.seconds,
                    "repeats": args.repeats,
                    "connections": args.connections,
                }
                figures["chain"] = chain_ratios(product, bare, folder, **sizes)
            finally:
                bare.stop()
        if args.only in (None, "messages"):
            if args.only:
                seed(product, 100)
            figures["messages"] = asyncio.run(
                message_to_reply(product, alone=200, conversations=50, seconds=args.seconds * 3)
            )
        figures["resident_mb"] = product.resident_mb()
    finally:
        figures["start"]["loaded_stop_s"] = round(product.stop(), 1)
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
