"""Search: what is found by which words, in which order, by whom; and lists by the same grammar."""

from datetime import UTC, datetime, timedelta

import pytest
from boss.task.v1 import comment_service_pb2 as comments_pb
from boss.task.v1 import search_pb2, task_pb2
from boss.task.v1 import search_service_pb2 as search_pb
from boss.task.v1 import search_service_pb2_grpc as search_rpc
from boss.task.v1 import task_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from services.runtime.errors import Invalid
from tests.integration.task.world import OWNER, new_id, number, ref, task

NOW = datetime.now(UTC)


def at(**delta):
    stamp = Timestamp()
    stamp.FromDatetime(NOW + timedelta(**delta))
    return stamp


async def search(world, query, *, by=OWNER, **fields):
    stub = world.peer.stub(search_rpc.SearchServiceStub)
    return await stub.SearchTasks(search_pb.SearchTasksRequest(query=query, **fields), actor=by)


async def titles(world, query, *, by=OWNER):
    return [each.task.title for each in (await search(world, query, by=by)).results]


async def listed(world, where, *, by=OWNER):
    request = pb.ListTasksRequest(where=where, order_by="number", with_total=True)
    found = await world.tasks.ListTasks(request, actor=by)
    assert found.total_size == len(found.tasks)
    return [each.title for each in found.tasks]


async def comment(world, made, text, *, by=OWNER):
    request = comments_pb.CreateCommentRequest(
        parent=made.task.name, comment={"text": text}, request_id=new_id()
    )
    return (await world.comments.CreateComment(request, actor=by)).comment


async def test_words_are_found_by_stem_as_written_and_from_their_beginning(world):
    await world.create("Fixing the login pages")
    await world.create("Äpfel für die Küche kaufen")
    await world.create("To do: who is on call")

    assert await titles(world, "fixed page") == ["Fixing the login pages"]
    assert await titles(world, "the login") == ["Fixing the login pages"]
    assert await titles(world, "log") == ["Fixing the login pages"]
    assert await titles(world, "ÄPFEL kü") == ["Äpfel für die Küche kaufen"]
    assert await titles(world, "who is") == ["To do: who is on call"]
    assert await titles(world, "login kaufen") == []


async def test_titles_come_before_labels_before_descriptions_before_comments(world):
    by_comment = await world.create("One")
    await comment(world, by_comment, "Ask about the invoice")
    await world.create(task("Two", description="An invoice is missing"))
    await world.create(task("Three", tags=["invoice"]))
    await world.create(task("Four", project="Invoice"))
    await world.create("The invoice")

    found = await search(world, "invoice")

    order = ["The invoice", "Four", "Three", "Two", "One"]
    assert [each.task.title for each in found.results] == order
    scores = [each.score for each in found.results]
    assert scores == sorted(scores, reverse=True)
    assert found.results[-1].match == search_pb2.SEARCH_MATCH_COMMENT
    assert found.results[-1].comment.startswith("workspaces/1/comments/")
    assert (found.total_size, found.more_than_total) == (5, False)


async def test_open_tasks_come_before_closed_ones(world):
    closed = await world.create("Invoice")
    await world.create("Invoice")
    await world.do("Complete", closed.task.name)

    found = await search(world, "invoice")

    assert [each.task.status for each in found.results] == [1, 7]


async def test_snippets_mark_what_was_looked_for(world):
    made = await world.create(task("Pay", description="Send the «new» invoices to ACME"))
    await comment(world, made, "The hotel\nis booked")

    by_text = (await search(world, "invoice acme")).results[0]
    by_comment = (await search(world, "hotel")).results[0]

    assert by_text.snippet == "Pay — Send the ‹new› «invoices» to «ACME»"
    assert by_comment.snippet == "The «hotel» is booked"


async def test_ids_come_first(world):
    made = await world.create("First")
    await world.create("Call 1 client")
    await world.create("Call 2 clients")

    assert await titles(world, "T-1") == ["First"]
    assert await titles(world, "#1") == ["First"]
    assert await titles(world, "1") == ["First", "Call 1 client"]
    assert await titles(world, "t1 clients") == ["First", "Call 2 clients", "Call 1 client"]
    assert await titles(world, "T-99") == []
    assert made.task.name.endswith("/1")


async def test_misspelt_words_are_found_where_little_else_is(world):
    await world.create("Fix the login page")
    await world.create("Order the catering")

    found = await search(world, "cattering")

    assert [each.task.title for each in found.results] == ["Order the catering"]
    assert found.results[0].match == search_pb2.SEARCH_MATCH_SIMILAR
    assert found.results[0].snippet == "Order the «catering»"
    assert found.total_size == 1
    assert await titles(world, "logn page") == ["Fix the login page"]
    assert await titles(world, "lgoin") == ["Fix the login page"]
    assert await titles(world, "qwertz") == []


