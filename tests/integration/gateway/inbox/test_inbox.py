"""The inbox alone: what is accepted is handled once, in order within a chat."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from services.gateway import inbox_metrics as metrics
from services.gateway.inbox import Inbox, LeaseLost, Settled
from services.runtime import claims
from services.runtime.database import Query
from services.runtime.errors import Invalid

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
DONE = Settled("answered", "{}")


async def accept(inbox: Inbox, number: int, *, chat: str = "a", **more):
    given = {"source": "s", "external_id": str(number), "position": number, **more}
    return await inbox.accept(chat=chat, body=f"{number}", received_at=AT, **given)


async def one(inbox: Inbox):
    (claim,) = await inbox.claim(10)
    return claim


ROWS = Query(
    "test",
    text("SELECT *, now() - arrived_at AS age FROM gateway.inbox ORDER BY id"),
)


async def rows(database, state=None):
    found = await database.rows(ROWS)
    return [row for row in found if state in (None, row.state)]


class Recorder:
    """Works off the inbox and notes in which order, and what ran beside what."""

    def __init__(self, inbox: Inbox, other: "Recorder | None" = None) -> None:
        self.inbox = inbox
        self.order: list[tuple[str, str]] = [] if other is None else other.order
        self.running: set[str] = set() if other is None else other.running
        self.beside: set[frozenset[str]] = set()
        self.gates: dict[str, asyncio.Event] = {}

    async def claim(self, limit):
        return await self.inbox.claim(limit)

    async def handle(self, claim):
        chat = claim.row.chat
        assert chat not in self.running
        self.running.add(chat)
        self.beside.add(frozenset(self.running))
        if chat in self.gates:
            await self.gates[chat].wait()
        self.order.append((chat, claim.row.body))
        self.running.discard(chat)
        await self.inbox.settle(claim, DONE)

    async def fail(self, claim, error):
        raise error


@asynccontextmanager
async def working(*queues, poll_s=0.02):
    async with asyncio.TaskGroup() as group:
        loops = [
            group.create_task(
                claims.run("test", queue, wake=queue.inbox.wake, concurrency=8, poll_s=poll_s)
            )
            for queue in queues
        ]
        yield
        for loop in loops:
            loop.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*loops)


async def until(condition, within_s=15.0):
    async with asyncio.timeout(within_s):
        while True:
            if found := await condition():
                return found
            await asyncio.sleep(0.01)


# Taken once ------------------------------------------------------------------------------------


async def test_the_same_message_five_times_at_once_is_kept_once(inbox, database):
    taken = await asyncio.gather(*[accept(inbox, 1) for _ in range(5)])

    assert sum(one.id is not None for one in taken) == 1
    assert len(await rows(database)) == 1


async def test_the_same_number_of_another_source_is_another_message(inbox, database):
    await accept(inbox, 1)
    await accept(inbox, 1, source="t")

    assert len(await rows(database)) == 2


async def test_messages_that_come_at_once_are_each_kept_in_the_order_they_came(inbox, database):
    numbers = [7, 3, 9, 3, 1, 7, 5]
    taken = await asyncio.gather(*[accept(inbox, number, position=0) for number in numbers])

    assert [one.id is not None for one in taken] == [True, True, True, False, True, False, True]
    kept = await rows(database)
    assert [row.external_id for row in kept] == ["7", "3", "9", "1", "5"]
    assert [row.id for row in kept] == [one.id for one in taken if one.id is not None]


async def test_what_cannot_be_stored_keeps_none_that_came_with_it_from_being_kept(inbox, database):
    async with asyncio.TaskGroup() as group:
        first = group.create_task(accept(inbox, 1))
        broken = group.create_task(refused(inbox, "\ud800"))
        third = group.create_task(accept(inbox, 3))

    assert broken.result().reason == "VALUE_NOT_STORABLE"
    assert first.result().id is not None
    assert third.result().id is not None
    assert [row.external_id for row in await rows(database)] == ["1", "3"]


async def refused(inbox, body):
    with pytest.raises(Invalid) as error:
        await inbox.accept(source="s", external_id="x", chat="a", body=body, received_at=AT)
    return error.value


async def test_replicas_that_take_the_same_messages_in_other_orders_keep_each_once(database):
    replicas = [Inbox(database), Inbox(database), Inbox(database)]
    numbers = range(40)

    async def take(replica, order):
        return await asyncio.gather(
            *[accept(replica, number, chat=f"c{number}") for number in order]
        )

    for again in range(5):
        batch = [number + 100 * again for number in numbers]
        await asyncio.gather(
            take(replicas[0], batch),
            take(replicas[1], list(reversed(batch))),
            take(replicas[2], batch[20:] + batch[:20]),
        )

    kept = await rows(database)
    assert len(kept) == len({row.external_id for row in kept}) == 200


async def test_a_repeated_message_after_it_was_handled_does_nothing(inbox):
    await accept(inbox, 1)
    await inbox.settle(await one(inbox), DONE)

    await accept(inbox, 1)

    assert await inbox.claim(10) == ()


# In order --------------------------------------------------------------------------------------


async def test_of_messages_that_wait_together_the_lower_number_goes_first(inbox):
    for number in (3, 1, 2):
        await accept(inbox, number)

    order = []
    for _ in range(3):
        claim = await one(inbox)
        order.append(claim.row.external_id)
        await inbox.settle(claim, DONE)

    assert order == ["1", "2", "3"]


async def test_what_comes_while_many_are_settled_is_handled_without_looking_for_it(inbox):
    recorder, chats = Recorder(inbox), range(20)

    async def talk(chat):
        for number in range(8):
            await accept(inbox, 100 * chat + number, chat=f"c{chat}")

    async with working(recorder, poll_s=3600):
        await asyncio.gather(*map(talk, chats))
        await until(lambda: all_handled(recorder, 8 * len(chats)))

    for chat in chats:
        handled = [int(body) % 100 for key, body in recorder.order if key == f"c{chat}"]
        assert handled == list(range(8))


async def all_handled(recorder, number):
    return len(recorder.order) == number


async def test_a_chat_is_held_by_one_worker_at_a_time(inbox, database):
    await accept(inbox, 1)
    await accept(inbox, 2)
    await one(inbox)

    assert await inbox.claim(10) == ()
    assert await Inbox(database).claim(10) == ()


async def test_what_comes_while_a_chat_is_worked_on_is_handled_next(inbox):
    await accept(inbox, 1)
    claim = await one(inbox)

    await accept(inbox, 2)
    await inbox.settle(claim, DONE)

    assert (await one(inbox)).row.external_id == "2"


async def test_many_chats_on_two_replicas_keep_their_orders(inbox, database):
    first = Recorder(inbox)
    second = Recorder(Inbox(database), first)
    chats = [f"chat-{n}" for n in range(12)]

    async with working(first, second):
        for number in range(10):
            await asyncio.gather(*[accept(inbox, number, chat=chat, source=chat) for chat in chats])

        async def all_done():
            return len(await rows(database, "done")) == 120

        await until(all_done)

    for chat in chats:
        assert [body for of, body in first.order if of == chat] == list(map(str, range(10)))


async def test_a_slow_chat_holds_no_other_up(inbox):
    recorder = Recorder(inbox)
    recorder.gates["slow"] = asyncio.Event()
    await accept(inbox, 1, chat="slow")

    async with working(recorder):
        for number in range(2, 6):
            await accept(inbox, number, chat="quick")

        async def quick_done():
            return len(recorder.order) == 4

        await until(quick_done)
        assert "slow" in recorder.running
        recorder.gates["slow"].set()

        async def slow_done():
            return ("slow", "1") in recorder.order

        await until(slow_done)

    assert frozenset({"slow", "quick"}) in recorder.beside


# Leases ----------------------------------------------------------------------------------------


async def test_what_a_killed_worker_held_is_claimed_again_and_his_work_counts_no_more(database):
    killed = Inbox(database, lease_s=0.05)
    await accept(killed, 1)
    lost = await one(killed)
    await killed.decide(lost, "decided before the end")

    alive = Inbox(database)

    async def again():
        return await alive.claim(10)

    (claim,) = await until(again)

    assert claim.row.decided == "decided before the end"
    for late in (killed.settle(lost, DONE), killed.decide(lost, "another mind")):
        with pytest.raises(LeaseLost):
            await late
    await alive.settle(claim, DONE)
    assert (await rows(database))[0].state == "done"


async def test_a_lease_is_renewed_while_the_work_goes_on(database):
    inbox, other = Inbox(database, lease_s=0.3), Inbox(database)
    await accept(inbox, 1)
    claim = await one(inbox)

    async with asyncio.TaskGroup() as group:
        renewing = group.create_task(inbox.renew())
        async with inbox.holding(claim):
            for _ in range(12):
                await asyncio.sleep(0.05)
                assert await other.claim(10) == ()
            await inbox.settle(claim, DONE)
        renewing.cancel()


async def test_what_a_stopping_process_holds_is_given_back_at_once(inbox, database):
    await accept(inbox, 1)
    claim = await one(inbox)

    await inbox.close()

    assert (await one(Inbox(database))).row.id == claim.row.id


# Failure ---------------------------------------------------------------------------------------


async def test_a_failed_message_waits_and_its_chat_with_it(inbox, database):
    await accept(inbox, 1)
    await accept(inbox, 2)
    await accept(inbox, 9, chat="b")
    claims_made = {claim.row.chat: claim for claim in await inbox.claim(10)}

    await inbox.postpone(claims_made["a"], after_s=0.2, reason="UNAVAILABLE")
    await inbox.settle(claims_made["b"], DONE)

    assert await inbox.claim(10) == ()

    async def again():
        return await inbox.claim(10)

    (claim,) = await until(again)
    assert (claim.row.external_id, claim.row.attempts) == ("1", 1)


async def test_a_new_message_does_not_overtake_one_that_waits_for_another_try(inbox):
    await accept(inbox, 1)
    await inbox.postpone(await one(inbox), after_s=30, reason="UNAVAILABLE")

    await accept(inbox, 2)

    assert await inbox.claim(10) == []
    assert await inbox.claim(10) == ()


async def test_a_given_up_message_is_listed_and_its_chat_goes_on(inbox):
    await accept(inbox, 1)
    await accept(inbox, 2)

    await inbox.bury(await one(inbox), reason="unknown kind of update: poll")

    (letter,) = await inbox.dead()
    assert (letter.external_id, letter.reason) == ("1", "unknown kind of update: poll")
    assert (await one(inbox)).row.external_id == "2"


async def test_a_given_up_message_can_be_tried_again_once(inbox):
    await accept(inbox, 1)
    await inbox.bury(await one(inbox), reason="defect")
    (letter,) = await inbox.dead()

    await inbox.revive(letter.id)

    assert (await one(inbox)).row.external_id == "1"
    with pytest.raises(Invalid):
        await inbox.revive(letter.id)


# Edits -----------------------------------------------------------------------------------------


async def test_an_edit_that_comes_first_lets_its_message_go_first(inbox):
    await accept(inbox, 1, message="7", edit=True)
    assert await inbox.claim(10) == []

    await accept(inbox, 2, message="7")

    order = []
    for _ in range(2):
        claim = await one(inbox)
        order.append((claim.row.external_id, claim.row.edit))
        await inbox.settle(claim, DONE)
    assert order == [("2", False), ("1", True)]


async def test_an_edit_whose_message_never_comes_is_handled_after_two_seconds(inbox, database):
    await accept(inbox, 1, message="7", edit=True)

    async def alone():
        return await inbox.claim(10)

    (claim,) = await until(alone)

    (row,) = await rows(database)
    assert row.id == claim.row.id
    assert row.age >= timedelta(seconds=2)


async def test_a_message_whose_edit_was_handled_before_it_is_overtaken(inbox, database):
    await accept(inbox, 5, message="7", edit=True)

    async def alone():
        return await inbox.claim(10)

    (claim,) = await until(alone)
    await inbox.settle(claim, DONE)

    await accept(inbox, 4, message="7")

    assert (await one(inbox)).row.overtaken


async def test_an_edit_of_a_handled_message_waits_for_nothing(inbox):
    await accept(inbox, 1, message="7")
    await inbox.settle(await one(inbox), DONE)

    await accept(inbox, 2, message="7", edit=True)

    assert (await one(inbox)).row.external_id == "2"


# Answers ---------------------------------------------------------------------------------------


async def test_whoever_waits_in_this_process_is_told_the_answer(inbox):
    async with inbox.waiting("s", "1") as answer:
        await accept(inbox, 1)
        await inbox.settle(await one(inbox), Settled("answered", "{}", answer='{"messages":[]}'))

        assert await asyncio.wait_for(answer, 5) == '{"messages":[]}'


async def test_the_depth_tells_what_waits_and_what_was_given_up(inbox):
    await accept(inbox, 1)
    await accept(inbox, 2, chat="b")
    claim, _ = await inbox.claim(10)
    await inbox.bury(claim, reason="defect")

    await inbox.measure_once()

    assert metrics.INBOX_DEPTH._value.get() == 1
    assert metrics.INBOX_DEAD._value.get() == 1
    assert metrics.INBOX_OLDEST._value.get() > 0
