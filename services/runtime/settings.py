"""Every variable that the four services know, read once from the environment and `.env`.

One frozen class for all processes, because they share one environment and each has to refuse a
BOSS_ name that none of them knows. Plain dataclass fields with a parser each: pydantic-settings
would cost every process 13 MB and half a second of start, and lets unknown names pass.
"""

# ruff: noqa: RUF009 -- `variable` returns a dataclass field, as dataclasses.field does

import dataclasses
import difflib
import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from services.runtime import parse
from services.runtime.errors import SettingsError
from services.runtime.parse import SecretStr

PREFIX = "BOSS_"
METRICS_PORTS = {"task": 9101, "ai": 9102, "notify": 9103, "gateway": 9104}


def variable(parser: Callable[[str], Any], default: Any = None, *, name: str | None = None) -> Any:
    """Return a field with what reads it; its variable is BOSS_<FIELD> unless named."""
    return dataclasses.field(default=default, metadata={"parser": parser, "name": name})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says; the defaults are those of `make run` on a bare machine."""

    # Stores and the outside.
    database_url: SecretStr | None = variable(parse.database_url, name="DATABASE_URL")
    redis_url: SecretStr | None = variable(parse.secret, name="REDIS_URL")
    telegram_bot_token: SecretStr | None = variable(parse.secret, name="TELEGRAM_BOT_TOKEN")
    telegram_api_url: str = variable(
        parse.http_url, "https://api.telegram.org", name="TELEGRAM_API_URL"
    )
    telegram_webhook_secret: SecretStr | None = variable(
        parse.webhook_secret, name="TELEGRAM_WEBHOOK_SECRET"
    )
    deepseek_api_key: SecretStr | None = variable(parse.secret, name="DEEPSEEK_API_KEY")
    deepseek_api_url: str = variable(
        parse.http_url, "https://api.deepseek.com", name="DEEPSEEK_API_URL"
    )
    deepseek_model: str = variable(parse.text, "deepseek-chat", name="DEEPSEEK_MODEL")
    # The day of these is that of UTC; 0 is no limit. Prices are dollars for a million tokens.
    model_tokens_a_day: int = variable(parse.natural, 10_000_000)
    model_money_a_day: float = variable(parse.amount, 5.0)
    model_price_prompt: float = variable(parse.amount, 0.28)
    model_price_cached: float = variable(parse.amount, 0.028)
    model_price_answer: float = variable(parse.amount, 0.42)
    # Endpoints of OpenAI's form for voice and pictures, up to /v1; without one, they are refused.
    transcribe_url: str | None = variable(parse.http_url)
    transcribe_key: SecretStr | None = variable(parse.secret)
    transcribe_model: str = variable(parse.text, "whisper-1")
    describe_url: str | None = variable(parse.http_url)
    describe_key: SecretStr | None = variable(parse.secret)
    describe_model: str = variable(parse.text, "gpt-4o-mini")
    discord_api_url: str = variable(
        parse.http_url, "https://discord.com/api/v10", name="DISCORD_API_URL"
    )
    smtp_url: SecretStr | None = variable(parse.smtp_url, name="SMTP_URL")
    google_credentials_file: Path | None = variable(parse.path, name="GOOGLE_CREDENTIALS_FILE")
    google_api_url: str | None = variable(parse.http_url, name="GOOGLE_API_URL")
    public_url: str | None = variable(parse.http_url, name="PUBLIC_URL")

    # Where the parts are.
    host: str = variable(parse.host, "127.0.0.1")
    port: int = variable(parse.port, 8080, name="PORT")
    state_dir: Path = variable(parse.path, Path(".state"))
    task_address: str = variable(parse.address, "127.0.0.1:50051")
    ai_address: str = variable(parse.address, "127.0.0.1:50052")
    notify_address: str = variable(parse.address, "127.0.0.1:50053")
    metrics_host: str = variable(parse.host, "127.0.0.1")
    metrics_port: int | None = variable(parse.port)
    tls_cert: Path | None = variable(parse.file)
    tls_key: Path | None = variable(parse.file)
    tls_ca: Path | None = variable(parse.file)
    allow_plaintext: bool = variable(parse.switch, default=False)
    service_key: SecretStr | None = variable(parse.key)
    parent_pipe: bool = variable(parse.switch, default=False)

    # Who uses it.
    owner_telegram_id: int | None = variable(parse.positive)
    api_token: SecretStr | None = variable(parse.key)
    timezone: str = variable(parse.timezone, parse.machine_timezone())
    rate_api: int = variable(parse.natural, 100)
    rate_public: int = variable(parse.natural, 20)
    rate_webhook: int = variable(parse.natural, 200)
    rate_telegram_gateway: int = variable(parse.positive, 10)
    rate_telegram_notify: int = variable(parse.positive, 20)
    cache: bool = variable(parse.switch, default=True)
    webhooks_allow_private: bool = variable(parse.switch, default=False)

    # How it runs.
    env: str = variable(parse.one_of("production", "test"), "production")
    time: datetime | None = variable(parse.instant)
    time_anchor: float | None = variable(parse.positive_number)
    log_level: str = variable(parse.one_of("debug", "info", "warning", "error"), "info")
    # Off, nothing is measured of requests, RPCs, statements and the cache: to see what that costs.
    metrics: bool = variable(parse.switch, default=True)
    log_queries: bool = variable(parse.switch, default=False)
    db_pool_size: int = variable(parse.positive, 20)
    db_max_overflow: int = variable(parse.natural, 10)

    def __post_init__(self) -> None:
        if self.time is not None and self.env != "test":
            raise SettingsError("BOSS_TIME is for tests alone: set BOSS_ENV=test too, or unset it")
        if self.time_anchor is not None and self.env != "test":
            raise SettingsError("BOSS_TIME_ANCHOR is for tests alone: unset it")
        tls = {"CERT": self.tls_cert, "KEY": self.tls_key, "CA": self.tls_ca}
        missing = [f"BOSS_TLS_{part}" for part, path in tls.items() if path is None]
        if 0 < len(missing) < len(tls):
            raise SettingsError(f"{missing[0]} is missing: mTLS needs BOSS_TLS_CERT, _KEY and _CA")

    @property
    def tls(self) -> bool:
        """Whether the services speak mTLS with each other."""
        return self.tls_cert is not None

    @property
    def test(self) -> bool:
        """Whether this is a system under test, in which business time may be set."""
        return self.env == "test"

    def address(self, service: str) -> str:
        """Return where this service is found: host:port or unix:/path."""
        found: str = getattr(self, f"{service}_address")
        return found

    def replace(self, **changes: Any) -> Self:
        """Return a copy with other values, checked again."""
        return dataclasses.replace(self, **changes)


VARIABLES: Mapping[str, dataclasses.Field[Any]] = {
    field.metadata["name"] or PREFIX + field.name.upper(): field
    for field in dataclasses.fields(Settings)
}


def load_settings(
    environment: Mapping[str, str] | None = None, *, dotenv: Path = Path(".env")
) -> Settings:
    """Return the settings of this process; SettingsError names a wrong or unknown variable.

    The environment wins over `.env`; an empty value is as good as none. Names of others in `.env`
    are left alone.
    """
    given = os.environ if environment is None else environment
    told = {name: text for name, text in given.items() if _ours(name)}
    written = {name: text for name, text in read_dotenv(dotenv).items() if _ours(name)}
    for source, names in (("the environment", told), (str(dotenv), written)):
        for name in names:
            if name not in VARIABLES:
                raise SettingsError(_unknown(name, source))
    values = {}
    for name, text in {**written, **told}.items():
        field = VARIABLES[name]
        if text.strip():
            try:
                values[field.name] = field.metadata["parser"](text.strip())
            except ValueError as error:
                raise SettingsError(f"{name} {error}") from error
    return Settings(**values)


def read_dotenv(path: Path) -> dict[str, str]:
    """Return the names and values of a `.env` file: NAME=value, quotes and `export` allowed."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    values = {}
    for number, line in enumerate(lines, start=1):
        entry = line.strip().removeprefix("export ")
        if not entry or entry.startswith("#"):
            continue
        name, equals, text = entry.partition("=")
        if not equals:
            raise SettingsError(f"{path}, line {number}: write NAME=value")
        values[name.strip()] = _unquoted(text.strip())
    return values


def service_file(state_dir: Path, name: str, make: Callable[[], str]) -> str:
    """Return the text of a file of mode 0600 in the state folder, made by whoever needs it first.

    Two that come at once agree: the file is written whole under another name and linked, which
    fails for the second one, who then reads what the first has made.
    """
    path = state_dir / name
    try:
        if not path.exists():
            state_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=state_dir, prefix=f".{name}-")
            try:
                with os.fdopen(handle, "w") as file:
                    file.write(make() + "\n")
                os.link(part, path)
            except FileExistsError:
                pass
            finally:
                Path(part).unlink()
        return path.read_text().strip()
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be made or read ({error.strerror}): "
            f"set BOSS_STATE_DIR to a folder that this user may write"
        ) from error


def _ours(name: str) -> bool:
    return name in VARIABLES or name.upper().startswith(PREFIX)


def _unknown(name: str, source: str) -> str:
    near = difflib.get_close_matches(name.upper(), VARIABLES, n=1, cutoff=0.5)
    hint = f": did you mean {near[0]}?" if near else ""
    return f"{name} in {source} is no variable of Boss Workflow{hint}"


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text.split(" #", 1)[0].rstrip()
