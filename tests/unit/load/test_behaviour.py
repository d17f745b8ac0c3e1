"""Who asks what in a load test: the mix, and that tasks go the way they go in life."""

import itertools
import json
from collections import deque

import pytest

from tests.load.profiles.behaviour import KINDS, MIX, Crowd, Place, Role


def place(number=1, *, tasks=("T-1", "T-2"), pending=()):
    tokens = {
        Role.BOARD: [f"board{number}"],
        Role.BOSS: [f"boss{number}"],
        Role.MEMBER: [f"ana{number}", f"ben{number}"],
        Role.PROGRAM: [f"program{number}"],
    }
    held = deque((task, at % 2) for at, task in enumerate(tasks))
    return Place(tokens, ("Ana", "Ben"), held, deque(pending))


def sent(crowd, kind, *, status=200, body=b"{}", etag=None):
    ask = crowd.ask(KINDS[kind], now_s=0)
    crowd.answered(ask, status, etag, body)
    return ask


def test_nine_of_ten_requests_read():
    assert sum(kind.share for kind in MIX) == 1_000
    assert sum(kind.share for kind in MIX if not kind.write) == 900


def test_only_kinds_that_write_change_anything():
    reading = {"POST": {"/api/tasks:batchGet"}}
    crowd = Crowd([place()])

    for kind in MIX:
        ask = crowd.ask(kind, now_s=0)
        reads = ask.method == "GET" or ask.path in reading.get(ask.method, ())
        assert reads is not kind.write, kind.name


def test_a_task_is_begun_and_handed_in_by_who_holds_it_and_approved_by_the_boss():
    crowd = Crowd([place(pending=[("T-2", 1)])])

    asked = [sent(crowd, kind) for kind in ("member: start", "member: submit", "boss: approve")]

    assert [(ask.path, ask.token) for ask in asked] == [
        ("/api/tasks/T-2:start", "ben1"),
        ("/api/tasks/T-2:submit", "ben1"),
        ("/api/tasks/T-2:approve", "boss1"),
    ]


def test_what_is_sent_back_is_begun_again():
    crowd = Crowd([place(pending=[("T-2", 1)])])
    for kind in ("member: start", "member: submit"):
        sent(crowd, kind)

    rejected = sent(crowd, "boss: reject")

    assert json.loads(rejected.body)["feedback"]
    assert sent(crowd, "member: start").path == "/api/tasks/T-2:start"


def test_a_refused_command_moves_nothing_on():
    crowd = Crowd([place(pending=[("T-2", 1)])])
    sent(crowd, "member: start", status=409)

    assert crowd.ask(KINDS["member: submit"], now_s=0).path == "/api/tasks"


def test_where_nothing_waits_a_task_is_made_which_then_waits():
    crowd = Crowd([place()])

    made = sent(crowd, "member: start", status=201, body=b'{"id": "T-9"}')

    assert (made.method, made.path, made.kind.name) == ("POST", "/api/tasks", "program: create")
    assert sent(crowd, "member: start").path == "/api/tasks/T-9:start"


def test_an_etag_is_sent_again_with_the_same_token_and_path_alone():
    crowd = Crowd([place()])
    first = sent(crowd, "board: dashboard", etag='"7"')

    again = crowd.ask(KINDS["board: dashboard"], now_s=0)
    other = crowd.ask(KINDS["board: figures"], now_s=0)

    assert "If-None-Match" not in crowd.headers(other)
    assert crowd.headers(again)["If-None-Match"] == '"7"'
    assert first.path == again.path


@pytest.mark.parametrize(("bursts", "writing"), [(True, 5), (False, 20)])
def test_at_a_time_a_quarter_of_the_workspaces_writes_or_all_of_them(bursts, writing):
    crowd = Crowd([place(number) for number in range(20)], bursts=bursts)

    asked = [crowd.ask(KINDS["program: create"], now_s=3) for _ in range(500)]

    assert len({ask.token for ask in asked}) == writing


def test_every_workspace_has_its_turn_to_write():
    crowd = Crowd([place(number) for number in range(20)])

    asked = [
        crowd.ask(KINDS["program: create"], now_s=turn * 20)
        for turn, _ in itertools.product(range(4), range(100))
    ]

    assert len({ask.token for ask in asked}) == 20


def test_the_newest_tasks_are_asked_for_most():
    crowd = Crowd([place(tasks=[f"T-{number}" for number in range(1, 101)])])

    asked = [crowd.ask(KINDS["program: a task"], now_s=0).path for _ in range(1_000)]

    newest = sum(int(path.rpartition("-")[2]) > 90 for path in asked)
    assert newest > 400
    assert len(set(asked)) > 50
