"""The workspace as a file over HTTP."""

import csv
import io
import json

import pytest


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
