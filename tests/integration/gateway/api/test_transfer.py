"""The workspace as a file over HTTP."""

import csv
import io
import json
import uuid

import httpx
import pytest

from tests.integration.gateway.api.conftest import OWNER, SERVICES, System


def test_the_workspace_is_exported_as_records(owner, person):
    ana = person("Ana")
    made = owner.post("/api/tasks", json={"title": "Export me", "assignees": [ana["id"]]}).json()

    answer = owner.get("/api/export")

    assert answer.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    assert 'filename="boss-export.jsonl"' in answer.headers["content-disposition"]
    records = [json.loads(line) for line in answer.text.splitlines()]
    assert (records[0]["kind"], records[-1]) == ("workspace", {"kind": "end"})
    keys = {each["key"]: each["display_name"] for each in records if each["kind"] == "person"}
    (task,) = [each for each in records if f"T-{each.get('number')}" == made["id"]]
    assert [keys[each["person"]] for each in task["assignees"]] == [ana["name"]]
    assert int(answer.headers["x-boss-total"]) >= len(keys)


def test_the_tasks_are_exported_as_a_table(owner):
    made = owner.post("/api/tasks", json={"title": "+1 for it", "tags": ["a", "b"]}).json()

    answer = owner.get("/api/export", params={"format": "csv"})

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(answer.text, newline=""))}
    assert (rows[made["id"]]["title"], rows[made["id"]]["tags"]) == ("'+1 for it", "a; b")


def test_an_unknown_form_is_refused(owner):
    answer = owner.get("/api/export", params={"format": "xlsx"})

    assert answer.status_code == 400
    assert [each["pointer"] for each in answer.json()["errors"]] == ["?format"]


@pytest.mark.parametrize("path", ["/api/export", "/api/export?format=csv"])
def test_a_stranger_gets_no_file(anybody, path):
    assert anybody.get(path).status_code == 401


HEAD = {"kind": "workspace", "version": 1, "name": "W", "timezone": "UTC", "last_number": 1}
TIMES = dict.fromkeys(("created_at", "updated_at", "status_since"), "2026-11-01T10:00:00Z")
FILE = "\n".join(
    json.dumps(each)
    for each in (
        HEAD,
        {"kind": "task", "number": 1, "title": "Brought in", **TIMES},
        {"kind": "task", "number": 2, "title": "", **TIMES},
        {"kind": "end"},
    )
)


def test_a_file_of_records_is_taken_with_reasons_for_the_rest(owner):
    key = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/x-ndjson"}

    first, again = (owner.post("/api/import", content=FILE, headers=key) for _ in range(2))

    assert first.status_code == 200, first.text
    assert first.json() == again.json()
    assert first.json()["counts"]["tasks"] == 1
    (refused,) = first.json()["refused"]
    assert (refused["line"], refused["title"]) == (3, "")
    assert refused["reasons"][0].startswith("title: ")
    assert first.headers["x-boss-position"] == again.headers["x-boss-position"]
    assert owner.get("/api/tasks", params={"q": "Brought in"}).json()["total"] == 1


def test_a_dry_run_only_tells(owner):
    table = "id,title\nTASK-DRY-1,Never there\n"

    answer = owner.post("/api/import", params={"format": "csv", "dry_run": "true"}, content=table)

    assert (answer.json()["dry_run"], answer.json()["counts"]["tasks"]) == (True, 1)
    assert owner.get("/api/tasks/TASK-DRY-1").status_code == 404


def test_an_imported_task_is_found_by_what_the_predecessor_called_it(owner):
    table = "id,title\nTASK-HTTP-1,Old one\n"

    owner.post("/api/import", params={"format": "csv"}, content=table)

    found = owner.get("/api/tasks/TASK-HTTP-1")
    assert found.json()["title"] == "Old one"
    assert found.json()["id"].startswith("T-")


