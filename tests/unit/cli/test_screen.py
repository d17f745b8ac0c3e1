"""The screen of `boss up`: what is connected, what is not, and which variable connects it."""

from pathlib import Path

from services.cli.screen import connections, missing, screen
from services.runtime.parse import SecretStr
from services.runtime.settings import Settings


def named(settings, **more):
    found = connections(settings, **{"postgres_data": Path("/data/postgres"), **more})
    return {one.name: one for one in found}


def test_a_bare_machine_is_told_how_to_connect_telegram_and_the_model():
    found = named(Settings())

    assert not found["Telegram"].connected
    assert "TELEGRAM_BOT_TOKEN" in found["Telegram"].note
    assert "DEEPSEEK_API_KEY" in found["Model"].note
    assert "PUBLIC_URL" in found["Public address"].note


def test_a_token_alone_polls():
    found = named(Settings(telegram_bot_token=SecretStr("1:x")))

    assert found["Telegram"].connected
    assert "polled" in found["Telegram"].note


def test_no_secret_is_shown():
    secret = "s3cret-value-0123456789"
    settings = Settings(
        telegram_bot_token=SecretStr(secret),
        telegram_webhook_secret=SecretStr(secret),
        deepseek_api_key=SecretStr(secret),
        database_url=SecretStr(f"postgresql://boss:{secret}@db/boss"),
        public_url="https://boss.example",
    )
    text = screen(
        version="1",
        took_s=1.0,
        link="http://127.0.0.1:8080/#x",
        telegram_link=None,
        url="http://127.0.0.1:8080",
        state=Path("/data"),
        outside=connections(settings, postgres_data=None),
    )

    assert secret not in text
    assert "https://boss.example/webhook" in text


def test_what_is_not_ready_is_named():
    ready = {"status": "down", "dependencies": {"task": {"state": "up"}, "ai": {"state": "down"}}}

    assert missing(ready) == "ai"
    assert missing("nonsense") == "the gateway"
