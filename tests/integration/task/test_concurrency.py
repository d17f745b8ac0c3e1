"""Thirty-two people, each on a connection of their own to one of two replicas, at five tasks.

Whatever they do at once, nothing that was acknowledged is lost, what counts has counted each time,
and the database's own troubles (deadlocks, writes that meet) reach nobody.
"""

import asyncio
import json
import random
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

import pytest
import sqlalchemy as sa
from boss.task.v1 import comment_pb2, task_pb2
from boss.task.v1 import comment_service_pb2 as comments_pb
from boss.task.v1 import comment_service_pb2_grpc as comments_rpc
from boss.task.v1 import task_service_pb2 as pb
from boss.task.v1 import task_service_pb2_grpc as rpc
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime.client import Peer
from services.runtime.database import Hot
from services.runtime.errors import Conflict, Invalid, Stale
from services.task.model import FOLLOWING
from services.task.verify import verify
from tests.integration.task.conftest import running
from tests.integration.task.world import OWNER, World, new_id, number, ref, task

WRITERS, TASKS, TURNS = 32, 5, 10
NEXT_YEAR = 1_800_000_000
# A call is made once, and has time on a machine that does much else: what a caller is told counts.
NEVER_AGAIN = ("boss.task.v1.TaskService/", "boss.task.v1.CommentService/")
PATIENCE = dict.fromkeys(
    [
        method
        for of, service in ((pb, "TaskService"), (comments_pb, "CommentService"))
        for method in of.DESCRIPTOR.services_by_name[service].methods_by_name
    ],
    25.0,
)
# Each change of a task, in the order in which they were made.
LOG = Hot(
    "changes_of_tasks",
    sa.text(
        """
SELECT act, task_number, actor_id, changed, coalesce(before, '{}')::text AS before,
    after::text AS after
FROM task.events WHERE task_number IS NOT NULL AND after IS NOT NULL ORDER BY id
"""
    ),
)
COMMANDS = (
    "Start",
    "Submit",
    "Approve",
    "Complete",
    "Cancel",
    "Block",
    "Unblock",
    "Hold",
    "Resume",
)
SAID = {"Block": {"reason": "Parts"}, "Hold": {"reason": "Later"}}
COUNTING = ("counted", "delayed", "delayed_twice", "commented", "sent_back", "reopened")
UNDOING = ("undo", "undo", "edit", "command")
EVERYBODY = ("edit", "edit", "assign", "link", "command")


@dataclass
class Writer:
    """Somebody who does whatever comes to mind, by a seed, and keeps what was acknowledged."""

    world: World
    other: World  # the same person at the other replica
    person: int
    seed: int
    tasks: list[str]
    people: list[int]
    # Of each act what it did: the task, and the fields with their new values where it set some.
    acts: dict[str, tuple[int, dict[str, object]]] = field(default_factory=dict)
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)

    def __post_init__(self):
        self.chance = random.Random(self.seed)  # noqa: S311 -- no secret

    @property
    def undoes(self):
        """Who takes acts back does nothing that is counted."""
        return self.seed % 4 == 0

    async def live(self):
        for turn in range(TURNS):
            kinds = EVERYBODY + (UNDOING if self.undoes else COUNTING)
            kind = self.chance.choice(kinds)
            await getattr(self, kind)(self.chance.choice(self.tasks), turn)

    def note(self, answer, name, **fields):
        if answer.act:
            self.acts[answer.act] = (number(name), fields)

    async def edit(self, name, turn):
        """One field, without having read the task: nobody may be in the way of that."""
        value = f"{self.person} {turn}"
        fields = self.chance.choice(
            [{"title": f"Title {value}"}, {"project": value}, {"tags": [value]}, {"priority": 3}]
        )
        self.note(await self.world.update(name, by=self.person, **fields), name, **fields)

    async def assign(self, name, _):
        chosen = self.chance.sample(self.people, 2)
        people = [task_pb2.Assignee(person=ref(each)) for each in chosen]
        self.note(await self.world.update(name, by=self.person, assignees=people), name)

    async def link(self, name, _):
        """To other ones of the five; what would make a circle is refused."""
        others = [each for each in self.tasks if each != name]
        links = [task_pb2.TaskRef(name=each) for each in self.chance.sample(others, 2)]
        try:
            self.note(await self.world.update(name, by=self.person, depends_on=links), name)
        except Invalid as error:
            self.refusals[error.reason] += 1

    async def command(self, name, _):
        command = self.chance.choice(COMMANDS)
        await self.tried(command, name)

    async def tried(self, command, name, **said):
        said = said or SAID.get(command, {})
        try:
            answer = await self.world.do(command, name, by=self.person, **said)
        except Conflict as error:
            self.refusals[error.reason] += 1
            return False
        self.note(answer, name)
        return bool(answer.act)

    async def sent_back(self, name, _):
        await self.tried("Submit", name)
        done = await self.tried("Reject", name, feedback="Not yet")
        self.counts["revised", number(name)] += done

    async def reopened(self, name, _):
        done = await self.tried("Reopen", name, reason="Again")
        self.counts["reopened", number(name)] += done

    async def undo(self, *_):
        try:
            answer = await self.world.undo(by=self.person)
        except Conflict as error:
            self.refusals[error.reason] += 1
        else:
            self.note(answer, answer.tasks[0].name)

    async def counted(self, name, _):
        """One more than was read: the etag sees to it that nobody else has counted meanwhile."""
        read = await self.world.get(name, by=self.person)
        following = str(int(read.description) + 1)
        try:
            answer = await self.world.update(
                name, by=self.person, etag=read.etag, description=following
            )
        except Stale as error:
            self.refusals[error.reason] += 1
        else:
            self.note(answer, name, description=following)
            self.counts["counted", number(name)] += 1

    async def delayed(self, name, turn, *, twice=False):
        request = pb.DelayTaskRequest(
            name=name,
            reason="Parts",
            deadline=Timestamp(seconds=NEXT_YEAR + self.seed * 1_000 + turn),
            request_id=new_id(),
        )
        replicas = (self.world, self.other) if twice else (self.world,)
        try:
            answers = await asyncio.gather(
                *(each.tasks.DelayTask(request, actor=self.person) for each in replicas)
            )
        except Conflict as error:
            self.refusals[error.reason] += 1
            return
        assert len({answer.act for answer in answers}) == 1
        self.note(answers[0], name)
        self.counts["delayed", number(name)] += 1

    async def delayed_twice(self, name, turn):
        """One request that both replicas get at once is one act."""
        await self.delayed(name, turn, twice=True)

    async def commented(self, name, turn):
        comment = comment_pb2.Comment(text=f"{self.person} {turn}")
        request = comments_pb.CreateCommentRequest(
            parent=name, comment=comment, request_id=new_id()
        )
        await self.world.comments.CreateComment(request, actor=self.person)
        self.counts["commented", number(name)] += 1


