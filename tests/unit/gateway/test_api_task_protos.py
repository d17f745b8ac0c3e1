import json

import msgspec
import pytest
from boss.task.v1 import people_service_pb2, person_pb2, task_pb2

from services.gateway.api import task_protos
from services.gateway.api.task_input import NewTask, NewTasks, TaskChange, TaskQuery
from services.gateway.directory import Directory
from services.gateway.operation import Identity
from services.gateway.watch import Watch
from services.runtime.errors import Invalid

WHO = Identity(1, 1)


class People:
    """Stands for the people service of `task`."""

    async def ListPeople(self, _request, *, actor):  # noqa: N802 -- as gRPC calls it
        names = {1: "Dana", 2: "Ana"}
        return people_service_pb2.ListPeopleResponse(
            people=[
                person_pb2.Person(name=f"workspaces/1/people/{number}", display_name=name)
                for number, name in names.items()
            ]
        )


@pytest.fixture
def directory():
    return Directory(People(), Watch())


async def proto(directory, model=NewTask, **fields) -> task_pb2.Task:
    body = msgspec.json.decode(json.dumps(fields).encode(), type=model)
    (made,) = await task_protos.protos([body], WHO, directory, places=("",))
    return made


@pytest.mark.parametrize("written", ["T-42", "t42", "#42", "42", 42, {"id": "T-42", "title": "x"}])
async def test_a_task_may_be_named_in_several_ways(directory, written):
    made = await proto(directory, title="a", depends_on=[written], parent=written)

    assert made.depends_on[0].name == "workspaces/1/tasks/42"
    assert made.parent.name == "workspaces/1/tasks/42"


@pytest.mark.parametrize("written", ["the other", "T-0", 0, "T-9223372036854775808", "P-1"])
async def test_what_is_no_task_is_told_by_its_place(directory, written):
    with pytest.raises(Invalid) as caught:
        await proto(directory, title="a", depends_on=["T-1", written])

    assert [wrong.field for wrong in caught.value.violations] == ["depends_on[1]"]


@pytest.mark.parametrize("written", ["Ana", "P-2", 2, {"id": "P-2", "name": "Ana", "mark": "seen"}])
async def test_people_may_be_named_in_several_ways(directory, written):
    made = await proto(directory, title="a", assignees=[written], watchers=["me"])

    assert made.assignees[0].person.name == "workspaces/1/people/2"
    assert made.watchers[0].name == "workspaces/1/people/1"


async def test_everybody_who_is_not_found_is_told_at_once(directory):
    tasks = {
        "tasks": [{"title": "a", "assignees": ["Ana", "Zed"]}, {"title": "b", "watchers": ["X"]}]
    }
    body = msgspec.convert(tasks, NewTasks)

    with pytest.raises(Invalid) as caught:
        await task_protos.protos(body.tasks, WHO, directory, places=("tasks[0].", "tasks[1]."))

    assert [wrong.field for wrong in caught.value.violations] == [
        "tasks[0].assignees[1]",
        "tasks[1].watchers[0]",
    ]


async def test_a_new_task_says_only_what_was_said(directory):
    made = await proto(directory, title=" Fix it ", project=None)

    assert made == task_pb2.Task(title="Fix it")


async def test_a_change_names_what_it_changes_and_null_empties(directory):
    body = msgspec.convert(
        {"deadline": None, "tags": ["a"], "requires_approval": False}, TaskChange
    )

    (made,) = await task_protos.protos([body], WHO, directory, places=("",))

    assert task_protos.mask(body).paths == ["deadline", "requires_approval", "tags"]
    assert made == task_pb2.Task(tags=["a"], requires_approval=False)


async def test_every_field_finds_its_place(directory):
    made = await proto(
        directory,
        title="a",
        description="b",
        priority="urgent",
        deadline="2026-11-27T17:00:00.5+01:00",
        start="2026-11-26T09:00:00Z",
        estimate_minutes=90,
        tags=["x"],
        project="p",
        type="bug",
        criteria=["works", {"text": "looks good", "done": True}],
        recurrence="FREQ=DAILY",
        requires_approval=True,
        attachments=[{"name": "n", "url": "https://example.org"}],
    )

    assert made.priority == task_pb2.TASK_PRIORITY_URGENT
    assert made.deadline.ToJsonString() == "2026-11-27T16:00:00.500Z"
    assert made.start.ToJsonString() == "2026-11-26T09:00:00Z"
    assert [(one.text, one.done) for one in made.criteria] == [
        ("works", False),
        ("looks good", True),
    ]
    assert (made.estimate_minutes, made.project, made.type) == (90, "p", "bug")
    assert (made.recurrence, made.requires_approval) == ("FREQ=DAILY", True)
    assert (made.attachments[0].kind, made.attachments[0].url) == ("link", "https://example.org")


def test_a_query_becomes_a_filter_an_order_and_a_page():
    query = msgspec.convert(
        {"status": ["pending", "open"], "sort": "-created_at", "page": 3, "q": "login"}, TaskQuery
    )

    asked = task_protos.list_request(query, [])

    assert asked.order_by == "-created"
    assert (asked.skip, asked.page_size, asked.with_total) == (40, 20, True)
    assert list(asked.filter.statuses) == [task_pb2.TASK_STATUS_PENDING]
    assert (asked.filter.open_only, asked.filter.query) == (True, "login")


def test_who_follows_a_cursor_counts_no_pages():
    asked = task_protos.list_request(msgspec.convert({"cursor": "abc"}, TaskQuery), [])

    assert (asked.page_token, asked.skip, asked.with_total) == ("abc", 0, False)
