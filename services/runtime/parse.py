"""From the text of a variable to its value: each function returns one or raises ValueError.

The error's words follow the variable's name: "PORT must be …".
"""

import ipaddress
import re
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

DATABASE_SCHEMES = ("postgres", "postgresql", "postgresql+asyncpg")
LAST_PORT = 65535
SHORTEST_KEY = 16


class SecretStr:
    """A text that is not shown by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return "SecretStr('**********')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretStr) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


def text(value: str) -> str:
    """Return it as it is."""
    return value


def secret(value: str) -> SecretStr:
    """Return it, hidden."""
    return SecretStr(value)


def key(value: str) -> SecretStr:
    """Return a secret that is long enough to be one and can go into a header."""
    if len(value) < SHORTEST_KEY or not re.fullmatch(r"[!-~]+", value):
        raise ValueError(f"must have at least {SHORTEST_KEY} printable characters and no space")
    return SecretStr(value)


def webhook_secret(value: str) -> SecretStr:
    """Return what Telegram takes as secret_token: 1 to 256 of A-Z a-z 0-9 _ -."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value):
        raise ValueError("must have 1 to 256 characters of A-Z, a-z, 0-9, _ and -")
    return SecretStr(value)


def switch(value: str) -> bool:
    """Return whether it is on."""
    match value.lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
    raise ValueError("must be 1 or 0 (on or off)")


def natural(value: str) -> int:
    """Return a whole number from 0."""
    if not re.fullmatch(r"\d{1,15}", value, re.ASCII):
        raise ValueError("must be a whole number, 0 or more")
    return int(value)


def positive(value: str) -> int:
    """Return a whole number from 1."""
    if not re.fullmatch(r"\d{1,15}", value, re.ASCII) or int(value) == 0:
        raise ValueError("must be a whole number, 1 or more")
    return int(value)


def positive_number(value: str) -> float:
    """Return a number over 0."""
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ValueError("must be a number over 0")
    return number


def amount(value: str) -> float:
    """Return a number from 0."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ValueError("must be a number, 0 or more")
    return number


def port(value: str) -> int:
    """Return a TCP port."""
    if not re.fullmatch(r"\d{1,5}", value, re.ASCII) or not 0 < int(value) <= LAST_PORT:
        raise ValueError(f"must be a port, 1 to {LAST_PORT}")
    return int(value)


def path(value: str) -> Path:
    """Return a path; whether it exists is found out where it is used."""
    return Path(value).expanduser()


def file(value: str) -> Path:
    """Return the path of a file that is there."""
    found = path(value)
    if not found.is_file():
        raise ValueError(f"must name a file, and {value} is none")
    return found


def address(value: str) -> str:
    """Return host:port or unix:/path."""
    if value.startswith("unix:/"):
        return value
    host, colon, number = value.rpartition(":")
    if not colon or not host or "/" in host:
        raise ValueError("must be host:port or unix:/path")
    try:
        port(number)
    except ValueError as error:
        raise ValueError(f"must be host:port or unix:/path; the port {error}") from error
    return value


def host(value: str) -> str:
    """Return an IP address of this machine to listen on; 0.0.0.0 and :: are all of them."""
    try:
        return str(ipaddress.ip_address(value.strip("[]")))
    except ValueError as error:
        raise ValueError("must be an IP address, such as 127.0.0.1 or 0.0.0.0") from error


def is_loopback(host: str) -> bool:
    """Return whether this host is the machine itself."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def http_url(value: str) -> str:
    """Return an http or https address without a slash at its end."""
    parts = _split(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://example.org")
    return value.rstrip("/")


def smtp_url(value: str) -> SecretStr:
    """Return smtp://user:password@host:587 or smtps://…:465."""
    parts = _split(value)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("must be an address such as smtp://user:password@mail.example.org:587")
    return SecretStr(value)


def database_url(value: str) -> SecretStr:
    """Return the address of a PostgreSQL in any of the three spellings."""
    if _split(value).scheme not in DATABASE_SCHEMES:
        raise ValueError("must be an address such as postgresql://user:password@host:5432/boss")
    return SecretStr(value)


def timezone(value: str) -> str:
    """Return the name of a zone of the IANA database."""
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("must be a time zone such as Europe/Berlin") from error
    return value


def machine_timezone() -> str:
    """Return the machine's own zone where it tells one by name, else UTC."""
    name = str(Path("/etc/localtime").resolve()).rpartition("zoneinfo/")[2]
    try:
        return timezone(name)
    except ValueError:
        return "UTC"


def instant(value: str) -> datetime:
    """Return a moment in UTC; without an offset it is taken as UTC."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("must be a time such as 2026-03-02T09:00:00Z") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a parser of these words."""

    def parse(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value.lower()

    return parse


def _split(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise ValueError("is no address that can be read") from error
    return parts
