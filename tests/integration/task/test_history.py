"""Who did what, when and through what: of a task, a person, a workspace."""

import pytest
import sqlalchemy as sa
from boss.task.v1 import comment_pb2, event_pb2, task_pb2
from boss.task.v1 import comment_service_pb2 as comments_pb
from boss.task.v1 import history_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime.errors import Forbidden, Invalid, NotFound
from services.task import history as reads
from services.task.model import PersonId, TaskNumber, WorkspaceId
from services.task.rules.history import Question
from tests.integration.task.world import OWNER, new_id, reasons, ref, task

STRANGER = 2
CREATED, CHANGED, STARTED = 1, 2, 3
COMMENTED = event_pb2.EVENT_TYPE_COMMENT_CREATED
PERSON_CREATED = event_pb2.EVENT_TYPE_PERSON_CREATED


async def history(world, subject="", *, by=OWNER, **asked):
    request = pb.ListHistoryRequest(subject=subject, **asked)
    return await world.history.ListHistory(request, actor=by)


def types(found):
    return [each.type for each in found.events]


async def say(world, name, text, *, by=OWNER):
    request = comments_pb.CreateCommentRequest(
        parent=name, comment=comment_pb2.Comment(text=text), request_id=new_id()
    )
    return await world.comments.CreateComment(request, actor=by)


@pytest.fixture
async def lived(world):
    """A task with a life, and Ana who holds it."""
    ana = await world.person("Ana")
    made = (await world.create(task(to=[ana], description="x" * 5_000))).task
    await world.update(made.name, title="Mend the login")
    await world.do("Start", made.name, by=ana)
    await say(world, made.name, "Nearly", by=ana)
    await world.create("Something else")
    return made, ana


async def test_a_tasks_history_has_before_and_after_newest_first(world, lived):
    made, _ = lived

    found = await history(world, made.name)

    assert types(found) == [COMMENTED, STARTED, CHANGED, CREATED]
    said, started, changed, created = found.events
    assert said.comment.text == "Nearly"
    assert (said.actor.display_name, said.subject) == ("Ana", made.name)
    assert list(changed.changed.paths) == ["title"]
    assert (changed.task_before.title, changed.task.title) == ("Fix the login", "Mend the login")
    assert (started.task.status, started.task_before.status) == (2, 1)
    assert {created.act, changed.act, started.act} - {""}
    assert created.task.description == "x" * 5_000
    assert not changed.task.description
    positions = [each.position for each in found.events]
    assert positions == sorted(positions, reverse=True)
    assert found.as_of >= positions[0]
    oldest = await history(world, made.name, oldest_first=True)
    assert list(oldest.events) == list(reversed(found.events))


async def test_everybody_reads_a_tasks_history_and_their_own(world, lived):
    made, ana = lived
    gus = await world.person("Gus", "GUEST")

    assert len((await history(world, made.name, by=gus)).events) == 4
    own = await history(world, ref(ana).name, by=ana)
    assert types(own) == [COMMENTED, STARTED, PERSON_CREATED]
    assert own == await history(world, ref(ana).name)
    for by in (gus, await world.person("Lea", "LEAD", leads=["dev"])):
        for subject in (ref(ana).name, "", "workspaces/1"):
            with pytest.raises(Forbidden) as caught:
                await history(world, subject, by=by)
            assert caught.value.reason == "NOT_ALLOWED"
            assert "boss" in caught.value.message


async def test_bosses_read_the_workspaces_history_by_time_type_and_actor(world, lived):
    made, ana = lived
    dana = await world.person("Dana", "BOSS")
    everything = (await history(world, by=dana)).events

    assert everything == (await history(world, "workspaces/1")).events
    assert {each.workspace for each in everything} == {"workspaces/1"}
    by_ana = await history(world, actor=ref(ana).name)
    assert types(by_ana) == [COMMENTED, STARTED]
    some = await history(world, types=[CREATED, COMMENTED])
    assert types(some) == [CREATED, COMMENTED, CREATED]
    both = await history(world, types=[CREATED], actor=ref(ana).name)
    assert not both.events
    middle = next(each for each in everything if each.type == STARTED).time
    until = await history(world, made.name, end_time=middle)
    since = await history(world, made.name, start_time=middle)
    assert (types(until), types(since)) == ([CHANGED, CREATED], [COMMENTED, STARTED])
    long_ago = Timestamp(seconds=1)
    assert not (await history(world, end_time=long_ago)).events


@pytest.mark.parametrize("oldest_first", [False, True])
async def test_pages_give_everything_once(world, lived, oldest_first):
    made, ana = lived

    for subject in ("", made.name, ref(ana).name):
        whole = (await history(world, subject, oldest_first=oldest_first)).events
        parts, token = [], ""
        while True:
            page = await history(
                world, subject, oldest_first=oldest_first, page_size=2, page_token=token
            )
            parts += page.events
            assert len(page.events) <= 2
            token = page.next_page_token
            if not token:
                break
        assert parts == list(whole)


