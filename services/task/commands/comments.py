"""Writes on comments: the comment's row, what the log tells of it, and the task's clock, at once.

The task is locked first, as by every write that its log tells of: so its events are in their true
order, and its comments are counted rightly. The comment itself changes no field of the task.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.runtime.errors import NotFound
from services.task import reading
from services.task.commands.recording import Notice, Recorded, perform_recorded
from services.task.commands.storing import Answer, Asked, Told, Written
from services.task.commands.writing import READ_TASKS, Store, people_of
from services.task.comments import COLUMNS, Shown, comment_of
from services.task.model import (
    Attachment,
    EventType,
    PersonId,
    PersonRecord,
    TaskNumber,
    TaskView,
)
from services.task.rules import comments as rules
from services.task.rules.absent import task_not_found
from services.task.rules.clock import next_instant
from services.task.rules.comments import Comment, comment_not_found
from services.task.rules.permissions import People, Right, may, require
from services.task.seeing import seen_of

LOCK_TASK = Hot(
    "lock_task",
    sa.text(
        """
SELECT number FROM task.tasks
WHERE workspace_id = CAST(:workspace AS bigint) AND number = CAST(:number AS bigint)
FOR UPDATE
"""
    ),
)
# Whose these names are. Who has left is mentioned no more.
FIND_NAMED = Hot(
    "find_named_people",
    sa.text(
        """
SELECT name.key, person.id FROM task.person_names AS name
JOIN task.people AS person ON person.id = name.person_id
WHERE name.workspace_id = CAST(:workspace AS bigint) AND name.key = ANY (CAST(:keys AS text[]))
    AND person.status <> 3
"""
    ),
)
COUNT_COMMENTS = Hot(
    "count_comments",
    sa.text(
        """
SELECT count(*) AS count FROM task.comments
WHERE workspace_id = CAST(:workspace AS bigint) AND task_number = CAST(:number AS bigint)
    AND deleted_at IS NULL
"""
    ),
)
WAS_MENTIONED = Hot(
    "was_mentioned",
    sa.text(
        """
SELECT EXISTS (SELECT FROM task.comments
    WHERE workspace_id = CAST(:workspace AS bigint) AND task_number = CAST(:number AS bigint)
        AND deleted_at IS NULL AND CAST(:person AS bigint) = ANY (mentions)) AS mentioned
"""
    ),
)
INSERT_COMMENT = Hot(
    "insert_comment",
    sa.text(
        """
INSERT INTO task.comments
    (workspace_id, task_number, author, text, at, mentions, attachments)
VALUES (CAST(:workspace AS bigint), CAST(:number AS bigint), CAST(:author AS bigint),
    CAST(:text AS text), CAST(:at AS timestamptz), CAST(:mentions AS bigint[]),
    CAST(:attachments AS jsonb))
RETURNING id
"""
    ),
)
FIND_TASK_OF = Hot(
    "find_task_of_comment",
    sa.text(
        """
SELECT task_number FROM task.comments
WHERE id = CAST(:comment AS bigint) AND workspace_id = CAST(:workspace AS bigint)
"""
    ),
)
# By a later statement than the lock, whose snapshot is then fresh.
READ_COMMENT = Hot(
    "read_locked_comment",
    sa.text(
        f"SELECT {COLUMNS} FROM task.comments AS comment WHERE id = CAST(:comment AS bigint)"  # noqa: S608 -- our own words
    ),
)
CHANGE_COMMENT = Hot(
    "change_comment",
    sa.text(
        """
UPDATE task.comments SET text = CAST(:text AS text), mentions = CAST(:mentions AS bigint[]),
    attachments = CAST(:attachments AS jsonb), edited_at = CAST(:edited_at AS timestamptz),
    deleted_at = CAST(:deleted_at AS timestamptz)
WHERE id = CAST(:comment AS bigint)
"""
    ),
)
SET_CLOCK = Hot(
    "set_task_clock",
    sa.text(
        """
