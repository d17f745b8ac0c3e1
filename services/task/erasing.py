"""Erasing a person who has left: from the row, from the log, and from whatever quotes either.

The log still says that something was done to somebody, when and by whom, but no longer to whom by
name. What was done to the person can't be undone any more, as that would bring the name back.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.task.commands import keeping
from services.task.commands.recording import Recorded, perform_recorded
from services.task.commands.storing import Answer, Asked, Told, Written
from services.task.commands.writing import Store
from services.task.convert.names import person_name
from services.task.model import ActKind, EventType, PersonId, PersonRecord
from services.task.requests import ERASED_SQL
from services.task.rules import people as rules
from services.task.rules.absent import person_not_found

# Answers that showed the person: a repeated request is told so then. They are found
# by the acts, by the person's reference as it stands in messages, and by the name in sentences.
# Events with and without a position have an index each, and entries that were removed are found by
# their workspace alone.
FORGET_PERSON = Hot(
    "forget_person",
    sa.text(
        f"""
WITH called AS MATERIALIZED (
    SELECT DISTINCT convert_to(name, 'UTF8') AS name
    FROM task.events, unnest(ARRAY[before ->> 'display_name', after ->> 'display_name']) AS name
    WHERE ((person_id = CAST(:person AS bigint) AND position IS NOT NULL)
        OR (person_id = CAST(:person AS bigint) AND position IS NULL)) AND name <> ''
        AND id <> CAST(:event AS bigint)
), quiet AS (
    UPDATE task.events SET before = NULL, after = NULL, detail = NULL,
        erased = erased OR after IS NOT NULL
    WHERE id <> CAST(:event AS bigint) AND ((person_id = CAST(:person AS bigint)
        AND position IS NOT NULL) OR (person_id = CAST(:person AS bigint) AND position IS NULL))
    RETURNING act, workspace_id, actor_id, request_id
), summed AS (
    UPDATE task.acts SET summary = '', kind = CAST(:note AS smallint)
    WHERE id IN (SELECT act FROM quiet)
), answered AS (
    UPDATE task.requests SET answer = {ERASED_SQL}
    WHERE workspace_id = CAST(:workspace AS bigint)
        AND (position(CAST(:shown AS bytea) IN answer) > 0
            OR EXISTS (SELECT FROM called WHERE position(called.name IN answer) > 0)
            OR (actor_id, request_id) IN (SELECT actor_id, request_id FROM quiet))
), spent AS (
    UPDATE task.time_entries SET note = ''
    WHERE workspace_id = CAST(:workspace AS bigint) AND person_id = CAST(:person AS bigint)
        AND note <> ''
), unlabelled AS (
    UPDATE task.tokens SET label = '' WHERE person_id = CAST(:person AS bigint)
)
DELETE FROM task.telegram_accounts WHERE person_id = CAST(:person AS bigint)
"""  # noqa: S608 -- our own words
    ),
)

# How a name stands in an encoded message, in field 1: key and length before it.
# https://protobuf.dev/programming-guides/encoding/
_FIELD_1 = b"\x0a"

Compose = Callable[[PersonRecord], Answer]


async def erase_person(store: Store, asked: Asked, ident: PersonId, compose: Compose) -> Written:
    """The answer with what is left of the person. Raises Conflict NOT_LEFT."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        rules.require_erase(actor)
        await keeping.locked_workspace(fetch, asked.workspace)
        record = (await keeping.read_people(fetch, asked.workspace, (ident,))).get(ident)
        if record is None:
            raise person_not_found()
        told = Told(uuid.uuid4(), "erased a person who had left", ActKind.NOTE)
        after = rules.erased(record.person, asked.now)
        if after == record.person:
            return Recorded((), told, compose(record))
        written, notice = await keeping.write_person(fetch, asked.workspace, after, before=record)
        await fetch(
            FORGET_PERSON,
            workspace=asked.workspace,
            person=ident,
            event=written.touched,
            shown=_as_shown(person_name(asked.workspace, ident)),
            note=ActKind.NOTE.value,
        )
        notice = replace(notice, type=EventType.PERSON_ERASED, before=None, changed=())
        return Recorded((notice,), told, compose(written), (written,))

    done = await perform_recorded(store, asked, work)
    store.roster.forget((ident,))
    return done


def _as_shown(name: str) -> bytes:
    encoded = name.encode()
    return _FIELD_1 + bytes([len(encoded)]) + encoded
