"""Attendance, time and timesheets over HTTP."""

import csv
import io
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest

MINUTES = timedelta(minutes=1)


def iso(moment):
    return moment.isoformat().replace("+00:00", "Z")


@pytest.fixture
def member(owner, person, installation):
    """A member with a client and a name of their own."""
    made = person("=Ben", timezone="UTC", department="dev")
    invitation = {"person": made["id"], "kind": "invite"}
    link = owner.post("/api/links", json=invitation).json()
    with httpx.Client(base_url=installation.url, timeout=20) as client:
        token = link["url"].partition("#token=")[2]
        signed = client.post("/api/sessions", json={"token": token})
        assert signed.status_code == 201, signed.text
        yield client, made


@pytest.fixture
def task(owner, member):
    made = owner.post("/api/tasks", json={"title": "Slides", "assignees": [member[1]["id"]]})
    assert made.status_code == 201, made.text
    return made.json()["id"]


def test_in_break_out(owner, member):
    ben, me = member

    came = ben.post("/api/attendance:in")
    paused = ben.post("/api/attendance:break")
    back = ben.post("/api/attendance:break", json={"on_break": False})
    gone = ben.post("/api/attendance:out", json={})
    again = ben.post("/api/attendance:out")

    assert came.status_code == 200, came.text
    assert came.json()["person"] == {"id": me["id"], "name": me["name"]}
    assert (paused.json()["on_break"], back.json()["on_break"]) == (True, False)
    assert list(gone.json()) == [
        "attendance", "worked_minutes", "break_minutes", "due_next", "more_due", "stopped",
    ]  # fmt: skip
    assert int(gone.headers["x-boss-position"]) > int(came.headers["x-boss-position"])
    assert again.status_code == 409
    assert again.json()["type"] == "/problems/not-in"
    day = owner.get("/api/attendance", params={"person": me["id"]}).json()
    assert [each["state"] for each in day["days"]] == ["out"]
    assert day["total"] == 1


def test_a_key_says_in_once(member):
    ben, _ = member
    key = {"Idempotency-Key": str(uuid.uuid4())}

    first, second = (ben.post("/api/attendance:in", headers=key) for _ in range(2))

    assert first.json() == second.json()


def test_a_presence_is_added_corrected_and_taken_away(owner, member):
    ben, me = member
    begun = datetime.now(UTC).replace(microsecond=0, second=0) - timedelta(days=2)

    added = owner.post(
        "/api/attendance",
        json={
            "person": me["name"],
            "in_at": iso(begun),
            "out_at": iso(begun + 90 * MINUTES),
            "breaks": [
                {"start_at": iso(begun + 10 * MINUTES), "end_at": iso(begun + 20 * MINUTES)}
            ],
            "reason": "Forgot the phone",
        },
    )
    place = added.headers["location"]
    stale = owner.patch(
        place, json={"breaks": [], "reason": "None"}, headers={"If-Match": '"nonsense"'}
    )
    changed = owner.patch(
        place,
        json={"breaks": [], "reason": "Worked through"},
        headers={"If-Match": added.headers["etag"]},
    )
    refused = ben.patch(place, json={"breaks": [], "reason": "Mine"})
    removed = owner.delete(place, params={"reason": "It was another"})
    gone = owner.delete(place, params={"reason": "Again"})

    assert added.status_code == 201, added.text
    assert (added.json()["worked_minutes"], added.json()["break_minutes"]) == (80, 10)
    assert stale.status_code == 412
    assert (changed.json()["worked_minutes"], changed.json()["corrected"]) == (90, True)
    assert refused.status_code == 403
    assert removed.status_code == 204
    assert gone.status_code == 404
    history = owner.get(f"/api/people/{me['id']}/history").json()["events"]
    assert history[0]["detail"]["reason"] == "It was another"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"#/person", "#/in_at", "#/reason"}),
        ({"person": "P-1", "in_at": "2026-11-25T09:00:00", "reason": "So"}, {"#/in_at"}),
        (
            {"person": "P-1", "in_at": "2020-01-01T09:00:00Z", "reason": "So", "breaks": [{}]},
            {"#/breaks/0/start_at"},
        ),
    ],
)
def test_what_is_wrong_with_a_presence_is_told_by_its_field(owner, body, pointers):
    answer = owner.post("/api/attendance", json=body)

    assert answer.status_code == 422
    assert {each["pointer"] for each in answer.json()["errors"]} == pointers


