import pytest

from services.gateway.dialog.commands import Command, nearest, numbers, read


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/help", Command("help", "", 0)),
        ("/Tasks@boss_bot ben urgent", Command("tasks", "ben urgent", 16)),
        ("/task\nAna fix it\nby friday", Command("task", "Ana fix it\nby friday", 6)),
        ("  /done   42 ", Command("done", "42", 10)),
        ("/a a", Command("a", "a", 3)),
        ("done with /42", None),
        ("/", None),
        ("and/or", None),
    ],
)
def test_a_command_is_its_name_and_the_rest(text, command):
    assert read(text) == command


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("42", ([42], "")),
        ("T-42 footer is misaligned", ([42], "footer is misaligned")),
        ("t42, #43 and 44 well done", ([42, 43, 44], "well done")),
        ("42 42", ([42], "")),
        ("42: no", ([42], "no")),
        ("the report", ([], "the report")),
        ("", ([], "")),
        ("2nd page", ([], "2nd page")),
    ],
)
def test_task_numbers_come_first(text, found):
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("name", "first"), [("tsak", "task"), ("overdu", "overdue"), ("aprove", "approve")]
)
def test_the_nearest_command_is_offered_first(name, first):
    assert nearest(name)[0] == first


def test_nothing_is_offered_for_what_is_like_nothing():
    assert nearest("qqqqqqqq") == []
