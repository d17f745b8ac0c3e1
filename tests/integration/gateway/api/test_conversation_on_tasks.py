"""Comments, small steps, templates and histories over HTTP."""

import uuid

import pytest


@pytest.fixture
def task(owner):
    made = owner.post("/api/tasks", json={"title": "Mend the login", "criteria": ["Fast", "Right"]})
    assert made.status_code == 201, made.text
    return made.json()


def problem(answer):
    body = answer.json()
    return answer.status_code, body["type"], [each["pointer"] for each in body.get("errors", [])]


def test_a_comment_is_made_read_changed_and_taken_away(owner, task, person):
    ana = person("Ana")
    path = f"/api/tasks/{task['id']}/comments"
    key = {"Idempotency-Key": str(uuid.uuid4())}

    made = owner.post(path, json={"text": f"Look,\n@{ana['name']}"}, headers=key)
    again = owner.post(path, json={"text": f"Look,\n@{ana['name']}"}, headers=key)

    assert (made.status_code, again.json()) == (201, made.json())
    said = made.json()
    assert list(said) == [
        "id", "task", "author", "text", "mentions", "attachments", "created_at", "edited_at",
        "etag",
    ]  # fmt: skip
    assert (said["task"], said["author"]["id"]) == (task["id"], "P-1")
    assert said["mentions"] == [{"id": ana["id"], "name": ana["name"]}]
    assert int(made.headers["x-boss-position"]) > 0
    one = made.headers["location"]
    changed = owner.patch(
        one, json={"text": "Done"}, headers={"If-Match": made.headers["etag"]}
    ).json()
    assert changed["edited_at"]
    assert changed["mentions"] == []
    stale = owner.patch(one, json={"text": "x"}, headers={"If-Match": made.headers["etag"]})
    assert stale.status_code == 412
    page = owner.get(path).json()
    assert page == {"comments": [changed], "total": 1, "next_cursor": None}
    assert owner.delete(one).status_code == 204
    assert owner.get(path).json()["total"] == 0
    assert owner.post("/api/undo", json={}).status_code == 200
    assert owner.get(path).json()["total"] == 1


def test_bad_comments_are_refused_by_their_fields(owner, task):
    path = f"/api/tasks/{task['id']}/comments"

    assert problem(owner.post(path, json={"text": "x" * 5_001}))[2] == ["#/text"]
    assert problem(owner.post(path, json={"text": " "}))[2] == ["#/text"]
    assert owner.post(path, json={}).status_code == 422
    assert owner.patch("/api/comments/1", json={}).status_code == 422
    for missing in ("/api/comments/x", "/api/comments/999999"):
        assert owner.delete(missing).status_code == 404
    assert owner.get("/api/tasks/T-999999/comments").status_code == 404
    assert owner.get(f"{path}?per_page=101").status_code == 400
    assert owner.get(f"{path}?cursor=x").status_code == 400


def test_small_steps_on_a_task(owner, task):
    path = f"/api/tasks/{task['id']}"

    watched = owner.post(f"{path}:watch")
    assert [each["id"] for each in watched.json()["watchers"]] == ["P-1"]
    assert watched.headers["x-boss-act"]
    assert owner.post(f"{path}:unwatch").json()["watchers"] == []
    ticked = owner.post(f"{path}:tick", json={"index": 1, "text": "Right"}).json()
    assert [each["done"] for each in ticked["criteria"]] == [False, True]
    other = owner.post(f"{path}:tick", json={"index": 0, "text": "Right"})
    assert problem(other)[:2] == (412, "/problems/criterion-changed")
    file = {"name": "plan.pdf", "url": "https://x.org/plan.pdf"}
    attached = owner.post(f"{path}/attachments", json=file).json()
    assert attached["attachments"][0]["name"] == "plan.pdf"
    wrong = owner.delete(f"{path}/attachments/0", params={"name": "other.pdf"})
    assert wrong.status_code == 412
    left = owner.delete(f"{path}/attachments/0", params={"name": "plan.pdf"}).json()
    assert left["attachments"] == []
    for verb in ("accept", "decline"):
        assert problem(owner.post(f"{path}:{verb}"))[:2] == (403, "/problems/not-asked")
    assert owner.post("/api/tasks/T-999999:watch").status_code == 404


def test_a_task_is_made_of_a_template(owner):
    made = owner.post("/api/tasks", json={"title": "Login crashes", "template": "Bug"}).json()
    unknown = owner.post("/api/tasks", json={"title": "x", "template": "hot fix"})
    many = owner.post(
        "/api/tasks:batchCreate", json={"tasks": [{"title": "Talk", "template": "meeting"}]}
    ).json()

    assert (made["type"], made["priority"], made["tags"]) == ("bug", "high", ["bug"])
    assert len(made["subtasks"]) == 4
    assert many["tasks"][0]["type"] == "meeting"
    assert problem(unknown)[2] == ["#/template"]
    assert "hotfix" in unknown.json()["errors"][0]["detail"]


