"""Taking files into a workspace: all that was written, again; or what is right of it."""

import asyncio
import csv
import io

import pytest
from boss.task.v1 import event_pb2, task_pb2
from boss.task.v1 import task_service_pb2 as tasks_pb
from boss.task.v1 import transfer_service_pb2 as pb

from services.runtime.errors import Conflict, Forbidden, Invalid, NotFound
from services.task.verify import verify
from tests.integration.task.days import stamp
from tests.integration.task.files import (
    CSV,
    all_progress,
    exported,
    furnish,
    imported,
    lines,
    records,
)
from tests.integration.task.world import OWNER, new_id, ref

STRANGER = 2  # who owns the other workspace, which is empty
HEAD = {"kind": "workspace", "version": 1, "name": "W", "timezone": "UTC", "last_number": 9}
END = {"kind": "end"}
MADE = "2026-11-01T10:00:00Z"
TIMES = {"created_at": MADE, "updated_at": MADE, "status_since": MADE}


def a_person(key, name, **more):
    times = {"created_at": MADE, "updated_at": MADE}
    return {"kind": "person", "key": key, "display_name": name, **times, **more}


def a_task(number, title="Task", **more):
    return {"kind": "task", "number": number, "title": title, **TIMES, **more}


async def listed(world, *, by=OWNER):
    found = await world.tasks.ListTasks(
        tasks_pb.ListTasksRequest(page_size=100, order_by="number"), actor=by
    )
    return list(found.tasks)


def told(result):
    return {each.line: list(each.reasons) for each in result.refused}


# --- records ---


async def test_what_one_workspace_wrote_an_empty_one_writes_again(world, at_work):
    await furnish(world)
    await world.settle(review_threshold=60, departments=["dev", "sales"])
    content, _ = await exported(world)

    result = await imported(world, content, by=STRANGER)

    again, _ = await exported(world, by=STRANGER)
    assert records(again) == records(content)
    assert again == content
    assert not result.refused
    counts = result.counts
    assert (counts.people, counts.tasks, counts.comments, counts.templates) == (3, 4, 1, 1)
    assert (counts.time_entries, counts.attendance) == (1, 1)
    assert (await verify(world.database)).good


async def test_new_tasks_are_numbered_behind_those_that_came(world):
    content = lines(HEAD, a_person(1, "Owner", role="owner"), a_task(3), a_task(7), END)

    await imported(world, content, by=STRANGER)

    made = await world.create("Next", by=STRANGER)
    assert made.task.name == "workspaces/2/tasks/10"


async def test_into_a_workspace_with_tasks_they_come_with_new_numbers(world):
    await world.create("Here before")
    ana = await world.person("Ana")
    content = lines(
        HEAD,
        a_person(1, "ANA", role="boss"),
        a_person(2, "Cem", skills=["welding"]),
        a_task(3, "First", assignees=[{"person": 1}], creator=2, depends_on=[7]),
        a_task(7, "Second", assignees=[{"person": 2, "mark": "working"}], status="in_progress"),
        a_task(8, "Part", parent=3),
        END,
    )

    await imported(world, content)

    before, first, second, part = await listed(world)
    assert [each.name[-1] for each in (before, first, second, part)] == ["1", "2", "3", "4"]
    assert first.depends_on[0].name == second.name
    assert part.parent.name == first.name
    assert first.assignees[0].person.name == ref(ana).name
    assert first.creator.display_name == "Cem"
    assert second.assignees[0].mark == task_pb2.MARK_WORKING
    assert second.status == task_pb2.TASK_STATUS_IN_PROGRESS
    assert (await verify(world.database)).good