def test_a_timer_runs_once(owner, member, task):
    ben, me = member
    other = owner.post("/api/tasks", json={"title": "Report", "assignees": [me["id"]]}).json()

    first = ben.post(f"/api/tasks/{task}:startTimer", json={"note": "Drafts"})
    second = ben.post(f"/api/tasks/{other['id']}:startTimer")
    stopped = ben.post(f"/api/tasks/{other['id']}:stopTimer")
    none = ben.post("/api/time:stopTimer")

    assert first.status_code == 200, first.text
    assert (first.json()["running"], first.json()["stopped"]) == (True, None)
    assert second.json()["stopped"]["id"] == first.json()["id"]
    assert second.json()["stopped"]["running"] is False
    assert stopped.json()["task"]["title"] == "Report"
    assert none.status_code == 409
    assert none.json()["type"] == "/problems/no-timer"


def test_time_is_logged_listed_changed_and_deleted(owner, member, task):
    ben, me = member

    logged = ben.post("/api/time", json={"task": task, "spent": "1h30m", "note": "Drafts"})
    place = logged.headers["location"]
    listed = owner.get("/api/time", params={"person": me["id"], "task": task}).json()
    changed = ben.patch(
        place, json={"minutes": 20, "note": "Less"}, headers={"If-Match": logged.headers["etag"]}
    )
    deleted = ben.delete(place)

    assert logged.status_code == 201, logged.text
    assert logged.json()["minutes"] == 90
    assert (listed["total"], listed["entries"][0]["note"]) == (1, "Drafts")
    assert (changed.json()["minutes"], changed.json()["note"]) == (20, "Less")
    assert deleted.status_code == 204
    assert deleted.headers["x-boss-act"]
    assert owner.get("/api/time", params={"person": me["id"]}).json()["total"] == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"spent": "1h"}, "#/task"),
        ({"task": "T-1"}, "#"),
        ({"task": "T-1", "spent": "1h", "minutes": 60}, "#"),
        ({"task": "T-1", "spent": "soon"}, "#/spent"),
        ({"task": "T-1", "minutes": 0}, "#/minutes"),
        ({"task": "T-1", "minutes": 5, "date": "tomorrow"}, "#/date"),
    ],
)
def test_what_is_wrong_with_time_is_told_by_its_field(owner, body, pointer):
    answer = owner.post("/api/time", json=body)

    assert answer.status_code == 422
    assert pointer in {each["pointer"] for each in answer.json()["errors"]}


def test_a_timesheet_as_json_and_as_a_table(owner, member, task):
    ben, me = member
    ben.post("/api/time", json={"task": task, "spent": "45m", "date": "2026-06-03"})
    week = {"person": me["id"], "from": "2026-06-01", "to": "2026-06-07"}

    sheet = ben.get("/api/timesheet", params=week)
    table = owner.get("/api/timesheet", params=week, headers={"Accept": "text/csv"})

    (found,) = sheet.json()["timesheets"]
    assert [day["logged_minutes"] for day in found["days"]] == [0, 0, 45, 0, 0, 0, 0]
    assert found["tasks"][0]["task"]["id"] == task
    assert (sheet.json()["date_from"], sheet.json()["date_to"]) == ("2026-06-01", "2026-06-07")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert "timesheet-2026-06-01-2026-06-07.csv" in table.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert len(rows) == 8
    assert {row["person"] for row in rows} == {"'" + me["name"]}
    assert (rows[2]["date"], rows[2]["logged_minutes"]) == ("2026-06-03", "45")
    assert (rows[7]["date"], rows[7]["logged_minutes"]) == ("total", "45")


def test_a_table_has_everybody_however_small_the_page(owner, member):
    asked = {"from": "2026-06-01", "to": "2026-06-01", "per_page": 1}

    table = owner.get("/api/timesheet", params=asked, headers={"Accept": "text/csv"})

    total = owner.get("/api/timesheet", params=asked).json()["total"]
    assert total > 1
    assert len(list(csv.DictReader(io.StringIO(table.text)))) == 2 * total


@pytest.mark.parametrize(
    ("path", "query", "pointer"),
    [
        ("/api/attendance", {"date": "yesterday"}, "?date"),
        ("/api/attendance", {"person": "nobody at all"}, "?person"),
        ("/api/time", {"from": "soon"}, "?from"),
        ("/api/timesheet", {"from": "2026-06-02", "to": "2026-06-01"}, "?to"),
        ("/api/timesheet", {"per_page": "0"}, "?per_page"),
    ],
)
def test_what_is_wrong_with_a_question_is_told_by_its_name(owner, path, query, pointer):
    answer = owner.get(path, params=query)

    assert answer.status_code == 400
    assert pointer in {each["pointer"] for each in answer.json()["errors"]}


def test_members_see_their_own_time_alone(member):
    ben, _ = member

    refused = ben.get("/api/timesheet", params={"person": "P-1"})
    own = ben.get("/api/timesheet").json()

    assert refused.status_code == 403
    assert own["total"] == 1