def test_templates_are_made_read_changed_and_taken_away(owner):
    name = f"Release {uuid.uuid4().hex[:8]}"

    made = owner.post("/api/templates", json={"name": name, "tags": ["r"], "priority": "high"})
    assert made.status_code == 201
    body = made.json()
    assert list(body) == [
        "id", "name", "about", "priority", "tags", "type", "criteria", "estimate_minutes",
        "subtasks", "built_in", "etag",
    ]  # fmt: skip
    one = made.headers["location"]
    assert owner.get(one).json() == owner.get(f"/api/templates/{name.upper()}").json() == body
    changed = owner.patch(one, json={"priority": None, "subtasks": ["Tell"]}).json()
    assert (changed["priority"], changed["subtasks"], changed["tags"]) == (None, ["Tell"], ["r"])
    listed = owner.get("/api/templates").json()
    assert {"bug", name} <= {each["name"] for each in listed["templates"]}
    assert listed["total"] == len(listed["templates"])
    again = owner.post("/api/templates", json={"name": name.lower()})
    assert problem(again)[:2] == (409, "/problems/template-exists")
    assert problem(owner.delete("/api/templates/bug"))[:2] == (409, "/problems/template-built-in")
    stale = owner.delete(one, headers={"If-Match": made.headers["etag"]})
    assert stale.status_code == 412
    assert owner.delete(one).status_code == 204
    assert owner.get(one).status_code == 404
    assert owner.post("/api/templates", json={"name": "1/2"}).status_code == 422


def test_histories_tell_before_and_after(owner, task, person):
    ana = person("Ana")
    path = f"/api/tasks/{task['id']}"
    owner.patch(path, json={"title": "Mend it"}, headers={"If-Match": "*"})
    said = owner.post(f"{path}/comments", json={"text": "Hello"}).json()
    owner.patch(f"/api/comments/{said['id']}", json={"text": "Bye"})

    edited, commented, changed, created = owner.get(f"{path}/history").json()["events"]

    assert list(created) == [
        "position", "type", "task", "person", "actor", "at", "origin", "act", "undo", "changes",
        "detail", "erased",
    ]  # fmt: skip
    assert [each["type"] for each in (edited, commented, changed, created)] == [
        "comment.changed",
        "comment.created",
        "task.changed",
        "task.created",
    ]
    assert {each["task"] for each in (edited, commented, changed, created)} == {task["id"]}
    assert changed["changes"] == {"title": ["Mend the login", "Mend it"]}
    assert edited["changes"] == {"text": ["Hello", "Bye"]}
    assert commented["detail"] == {"comment": said["id"], "text": "Hello", "mentions": []}
    assert (changed["actor"]["id"], changed["detail"]) == ("P-1", None)
    (born,) = owner.get(f"/api/people/{ana['id']}/history").json()["events"]
    assert (born["type"], born["person"], born["task"]) == ("person.created", ana["id"], None)
    assert owner.get("/api/people/me/history").json()["events"][0]["actor"]["id"] == "P-1"


def test_histories_are_asked_for_by_type_actor_and_time_and_go_on(owner, task, person):
    ana = person("Ana")

    created = owner.get("/api/history", params={"type": "task.created,person.created"}).json()
    first = owner.get("/api/history", params={"per_page": 1}).json()
    more = {"per_page": 1, "page_token": first["next_cursor"]}
    second = owner.get("/api/history", params=more).json()

    assert {each["type"] for each in created["events"]} <= {"task.created", "person.created"}
    assert created["events"][0]["person"] == ana["id"]
    assert second["events"][0]["position"] < first["events"][0]["position"]
    by = owner.get("/api/history", params={"actor": ana["name"]}).json()
    assert by == {"events": [], "next_cursor": None}
    none = owner.get("/api/history", params={"until": "2000-01-01T00:00:00Z"}).json()
    assert none["events"] == []
    oldest = owner.get("/api/history", params={"order": "oldest", "per_page": 1}).json()
    assert oldest["events"][0]["position"] < second["events"][0]["position"]
    upside_down = {"since": "2026-11-26T00:00:00Z", "until": "2026-11-25T00:00:00Z"}
    told = problem(owner.get("/api/history", params=upside_down))
    assert (told[0], told[-1]) == (400, ["?until"])
    for wrong in ({"type": "task.eaten"}, {"actor": "Zed"}, {"cursor": "x"}, {"per_page": 0}):
        assert owner.get("/api/history", params=wrong).status_code in (400, 422), wrong
    for missing in ("/api/tasks/T-999999/history", "/api/people/P-999999/history"):
        assert owner.get(missing).status_code == 404
