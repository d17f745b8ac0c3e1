"""What of the log is news."""

from boss.task.v1 import event_pb2

from services.notify import convert


def created(origin):
    return event_pb2.Event(
        type=event_pb2.EVENT_TYPE_TASK_CREATED,
        workspace="workspaces/1",
        task={"name": "workspaces/1/tasks/1", "title": "Old", "status": 1, "priority": 2},
        origin=origin,
    )


def test_what_a_file_brought_in_is_no_news():
    assert convert.event(created("telegram")) is not None
    assert convert.event(created("import")) is None
