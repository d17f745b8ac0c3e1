"""From what PostgreSQL and its driver raise to our kinds, once, most specific first.

Violated constraints are left as they are (IntegrityError of SQLAlchemy, of the driver where the
statement was hot): only the writer of the statement knows what a duplicate means. `violated` names
the constraint.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy import exc
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi

from services.runtime import metrics
from services.runtime.errors import DeadlineExceeded, Invalid, ServiceError, Unavailable

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_AGAIN = {"40001", "40P01", "55P03"}
LOST = "DATABASE_UNAVAILABLE"
CONFLICT = "DATABASE_CONFLICT"
_TOO_LONG = {"57014"}
_GONE_CLASSES = {"08", "53", "57", "58"}
_VALUES = {"22001", "22003", "22007", "22008", "22021", "22P05"}

CONNECTING = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # What a pool that is asked directly (Hot) raises when the server refuses a connection.
    AsyncAdapt_asyncpg_dbapi.Error,
    exc.DBAPIError,
    exc.TimeoutError,
)
ASKING = (
    ConnectionError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    AsyncAdapt_asyncpg_dbapi.Error,
    exc.DBAPIError,
    exc.TimeoutError,
    exc.InvalidRequestError,
)


def unavailable() -> Unavailable:
    """Return what callers are told when the database cannot be reached."""
    _count("lost")
    return Unavailable(LOST, "The database does not answer; try again soon.")


def worth_another_try(error: ServiceError) -> bool:
    """Whether the same may succeed in a moment, if it does no harm when it is done twice."""
    return error.reason in {LOST, CONFLICT}


def busy() -> Unavailable:
    """Return what callers are told who have waited too long for a connection."""
    _count("busy")
    return Unavailable(
        "DATABASE_BUSY", "All connections to the database are in use; try again soon."
    )


@contextmanager
def connecting() -> Iterator[None]:
    """Translate what may go wrong while a connection is taken from the pool or made."""
    try:
        yield
    except CONNECTING as error:
        if isinstance(error, exc.TimeoutError):
            raise busy() from error
        raise unavailable() from error


@contextmanager
def asking() -> Iterator[None]:
    """Translate what may go wrong with a statement."""
    try:
        yield
    except ASKING as error:
        known = kind_of(error)
        if known is None:
            raise
        raise known from error


def kind_of(error: BaseException) -> ServiceError | None:
    """Return the kind that this error of the driver means, None where it is a defect of ours."""
    state = sqlstate(error)
    if isinstance(error, exc.IntegrityError | asyncpg.IntegrityConstraintViolationError):
        return None
    if state in _AGAIN:
        _count("conflict")
        return Unavailable(CONFLICT, "Two changes met; try again.")
    if state in _TOO_LONG:
        _count("slow")
        return DeadlineExceeded("DATABASE_SLOW", "The database took too long to answer.")
    if state in _VALUES:
        return _unstorable()
    if state is not None and state[:2] in _GONE_CLASSES:
        return unavailable()
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return unavailable()
    cause = driver_error(error)
    # A replica with newer code has changed the table; the statement is prepared anew next time.
    if isinstance(cause, asyncpg.InvalidCachedStatementError):
        return Unavailable(CONFLICT, "The database was changed meanwhile; try again.")
    # The driver refuses what it cannot encode (a lone surrogate, a number that is too large).
    if isinstance(cause, asyncpg.DataError):
        return _unstorable()
    if isinstance(
        cause, ConnectionError | asyncpg.InterfaceError | asyncpg.PostgresConnectionError
    ):
        return unavailable()
    return None


def violated(error: BaseException) -> str | None:
    """Return the name of the constraint that was violated, None if this is no such error."""
    name: str | None = getattr(driver_error(error), "constraint_name", None)
    return name


def sqlstate(error: BaseException) -> str | None:
    """Return PostgreSQL's five-letter code, None where the error is not its own."""
    state: str | None = getattr(driver_error(error), "sqlstate", None)
    return state


def driver_error(error: BaseException) -> BaseException:
    """Return the driver's own error inside SQLAlchemy's wrappings."""
    if isinstance(error, exc.DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    if isinstance(error, AsyncAdapt_asyncpg_dbapi.Error):
        return error.__cause__ or error
    return error


def _count(reason: str) -> None:
    metrics.DB_FAILURES.labels(reason).inc()


def _unstorable() -> Invalid:
    return Invalid(
        "VALUE_NOT_STORABLE",
        "A text has characters that cannot be stored, or a number is out of range.",
    )
