"""Random histories of one person: each undo gives what was before, each redo what was after.

All that an undo covers is in them: tasks with their links, commands and deletions, people, the
workspace's settings, comments.
"""

import random

import pytest
from boss.task.v1 import comment_pb2, person_pb2, task_pb2
from boss.task.v1 import comment_service_pb2 as comments_pb
from boss.task.v1 import participation_service_pb2 as participation_pb
from boss.task.v1 import task_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime.errors import ServiceError
from services.task.schema import IMAGE
from services.task.verify import verify
from tests.integration.task.test_people import change
from tests.integration.task.world import OWNER, new_id, ref, task

ACTS = 20
# What says when and by whom a task came to be as it is moves with each act, undone or not.
FOLLOWING = {"updated_at", "status_since", "status_by", "deleted_at"}
COMMANDS = "Start Submit Approve Reject Complete Cancel Delete Block Unblock Hold Resume Reopen"
SAID = {
    "Reject": {"feedback": "No"},
    "Block": {"reason": "Waiting", "block_reason": task_pb2.BLOCK_REASON_EXTERNAL},
    "Hold": {"reason": "Later"},
    "Reopen": {"reason": "Again"},
}

SHOWN = f"""
SELECT number, {", ".join(sorted(set(IMAGE) - FOLLOWING))},
    (SELECT array_agg(ROW (person_id, mark) ORDER BY place) FROM task.task_assignees AS a
     WHERE a.workspace_id = tasks.workspace_id AND a.task_number = tasks.number) AS assignees,
    (SELECT array_agg(person_id ORDER BY place) FROM task.task_watchers AS w
     WHERE w.workspace_id = tasks.workspace_id AND w.task_number = tasks.number) AS watchers,
    (SELECT array_agg(on_number ORDER BY place) FROM task.task_dependencies AS d
     WHERE d.workspace_id = tasks.workspace_id AND d.task_number = tasks.number) AS depends_on
FROM task.tasks AS tasks WHERE workspace_id = 1 AND deleted_at IS NULL ORDER BY number
"""  # noqa: S608 -- column names of our own table
PEOPLE = """
SELECT display_name, aliases, role, department, leads, language, skills, status
FROM task.people WHERE workspace_id = 1 AND status <> 3 ORDER BY id
"""
WORKSPACE = "SELECT display_name, timezone, settings FROM task.workspaces WHERE id = 1"
COMMENTS = """
SELECT id, text, mentions FROM task.comments WHERE deleted_at IS NULL ORDER BY id
"""


async def state(world):
    """Everything that people see, but for when it last changed."""
    async with world.database.transaction() as connection:
        return [
            [tuple(map(str, row)) for row in await connection.exec_driver_sql(sql)]
            for sql in (SHOWN, PEOPLE, WORKSPACE, COMMENTS)
        ]


def differing(found, wanted):
    """The rows that are in one of two states alone."""
    pairs = zip(found, wanted, strict=True)
    return [sorted(set(one) ^ set(other)) for one, other in pairs if one != other]


