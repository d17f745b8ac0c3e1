"""Writes on people, each an act with its event, in one transaction under the workspace's lock."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from asyncpg import UniqueViolationError

from services.runtime.database import Fetch, Hot
from services.runtime.driver_errors import violated
from services.runtime.errors import AlreadyExists, Stale, Violation
from services.task import reading
from services.task.commands import keeping
from services.task.commands.recording import Notice, Recorded, perform_recorded
from services.task.commands.storing import Answer, Asked, Told, Written
from services.task.commands.tokens import end_tokens_of
from services.task.commands.writing import Store
from services.task.model import (
    ActKind,
    Person,
    PersonId,
    PersonRecord,
    PersonStatus,
    TaskRef,
)
from services.task.rules import people as rules
from services.task.rules.absent import person_not_found

OPEN_SHOWN = 100  # tasks of somebody who left that the answer lists

OPEN_TASKS_OF = Hot(
    "open_tasks_of",
    sa.text(
        """
SELECT task.number, task.title, task.status, count(*) OVER () AS total
FROM task.task_assignees AS held JOIN task.tasks AS task
    ON task.workspace_id = held.workspace_id AND task.number = held.task_number
WHERE held.workspace_id = CAST(:workspace AS bigint) AND held.person_id = CAST(:person AS bigint)
    AND task.status < 7 AND task.deleted_at IS NULL
ORDER BY held.created_at DESC, held.task_number DESC LIMIT CAST(:limit AS integer)
"""
    ),
)
PROVE_ACCOUNT = Hot(
    "prove_account",
    sa.text(
        """
INSERT INTO task.telegram_accounts (person_id, telegram_id, proven_at)
VALUES (CAST(:person AS bigint), CAST(:telegram_id AS bigint), CAST(:at AS timestamptz))
ON CONFLICT (person_id) DO UPDATE
    SET telegram_id = excluded.telegram_id, proven_at = excluded.proven_at
"""
    ),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer is made of: the person as written, the act, what is left to do."""

    record: PersonRecord
    act: UUID | None = None
    open_tasks: tuple[TaskRef, ...] = ()
    open_count: int = 0


ComposePerson = Callable[[Outcome], Answer]


async def create_person(
    store: Store, asked: Asked, person: Person, compose: ComposePerson
) -> Written:
    """The answer with the person that was created. Raises AlreadyExists NAME_TAKEN."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        after = rules.create(person, actor=actor, now=asked.now)
        await keeping.locked_workspace(fetch, asked.workspace)
        record, notice = await _write(store, fetch, asked, after, before=None)
        told = Told(uuid.uuid4(), f"added {after.display_name}")
        return Recorded((notice,), told, compose(Outcome(record, told.id)))

    return await perform_recorded(store, asked, work)


async def update_person(
    store: Store,
    asked: Asked,
    ident: PersonId,
    changes: Mapping[str, object],
    *,
    etag: str,
    compose: ComposePerson,
    no_act: bool = False,
) -> Written:
    """The answer with the person after the edit. Raises Stale, AlreadyExists NAME_TAKEN.

    `no_act`: it is the way in by a link, which proves the Telegram account and is not to be undone.
    """

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        await keeping.locked_workspace(fetch, asked.workspace)
        record = (await keeping.read_people(fetch, asked.workspace, (ident,))).get(ident)
        if record is None:
            raise person_not_found()
        _require_etag(record, etag, asked)
        owners = await keeping.owners_of(fetch, asked.workspace)
        after = rules.edit(record, changes, actor=actor, owners=owners, now=asked.now)
        if no_act and "telegram_id" in changes:
            proof = {"person": ident, "telegram_id": changes["telegram_id"]}
            await fetch(PROVE_ACCOUNT, at=asked.now, **proof)
        if after is None:
            return Recorded((), Told(uuid.uuid4(), ""), compose(Outcome(record)))
        written, notice = await _write(store, fetch, asked, after, before=record)
        left = after.status is PersonStatus.LEFT
        notices = [notice]
        if left and record.person.status is not PersonStatus.LEFT:
            notices += await end_tokens_of(fetch, ident, now=asked.now)
        kind = ActKind.NOTE if no_act else ActKind.ACT
        told = Told(uuid.uuid4(), _summary(record.person, after), kind)
        act = None if no_act else told.id
        outcome = await _outcome(fetch, asked, written, act=act, left=left)
        return Recorded(tuple(notices), told, compose(outcome), people=(written,))

    written = await perform_recorded(store, asked, work)
    store.roster.forget((ident,))
    return written


def _summary(before: Person, after: Person) -> str:
    if after.status is PersonStatus.LEFT and before.status is not PersonStatus.LEFT:
        return f"let {after.display_name} go"
    if before.status is PersonStatus.LEFT and after.status is not PersonStatus.LEFT:
        return f"took {after.display_name} back"
    return f"changed {after.display_name}"


def _require_etag(record: PersonRecord, etag: str, asked: Asked) -> None:
    if etag and etag not in {record.etag, record.shown(asked.now).etag}:
        raise Stale(
            "ETAG_MISMATCH",
            f"{record.person.display_name} was changed meanwhile: read the person again.",
            metadata={"etag": record.shown(asked.now).etag},
        )


async def _outcome(
    fetch: Fetch, asked: Asked, record: PersonRecord, *, act: UUID | None, left: bool
) -> Outcome:
    if not left:
        return Outcome(record, act)
    rows = await fetch(OPEN_TASKS_OF, workspace=asked.workspace, person=record.id, limit=OPEN_SHOWN)
    refs = tuple(
        TaskRef(row["number"], row["title"], reading.STATUS[row["status"]]) for row in rows
    )
    return Outcome(record, act, refs, rows[0]["total"] if rows else 0)


async def _write(
    store: Store, fetch: Fetch, asked: Asked, after: Person, *, before: PersonRecord | None
) -> tuple[PersonRecord, Notice]:
    try:
        return await keeping.write_person(fetch, asked.workspace, after, before=before)
    except UniqueViolationError as error:
        ident = before.id if before else PersonId(0)
        record = PersonRecord(asked.workspace, ident, 0, after)
        raise await _taken(store, asked, record, violated(error)) from error


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
    owners = await keeping.whose(store.database.hot_rows, asked.workspace, record)
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
