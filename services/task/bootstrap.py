"""What is there at every start: the first workspace, its owner and the owner's token.

Idempotent, and safe when two replicas start at once: it runs under a lock of the database.
"""

from __future__ import annotations

import secrets
from datetime import datetime

import msgspec
import sqlalchemy as sa

from services.runtime.database import Database, Fetch, Hot
from services.runtime.settings import Settings, service_file
from services.task.commands.tokens import hashed
from services.task.model import Person, Role

FIRST = 1
LOCK = 7_302
OWNER_NAME = "Owner"
WORKSPACE_NAME = "My workspace"
OWNER_TOKEN_LABEL = "owner"  # noqa: S105 -- a label

LOCK_BOOTSTRAP = Hot(
    "lock_bootstrap", sa.text("SELECT pg_advisory_xact_lock(CAST(:lock AS bigint))")
)
MAKE_WORKSPACE = Hot(
    "make_workspace",
    sa.text(
        """
INSERT INTO task.workspaces (id, display_name, timezone, claimed, created_at)
VALUES (CAST(:id AS bigint), CAST(:display_name AS text), CAST(:timezone AS text), false,
    CAST(:at AS timestamptz))
ON CONFLICT DO NOTHING
"""
    ),
)
AFTER_FIRST = Hot(
    "workspaces_after_first",
    # Never back: a number may be drawn for a workspace that another replica is just making.
    sa.text(
        "SELECT setval('task.workspaces_id_seq', greatest(max(id), (SELECT last_value "
        "FROM task.workspaces_id_seq))) FROM task.workspaces"
    ),
)
FIND_OWNER = Hot(
    "find_owner",
    sa.text(
        """
SELECT id, telegram_id FROM task.people
WHERE workspace_id = CAST(:workspace AS bigint) AND role = 1 AND status <> 3 ORDER BY id LIMIT 1
"""
    ),
)
MAKE_OWNER = Hot(
    "make_owner",
    sa.text(
        """
WITH drawn AS MATERIALIZED (
    SELECT nextval('task.people_id_seq') AS person, nextval('task.events_id_seq') AS event
), person_row AS (
    INSERT INTO task.people
    SELECT (jsonb_populate_record(NULL::task.people, CAST(:after AS jsonb) || jsonb_build_object(
        'id', person, 'workspace_id', CAST(:workspace AS bigint), 'touched', event))).*
    FROM drawn
), named AS (
    INSERT INTO task.person_names (workspace_id, key, person_id)
    SELECT CAST(:workspace AS bigint), lower(CAST(:name AS text)), person FROM drawn
), event AS (
    INSERT INTO task.events (id, workspace_id, type, person_id, at, touches, changed, after, undo)
    SELECT event, CAST(:workspace AS bigint), 20, person, CAST(:at AS timestamptz), '{}', '{}',
        CAST(:after AS jsonb), false
    FROM drawn
)
SELECT person AS id FROM drawn
"""
    ),
)
LINK_OWNER = Hot(
    "link_owner",
    sa.text(
        """
WITH linked AS (
    UPDATE task.people AS person SET telegram_id = CAST(:telegram_id AS bigint),
        updated_at = CAST(:at AS timestamptz), touched = nextval('task.events_id_seq')
    WHERE id = CAST(:id AS bigint) AND NOT EXISTS (
        SELECT FROM task.people AS other WHERE other.workspace_id = person.workspace_id
            AND other.telegram_id = CAST(:telegram_id AS bigint) AND other.status <> 3)
    RETURNING person.*
)
INSERT INTO task.events (id, workspace_id, type, person_id, at, touches, changed, before, after,
    undo)
SELECT touched, workspace_id, 21, id, CAST(:at AS timestamptz), '{}', '{telegram_id}',
    jsonb_build_object('telegram_id', CAST(:before AS bigint)),
    to_jsonb(linked) - ARRAY['id', 'workspace_id', 'touched'], false
FROM linked
"""
    ),
)
MAKE_TOKEN = Hot(
    "make_owner_token",
    sa.text(
        """
INSERT INTO task.tokens (workspace_id, person_id, label, sha256, created_at, preset)
VALUES (CAST(:workspace AS bigint), CAST(:person AS bigint), CAST(:label AS text),
    CAST(:sha256 AS bytea), CAST(:at AS timestamptz), true)
ON CONFLICT (sha256) DO UPDATE SET revoked_at = NULL, preset = true
"""
    ),
)
# Who has the former preset token is kept out as soon as there is another one.
END_FORMER_TOKENS = Hot(
    "end_former_owner_tokens",
    sa.text(
        """
WITH ended AS (
    UPDATE task.tokens SET revoked_at = CAST(:at AS timestamptz)
    WHERE workspace_id = CAST(:workspace AS bigint) AND preset AND revoked_at IS NULL
        AND sha256 <> CAST(:sha256 AS bytea)
    RETURNING id
)
INSERT INTO task.events (workspace_id, type, at, touches, changed, undo, detail)
SELECT CAST(:workspace AS bigint), 41, CAST(:at AS timestamptz), '{}', '{}', false,
    jsonb_build_object('token', id)
FROM ended
"""
    ),
)
PROVE_OWNER = Hot(
    "prove_owner_account",
    sa.text(
        """
INSERT INTO task.telegram_accounts (person_id, telegram_id, proven_at)
SELECT id, telegram_id, CAST(:at AS timestamptz) FROM task.people
WHERE id = CAST(:id AS bigint) AND telegram_id = CAST(:telegram_id AS bigint)
ON CONFLICT (person_id) DO UPDATE
    SET telegram_id = excluded.telegram_id, proven_at = excluded.proven_at
"""
    ),
)


