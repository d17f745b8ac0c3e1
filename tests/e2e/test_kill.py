"""One service after another is killed with -9 under load: nothing acknowledged is lost or doubled.

KILL_SECONDS sets how long (20 by default; docs/performance.md has a run of 60).
"""

import asyncio
import os
import signal
import time
import uuid
from collections import Counter
from itertools import count, cycle

import httpx
import pytest

from services.cli.running import SERVICES
from tests.e2e.system import until
from tests.e2e.talking import message, post, team

SECONDS = float(os.environ.get("KILL_SECONDS", "20"))
EVERY_S = 4.0
BACK_S = 5.0
WRITERS = 4


async def write(system, writer: int, ends: float) -> list[str]:
    """Create tasks one after another, each again with its key until it is acknowledged."""
    acknowledged = []
    for number in count():
        if time.monotonic() > ends:
            return acknowledged
        title, key = f"written {writer}-{number}", str(uuid.uuid4())
        while not await created(system, title, key):
            await asyncio.sleep(0.05)
        acknowledged.append(title)
    raise AssertionError


async def created(system, title: str, key: str) -> bool:
    try:
        answer = await system.call("POST", "/api/tasks", {"title": title}, Idempotency_Key=key)
    except httpx.TransportError:
        return False
    assert answer.status_code in {201, 503, 504}, answer.text
    return answer.status_code == httpx.codes.CREATED


async def tell(system, ends: float) -> list[str]:
    """Send messages of one chat, each until Telegram would be told that it is stored."""
    acknowledged = []
    for number in count(1):
        if time.monotonic() > ends:
            return acknowledged
        while await post(system, message(number, f"Ana sort the box number {number}")) != 200:
            await asyncio.sleep(0.05)
        acknowledged.append(f"Sort the box number {number}")
        await asyncio.sleep(0.1)
    raise AssertionError


async def kill(system, ends: float) -> float:
    """Kill each service in turn; return when the last one was killed."""
    last = time.monotonic()
    for service in cycle(SERVICES):
        await asyncio.sleep(EVERY_S)
        if time.monotonic() > ends:
            return last
        pid = system.run.services[service].pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            last = time.monotonic()
    raise AssertionError


@pytest.mark.timeout(SECONDS + 120)
async def test_nothing_acknowledged_is_lost_or_done_twice_while_services_are_killed(tmp_path):
    async with team(tmp_path) as (system, _):
        ends = time.monotonic() + SECONDS
        async with asyncio.TaskGroup() as group:
            writers = [group.create_task(write(system, n, ends)) for n in range(WRITERS)]
            talker = group.create_task(tell(system, ends))
            killer = group.create_task(kill(system, ends))
        written = [title for writer in writers for title in writer.result()]
        told = talker.result()

        await until(lambda: all_healthy(system), within_s=BACK_S + 10)
        assert time.monotonic() - max(killer.result(), ends) <= BACK_S + 2
        tasks = await until(lambda: settled(system, told), within_s=30)

        titles = Counter(task["title"] for task in tasks)
        assert {title: titles[title] for title in (*written, *told) if titles[title] != 1} == {}
        numbers = {task["title"]: int(task["id"][2:]) for task in tasks}
        assert [numbers[title] for title in told] == sorted(numbers[title] for title in told)
        assert len(told) > SECONDS
        assert len(written) > SECONDS
        dead = await system.ask("GET", "/api/deliveries?state=dead")
        assert dead["deliveries"] == []
        ids = {task["id"] for task in tasks if task["title"] in told}
        await until(lambda: told_once(system, ids), within_s=30)


async def all_healthy(system) -> bool:
    services = (await system.status())["services"]
    return all(one["healthy"] for one in services.values())


async def settled(system, told: list[str]):
    tasks = await system.tasks()
    return tasks if set(told) <= {task["title"] for task in tasks} else None


async def told_once(system, ids: set[str]) -> bool:
    """Whether the assignee was told of each of these tasks, once.

    On the page; Telegram is told as well, but takes one message a second for a chat.
    """
    found: list[str] = []
    cursor = ""
    while True:
        page = await system.ask("GET", f"/api/deliveries?per_page=100{cursor}")
        found += [one["task"] for one in page["deliveries"] if one["channel"] == "web"]
        if not page["next_cursor"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    doubled = [task for task, times in Counter(found).items() if times > 1]
    assert not doubled
    return ids <= set(found)
