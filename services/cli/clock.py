"""`boss clock`: moves business time for all services of a system under test (BOSS_ENV=test)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from services.cli.running import present
from services.cli.terminal import plainly
from services.runtime import clock
from services.runtime.errors import SettingsError
from services.runtime.settings import load_settings

PART = re.compile(r"(\d+)\s*(w|d|h|m|s)[a-z]*[\s,]*")
UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}

app = typer.Typer(
    add_completion=False, help="Move business time, in a system under test.", no_args_is_help=True
)


@app.command("set")
def set_time(
    moment: Annotated[str, typer.Argument(help="ISO 8601; without a zone it is UTC.")],
) -> None:
    """Set business time.

    Example: BOSS_ENV=test boss clock set 2026-11-24T09:00:00Z
    """
    with plainly():
        try:
            to = datetime.fromisoformat(moment)
        except ValueError as error:
            raise SettingsError(f"{moment} is no time; write 2026-11-24T09:00:00Z") from error
        _follow()
        aware = to if to.tzinfo is not None else to.replace(tzinfo=UTC)
        print(clock.set_business_time(aware).isoformat(timespec="seconds"))


@app.command()
def advance(
    span: Annotated[str, typer.Argument(help="Such as 90s, 15m, 2h30m, 3d or 1w.")],
) -> None:
    """Move business time on.

    Example: BOSS_ENV=test boss clock advance 2h30m
    """
    with plainly():
        by = parse_span(span)
        _follow()
        print(clock.advance_business_time(by).isoformat(timespec="seconds"))


def parse_span(text: str) -> timedelta:
    """Return the span that the text names, also in words or as an ISO 8601 duration; pure.

    Raises:
        SettingsError: it is none.
    """
    plain = text.strip().lower()
    if plain.startswith("p"):
        plain = plain[1:].replace("t", "")
    if not re.fullmatch(f"(?:{PART.pattern})+", plain):
        raise SettingsError(f"{text} is no span of time; write 90s, 15m, 2h30m, 3d or 1w")
    return sum(
        (timedelta(**{UNITS[unit]: int(count)}) for count, unit in PART.findall(plain)),
        timedelta(0),
    )


def _follow() -> None:
    """Speak of the same time as the running services: theirs is counted from their start."""
    settings = load_settings()
    run = present(settings.state_dir)
    if run is not None and run.time_anchor is not None:
        moment = None if run.time is None else datetime.fromisoformat(run.time)
        settings = settings.replace(env="test", time=moment, time_anchor=run.time_anchor)
    clock.follow(settings)
