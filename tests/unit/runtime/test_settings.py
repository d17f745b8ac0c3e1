"""What the environment may say, and what is said of the rest."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.runtime.errors import SettingsError
from services.runtime.parse import SecretStr
from services.runtime.settings import VARIABLES, Settings, load_settings, service_file


def load(dotenv="", folder=None, **environment):
    file = Path("/nowhere/.env")
    if folder is not None:
        file = folder / ".env"
        file.write_text(dotenv)
    return load_settings(environment, dotenv=file)


def test_nothing_set_is_a_bare_machine():
    settings = load()

    assert settings == Settings()
    assert settings.port == 8080
    assert settings.state_dir == Path(".state")
    assert settings.task_address == "127.0.0.1:50051"
    assert (settings.rate_api, settings.rate_public, settings.rate_webhook) == (100, 20, 200)
    assert settings.cache


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("PORT", "9000", "port", 9000),
        ("BOSS_STATE_DIR", "/tmp/x", "state_dir", Path("/tmp/x")),
        ("BOSS_CACHE", "off", "cache", False),
        ("BOSS_ALLOW_PLAINTEXT", "1", "allow_plaintext", True),
        ("BOSS_RATE_API", "0", "rate_api", 0),
        ("BOSS_OWNER_TELEGRAM_ID", "9001", "owner_telegram_id", 9001),
        ("BOSS_TASK_ADDRESS", "unix:/tmp/task", "task_address", "unix:/tmp/task"),
        ("BOSS_AI_ADDRESS", "[::1]:1", "ai_address", "[::1]:1"),
        ("BOSS_TIMEZONE", "Asia/Bangkok", "timezone", "Asia/Bangkok"),
        ("TELEGRAM_BOT_TOKEN", "1:check", "telegram_bot_token", SecretStr("1:check")),
        ("TELEGRAM_API_URL", "http://127.0.0.1:1/", "telegram_api_url", "http://127.0.0.1:1"),
        ("DATABASE_URL", "postgres://h/d", "database_url", SecretStr("postgres://h/d")),
        ("BOSS_LOG_LEVEL", "DEBUG", "log_level", "debug"),
        ("BOSS_METRICS_PORT", " 9101 ", "metrics_port", 9101),
        ("PUBLIC_URL", "", "public_url", None),
    ],
)
def test_a_variable_is_read(name, text, field, value):
    assert getattr(load(**{name: text}), field) == value


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("PORT", "eighty", "must be a port, 1 to 65535"),
        ("PORT", "70000", "must be a port"),
        ("BOSS_RATE_API", "-1", "must be a whole number, 0 or more"),
        ("BOSS_RATE_API", "1_0", "must be a whole number"),
        ("BOSS_DB_POOL_SIZE", "0", "must be a whole number, 1 or more"),
        ("BOSS_TASK_ADDRESS", "localhost", "must be host:port or unix:/path"),
        ("BOSS_TASK_ADDRESS", "localhost:x", "the port must be"),
        ("BOSS_TASK_ADDRESS", "http://a:1", "must be host:port"),
        ("BOSS_TIMEZONE", "Mars/Olympus", "must be a time zone such as"),
        ("BOSS_TIMEZONE", "../../etc/passwd", "must be a time zone such as"),
        ("TELEGRAM_WEBHOOK_SECRET", "a b", "must have 1 to 256 characters"),
        ("TELEGRAM_API_URL", "api.telegram.org", "must be an address such as"),
        ("DATABASE_URL", "mysql://x", "must be an address such as postgresql://"),
        ("DATABASE_URL", "postgresql://h:port/x", "is no address"),
        ("SMTP_URL", "mail.example.org", "must be an address such as smtp://"),
        ("BOSS_ENV", "staging", "must be one of production, test"),
        ("BOSS_TIME", "soon", "must be a time such as"),
        ("BOSS_CACHE", "maybe", "must be 1 or 0"),
        ("BOSS_API_TOKEN", "short", "must have at least 16 printable characters"),
        ("BOSS_TLS_CERT", "/nowhere/cert", "must name a file"),
    ],
)
def test_a_wrong_value_stops_the_start_and_is_named(name, text, says):
    with pytest.raises(SettingsError, match=name) as caught:
        load(**{name: text})

    assert says in str(caught.value)


def test_a_wrong_secret_is_not_shown():
    with pytest.raises(SettingsError) as caught:
        load(BOSS_API_TOKEN="hunter2 and more words")

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["BOSS_STAT_DIR", "boss_stat_dir", "Boss_Stat_Dir"])
def test_an_unknown_name_is_named_with_the_nearest(name):
    with pytest.raises(SettingsError, match=f"{name} in the environment.*BOSS_STATE_DIR"):
        load(**{name: "/tmp"})


def test_other_names_are_none_of_our_business(tmp_path):
    assert load("OTHER=1\nPATHS=2", tmp_path, HOME="/root", BOSSY="1") == Settings()


def test_dotenv_is_read_and_the_environment_wins(tmp_path):
    dotenv = """
    # a comment
    export PORT=9000
    BOSS_TIMEZONE="Asia/Bangkok"
    BOSS_RATE_API=5 # a minute
    DEEPSEEK_MODEL='deepseek # reasoner'
    """

    settings = load(dotenv, tmp_path, PORT="9001")

    assert settings.port == 9001
    assert settings.timezone == "Asia/Bangkok"
    assert settings.rate_api == 5
    assert settings.deepseek_model == "deepseek # reasoner"


def test_an_unknown_name_in_dotenv_is_named_too(tmp_path):
    with pytest.raises(SettingsError, match=r"BOSS_PROT in .*\.env"):
        load("BOSS_PROT=1", tmp_path)


def test_a_line_that_is_none_is_told(tmp_path):
    with pytest.raises(SettingsError, match="line 1: write NAME=value"):
        load("PORT 80", tmp_path)


def test_time_is_set_in_tests_alone():
    with pytest.raises(SettingsError, match="BOSS_ENV=test"):
        load(BOSS_TIME="2026-03-02T09:00:00+07:00")

    settings = load(BOSS_TIME="2026-03-02T09:00:00+07:00", BOSS_ENV="test")

    assert settings.time == datetime(2026, 3, 2, 2, tzinfo=UTC)


def test_tls_needs_all_three(tmp_path):
    (tmp_path / "cert").touch()

    with pytest.raises(SettingsError, match="BOSS_TLS_KEY is missing"):
        load(BOSS_TLS_CERT=str(tmp_path / "cert"))


def test_secrets_do_not_show():
    settings = load(TELEGRAM_BOT_TOKEN="1:hidden", DATABASE_URL="postgresql://u:hidden@h/d")

    assert "hidden" not in repr(settings)
    assert "hidden" not in f"{settings.telegram_bot_token}"


def test_every_name_of_the_contract_is_known():
    contract = """DATABASE_URL REDIS_URL TELEGRAM_BOT_TOKEN TELEGRAM_API_URL TELEGRAM_WEBHOOK_SECRET
        DEEPSEEK_API_KEY DEEPSEEK_API_URL DEEPSEEK_MODEL DISCORD_API_URL SMTP_URL
        GOOGLE_CREDENTIALS_FILE GOOGLE_API_URL PUBLIC_URL PORT BOSS_STATE_DIR
        BOSS_OWNER_TELEGRAM_ID BOSS_CACHE BOSS_WEBHOOKS_ALLOW_PRIVATE BOSS_API_TOKEN BOSS_TIME
        BOSS_ENV BOSS_TASK_ADDRESS BOSS_AI_ADDRESS BOSS_NOTIFY_ADDRESS BOSS_TLS_CERT BOSS_TLS_KEY
        BOSS_TLS_CA BOSS_ALLOW_PLAINTEXT BOSS_RATE_API BOSS_RATE_PUBLIC BOSS_RATE_WEBHOOK"""

    assert set(contract.split()) - set(VARIABLES) == set()


def test_a_service_file_is_made_once_and_for_its_owner_alone(tmp_path):
    state = tmp_path / "state"

    made = [service_file(state, "key", make) for make in (lambda: "first", lambda: "second")]

    assert made == ["first", "first"]
    assert (state / "key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in state.iterdir()] == ["key"]


def test_a_state_folder_that_cannot_be_is_told(tmp_path):
    (tmp_path / "state").touch()

    with pytest.raises(SettingsError, match="BOSS_STATE_DIR"):
        service_file(tmp_path / "state", "key", lambda: "x")
