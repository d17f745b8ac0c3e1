"""Own only: members and guests see what they hold, made, watch or were asked to take."""

import pytest
from boss.task.v1 import person_pb2, task_pb2
from boss.task.v1 import task_service_pb2 as pb

from services.runtime.errors import Invalid, NotFound
from tests.integration.task.world import OWNER, number, ref, task

OWN_ONLY, EVERYBODY = person_pb2.VISIBILITY_OWN_ONLY, person_pb2.VISIBILITY_EVERYBODY
COMMANDS = ["Start", "See", "Submit", "Approve", "Reject", "Complete", "Cancel", "Delete"]


@pytest.fixture
async def shop(world):
    """A workspace in which Ana sees only the own; Ben's task is none of hers."""
    await world.settle(visibility=OWN_ONLY)
    world.ana, world.ben = await world.person("Ana"), await world.person("Ben")
    world.secret = (await world.create(task("Secret", to=[world.ben]))).task
    return world


async def listed(world, by, **filters):
    request = pb.ListTasksRequest(
        filter=pb.TaskFilter(**filters), order_by="number", with_total=True
    )
    found = await world.tasks.ListTasks(request, actor=by)
    assert found.total_size == len(found.tasks)
    return [each.title for each in found.tasks]


async def test_what_is_ones_own_in_any_way_is_seen(shop):
    ana, ben = shop.ana, shop.ben
    whole = (await shop.create(task("Whole", to=[ben]))).task
    await shop.create(task("Part of mine", to=[ana], parent=task_pb2.TaskRef(name=whole.name)))
    mine = (await shop.create(task("Held", to=[ana]))).task
    await shop.create(task("Part", to=[ben], parent=task_pb2.TaskRef(name=mine.name)))
    await shop.create(task("Watched", to=[ben], watchers=[ref(ana)]))
    await shop.create("Unassigned and made by her", by=ana)
    await shop.create("Somebody's")

    expected = ["Whole", "Part of mine", "Held", "Part", "Watched", "Unassigned and made by her"]

    assert await listed(shop, ana) == expected
    context = await shop.tasks.GetContext(pb.GetContextRequest(), actor=ana)
    assert [each.title or "" for each in context.open_tasks][::-1] == expected
    assert await listed(shop, ben) == ["Secret", "Whole", "Part of mine", "Held", "Part", "Watched"]


async def test_a_suggested_task_is_seen_by_whom_it_was_suggested_to(shop):
    async with shop.database.transaction() as connection:
        await connection.exec_driver_sql(
            "UPDATE task.tasks SET suggested = ARRAY[$1::bigint] WHERE number = $2",
            (shop.ana, number(shop.secret.name)),
        )

    assert (await shop.get(shop.secret.name, by=shop.ana)).title == "Secret"
    assert await listed(shop, shop.ana) == ["Secret"]


@pytest.mark.parametrize("role", ["OWNER", "BOSS", "LEAD"])
async def test_who_leads_sees_everything(shop, role):
    chief = await shop.person("Chief", role)

    assert (await shop.get(shop.secret.name, by=chief)).title == "Secret"
    assert await listed(shop, chief) == ["Secret"]


@pytest.mark.parametrize("role", ["MEMBER", "GUEST"])
async def test_what_is_not_ones_own_is_not_there(shop, role):
    one, name = await shop.person("Gus", role), shop.secret.name

    with pytest.raises(NotFound):
        await shop.get(name, by=one)
    with pytest.raises(NotFound):
        await shop.update(name, by=one, title="Mine")
    batch = await shop.tasks.BatchGetTasks(pb.BatchGetTasksRequest(names=[name]), actor=one)
    assert (list(batch.missing), len(batch.tasks)) == ([name], 0)
    assert await listed(shop, one) == []
    assert await listed(shop, one, query="secret") == []
    assert await listed(shop, one, assignees=[ref(shop.ben).name]) == []
    context = await shop.tasks.GetContext(pb.GetContextRequest(after_position=1), actor=one)
    assert (context.full, len(context.open_tasks), len(context.closed_tasks)) == (True, 0, 0)
    assert name not in [each.subject for each in await shop.events(by=one)]


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_command_on_what_one_does_not_see(shop, command):
    with pytest.raises(NotFound) as caught:
        await shop.do(command, shop.secret.name, by=shop.ana)

    assert caught.value.reason == "TASK_NOT_FOUND"
    assert "Secret" not in str(caught.value)


