"""Measures understanding: how right it is on cases, and what a message costs.

`python -m tests.load.understanding [--cases FILE…] [--rounds N] [--json]`. Times of the pure
function are of this process; those over gRPC of an `ai` that is held to one core, asked from
another, with a stand-in for `task`. Figures and machine are kept in docs/understanding.md.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from boss.ai.v1 import ai_service_pb2
from boss.ai.v1.ai_service_pb2_grpc import AiServiceStub
from boss.task.v1 import person_pb2
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub

from services.ai.confidence import understand
from services.ai.model import Context, OpenTask, Person
from services.cli import cases
from services.cli.scoring import Score
from services.cli.tables import table
from services.runtime.client import Peer
from services.runtime.errors import Unavailable
from services.runtime.settings import Settings
from tests.integration.ai.workspaces import Workspaces, served

FILES = sorted((Path(__file__).parents[1] / "unit/ai/cases").glob("*.jsonl"))
SHORT, LONG = 200, 8_000
PEOPLE, TASKS = 500, 5_000
IN_FLIGHT, SECONDS = 16, 5.0
SHARES = (
    "whole",
    "sure_share",
    "sure_right",
    "intent",
    "count",
    "title",
    "assignees",
    "deadline",
    "priority",
)
WORDS = ["review", "sales", "header", "invoice", "export", "supplier",
         "banner", "office", "printer", "budget", "contract", "launch"]  # fmt: skip


def golds(paths: Iterable[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each case of the files that says what it means, with its file's name."""
    for path in paths:
        for line in filter(str.strip, path.read_text(encoding="utf-8").splitlines()):
            told = json.loads(line)
            if "expected" in told:
                yield path.stem, told


def accuracy(paths: Sequence[Path]) -> dict[str, dict[str, float]]:
    """Shares that are right, by file and of all."""
    scores: dict[str, Score] = {}
    for name, told in golds(paths):
        case = cases.read(json.dumps({n: told[n] for n in ("id", "text", "context") if n in told}))
        answer = cases.answer(case, understand(case.text, case.context))
        for group in (name, "all"):
            scores.setdefault(group, Score()).add(told["expected"], answer)
    return {name: {"cases": score.cases, **score.shares()} for name, score in scores.items()}


def texts(length: int) -> list[str]:
    """Messages of about this length, made of the sentences of the cases."""
    said = [told["text"] for _, told in golds(FILES) if "context" not in told]
    made: list[str] = []
    while said:
        text = said.pop()
        while said and len(text) + len(said[-1]) < length:
            text += "; " + said.pop()
        made.append(text[:length])
    return [text for text in made if len(text) > length * 0.6]


def context_of(people: int = 0, tasks: int = 0) -> Context:
    """The usual context of cases, with so many more people and open tasks."""
    usual = cases.read('{"id": "1", "text": "x"}').context
    more = tuple(
        Person(f"workspaces/1/people/{1000 + n}", f"Pers{_letters(n)} Fam{_letters(n * 7)}")
        for n in range(people)
    )
    open_tasks = tuple(
        OpenTask(f"workspaces/1/tasks/{1000 + n}", 1000 + n, _title(n)) for n in range(tasks)
    )
    return replace(
        usual, roster=(*usual.roster, *more), open_tasks=(*usual.open_tasks, *open_tasks)
    )


def _letters(number: int) -> str:
    return "".join(chr(97 + int(digit)) for digit in f"{number:04}")


def _title(number: int) -> str:
    return " ".join(
        (WORDS[number % 12], WORDS[number // 12 % 12], WORDS[number // 144 % 12], _letters(number))
    )


def timed(messages: Sequence[str], context: Context, *, rounds: int) -> dict[str, float]:
    """Milliseconds of the processor for a message: of each the best of the rounds."""
    for text in messages:
        understand(text, context)
    best = [float("inf")] * len(messages)
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for index, text in enumerate(messages):
            began = time.thread_time()
            understand(text, context)
            best[index] = min(best[index], time.thread_time() - began)
    gc.unfreeze()
    return {"messages": len(best), "p50_ms": _at(best, 0.5) * 1e3, "p99_ms": _at(best, 0.99) * 1e3}


def loop_ms() -> float:
    """Milliseconds for a loop of 100,000 squares: how slow this machine is just now."""
    best = float("inf")
    for _ in range(9):
        began = time.perf_counter()
        sum(number * number for number in range(100_000))
        best = min(best, time.perf_counter() - began)
    return best * 1e3


def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


async def over_grpc(*, seconds: float) -> dict[str, float]:
    """What one `ai` on one core does over gRPC, and how soon it is there."""
    with tempfile.TemporaryDirectory(prefix="u") as folder:
        state = Path(folder)
        settings = Settings(
            state_dir=state,
            task_address=f"unix:{state}/task.sock",
            ai_address=f"unix:{state}/ai.sock",
            metrics_port=0,
        )
        workspaces = Workspaces()  # type: ignore[abstract]
        workspaces.workspace(1)
        workspaces.person(1, 5, "Dana", role=person_pb2.ROLE_BOSS)
        for number, name in enumerate(("Ana", "Ben", "Mia", "Tom", "Priya", "Sofia"), start=6):
            workspaces.person(1, number, name)
        for number in range(1, 41):
            workspaces.task(1, number, _title(number))
        task = await served(workspaces, settings)
        try:
            async with _ai(settings) as (process, ready_s):
                return {"ready_s": ready_s, **await _asked(settings, process, seconds)}
        finally:
            await task.stop(grace_s=0.2)


@contextlib.asynccontextmanager
async def _ai(settings: Settings) -> Any:
    """An `ai` in a process of its own on the last core, once it says that it serves."""
    cores = sorted(os.sched_getaffinity(0))
    environment = {
        **os.environ,
        "BOSS_STATE_DIR": str(settings.state_dir),
        "BOSS_TASK_ADDRESS": settings.task_address,
        "BOSS_AI_ADDRESS": settings.ai_address,
        "BOSS_METRICS_PORT": "19102",
        "BOSS_LOG_LEVEL": "error",
    }
    environment.pop("DEEPSEEK_API_KEY", None)
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.ai", env=environment
    )
    os.sched_setaffinity(process.pid, cores[-1:])
    os.sched_setaffinity(0, cores[:-1] or cores)
    peer = Peer(settings.ai_address, service="gateway", settings=settings)
    health = peer.stub(HealthStub)
    try:
        while True:
            with contextlib.suppress(Unavailable):
                answer = await health.Check(health_pb2.HealthCheckRequest())
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    break
            await asyncio.sleep(0.01)
        yield process, time.perf_counter() - began
    finally:
        await peer.close()
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 20)
        os.sched_setaffinity(0, cores)


