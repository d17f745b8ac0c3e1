"""The one screen that `boss up` prints: pure, from what is known to the lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.runtime.settings import Settings

UP = "up"


@dataclass(frozen=True, slots=True)
class Connection:
    """Something outside: connected, or what connects it."""

    name: str
    connected: bool
    note: str


def connections(settings: Settings, *, postgres_data: Path | None) -> list[Connection]:
    """Return what is connected and what is not, in the order a newcomer cares for."""
    where = "DATABASE_URL" if postgres_data is None else f"embedded, in {_short(postgres_data)}"
    found = [Connection("Database", connected=True, note=where)]
    if settings.telegram_bot_token is None:
        how = "set TELEGRAM_BOT_TOKEN to a token of @BotFather"
    elif settings.telegram_webhook_secret is None:
        how = "messages are polled for"
    elif settings.public_url is None:
        how = "webhook at /webhook; PUBLIC_URL would register it"
    else:
        how = f"webhook at {settings.public_url.rstrip('/')}/webhook"
    found.append(
        Connection("Telegram", connected=settings.telegram_bot_token is not None, note=how)
    )
    found.append(
        Connection(
            "Model",
            connected=settings.deepseek_api_key is not None,
            note=f"{settings.deepseek_model} at {settings.deepseek_api_url}"
            if settings.deepseek_api_key is not None
            else "set DEEPSEEK_API_KEY; until then the local grammar alone understands",
        )
    )
    found.append(
        Connection(
            "Public address",
            connected=settings.public_url is not None,
            note=settings.public_url or "set PUBLIC_URL to be reached from other machines",
        )
    )
    return found


def screen(
    *,
    version: str,
    took_s: float,
    link: str,
    telegram_link: str | None,
    url: str,
    state: Path,
    outside: list[Connection],
) -> str:
    """Return the screen as text."""
    lines = [
        f"Boss Workflow {version} is ready ({took_s:.1f} s).",
        "",
        f"  Open   {link}",
        "         signs you in once, within 15 minutes; `boss link` makes another",
        *([] if telegram_link is None else [f"  or     {telegram_link}  in Telegram"]),
        f"  API    {url}/docs, with the token in {_short(state / 'owner-token')}",
        "",
    ]
    for title, wanted in (("Connected", True), ("Not connected", False)):
        rows = [one for one in outside if one.connected is wanted]
        if rows:
            lines.append(f"  {title}")
            lines += [f"    {one.name:<15} {one.note}" for one in rows]
    lines += ["", f"  Logs   {_short(state / 'logs')}", "  Stop   Ctrl-C", ""]
    return "\n".join(lines)


def missing(ready: Any) -> str:
    """Return which parts an answer of /ready tells as down, in words; pure."""
    parts = ready.get("dependencies") if isinstance(ready, Mapping) else None
    if not isinstance(parts, Mapping):
        return "the gateway"
    return ", ".join(name for name, one in parts.items() if one.get("state") != UP) or "the gateway"


def _short(path: Path) -> str:
    """Return the path as seen from the working folder, where it lies in it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
