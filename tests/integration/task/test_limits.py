"""Every limit of a task: what is at it is taken, what is over it is refused with field and limit.

A request's faults are told all at once, and what is refused has written nothing.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from boss.task.v1 import comment_service_pb2 as comments_pb
from boss.task.v1 import task_pb2
from boss.task.v1 import task_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime.errors import Invalid
from tests.integration.task.world import OWNER, new_id, reasons, ref, task

FIRST, LAST = Timestamp(seconds=-62_135_596_800), Timestamp(seconds=253_402_300_799)


@dataclass(frozen=True)
class Limit:
    """Fields of a task at a limit, and one over it; where the refusal says what."""

    name: str
    at: dict[str, Any]
    over: dict[str, Any]
    where: str
    says: str

    def __str__(self):
        return self.name


def text(name: str, most: int, *, says: str = "") -> Limit:
    at, over = "ä" * most, "ä" * (most + 1)
    said = says or f"at most {most:,} characters; these are {most + 1:,}."
    return Limit(name, {name: at}, {name: over}, f"task.{name}", said)


def several(name: str, most: int, one: Any) -> Limit:
    at = {name: [one(n) for n in range(most)]}
    over = {name: [one(n) for n in range(most + 1)]}
    return Limit(
        name, at, over, f"task.{name}", f"At most {most} are allowed; these are {most + 1}."
    )


def file(**fields):
    return task_pb2.Attachment(**{"name": "a.txt", **fields})


LIMITS = [
    text("title", 200, says="Write 1 to 200 characters; these are 201."),
    text("description", 10_000),
    text("project", 100),
    Limit(
        "estimate", {"estimate_minutes": 525_600}, {"estimate_minutes": 525_601},
        "task.estimate_minutes", "Give 1 to 525,600 minutes.",
    ),
    Limit(
        "shortest estimate", {"estimate_minutes": 1}, {"estimate_minutes": 0},
        "task.estimate_minutes", "Give 1 to 525,600 minutes.",
    ),
    several("tags", 20, lambda n: f"tag {n}"),
    Limit(
        "length of a tag", {"tags": ["a", "x" * 40]}, {"tags": ["a", "x" * 41]}, "task.tags[1]",
        "Write 1 to 40 characters; these are 41.",
    ),
    Limit(
        "shortest tag", {"tags": ["x"]}, {"tags": [" "]}, "task.tags[0]", "Write 1 to 40 characters"
    ),
    several("criteria", 30, lambda n: task_pb2.Criterion(text=f"It does {n}")),
    Limit(
        "length of a criterion",
        {"criteria": [task_pb2.Criterion(text="x" * 500)]},
        {"criteria": [task_pb2.Criterion(text="x" * 501)]},
        "task.criteria[0].text", "Write 1 to 500 characters; these are 501.",
    ),
    several("attachments", 50, lambda n: file(name=f"{n}.txt")),
    Limit(
        "length of a file's name", {"attachments": [file(name="x" * 255)]},
        {"attachments": [file(name="x" * 256)]}, "task.attachments[0].name",
        "Write 1 to 255 characters; these are 256.",
    ),
    Limit(
        "length of an address", {"attachments": [file(url="x" * 2_000)]},
        {"attachments": [file(url="x" * 2_001)]}, "task.attachments[0].url",
        "at most 2,000 characters; these are 2,001.",
    ),
    Limit(
        "size of a file", {"attachments": [file(size_bytes=2**53)]},
        {"attachments": [file(size_bytes=2**53 + 1)]}, "task.attachments[0].size_bytes",
        "Give the size in bytes.",
    ),
    Limit(
        "type", {"type": "refactor"}, {"type": "dream"}, "task.type",
        "Choose one of bug, docs, feature, hotfix, meeting, refactor, research, task, test.",
    ),
    Limit(
        "priority", {"priority": task_pb2.TASK_PRIORITY_URGENT}, {"priority": 9},
        "task.priority", "Choose low, medium, high or urgent.",
    ),
    Limit(
        "repeats", {"repeats": task_pb2.REPEAT_AFTER_COMPLETION, "recurrence": "FREQ=DAILY",
        "deadline": Timestamp(seconds=1_900_000_000)}, {"repeats": 9}, "task.repeats",
        "Choose on schedule or after completion.",
    ),
    Limit(
        "last deadline", {"deadline": LAST}, {"deadline": Timestamp(seconds=LAST.seconds + 1)},
        "task.deadline", "Give a time of the years 1 to 9999.",
    ),
    Limit(
        "first start", {"start": FIRST}, {"start": Timestamp(seconds=FIRST.seconds - 1)},
        "task.start", "Give a time of the years 1 to 9999.",
    ),
    Limit(
        "recurrence", {"recurrence": "FREQ=WEEKLY;BYDAY=MO",
        "deadline": Timestamp(seconds=1_900_000_000)}, {"recurrence": "FREQ=SECONDLY"},
        "task.recurrence", "",
    ),
    Limit(
        "control characters", {"title": "Ünï ☂ 🚀"}, {"title": "a\x07b"}, "task.title",
        "Leave out control characters",
    ),
]  # fmt: skip


async def nothing_is_there(world):
    listed = await world.tasks.ListTasks(pb.ListTasksRequest(), actor=OWNER)
    return not listed.tasks and not any(each.HasField("task") for each in await world.events())


async def refused(call):
    with pytest.raises(Invalid) as caught:
        await call
    return caught.value


def said(error, where):
    return next(fault.detail for fault in error.violations if fault.field == where)


@pytest.mark.parametrize("limit", LIMITS, ids=str)
async def test_a_task_may_be_at_its_limit_and_not_over_it(world, limit):
    before = len(await world.events())

    error = await refused(world.create(task(**limit.over)))
    assert reasons(error) == ("FIELDS_INVALID", [limit.where])
    assert limit.says in said(error, limit.where)
    assert len(await world.events()) == before

    made = (await world.create(task(**limit.at))).task
    for name, value in limit.at.items():
        shown = getattr(await world.get(made.name), name)
        assert (list(shown) if isinstance(value, list) else shown) == value
    error = await refused(world.update(made.name, **limit.over))
    assert reasons(error) == ("FIELDS_INVALID", [limit.where])
    assert await world.get(made.name) == made


@pytest.fixture
async def crowd(world):
    """Fifty-one people."""
    return [OWNER, *[await world.person(f"Person {n}") for n in range(50)]]


async def test_a_task_has_at_most_twenty_assignees_and_fifty_watchers(world, crowd):
    over = task(to=crowd[:21], watchers=[ref(each) for each in crowd[:51]])
    error = await refused(world.create(over))
    assert reasons(error) == ("FIELDS_INVALID", ["task.assignees", "task.watchers"])
    assert said(error, "task.assignees") == "At most 20 are allowed; these are 21."
    assert said(error, "task.watchers") == "At most 50 are allowed; these are 51."

    made = await world.create(task(to=crowd[:20], watchers=[ref(each) for each in crowd[:50]]))
    assert (len(made.task.assignees), len(made.task.watchers)) == (20, 50)


async def test_a_task_waits_for_at_most_fifty_others(world):
    names = []
    for start in (0, 26):
        many = [pb.NewTask(task=task(f"Task {start + n}")) for n in range(26)]
        request = pb.BatchCreateTasksRequest(tasks=many, request_id=new_id())
        made = await world.tasks.BatchCreateTasks(request, actor=OWNER)
        names += [task_pb2.TaskRef(name=each.name) for each in made.tasks]

    error = await refused(world.create(task(depends_on=names[:51])))
    assert reasons(error) == ("FIELDS_INVALID", ["task.depends_on"])
    assert said(error, "task.depends_on") == "At most 50 are allowed; these are 51."
    made = await world.create(task(depends_on=names[:50]))
    assert len(made.task.depends_on) == 50


async def whole_with(world, parts: int):
    new = pb.NewTask(task=task("Whole"), subtasks=[f"Part {n}" for n in range(parts)])
    request = pb.BatchCreateTasksRequest(tasks=[new], request_id=new_id())
    return (await world.tasks.BatchCreateTasks(request, actor=OWNER)).tasks[0]


async def test_a_task_has_at_most_a_hundred_subtasks(world):
    error = await refused(whole_with(world, 101))
    assert reasons(error) == ("FIELDS_INVALID", ["tasks[0].subtasks"])
    assert await nothing_is_there(world)

    whole = await whole_with(world, 99)
    link = task_pb2.TaskRef(name=whole.name)
    two = [pb.NewTask(task=task(f"More {n}", parent=link)) for n in range(2)]
    error = await refused(
        world.tasks.BatchCreateTasks(
            pb.BatchCreateTasksRequest(tasks=two, request_id=new_id()), actor=OWNER
        )
    )
    assert reasons(error) == ("LINK_INVALID", ["tasks[1].task.parent"])
    assert said(error, "tasks[1].task.parent").endswith("has 100 subtasks, the limit.")

    await world.create(task("The hundredth", parent=link))
    error = await refused(world.create(task("One more", parent=link)))
    assert reasons(error) == ("LINK_INVALID", ["task.parent"])
    other = (await world.create("Another")).task
    error = await refused(world.update(other.name, parent=link))
    assert reasons(error) == ("LINK_INVALID", ["task.parent"])
    assert len((await world.get(whole.name)).subtasks) == 100


async def test_many_do_not_become_more_than_a_hundred_subtasks(world):
    whole = await whole_with(world, 99)
    names = [(await world.create(title)).task.name for title in ("One", "Two")]
    request = pb.BatchUpdateTasksRequest(
        names=names,
        task=task_pb2.Task(parent=task_pb2.TaskRef(name=whole.name)),
        update_mask=FieldMask(paths=["parent"]),
        request_id=new_id(),
    )

    error = await refused(world.tasks.BatchUpdateTasks(request, actor=OWNER))

    assert reasons(error) == ("BATCH_REFUSED", ["names[1]"])
    assert len((await world.get(whole.name)).subtasks) == 99


async def test_subtasks_are_one_level_deep(world):
    whole = await whole_with(world, 1)
    part = task_pb2.TaskRef(name=whole.subtasks[0].name)
    other = (await world.create("Other")).task

    below = await refused(world.create(task("Below", parent=part)))
    above = await refused(world.update(whole.name, parent=task_pb2.TaskRef(name=other.name)))
    itself = await refused(world.update(other.name, parent=task_pb2.TaskRef(name=other.name)))

    for error in (below, above, itself):
        assert reasons(error) == ("LINK_INVALID", ["task.parent"])
    assert "one level is the limit" in said(below, "task.parent")
    assert "one level is the limit" in said(above, "task.parent")
    assert said(itself, "task.parent") == "A task can't be a part of itself."


async def test_a_comment_has_at_most_five_thousand_characters(world):
    made = (await world.create("Talk")).task

    def comment(length):
        return world.comments.CreateComment(
            comments_pb.CreateCommentRequest(
                parent=made.name, comment={"text": "ä" * length}, request_id=new_id()
            ),
            actor=OWNER,
        )

    error = await refused(comment(5_001))
    empty = await refused(comment(0))
    kept = await comment(5_000)

    assert reasons(error) == ("FIELDS_INVALID", ["comment.text"])
    assert "5,000" in said(error, "comment.text")
    assert reasons(empty)[1] == ["comment.text"]
    assert len(kept.comment.text) == 5_000


@pytest.mark.parametrize(
    ("command", "name", "most"),
    [
        ("Submit", "notes", 5_000),
        ("Approve", "note", 5_000),
        ("Reject", "feedback", 5_000),
        ("Cancel", "reason", 1_000),
        ("Hold", "reason", 1_000),
    ],
)
async def test_what_is_said_with_a_command_has_a_limit(world, command, name, most):
    made = (await world.create("Work")).task
    if command in ("Approve", "Reject"):
        await world.do("Submit", made.name)
    before = await world.get(made.name)

    error = await refused(world.do(command, made.name, **{name: "ä" * (most + 1)}))
    assert reasons(error) == ("FIELDS_INVALID", [name])
    assert f"at most {most:,} characters" in said(error, name)
    assert await world.get(made.name) == before

    assert (await world.do(command, made.name, **{name: "ä" * most})).act


async def test_a_batch_has_at_most_a_hundred_tasks(world):
    def create(many):
        tasks = [pb.NewTask(task=task(f"Task {n}")) for n in range(many)]
        request = pb.BatchCreateTasksRequest(tasks=tasks, request_id=new_id())
        return world.tasks.BatchCreateTasks(request, actor=OWNER)

    for many in (0, 101):
        assert reasons(await refused(create(many))) == ("FIELDS_INVALID", ["tasks"])
    assert await nothing_is_there(world)
    assert len((await create(100)).tasks) == 100


async def test_all_that_is_wrong_is_told_at_once_whoever_finds_it(world):
    stranger = [task_pb2.TaskRef(name="workspaces/1/tasks/998")]
    over = task(
        "",
        to=[OWNER, 999],
        description="x" * 10_001,
        priority=9,
        estimate_minutes=0,
        tags=["x" * 41],
        type="dream",
        depends_on=stranger,
        parent=stranger[0],
        watchers=[ref(997)],
    )
    wrong = [
        "description",
        "priority",
        "estimate_minutes",
        "tags[0]",
        "type",
        "assignees[1]",
        "watchers[0]",
        "parent",
        "depends_on[0]",
    ]

    created = await refused(world.create(over))
    assert created.reason == "FIELDS_INVALID"
    assert sorted(reasons(created)[1]) == sorted(f"task.{name}" for name in ["title", *wrong])

    batch = pb.BatchCreateTasksRequest(
        tasks=[pb.NewTask(task=task("Good")), pb.NewTask(task=over), pb.NewTask(task=task(""))],
        request_id=new_id(),
    )
    together = await refused(world.tasks.BatchCreateTasks(batch, actor=OWNER))
    assert sorted(reasons(together)[1]) == sorted(
        [*(f"tasks[1].task.{name}" for name in ["title", *wrong]), "tasks[2].task.title"]
    )
    assert await nothing_is_there(world)

    made = (await world.create("Before")).task
    request = pb.UpdateTaskRequest(
        task=over, update_mask=FieldMask(paths=[n.split("[")[0] for n in wrong])
    )
    request.task.name = made.name
    request.request_id = new_id()
    changed = await refused(world.tasks.UpdateTask(request, actor=OWNER))
    assert sorted(reasons(changed)[1]) == sorted(f"task.{name}" for name in wrong)
    assert await world.get(made.name) == made


async def test_a_refused_request_takes_no_number(world):
    await refused(world.create(task("", to=[999])))
    await refused(whole_with(world, 101))

    assert (await world.create("The first")).task.name == "workspaces/1/tasks/1"