async def test_who_is_here_and_how_the_workspace_works_stays(world):
    await world.person("Ana", "MEMBER", skills=["drawing"])
    head = {**HEAD, "settings": {"review_threshold": 10}}

    await imported(world, lines(head, a_person(1, "Ana", role="boss", skills=["welding"]), END))

    found = [each for each in records((await exported(world))[0]) if each["kind"] == "person"]
    ana = next(each for each in found if each["display_name"] == "Ana")
    assert ana["skills"] == ["drawing"]
    assert "role" not in ana
    assert "settings" not in records((await exported(world))[0])[0]


async def test_every_refused_line_is_told_with_every_reason(world):
    content = lines(
        HEAD,
        a_person(1, "Ana", email="nobody", department="nowhere"),
        a_person(2, "Ben"),
        a_task(1, "", tags=["x" * 41], estimate_minutes=0),
        a_task(2, "Of nobody", assignees=[{"person": 9}]),
        a_task(3, "Behind it", depends_on=[2]),
        a_task(4, "One way", depends_on=[5]),
        a_task(5, "The other", depends_on=[4]),
        a_task(6, "Fine", assignees=[{"person": 2}]),
        a_task(7, "Twice"),
        a_task(7, "Twice"),
        a_task(8, "Bad", status="finished"),
        a_task(9, "Odd", colour="red"),
        {"kind": "comment", "task": 2, "text": "Lost", "at": MADE},
        {"kind": "song"},
        END,
    )

    result = await imported(world, content)

    assert [each.title for each in await listed(world)] == ["Fine"]
    wrong = told(result)
    assert sorted(wrong) == [2, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15]
    assert result.refused_count == 12
    assert {each.partition(":")[0] for each in wrong[2]} == {"email", "department"}
    assert {each.partition(":")[0] for each in wrong[4]} == {"title", "tags[0]", "estimate_minutes"}
    assert wrong[5][0].startswith("assignees: person 9 is not taken; ")
    assert wrong[6][0].startswith("depends_on: task 2 (line 5) is not taken: ")
    assert wrong[7] == wrong[8]
    assert wrong[7][0].startswith("depends_on: it closes a circle; ")
    assert wrong[14][0].startswith("task: task 2 (line 5) is not taken: ")
    assert wrong[12][0].startswith("status: choose one of pending,")
    assert "colour" in wrong[13][0]


async def test_a_task_that_names_somebody_or_something_twice_is_refused(world):
    content = lines(
        HEAD,
        a_person(1, "Ben"),
        a_task(1, assignees=[{"person": 1}, {"person": 1, "mark": "done"}]),
        a_task(2, watchers=[1, 1], suggested=[1, 1]),
        a_task(3),
        a_task(4, depends_on=[3, 3]),
        END,
    )

    result = await imported(world, content)

    assert told(result) == {
        3: ["assignees: Name each only once."],
        4: ["watchers: Name each only once.", "suggested: Name each only once."],
        6: ["depends_on: Name each only once."],
    }


@pytest.mark.parametrize("odd", [{}, [], [{"a": 1}], 7, 2**70, True, "\x00", "x" * 5_000])
async def test_whatever_stands_for_a_word_is_refused_with_its_line(world, odd):
    people = [a_person(1, "Ben", role=odd)]
    content = lines(HEAD, *people, a_task(1, status=odd), a_task(2, priority=odd), END)

    result = await imported(world, content)

    wrong = told(result)
    assert sorted(wrong) == [2, 3, 4]
    assert [wrong[n][0].partition(":")[0] for n in (2, 3, 4)] == ["role", "status", "priority"]
    assert result.ByteSize() < 10_000


async def test_what_is_told_of_refused_lines_is_short_and_plain(world):
    loud = "\x1b[2J" + "x" * 100_000
    content = lines(HEAD, *[a_task(n, loud, **{"f" * 50_000: 1}) for n in range(1, 60)], END)

    result = await imported(world, content)

    assert result.refused_count == 59
    assert result.ByteSize() < 100_000
    assert "\x1b" not in result.refused[0].title


