"""The errors that services tell each other and their callers; no gRPC here, so pure code may raise.

    ServiceError
    ├── Invalid            the request is wrong: violations name its fields
    ├── Unauthenticated    nobody known is asking
    ├── Forbidden          the one who asks may not
    ├── NotFound           it is not there, or not for this caller
    ├── AlreadyExists      its like is there already
    ├── Conflict           not in this state: something else has to happen first
    ├── Stale              it was changed meanwhile: read again, then decide again
    ├── TooMany            a limit is reached: retry_after tells when to come again
    ├── Unavailable        a part that is needed does not answer: the same request may work later
    ├── DeadlineExceeded   it took longer than the caller would wait
    └── Internal           a defect of the service asked; never raised, only received from a peer

How a kind travels over gRPC is told in status.py, how over HTTP by the gateway.
"""

# ruff: noqa: N818 -- the names are the answers that a caller reads: NotFound, Stale, TooMany

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import ClassVar

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Kind(enum.Enum):
    """What sort of error it is: the one thing that callers branch on besides the reason."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    ALREADY_EXISTS = "already_exists"
    CONFLICT = "conflict"
    STALE = "stale"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Violation:
    """One wrong field, written as the request writes it ("task.title"), and what is right."""

    field: str
    detail: str


class ServiceError(Exception):
    """An error that the caller is meant to see: a stable reason and a sentence on what to do."""

    kind: ClassVar[Kind]

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        violations: Sequence[Violation] = (),
        metadata: Mapping[str, str] = _NOTHING,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message
        self.violations = tuple(violations)
        self.metadata = dict(metadata)
        self.retry_after = retry_after

    def __str__(self) -> str:
        fields = "".join(f"; {wrong.field}: {wrong.detail}" for wrong in self.violations)
        return f"{self.reason}: {self.message}{fields}"


class Invalid(ServiceError):
    """The request itself is wrong, whatever the state of things."""

    kind = Kind.INVALID


class Unauthenticated(ServiceError):
    """No credential, or none that is known."""

    kind = Kind.UNAUTHENTICATED


class Forbidden(ServiceError):
    """The caller is known and may not do this."""

    kind = Kind.FORBIDDEN


class NotFound(ServiceError):
    """It is not there, or not for this caller."""

    kind = Kind.NOT_FOUND


class AlreadyExists(ServiceError):
    """Its like is there already."""

    kind = Kind.ALREADY_EXISTS


class Conflict(ServiceError):
    """Right in itself, but not in the present state."""

    kind = Kind.CONFLICT


class Stale(ServiceError):
    """Based on a state that has passed (an etag that is not the present one)."""

    kind = Kind.STALE


class TooMany(ServiceError):
    """A limit is reached."""

    kind = Kind.TOO_MANY


class Unavailable(ServiceError):
    """A part that is needed does not answer; the same request may work later."""

    kind = Kind.UNAVAILABLE


class DeadlineExceeded(ServiceError):
    """It took longer than the caller would wait."""

    kind = Kind.DEADLINE_EXCEEDED


class Internal(ServiceError):
    """The service asked has a defect; its log has the particulars under the request id."""

    kind = Kind.INTERNAL


KINDS: Mapping[Kind, type[ServiceError]] = MappingProxyType(
    {
        cls.kind: cls
        for cls in (
            Invalid,
            Unauthenticated,
            Forbidden,
            NotFound,
            AlreadyExists,
            Conflict,
            Stale,
            TooMany,
            Unavailable,
            DeadlineExceeded,
            Internal,
        )
    }
)


class StartError(Exception):
    """The process cannot start as it is set up; the message says what to do."""

    exit_code = 1


class SettingsError(StartError):
    """A variable is wrong or unknown; the message names it and says what to do."""

    exit_code = 2


class AddressInUse(StartError):
    """Another process listens there already."""

    exit_code = 3