@pytest.fixture
async def replicas(task_settings):
    # A connection for each writer: what it is about is who waits in the database.
    settings = task_settings.replace(db_pool_size=2 * 2 * WRITERS, db_max_overflow=0)
    patient = partial(running, settings, deadlines=PATIENCE)
    async with patient() as one, patient() as two:
        yield settings, (one, two)


@pytest.fixture
async def writers(replicas):
    settings, worlds = replicas
    people = [await worlds[0].person(f"Person {n}", "BOSS") for n in range(WRITERS)]
    tasks = [
        (await worlds[0].create(task(f"Task {n}", description="0"))).task.name for n in range(TASKS)
    ]
    async with AsyncExitStack() as opened:

        def connect(world):
            peer = Peer(world.address, service="gateway", settings=settings, once=NEVER_AGAIN)
            opened.push_async_callback(peer.close)
            found = World(peer, world.database, world.address)
            found.tasks = peer.stub(rpc.TaskServiceStub, PATIENCE)
            found.comments = peer.stub(comments_rpc.CommentServiceStub, PATIENCE)
            return found

        yield [
            Writer(
                world=connect(worlds[seed % 2]),
                other=connect(worlds[1 - seed % 2]),
                person=person,
                seed=seed,
                tasks=tasks,
                people=people,
            )
            for seed, person in enumerate(people)
        ]


async def test_nothing_that_was_acknowledged_to_many_at_once_is_lost(replicas, writers):
    _, (one, two) = replicas

    await asyncio.gather(*(writer.live() for writer in writers))

    await one.events()  # once all have their position
    assert (await verify(one.database)).good
    log = [Told.of(row) for row in await one.database.hot_rows(LOG)]
    assert overwritten(log) == []
    assert untold(writers, log) == []
    shown = [await one.get(name) for name in writers[0].tasks]
    assert [await two.get(each.name) for each in shown] == shown
    assert [counted(each) for each in shown] == [acknowledged(writers, each) for each in shown]
    assert [await comments(one, each) for each in shown] == [
        sum(writer.counts["commented", number(each.name)] for writer in writers) for each in shown
    ]
    assert circles(shown) == []


@dataclass(frozen=True)
class Told:
    """A change of a task, as the log has it."""

    act: str
    task: int
    actor: int
    changed: frozenset[str]
    before: dict[str, object]
    after: dict[str, object]

    @classmethod
    def of(cls, row):
        return cls(
            act=str(row["act"]),
            task=row["task_number"],
            actor=row["actor_id"],
            changed=frozenset(row["changed"]),
            before=json.loads(row["before"]),
            after=json.loads(row["after"]),
        )


def overwritten(log):
    """Where a change does not build on the one before it, but on an earlier state of the task."""
    found, last = [], {}
    for told in log:
        former = last.get(told.task, {})
        for name, value in former.items():
            if name in FOLLOWING or name == "assignees":
                continue
            basis = told.before[name] if name in told.changed else told.after[name]
            if basis != value:
                found.append((told.act, name, value, basis))
        people = [each["person"] for each in former.get("assignees", ())]
        if former and "assignees" in told.changed and told.before["assignees"] != people:
            found.append((told.act, "assignees", people, told.before["assignees"]))
        last[told.task] = told.after
    return found


def untold(writers, log):
    """The acknowledged acts that the log does not have as they were meant."""
    acts = {(told.act, told.task): told for told in log}
    found = []
    for writer in writers:
        for act, (task_number, fields) in writer.acts.items():
            told = acts.get((act, task_number))
            if told is None or told.actor != writer.person:
                found.append((act, "not told"))
            elif any(told.after[name] != value for name, value in fields.items()):
                found.append((act, fields))
    return found


def counted(shown):
    return {
        "counted": int(shown.description),
        "delayed": shown.delay_count,
        "revised": shown.revision_count,
        "reopened": shown.reopen_count,
    }


def acknowledged(writers, shown):
    kinds = ("counted", "delayed", "revised", "reopened")
    return {kind: sum(w.counts[kind, number(shown.name)] for w in writers) for kind in kinds}


async def comments(world, shown):
    request = comments_pb.ListCommentsRequest(parent=shown.name)
    return (await world.comments.ListComments(request, actor=OWNER)).total_size


def circles(tasks):
    """The tasks that wait for themselves in the end."""
    waits = {each.name: {ref.name for ref in each.depends_on} for each in tasks}

    def reached(name, known):
        for following in waits[name] - known:
            known |= {following} | reached(following, known | {following})
        return known

    return [name for name in waits if name in reached(name, set())]
