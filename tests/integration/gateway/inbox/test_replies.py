"""Answers that can't be said at once: what people want is done all the same, and told in order."""

import asyncio

import asyncpg
import pytest

from services.ai.__main__ import main as ai
from services.gateway.__main__ import main as gateway
from services.task.__main__ import run as task
from tests.fakes.telegram import FakeTelegram
from tests.integration.gateway.inbox.system import ANA, OWNER, running, settings_for


@pytest.fixture
async def telegram():
    async with FakeTelegram(limits=False) as telegram:
        telegram.open(OWNER, ANA)
        yield telegram


async def until_tasks(system, number):
    async with asyncio.timeout(20):
        while len(await system.tasks()) < number:
            await asyncio.sleep(0.05)


async def until_said(telegram, number, chat=OWNER):
    async with asyncio.timeout(30):
        while len(telegram.heard(chat)) < number:
            await asyncio.sleep(0.05)
    return telegram.heard(chat)


async def fetch(system, query):
    connection = await asyncpg.connect(system.settings.database_url.get_secret_value())
    found = await connection.fetch(query)
    await connection.close()
    return found


async def test_a_slow_pace_of_answers_holds_no_task_up(databases, tmp_path, telegram):
    settings = settings_for(databases.new(), tmp_path / "state", telegram, rate_telegram_gateway=2)
    async with running(settings, telegram, task, ai, gateway) as system:
        await system.person("Ana")
        for number in range(12):
            await system.post(system.update(f"Ana fix page {number} today"))

        await until_tasks(system, 12)
        said_by_then = len(telegram.heard(OWNER))
        cards = await until_said(telegram, 12)

        assert said_by_then < 12
        assert [f"ix page {number}\n" in card.text for number, card in enumerate(cards)] == (
            [True] * 12
        )


async def test_while_telegram_is_away_things_are_done_and_told_after(databases, tmp_path, telegram):
    settings = settings_for(databases.new(), tmp_path / "state", telegram)
    async with running(settings, telegram, task, ai, gateway) as system:
        await system.person("Ana", aliases=["Anna"])
        await system.person("Anna K")
        away = telegram.fail(times=10**6, status=502)

        await system.post(system.update("Anna checks the invoices"))
        await system.post(system.update("Ben fixes the header"))
        await system.post(system.update("@Ana fix the footer"))
        async with asyncio.timeout(20):
            while len(await fetch(system, "SELECT FROM gateway.inbox WHERE source = 'reply'")) < 3:
                await asyncio.sleep(0.05)
        away.times = 0
        question, *_, last = await until_said(telegram, 3)

        assert "Anna K" in question.buttons
        assert "footer" in last.text
        # The buttons under an answer that came late work as any.
        chosen = await system.heard(system.pressed(question.buttons["Anna K"], message=question.id))
        assert chosen.id == last.id or "nvoices" in question.text
        undone = await system.heard(system.pressed(last.buttons["Undo"], message=last.id))
        assert undone.id == last.id
        assert "Taken back" in last.text


async def test_an_answer_that_a_killed_process_owed_is_said_by_the_next(
    databases, tmp_path, telegram
):
    settings = settings_for(databases.new(), tmp_path / "state", telegram)
    away = telegram.fail(times=10**6, status=502)
    async with running(settings, telegram, task, ai, gateway) as system:
        await system.post(system.update("fix the header today"))
        async with asyncio.timeout(20):
            while not await fetch(system, "SELECT FROM gateway.inbox WHERE source = 'reply'"):
                await asyncio.sleep(0.05)
    assert telegram.heard(OWNER) == []
    away.times = 0
    again = settings_for(settings.database_url.get_secret_value(), settings.state_dir, telegram)

    async with running(again, telegram, task, ai, gateway) as system:
        (card,) = await until_said(telegram, 1)

        assert "header" in card.text
        assert len(await system.tasks()) == 1


async def test_a_chat_that_is_gone_is_given_up_without_a_second_try(databases, tmp_path, telegram):
    settings = settings_for(databases.new(), tmp_path / "state", telegram)
    telegram.block(OWNER)
    async with running(settings, telegram, task, ai, gateway) as system:
        await system.post(system.update("fix the header today"))
        await until_tasks(system, 1)
        async with asyncio.timeout(10):
            while not (
                rows := await fetch(system, "SELECT * FROM gateway.inbox WHERE state = 'done'")
            ):
                await asyncio.sleep(0.05)

        assert [row["outcome"] for row in rows] == ["unsaid"]
        assert "blocked" in rows[0]["reason"]
        assert len(telegram.called("sendMessage")) == 1
