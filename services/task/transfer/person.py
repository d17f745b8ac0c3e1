"""Everything that is kept of one person, as lines of JSON: for whoever it is about.

People are told by their numbers here, tasks likewise.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import sqlalchemy as sa

from services.runtime.database import Database, Hot
from services.task import queries, reading
from services.task.model import PersonRecord
from services.task.queries import BIG, bind
from services.task.schema import task_assignees, task_watchers, tasks
from services.task.transfer import records, stored

PAGE = 500

TASKS_OF = Hot(
    "export_tasks_of_person",
    sa.select(*queries.shown(tasks))
    .where(
        tasks.c.workspace_id == bind("workspace", BIG),
        tasks.c.number > bind("after", BIG),
        sa.or_(
            tasks.c.creator == bind("person", BIG),
            *(
                tasks.c.number.in_(
                    sa.select(link.c.task_number).where(
                        link.c.workspace_id == bind("workspace", BIG),
                        link.c.person_id == bind("person", BIG),
                    )
                )
                for link in (task_assignees, task_watchers)
            ),
        ),
    )
    .order_by(tasks.c.number)
    .limit(bind("limit", BIG)),
)
COMMENTS_OF = Hot(
    "export_comments_of_person",
    sa.text(
        """
SELECT id, CAST(json_build_object('task', task_number, 'text', text, 'at', at,
    'edited_at', edited_at) AS text) AS record
FROM task.comments
WHERE workspace_id = CAST(:workspace AS bigint) AND author = CAST(:person AS bigint)
    AND deleted_at IS NULL AND id > CAST(:after AS bigint)
ORDER BY id LIMIT CAST(:limit AS integer)
"""
    ),
)
TIMES_OF = Hot(
    "export_time_of_person",
    sa.text(
        """
SELECT id, CAST(json_build_object('task', task_number, 'day', day, 'minutes', minutes,
    'note', note, 'began_at', began_at, 'ended_at', ended_at) AS text) AS record
FROM task.time_entries
WHERE person_id = CAST(:person AS bigint) AND deleted_at IS NULL AND id > CAST(:after AS bigint)
ORDER BY id LIMIT CAST(:limit AS integer)
"""
    ),
)
# What they did, and what was done to them.
EVENTS_OF = Hot(
    "export_events_of_person",
    sa.text(
        """
SELECT position AS id, CAST(json_build_object('type', type, 'at', at, 'task', task_number,
    'person', person_id, 'by', actor_id, 'through', origin, 'changed', changed,
    'before', CASE WHEN person_id = CAST(:person AS bigint) THEN before END,
    'after', CASE WHEN person_id = CAST(:person AS bigint) THEN after END) AS text) AS record
FROM task.events
WHERE position > CAST(:after AS bigint)
    AND (actor_id = CAST(:person AS bigint) OR person_id = CAST(:person AS bigint))
ORDER BY position LIMIT CAST(:limit AS integer)
"""
    ),
)
TOKENS_OF = Hot(
    "export_tokens_of_person",
    sa.text(
        """
SELECT id, CAST(json_build_object('label', label, 'created_at', created_at,
    'last_used_at', last_used_at, 'revoked_at', revoked_at) AS text) AS record
FROM task.tokens WHERE person_id = CAST(:person AS bigint) AND id > CAST(:after AS bigint)
ORDER BY id LIMIT CAST(:limit AS integer)
"""
    ),
)


async def of_person(database: Database, record: PersonRecord) -> AsyncIterator[bytes]:
    """Pieces of the file, whole lines each."""
    head = {"number": record.id, **records.packed(record.person)}
    yield records.line(records.PERSON, head)
    after = 0
    asked: dict[str, Any] = {"workspace": record.workspace, "person": record.id, "limit": PAGE}
    while rows := await database.hot_rows(TASKS_OF, **asked, after=after):
        views = [reading.task_view(row) for row in rows]
        after = views[-1].number
        yield b"".join(
            records.line(records.TASK, {"number": view.number, **records.packed(view.task)})
            for view in views
        )
    for kind, hot in (
        (records.COMMENT, COMMENTS_OF),
        (records.TIME, TIMES_OF),
        (records.TOKEN, TOKENS_OF),
        (records.EVENT, EVENTS_OF),
    ):
        async for piece in _pages(database, kind, hot, asked):
            yield piece
    for presence in await stored.presences(database, [record.id]):
        yield records.line(records.ATTENDANCE, records.packed(presence))
    yield records.line(records.END, {})


async def _pages(
    database: Database, kind: str, hot: Hot, asked: dict[str, Any]
) -> AsyncIterator[bytes]:
    after = 0
    while rows := await database.hot_rows(
        hot, **{name: value for name, value in asked.items() if name in hot.names}, after=after
    ):
        after = rows[-1]["id"]
        yield b"".join(records.line(kind, msgspec.json.decode(row["record"])) for row in rows)
