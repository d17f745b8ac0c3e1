"""Tasks over HTTP, on the real services."""

import gzip
import json
import uuid

import pytest


@pytest.fixture
def ana(person):
    return person("Ana")


@pytest.fixture
def task(owner, ana):
    made = owner.post("/api/tasks", json={"title": "Fix the login", "assignees": [ana["id"]]})
    assert made.status_code == 201, made.text
    return made.json()


def test_a_task_is_created_and_found_again(owner, ana):
    made = owner.post(
        "/api/tasks",
        json={
            "title": " Fix the login ",
            "assignees": [ana["name"]],
            "deadline": "2026-11-27T17:00:00+01:00",
            "priority": "urgent",
            "tags": ["web", "bug"],
            "criteria": ["works in Safari"],
            "estimate_minutes": 90,
            "project": "Shop",
        },
    )

    body = made.json()
    assert made.status_code == 201
    assert made.headers["location"] == f"/api/tasks/{body['id']}"
    assert made.headers["etag"] == f'"{body["etag"]}"'
    assert int(made.headers["x-boss-position"]) > 0
    assert body["title"] == "Fix the login"
    assert body["assignees"] == [{"id": ana["id"], "name": ana["name"], "mark": "assigned"}]
    assert body["deadline"] == "2026-11-27T16:00:00Z"
    assert body["criteria"] == [{"text": "works in Safari", "done": False}]
    assert (body["status"], body["priority"], body["project"]) == ("pending", "urgent", "Shop")
    assert owner.get(made.headers["location"]).json() == body


def test_a_task_has_exactly_the_fields_that_are_promised(task):
    assert list(task) == [
        "id", "title", "description", "status", "priority", "assignees", "creator", "deadline",
        "estimate_minutes", "tags", "project", "parent", "subtasks", "depends_on", "blocked",
        "recurrence", "type", "start", "criteria", "requires_approval", "watchers", "attachments",
        "revision_count", "created_at", "updated_at", "completed_at", "etag",
        # The promised ones come first; these only tell more.
        "suggested", "submission", "feedback", "reason", "block_reason", "delay_count",
        "delay_reason", "reopen_count", "submit_by_one", "archived_at", "repeats",
        "recurrence_paused", "occurrence", "successor", "place",
    ]  # fmt: skip


def test_the_same_key_creates_once(owner, ana):
    key = {"Idempotency-Key": f"order 66 {uuid.uuid4()}"}
    body = {"title": "Once", "assignees": [ana["id"]]}

    first = owner.post("/api/tasks", json=body, headers=key)
    again = owner.post("/api/tasks", json=body, headers=key)
    other = owner.post("/api/tasks", json={**body, "title": "Twice"}, headers=key)

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/request-id-reused"


@pytest.mark.parametrize("written", ["{id}", "t{number}", "{number}", "%23{number}", "T{number}"])
def test_a_task_is_found_under_each_of_its_names(owner, task, written):
    number = task["id"].removeprefix("T-")

    found = owner.get("/api/tasks/" + written.format(id=task["id"], number=number))

    assert found.json()["id"] == task["id"]


def test_who_has_the_present_version_is_told_so(owner, task):
    path = f"/api/tasks/{task['id']}"
    etag = owner.get(path).headers["etag"]

    assert owner.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert owner.get(path, headers={"If-None-Match": '"0"'}).status_code == 200


def test_a_change_needs_to_say_which_version_it_changes(owner, task):
    path = f"/api/tasks/{task['id']}"

    answer = owner.patch(path, json={"title": "B"})

    assert answer.status_code == 428
    assert "If-Match" in answer.json()["detail"]


def test_a_stale_change_is_refused_with_the_present_version(owner, task):
    path = f"/api/tasks/{task['id']}"
    first = {"If-Match": owner.get(path).headers["etag"]}

    changed = owner.patch(path, json={"priority": "high"}, headers=first)
    stale = owner.patch(path, json={"priority": "low"}, headers=first)

    assert changed.status_code == 200
    assert changed.json()["priority"] == "high"
    assert stale.status_code == 412
    assert stale.json()["current"]["priority"] == "high"
    assert stale.headers["etag"] == changed.headers["etag"]


