"""Many tasks at once over HTTP."""

import pytest


@pytest.fixture
def tasks(owner):
    def make(*titles: str, **more: object) -> list[str]:
        made = [owner.post("/api/tasks", json={"title": title, **more}) for title in titles]
        assert {one.status_code for one in made} == {201}
        return [one.json()["id"] for one in made]

    return make


def change(owner, ids, **more):
    return owner.post("/api/tasks:batchUpdate", json={"ids": ids, **more})


def test_many_are_changed_as_one_act_that_one_undo_takes_back(owner, tasks, person):
    ben, ids = person("Ben"), tasks("a", "b", "c")

    changed = change(owner, ids, changes={"priority": "high", "assignees": [ben["name"]]})

    assert changed.status_code == 200, changed.text
    body = changed.json()
    assert [one["id"] for one in body["tasks"]] == ids
    assert {one["priority"] for one in body["tasks"]} == {"high"}
    assert {one["assignees"][0]["id"] for one in body["tasks"]} == {ben["id"]}
    assert body["refused"] == []
    assert int(changed.headers["x-boss-position"]) > 0
    undone = owner.post("/api/undo", json={"act": changed.headers["x-boss-act"]}).json()
    assert {one["priority"] for one in undone["tasks"]} == {"medium"}
    assert len(undone["tasks"]) == 3


def test_a_command_leaves_out_what_it_can_not_do_where_that_is_asked(owner, tasks):
    ids = tasks("a", "b")
    owner.post(f"/api/tasks/{ids[0]}:cancel")

    all_or_none = change(owner, ids, command="complete")
    some = change(owner, [*ids, "T-999999"], command="complete", skip_refused=True)

    assert all_or_none.status_code == 422
    assert all_or_none.json()["type"] == "/problems/batch-refused"
    assert [one["pointer"] for one in all_or_none.json()["errors"]] == ["#/ids/0"]
    assert [(one["id"], one["status"]) for one in some.json()["tasks"]] == [(ids[1], "completed")]
    refused = {one["id"]: one["reason"] for one in some.json()["refused"]}
    assert refused.keys() == {ids[0], "T-999999"}
    assert refused["T-999999"] == "task-not-found"


def test_the_same_key_changes_once(owner, tasks):
    body = {"ids": tasks("a", "b"), "command": "cancel", "text": "Not needed"}
    key = {"Idempotency-Key": f"all off {body['ids'][0]}"}

    first = owner.post("/api/tasks:batchUpdate", json=body, headers=key)
    again = owner.post("/api/tasks:batchUpdate", json=body, headers=key)

    assert first.json() == again.json()
    assert {one["reason"] for one in first.json()["tasks"]} == {"Not needed"}


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"command": "start"}, {"#/ids"}),
        ({"ids": [], "command": "start"}, {"#/ids"}),
        ({"ids": ["T-1"] * 501, "command": "start"}, {"#/ids"}),
        ({"ids": ["T-1", "nonsense", "P-1"], "command": "start"}, {"#/ids/1", "#/ids/2"}),
        ({"ids": ["T-1"], "command": "explode"}, {"#/command"}),
        ({"ids": ["T-1"]}, set()),
        ({"ids": ["T-1"], "changes": {}}, {"#/changes"}),
        ({"ids": ["T-1"], "changes": {"priority": "low"}, "command": "start"}, set()),
        ({"ids": ["T-1"], "changes": {"priority": "low"}, "text": "why"}, set()),
        ({"ids": ["T-1"], "changes": {"assignees": ["Nobody"]}}, {"#/changes/assignees/0"}),
        ({"ids": ["T-1"], "changes": {"title": " x \n y"}}, {"#/changes/title"}),
        ({"ids": ["T-1"], "changes": {"recurrence": "FREQ=NEVER"}}, {"#/changes/recurrence"}),
    ],
)
def test_what_is_wrong_is_told_by_its_place(owner, tasks, body, pointers):
    tasks("a")

    answer = owner.post("/api/tasks:batchUpdate", json=body)

    assert answer.status_code == 422, answer.text
    told = answer.json()
    assert told["detail"]
    assert {one["pointer"] for one in told.get("errors", [])} >= pointers
