"""Writes on people, the workspace and tokens; each with its event, in one transaction."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from asyncpg import UniqueViolationError

from services.runtime.database import Hot, Query, run
from services.runtime.driver_errors import violated
from services.runtime.errors import AlreadyExists, Stale, Violation
from services.task import reading
from services.task.commands.storing import Answer, Asked, Drawn, Written
from services.task.commands.writing import (
    Store,
    fetch_on,
    first_answer,
    present_actor,
    remember,
)
from services.task.model import (
    EventType,
    Person,
    PersonId,
    PersonRecord,
    TaskNumber,
    Token,
    Workspace,
    WorkspaceId,
)
from services.task.rules import people as rules
from services.task.rules.absent import person_not_found, token_not_found
from services.task.rules.permissions import require_people
from services.task.schema import people as table

_FIELDS = [c.name for c in table.c if c.name not in {"id", "workspace_id", "touched"}]
_SET = ", ".join(f"{name} = excluded.{name}" for name in ("touched", *_FIELDS))

STORE_PERSON = Hot(
    "store_person",
    sa.text(
        f"""
WITH request AS (
    INSERT INTO task.requests
        (workspace_id, actor_id, request_id, method, body_hash, answer, act, at)
    VALUES (CAST(:workspace AS bigint), CAST(:actor AS bigint), CAST(:request_id AS uuid),
        CAST(:method AS text), CAST(:body_hash AS bytea), CAST(:answer AS bytea),
        gen_random_uuid(), CAST(:at AS timestamptz))
    ON CONFLICT DO NOTHING
    RETURNING workspace_id, act
), drawn AS MATERIALIZED (
    SELECT coalesce(CAST(:id AS bigint), nextval('task.people_id_seq')) AS person,
        nextval('task.events_id_seq') AS event
    FROM request
), person_row AS (
    INSERT INTO task.people (id, workspace_id, touched, {", ".join(_FIELDS)})
    SELECT drawn.person, request.workspace_id, drawn.event, {", ".join(f"row.{f}" for f in _FIELDS)}
    FROM request, drawn, jsonb_populate_record(NULL::task.people, CAST(:after AS jsonb)) AS row
    ON CONFLICT (id) DO UPDATE SET {_SET}
), unnamed AS (
    DELETE FROM task.person_names AS name USING request, drawn
    WHERE name.workspace_id = request.workspace_id AND name.person_id = drawn.person
        AND name.key = ANY (CAST(:removed AS text[]))
), named AS (
    INSERT INTO task.person_names (workspace_id, key, person_id)
    SELECT request.workspace_id, key, drawn.person
    FROM request, drawn, unnest(CAST(:added AS text[])) AS key
), act AS (
    INSERT INTO task.acts (id, workspace_id, actor_id, at, kind, summary, events)
    SELECT request.act, request.workspace_id, CAST(:actor AS bigint), CAST(:at AS timestamptz), 4,
        CAST(:summary AS text), ARRAY[drawn.event]
    FROM request, drawn
), event AS (
    INSERT INTO task.events (id, workspace_id, type, person_id, actor_id, at, act, request_id,
        touches, changed, before, after, undo)
    SELECT drawn.event, request.workspace_id, CAST(:type AS smallint), drawn.person,
        CAST(:actor AS bigint), CAST(:at AS timestamptz), request.act, CAST(:request_id AS uuid),
        '{{}}', CAST(:changed AS text[]), CAST(:before AS jsonb), CAST(:after AS jsonb), false
    FROM request, drawn
)
SELECT person, event FROM drawn
"""  # noqa: S608 -- column names of our own table
    ),
)
# With the number of owners; under the lock on the workspace.
READ_PERSON = Hot(
    "read_locked_person",
    sa.text(
        """
SELECT person.*, (SELECT count(*) FROM task.people AS owner
    WHERE owner.workspace_id = person.workspace_id AND owner.role = 1 AND owner.status <> 3
    ) AS owners
FROM task.people AS person WHERE person.id = CAST(:id AS bigint)
"""
    ),
)
WHOSE_NAMES = Hot(
    "whose_names",
    sa.text(
        """
SELECT name.key, person.display_name FROM task.person_names AS name
JOIN task.people AS person ON person.id = name.person_id
WHERE name.workspace_id = CAST(:workspace AS bigint) AND name.key = ANY (CAST(:keys AS text[]))
    AND name.person_id <> CAST(:person AS bigint)
