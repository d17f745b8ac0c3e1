"""What a stream tells while something is stored is taken together afterwards."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from boss.task.v1 import event_pb2, task_service_pb2

from services.notify.ahead import TOGETHER, Ahead
from services.runtime.errors import Unavailable


class Stream:
    """A stream whose answers the test gives; an error ends it."""

    def __init__(self):
        self.answers = asyncio.Queue()

    def tell(self, *positions, head=0):
        events = [event_pb2.Event(position=position) for position in positions]
        self.answers.put_nowait(task_service_pb2.WatchEventsResponse(events=events, head=head))

    def end(self, error=None):
        self.answers.put_nowait(error or StopAsyncIteration())

    def __aiter__(self):
        return self

    async def __anext__(self):
        answer = await self.answers.get()
        if isinstance(answer, BaseException):
            raise answer
        return answer


@asynccontextmanager
async def reading(stream):
    ahead = Ahead(stream)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(ahead.read())
        yield ahead
        task.cancel()


async def drained(stream):
    """Until the reader has all that was told."""
    async with asyncio.timeout(5):
        while not stream.answers.empty():
            await asyncio.sleep(0)
    await asyncio.sleep(0)


def positions(told):
    return [event.position for event in told.events]


async def test_answers_that_came_meanwhile_are_taken_together():
    stream = Stream()
    stream.tell(1, head=1)
    stream.tell(2, 3, head=3)
    stream.tell(head=4)

    async with reading(stream) as ahead:
        await drained(stream)
        told = await ahead.take()

    assert positions(told) == [1, 2, 3]
    assert told.head == 4


async def test_a_heartbeat_comes_without_events():
    stream = Stream()
    stream.tell(head=7)

    async with reading(stream) as ahead:
        told = await ahead.take()

    assert positions(told) == []
    assert told.head == 7


async def test_much_is_taken_in_parts_and_read_no_further_meanwhile():
    stream, much = Stream(), range(1, 2 * TOGETHER + 1)
    stream.tell(*much)
    stream.tell(2 * TOGETHER + 1)

    async with reading(stream) as ahead:
        first = await ahead.take()
        assert stream.answers.qsize() == 1
        rest = [*positions(await ahead.take())]
        while len(rest) <= TOGETHER:
            rest += positions(await ahead.take())

    assert [*positions(first), *rest] == [*much, 2 * TOGETHER + 1]
    assert len(first.events) == TOGETHER


async def test_what_was_told_before_the_end_is_taken_before_it():
    stream = Stream()
    stream.tell(1)
    stream.end()

    async with reading(stream) as ahead:
        await drained(stream)
        assert positions(await ahead.take()) == [1]
        assert await ahead.take() is None


async def test_a_break_is_told_once_all_is_taken():
    stream = Stream()
    stream.tell(1)
    stream.end(Unavailable("STOPPING", "gone"))

    async with reading(stream) as ahead:
        await drained(stream)
        assert positions(await ahead.take()) == [1]
        with pytest.raises(Unavailable):
            await ahead.take()