class Boss:
    """Somebody who may do everything, and does whatever comes to mind, by a seed."""

    def __init__(self, world, seed, people):
        self.world, self.people = world, people
        self.chance = random.Random(seed)  # noqa: S311 -- no secret
        self.tasks, self.comments = [], []
        self.called = 0

    async def act(self):
        """Whether one try was an act; a refusal is a part of life."""
        kinds = ("create", "edit", "edit", "command", "command", "command", "batch", "bulk")
        kinds += ("person", "added", "settings", "comment", "retold", "unsaid", "delay", "watch")
        before = len(await self.world.acts())
        try:
            await getattr(self, self.chance.choice(kinds))()
        except (ServiceError, IndexError):
            return False
        return len(await self.world.acts()) > before

    async def create(self):
        links = self.some_tasks()
        made = await self.world.create(
            task(f"Task {self.next()}", to=self.some_people(), depends_on=links)
        )
        self.tasks.append(made.task.name)

    async def batch(self):
        new = [pb.NewTask(task=task(f"Task {self.next()}"), subtasks=["Part"]) for _ in range(2)]
        new[1].after.append(0)
        request = pb.BatchCreateTasksRequest(tasks=new, request_id=new_id())
        made = await self.world.tasks.BatchCreateTasks(request, actor=OWNER)
        self.tasks += [each.name for each in made.tasks]
        self.tasks += [part.name for each in made.tasks for part in each.subtasks]

    async def edit(self):
        chance = self.chance
        change = chance.choice(
            [
                {"title": f"Title {self.next()}", "priority": chance.randrange(1, 5)},
                {"assignees": task(to=self.some_people()).assignees},
                {"watchers": [ref(each) for each in self.some_people()]},
                {"depends_on": self.some_tasks()},
                {"parent": (self.some_tasks() or [task_pb2.TaskRef()])[0]},
                {"tags": ["a", "b"][: chance.randrange(3)], "requires_approval": False},
            ]
        )
        await self.world.update(chance.choice(self.tasks), **change)

    async def command(self):
        command = self.chance.choice(COMMANDS.split())
        await self.world.do(command, self.chance.choice(self.tasks), **SAID.get(command, {}))

    async def delay(self):
        self.called += 1
        deadline = Timestamp(seconds=1_900_000_000 + self.called)
        await self.world.do(
            "Delay", self.chance.choice(self.tasks), reason="Parts", deadline=deadline
        )

    async def bulk(self):
        request = pb.BatchUpdateTasksRequest(
            names=self.chance.sample(self.tasks, 2),
            task=task_pb2.Task(title=f"Title {self.next()}", tags=["bulk"]),
            update_mask=FieldMask(paths=["title", "tags"]),
            request_id=new_id(),
        )
        if self.chance.random() < 0.5:
            command = pb.BATCH_COMMAND_CANCEL
            request = pb.BatchUpdateTasksRequest(
                names=request.names, command=command, request_id=new_id(), skip_refused=True
            )
        await self.world.tasks.BatchUpdateTasks(request, actor=OWNER)

    async def watch(self):
        name = self.chance.choice(self.tasks)
        request = participation_pb.WatchTaskRequest(
            name=name, watch=self.chance.random() < 0.7, request_id=new_id()
        )
        await self.world.participation.WatchTask(request, actor=OWNER)

    async def person(self):
        chance = self.chance
        fields = chance.choice(
            [
                {"department": chance.choice(["dev", "design", ""])},
                {"role": chance.choice([person_pb2.ROLE_LEAD, person_pb2.ROLE_BOSS])},
                {"status": person_pb2.PERSON_STATUS_LEFT},
                {"aliases": [f"Alias {self.next()}"], "skills": ["sql"]},
            ]
        )
        await change(self.world, chance.choice(self.people), **fields)

    async def added(self):
        self.people.append(await self.world.person(f"Person {self.next()}"))

    async def settings(self):
        threshold = self.chance.randrange(100)
        departments = ["dev", "design", "sales"][: self.chance.randrange(2, 4)]
        await self.world.settle(review_threshold=threshold, departments=departments)

    async def comment(self):
        request = comments_pb.CreateCommentRequest(
            parent=self.chance.choice(self.tasks),
            comment=comment_pb2.Comment(text=f"Said {self.next()} @Owner"),
            request_id=new_id(),
        )
        made = await self.world.comments.CreateComment(request, actor=OWNER)
        self.comments.append(made.comment.name)

    async def retold(self):
        comment = comment_pb2.Comment(
            name=self.chance.choice(self.comments), text=f"Said {self.next()}"
        )
        request = comments_pb.UpdateCommentRequest(
            comment=comment, update_mask=FieldMask(paths=["text"]), request_id=new_id()
        )
        await self.world.comments.UpdateComment(request, actor=OWNER)

    async def unsaid(self):
        request = comments_pb.DeleteCommentRequest(
            name=self.chance.choice(self.comments), request_id=new_id()
        )
        await self.world.comments.DeleteComment(request, actor=OWNER)

    def next(self):
        self.called += 1
        return self.called

    def some_people(self):
        return self.chance.sample(self.people, self.chance.randrange(min(3, len(self.people))))

    def some_tasks(self):
        many = min(len(self.tasks), self.chance.randrange(3))
        return [task_pb2.TaskRef(name=each) for each in self.chance.sample(self.tasks, many)]


@pytest.mark.parametrize("seed", range(4))
async def test_undos_go_back_through_every_state_and_redos_forward(world, seed):
    people = [await world.person("Ana"), await world.person("Ben")]
    await world.settle(review_threshold=1)  # from now on all settings are written down
    boss = Boss(world, seed, people)
    for name in ("First", "Second"):
        boss.tasks.append((await world.create(name)).task.name)
    states = [await state(world)]
    while len(states) <= ACTS:
        if await boss.act():
            states.append(await state(world))

    back = []
    for _ in range(ACTS):
        await world.undo()
        back.append(await state(world))
    forth = []
    for _ in range(ACTS):
        await world.redo()
        forth.append(await state(world))
    again = []
    for _ in range(ACTS):
        await world.undo()
        again.append(await state(world))

    assert [differing(*pair) for pair in zip(back, states[-2::-1], strict=True)] == [[]] * ACTS
    assert [differing(*pair) for pair in zip(forth, states[1:], strict=True)] == [[]] * ACTS
    assert again == back
    assert (await verify(world.database)).good