def test_progress_is_told_line_by_line(owner):
    table = "title\n" + "".join(f"Row {n}\n" for n in range(700))

    answer = owner.post(
        "/api/import",
        params={"format": "csv"},
        content=table,
        headers={"Accept": "application/x-ndjson"},
    )

    told = [json.loads(line) for line in answer.text.splitlines()]
    assert [(each["done"], each["total"]) for each in told] == [
        (0, 700), (500, 700), (700, 700), (700, 700),
    ]  # fmt: skip
    assert told[-1]["result"]["counts"]["tasks"] == 700


@pytest.mark.parametrize(
    ("content", "query", "status", "problem"),
    [
        ("nothing of it", {"format": "json"}, 422, "file-unreadable"),
        ("a,b\n1,2\n", {"format": "csv"}, 422, "file-unreadable"),
        ("title\nFine\n", {}, 415, "media-type"),
        ("title\nFine\n", {"format": "xls"}, 400, "query-invalid"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(owner, content, query, status, problem):
    answer = owner.post("/api/import", params=query, content=content)

    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"/problems/{problem}"


def test_members_take_no_file_in(owner, person, installation):
    ana = person("Ana")
    link = owner.post("/api/links", json={"person": ana["id"], "kind": "invite"}).json()
    with httpx.Client(base_url=installation.url, timeout=20) as client:
        client.post("/api/sessions", json={"token": link["url"].partition("#token=")[2]})

        answer = client.post("/api/import", params={"format": "csv"}, content="title\nMine\n")

    assert answer.status_code == 403


def test_what_is_kept_of_a_person_is_given_out_and_erased(owner, person):
    ana = person("Ana", email="ana@example.org")
    place = f"/api/people/{ana['id']}"

    given = owner.get(f"{place}/export")
    early = owner.post(f"{place}:erase")
    owner.patch(place, json={"status": "left"})
    erased = owner.post(f"{place}:erase")

    records = [json.loads(line) for line in given.text.splitlines()]
    assert (records[0]["email"], records[-1]["kind"]) == ("ana@example.org", "end")
    assert f'filename="{ana["id"]}.jsonl"' in given.headers["content-disposition"]
    assert early.status_code == 409
    assert erased.json()["name"] == "former member"
    assert erased.json()["email"] is None
    assert owner.get(place).json()["name"] == "former member"
    assert owner.get("/api/people/me/export").status_code == 200
    assert owner.get("/api/people/P-999999/export").status_code == 404


@pytest.mark.parametrize("asked", ["TASK-2031-7", "task-2031-7"])
def test_a_task_is_found_by_what_the_predecessor_called_it(owner, asked):
    owner.post("/api/import?format=csv", content="id,title\nTASK-2031-7,Of old\n")

    answer = owner.get(f"/api/tasks/{asked}")

    assert (answer.status_code, answer.json()["title"]) == (200, "Of old")


def test_an_import_that_breaks_off_says_why_and_goes_on(databases, tmp_path):
    system = System(databases.new(), tmp_path)
    rows = "title\n" + "".join(f"Row {n}\n" for n in range(4_000))
    sent = {
        "Authorization": f"Bearer {OWNER}",
        "Accept": "application/x-ndjson",
        "Idempotency-Key": str(uuid.uuid4()),
    }
    for name in SERVICES:
        system.start(name)
    try:
        system.wait_ready()
        with httpx.Client(base_url=system.url, headers=sent, timeout=40) as client:
            asked = {"params": {"format": "csv"}, "content": rows}
            with client.stream("POST", "/api/import", **asked) as answer:
                lines = answer.iter_lines()
                next(lines)
                system.kill("task")
                told = [json.loads(line) for line in lines]
            system.start("task")
            system.wait_ready()
            again = client.post("/api/import", **asked)
            total = client.get("/api/tasks", params={"per_page": 1}).json()["total"]
    finally:
        for name in list(system.processes):
            system.stop(name)

    assert told[-1]["result"] is None
    assert (told[-1]["problem"]["status"], told[-1]["done"] < 4_000) == (503, True)
    assert json.loads(again.text.splitlines()[-1])["result"]["counts"]["tasks"] == 4_000
    assert total == 4_000