async def test_one_does_not_link_to_what_one_does_not_see(shop):
    link = task_pb2.TaskRef(name=shop.secret.name)

    for fields in ({"depends_on": [link]}, {"parent": link}):
        with pytest.raises(Invalid) as caught:
            await shop.create(task("Mine", to=[shop.ana], **fields), by=shop.ana)
        assert "There is no task" in caught.value.violations[0].detail


async def test_a_task_shows_no_title_of_another_that_is_not_seen(shop):
    link = task_pb2.TaskRef(name=shop.secret.name)
    mine = (await shop.create(task("Mine", to=[shop.ana], depends_on=[link]))).task

    seen = await shop.get(mine.name, by=shop.ana)
    done = await shop.do("See", mine.name, by=shop.ana)
    events = [each for each in await shop.events(by=shop.ana) if each.subject == mine.name]

    assert [(each.name, each.title) for each in seen.depends_on] == [(link.name, "")]
    assert seen.blocked
    assert done.task == await shop.get(mine.name, by=shop.ana)
    assert {each.task.depends_on[0].title for each in events} == {""}
    assert (await shop.get(mine.name)).depends_on[0].title == "Secret"


async def test_an_etag_of_what_one_sees_serves_to_change_it(shop):
    link = task_pb2.TaskRef(name=shop.secret.name)
    mine = (await shop.create(task("Mine", to=[shop.ana], depends_on=[link]))).task
    await shop.create(task("Hers", to=[shop.ana]), by=shop.ana)
    own = (await shop.create(task("Own", to=[shop.ana]), by=shop.ana)).task

    etag = (await shop.get(own.name, by=shop.ana)).etag
    changed = await shop.update(own.name, by=shop.ana, etag=etag, title="Owned")

    assert changed.task.title == "Owned"
    assert (await shop.get(mine.name, by=shop.ana)).etag != (await shop.get(mine.name)).etag


async def test_a_task_that_is_given_to_somebody_else_is_told_of_once_more(shop):
    made = (await shop.create(task("Passing", to=[shop.ana]))).task
    await shop.update(made.name, assignees=task(to=[shop.ben]).assignees)
    await shop.update(made.name, title="No longer hers")

    told = [each for each in await shop.events(by=shop.ana) if each.subject == made.name]

    assert [list(each.changed.paths) for each in told] == [["assignees"]]
    with pytest.raises(NotFound):
        await shop.get(made.name, by=shop.ana)


async def test_the_setting_counts_at_once_for_who_is_watching(shop):
    request = pb.WatchEventsRequest()
    async with shop.tasks.WatchEvents(request, actor=shop.ana) as stream:
        heard = aiter(stream)
        await anext(heard)
        await shop.create(task("Hidden", to=[shop.ben]))
        await shop.settle(visibility=EVERYBODY)
        await shop.create(task("Shown", to=[shop.ben]))
        titles = []
        async for response in heard:
            titles += [each.task.title for each in response.events if each.task.title]
            if "Shown" in titles:
                break

    assert titles == ["Shown"]
    assert (await shop.get(shop.secret.name, by=shop.ana)).title == "Secret"


async def test_a_total_is_ones_own(shop):
    await shop.create(task("Hers", to=[shop.ana]))

    assert await listed(shop, OWNER) == ["Secret", "Hers"]
    assert await listed(shop, shop.ana) == ["Hers"]
    assert await listed(shop, shop.ben) == ["Secret"]


async def test_pages_of_what_one_sees(shop):
    for n in range(5):
        await shop.create(task(f"Hers {n}", to=[shop.ana]))
        await shop.create(task(f"His {n}", to=[shop.ben]))
    titles, token = [], ""
    while True:
        page = await shop.tasks.ListTasks(
            pb.ListTasksRequest(page_size=2, order_by="number", page_token=token), actor=shop.ana
        )
        titles += [each.title for each in page.tasks]
        if not (token := page.next_page_token):
            break

    assert titles == [f"Hers {n}" for n in range(5)]


async def test_a_service_that_reads_for_itself_sees_all(shop):
    found = await shop.tasks.GetTask(pb.GetTaskRequest(name=shop.secret.name))

    assert found.task.title == "Secret"
