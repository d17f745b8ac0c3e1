import msgspec
from boss.task.v1 import task_pb2

from services.gateway import present
from services.gateway.rendered import Rendered


def task(number: int, etag: str, title: str = "a") -> task_pb2.Task:
    return task_pb2.Task(
        name=f"workspaces/1/tasks/{number}",
        title=title,
        etag=etag,
        status=task_pb2.TASK_STATUS_PENDING,
    )


def test_a_version_is_made_once():
    rendered = Rendered()

    assert rendered.task(task(1, "5-a")) is rendered.task(task(1, "5-a"))


def test_another_version_or_another_task_is_made_anew():
    rendered = Rendered()
    rendered.task(task(1, "5-a"))

    assert b'"title":"b"' in bytes(memoryview(rendered.task(task(1, "6-a", "b"))))
    assert b'"id":"T-2"' in bytes(memoryview(rendered.task(task(2, "5-a"))))


def test_what_is_kept_is_what_is_made():
    made = Rendered().task(task(1, "5-a"))

    assert msgspec.json.encode(made) == msgspec.json.encode(present.task(task(1, "5-a")))


def test_a_task_without_a_version_is_not_kept():
    rendered = Rendered()
    for etag in ("", "-a"):
        assert rendered.task(task(1, etag)) is not rendered.task(task(1, etag))


def test_what_is_kept_is_bounded_and_the_oldest_goes_first():
    rendered = Rendered(kept_bytes=2_000)
    first = rendered.task(task(1, "5-a"))
    last = [rendered.task(task(number, "5-a")) for number in range(2, 20)][-1]

    assert rendered.task(task(19, "5-a")) is last
    assert rendered.task(task(1, "5-a")) is not first


def test_nothing_is_kept_where_caches_are_off():
    rendered = Rendered(kept_bytes=0)

    assert rendered.task(task(1, "5-a")) is not rendered.task(task(1, "5-a"))
