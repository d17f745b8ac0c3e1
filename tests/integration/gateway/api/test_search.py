"""Search and filters over HTTP, on the real services."""

import pytest


@pytest.fixture
def tasks(owner, person):
    ana = person("Ana")
    news = [
        {"title": "Fix the login page", "assignees": [ana["id"]], "priority": "urgent"},
        {"title": "Old login texts", "tags": ["old"]},
        {"title": "Order catering", "project": "Fair"},
    ]
    made = owner.post("/api/tasks:batchCreate", json={"tasks": news})
    assert made.status_code == 200, made.text
    return made.json()["tasks"]


def test_what_is_found_comes_with_its_task_a_snippet_and_a_score(owner, tasks):
    ana = tasks[0]["assignees"][0]
    found = owner.get("/api/search", params={"q": f"logins -tag:old @{ana['id']}"})

    body = found.json()
    assert found.status_code == 200
    assert list(body) == ["results", "total", "more_than_total", "next_cursor"]
    (result,) = body["results"]
    assert result["task"] == owner.get(f"/api/tasks/{tasks[0]['id']}").json()
    assert result["snippet"] == "Fix the «login» page"
    assert result["score"] > 0
    assert (result["match"], result["comment"]) == ("task", None)
    assert (body["total"], body["more_than_total"], body["next_cursor"]) == (1, False, None)


def test_comments_are_searched_too(owner, tasks):
    said = owner.post(
        f"/api/tasks/{tasks[2]['id']}/comments", json={"text": "The zeppelin is late"}
    ).json()

    (result,) = owner.get("/api/search", params={"q": "zepp"}).json()["results"]

    assert result["task"]["id"] == tasks[2]["id"]
    assert result["snippet"] == "The «zeppelin» is late"
    assert result["comment"] == f"comments/{said['id']}"


def test_a_search_goes_on_where_its_page_ends(owner, tasks):
    first = owner.get("/api/search", params={"q": "login", "per_page": 1}).json()
    more = {"q": "login", "per_page": 1, "cursor": first["next_cursor"]}
    second = owner.get("/api/search", params=more).json()

    ids = [each["results"][0]["task"]["id"] for each in (first, second)]
    assert len({*ids}) == 2
    assert first["total"] >= 2


def test_lists_take_a_filter_and_have_no_version_then(owner, tasks):
    ana = tasks[0]["assignees"][0]
    found = owner.get("/api/tasks", params={"filter": f"login #urgent @{ana['id']}"})

    assert [each["id"] for each in found.json()["tasks"]] == [tasks[0]["id"]]
    assert "etag" not in found.headers
    again = owner.get("/api/tasks", params={"filter": "tag:old", "status": "completed"})
    assert again.json()["tasks"] == []


@pytest.mark.parametrize(
    ("path", "params", "pointer", "detail"),
    [
        ("/api/tasks", {"filter": "stauts:open"}, "?filter", "did you mean status:"),
        ("/api/tasks", {"filter": "@zzz"}, "?filter", "nobody is called “zzz”"),
        ("/api/tasks", {"filter": "x" * 1_001}, "?filter", "at most 1000 characters"),
        ("/api/search", {"q": "due:never"}, "?q", "At character 1: “never” is no date"),
        ("/api/search", {"q": " "}, "?q", "Write what to look for."),
        ("/api/search", {}, "?q", "needed"),
        ("/api/search", {"q": "a", "cursor": "zz"}, "?cursor", "not of this list"),
    ],
)
def test_a_wrong_search_is_told_with_its_place(owner, path, params, pointer, detail):
    refused = owner.get(path, params=params)

    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert error["pointer"] == pointer
    assert detail in error["detail"]
