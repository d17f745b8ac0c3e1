"""Series of repeated tasks over HTTP."""

import pytest


@pytest.fixture
def weekly(owner):
    body = {
        "title": "Check the backups",
        "recurrence": "FREQ=WEEKLY;BYDAY=SU",
        "deadline": "2099-10-18T09:00:00+02:00",
    }
    made = owner.post("/api/tasks", json=body)
    assert made.status_code == 201, made.text
    return made.json()["id"]


def test_a_series_is_paused_and_resumed(owner, weekly):
    paused = owner.post(f"/api/tasks/{weekly}:pauseRecurrence")
    again = owner.post(f"/api/tasks/{weekly}:pauseRecurrence")
    resumed = owner.post(f"/api/tasks/{weekly}:resumeRecurrence")

    assert paused.status_code == 200, paused.text
    assert paused.json()["recurrence_paused"] is True
    assert paused.headers["x-boss-act"]
    assert "x-boss-act" not in again.headers
    assert resumed.json()["recurrence_paused"] is False


def test_a_preview_tells_the_next_dates_in_the_workspaces_time(owner, weekly):
    told = owner.get(f"/api/tasks/{weekly}/occurrences", params={"per_page": 2})

    assert told.json() == {
        # Summer time has ended on the first of them.
        "occurrences": ["2099-10-25T08:00:00Z", "2099-11-01T08:00:00Z"],
        "more": True,
    }
    wrong = owner.get(f"/api/tasks/{weekly}/occurrences", params={"per_page": 51})
    assert wrong.status_code == 400


def test_skipping_moves_the_task_and_the_same_key_skips_once(owner, weekly):
    key = {"Idempotency-Key": f"skip {weekly}"}

    first = owner.post(f"/api/tasks/{weekly}:skipOccurrence", headers=key)
    again = owner.post(f"/api/tasks/{weekly}:skipOccurrence", headers=key)

    assert first.json()["deadline"] == "2099-10-25T08:00:00Z"
    assert again.json() == first.json()


def test_an_ended_series_has_no_dates_and_can_not_be_skipped(owner, weekly):
    ended = owner.post(f"/api/tasks/{weekly}:endRecurrence")
    refused = owner.post(f"/api/tasks/{weekly}:skipOccurrence")

    assert ended.json()["recurrence"] is None
    assert owner.get(f"/api/tasks/{weekly}/occurrences").json()["occurrences"] == []
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/not-repeated"


def test_completing_names_the_occurrence_that_follows(owner, weekly):
    done = owner.post(f"/api/tasks/{weekly}:complete").json()

    follower = owner.get(f"/api/tasks/{done['successor']}").json()
    assert (follower["occurrence"], follower["status"]) == (2, "pending")
    assert follower["deadline"] == "2099-10-25T08:00:00Z"


@pytest.mark.parametrize("verb", ["pauseRecurrence", "skipOccurrence", "endRecurrence"])
def test_what_is_not_there_has_no_series(owner, verb):
    assert owner.post(f"/api/tasks/T-999999:{verb}").status_code == 404
    assert owner.get("/api/tasks/T-999999/occurrences").status_code == 404
