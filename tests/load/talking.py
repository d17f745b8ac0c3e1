"""Loads the inbox through both of its doors: `python -m tests.load.talking messages` (or `updates`).

Messages wait for their reply, and are said by many people, each a box to be sorted. Updates are
Telegram's, of groups whose talk is not for the bot: they are answered once stored, and handled
behind. With `--beside TREE` the same is done to the product of another tree, in turns, and the
ratios are what counts.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

import httpx

from tests.fakes.telegram import TOKEN as BOT
from tests.fakes.telegram import FakeTelegram
from tests.load import pacing
from tests.load.bench import HEAD, ROOT, Product

SECRET, OWNER = "load-webhook-secret", 9001
TICKS = os.sysconf("SC_CLK_TCK")


class Messages:
    """What people say to the bot over HTTP."""

    rate, lines = 100, 64

    def __init__(self, product, people):
        self.port, self.headers = product.port, HEAD
        with httpx.Client(base_url=product.base, headers=HEAD, timeout=60) as client:
            self.people = [
                client.post("/api/people", json={"name": f"Talker{n}"})
                .raise_for_status()
                .json()["id"]
                for n in range(people)
            ]

    async def call(self, line, number):
        """One message, and its reply."""
        speaker = self.people[number % len(self.people)]
        text = f"I need to sort the box {number} by tomorrow"
        answer = await line.post("/api/messages", {"text": text, "as": speaker})
        # A question in place of a task would be less work.
        if b'"tasks":[{' not in answer:
            raise pacing.Refused(f"{text!r} was not answered: {answer.decode()}")


class Updates:
    """What Telegram posts: the talk of groups."""

    rate, lines = 200, 64

    def __init__(self, product, groups):
        self.port, self.groups, self.sent = product.port, groups, 0
        self.headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}

    async def call(self, line, _number):
        """One update, kept."""
        self.sent += 1
        sender = {"id": OWNER, "is_bot": False, "first_name": "Ola"}
        chat = {"id": -1000 - self.sent % self.groups, "type": "group", "title": "Lunch"}
        message = {"message_id": self.sent, "date": 1_800_000_000, "chat": chat, "from": sender}
        message["text"] = f"shall we meet at half past {self.sent}, at the corner?"
        await line.post("/webhook", {"update_id": self.sent, "message": message})


KINDS = {"messages": Messages, "updates": Updates}


def spent_s(product):
    """CPU seconds of each service and of its database until now."""
    run = json.loads((Path(product.state) / "run.json").read_text())
    spent = {name: _of(one["pid"]) for name, one in run["services"].items()}
    return spent | {"postgres": _postgres(Path(product.state))}


def _of(pid):
    with contextlib.suppress(FileNotFoundError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    return 0.0


def _postgres(state):
    """Of its processes that live: one that ends is missed, and the pools keep theirs."""
    [found] = state.rglob("postmaster.pid")
    server = found.read_text().split()[0]
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return sum(map(_of, children))


async def loaded(talk, product, *, seconds, rate, lines):
    """The figures of both loads: at a rate, and as many as it takes with its CPU for each."""
    paced = await pacing.at_rate(talk.port, talk.headers, talk.call, rate=rate, seconds=seconds)
    before = spent_s(product)
    most = await pacing.at_most(talk.port, talk.headers, talk.call, lines=lines, seconds=seconds)
    after = spent_s(product)
    calls = max(1, round(most["per_s"] * seconds))
    most["cpu_ms"] = {name: round((after[name] - before[name]) * 1000 / calls, 2) for name in after}
    return {"paced": paced, "most": most}


async def measured(args):
    """Start each tree's product and load one after another, in turns."""
    kind = KINDS[args.kind]
    with tempfile.TemporaryDirectory(prefix="boss-load-") as folder:
        async with FakeTelegram(limits=False, open_all=True) as telegram:
            outside = {
                "TELEGRAM_BOT_TOKEN": BOT,
                "TELEGRAM_API_URL": telegram.url,
                "TELEGRAM_WEBHOOK_SECRET": SECRET,
                "BOSS_OWNER_TELEGRAM_ID": str(OWNER),
            }
            if kind is Messages:
                # Nobody is told over Telegram: that would be another load.
                outside = {}
            trees = [args.tree, *([args.beside] if args.beside else [])]
            products = [
                Product(f"{folder}/{n}", cache="on", tree=tree, **outside)
                for n, tree in enumerate(trees)
            ]
            talks, figures = [], [[] for _ in trees]
            try:
                for product in products:
                    await asyncio.to_thread(product.start)
                    talks.append(await asyncio.to_thread(kind, product, args.chats))
                for turn in range(args.turns + 1):
                    for place, product in enumerate(products):
                        found = await loaded(
                            talks[place], product,
                            seconds=args.seconds if turn else 2,
                            rate=args.rate or kind.rate, lines=args.lines or kind.lines,
                        )  # fmt: skip
                        # The first turn warms up.
                        if turn:
                            figures[place].append(found)
                        await asyncio.sleep(args.rest)
            finally:
                for product, _ in zip(products, talks, strict=False):
                    await asyncio.to_thread(product.stop)
    return dict(zip(map(str, trees), figures, strict=True))


def summed(figures):
    """The medians of each tree, and what share of the other's the first one's are."""
    told = {}
    for tree, runs in figures.items():
        told[tree] = {
            part: {name: _middle([run[part][name] for run in runs]) for name in runs[0][part]}
            for part in ("paced", "most")
        }
    if len(told) == 2:
        one, other = figures.values()
        told["ratio"] = {
            f"{part}.{name}": round(
                statistics.median(
                    a[part][name] / b[part][name] for a, b in zip(one, other, strict=True)
                ),
                2,
            )
            for part, name in (("paced", "p95_ms"), ("paced", "p99_ms"), ("most", "per_s"))
        }
    return told


def _middle(found):
    if isinstance(found[0], dict):
        return {name: _middle([one[name] for one in found]) for name in found[0]}
    return round(statistics.median(found), 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--tree", default=ROOT, help="the tree of the product, this one by default")
    parser.add_argument("--beside", help="another tree of the product")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument(
        "--rest", type=float, default=1, help="seconds between loads, for what is left to do"
    )
    parser.add_argument("--rate", type=float, default=None)
    parser.add_argument("--lines", type=int, default=None)
    parser.add_argument("--chats", type=int, default=50)
    args = parser.parse_args()
    began = time.monotonic()
    print(json.dumps(summed(asyncio.run(measured(args))), indent=1))
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
