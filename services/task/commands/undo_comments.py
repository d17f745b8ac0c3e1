"""Putting back what an act did to a comment: made again, taken away, or as it read before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from services.runtime.database import Fetch
from services.task.commands.comments import LOCK_TASK, READ_COMMENT, comment_notice, write_comment
from services.task.commands.recording import Notice
from services.task.commands.storing import Asked
from services.task.comments import comment_of
from services.task.model import Attachment, EventType
from services.task.rules.comments import Comment
from services.task.rules.undo import Kept

TYPES = frozenset({EventType.COMMENT_CREATED, EventType.COMMENT_CHANGED, EventType.COMMENT_DELETED})


async def put_back(fetch: Fetch, asked: Asked, row: Any) -> tuple[Notice | None, Kept | None, str]:
    """What the log is to tell (None: it is so already, or stays), what stays, and its name."""
    detail = msgspec.json.decode(row["detail"] or "{}")
    name = f"comments/{detail.get('comment')}"
    await fetch(LOCK_TASK, workspace=asked.workspace, number=row["task_number"])
    found = await fetch(READ_COMMENT, comment=detail.get("comment"))
    if not found:
        return None, Kept(None, (), "The comment is gone for good.", name), name
    comment = comment_of(found[0])
    match EventType(row["type"]):
        case EventType.COMMENT_CREATED:
            after, type_ = _gone(comment, asked), EventType.COMMENT_DELETED
        case EventType.COMMENT_DELETED:
            after, type_ = replace(comment, deleted_at=None), EventType.COMMENT_CREATED
        case _:
            if comment.deleted_at is not None:
                return None, Kept(None, (), "The comment was deleted since.", name), name
            if comment.text != detail["text"]:
                reason = "The comment was changed once more since."
                return None, Kept(None, ("text",), reason, name), name
            after, type_ = _as_before(comment, detail, asked), EventType.COMMENT_CHANGED
    if after == comment:
        return None, None, name
    await write_comment(fetch, after)
    shown = after if type_ is not EventType.COMMENT_DELETED else replace(after, text="")
    return replace(comment_notice(type_, shown, before=comment), undo=True), None, name


def _gone(comment: Comment, asked: Asked) -> Comment:
    return comment if comment.deleted_at else replace(comment, deleted_at=asked.now)


def _as_before(comment: Comment, detail: dict[str, Any], asked: Asked) -> Comment:
    files = comment.attachments
    if "attachments_before" in detail:
        files = msgspec.convert(detail["attachments_before"], tuple[Attachment, ...])
    return replace(
        comment,
        attachments=files,
        text=detail["text_before"],
        mentions=tuple(detail["mentioned_before"]),
        edited_at=asked.now,
    )