async def test_a_page_token_is_of_its_question(world, lived):
    made, _ = lived
    token = (await history(world, made.name, page_size=1)).next_page_token

    for asked in ({"page_token": "x"}, {"page_token": token, "oldest_first": True}):
        with pytest.raises(Invalid) as caught:
            await history(world, made.name, **asked)
        assert caught.value.reason == "PAGE_TOKEN_INVALID"
    with pytest.raises(Invalid):
        await history(world, page_token=token)


async def test_all_faults_of_a_question_are_told_at_once(world):
    bad = Timestamp(seconds=2**62)

    with pytest.raises(Invalid) as caught:
        await history(world, page_size=101, types=[999], start_time=bad, end_time=bad)

    fields = ["page_size", "types[0]", "start_time", "end_time"]
    assert reasons(caught.value) == ("FIELDS_INVALID", fields)
    early, late = Timestamp(seconds=1_000), Timestamp(seconds=2_000)
    with pytest.raises(Invalid) as caught:
        await history(world, start_time=late, end_time=early)
    assert reasons(caught.value) == ("FIELDS_INVALID", ["end_time"])
    with pytest.raises(Invalid) as caught:
        await history(world, "somewhere")
    assert reasons(caught.value) == ("NAME_INVALID", ["subject"])


async def test_what_is_deleted_has_its_history_for_bosses(world, lived):
    made, ana = lived
    await world.do("Delete", made.name)

    assert types(await history(world, made.name))[0] == event_pb2.EVENT_TYPE_TASK_DELETED
    with pytest.raises(NotFound):
        await history(world, made.name, by=ana)


async def test_a_page_ends_before_it_is_too_large_for_a_message(world):
    large = "ü" * 10_000
    criteria = [task_pb2.Criterion(text="ü" * 500)] * 30
    for n in range(50):
        await world.create(task(f"No. {n}", description=large, criteria=criteria))

    first = await history(world, types=[CREATED], page_size=100)
    rest = await history(world, types=[CREATED], page_size=100, page_token=first.next_page_token)

    assert first.ByteSize() < 4_000_000
    assert 0 < len(first.events) < 50
    assert len(first.events) + len(rest.events) == 50
    assert not rest.next_page_token


async def test_nobody_elsewhere_reads_anything(world, lived):
    made, ana = lived
    subjects = {
        made.name: "TASK_NOT_FOUND",
        made.name.replace("workspaces/1", "workspaces/2"): "TASK_NOT_FOUND",
        ref(ana).name: "PERSON_NOT_FOUND",
        ref(ana, 2).name: "PERSON_NOT_FOUND",
        "workspaces/1": "WORKSPACE_NOT_FOUND",
    }

    for subject, reason in subjects.items():
        with pytest.raises(NotFound) as caught:
            await history(world, subject, by=STRANGER)
        assert caught.value.reason == reason
    with pytest.raises(NotFound):
        await history(world, actor=ref(ana, 2).name, by=STRANGER)
    own = (await history(world, by=STRANGER)).events
    assert {each.workspace for each in own} <= {"workspaces/2"}


QUESTIONS = [
    ("events_by_task", {"task": TaskNumber(7)}),
    ("events_by_workspace", {}),
    ("events_by_actor", {"actor": PersonId(5)}),
    ("events_by_person", {"person": PersonId(5)}),
]


@pytest.mark.parametrize(("index", "asked"), QUESTIONS)
@pytest.mark.parametrize("oldest_first", [False, True])
async def test_each_history_is_read_from_an_index_in_its_order(world, index, asked, oldest_first):
    question = Question(WorkspaceId(1), oldest_first=oldest_first, **asked)
    async with world.database.transaction() as connection:
        await connection.execute(sa.text(SEED))
        await connection.exec_driver_sql("ANALYZE task.events")
    hot, params = reads.statement(question, after=None, limit=50)

    async with world.database.transaction() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        rows = await driver.fetch(f"EXPLAIN {hot.sql}", *[params[name] for name in hot.names])

    plan = [row[0] for row in rows]
    text = "\n".join(plan)
    assert index in text
    assert "Seq Scan on events" not in text


SEED = """
INSERT INTO task.events (id, position, workspace_id, type, task_number, person_id, actor_id, at,
    touches, changed, undo)
SELECT 1000 + n, 1000 + n, 1 + n % 200, 2, n % 500,
    CASE WHEN n % 50 = 0 THEN n % 40 END, n % 40, now(), '{}', '{}', false
FROM generate_series(1, 20000) AS n
"""
