"""Tokens with which programs act as a person: made, used, ended. Only their hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from services.runtime.database import Database, Fetch, Hot
from services.task import queries
from services.task.commands.recording import Notice
from services.task.commands.writing import Store
from services.task.model import EventType, PersonId, PersonRecord, Token, WorkspaceId
from services.task.rules.absent import token_not_found
from services.task.rules.permissions import require_people

# How exactly the last use is known: a busy token costs one write in this time.
USE_NOTED_EVERY = timedelta(minutes=1)

STORE_TOKEN = Hot(
    "store_token",
    sa.text(
        """
WITH made AS (
    INSERT INTO task.tokens (workspace_id, person_id, label, sha256, created_at)
    VALUES (CAST(:workspace AS bigint), CAST(:person AS bigint), CAST(:label AS text),
        CAST(:sha256 AS bytea), CAST(:at AS timestamptz))
    RETURNING id
), event AS (
    INSERT INTO task.events (workspace_id, type, actor_id, at, touches, changed, undo)
    VALUES (CAST(:workspace AS bigint), 40, CAST(:person AS bigint), CAST(:at AS timestamptz),
        '{}', '{}', false)
)
SELECT id FROM made
"""
    ),
)
REVOKE_TOKEN = Hot(
    "revoke_token",
    sa.text(
        """
WITH ended AS (
    UPDATE task.tokens SET revoked_at = CAST(:at AS timestamptz)
    WHERE id = CAST(:token AS bigint) AND revoked_at IS NULL
    RETURNING workspace_id
), event AS (
    INSERT INTO task.events (workspace_id, type, actor_id, at, touches, changed, undo)
    SELECT workspace_id, 41, CAST(:actor AS bigint), CAST(:at AS timestamptz), '{}', '{}', false
    FROM ended
)
SELECT count(*) AS ended FROM ended
"""
    ),
)
REVOKE_TOKENS_OF = Hot(
    "revoke_tokens_of",
    sa.text(
        """
UPDATE task.tokens SET revoked_at = CAST(:at AS timestamptz)
WHERE person_id = CAST(:person AS bigint) AND revoked_at IS NULL
RETURNING id
"""
    ),
)
READ_TOKEN = Hot(
    "read_token",
    sa.text("SELECT workspace_id, person_id FROM task.tokens WHERE id = CAST(:token AS bigint)"),
)
NOTE_USE = Hot(
    "note_token_use",
    sa.text(
        """
UPDATE task.tokens SET last_used_at = CAST(:at AS timestamptz)
WHERE id = CAST(:token AS bigint)
    AND (last_used_at IS NULL OR last_used_at < CAST(:before AS timestamptz))
"""
    ),
)


def hashed(secret: str) -> bytes:
    """The form in which a token is kept."""
    return hashlib.sha256(secret.encode()).digest()


async def use_token(database: Database, secret: str, *, now: datetime) -> Token | None:
    """The token with this secret, unless it was revoked or its person left; that it is used."""
    token = await queries.find_token(database, hashed(secret))
    if token is None:
        return None
    before = now - USE_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < before:
        await database.hot_rows(NOTE_USE, token=token.id, at=now, before=before)
    return token


async def create_token(
    store: Store, *, workspace: WorkspaceId, person: PersonRecord, label: str, now: datetime
) -> tuple[Token, str]:
    """The token and its secret, which is told this once and kept only as a hash."""
    secret = f"bst_{secrets.token_urlsafe(32)}"
    rows = await store.database.hot_rows(
        STORE_TOKEN,
        workspace=workspace,
        person=person.id,
        label=label,
        sha256=hashed(secret),
        at=now,
    )
    name = person.person.display_name
    return Token(rows[0]["id"], workspace, person.id, name, label, now), secret


async def revoke_token(store: Store, token: int, *, actor: PersonRecord, now: datetime) -> None:
    """Ends a token. Raises NotFound TOKEN_NOT_FOUND, Forbidden NOT_ALLOWED."""
    rows = await store.database.hot_rows(READ_TOKEN, token=token)
    if not rows or rows[0]["workspace_id"] != actor.workspace:
        raise token_not_found()
    if rows[0]["person_id"] != actor.id:
        require_people(actor)
    await store.database.hot_rows(REVOKE_TOKEN, token=token, actor=actor.id, at=now)


async def end_tokens_of(fetch: Fetch, person: PersonId, *, now: datetime) -> list[Notice]:
    """Ends all tokens of somebody who leaves; what the log is to tell."""
    rows = await fetch(REVOKE_TOKENS_OF, person=person, at=now)
    return [Notice(EventType.TOKEN_REVOKED, detail={"token": row["id"]}) for row in rows]