UPDATE task.tasks SET clock_at = CAST(:clock_at AS timestamptz)
WHERE workspace_id = CAST(:workspace AS bigint) AND number = CAST(:number AS bigint)
    AND clock_at IS DISTINCT FROM CAST(:clock_at AS timestamptz)
    -- What it has not said yet, though its time has come, the clock still says.
    AND (clock_at IS NULL OR clock_at > CAST(:at AS timestamptz))
"""
    ),
)

ActId = UUID | None
Compose = Callable[[Shown, ActId], Answer]


async def create_comment(
    store: Store,
    asked: Asked,
    number: TaskNumber,
    *,
    text: str,
    attachments: tuple[Attachment, ...],
    compose: Compose,
) -> Written:
    """The answer with the comment that was made. Raises Conflict COMMENTS_FULL."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        view = await _locked(store, fetch, asked, number)
        people = await store.roster.of(asked.workspace, people_of([view.task], actor.id))
        asking: dict[str, Any] = {"task": view.task, "people": people, "now": asked.now}
        if not may(actor, Right.COMMENT, **asking) and not await _mentioned(fetch, asked, number):
            require(actor, Right.COMMENT, number=number, **asking)
        (row,) = await fetch(COUNT_COMMENTS, workspace=asked.workspace, number=number)
        rules.require_room(number, row["count"])
        mentions = await _mentions(fetch, asked, text)
        (made,) = await fetch(
            INSERT_COMMENT,
            workspace=asked.workspace,
            number=number,
            author=actor.id,
            text=text,
            at=asked.now,
            mentions=list(mentions),
            attachments=_json(attachments),
        )
        comment = Comment(
            made["id"], number, actor.id, text, asked.now, attachments, mentions=mentions
        )
        await _wind(store, fetch, asked, view=view, people=people)
        told = Told(uuid.uuid4(), f"commented on T-{number}")
        answer = compose(await _shown(store, asked, comment), told.id)
        notice = comment_notice(EventType.COMMENT_CREATED, comment)
        return Recorded((notice,), told, answer, tuple(people.values()))

    return await perform_recorded(store, asked, work)


async def update_comment(
    store: Store,
    asked: Asked,
    ident: int,
    *,
    text: str | None,
    attachments: tuple[Attachment, ...] | None,
    etag: str,
    compose: Compose,
) -> Written:
    """The answer with the comment as its author changed it; None leaves a part as it is."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        comment = await _locked_comment(store, fetch, asked, ident)
        if comment.deleted_at is not None:
            raise comment_not_found()
        after = rules.edit(
            comment, text=text, attachments=attachments, actor=actor, etag=etag, now=asked.now
        )
        if after is None:
            return _unchanged(compose(await _shown(store, asked, comment), None))
        if after.text != comment.text:
            after = replace(after, mentions=await _mentions(fetch, asked, after.text))
        await write_comment(fetch, after)
        told = Told(uuid.uuid4(), f"changed a comment on T-{after.task}")
        answer = compose(await _shown(store, asked, after), told.id)
        notice = comment_notice(EventType.COMMENT_CHANGED, after, before=comment)
        return Recorded((notice,), told, answer)

    return await perform_recorded(store, asked, work)


async def delete_comment(
    store: Store, asked: Asked, ident: int, *, compose: Callable[[ActId], Answer]
) -> Written:
    """The answer to taking a comment away; its row stays, out of sight."""

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        comment = await _locked_comment(store, fetch, asked, ident)
        rules.require_delete(comment, actor)
        if comment.deleted_at is not None:
            return _unchanged(compose(None))
        after = replace(comment, deleted_at=asked.now)
        await write_comment(fetch, after)
        notice = comment_notice(EventType.COMMENT_DELETED, replace(after, text=""), before=comment)
        told = Told(uuid.uuid4(), f"deleted a comment on T-{after.task}")
        return Recorded((notice,), told, compose(told.id))

    return await perform_recorded(store, asked, work)


async def _locked(store: Store, fetch: Fetch, asked: Asked, number: TaskNumber) -> TaskView:
    """The task under its lock. Raises NotFound TASK_NOT_FOUND where the actor sees none."""
    await fetch(LOCK_TASK, workspace=asked.workspace, number=number)
    rows = await fetch(READ_TASKS, workspace=asked.workspace, numbers=[number])
    viewer = await store.roster.viewer(asked.workspace, asked.actor)
    if not rows or number not in await seen_of(fetch, viewer, (number,)):
        raise task_not_found(number)
    view = reading.task_view(rows[0])
    if view.task.deleted_at is not None:
        raise task_not_found(number)
    return view


async def _locked_comment(store: Store, fetch: Fetch, asked: Asked, ident: int) -> Comment:
    """The comment under its task's lock, deleted or not. Raises NotFound COMMENT_NOT_FOUND."""
    found = await fetch(FIND_TASK_OF, workspace=asked.workspace, comment=ident)
    if not found:
        raise comment_not_found()
    try:
        await _locked(store, fetch, asked, found[0]["task_number"])
    except NotFound as error:
        raise comment_not_found() from error
    (row,) = await fetch(READ_COMMENT, comment=ident)
    return comment_of(row)


