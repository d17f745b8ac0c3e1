"""Lists: filters, orders, pages by key and by count."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from boss.task.v1 import task_pb2
from boss.task.v1 import task_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime.errors import Invalid
from tests.integration.task.conftest import running
from tests.integration.task.world import OWNER, new_id, reasons, ref, task

DAY = datetime(2026, 12, 1, tzinfo=UTC)


def at(days):
    stamp = Timestamp()
    stamp.FromDatetime(DAY + timedelta(days=days))
    return stamp


async def fill(world):
    """Six tasks that differ in all that is filtered and sorted by."""
    ana, ben = await world.person("Ana"), await world.person("Ben")
    new = [
        task("Fix the login crash", to=[ana], priority=4, deadline=at(1), tags=["web", "bug"]),
        task("write changelog", to=[ana, ben], priority=1, project="Shop"),
        task("Call the hosting company", to=[ben], priority=2, deadline=at(3), tags=["web"]),
        task("Äpfel kaufen", priority=3, description="for the LOGIN party"),
        task("Zebra", to=[ben], deadline=at(2), project="Shop"),
        task("alpha", priority=2),
    ]
    request = pb.BatchCreateTasksRequest(
        tasks=[pb.NewTask(task=each) for each in new], request_id=new_id()
    )
    made = (await world.tasks.BatchCreateTasks(request, actor=OWNER)).tasks
    await world.do("Start", made[2].name)
    await world.do("Complete", made[4].name)
    return {"ana": ref(ana).name, "ben": ref(ben).name, "made": made}


async def titles(world, order="number", **fields):
    wanted = pb.TaskFilter(**fields)
    request = pb.ListTasksRequest(filter=wanted, order_by=order, with_total=True)
    found = await world.tasks.ListTasks(request, actor=OWNER)
    assert found.total_size == len(found.tasks)
    return [each.title.split()[0] for each in found.tasks]


async def test_each_filter_lets_the_right_ones_through(world):
    who = await fill(world)
    login, chang, call, apples, zebra, alpha = ["Fix", "write", "Call", "Äpfel", "Zebra", "alpha"]

    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, [login, chang, call, apples, zebra, alpha]),
        ({"assignees": [who["ana"]]}, [login, chang]),
        ({"assignees": [who["ana"], who["ben"]]}, [login, chang, call, zebra]),
        ({"unassigned": True}, [apples, alpha]),
        ({"statuses": [2]}, [call]),
        ({"statuses": [1, 7]}, [login, chang, apples, zebra, alpha]),
        ({"open_only": True}, [login, chang, call, apples, alpha]),
        ({"priorities": [3, 4]}, [login, apples]),
        ({"tags": ["web"]}, [login, call]),
        ({"tags": ["web", "bug"]}, [login]),
        ({"project": "Shop"}, [chang, zebra]),
        ({"due_before": at(3)}, [login, zebra]),
        ({"due_after": at(3)}, [call]),
        ({"due_after": at(1), "due_before": at(2)}, [login]),
        ({"query": "login"}, [login, apples]),
        ({"query": "log cra"}, [login]),
        ({"query": "äpf"}, [apples]),
        ({"query": "!&|:*()'"}, []),
        ({"query": "login", "assignees": [who["ana"]], "tags": ["bug"]}, [login]),
        ({"project": "Nothing"}, []),
    ]

    for fields, expected in cases:
        assert await titles(world, **fields) == expected, fields


@pytest.mark.parametrize("order", ["created", "updated", "deadline", "priority", "title", "number"])
@pytest.mark.parametrize("sign", ["", "-"])
async def test_pages_by_key_are_the_whole_list_in_order(world, order, sign):
    await fill(world)
    whole = await world.tasks.ListTasks(
        pb.ListTasksRequest(order_by=sign + order, page_size=100), actor=OWNER
    )
    paged, token = [], ""
    while True:
        page = await world.tasks.ListTasks(
            pb.ListTasksRequest(order_by=sign + order, page_size=2, page_token=token), actor=OWNER
        )
        paged += page.tasks
        token = page.next_page_token
        if not token:
            break

    assert len(paged) == 6
    assert paged == list(whole.tasks)
    assert paged == sorted(paged, key=lambda each: key(each, order), reverse=sign == "-") or (
        order == "deadline" and sign == "-"
    )


def key(message, order):
    number = int(message.name.rsplit("/", 1)[1])
    value = {
        "created": message.create_time.ToNanoseconds(),
        "updated": message.update_time.ToNanoseconds(),
        "deadline": message.deadline.ToNanoseconds() if message.HasField("deadline") else 10**20,
        "priority": message.priority,
        "title": message.title.lower(),
        "number": number,
    }[order]
    return value, number


async def test_tasks_without_a_deadline_come_last_both_ways(world):
    await fill(world)

    rising = await titles(world, "deadline")
    falling = await titles(world, "-deadline")

    assert rising[:3] == ["Fix", "Zebra", "Call"]
    assert falling[:3] == ["Call", "Zebra", "Fix"]


async def test_pages_by_count_leave_out_what_came_before(world):
    await fill(world)

    page = await world.tasks.ListTasks(
        pb.ListTasksRequest(order_by="number", page_size=2, skip=4, with_total=True), actor=OWNER
    )

    assert [each.title for each in page.tasks] == ["Zebra", "alpha"]
    assert page.total_size == 6
    assert page.next_page_token == ""


async def test_a_page_token_of_another_list_is_refused(world):
    await fill(world)
    page = await world.tasks.ListTasks(pb.ListTasksRequest(page_size=1), actor=OWNER)

    for request in (
        pb.ListTasksRequest(page_token=page.next_page_token, order_by="title"),
        pb.ListTasksRequest(page_token=page.next_page_token, filter=pb.TaskFilter(open_only=True)),
        pb.ListTasksRequest(page_token="nonsense"),
        pb.ListTasksRequest(page_token="äöü"),
        pb.ListTasksRequest(page_token="AAAA" * 500),
    ):
        with pytest.raises(Invalid) as caught:
            await world.tasks.ListTasks(request, actor=OWNER)
        assert caught.value.reason == "PAGE_TOKEN_INVALID"


async def test_all_faults_of_a_list_are_told_at_once(world):
    request = pb.ListTasksRequest(
        filter=pb.TaskFilter(
            assignees=["Ana"],
            statuses=[99],  # type: ignore[list-item]
            priorities=[0],  # type: ignore[list-item]
            query="x" * 201,
            tags=["a\0"],
        ),
        order_by="mood",
        page_size=101,
        skip=-1,
    )

    with pytest.raises(Invalid) as caught:
        await world.tasks.ListTasks(request, actor=OWNER)

    assert sorted(reasons(caught.value)[1]) == [
        "filter.assignees[0]",
        "filter.priorities[0]",
        "filter.query",
        "filter.statuses[0]",
        "filter.tags[0]",
        "order_by",
        "page_size",
        "skip",
    ]


async def test_what_is_read_says_as_of_when(world):
    made = await world.create("Task")
    await world.events()

    listed = await world.tasks.ListTasks(pb.ListTasksRequest(), actor=OWNER)
    got = await world.tasks.GetTask(pb.GetTaskRequest(name=made.task.name), actor=OWNER)
    none = await world.tasks.ListTasks(
        pb.ListTasksRequest(filter=pb.TaskFilter(project="None")), actor=OWNER
    )

    assert listed.as_of == got.as_of == none.as_of == made.position


async def test_context_is_whole_at_first_and_then_what_changed(world):
    ana = await world.person("Ana")
    first = (await world.create(task("First", to=[ana]))).task
    whole = await world.tasks.GetContext(pb.GetContextRequest(), actor=OWNER)
    second = (await world.create("Second")).task
    await world.do("Complete", first.name)
    await world.person("Ben")

    since = await world.tasks.GetContext(
        pb.GetContextRequest(after_position=whole.position), actor=OWNER
    )
    nothing = await world.tasks.GetContext(
        pb.GetContextRequest(after_position=since.position), actor=OWNER
    )

    assert whole.full
    assert [(each.title, list(each.assignees)) for each in whole.open_tasks] == [
        ("First", [ref(ana).name])
    ]
    assert not since.full
    assert [each.display_name for each in since.people] == ["Ben"]
    assert [each.name for each in since.open_tasks] == [second.name]
    assert list(since.closed_tasks) == [first.name]
    assert (nothing.full, len(nothing.people), len(nothing.open_tasks)) == (False, 0, 0)
    assert since.open_tasks[0].status == task_pb2.TASK_STATUS_PENDING


@pytest.mark.parametrize("cache", [True, False])
async def test_a_total_has_every_write_that_was_answered_by_any_replica(task_settings, cache):
    settings = task_settings.replace(cache=cache)
    async with running(settings) as one, running(settings) as other:
        request = pb.ListTasksRequest(filter=pb.TaskFilter(open_only=True), with_total=True)
        totals = []
        for _ in range(3):
            made = await other.create("Order chairs")
            totals.append((await one.tasks.ListTasks(request, actor=OWNER)).total_size)
            totals.append((await one.tasks.ListTasks(request, actor=OWNER)).total_size)
        await other.do("Cancel", made.task.name)
        totals.append((await one.tasks.ListTasks(request, actor=OWNER)).total_size)

    assert totals == [1, 1, 2, 2, 3, 3, 2]