"""
    ),
)
STORE_WORKSPACE = Hot(
    "store_workspace",
    sa.text(
        """
WITH request AS (
    INSERT INTO task.requests
        (workspace_id, actor_id, request_id, method, body_hash, answer, act, at)
    VALUES (CAST(:workspace AS bigint), CAST(:actor AS bigint), CAST(:request_id AS uuid),
        CAST(:method AS text), CAST(:body_hash AS bytea), CAST(:answer AS bytea),
        gen_random_uuid(), CAST(:at AS timestamptz))
    ON CONFLICT DO NOTHING
    RETURNING workspace_id, act
), changed AS (
    UPDATE task.workspaces SET display_name = CAST(:display_name AS text),
        timezone = CAST(:timezone AS text), claimed = CAST(:claimed AS boolean)
    FROM request WHERE workspaces.id = request.workspace_id
), event AS (
    INSERT INTO task.events (workspace_id, type, actor_id, at, act, request_id, touches, changed,
        undo)
    SELECT request.workspace_id, CAST(:type AS smallint), CAST(:actor AS bigint),
        CAST(:at AS timestamptz), request.act, CAST(:request_id AS uuid), '{}',
        CAST(:changed AS text[]), false
    FROM request
    RETURNING id, act
), act AS (
    INSERT INTO task.acts (id, workspace_id, actor_id, at, kind, summary, events)
    SELECT event.act, CAST(:workspace AS bigint), CAST(:actor AS bigint),
        CAST(:at AS timestamptz), 4, 'changed the workspace', ARRAY[event.id]
    FROM event
)
SELECT id AS event FROM event
"""
    ),
)
LOCK_WORKSPACE = Query(
    "lock_workspace",
    sa.text("SELECT * FROM task.workspaces WHERE id = :workspace FOR UPDATE"),
)
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
READ_TOKEN = Hot(
    "read_token",
    sa.text("SELECT workspace_id, person_id FROM task.tokens WHERE id = CAST(:token AS bigint)"),
)

ComposePerson = Callable[[PersonRecord], Answer]
ComposeWorkspace = Callable[[Workspace], Answer]


def hashed(secret: str) -> bytes:
    """The form in which a token is kept."""
    return hashlib.sha256(secret.encode()).digest()


async def create_person(
    store: Store, asked: Asked, person: Person, compose: ComposePerson
) -> Written:
    """The answer with the person that was created. Raises AlreadyExists NAME_TAKEN."""
    if (first := await first_answer(store, asked)) is not None:
        return first
    rules.create(person, actor=await _actor(store, asked))
    record = PersonRecord(asked.workspace, PersonId(0), 0, person)
    fetch = store.database.hot_rows
    return await _store_person(store, fetch, asked, record=record, before=None, compose=compose)


async def update_person(
    store: Store,
    asked: Asked,
    ident: PersonId,
    changes: Mapping[str, object],
    *,
    etag: str,
    compose: ComposePerson,
) -> Written:
    """The answer with the person after the edit. Raises Stale, AlreadyExists NAME_TAKEN."""
    if (first := await first_answer(store, asked)) is not None:
        return first
    actor = await _actor(store, asked)
    async with store.database.transaction() as connection:

        async def fetch(hot: Hot, **params: Any) -> Any:
            return await fetch_on(connection, hot, params)

        # One at a time in a workspace, so that two owners can't end each other.
        await run(connection, LOCK_WORKSPACE, workspace=asked.workspace)
        rows = await fetch(READ_PERSON, id=ident)
        if not rows or rows[0]["workspace_id"] != asked.workspace:
            raise person_not_found()
        record = reading.person_record(rows[0])
        if etag and etag != record.etag:
            raise Stale(
                "ETAG_MISMATCH",
                f"{record.person.display_name} was changed meanwhile: read the person again.",
                metadata={"etag": record.etag},
            )
        after = rules.edit(record, changes, actor=actor, owners=rows[0]["owners"], now=asked.now)
        if after is not None:
            changed = PersonRecord(asked.workspace, ident, 0, after)
            written = await _store_person(
                store, fetch, asked, record=changed, before=record.person, compose=compose
            )
            store.roster.forget((ident,))
    if after is None:
        answer = compose(record)
        await remember(store, asked, answer)
        return Written(answer, ())
    store.roster.forget((ident,))
    return written


async def _actor(store: Store, asked: Asked) -> PersonRecord:
    """The actor, read anew: these writes are rare, and rest on the role alone."""
    store.roster.forget((asked.actor,))
    return await present_actor(store, asked)


async def _store_person(
    store: Store,
    fetch: Any,
    asked: Asked,
    *,
    record: PersonRecord,
    before: Person | None,
    compose: ComposePerson,
) -> Written:
    after = record.person
    former = rules.keys(before) if before else frozenset()
    changed = [
        name
        for name in sorted(rules.EDITABLE)
        if before is not None and getattr(before, name) != getattr(after, name)
    ]
    values = {name: getattr(before, name) for name in changed}
    answer = compose(record)
    try:
        rows = await fetch(
            STORE_PERSON,
            workspace=asked.workspace,
            actor=asked.actor,
            request_id=asked.request_id,
            method=asked.method,
            body_hash=asked.body_hash,
            answer=answer.SerializeToString(),
            at=asked.now,
            id=record.id or None,
            after=msgspec.json.encode(after).decode(),
            before=msgspec.json.encode(values).decode() if before else None,
            changed=changed,
            removed=sorted(former - rules.keys(after)),
            added=sorted(rules.keys(after) - former),
            type=(EventType.PERSON_CHANGED if before else EventType.PERSON_CREATED).value,
            summary=f"{'changed' if before else 'added'} {after.display_name}",
        )
    except UniqueViolationError as error:
        raise await _taken(store, asked, record, violated(error)) from error
    if rows:
        return Written(answer, (Drawn(rows[0]["person"], rows[0]["event"]),))
    first = await first_answer(store, asked)
    assert first is not None  # noqa: S101 -- the statement waited for it
    return first


async def _taken(
    store: Store, asked: Asked, record: PersonRecord, constraint: str | None
) -> AlreadyExists:
    """The refusal that says which name is whose."""
    if constraint == "people_telegram":
        return AlreadyExists(
            "TELEGRAM_TAKEN",
            "Somebody of this workspace has this Telegram account already.",
            violations=[Violation("person.telegram_id", "It is another person's.")],
        )
    person = record.person
    rows = await store.database.hot_rows(
        WHOSE_NAMES, workspace=asked.workspace, keys=list(rules.keys(person)), person=record.id
    )
    owners = {row["key"]: row["display_name"] for row in rows}
    fields = {"person.display_name": person.display_name}
    fields |= {f"person.aliases[{i}]": alias for i, alias in enumerate(person.aliases)}
    fields["person.telegram_username"] = f"@{person.telegram_username}"
    return AlreadyExists(
        "NAME_TAKEN",
        "A name or alias is another person's already; choose another one.",
        violations=[
            Violation(field, f"{owners[rules.fold(name)]} is called that already.")
            for field, name in fields.items()
            if rules.fold(name) in owners
        ],
    )


async def update_workspace(
    store: Store, asked: Asked, changes: Mapping[str, object], compose: ComposeWorkspace
) -> Written:
    """The answer with the workspace after the edit."""
    if (first := await first_answer(store, asked)) is not None:
        return first
    require_people(await _actor(store, asked))
    async with store.database.transaction() as connection:
        row = (await run(connection, LOCK_WORKSPACE, workspace=asked.workspace)).one()
        before = reading.workspace(dict(row._mapping))  # noqa: SLF001 -- its public name
        after = replace(before, **changes)  # type: ignore[arg-type]
        changed = [name for name in changes if getattr(before, name) != getattr(after, name)]
        answer = compose(after)
        rows = []
        if changed:
            params = {
                "workspace": asked.workspace,
                "actor": asked.actor,
                "request_id": asked.request_id,
                "method": asked.method,
                "body_hash": asked.body_hash,
                "answer": answer.SerializeToString(),
                "at": asked.now,
                "type": EventType.WORKSPACE_CHANGED.value,
                "changed": changed,
                "display_name": after.display_name,
                "timezone": after.timezone,
                "claimed": after.claimed,
            }
            rows = await fetch_on(connection, STORE_WORKSPACE, params)
    if not changed:
        await remember(store, asked, answer)
        return Written(answer, ())
    if not rows:
        first = await first_answer(store, asked)
        assert first is not None  # noqa: S101 -- the statement waited for it
        return first
    return Written(answer, (Drawn(TaskNumber(0), rows[0]["event"]),))


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