def owner_token(settings: Settings) -> str:
    """The owner's API token: preset, or made once and kept in the state folder."""
    if settings.api_token is not None:
        return settings.api_token.get_secret_value()
    return service_file(
        settings.state_dir, "owner-token", lambda: f"bst_{secrets.token_urlsafe(32)}"
    )


async def bootstrap(
    database: Database,
    *,
    owner_token: str,
    owner_telegram_id: int | None,
    timezone: str,
    now: datetime,
) -> None:
    """Makes what is missing of the first workspace; what people have changed since stays."""
    async with database.hot_transaction() as fetch:
        await fetch(LOCK_BOOTSTRAP, lock=LOCK)
        owner, telegram_id = await found(
            fetch, FIRST, name=WORKSPACE_NAME, timezone=timezone, now=now
        )
        if owner_telegram_id is not None and telegram_id != owner_telegram_id:
            link = {"id": owner, "telegram_id": owner_telegram_id, "before": telegram_id, "at": now}
            await fetch(LINK_OWNER, **link)
            await fetch(PROVE_OWNER, **link)
        token = {
            "workspace": FIRST,
            "person": owner,
            "label": OWNER_TOKEN_LABEL,
            "sha256": hashed(owner_token),
            "at": now,
        }
        await fetch(MAKE_TOKEN, **token)
        await fetch(END_FORMER_TOKENS, **token)


async def found(
    fetch: Fetch, workspace: int, *, name: str, timezone: str, now: datetime
) -> tuple[int, int | None]:
    """The owner of a workspace and the owner's Telegram id; both are made where missing.

    Within a transaction that has begun.
    """
    made = {"id": workspace, "display_name": name, "timezone": timezone, "at": now}
    await fetch(MAKE_WORKSPACE, **made)
    await fetch(AFTER_FIRST)
    sequence = f"CREATE SEQUENCE IF NOT EXISTS task.task_number_{workspace:d}"
    await fetch(Hot("make_task_numbers", sa.text(sequence)))
    rows = await fetch(FIND_OWNER, workspace=workspace)
    if rows:
        return rows[0]["id"], rows[0]["telegram_id"]
    owner = Person(OWNER_NAME, now, now, role=Role.OWNER, timezone=timezone)
    after = msgspec.json.encode(owner).decode()
    person = {"workspace": workspace, "name": OWNER_NAME, "after": after, "at": now}
    return (await fetch(MAKE_OWNER, **person))[0]["id"], None