@pytest.mark.parametrize(
    ("content", "say"),
    [
        (b"", "empty"),
        (b"hello", "Line 1"),
        (lines(a_task(1), END), "begins"),
        (lines({**HEAD, "version": 2}, END), "version 2"),
        (lines({**HEAD, "timezone": "Mars"}, END), "timezone"),
        (lines(HEAD, a_task(1)), "broke off"),
    ],
)
async def test_a_file_that_is_none_is_refused_whole(world, content, say):
    with pytest.raises(Invalid, match=say) as caught:
        await imported(world, content, by=STRANGER)

    assert caught.value.reason == "FILE_UNREADABLE"
    assert not await listed(world, by=STRANGER)


async def test_a_dry_run_writes_nothing(world):
    content = lines(HEAD, a_person(1, "Ana"), a_task(1), a_task(2, ""), END)

    before = await world.events()

    result = await imported(world, content, dry_run=True)

    assert (result.dry_run, result.counts.people, result.counts.tasks) == (True, 1, 1)
    assert list(told(result)) == [4]
    assert not await listed(world)
    assert await world.events() == before


async def test_a_repeated_import_takes_nothing_twice(world):
    content = lines(HEAD, a_person(1, "Cem"), *[a_task(n) for n in range(1, 4)], END)
    again = new_id()

    first, second = await asyncio.gather(
        *(imported(world, content, request_id=again) for _ in range(2))
    )
    third = await imported(world, content, request_id=again)

    assert len(await listed(world)) == 3
    assert first.counts == second.counts == third.counts
    assert (first.position, third.position) == (first.position, first.position)
    with pytest.raises(Invalid) as caught:
        await imported(world, lines(HEAD, a_task(9), END), request_id=again)
    assert caught.value.reason == "REQUEST_ID_REUSED"


async def test_an_import_that_broke_off_goes_on(world):
    content = lines(HEAD, *[a_task(n) for n in range(1, 1_201)], END)
    again = new_id()

    async def whole():
        yield pb.ImportWorkspaceRequest(content=content, request_id=again, complete=True)

    async with world.transfer.ImportWorkspace(whole(), actor=OWNER) as responses:
        async for response in responses:
            if response.done >= 500:
                break
    result = await imported(world, content, request_id=again)

    assert result.counts.tasks == 1_200
    events = [each for each in await world.events() if each.task.name]
    assert len({each.task.name for each in events}) == len(events) == 1_200
    assert (await verify(world.database)).good


async def test_progress_is_told_and_each_piece_is_an_act(world):
    content = lines(HEAD, *[a_task(n) for n in range(1, 1_201)], END)

    before = len(await world.events())

    told_of = await all_progress(world, content)

    assert [each.done for each in told_of[:-1]] == [0, 500, 1_000, 1_200]
    assert {each.total for each in told_of} == {1_200}
    events = (await world.events())[before:]
    assert {each.origin for each in events} == {"import"}
    assert event_pb2.EVENT_TYPE_WORKSPACE_IMPORTED in {each.type for each in events}
    acts = [each.act for each in events if each.task.name]
    assert [acts.count(act) for act in dict.fromkeys(acts)] == [500, 500, 200]
    undone = await world.undo()
    assert undone.summary == "imported 200 tasks of 1,200"
    assert (
        await world.tasks.ListTasks(tasks_pb.ListTasksRequest(with_total=True), actor=OWNER)
    ).total_size == (1_000)


async def test_only_who_runs_the_workspace_imports(world):
    lead = await world.person("Lena", "LEAD", department="dev", leads=["dev"])
    boss = await world.person("Bo", "BOSS")
    content = lines(HEAD, a_person(1, "Cem", role="owner"), a_person(2, "Dan"), END)

    with pytest.raises(Forbidden):
        await imported(world, content, by=lead)
    result = await imported(world, content, by=boss)

    assert told(result) == {2: ["role: only the owner may bring in owners and bosses."]}
    assert result.counts.people == 1