@pytest.mark.parametrize("version", ["*", "{bare}", 'W/"{bare}"', '"1", "{bare}"'])
def test_a_version_may_be_written_in_several_ways(owner, task, version):
    told = {"If-Match": version.format(bare=task["etag"])}

    answer = owner.patch(f"/api/tasks/{task['id']}", json={"priority": "low"}, headers=told)

    assert answer.status_code == 200, answer.text


def test_null_empties_and_what_is_not_named_stays(owner, task):
    path, any_version = f"/api/tasks/{task['id']}", {"If-Match": "*"}
    owner.patch(path, json={"deadline": "2027-01-01T00:00:00Z", "tags": ["a"]}, headers=any_version)

    answer = owner.patch(path, json={"deadline": None}, headers=any_version)

    assert answer.json()["deadline"] is None
    assert answer.json()["tags"] == ["a"]


def test_a_deleted_task_is_gone_and_undo_brings_it_back(owner, task):
    path = f"/api/tasks/{task['id']}"

    gone = owner.delete(path)

    assert gone.status_code == 204
    assert owner.get(path).status_code == 404
    undone = owner.post("/api/undo", json={"act": gone.headers["x-boss-act"]})
    assert undone.status_code == 200, undone.text
    assert [one["id"] for one in undone.json()["tasks"]] == [task["id"]]
    assert owner.get(path).status_code == 200


def test_what_was_undone_can_be_done_again(owner, task):
    path = f"/api/tasks/{task['id']}"
    owner.patch(path, json={"priority": "low"}, headers={"If-Match": "*"})

    owner.post("/api/undo", json={})
    assert owner.get(path).json()["priority"] == "medium"
    owner.post("/api/redo")

    assert owner.get(path).json()["priority"] == "low"


def test_an_act_that_is_not_there_cannot_be_undone(owner):
    answer = owner.post("/api/undo", json={"act": str(uuid.uuid4())})

    assert answer.status_code in (404, 409)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_task_goes_through_its_states(owner, task):
    path = f"/api/tasks/{task['id']}"

    assert owner.post(f"{path}:start").json()["status"] == "in_progress"
    assert owner.post(f"{path}:submit", json={"notes": "done"}).json()["status"] == "in_review"
    sent_back = owner.post(f"{path}:reject", json={"feedback": "the footer moved"}).json()
    assert (sent_back["status"], sent_back["revision_count"]) == ("needs_revision", 1)
    owner.post(f"{path}:submit", json={})
    assert owner.post(f"{path}:approve", json={"note": "fine"}).json()["status"] == "completed"


def test_a_command_in_a_wrong_state_says_what_can_be_done(owner, task):
    answer = owner.post(f"/api/tasks/{task['id']}:approve")

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/task-state"


def test_several_are_created_as_one_act_or_none(owner, ana):
    tag = uuid.uuid4().hex
    tasks = [{"title": f"Number {number}", "tags": [tag]} for number in range(3)]
    wrong = [*tasks, {"title": "Nobody's", "tags": [tag], "assignees": ["Zzyzx"]}]

    refused = owner.post("/api/tasks:batchCreate", json={"tasks": wrong})
    made = owner.post("/api/tasks:batchCreate", json={"tasks": tasks})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/tasks/3/assignees/0"
    assert [one["title"] for one in made.json()["tasks"]] == ["Number 0", "Number 1", "Number 2"]
    assert owner.get("/api/tasks", params={"tag": tag}).json()["total"] == 3


def test_several_are_answered_in_the_order_asked(owner, task):
    other = owner.post("/api/tasks", json={"title": "Other"}).json()

    found = owner.post(
        "/api/tasks:batchGet", json={"ids": [other["id"], "T-999999", task["id"], "nonsense"]}
    ).json()

    assert [one["id"] for one in found["tasks"]] == [other["id"], task["id"]]
    assert found["missing"] == ["T-999999", "nonsense"]


