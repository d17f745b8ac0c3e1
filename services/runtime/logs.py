"""Logs as JSON lines on standard error, with the request's id and without secrets.

`logger()` gives a logger that takes an event and its fields; `configure` is called once, by the
process's edge. It stands on `logging`, so what libraries say comes out in the same shape.
(structlog was tried: it would load rich and pygments into every process, 5 MB and 0.3 s each.)
"""

import json
import logging
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from services.runtime import context

HIDDEN = "[hidden]"
# What stands behind a key, a scheme or a user's name, or looks like a token itself.
_SECRETS = re.compile(
    r"(?P<before>/bot|[Bb]earer\s+|://[^/\s:@]*:(?=[^/\s@]+@))(?P<secret>[^/\s\"'@]+)"
    r"|\b\d{5,12}:[A-Za-z0-9_-]{30,}"
    r"|\b(?:bst|whsec|sk)[_-][A-Za-z0-9_+/=-]{8,}"
)
_QUIET = ("alembic", "asyncio", "grpc", "httpcore", "httpx")


class Logger:
    """Writes events with fields: `log.warning("not ready", error="…")`."""

    __slots__ = ("_logger",)

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"boss.{name}")

    def debug(self, event: str, **fields: Any) -> None:
        """Write what only somebody who searches for a defect wants to see."""
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Write what happens rarely and is as it should be."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Write what is not as it should be and is being dealt with."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, *, exc_info: BaseException | None = None, **fields: Any) -> None:
        """Write what somebody should look at."""
        self._write(logging.ERROR, event, fields, exc_info=exc_info)

    def exception(self, event: str, **fields: Any) -> None:
        """Write the error being handled, with its traceback."""
        self._write(logging.ERROR, event, fields, exc_info=sys.exc_info()[1])

    def is_enabled_for(self, level: int) -> bool:
        """Return whether events of this level are written at all."""
        return self._logger.isEnabledFor(level)

    def _write(
        self,
        level: int,
        event: str,
        fields: dict[str, Any],
        *,
        exc_info: BaseException | None = None,
    ) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"fields": fields}, exc_info=exc_info)


class Redactor:
    """Takes secrets out of texts: those known by value, and what looks like one."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        self._known = tuple(secret for secret in known if secret)

    def text(self, text: str) -> str:
        """Return the text without them."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        return _SECRETS.sub(lambda found: (found.group("before") or "") + HIDDEN, text)


class Lines(logging.Formatter):
    """Makes one JSON line of each record."""

    def __init__(self, service: str, redactor: Redactor) -> None:
        super().__init__()
        self._service = service
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        event: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name.removeprefix("boss."),
            "event": record.getMessage(),
        }
        request_id = context.request_id()
        if request_id:
            event["request_id"] = request_id
        event.update(getattr(record, "fields", {}))
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        shown = {name: self._shown(value) for name, value in event.items()}
        return json.dumps(shown, ensure_ascii=False)

    def _shown(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        return self._redactor.text(value if isinstance(value, str) else repr(value))


def logger(name: str) -> Logger:
    """Return a logger whose lines carry this name."""
    return Logger(name)


def configure(service: str, *, level: str = "info", secrets: Sequence[str] = ()) -> None:
    """Make this process write JSON lines from this level on, without these secrets."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(service, Redactor(secrets)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("boss").setLevel(level.upper())
    for library in _QUIET:
        logging.getLogger(library).setLevel(logging.WARNING)