async def _mentioned(fetch: Fetch, asked: Asked, number: TaskNumber) -> bool:
    """Whether a comment on the task mentions the actor, who may then answer."""
    (row,) = await fetch(
        WAS_MENTIONED, workspace=asked.workspace, number=number, person=asked.actor
    )
    return bool(row["mentioned"])


async def _mentions(fetch: Fetch, asked: Asked, text: str) -> tuple[PersonId, ...]:
    """The people of the workspace whom the text mentions."""
    possible = rules.possible_names(text)
    if not possible:
        return ()
    rows = await fetch(FIND_NAMED, workspace=asked.workspace, keys=list(possible))
    return rules.mentions(text, {row["key"]: row["id"] for row in rows})


async def write_comment(fetch: Fetch, comment: Comment) -> None:
    """Writes what a comment holds now, or that it is gone."""
    await fetch(
        CHANGE_COMMENT,
        comment=comment.id,
        text=comment.text,
        mentions=list(comment.mentions),
        attachments=_json(comment.attachments),
        edited_at=comment.edited_at,
        deleted_at=comment.deleted_at,
    )


async def _wind(
    store: Store, fetch: Fetch, asked: Asked, *, view: TaskView, people: People
) -> None:
    """Puts the task's clock forward: something was heard of it."""
    zone = ZoneInfo((await store.roster.workspace(asked.workspace)).timezone)
    clock_at = next_instant(view.task, people=people, zone=zone, now=asked.now, heard=asked.now)
    await fetch(
        SET_CLOCK,
        workspace=asked.workspace,
        number=view.number,
        clock_at=clock_at,
        at=asked.now,
    )


async def _shown(store: Store, asked: Asked, comment: Comment) -> Shown:
    named = {*comment.mentions, *([] if comment.author is None else [comment.author])}
    people = await store.roster.of(asked.workspace, named)
    names: dict[int, str] = {ident: record.person.display_name for ident, record in people.items()}
    return Shown(asked.workspace, comment, names)


def _json(attachments: tuple[Attachment, ...]) -> str:
    return msgspec.json.encode(attachments).decode()


def comment_notice(type_: EventType, comment: Comment, *, before: Comment | None = None) -> Notice:
    """What the log is to tell; what the comment said before serves to take the act back."""
    detail: dict[str, Any] = {
        "comment": comment.id,
        "text": comment.text,
        "mentions": comment.mentions,
    }
    if before is not None:
        detail["text_before"] = before.text
        detail["mentioned_before"] = before.mentions
        if before.attachments != comment.attachments:
            detail["attachments_before"] = before.attachments
    return Notice(type_, task=comment.task, detail=detail)


def _unchanged(answer: Answer) -> Recorded:
    return Recorded((), Told(uuid.uuid4(), ""), answer)
