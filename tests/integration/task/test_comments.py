"""What people say of tasks: who may, whom it mentions, and what the log tells of it."""

import asyncio

import pytest
import sqlalchemy as sa
from boss.task.v1 import comment_pb2, event_pb2, person_pb2, task_pb2
from boss.task.v1 import comment_service_pb2 as pb
from boss.task.v1 import people_service_pb2 as people_pb
from google.protobuf.field_mask_pb2 import FieldMask

from services.runtime.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from services.task import verify
from services.task.rules.comments import MAX_COMMENTS
from tests.integration.task.world import OWNER, new_id, reasons, ref, task

STRANGER = 2


async def say(world, name, text, *, by=OWNER, request_id="", files=()):
    message = comment_pb2.Comment(text=text, attachments=files)
    request = pb.CreateCommentRequest(
        parent=name, comment=message, request_id=request_id or new_id()
    )
    return await world.comments.CreateComment(request, actor=by)


async def change(world, comment, *, by=OWNER, etag="", **fields):
    request = pb.UpdateCommentRequest(
        comment=comment_pb2.Comment(name=comment.name, **fields),
        update_mask=FieldMask(paths=list(fields)),
        etag=etag,
        request_id=new_id(),
    )
    return await world.comments.UpdateComment(request, actor=by)


async def delete(world, comment, *, by=OWNER):
    request = pb.DeleteCommentRequest(name=comment.name, request_id=new_id())
    return await world.comments.DeleteComment(request, actor=by)


async def read(world, name, *, by=OWNER, **page):
    return await world.comments.ListComments(pb.ListCommentsRequest(parent=name, **page), actor=by)


def people(refs):
    return [each.display_name for each in refs]


async def test_a_comment_is_kept_with_its_lines_and_those_it_mentions(world):
    ana = await world.person("Ana", aliases=["Annie"], telegram_username="ana_dev")
    await world.person("Ana Berg")
    made = (await world.create(task(to=[ana]))).task
    text = "Two lines,\n  @annie and @Ana Berg: see @nobody, mail ana@x.org, @ANA_DEV."

    said = await say(world, made.name, text, by=ana)

    assert said.comment.text == text
    assert said.comment.author.display_name == "Ana"
    assert people(said.comment.mentions) == ["Ana", "Ana Berg"]
    listed = await read(world, made.name)
    assert list(listed.comments) == [said.comment]
    assert listed.total_size == 1
    assert listed.as_of >= said.position > 0


async def test_the_log_tells_of_each_step_and_the_task_stays_as_it_is(world):
    ana = await world.person("Ana")
    await world.person("Ben")
    made = (await world.create(task(to=[ana]))).task
    start = (await read(world, made.name)).as_of

    said = (await say(world, made.name, "Ask @Ana", by=ana)).comment
    await change(world, said, by=ana, text="Ask @Ana and @Ben")
    await delete(world, said)

    events = await world.events(after=start)
    assert [each.type - event_pb2.EVENT_TYPE_COMMENT_CREATED for each in events] == [0, 1, 2]
    assert {each.subject for each in events} == {made.name}
    assert {each.comment.comment for each in events} == {said.name}
    assert [each.comment.text for each in events] == ["Ask @Ana", "Ask @Ana and @Ben", ""]
    assert [each.comment.text_before for each in events] == ["", "Ask @Ana", "Ask @Ana and @Ben"]
    assert people(events[1].comment.mentions) == ["Ana", "Ben"]
    assert people(events[1].comment.newly_mentioned) == ["Ben"]
    assert (await world.get(made.name)).etag == made.etag
    assert (await verify.verify(world.database)).good


async def test_a_repeated_request_is_one_comment(world):
    made = (await world.create("Once")).task
    ident = new_id()

    first = await say(world, made.name, "Hello", request_id=ident)
    again = await say(world, made.name, "Hello", request_id=ident)

    assert again == first
    assert (await read(world, made.name)).total_size == 1
    with pytest.raises(Invalid) as caught:
        await say(world, made.name, "Another", request_id=ident)
    assert caught.value.reason == "REQUEST_ID_REUSED"


async def test_each_step_is_an_act_that_can_be_taken_back_by_its_name(world):
    made = (await world.create("Talked of")).task
    said = await say(world, made.name, "Hello")
    changed = await change(world, said.comment, text="Hello there")

    await world.undo(changed.act)
    assert [each.text for each in (await read(world, made.name)).comments] == ["Hello"]
    await world.undo(said.act)

    assert not (await read(world, made.name)).comments
    assert (await change(world, (await say(world, made.name, "A")).comment, text="A")).act == ""


