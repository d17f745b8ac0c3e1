"""The first answer to a request id: kept 90 days in the transaction of its write.

Answers are kept as they travel, without what only the writing statement knew (task numbers, event
ids, the position); those are found again by the act.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.runtime.errors import Conflict, Invalid, Violation
from services.task.model import PersonId, WorkspaceId

# Stands for an answer that showed what was erased since. No message begins so.
ERASED = b"\x00"
ERASED_SQL = r"'\x00'"

FIND = Hot(
    "find_request",
    sa.text(
        """
SELECT request.method, request.body_hash, request.answer,
    coalesce(events.drawn, '{}') AS events, coalesce(events.tasks, '{}') AS tasks
FROM task.requests AS request
LEFT JOIN LATERAL (
    SELECT array_agg(event.id ORDER BY event.id) AS drawn,
        array_agg(coalesce(event.task_number, event.person_id, 0) ORDER BY event.id)
            AS tasks
    FROM task.acts AS act JOIN task.events AS event ON event.id = ANY (act.events)
    WHERE act.id = request.act
) AS events ON true
WHERE request.workspace_id = CAST(:workspace AS bigint)
    AND request.actor_id = CAST(:actor AS bigint)
    AND request.request_id = CAST(:request_id AS uuid)
"""
    ),
)
REMEMBER = Hot(
    "remember_request",
    sa.text(
        """
INSERT INTO task.requests
    (workspace_id, actor_id, request_id, method, body_hash, answer, at)
VALUES (CAST(:workspace AS bigint), CAST(:actor AS bigint), CAST(:request_id AS uuid),
    CAST(:method AS text), CAST(:body_hash AS bytea), CAST(:answer AS bytea),
    CAST(:at AS timestamptz))
ON CONFLICT DO NOTHING
RETURNING true
"""
    ),
)


@dataclass(frozen=True, slots=True)
class First:
    """The first answer, and the events of its act, each with the task or person that it is of."""

    answer: bytes
    events: tuple[tuple[int, int], ...]


async def find(
    database: Database,
    *,
    workspace: WorkspaceId,
    actor: PersonId,
    request_id: UUID,
    method: str,
    body_hash: bytes,
) -> First | None:
    """The first answer to this request id, None where it is new.

    Raises Invalid REQUEST_ID_REUSED where it was another request, Conflict ANSWER_ERASED.
    """
    rows: Any = await database.hot_rows(
        FIND, workspace=workspace, actor=actor, request_id=request_id
    )
    if not rows:
        return None
    row = rows[0]
    if row["method"] != method or row["body_hash"] != body_hash:
        raise Invalid(
            "REQUEST_ID_REUSED",
            "This request_id was used for another request; give each request its own UUID.",
            violations=[Violation("request_id", "It was used for another request.")],
        )
    if row["answer"] == ERASED:
        raise Conflict(
            "ANSWER_ERASED",
            "This was done before, and its answer showed what has been erased since: read what "
            "there is now instead.",
        )
    return First(row["answer"], tuple(zip(row["tasks"], row["events"], strict=True)))
