"""Logs as JSON lines on standard error, with the request's id and without secrets.

`logger()` gives a logger; `configure` is called once, by the process's edge. What libraries say
through `logging` comes out in the same shape.
"""

import json
import logging
import re
import sys
from collections.abc import Sequence
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from services.runtime import context

HIDDEN = "[hidden]"
# A key, whole: what stands behind it is left out.
_SECRETS = re.compile(
    r"(?P<before>/bot|[Bb]earer\s+|://[^/\s:@]*:(?=[^/\s@]+@))(?P<secret>[^/\s\"'@]+)"
    r"|\b\d{5,12}:[A-Za-z0-9_-]{30,}"
    r"|\b(?:bst|whsec|sk)[_-][A-Za-z0-9_+/=-]{8,}"
)


class Redactor:
    """Takes secrets out of texts: those known by name, and what looks like one."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        self._known = tuple(secret for secret in known if secret)

    def text(self, text: str) -> str:
        """Return the text without them."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        return _SECRETS.sub(lambda found: (found.group("before") or "") + HIDDEN, text)

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Return a log event without them."""
        for key, value in event.items():
            if isinstance(value, str):
                event[key] = self.text(value)
            elif isinstance(value, BaseException):
                event[key] = self.text(repr(value))
        return event


def logger(name: str) -> Any:
    """Return a logger whose lines carry this name."""
    return structlog.get_logger(source=name)


def configure(service: str, *, level: str = "info", secrets: Sequence[str] = ()) -> None:
    """Make this process write JSON lines from this level on."""
    number = getattr(logging, level.upper())
    redactor = Redactor(secrets)

    def add_place(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        request_id = context.request_id()
        if request_id:
            event["request_id"] = request_id
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_place,
    ]
    final: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        redactor,
        structlog.processors.JSONRenderer(serializer=_dumps),
    ]
    structlog.configure(
        processors=[*shared, *final],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(number, logging.INFO))
    for noisy in ("alembic", "httpx", "httpcore", "grpc"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _dumps(event: Any, **options: Any) -> str:
    return json.dumps(event, ensure_ascii=False, **options)