async def test_texts_follow_what_changes(world):
    made = await world.create("Red")
    said = await comment(world, made, "violet")

    await world.update(made.task.name, title="Green")
    request = comments_pb.UpdateCommentRequest(
        comment={"name": said.name, "text": "orange"},
        update_mask=FieldMask(paths=["text"]),
        request_id=new_id(),
    )
    await world.comments.UpdateComment(request, actor=OWNER)
    assert [await titles(world, word) for word in ("red", "violet")] == [[], []]
    assert [await titles(world, word) for word in ("green", "orange")] == [["Green"], ["Green"]]

    await world.comments.DeleteComment(
        comments_pb.DeleteCommentRequest(name=said.name, request_id=new_id()), actor=OWNER
    )
    assert await titles(world, "orange") == []
    await world.do("Delete", made.task.name)
    assert await titles(world, "green") == []
    assert await titles(world, "T-1") == []
    await world.undo()
    assert await titles(world, "green") == ["Green"]


async def test_terms_narrow_what_words_find(world):
    ana = await world.person("Ana Silva", aliases=["annie"])
    await world.create(task("Login one", to=[ana], priority=4, tags=["Web"]))
    await world.create(task("Login two", project="Big Shop", deadline=at(days=-1)))
    await world.create(task("Login three", tags=["old"]))

    for query, expected in {
        "login @annie": ["Login one"],
        "login #urgent": ["Login one"],
        "login tag:web": ["Login one"],
        'login project:"big shop"': ["Login two"],
        "login is:overdue": ["Login two"],
        "login -tag:old -@ana": ["Login two"],
        'login "login three"': ["Login three"],
        "login -three @none": ["Login two"],
        "#urgent": ["Login one"],
        "-tag:old": ["Login two", "Login one"],
    }.items():
        assert await titles(world, query) == expected, query


async def test_pages_are_the_whole_in_order_and_never_twice(world):
    news = [pb.NewTask(task=task(f"Report {n}", priority=1 + n % 4)) for n in range(23)]
    await world.tasks.BatchCreateTasks(
        pb.BatchCreateTasksRequest(tasks=news, request_id=new_id()), actor=OWNER
    )
    whole = await search(world, "report", page_size=100)

    paged, token = [], ""
    while True:
        page = await search(world, "report", page_size=5, page_token=token)
        assert page.total_size == 23
        paged += page.results
        token = page.next_page_token
        if not token:
            break

    assert len(paged) == 23
    assert list(whole.results) == paged
    first = await search(world, "report", page_size=5)
    with pytest.raises(Invalid) as caught:
        await search(world, "reports", page_size=5, page_token=first.next_page_token)
    assert caught.value.reason == "PAGE_TOKEN_INVALID"


async def test_a_word_that_all_have_is_counted_up_to_a_bound(world):
    for _ in range(11):
        news = [pb.NewTask(task=task(f"Weekly report {n}")) for n in range(100)]
        await world.tasks.BatchCreateTasks(
            pb.BatchCreateTasksRequest(tasks=news, request_id=new_id()), actor=OWNER
        )
    await world.create(task("Weekly report", tags=["last"]))

    found = await search(world, "weekly report", page_size=2)

    assert (found.total_size, found.more_than_total) == (1_000, True)
    assert number(found.results[0].task.name) > 100
    assert await titles(world, "weekly tag:last") == ["Weekly report"]


async def test_only_what_one_sees_is_found_and_counted(world):
    ana = await world.person("Ana")
    await world.settle(visibility=2)
    secret = await world.create("Secret report")
    await comment(world, secret, "Secret budget")
    own = await world.create(task("Own report", to=[ana]))
    await world.update(own.task.name, depends_on=[task_pb2.TaskRef(name=secret.task.name)])

    for query in ("report", "secret", "budget", "T-1", "secrt", "is:blocked"):
        found = await search(world, query, by=ana)
        names = [each.task.name for each in found.results]
        assert secret.task.name not in names, query
        assert "Secret" not in str(found), query
        assert found.total_size == len(names), query
    assert await titles(world, "report", by=ana) == ["Own report"]


async def test_another_workspace_finds_nothing_of_this_one(world):
    made = await world.create("Secret report")
    await comment(world, made, "Secret budget")
    await world.person("Ana")

    for query in ("secret", "budget", "T-1", "secrt", "status:open"):
        found = await search(world, query, by=2)
        assert (len(found.results), found.total_size) == (0, 0), query
    with pytest.raises(Invalid) as caught:
        await search(world, "@ana", by=2)
    assert "Ana" not in str(caught.value).replace("“ana”", "")


async def test_a_person_who_is_nobody_or_several_is_told_with_who_it_may_be(world):
    await world.person("Anna Ray", aliases=["lady"])
    await world.person("Anna Cole")
    ben = await world.person("Ben")
    await world.create(task("His", to=[ben]))

    with pytest.raises(Invalid) as caught:
        await search(world, "x @anna creator:annna foo:1")
    first = [each.detail for each in caught.value.violations]
    with pytest.raises(Invalid) as caught:
        await search(world, "x @anna creator:benn")

    assert "there is no “foo:”" in first[0]
    several, nobody = [each.detail for each in caught.value.violations]
    assert several.startswith("At character 3: several people are called “anna”: Anna Ray (P-")
    assert "Anna Cole" in several
    assert "Did you mean Ben (P-" in nobody
    for query in ("@ben", "@BEN", f"@P-{ben}", "@be", "@cole @ben"):
        assert await titles(world, query) == ["His"], query


