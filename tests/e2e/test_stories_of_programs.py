"""A program's half of the bargain: sent twice, changed too late, cut off, and nothing is lost."""

import asyncio
import json
import uuid

from tests.e2e.system import running

PATCHES, AT_ONCE = 40, 3


async def test_what_is_sent_twice_is_done_once(tmp_path):
    async with running(tmp_path) as system:
        body, key = {"title": "Renew the domain"}, {"Idempotency_Key": str(uuid.uuid4())}

        together = await asyncio.gather(
            *(system.call("POST", "/api/tasks", body, **key) for _ in range(5))
        )
        later = await system.call("POST", "/api/tasks", body, **key)
        other = await system.call("POST", "/api/tasks", {"title": "Another"}, **key)

        assert {one.status_code for one in (*together, later)} == {201}
        assert len({one.json()["id"] for one in (*together, later)}) == 1
        assert other.status_code == 422
        assert len(await system.tasks()) == 1


async def test_a_change_that_comes_too_late_is_told_the_present_version(tmp_path):
    async with running(tmp_path) as system:
        made = await system.call("POST", "/api/tasks", {"title": "Renew the domain"})
        path, seen = f"/api/tasks/{made.json()['id']}", made.headers["etag"]
        await system.ask("PATCH", path, {"priority": "high"}, If_Match=seen)

        late = await system.call("PATCH", path, {"title": "Move the domain"}, If_Match=seen)

        assert late.status_code == 412
        present = late.json()["current"]
        assert (present["title"], present["priority"]) == ("Renew the domain", "high")
        assert late.headers["etag"] == f'"{present["etag"]}"'
        now = late.headers["etag"]
        await system.ask("PATCH", path, {"title": "Move the domain"}, If_Match=now)


async def test_a_stream_that_is_cut_and_resumed_misses_nothing_and_repeats_nothing(tmp_path):
    async with running(tmp_path) as system:
        first = await system.call("POST", "/api/tasks", {"title": "Count"})
        path, begin = f"/api/tasks/{first.json()['id']}", first.headers["x-boss-position"]
        reading = asyncio.create_task(read(system, begin, last=f"Count {PATCHES - 1}"))

        for number in range(PATCHES):
            await change(system, path, number)
        seen = await asyncio.wait_for(reading, 30)

        positions = [position for position, _ in seen]
        assert positions == list(range(positions[0], positions[0] + len(positions)))
        assert [title for _, title in seen] == [f"Count {number}" for number in range(PATCHES)]


async def test_a_cut_stream_goes_on_behind_a_system_that_was_restarted(tmp_path):
    async with running(tmp_path) as system:
        made = await system.call("POST", "/api/tasks", {"title": "Count"})
        path, begin = f"/api/tasks/{made.json()['id']}", made.headers["x-boss-position"]
        await change(system, path, 0)
        before = await read(system, begin, last="Count 0")

        await system.stop()
        await system.start()
        await change(system, path, 1)
        after = await read(system, str(before[-1][0]), last="Count 1")

        assert [title for _, title in (*before, *after)] == ["Count 0", "Count 1"]


async def change(system, path: str, number: int) -> None:
    await system.ask("PATCH", path, {"title": f"Count {number}"}, If_Match="*")


async def read(system, after: str, *, last: str) -> list[tuple[int, str]]:
    """Position and new title of each event, up to the last title.

    The connection is cut after every third one, and resumed as a browser does.
    """
    seen: list[tuple[int, str]] = []
    while not seen or seen[-1][1] != last:
        seen += await some(system, after, last=last)
        after = str(seen[-1][0])
    return seen


async def some(system, after: str, *, last: str) -> list[tuple[int, str]]:
    headers = {"Authorization": f"Bearer {system.token}", "Last-Event-ID": after}
    found: list[tuple[int, str]] = []
    async with system.client.stream("GET", f"{system.url}/api/events", headers=headers) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                told = json.loads(line.removeprefix("data: "))
                title = told["changes"]["title"][1]
                found.append((told["position"], title))
                if len(found) == AT_ONCE or title == last:
                    break
    return found