# --- tables ---


def table(*rows):
    made = io.StringIO()
    csv.writer(made).writerows(rows)
    return made.getvalue().encode()


async def test_our_own_table_is_read_again(world, at_work):
    await furnish(world)
    content, _ = await exported(world, CSV)

    result = await imported(world, content, CSV)

    assert not result.refused
    again, _ = await exported(world, CSV)
    rows = list(csv.DictReader(io.StringIO(again.decode(), newline="")))
    first, copy = rows[:3], rows[3:]
    for name in ("title", "status", "assignees", "tags", "criteria", "created_at", "description"):
        assert [row[name] for row in copy] == [row[name] for row in first]
    assert copy[1]["depends_on"] == copy[0]["id"]
    assert copy[2]["parent"] == copy[1]["id"]


async def test_the_predecessors_table_is_read_with_its_words(world):
    await world.person("Ana")
    words = [
        ("pending", "PENDING"), ("in_progress", "IN_PROGRESS"), ("in_review", "IN_REVIEW"),
        ("awaiting_validation", "IN_REVIEW"), ("needs_revision", "NEEDS_REVISION"),
        ("completed", "COMPLETED"), ("cancelled", "CANCELLED"), ("blocked", "BLOCKED"),
        ("delayed", "IN_PROGRESS"), ("undone", "PENDING"), ("on_hold", "ON_HOLD"),
        ("waiting", "BLOCKED"), ("needs_info", "BLOCKED"), ("Overdue", "IN_PROGRESS"),
    ]  # fmt: skip
    content = table(
        ["Task ID", "Title", "Assignee", "Status", "Due Date"],
        *(
            [f"TASK-20250101-{n:03}", word, "ana", word, "2025-03-01"]
            for n, (word, _) in enumerate(words)
        ),
    )

    result = await imported(world, content, CSV)

    found = await listed(world)
    assert not result.refused
    assert [task_pb2.TaskStatus.Name(each.status) for each in found] == [
        f"TASK_STATUS_{state}" for _, state in words
    ]
    assert found[0].legacy_id == "TASK-20250101-000"
    assert found[0].deadline == stamp("2025-03-01 19:00")
    assert (found[8].delay_count, found[9].reopen_count) == (1, 1)
    assert found[12].block_reason == task_pb2.BLOCK_REASON_INFORMATION
    again = await imported(world, content, CSV)
    assert again.counts.tasks == 0
    assert told(again)[2] == ["legacy_id: it is here already, as T-1; leave this line out."]


async def test_a_table_with_faults_takes_the_rest(world):
    await world.person("Ana")
    content = table(
        ["title", "assignees", "deadline", "priority", "status", "depends_on"],
        ["Fine", "Ana", "", "", "", ""],
        ["", "", "", "", "", ""],
        ["Two\nlines", "Nobody; Ana", "soon", "huge", "somehow", "T-9"],
        ["After", "", "2026-12-01T10:00:00+02:00", "urgent", "done", ""],
    )

    result = await imported(world, content, CSV)

    assert [each.title for each in await listed(world)] == ["Fine", "After"]
    (line, wrong), *rest = told(result).items()
    assert (line, rest) == (4, [])
    assert [each.partition(":")[0] for each in wrong] == [
        "status", "priority", "assignees", "deadline", "depends_on", "title",
    ]  # fmt: skip


async def test_a_row_that_needs_a_refused_one_says_which_and_why(world):
    content = table(
        ["id", "title", "parent", "depends_on"],
        ["TASK-2024-7", "", "", ""],
        ["8", "Part", "task-2024-7", ""],
        ["9", "Behind it", "", "T-8"],
    )

    result = await imported(world, content, CSV)

    wrong = told(result)
    assert wrong[3] == [
        "parent: TASK-2024-7 (line 2) is not taken: correct it there, or leave it out here."
    ]
    assert wrong[4][0].startswith("depends_on: 8 (line 3) is not taken: ")


