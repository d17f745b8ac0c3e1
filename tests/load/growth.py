"""How the store grows: `python -m tests.load.growth --sizes 10000,100000,1000000`.

Each kind of question of the brief is asked of the service's own RPCs, one at a time and without
gRPC between, at each size: the 95th percentile "inside the service". Workspaces have 5,000 tasks
each, so that a bigger store has more of them. `--plot docs/growth.svg` draws the curves.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import tempfile
import time
import uuid
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import uvloop
from boss.task.v1 import person_pb2, task_pb2
from boss.task.v1 import search_service_pb2 as search_pb
from boss.task.v1 import stats_service_pb2 as stats_pb
from boss.task.v1 import task_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask

from services.cli.postgres import Postgres
from services.runtime import context
from services.runtime.database import Database
from services.runtime.supervise import Supervisor
from services.task.server.search import SearchServicer
from services.task.server.stats import StatsServicer
from services.task.server.tasks import TaskServicer
from services.task.service import Service
from tests.load.plots import curves
from tests.load.seeding import seed
from tests.load.store import EACH, migrated

HOME = "workspaces/1"
# Rare and frequent words, two, a beginning, a misspelt one, an id, and what narrows.
SEARCHES = (
    "invoice", "warehouse", "login page", "contract Berlin", "the", "payment mod", "invioce",
    "T-77", "backup is:open", "report is:unassigned", "firewall priority:urgent", "survey Globex",
)  # fmt: skip


@asynccontextmanager
async def serving(server, tasks):
    """The servicers of a store of so many tasks, by the names of their services, and its people."""
    options = await migrated(server, f"growth_{tasks}")
    url = options.database_url.get_secret_value()
    began = time.monotonic()
    seeded = await seed(url, tasks=tasks, workspaces=max(1, tasks // EACH))
    there = await shown(url)
    print(f"seeded {tasks:,} tasks in {time.monotonic() - began:.0f} s", flush=True)
    database = Database(options, schema="task")
    service = Service(database, key="bench", cache=False)
    async with Supervisor() as supervisor:
        for each in service.background:
            if each.name in {"numbering", "feed"}:
                supervisor.start(each.name, each.run)
        context.begin(context.Call("bench", context.Caller(person=1, workspace=1)))
        found = {type(each.servicer): each.servicer for each in service.servicers}
        wanted = (TaskServicer, SearchServicer, StatsServicer)
        yield [found[each] for each in wanted], seeded.people[1], there
    await database.close()


async def shown(url):
    """The numbers of the first workspace's tasks that are not deleted."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(
        "SELECT number FROM task.tasks WHERE workspace_id = 1 AND deleted_at IS NULL ORDER BY 1"
    )
    await connection.close()
    return [row["number"] for row in rows]


def questions(servicers, people, there):
    """The calls, by what the brief calls them; each takes the number of its turn."""
    tasks, search, stats = servicers
    names = [f"{HOME}/people/{person}" for person in people]

    async def get(turn):
        name = f"{HOME}/tasks/{there[turn * 311 % len(there)]}"
        await tasks.GetTask(pb.GetTaskRequest(name=name), None)

    async def list_20(turn):
        one = pb.TaskFilter(assignees=[names[turn % len(names)]])
        await tasks.ListTasks(pb.ListTasksRequest(filter=one, page_size=20), None)

    async def joined_list(turn):
        order = ("deadline", "-priority", "-created")[turn % 3]
        request = pb.ListTasksRequest(
            filter=pb.TaskFilter(open_only=True), order_by=order, page_size=20, with_total=True
        )
        await tasks.ListTasks(request, None)

    async def create(turn):
        who = task_pb2.Assignee(person=person_pb2.PersonRef(name=names[turn % len(names)]))
        new = task_pb2.Task(title=f"Call the hosting company {turn}", assignees=[who])
        await tasks.CreateTask(pb.CreateTaskRequest(task=new, request_id=str(uuid.uuid4())), None)

    async def update(turn):
        changed = task_pb2.Task(name=f"{HOME}/tasks/{there[turn % 97]}", title=f"Called {turn}")
        request = pb.UpdateTaskRequest(
            task=changed, update_mask=FieldMask(paths=["title"]), request_id=str(uuid.uuid4())
        )
        await tasks.UpdateTask(request, None)

    async def full_text(turn):
        query = SEARCHES[turn % len(SEARCHES)]
        await search.SearchTasks(search_pb.SearchTasksRequest(query=query), None)

    async def statistics_30_days(_turn):
        await stats.GetStats(stats_pb.GetStatsRequest(), None)

    async def dashboard(_turn):
        await stats.GetDashboard(stats_pb.GetDashboardRequest(), None)

    return {
        "get": get,
        "list 20": list_20,
        "joined list": joined_list,
        "create": create,
        "update": update,
        "full text": full_text,
        "statistics": statistics_30_days,
        "dashboard": dashboard,
    }


async def percentiles(call, *, calls):
    """Milliseconds of the median and of the slowest twentieth, one call at a time."""
    took = []
    for turn in range(calls):
        began = time.perf_counter()
        await call(turn)
        took.append((time.perf_counter() - began) * 1_000)
    return {
        "p50": round(statistics.median(took), 2),
        "p95": round(sorted(took)[int(len(took) * 0.95)], 2),
    }


async def measure(sizes, calls):
    folder = tempfile.mkdtemp(prefix="boss-growth-")
    server = Postgres(Path(folder))
    await asyncio.to_thread(server.start)
    found = {}
    try:
        for size in sizes:
            async with serving(server, size) as (servicers, people, there):
                found[size] = {}
                for name, call in questions(servicers, people, there).items():
                    await percentiles(call, calls=calls // 4)
                    found[size][name] = await percentiles(call, calls=calls)
                    print(f"{size:>9,} {name}: {found[size][name]}", flush=True)
            admin = await asyncpg.connect(server.url)
            await admin.execute(f"DROP DATABASE growth_{size} WITH (FORCE)")
            await admin.close()
    finally:
        await asyncio.to_thread(server.stop)
        shutil.rmtree(folder, ignore_errors=True)
    return found


def growths(found):
    """How many times the first size's p50 each of the others takes."""
    (_, first), *others = found.items()
    return {
        size: {name: round(told["p50"] / first[name]["p50"], 2) for name, told in each.items()}
        for size, each in others
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="10000,100000", help="tasks, one store each")
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--plot", type=Path, help="an SVG file for the curves")
    options = parser.parse_args()
    sizes = [int(each) for each in options.sizes.split(",")]
    found = uvloop.run(measure(sizes, options.calls))
    print(json.dumps({"ms": found, "times_the_first": growths(found)}, indent=2))
    if options.plot:
        names = list(found[sizes[0]])
        lines = {name: [(size, found[size][name]["p95"]) for size in sizes] for name in names}
        title = "95th percentile inside the task service, workspaces of 5,000 tasks"
        curves(lines, options.plot, title=title, x="tasks in the store", y="ms", log="xy")


if __name__ == "__main__":
    main()
