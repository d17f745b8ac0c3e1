"""What is answered from what was kept, as a caller sees it."""

import json

import httpx
import pytest


def asked(client: httpx.Client, path: str) -> dict[str, object]:
    """The answer to a question that was asked before, and so may be a kept one."""
    client.get(path).raise_for_status()
    answer = client.get(path)
    assert answer.status_code == httpx.codes.OK, answer.text
    found: dict[str, object] = answer.json()
    return found


@pytest.fixture
def task(owner):
    def make(title: str, **more: object) -> str:
        made = owner.post("/api/tasks", json={"title": title, **more})
        assert made.status_code == httpx.codes.CREATED, made.text
        found: str = made.json()["id"]
        return found

    return make


def rename(client: httpx.Client, path: str, **change: object) -> None:
    changed = client.patch(path, json=change, headers={"If-Match": "*"})
    assert changed.status_code == httpx.codes.OK, changed.text


def test_what_stands_in_a_task_of_others_is_never_an_old_one(owner, task, person):
    ana = person("Ana")
    whole = task("The whole")
    part = task("A part", parent=whole, assignees=[ana["id"]])
    after = task("Afterwards", depends_on=[part])
    for each in (whole, part, after):
        asked(owner, f"/api/tasks/{each}")

    rename(owner, f"/api/tasks/{part}", title="Another part")
    rename(owner, f"/api/tasks/{whole}", title="Another whole")
    rename(owner, f"/api/people/{ana['id']}", name="Hannah 7")

    assert "Another part" in json.dumps(asked(owner, f"/api/tasks/{whole}"))
    assert "Another whole" in json.dumps(asked(owner, f"/api/tasks/{part}"))
    assert "Another part" in json.dumps(asked(owner, f"/api/tasks/{after}"))
    assert "Hannah 7" in json.dumps(asked(owner, f"/api/tasks/{part}"))


@pytest.mark.parametrize("by", ["a list", "several at once", "a search"])
def test_a_task_is_the_same_whether_another_answer_has_shown_it_or_not(owner, task, person, by):
    ana = person("Ana")
    ident = task(f"Shown whole by {by}", assignees=[ana["id"]], tags=["a"])
    path = f"/api/tasks/{ident}"
    # With a position that nobody has heard of yet, nothing that is kept is given.
    direct = owner.get(path, headers={"X-Boss-Position": str(10**15)})
    if by == "several at once":
        owner.post("/api/tasks:batchGet", json={"ids": [ident]}).raise_for_status()
    else:
        asked(owner, "/api/tasks?per_page=50" if by == "a list" else "/api/search?q=Shown+whole")

    kept = owner.get(path)

    assert kept.content == direct.content
    assert kept.headers["etag"] == direct.headers["etag"]


def test_a_comment_is_among_the_comments_at_once(owner, task):
    path = f"/api/tasks/{task('Say something')}/comments"
    asked(owner, path)

    owner.post(path, json={"text": "Here it is"}).raise_for_status()

    assert "Here it is" in json.dumps(asked(owner, path))


@pytest.mark.parametrize("path", ["/api/dashboard", "/api/stats", "/api/projects", "/api/history"])
def test_figures_count_an_own_write_at_once(owner, task, path):
    before = asked(owner, path)

    task("One more", project="Figures at once")

    assert asked(owner, path) != before


def test_a_deleted_task_is_gone_at_once(owner, task):
    path = f"/api/tasks/{task('Soon gone')}"
    asked(owner, path)

    owner.delete(path).raise_for_status()

    assert owner.get(path).status_code in {httpx.codes.NOT_FOUND, httpx.codes.GONE}


def test_a_kept_answer_comes_with_its_version_and_compressed(owner, task):
    for number in range(5):
        task(f"One of several {number} " + "and more " * 20)
    first = owner.get("/api/tasks")
    again = owner.get("/api/tasks", headers={"Accept-Encoding": "gzip"})

    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["content-encoding"] == "gzip"
    assert again.json() == first.json()
    unchanged = owner.get("/api/tasks", headers={"If-None-Match": first.headers["etag"]})
    assert unchanged.status_code == httpx.codes.NOT_MODIFIED
    assert unchanged.content == b""


def test_a_head_of_a_kept_answer_has_no_body(owner, task):
    asked(owner, "/api/tasks")

    answer = owner.head("/api/tasks")

    assert answer.status_code == httpx.codes.OK
    assert int(answer.headers["content-length"]) > 0
    assert answer.content == b""


def test_a_position_that_is_none_is_refused(owner):
    answer = owner.get("/api/tasks", headers={"X-Boss-Position": "soon"})

    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert answer.json()["type"].endswith("position-invalid")


def test_a_session_gets_the_position_of_its_writes_as_a_cookie(installation, owner):
    link = owner.post("/api/links", json={}).raise_for_status().json()
    token = str(link["url"]).rpartition("#token=")[2]
    with httpx.Client(base_url=installation.url, timeout=20) as browser:
        browser.post("/api/sessions", json={"token": token}).raise_for_status()
        made = browser.post(
            "/api/tasks", json={"title": "From the page"}, headers={"Sec-Fetch-Site": "same-origin"}
        )

        assert made.status_code == httpx.codes.CREATED, made.text
        told = {
            value for name, value in browser.cookies.items() if name.startswith("boss-position")
        }
        assert told == {made.headers["x-boss-position"]}


def test_what_a_token_may_not_see_any_more_is_not_kept_for_it(owner):
    made = owner.post("/api/tokens", json={"name": "passing"}).raise_for_status().json()
    head = {"Authorization": f"Bearer {made['token']}"}
    with httpx.Client(base_url=owner.base_url, headers=head, timeout=20) as passing:
        asked(passing, "/api/tasks")
        owner.delete(f"/api/tokens/{made['id']}").raise_for_status()

        assert passing.get("/api/tasks").status_code == httpx.codes.UNAUTHORIZED
