"""Random commands by random people against the real store, beside a small model of it.

After each step the store has to have answered as the model says (done, or refused for want of a
right or for the state), and to show every task as the model has it; at the end the log agrees with
the state. The model knows the product's rules from its description, not from the store's code.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from boss.task.v1 import task_pb2
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from services.runtime.errors import Conflict, Forbidden
from services.task.verify import verify
from tests.integration.task.conftest import running
from tests.integration.task.world import OWNER, World, number, ref, task

PEOPLE = ("owner", "dana", "lea", "ana", "mia", "guest")
CHIEFS = {"owner", "dana"}
DEPARTMENT = {"ana": "dev", "lea": "dev", "mia": "design"}
LEADS = {"lea": "dev"}
OPEN = {"pending", "in_progress", "blocked", "on_hold", "in_review", "needs_revision"}
STARTS = {"pending", "needs_revision", "on_hold", "blocked"}
AT_WORK = {"pending", "in_progress", "needs_revision"}

# command: (from, to, already, right); None: back to where it was
COMMANDS = {
    "Start": (STARTS, "in_progress", {"in_progress"}, "work"),
    "Submit": (AT_WORK, "in_review", {"in_review"}, "work"),
    "Approve": ({"in_review"}, "completed", {"completed"}, "approve"),
    "Reject": ({"in_review"}, "needs_revision", {"needs_revision"}, "approve"),
    "Complete": (OPEN, "completed", {"completed"}, "approve"),
    "Cancel": (OPEN, "cancelled", {"cancelled"}, "change"),
    "Block": (AT_WORK, "blocked", {"blocked"}, "work"),
    "Unblock": ({"blocked"}, None, AT_WORK, "work"),
    "Hold": (OPEN - {"on_hold"}, "on_hold", {"on_hold"}, "work"),
    "Resume": ({"on_hold"}, None, OPEN - {"on_hold"}, "work"),
    "Reopen": ({"completed", "cancelled"}, "pending", OPEN, "approve"),
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """A task as the model has it; one assignee at most, as marks are tested elsewhere."""

    title: str
    creator: str
    assignee: str | None
    status: str = "pending"
    priority: int = 2
    returns_to: str = "pending"
    revisions: int = 0
    reopened: int = 0


@dataclass
class Model:
    tasks: dict[str, Known] = field(default_factory=dict)
    # What each person may take back: the task, what it was, what it became.
    acts: dict[str, list[tuple[str, Known | None, Known]]] = field(default_factory=dict)

    def may(self, who: str, right: str, known: Known) -> bool:
        if who in CHIEFS:
            return True
        holder = known.assignee or known.creator
        led = who in LEADS and DEPARTMENT.get(holder) == LEADS[who]
        if right == "approve":
            return led and holder != who
        if right == "work":
            return who != "guest" and (led or holder == who)
        return who != "guest" and (led or (known.creator == who and holder == who))

    def may_assign(self, who: str, to: str | None) -> bool:
        return (
            to is None
            or who in CHIEFS
            or to == who
            or (who in LEADS and DEPARTMENT.get(to) == LEADS[who])
        )


class Store(RuleBasedStateMachine):
    """The store in its loop and the people in it; the test gives them to a subclass."""

    world: World
    loop: asyncio.AbstractEventLoop
    ids: Mapping[str, int]

    def __init__(self):
        super().__init__()
        self.model = Model()

    def ask(self, coroutine):
        """The answer, or the kind of refusal."""
        try:
            return self.loop.run_until_complete(coroutine)
        except (Forbidden, Conflict) as error:
            return type(error)

    def pick(self, data):
        return data.draw(st.sampled_from(sorted(self.model.tasks)))

    def done(self, who, name, after):
        before = self.model.tasks[name]
        self.model.tasks[name] = after
        self.model.acts.setdefault(who, []).append((name, before, after))

    @rule(who=st.sampled_from(PEOPLE), to=st.sampled_from([None, "ana", "mia", "lea"]))
    def create(self, who, to):
        assigned = [self.ids[to]] if to else []
        answer = self.ask(self.world.create(task("New", to=assigned), by=self.ids[who]))
        if who == "guest":
            assert answer is Forbidden
            return
        holder = to if self.model.may_assign(who, to) else None
        made = Known("New", who, holder)
        self.model.tasks[answer.task.name] = made
        self.model.acts.setdefault(who, []).append((answer.task.name, None, made))
        assert [number(each.name) for each in answer.task.suggested] == (
            [self.ids[to]] if to and holder is None else []
        )
        self.same(answer.task.name)

    @precondition(lambda self: self.model.tasks)
    @rule(who=st.sampled_from(PEOPLE), priority=st.integers(1, 4), data=st.data())
    def edit(self, who, priority, data):
        name = self.pick(data)
        known = self.model.tasks[name]
        answer = self.ask(self.world.update(name, by=self.ids[who], priority=priority))
        if not self.model.may(who, "change", known):
            assert answer is Forbidden
        elif known.priority != priority:
            self.done(who, name, replace(known, priority=priority))
        self.same(name)

    @precondition(lambda self: self.model.tasks)
    @rule(who=st.sampled_from(PEOPLE), to=st.sampled_from(["ana", "mia", "lea"]), data=st.data())
    def assign(self, who, to, data):
        name = self.pick(data)
        known = self.model.tasks[name]
        people = [task_pb2.Assignee(person=ref(self.ids[to]))]
        answer = self.ask(self.world.update(name, by=self.ids[who], assignees=people))
        if not self.model.may(who, "change", known):
            assert answer is Forbidden
        elif known.assignee != to:
            if self.model.may_assign(who, to):
                self.done(who, name, replace(known, assignee=to))
            else:
                assert answer is Forbidden
        self.same(name)

    @precondition(lambda self: self.model.tasks)
    @rule(who=st.sampled_from(PEOPLE), command=st.sampled_from(sorted(COMMANDS)), data=st.data())
    def command(self, who, command, data):
        name = self.pick(data)
        known = self.model.tasks[name]
        sources, to, already, right = COMMANDS[command]
        answer = self.ask(self.world.do(command, name, by=self.ids[who]))
        if not self.model.may(who, right, known):
            assert answer is Forbidden
        elif known.status in already:
            assert answer.act == ""
        elif known.status not in sources:
            assert answer is Conflict
        else:
            kept = known.status if command in {"Block", "Hold"} else "pending"
            self.done(
                who,
                name,
                replace(
                    known,
                    status=to or known.returns_to,
                    returns_to=kept,
                    revisions=known.revisions + (command == "Reject"),
                    reopened=known.reopened + (command == "Reopen"),
                ),
            )
        self.same(name)

    @precondition(lambda self: self.model.acts)
    @rule(data=st.data())
    def undo(self, data):
        """Nobody else has touched the task since: it is as it was before, and again after."""
        who = data.draw(st.sampled_from(sorted(self.model.acts)))
        name, before, after = self.model.acts[who][-1]
        if before is None or self.model.tasks[name] != after or self.others(who, name):
            return
        assert self.loop.run_until_complete(self.world.undo(by=self.ids[who])).tasks[0].name == name
        self.model.tasks[name] = before
        self.same(name)
        self.loop.run_until_complete(self.world.redo(by=self.ids[who]))
        self.model.tasks[name] = after
        self.same(name)

    def others(self, who, name):
        return any(
            each[0] == name
            for other, acts in self.model.acts.items()
            if other != who
            for each in acts
        )

    def same(self, name):
        known = self.model.tasks[name]
        shown = self.loop.run_until_complete(self.world.get(name))
        held = [number(each.person.name) for each in shown.assignees]
        assert task_pb2.TaskStatus.Name(shown.status) == f"TASK_STATUS_{known.status.upper()}"
        assert (shown.title, shown.priority) == (known.title, known.priority)
        assert held == ([self.ids[known.assignee]] if known.assignee else [])
        assert (shown.revision_count, shown.reopen_count) == (known.revisions, known.reopened)

    def teardown(self):
        assert self.loop.run_until_complete(verify(self.world.database)).good


def test_the_store_is_as_the_model_says(task_settings):
    loop = asyncio.new_event_loop()
    try:
        context = running(task_settings)
        world = loop.run_until_complete(context.__aenter__())
        try:
            ids = loop.run_until_complete(people(world))
            run_state_machine_as_test(
                type("Running", (Store,), {"world": world, "loop": loop, "ids": ids}),
                settings=settings(
                    max_examples=12,
                    stateful_step_count=20,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            loop.run_until_complete(context.__aexit__(None, None, None))
    finally:
        loop.close()


async def people(world):
    """Everybody, by the names of the model."""
    return {
        "owner": OWNER,
        "dana": await world.person("Dana", "BOSS"),
        "lea": await world.person("Lea", "LEAD", leads=["dev"], department="dev"),
        "ana": await world.person("Ana", department="dev"),
        "mia": await world.person("Mia", department="design"),
        "guest": await world.person("Gus", "GUEST"),
    }
