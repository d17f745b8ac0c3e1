"""Browsers that are signed in: 30 days from the last use, listed and ended one by one.

What is in the database counts; `signed_in.py` asks it for many requests at once.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Interval, bindparam, delete, func, insert, select, update

from services.gateway.operation import cookie_of
from services.gateway.schema import sessions
from services.runtime.database import Database, Query
from services.runtime.errors import NotFound

LASTS = timedelta(days=30)
NOTED_EVERY = timedelta(minutes=10)  # a last use is not worth a write at each request
LATELY = 2 * NOTED_EVERY
COOKIE = "boss-session"
LONGEST_AGENT = 300

_ALIVE = sessions.c.used_at > func.now() - bindparam("lasts", type_=Interval)

BEGIN_SESSION = Query(
    "begin_session",
    insert(sessions)
    .values(
        hash=bindparam("hash"),
        workspace=bindparam("workspace"),
        person=bindparam("person"),
        user_agent=bindparam("user_agent"),
    )
    .returning(sessions.c.id, sessions.c.used_at),
)
FIND_SESSION = Query(
    "find_session",
    select(
        sessions.c.id,
        sessions.c.workspace,
        sessions.c.person,
        (sessions.c.used_at < func.now() - bindparam("noted", type_=Interval)).label("old"),
    ).where(sessions.c.hash == bindparam("hash"), _ALIVE),
)
HOLDING_SESSIONS = Query(
    "holding_sessions",
    select(
        sessions.c.id,
        (sessions.c.used_at < func.now() - bindparam("noted", type_=Interval)).label("old"),
    ).where(sessions.c.id == func.any(bindparam("sessions", type_=ARRAY(BigInteger))), _ALIVE),
)
NOTE_USE = Query(
    "note_session_use",
    update(sessions)
    .where(sessions.c.id == func.any(bindparam("sessions", type_=ARRAY(BigInteger))))
    .values(used_at=func.now())
    .returning(sessions.c.id),
)
LATEST_SESSIONS = Query(
    "latest_sessions",
    select(sessions.c.id, sessions.c.workspace, sessions.c.person)
    .where(sessions.c.used_at > func.now() - bindparam("lately", type_=Interval))
    .order_by(sessions.c.used_at.desc())
    .limit(20),
)
LIST_SESSIONS = Query(
    "list_sessions",
    select(sessions)
    .where(sessions.c.person == bindparam("person"), _ALIVE)
    .order_by(sessions.c.used_at.desc(), sessions.c.id.desc())
    .limit(100),
)
END_SESSION = Query(
    "end_session",
    delete(sessions)
    .where(sessions.c.id == bindparam("session"), sessions.c.person == bindparam("person"))
    .returning(sessions.c.id),
)
FORGET_SESSIONS = Query(
    "forget_sessions",
    delete(sessions)
    .where(sessions.c.used_at < func.now() - bindparam("lasts", type_=Interval))
    .returning(sessions.c.id),
)


@dataclass(frozen=True, slots=True)
class Signed:
    """A session that holds."""

    id: int
    workspace: int
    person: int


@dataclass(frozen=True, slots=True)
class Begun:
    """A session just begun; the secret is in the cookie alone."""

    id: int
    secret: str
    expires_at: datetime


async def begin(database: Database, *, workspace: int, person: int, user_agent: str) -> Begun:
    """Sign a browser in."""
    secret = secrets.token_urlsafe(32)
    await database.rows(FORGET_SESSIONS, lasts=LASTS)
    row = await database.row(
        BEGIN_SESSION,
        hash=_hash(secret),
        workspace=workspace,
        person=person,
        user_agent=user_agent[:LONGEST_AGENT].replace("\x00", ""),
    )
    if row is None:
        message = "an insert returned nothing"
        raise RuntimeError(message)
    return Begun(row.id, secret, row.used_at + LASTS)


async def find(database: Database, secret: str) -> Signed | None:
    """Return the session of a cookie, None where it is none or has ended."""
    row = await database.row(FIND_SESSION, hash=_hash(secret), lasts=LASTS, noted=NOTED_EVERY)
    if row is None:
        return None
    if row.old:
        await database.rows(NOTE_USE, sessions=[row.id])
    return Signed(row.id, row.workspace, row.person)


async def holding(database: Database, wanted: Sequence[int]) -> Collection[int]:
    """Return those of these sessions that have not ended; they are in use just now."""
    rows = await database.rows(HOLDING_SESSIONS, sessions=wanted, lasts=LASTS, noted=NOTED_EVERY)
    if old := [row.id for row in rows if row.old]:
        await database.rows(NOTE_USE, sessions=old)
    return {row.id for row in rows}


async def latest(database: Database) -> Sequence[Signed]:
    """Return the sessions that asked last, before this process began."""
    rows = await database.rows(LATEST_SESSIONS, lately=LATELY)
    return [Signed(row.id, row.workspace, row.person) for row in rows]


async def listed(database: Database, person: int) -> Sequence[Any]:
    """Return the person's sessions, the last used first."""
    return await database.rows(LIST_SESSIONS, person=person, lasts=LASTS)


async def end(database: Database, session: int, *, person: int) -> None:
    """End a session of this person; NotFound where there is none."""
    if await database.row(END_SESSION, session=session, person=person) is None:
        raise NotFound("SESSION_NOT_FOUND", "There is no such session of yours.")


def cookie(secret: str, *, secure: bool) -> bytes:
    """Return the Set-Cookie that signs the browser in."""
    return _cookie(secret, max_age=int(LASTS.total_seconds()), secure=secure)


def no_cookie(*, secure: bool) -> bytes:
    """Return the Set-Cookie that makes the browser forget its session."""
    return _cookie("", max_age=0, secure=secure)


def secret_in(header: str | None) -> str | None:
    """Return the session's secret from a Cookie header."""
    return cookie_of(header, COOKIE)


def _cookie(value: str, *, max_age: int, secure: bool) -> bytes:
    parts = [f"{COOKIE}={value}", "Path=/", f"Max-Age={max_age}", "HttpOnly", "SameSite=Strict"]
    if secure:
        parts.append("Secure")
    return "; ".join(parts).encode("ascii")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