async def test_columns_that_mean_nothing_here_are_told(world):
    content = table(
        ["Notes", "Task", "Mood", "title", "Description"], ["n", "x", "good", "Call", "d"]
    )

    result = await imported(world, content, CSV, dry_run=True)

    assert list(result.unused_columns) == ["Notes", "Task", "Mood"]
    assert result.counts.tasks == 1


async def test_a_row_with_more_cells_than_the_head_is_refused(world):
    content = b"title,status\nBuy milk, and bread,done\nFine,done,,\n"

    result = await imported(world, content, CSV)

    assert [each.title for each in await listed(world)] == ["Fine"]
    assert "more cells than the head" in told(result)[2][0]


@pytest.mark.parametrize(
    "content",
    [
        "\ufefftitle;assignees\r\nÜben, 漢字 🎉;Owner\r\n".encode(),
        "sep=|\r\ntitle|assignees\r\nÜben, 漢字 🎉|Owner\r\n".encode(),
        "title\tassignees\nÜben, 漢字 🎉\tOwner\n".encode("utf-16"),
        '\n\n"title","assignees"\r"Üben, 漢字 🎉","Owner"'.encode(),
    ],
)
async def test_tables_are_read_as_spreadsheets_of_all_countries_write_them(world, content):
    result = await imported(world, content, CSV)

    (task,) = await listed(world)
    assert not result.refused
    assert (task.title, task.assignees[0].person.display_name) == ("Üben, 漢字 🎉", "Owner")


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"name of it;who\n1;2\n", b'title\n"open', b"a,b\n1,2\n"]
)
async def test_a_table_that_is_none_is_refused_whole(world, content):
    with pytest.raises(Invalid) as caught:
        await imported(world, content, CSV)

    assert caught.value.reason == "FILE_UNREADABLE"


async def test_a_table_that_was_cut_is_refused_whole(world):
    with pytest.raises(Invalid, match="broke off"):
        await imported(world, table(["title"], ["Fine"]), CSV, cut=True)

    assert not await listed(world)


async def test_what_the_predecessor_called_a_task_finds_it(world):
    await imported(world, table(["id", "title"], ["TASK-2024-7", "Old"]), CSV)

    found = await world.get("workspaces/1/tasks/TASK-2024-7")

    assert (found.name, found.title) == ("workspaces/1/tasks/1", "Old")
    for name, by in (("TASK-2024-8", OWNER), ("TASK-2024-7", STRANGER)):
        with pytest.raises(NotFound):
            await world.get(f"workspaces/1/tasks/{name}", by=by)


async def test_what_was_taken_back_is_taken_again(world):
    content = table(["id", "title"], ["TASK-2024-7", "Old"])
    await imported(world, content, CSV)
    await world.undo()
    with pytest.raises(NotFound, match="TASK-2024-7"):
        await world.get("workspaces/1/tasks/TASK-2024-7")

    result = await imported(world, content, CSV)

    assert (result.counts.tasks, list(result.refused)) == (1, [])
    assert (await world.get("workspaces/1/tasks/TASK-2024-7")).name == "workspaces/1/tasks/2"
    with pytest.raises(Conflict) as caught:
        await world.do("Restore", "workspaces/1/tasks/1")
    assert caught.value.reason == "FORMER_ID_TAKEN"


async def test_ten_thousand_tasks_come_in(world):
    content = lines(
        HEAD, a_person(1, "Owner", role="owner"), *[
            a_task(n, f"Task {n}", assignees=[{"person": 1}], description="x" * 200)
            for n in range(1, 10_001)
        ], END
    )  # fmt: skip

    result = await imported(world, content, by=STRANGER)

    assert result.counts.tasks == 10_000
    found = await world.tasks.ListTasks(tasks_pb.ListTasksRequest(with_total=True), actor=STRANGER)
    assert found.total_size == 10_000