async def test_who_may_comment(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")
    gus = await world.person("Gus", "GUEST")
    lea = await world.person("Lea", "LEAD", department="dev", leads=["dev"])
    made = (await world.create(task(to=[ana]))).task

    for one in (OWNER, ana, gus):
        await say(world, made.name, "I may", by=one)
    for one in (ben, lea):
        with pytest.raises(Forbidden) as caught:
            await say(world, made.name, "May I?", by=one)
        assert caught.value.reason == "NOT_ALLOWED"
    await say(world, made.name, "@Ben, what do you think?")
    await say(world, made.name, "I may now", by=ben)


async def test_only_its_author_changes_a_comment_and_a_boss_may_delete_it(world):
    ana, ben = await world.person("Ana"), await world.person("Ben")
    made = (await world.create(task(to=[ana, ben]))).task
    said = (await say(world, made.name, "First", by=ana)).comment

    for one in (OWNER, ben):
        with pytest.raises(Forbidden):
            await change(world, said, by=one, text="Mine")
    with pytest.raises(Forbidden):
        await delete(world, said, by=ben)
    after = (await change(world, said, by=ana, etag=said.etag, text="Second")).comment
    with pytest.raises(Stale):
        await change(world, said, by=ana, etag=said.etag, text="Third")
    assert (after.text, after.HasField("edit_time")) == ("Second", True)
    assert (await change(world, said, by=ana, text="Second")).position == 0
    assert (await delete(world, said)).position > 0
    assert (await delete(world, said)).position == 0
    with pytest.raises(NotFound):
        await change(world, said, by=ana, text="Too late")
    assert (await read(world, made.name)).total_size == 0


async def test_all_faults_of_a_comment_are_told_at_once(world):
    made = (await world.create("Faulty")).task
    files = [task_pb2.Attachment(name="a")] * 11

    with pytest.raises(Invalid) as caught:
        await say(world, made.name, "x" * 5_001, files=files, request_id="no uuid")

    assert reasons(caught.value) == (
        "FIELDS_INVALID",
        ["request_id", "comment.text", "comment.attachments"],
    )
    with pytest.raises(Invalid):
        await say(world, made.name, " \n ")
    await say(world, made.name, "x" * 5_000, files=files[:10])


async def test_a_task_has_at_most_a_thousand_comments(world):
    made = (await world.create("Talkative")).task
    many = sa.text(
        """INSERT INTO task.comments (workspace_id, task_number, text, at, mentions, attachments)
        SELECT 1, 1, 'x', now(), '{}', '[]' FROM generate_series(1, :many)"""
    )
    async with world.database.transaction() as connection:
        await connection.execute(many, {"many": MAX_COMMENTS - 1})

    results = await asyncio.gather(
        *(say(world, made.name, f"Last {n}") for n in range(3)), return_exceptions=True
    )

    refused = [each for each in results if isinstance(each, Conflict)]
    assert [each.reason for each in refused] == ["COMMENTS_FULL"] * 2
    assert (await read(world, made.name)).total_size == MAX_COMMENTS


async def test_pages_go_on_where_they_ended(world):
    made, other = (await world.create("Long")).task, (await world.create("Other")).task
    for n in range(5):
        await say(world, made.name, f"No. {n}")

    first = await read(world, made.name, page_size=2)
    second = await read(world, made.name, page_size=3, page_token=first.next_page_token)

    texts = [each.text for page in (first, second) for each in page.comments]
    assert texts == [f"No. {n}" for n in range(5)]
    assert (second.next_page_token, first.total_size) == ("", 5)
    for token, name in ((first.next_page_token, other.name), ("x", made.name)):
        with pytest.raises(Invalid) as caught:
            await read(world, name, page_token=token)
        assert caught.value.reason == "PAGE_TOKEN_INVALID"
    with pytest.raises(Invalid):
        await read(world, made.name, page_size=101)


async def test_nobody_elsewhere_sees_that_there_are_comments(world):
    made = (await world.create("Secret")).task
    said = (await say(world, made.name, "Secret")).comment
    foreign = made.name.replace("workspaces/1", "workspaces/2")

    for name in (made.name, foreign):
        for call in (read(world, name, by=STRANGER), say(world, name, "Hi", by=STRANGER)):
            with pytest.raises(NotFound) as caught:
                await call
            assert caught.value.reason == "TASK_NOT_FOUND"
    for name in (said.name, said.name.replace("workspaces/1", "workspaces/2")):
        named = comment_pb2.Comment(name=name)
        for call in (
            change(world, named, by=STRANGER, text="Mine"),
            delete(world, named, by=STRANGER),
        ):
            with pytest.raises(NotFound) as caught:
                await call
            assert caught.value.reason == "COMMENT_NOT_FOUND"


async def test_who_has_left_is_mentioned_no_more(world):
    ben = await world.person("Ben")
    made = (await world.create("Quiet")).task
    gone = people_pb.UpdatePersonRequest(
        person=person_pb2.Person(name=ref(ben).name, status=person_pb2.PERSON_STATUS_LEFT),
        update_mask=FieldMask(paths=["status"]),
        request_id=new_id(),
    )
    await world.people.UpdatePerson(gone, actor=OWNER)

    said = await say(world, made.name, "Hello @Ben")

    assert not said.comment.mentions
