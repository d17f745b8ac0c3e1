"""The bare gateway: HTTP in, one gRPC call, JSON out. Arguments: port, socket path of the store."""

import asyncio
import sys
import uuid

import grpc
import msgspec
import uvicorn
import uvloop
from boss.task.v1 import task_service_pb2, task_service_pb2_grpc
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

encode = msgspec.json.Encoder().encode
JSON = "application/json"


def plain(task):
    return {
        "id": "T-" + task.name.rsplit("/", 1)[1], "title": task.title, "description": task.description,
        "status": task.status, "priority": task.priority, "deadline": task.deadline.seconds,
        "assignees": [{"id": one.person.name} for one in task.assignees], "tags": list(task.tags),
        "created_at": task.create_time.seconds, "updated_at": task.update_time.seconds, "etag": task.etag,
    }  # fmt: skip


def app(stub):
    async def get(request):
        name = f"workspaces/1/tasks/{request.path_params['id']}"
        answer = await stub.GetTask(task_service_pb2.GetTaskRequest(name=name), timeout=5)
        return Response(encode(plain(answer.task)), media_type=JSON)

    async def listing(request):
        wanted = task_service_pb2.ListTasksRequest(page_size=20)
        wanted.filter.assignees.append(f"workspaces/1/people/{request.query_params['assignee']}")
        answer = await stub.ListTasks(wanted, timeout=5)
        return Response(encode({"tasks": [plain(task) for task in answer.tasks]}), media_type=JSON)

    async def create(request):
        body = msgspec.json.decode(await request.body())
        wanted = task_service_pb2.CreateTaskRequest(request_id=str(uuid.uuid4()))
        wanted.task.title = body["title"]
        wanted.task.assignees.add().person.name = f"workspaces/1/people/{body['assignees'][0]}"
        answer = await stub.CreateTask(wanted, timeout=5)
        return Response(encode(plain(answer.task)), 201, media_type=JSON)

    async def health(_request):
        return Response(b'{"status":"ok"}', media_type=JSON)

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/tasks/{id:int}", get),
            Route("/tasks", listing),
            Route("/tasks", create, methods=["POST"]),
        ]
    )


async def main(port, socket):
    async with grpc.aio.insecure_channel(f"unix:{socket}") as channel:
        stub = task_service_pb2_grpc.TaskServiceStub(channel)
        config = uvicorn.Config(
            app(stub), port=int(port), access_log=False, log_level="warning", http="httptools"
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(main(*sys.argv[1:]))
