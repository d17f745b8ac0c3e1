"""A slow model, a restart in the middle: nobody is left waiting, nothing is forgotten."""

import asyncio
from contextlib import aclosing
from datetime import timedelta

import pytest

from services.ai.__main__ import main as ai
from services.gateway.__main__ import main as gateway
from services.runtime import clock
from services.runtime.parse import SecretStr
from services.task.__main__ import run as task
from tests.fakes.deepseek import KEY, DeepSeek, Say
from tests.fakes.telegram import FakeTelegram
from tests.integration.gateway.inbox.system import (
    ANA,
    OWNER,
    running,
    settings_for,
)


class Closing:
    """Closes the fake at the end, whatever the test does."""

    def __init__(self, model: DeepSeek) -> None:
        self.aclose = model.close


MUDDLE = "hm so about that thing from the other day, you know, with the invoices and so on, well"


@pytest.fixture
async def telegram():
    async with FakeTelegram(limits=False) as telegram:
        yield telegram


async def test_a_note_comes_first_and_becomes_the_answer(databases, tmp_path, telegram):
    model = DeepSeek(otherwise=Say("no reading at all", delay_s=2.5))
    await model.start()
    async with aclosing(Closing(model)):
        settings = settings_for(
            databases.new(),
            tmp_path / "state",
            telegram,
            deepseek_api_url=model.url,
            deepseek_api_key=SecretStr(KEY),
        )
        async with running(settings, telegram, task, ai, gateway) as system:
            await system.person("Ana", telegram_id=ANA)

            note = await system.heard(system.update(MUDDLE))
            assert note.text == "Thinking …"
            quick = await system.heard(system.update("/mine", sender=ANA), chat=ANA)
            assert "Your open tasks" in quick.text
            async with asyncio.timeout(15):
                while len(note.texts) == 1:
                    await asyncio.sleep(0.05)

            (answer,) = telegram.heard(OWNER)
            assert answer.texts[0] == "Thinking …"
            assert "not sure" in answer.text
            assert "the language model gave no usable answer" in answer.text
            assert await system.tasks() == []


async def test_a_question_outlives_a_restart(databases, tmp_path, telegram):
    settings = settings_for(databases.new(), tmp_path / "state", telegram)
    async with running(settings, telegram, task, ai, gateway) as system:
        await system.person("Ana", telegram_id=ANA, aliases=["Anna"])
        await system.person("Anna K")
        asked = await system.heard(system.update("Anna checks the invoices"))
        assert await system.tasks() == []
        choice = asked.buttons["Anna K"]
    again = settings_for(settings.database_url.get_secret_value(), settings.state_dir, telegram)

    async with running(again, telegram, task, ai, gateway) as system:
        system.skip_numbers(100)
        made = await system.heard(system.pressed(choice, message=asked.id))
        twice = await system.heard(system.pressed(choice, message=asked.id))

        (only,) = await system.tasks()
        assert [one["name"] for one in only["assignees"]] == ["Anna K"]
        assert made.id == asked.id
        assert only["title"] in twice.text


async def test_a_question_of_the_day_before_is_put_again(databases, tmp_path, telegram):
    settings = settings_for(databases.new(), tmp_path / "state", telegram, env="test")
    settings.state_dir.mkdir(parents=True)
    clock.follow(settings)
    async with running(settings, telegram, task, ai, gateway) as system:
        await system.person("Ana", telegram_id=ANA, aliases=["Anna"])
        await system.person("Anna K")
        asked = await system.heard(system.update("Anna checks the invoices"))
        clock.advance_business_time(timedelta(hours=25))

        again = await system.heard(system.pressed(asked.buttons["Anna K"], message=asked.id))
        assert "more than a day old" in again.text
        assert await system.tasks() == []

        await system.heard(system.pressed(again.buttons["Anna K"], message=again.id))
        assert len(await system.tasks()) == 1
