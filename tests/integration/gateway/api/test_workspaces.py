"""The workspace over HTTP: its settings, and making another one."""

import pytest


def test_the_workspace_is_read_with_its_settings(owner):
    answer = owner.get("/api/workspace")

    found = answer.json()
    assert list(found) == [
        "id", "name", "timezone", "claimed", "settings", "created_at", "etag",
    ]  # fmt: skip
    assert found["settings"]["visibility"] == "everybody"
    assert found["settings"]["departments"][0] == "dev"
    again = owner.get("/api/workspace", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_settings_are_changed_one_by_one_and_taken_back(owner):
    before = owner.get("/api/workspace").json()

    changed = owner.patch(
        "/api/workspace", json={"settings": {"review_threshold": 55, "confirm": "always"}}
    )

    assert changed.status_code == 200
    assert changed.json()["settings"] == {
        **before["settings"], "review_threshold": 55, "confirm": "always"
    }  # fmt: skip
    undone = owner.post("/api/undo", json={"act": changed.headers["x-boss-act"]})
    assert undone.json()["workspace"]["settings"] == before["settings"]
    assert owner.get("/api/workspace").json()["settings"] == before["settings"]


def test_a_stale_change_of_the_workspace_is_refused(owner):
    etag = owner.get("/api/workspace").headers["etag"]
    owner.patch("/api/workspace", json={"settings": {"review_threshold": 41}})

    stale = owner.patch("/api/workspace", json={"name": "Shop"}, headers={"If-Match": etag})

    assert stale.status_code == 412


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"settings": {}}, ""),
        ({"settings": {"review_threshold": 101}}, "/settings/review_threshold"),
        ({"settings": {"visibility": "nobody"}}, "/settings/visibility"),
        ({"settings": {"working_days": [8]}}, "/settings/working_days/0"),
        ({"settings": {"retention_days": 1}}, "/settings/retention_days"),
        ({"settings": {"nonsense": 1}}, "/settings/nonsense"),
        ({"timezone": "Mars/Base"}, "/timezone"),
    ],
)
def test_what_is_wrong_with_a_change_is_told_by_its_field(owner, body, pointer):
    answer = owner.patch("/api/workspace", json=body)

    assert answer.status_code in {400, 422}
    assert [each["pointer"] for each in answer.json()["errors"]] == [f"#{pointer}"]


def test_an_owner_makes_a_workspace_and_signs_in_there_once(owner, anybody):
    made = owner.post("/api/workspaces", json={"name": "Second shop"})

    assert made.status_code == 201
    told = made.json()
    assert (told["workspace"]["name"], told["owner"]["role"]) == ("Second shop", "owner")
    token = told["url"].partition("#token=")[2]
    signed = anybody.post("/api/sessions", json={"token": token})
    assert signed.status_code == 201
    assert anybody.get("/api/workspace").json()["id"] == told["workspace"]["id"]
    assert anybody.get("/api/tasks").json()["tasks"] == []


def test_who_leaves_is_answered_with_the_open_tasks(owner, person):
    ana = person("Ana")
    task = owner.post("/api/tasks", json={"title": "Hers", "assignees": [ana["id"]]}).json()

    left = owner.patch(f"/api/people/{ana['id']}", json={"status": "left"}).json()

    assert left["open_task_count"] == 1
    assert [each["id"] for each in left["open_tasks"]] == [task["id"]]
