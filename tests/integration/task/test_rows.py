"""The two ways from a row to a message, the short and the long one, lead to the same."""

import asyncio

import asyncpg
from boss.task.v1 import task_pb2

from services.task import queries, reading
from services.task.convert.rows import set_shown
from services.task.convert.tasks import task_to_proto


def test_every_task_is_the_same_message_by_either_way(seeded):
    rows = asyncio.run(some_rows(seeded))
    short = []
    for row in rows:
        message = task_pb2.Task()
        set_shown(message, row)
        short.append(message)

    assert short == [task_to_proto(reading.task_view(row)) for row in rows]
    assert {task.status for task in short} >= {
        task_pb2.TASK_STATUS_PENDING,
        task_pb2.TASK_STATUS_IN_PROGRESS,
        task_pb2.TASK_STATUS_COMPLETED,
    }
    assert any(task.depends_on for task in short)
    assert any(task.subtasks for task in short)
    assert any(task.watchers for task in short)
    assert any(not task.depends_on and task.assignees for task in short)


async def some_rows(url):
    connection = await asyncpg.connect(url)
    try:
        hot = queries.GET_TASKS
        params = {"workspace": 1, "numbers": list(range(1, 1_001))}
        return await connection.fetch(hot.sql, *hot.arguments(params))
    finally:
        await connection.close()
