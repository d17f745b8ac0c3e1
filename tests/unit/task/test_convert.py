"""Names, checks and enumerations between wire and model."""

from datetime import UTC, datetime

import pytest
from boss.task.v1 import event_pb2, person_pb2, task_pb2

from services.runtime.errors import Invalid, NotFound
from services.task import model
from services.task.convert.checks import Faults
from services.task.convert.names import parse, task_target
from services.task.convert.tasks import stamp
from services.task.model import WorkspaceId


@pytest.mark.parametrize(
    ("ours", "theirs", "prefix"),
    [
        (model.Status, task_pb2.TaskStatus, "TASK_STATUS_"),
        (model.Priority, task_pb2.TaskPriority, "TASK_PRIORITY_"),
        (model.Mark, task_pb2.Mark, "MARK_"),
        (model.Role, person_pb2.Role, "ROLE_"),
        (model.PersonStatus, person_pb2.PersonStatus, "PERSON_STATUS_"),
        (model.EventType, event_pb2.EventType, "EVENT_TYPE_"),
    ],
)
def test_the_models_enumerations_are_the_protos(ours, theirs, prefix):
    wire = {name.removeprefix(prefix): value for name, value in theirs.items() if value}

    assert {each.name: each.value for each in ours} == wire


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("workspaces/1/tasks/42", (1, 42)),
        ("workspaces/-/tasks/42", (None, 42)),
        ("workspaces/1/people/42", None),
        ("workspaces/1/tasks/4x", None),
        ("workspaces/1/tasks/-1", None),
        ("workspaces/1/tasks/٤٢", None),
        ("workspaces/1/tasks/" + "9" * 19, None),
        ("workspaces/1/tasks/42/", None),
        ("tasks/42", None),
        ("", None),
    ],
)
def test_names_are_read_strictly(name, expected):
    assert parse(name, "tasks") == expected


def test_a_task_of_another_workspace_is_not_there():
    assert task_target("workspaces/-/tasks/42", WorkspaceId(1)) == (1, 42)
    assert task_target("workspaces/2/tasks/42", None) == (2, 42)
    with pytest.raises(NotFound):
        task_target("workspaces/2/tasks/42", WorkspaceId(1))
    with pytest.raises(Invalid):
        task_target("workspaces/-/tasks/42", None)


@pytest.mark.parametrize("text", ["a\0b", "a\x07", "a\nb", "a\u2028b", "a\ud800"])
def test_one_line_has_no_control_characters(text):
    faults = Faults()

    faults.line("title", text, most=200)

    with pytest.raises(Invalid) as caught:
        faults.raise_if_any()
    assert [each.field for each in caught.value.violations] == ["title"]


def test_lines_may_have_lines():
    faults = Faults()

    faults.lines("text", "a\n\tb\r\n\u200f\U0001f469\u200d\U0001f467", most=100)
    faults.line("title", "\U0001f469\u200d\U0001f467 zero\u200bwidth Ünïcode", most=100)

    faults.raise_if_any()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 11, 25, 1, 2, 3, 999_999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
def test_times_keep_their_microseconds(moment):
    sent = stamp(moment)

    assert sent is not None
    assert sent.ToDatetime(tzinfo=UTC) == moment
