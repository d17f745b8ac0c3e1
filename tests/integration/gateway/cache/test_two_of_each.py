"""Two gateways, stores and notifiers share the work: whatever is to happen happens once.

Each update of Telegram comes to both gateways at the same moment, the clock is moved under both
stores, and in the second test one of each is killed in the middle.
"""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from tests.e2e.system import until
from tests.e2e.talking import ANA, BEN, SECRET, message, texts
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.integration.gateway.cache.pair import Pair

OWNER = 9001
MORNING = "2026-10-14T10:00:00+02:00"  # a Wednesday
NOON_AND_A_SECOND = "2026-10-14T12:00:01+02:00"
SUNDAY_AND_A_SECOND = "2026-10-18T09:00:01+02:00"
MESSAGES = 10
ERRAND = "Check the invoice"
CHATS = {"Ana": ANA, "Ben": BEN}
pytestmark = pytest.mark.timeout(600)


class Twins:
    """Two of each, a team, and the Telegram that they talk with."""

    def __init__(self, pair: Pair, telegram: FakeTelegram) -> None:
        self.pair = pair
        self.telegram = telegram

    async def post(self, update: dict[str, Any]) -> None:
        """Give an update to both gateways at once, as often as it takes."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}

        async def to(client: httpx.AsyncClient) -> bool:
            try:
                answer = await client.post("/webhook", json=update, headers=headers)
            except httpx.TransportError:
                return False
            return answer.status_code == httpx.codes.OK

        while not any(await asyncio.gather(*map(to, self.pair.clients))):
            await asyncio.sleep(0.05)

    async def create(self, number: int, **fields: Any) -> str:
        """Create a task by either gateway, by the other where one is away."""
        key = str(uuid.uuid4())
        while True:
            number += 1
            try:
                answer = await self.pair.clients[number % 2].post(
                    "/api/tasks", json=fields, headers={"Idempotency-Key": key}
                )
            except httpx.TransportError:
                continue
            if answer.status_code == httpx.codes.CREATED:
                return str(answer.json()["id"])
            assert answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR, answer.text
            await asyncio.sleep(0.05)

    async def all(self, path: str, what: str) -> list[dict[str, Any]]:
        """All of a list, page by page, from whichever gateway answers."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = await until(lambda: self._page(f"{path}{cursor}"), within_s=30)  # noqa: B023
            found += page[what]
            if not page["next_cursor"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    async def _page(self, path: str) -> Any:
        for index in range(2):
            page = await self.pair.get(index, path)
            if page is not None:
                return page
        return None

    async def tasks(self) -> list[dict[str, Any]]:
        return await self.all("/api/tasks?per_page=100&sort=created", "tasks")

    async def told(self) -> list[dict[str, Any]]:
        """What people were told, or will be."""
        return await self.all("/api/deliveries?per_page=100", "deliveries")

    def seen(self) -> str:
        """What the owner's chat shows, for a test that fails."""
        return texts(self.telegram, OWNER)

    def sent(self, chat: int, text: str) -> int:
        """How many messages with this text Telegram has taken for a chat."""
        return sum(
            call.status == httpx.codes.OK
            and call.body.get("chat_id") == chat
            and text in str(call.body.get("text"))
            for call in self.telegram.called("sendMessage")
        )


@pytest.fixture
async def twins(databases, tmp_path) -> AsyncIterator[Twins]:
    async with FakeTelegram(open_all=True, limits=False) as telegram:
        pair = Pair(
            databases.new(),
            tmp_path,
            TELEGRAM_BOT_TOKEN=TOKEN,
            TELEGRAM_API_URL=telegram.url,
            TELEGRAM_WEBHOOK_SECRET=SECRET,
            BOSS_OWNER_TELEGRAM_ID=str(OWNER),
            BOSS_RATE_WEBHOOK="0",
            BOSS_TIMEZONE="Europe/Berlin",
            BOSS_ENV="test",
            BOSS_TIME=MORNING,
            BOSS_TIME_ANCHOR=str(time.time()),
        )
        try:
            pair.start("ai", 0)
            await pair.open("notify")
            for name, chat in CHATS.items():
                made = await pair.clients[0].post(
                    "/api/people", json={"name": name, "telegram_id": chat}
                )
                assert made.status_code == httpx.codes.CREATED, made.text
            yield Twins(pair, telegram)
        finally:
            await pair.close()


def errand(number: int) -> tuple[str, str]:
    """Who is to do what, by the message of this number."""
    return ("Ana", "Ben")[number % 2], f"Check the invoice {number}"


async def say_all(twins: Twins, heard: Callable[[int], None] = lambda _: None) -> None:
    for number in range(1, MESSAGES + 1):
        name, title = errand(number)
        await twins.post(message(number, f"{name} {title.lower()} by friday 5pm"))
        heard(number)


async def test_messages_deliveries_timers_and_series_are_shared(twins):
    due = {"deadline": NOON_AND_A_SECOND, "assignees": ["Ana"]}
    by_noon = [await twins.create(n, title=f"By noon {n}", **due) for n in range(6)]
    series = {"recurrence": "FREQ=WEEKLY;BYDAY=SU", "deadline": "2026-10-18T09:00:00+02:00"}
    await twins.create(0, title="Check the backups", **series)

    await say_all(twins)
    await until(lambda: as_many(twins, MESSAGES, ERRAND), within_s=60, why=twins.seen)
    titles = [one["title"] for one in await twins.tasks() if ERRAND in one["title"]]
    assert titles == [errand(number)[1] for number in range(1, MESSAGES + 1)]

    await until(lambda: nothing_waits(twins), within_s=60)
    for number in range(1, MESSAGES + 1):
        name, title = errand(number)
        assert twins.sent(CHATS[name], f"{title}<") + twins.sent(CHATS[name], f"{title}\n") == 1

    await twins.pair.boss("clock", "set", "2026-10-14T12:00:05+02:00")
    await until(lambda: overdue(twins, by_noon), within_s=60)
    await twins.pair.boss("clock", "set", SUNDAY_AND_A_SECOND)
    await until(lambda: as_many(twins, 2, "Check the backups"), within_s=60)
    await until(lambda: nothing_waits(twins), within_s=60)

    assert await as_many(twins, 2, "Check the backups")
    said = Counter((one["task"], one["type"], step(one)) for one in await clock_events(twins))
    assert {each: times for each, times in said.items() if times != 1} == {}
    assert doubled(await twins.told()) == {}


async def test_one_of_each_may_be_killed_in_the_middle(twins):
    half, created = asyncio.Event(), []

    def heard(number: int) -> None:
        if number == MESSAGES // 3:
            half.set()

    async def create() -> None:
        for number in range(MESSAGES):
            fields = {"title": f"Written {number}", "assignees": ["Ben"]}
            created.append(await twins.create(number, **fields))

    async def kill() -> None:
        await half.wait()
        for name, index in (("gateway", 0), ("task", 1), ("notify", 0)):
            twins.pair.kill(name, index)
            twins.pair.start(name, index)
            await asyncio.sleep(0.3)

    async with asyncio.TaskGroup() as group:
        group.create_task(say_all(twins, heard))
        group.create_task(create())
        group.create_task(kill())
    await until(lambda: as_many(twins, MESSAGES, ERRAND), within_s=90)
    for index in range(2):
        await twins.pair.wait_kept(index)
    await until(lambda: nothing_waits(twins), within_s=90)

    titles = [one["title"] for one in await twins.tasks()]
    errands = [title for title in titles if ERRAND in title]
    assert errands == [errand(number)[1] for number in range(1, MESSAGES + 1)]
    assert Counter(titles) == Counter(set(titles))
    told = await twins.told()
    assert doubled(told) == {}
    assert {one["task"] for one in told if one["channel"] == "web"} >= set(created)
    assert "dead" not in {one["state"] for one in told}


async def as_many(twins: Twins, count: int, title: str) -> bool:
    found = [one for one in await twins.tasks() if title in one["title"]]
    assert len(found) <= count, [one["title"] for one in found]
    return len(found) == count


async def nothing_waits(twins: Twins) -> bool:
    return all(one["state"] not in {"pending", "retrying"} for one in await twins.told())


async def clock_events(twins: Twins) -> list[dict[str, Any]]:
    found = await twins.all("/api/history?per_page=100", "events")
    return [one for one in found if one["type"] in {"task.overdue", "task.due_soon"}]


def step(event: dict[str, Any]) -> str:
    return str(event.get("detail"))


async def overdue(twins: Twins, tasks: list[str]) -> bool:
    told = [one["task"] for one in await clock_events(twins) if one["type"] == "task.overdue"]
    return set(tasks) <= set(told)


def doubled(told: list[dict[str, Any]]) -> dict[tuple[Any, ...], int]:
    """What somebody is told more than once over the same channel."""
    keys = [(one["event_id"], one["person"]["id"], one["channel"]) for one in told]
    return {each: times for each, times in Counter(keys).items() if times > 1}