async def _asked(settings: Settings, process: Any, seconds: float) -> dict[str, float]:
    peer = Peer(settings.ai_address, service="gateway", settings=settings)
    stub = peer.stub(AiServiceStub, {"Interpret": 33.0})
    short = [told["text"] for _, told in golds(FILES) if len(told["text"]) < SHORT]
    requests = [ai_service_pb2.InterpretRequest(text=text) for text in short]

    async def one(index: int) -> None:
        await stub.Interpret(requests[index % len(requests)], actor=5)

    try:
        await _closed(one, seconds=1.0)
        rate = await _closed(one, seconds=seconds)
        late = await _open(one, rate=rate / 2, seconds=seconds)
        return {
            "a_second": rate,
            "half_p50_ms": _at(late, 0.5) * 1e3,
            "half_p99_ms": _at(late, 0.99) * 1e3,
            "memory_mb": _memory_mb(process.pid),
        }
    finally:
        await peer.close()


async def _closed(one: Any, *, seconds: float) -> float:
    """Calls a second with so many under way."""
    ends = time.perf_counter() + seconds
    done = 0

    async def work(first: int) -> None:
        nonlocal done
        index = first
        while time.perf_counter() < ends:
            await one(index)
            index += IN_FLIGHT
            done += 1

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for first in range(IN_FLIGHT):
            group.create_task(work(first))
    return done / (time.perf_counter() - began)


async def _open(one: Any, *, rate: float, seconds: float) -> list[float]:
    """Seconds from when a call was due to its answer, at that many calls a second."""
    took: list[float] = []
    began = time.perf_counter()

    async def work(index: int, due: float) -> None:
        await one(index)
        took.append(time.perf_counter() - due)

    async with asyncio.TaskGroup() as group:
        for index in range(int(rate * seconds)):
            due = began + index / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            group.create_task(work(index, due))
    return took


def _memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def measured(paths: Sequence[Path], *, rounds: int, seconds: float) -> dict[str, Any]:
    """All figures."""
    usual, large = context_of(), context_of(PEOPLE, TASKS)
    short, long = texts(SHORT), texts(LONG)
    single = [told["text"] for _, told in golds(FILES) if "context" not in told]
    return {
        "accuracy": accuracy(paths),
        "pure": {
            "one sentence of the cases": timed(single, usual, rounds=rounds),
            f"{SHORT} characters": timed(short, usual, rounds=rounds),
            f"{LONG:,} characters": timed(long, usual, rounds=rounds),
            f"{SHORT}, {PEOPLE} people, {TASKS:,} tasks": timed(short, large, rounds=rounds),
            f"{LONG:,}, {PEOPLE} people, {TASKS:,} tasks": timed(long, large, rounds=rounds),
        },
        "loop_ms": loop_ms(),
        "grpc": asyncio.run(over_grpc(seconds=seconds)),
    }


def page(found: dict[str, Any]) -> str:
    """The figures for a person to read."""
    rows = [
        (name, f"{shares['cases']:,.0f}", *(f"{shares.get(each, 0):.1%}" for each in SHARES))
        for name, shares in found["accuracy"].items()
    ]
    times = [
        (name, each["messages"], f"{each['p50_ms']:.2f} ms", f"{each['p99_ms']:.2f} ms")
        for name, each in found["pure"].items()
    ]
    grpc = found["grpc"]
    speed = (
        f"Interpret over gRPC on one core: {grpc['a_second']:,.0f} a second; at half of that "
        f"p50 {grpc['half_p50_ms']:.1f} ms, p99 {grpc['half_p99_ms']:.1f} ms\n"
        f"ai is ready after {grpc['ready_s']:.2f} s, and takes {grpc['memory_mb']:.0f} MB\n"
        f"a loop of 100,000 squares took {found['loop_ms']:.1f} ms here; 5 on a core of its own"
    )
    of_cases = table(("cases of", "number", *SHARES), rows)
    of_time = table(("a message of", "messages", "p50", "p99"), times)
    return f"{of_cases}\n\n{of_time}\n\n{speed}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load.understanding")
    parser.add_argument("--cases", type=Path, nargs="*", default=[], help="further files of cases")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found = measured([*chosen.cases, *FILES], rounds=chosen.rounds, seconds=chosen.seconds)
    print(json.dumps(found, indent=2) if chosen.json else page(found))


if __name__ == "__main__":
    main()