async def test_faults_of_a_search_are_told_all_at_once(world):
    with pytest.raises(Invalid) as caught:
        await search(world, "status:opne due:never", page_size=500)

    assert caught.value.reason == "FIELDS_INVALID"
    assert [each.field for each in caught.value.violations] == ["page_size", "query", "query"]
    for query in ("", "   ", "x" * 1_001):
        with pytest.raises(Invalid):
            await search(world, query)


async def test_lists_take_the_same_grammar(world, at_work):
    ana = await world.person("Ana")
    ben = await world.person("Ben", role="BOSS")
    base = await world.create(task("Base", to=[ana], type="bug"))
    await world.create(
        task("Next", to=[ben], depends_on=[task_pb2.TaskRef(name=base.task.name)]), by=ben
    )
    done = await world.create(task("Done", tags=["web", "old"], project="Shop", description="beds"))
    await world.do("Complete", done.task.name)
    await world.create(task("Weekly", recurrence="FREQ=WEEKLY", deadline=stamp_of(2026, 11, 27, 9)))

    for where, expected in {
        "@me": [],
        "@ana": ["Base"],
        "@ana,ben": ["Base", "Next"],
        "-@ana": ["Next", "Done", "Weekly"],
        "@none": ["Done", "Weekly"],
        "-@none": ["Base", "Next"],
        "creator:ben": ["Next"],
        "-by:ben": ["Base", "Done", "Weekly"],
        "type:bug": ["Base"],
        "is:blocked": ["Next"],
        "-is:blocked status:open": ["Base", "Weekly"],
        "is:repeating": ["Weekly"],
        "is:delayed": [],
        "status:done": ["Done"],
        "is:closed": ["Done"],
        "tag:WEB": ["Done"],
        "-tag:old": ["Base", "Next", "Weekly"],
        "project:shop": ["Done"],
        "-project:Shop": ["Base", "Next", "Weekly"],
        "due:none": ["Base", "Next", "Done"],
        "due:any": ["Weekly"],
        "due:fri": ["Weekly"],
        "due:week": ["Weekly"],
        "due:today": [],
        "due:<2026-11-27": [],
        "due:<=2026-11-27": ["Weekly"],
        "completed:today": ["Done"],
        "created:>2026-11-25": [],
        "bed": ["Done"],
        "-bed": ["Base", "Next", "Weekly"],
        "-beds": ["Base", "Next", "Weekly"],
        '"base"': ["Base"],
        "T-1 #4": ["Base", "Weekly"],
        "1": ["Base"],
        "priority>=high": [],
        "priority<=medium due:none status:open": ["Base", "Next"],
    }.items():
        assert await listed(world, where) == expected, where


def stamp_of(*parts):
    stamp = Timestamp()
    stamp.FromDatetime(datetime(*parts, tzinfo=UTC))
    return stamp


async def test_a_list_narrows_by_filter_and_words_of_it_together(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")
    await world.create(task("Both", to=[ana, ben]))
    await world.create(task("Hers", to=[ana]))

    request = pb.ListTasksRequest(
        filter=pb.TaskFilter(assignees=[ref(ana).name], statuses=[1]), where="@ben status:open"
    )
    found = await world.tasks.ListTasks(request, actor=OWNER)

    assert [each.title for each in found.tasks] == ["Both"]


async def test_archived_tasks_are_listed_when_asked_for_and_always_found(world):
    await world.create("New invoice")
    old = await world.create("Old invoice")
    async with world.database.transaction() as connection:
        await connection.exec_driver_sql(
            "UPDATE task.tasks SET archived_at = now(), status = 7 WHERE number = $1",
            (number(old.task.name),),
        )

    assert await listed(world, "") == ["New invoice"]
    assert await listed(world, "invoice") == ["New invoice"]
    assert await listed(world, "is:archived") == ["Old invoice"]
    assert await listed(world, "T-2") == ["Old invoice"]
    assert await titles(world, "invoice") == ["New invoice", "Old invoice"]
    assert await titles(world, "invoice -is:archived") == ["New invoice"]


async def test_pages_of_a_list_are_bound_to_its_words(world):
    for n in range(3):
        await world.create(f"Report {n}")
    request = pb.ListTasksRequest(where="report", page_size=2, order_by="number")
    first = await world.tasks.ListTasks(request, actor=OWNER)

    request.page_token = first.next_page_token
    second = await world.tasks.ListTasks(request, actor=OWNER)

    assert [each.title for each in second.tasks] == ["Report 2"]
    request.where = "status:open"
    with pytest.raises(Invalid):
        await world.tasks.ListTasks(request, actor=OWNER)