def test_tasks_are_listed_by_filter_order_and_page(owner, ana):
    for title, priority in [("a", "low"), ("b", "urgent"), ("c", "high")]:
        owner.post(
            "/api/tasks", json={"title": title, "priority": priority, "assignees": [ana["id"]]}
        )

    def titles(**query: object) -> list[str]:
        answer = owner.get("/api/tasks", params={"assignee": ana["id"], **query})
        assert answer.status_code == 200, answer.text
        return [one["title"] for one in answer.json()["tasks"]]

    assert titles(sort="title") == ["a", "b", "c"]
    assert titles(sort="-title") == ["c", "b", "a"]
    assert titles(sort="title", priority="low,high") == ["a", "c"]
    assert titles(sort="title", priority=["low", "high"]) == ["a", "c"]
    assert titles(sort="title", per_page=2) == ["a", "b"]
    assert titles(sort="title", per_page=2, page=2) == ["c"]
    assert titles(status="open", sort="title") == ["a", "b", "c"]
    assert titles(status="completed") == []


def test_a_cursor_leads_through_all_pages(owner, ana):
    for number in range(5):
        owner.post("/api/tasks", json={"title": f"{number}", "assignees": [ana["id"]]})
    asked = {"assignee": ana["id"], "per_page": 2, "sort": "title"}
    page = owner.get("/api/tasks", params=asked).json()
    seen = [one["title"] for one in page["tasks"]]

    while page["next_cursor"]:
        page = owner.get("/api/tasks", params={**asked, "cursor": page["next_cursor"]}).json()
        seen += [one["title"] for one in page["tasks"]]

    assert seen == ["0", "1", "2", "3", "4"]


def test_a_list_that_did_not_change_is_not_sent_again(owner, ana):
    asked = {"assignee": ana["id"]}
    etag = owner.get("/api/tasks", params=asked).headers["etag"]

    same = owner.get("/api/tasks", params=asked, headers={"If-None-Match": etag})
    owner.post("/api/tasks", json={"title": "New", "assignees": [ana["id"]]})
    other = owner.get("/api/tasks", params=asked, headers={"If-None-Match": etag})

    assert (same.status_code, other.status_code) == (304, 200)


