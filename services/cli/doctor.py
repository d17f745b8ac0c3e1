"""`boss doctor`: looks for what is wrong, from variables to Telegram, and how to mend it."""

import asyncio
import enum
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import asyncpg
import typer

from services.cli.api import Api, ApiError
from services.cli.health import check, known, named
from services.cli.ports import Ports
from services.cli.running import Run
from services.cli.tables import table
from services.cli.terminal import FAILED, emit, plainly
from services.runtime.database import connection_arguments
from services.runtime.errors import SettingsError
from services.runtime.parse import SecretStr
from services.runtime.settings import Settings, load_settings

OLDEST_POSTGRES = 150_000
SERVICES_WITH_A_POOL = 3
SPARE_CONNECTIONS = 10
LEAST_FREE_BYTES = 1_000_000_000
SKEW = timedelta(seconds=60)
SECRET_FILES = ("owner-token", "service-key", "run.json")

app = typer.Typer(add_completion=False)


class State(enum.StrEnum):
    """How one check went; only what failed makes the exit code."""

    OK = "ok"
    SKIPPED = "skipped"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, and what to do about it."""

    name: str
    state: State
    note: str


@app.command()
def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look for what is wrong and say how to mend it; exit code 1 where something is.

    Example: boss doctor
    """
    with plainly():
        findings = examine()
        if as_json:
            emit([{"check": f.name, "state": f.state.value, "note": f.note} for f in findings])
        else:
            rows = [(finding.state.value, finding.name, finding.note) for finding in findings]
            print(table(("", "", ""), rows).lstrip("\n"))
        if any(finding.state is State.FAILED for finding in findings):
            raise typer.Exit(FAILED)


def examine() -> list[Finding]:
    """Return all findings; without settings there is only one."""
    try:
        settings = load_settings()
    except SettingsError as error:
        return [Finding("variables", State.FAILED, str(error))]
    run = known(settings)
    findings = [Finding("variables", State.OK, "all known and well-formed")]
    findings.append(state_folder(settings))
    findings += services(settings, run) if run is not None else ports(settings)
    findings += asyncio.run(database(settings, run))
    findings.append(telegram(settings))
    return findings


def state_folder(settings: Settings) -> Finding:
    """Return whether the state folder is there, has room, and keeps its secrets."""
    folder = settings.state_dir.absolute()
    if not folder.is_dir():
        return Finding("state folder", State.SKIPPED, f"{folder} is made by `boss up`")
    try:
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        note = f"{folder} cannot be written ({error.strerror}); set BOSS_STATE_DIR to one that can"
        return Finding("state folder", State.FAILED, note)
    for name in SECRET_FILES:
        path = folder / name
        if path.exists() and path.stat().st_mode & 0o077:
            note = f"others may read {path}: chmod 600 {path}"
            return Finding("state folder", State.FAILED, note)
    free = shutil.disk_usage(folder).free
    state = State.OK if free >= LEAST_FREE_BYTES else State.WARNING
    return Finding("state folder", state, f"{folder}, {free // 1_000_000} MB free")


def services(settings: Settings, run: Run) -> list[Finding]:
    """Return the health of each running service."""
    found = check(named(settings, run))
    logs = settings.state_dir.absolute() / "logs"
    return [
        Finding(name, State.OK, f"healthy at {one.service.address}")
        if one.healthy
        else Finding(name, State.FAILED, f"{one.note}; see {logs / name}.log")
        for name, one in found.items()
    ]


def ports(settings: Settings) -> list[Finding]:
    """Return whether the gateway's port is free, as nothing runs."""
    taken = Ports()
    try:
        free = taken.next_free(settings.port)
    finally:
        taken.release()
    if free == settings.port:
        note = f"{free} is free; nothing runs in this state folder: boss up"
        return [Finding("port", State.OK, note)]
    note = f"{settings.port} is taken by another program; {free} would be free (PORT={free})"
    return [Finding("port", State.WARNING, note)]


async def database(settings: Settings, run: Run | None) -> list[Finding]:
    """Return whether the database is reached, new enough, roomy enough and of the same time."""
    if settings.database_url is None:
        if run is None or run.database is None:
            return [Finding("database", State.SKIPPED, "embedded; started by `boss up`")]
        settings = settings.replace(database_url=SecretStr(run.database))
    try:
        connection = await asyncpg.connect(**connection_arguments(settings, name="boss-doctor"))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        note = f"not reached: {error}; check DATABASE_URL and that the server runs"
        return [Finding("database", State.FAILED, note)]
    try:
        row = await connection.fetchrow(
            "SELECT current_setting('server_version_num')::int AS version,"
            " current_setting('max_connections')::int AS connections,"
            " clock_timestamp() AS now,"
            " EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AS trigrams"
        )
    finally:
        await connection.close()
    return [
        version(row["version"], trigrams=row["trigrams"]),
        connections(row["connections"], settings=settings),
        skew("clock", row["now"], ours=datetime.fromtimestamp(time.time(), UTC)),
    ]


def version(number: int, *, trigrams: bool) -> Finding:
    """Return whether a server of this version and extensions will do; pure."""
    major = number // 10_000
    if number < OLDEST_POSTGRES:
        note = f"PostgreSQL {major} is too old; 15 or newer is needed"
        return Finding("database", State.FAILED, note)
    if not trigrams:
        note = "the extension pg_trgm is missing; install the server's contrib package"
        return Finding("database", State.FAILED, note)
    return Finding("database", State.OK, f"PostgreSQL {major} is reached")


def connections(allowed: int, *, settings: Settings) -> Finding:
    """Return whether one replica of each service fits into the server's connections; pure."""
    each = settings.db_pool_size + settings.db_max_overflow
    needed = SERVICES_WITH_A_POOL * each + SPARE_CONNECTIONS
    note = f"{allowed} allowed, {needed} needed ({SERVICES_WITH_A_POOL} services × {each} + 10)"
    if allowed >= needed:
        return Finding("connections", State.OK, note)
    remedy = "raise max_connections, or lower BOSS_DB_POOL_SIZE and BOSS_DB_MAX_OVERFLOW"
    return Finding("connections", State.FAILED, f"{note}: {remedy}")


def skew(name: str, theirs: datetime, *, ours: datetime) -> Finding:
    """Return whether this machine's clock agrees with another one; pure."""
    apart = abs(ours - theirs)
    note = f"{apart.total_seconds():.0f} s apart"
    if apart <= SKEW:
        return Finding(name, State.OK, note)
    return Finding(name, State.WARNING, f"{note}; deadlines need a right clock: turn on NTP")


def telegram(settings: Settings) -> Finding:
    """Return whether Telegram knows the bot's token."""
    if settings.telegram_bot_token is None:
        note = "not connected: set TELEGRAM_BOT_TOKEN to a token of @BotFather"
        return Finding("telegram", State.SKIPPED, note)
    api = Api(url=settings.telegram_api_url, token=None)
    secret = settings.telegram_bot_token.get_secret_value()
    try:
        answer = api.call("GET", f"/bot{secret}/getMe", timeout_s=10.0)
    except ApiError:
        note = f"{settings.telegram_api_url} does not answer; is this machine on the net?"
        return Finding("telegram", State.FAILED, note)
    if not answer.ok or not isinstance(answer.body, dict):
        note = (
            f"TELEGRAM_BOT_TOKEN is refused (status {answer.status}); ask @BotFather for its token"
        )
        return Finding("telegram", State.FAILED, note)
    name = answer.body.get("result", {}).get("username")
    return Finding("telegram", State.OK, f"the bot is @{name}")
