"""Random histories by many at once: log and state agree, and no history is a defect."""

import asyncio
import random

import pytest
from boss.task.v1 import event_pb2, task_pb2
from boss.task.v1 import participation_service_pb2 as steps_pb
from boss.task.v1 import task_service_pb2 as pb

from services.runtime.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from services.task import events as events_of
from services.task.convert.events import event_to_proto
from services.task.verify import verify
from tests.integration.task.world import OWNER, new_id, ref, task

REFUSALS = (Conflict, Forbidden, Invalid, NotFound, Stale)
COMMANDS = ["Start", "See", "Submit", "Approve", "Reject", "Complete", "Cancel", "Delete"]
WORKERS, TURNS = 6, 25


class Person:
    """Somebody who does whatever comes to mind, by a seed."""

    def __init__(self, world, number, everybody, seed):
        self.world, self.number, self.everybody = world, number, everybody
        self.chance = random.Random(seed)  # noqa: S311 -- no secret
        self.acts = [""]

    async def act(self, names):
        """The answer to one try, None where it was refused, which is a part of life."""
        chance, world = self.chance, self.world
        name = chance.choice(names) if names else ""
        kind = chance.choice(
            ["create", "batch", "edit", "edit", "command", "command", "step", "undo", "redo"]
        )
        try:
            if kind == "create" or not name:
                answer = await world.create(self.something(names), by=self.number)
                names.append(answer.task.name)
            elif kind == "batch":
                new = [pb.NewTask(task=self.something(names), subtasks=["Part"]) for _ in range(2)]
                new[1].after.append(0)
                request = pb.BatchCreateTasksRequest(tasks=new, request_id=new_id())
                answer = await world.tasks.BatchCreateTasks(request, actor=self.number)
                names += [each.name for each in answer.tasks]
                names += [part.name for each in answer.tasks for part in each.subtasks]
            elif kind == "edit":
                answer = await world.update(name, by=self.number, **self.change(names))
            elif kind == "command":
                answer = await world.do(chance.choice(COMMANDS), name, by=self.number)
            elif kind == "step":
                answer = await self.step(name)
            elif kind == "undo":
                answer = await world.undo(chance.choice(self.acts[-3:]), by=self.number)
            else:
                answer = await world.redo(by=self.number)
        except REFUSALS:
            return None
        if getattr(answer, "act", ""):
            self.acts.append(answer.act)
        return answer

    async def step(self, name):
        step, fields = self.chance.choice(
            [
                ("WatchTask", {"watch": self.chance.random() < 0.5}),
                ("AcceptTask", {}),
                ("DeclineTask", {"reason": "On leave"}),
                ("AddAttachment", {"attachment": task_pb2.Attachment(name="a")}),
            ]
        )
        request = getattr(steps_pb, f"{step}Request")(name=name, request_id=new_id(), **fields)
        return await getattr(self.world.participation, step)(request, actor=self.number)

    def something(self, names):
        return task(
            f"Task {self.chance.randrange(100)}",
            to=self.chance.sample(self.everybody, self.chance.randrange(3)),
            requires_approval=self.chance.random() < 0.5,
            depends_on=self.links(names),
        )

    def change(self, names):
        chance = self.chance
        return chance.choice(
            [
                {"title": f"Title {chance.randrange(100)}"},
                {"priority": chance.randrange(1, 5), "tags": ["a"]},
                {"assignees": task(to=chance.sample(self.everybody, 2)).assignees},
                {"watchers": [ref(each) for each in chance.sample(self.everybody, 2)]},
                {"depends_on": self.links(names)},
                {"parent": (self.links(names) or [task_pb2.TaskRef()])[0]},
            ]
        )

    def links(self, names):
        many = min(len(names), self.chance.randrange(3))
        return [task_pb2.TaskRef(name=each) for each in self.chance.sample(names, many)]


@pytest.mark.parametrize("seed", range(3))
async def test_log_and_state_agree_whatever_many_do_at_once(world, seed):
    boss, lead = (
        await world.person("Dana", "BOSS"),
        await world.person("Lea", "LEAD", leads=["dev"]),
    )
    ana = await world.person("Ana", department="dev")
    everybody = [OWNER, boss, lead, ana]
    names: list[str] = []

    async def live(worker):
        person = Person(world, everybody[worker % 4], everybody, seed * 100 + worker)
        for _ in range(TURNS):
            await person.act(names)

    await asyncio.gather(*(live(worker) for worker in range(WORKERS)))

    report = await verify(world.database)
    told = await events_of.read(world.database, after=0, limit=100_000)
    events = [event_to_proto(each) for each in told]
    assert report.good, report
    assert len(events) > 50
    assert [event.position for event in events] == list(range(1, len(events) + 1))
    for name in names:
        await same_as_last_told(world, events, name)


async def same_as_last_told(world, events, name):
    """What is read of a task is what the last event of it told, references and etag too."""
    last = [event for event in events if event.task.name == name][-1].task
    try:
        assert await world.get(name) == last
    except NotFound:
        kinds = [event.type for event in events if event.task.name == name]
        assert 9 in kinds


@pytest.mark.parametrize("seed", range(3))
async def test_each_answer_is_what_is_read_right_after(world, seed):
    lead, ana = await world.person("Lea", "LEAD", leads=["dev"]), await world.person("Ana")
    everybody = [OWNER, lead, ana]
    people = [Person(world, each, everybody, seed * 10 + each) for each in everybody]
    names: list[str] = []

    answers = 0
    for turn in range(90):
        answer = await people[turn % 3 if turn % 2 else 0].act(names)
        for told in told_in(answer):
            answers += 1
            try:
                assert await world.get(told.name) == told
            except NotFound:
                assert await hidden(world, told.name)
    assert answers > 20


def told_in(answer):
    """The tasks that an answer shows."""
    if answer is None:
        return []
    return (
        answer.tasks
        if hasattr(answer, "tasks")
        else [answer.task]
        if hasattr(answer, "task")
        else []
    )


async def hidden(world, name):
    last = [each for each in await world.events() if each.task.name == name][-1]
    return last.type in {event_pb2.EVENT_TYPE_TASK_DELETED, event_pb2.EVENT_TYPE_TASK_CHANGED}