def test_a_large_answer_is_compressed(owner, task):
    owner.post("/api/tasks:batchCreate", json={"tasks": [{"title": f"{n}"} for n in range(20)]})

    with owner.stream("GET", "/api/tasks", headers={"accept-encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())

    assert answer.headers["content-encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(packed))["tasks"]) == 20


def test_a_person_added_just_now_can_be_given_a_task_at_once(owner, person):
    for number in range(5):
        added = person(f"New{number}")

        made = owner.post("/api/tasks", json={"title": "a", "assignees": [added["name"]]})

        assert made.json()["assignees"][0]["id"] == added["id"]


def test_a_renamed_person_is_found_by_the_new_name_at_once(owner, ana):
    path = f"/api/people/{ana['id']}"
    owner.get("/api/tasks", params={"assignee": ana["name"]})

    renamed = owner.patch(path, json={"name": f"{ana['name']} Kurz"}, headers={"If-Match": "*"})

    assert renamed.status_code == 200, renamed.text
    found = owner.get("/api/tasks", params={"assignee": f"{ana['name']} Kurz"})
    assert found.status_code == 200
    assert owner.get("/api/tasks", params={"assignee": ana["name"]}).status_code == 400


def test_a_task_is_blocked_held_and_put_off_with_a_reason(owner, task):
    path = f"/api/tasks/{task['id']}"

    blocked = owner.post(
        f"{path}:block", json={"reason": "no API key", "block_reason": "external"}
    ).json()
    back = owner.post(f"{path}:unblock").json()
    held = owner.post(f"{path}:hold", json={"reason": "budget"}).json()
    resumed = owner.post(f"{path}:resume").json()
    late = owner.post(
        f"{path}:delay", json={"deadline": "2027-01-04T09:00:00Z", "reason": "parts"}
    ).json()

    told = [each["status"] for each in (blocked, back, held, resumed)]
    assert told == ["blocked", "pending", "on_hold", "pending"]
    assert late["deadline"] == "2027-01-04T09:00:00Z"


def test_a_closed_task_is_reopened_and_a_deleted_one_restored(owner, task):
    path = f"/api/tasks/{task['id']}"

    owner.post(f"{path}:complete")
    reopened = owner.post(f"{path}:reopen", json={"reason": "it broke"})
    owner.delete(path)
    gone = owner.get(path)
    restored = owner.post(f"{path}:restore")

    assert (reopened.status_code, reopened.json()["status"]) == (200, "pending")
    assert gone.status_code == 404
    assert owner.get(path).json() == restored.json()


def test_a_parent_with_open_subtasks_is_completed_only_when_it_is_said_what_becomes_of_them(
    owner, task
):
    owner.post("/api/tasks", json={"title": "Part", "parent": task["id"]})

    asked = owner.post(f"/api/tasks/{task['id']}:complete")
    closed = owner.post(f"/api/tasks/{task['id']}:complete", json={"subtasks": "close"})

    assert asked.status_code == 409
    assert "Part" in asked.json()["detail"]
    assert [part["status"] for part in closed.json()["subtasks"]] == ["completed"]


def test_a_delay_says_what_it_lacks(owner, task):
    refused = owner.post(f"/api/tasks/{task['id']}:delay", json={"deadline": "soon"})

    assert refused.status_code == 422
    assert {each["pointer"] for each in refused.json()["errors"]} == {"#/deadline", "#/reason"}


def test_a_task_tells_why_it_stands_where_it_stands(owner, task):
    path = f"/api/tasks/{task['id']}"
    put_off = {"deadline": "2027-01-04T10:00:00Z", "reason": "Parts are late"}
    owner.post(f"{path}:delay", json=put_off)
    blocked = {"reason": "No key yet", "block_reason": "external"}

    told = owner.post(f"{path}:block", json=blocked).json()

    assert (told["reason"], told["block_reason"]) == ("No key yet", "external")
    assert (told["delay_count"], told["delay_reason"]) == (1, "Parts are late")
    assert (told["reopen_count"], told["archived_at"], told["successor"]) == (0, None, None)
    events = owner.get(f"{path}/history").json()["events"]
    assert events[0]["changes"]["block_reason"] == [None, "external"]
    assert events[1]["changes"]["delay_count"] == [0, 1]


def test_who_submits_and_when_it_repeats_may_be_said(owner):
    body = {"title": "Water the plants", "recurrence": "FREQ=WEEKLY", "repeats": "completion"}
    made = owner.post("/api/tasks", json={**body, "submit_by_one": True}).json()
    assert (made["repeats"], made["submit_by_one"]) == ("completion", True)

    more = {"repeats": "schedule", "submit_by_one": False}
    path, any_version = f"/api/tasks/{made['id']}", {"If-Match": "*"}
    changed = owner.patch(path, json=more, headers=any_version).json()

    assert (changed["repeats"], changed["submit_by_one"]) == ("schedule", False)
    assert owner.patch(path, json={"repeats": "never"}, headers=any_version).status_code == 422


def test_subtasks_are_put_in_order(owner):
    whole = owner.post("/api/tasks", json={"title": "Launch"}).json()
    parts = [
        owner.post("/api/tasks", json={"title": title, "parent": whole["id"]}).json()["id"]
        for title in ("One", "Two", "Three")
    ]

    answer = owner.post(f"/api/tasks/{whole['id']}:reorderSubtasks", json={"subtasks": [parts[2]]})

    assert answer.status_code == 200, answer.text
    assert [each["title"] for each in answer.json()["subtasks"]] == ["Three", "One", "Two"]
    assert answer.headers["x-boss-act"]
    assert owner.get(f"/api/tasks/{parts[2]}").json()["place"] == 1
    wrong = owner.post(f"/api/tasks/{whole['id']}:reorderSubtasks", json={"subtasks": ["x y"]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "#/subtasks/0")


def test_closing_the_last_subtask_names_the_parent(owner):
    whole = owner.post("/api/tasks", json={"title": "Launch"}).json()["id"]
    one, two = (
        owner.post("/api/tasks", json={"title": title, "parent": whole}).json()["id"]
        for title in ("One", "Two")
    )

    first = owner.post(f"/api/tasks/{one}:complete")
    last = owner.post(f"/api/tasks/{two}:complete")

    assert "x-boss-parent-completable" not in first.headers
    assert last.headers["x-boss-parent-completable"] == whole
    told = owner.get(f"/api/tasks/{two}/history").json()["events"]
    assert {"parent_completable": whole} in [each["detail"] for each in told]
    assert owner.post(f"/api/tasks/{whole}:complete").json()["status"] == "completed"
