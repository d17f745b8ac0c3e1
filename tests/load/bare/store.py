"""The bare store: three RPCs, one prepared statement each. Arguments: socket path, database URL."""

import sys

import asyncpg
import grpc
import uvloop
from boss.task.v1 import task_pb2, task_service_pb2, task_service_pb2_grpc

SCHEMA = """
CREATE TABLE IF NOT EXISTS bare_task (
    id bigserial PRIMARY KEY, title text, description text, status int, priority int, assignee bigint,
    deadline timestamptz, tags text[], created timestamptz DEFAULT now(), updated timestamptz DEFAULT now(), version int DEFAULT 1);
CREATE TABLE IF NOT EXISTS bare_event (
    seq bigserial PRIMARY KEY, task bigint, payload jsonb, request_id text UNIQUE, at timestamptz DEFAULT now());
TRUNCATE bare_task, bare_event RESTART IDENTITY;
INSERT INTO bare_task (title, description, status, priority, assignee, deadline, tags)
    SELECT 'Task number ' || i, repeat('lorem ipsum ', 8), 1, 2, i % 50, now() + (i || ' minutes')::interval, ARRAY['a', 'b']
    FROM generate_series(1, 20000) i;
CREATE INDEX IF NOT EXISTS bare_task_assignee ON bare_task (assignee, id DESC);
ANALYZE bare_task;
"""
COLUMNS = (
    "id, title, description, status, priority, assignee, deadline, tags, created, updated, version"
)
GET = f"SELECT {COLUMNS} FROM bare_task WHERE id = $1"
LIST = f"SELECT {COLUMNS} FROM bare_task WHERE assignee = $1 ORDER BY id DESC LIMIT 20"
CREATE = f"""
WITH made AS (INSERT INTO bare_task (title, description, status, priority, assignee, tags)
              VALUES ($1, '', 1, 2, $2, '{{}}') RETURNING {COLUMNS}),
     logged AS (INSERT INTO bare_event (task, payload, request_id) SELECT id, to_jsonb(made), $3 FROM made)
SELECT {COLUMNS} FROM made"""


def message(row):
    task = task_pb2.Task(
        name=f"workspaces/1/tasks/{row[0]}", title=row[1], description=row[2], status=row[3], priority=row[4],
        tags=row[7], etag=str(row[10]),
    )  # fmt: skip
    task.assignees.add().person.name = f"workspaces/1/people/{row[5]}"
    if row[6]:
        task.deadline.FromDatetime(row[6])
    task.create_time.FromDatetime(row[8])
    task.update_time.FromDatetime(row[9])
    return task


class Store(task_service_pb2_grpc.TaskServiceServicer):
    def __init__(self, pool):
        self.pool = pool

    async def GetTask(self, request, context):  # noqa: N802 - the RPC's name
        number = int(request.name.rsplit("/", 1)[1])
        async with self.pool.acquire() as connection:
            return task_service_pb2.GetTaskResponse(
                task=message(await connection.fetchrow(GET, number))
            )

    async def ListTasks(self, request, context):  # noqa: N802
        person = int(request.filter.assignees[0].rsplit("/", 1)[1])
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(LIST, person)
        return task_service_pb2.ListTasksResponse(tasks=[message(row) for row in rows])

    async def CreateTask(self, request, context):  # noqa: N802
        person = int(request.task.assignees[0].person.name.rsplit("/", 1)[1])
        async with self.pool.acquire() as connection:
            row = await connection.fetchrow(CREATE, request.task.title, person, request.request_id)
        return task_service_pb2.CreateTaskResponse(task=message(row))


async def no_reset(_connection):
    """asyncpg's default reset is one more round trip for each use."""


async def main(socket, url):
    async with asyncpg.create_pool(url, min_size=16, max_size=16, reset=no_reset) as pool:
        async with pool.acquire() as connection:
            await connection.execute(SCHEMA)
        server = grpc.aio.server()
        task_service_pb2_grpc.add_TaskServiceServicer_to_server(Store(pool), server)
        server.add_insecure_port(f"unix:{socket}")
        await server.start()
        await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
