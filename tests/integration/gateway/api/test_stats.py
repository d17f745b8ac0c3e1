"""Figures, the first page and the projects over HTTP."""

from datetime import UTC, datetime, timedelta

NOW = datetime.now(UTC)


def made(owner, title, **fields):
    answer = owner.post("/api/tasks", json={"title": title, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def done(owner, task):
    assert owner.post(f"/api/tasks/{task['id']}:complete", json={}).status_code == 200


def pointers(answer):
    return {each["pointer"] for each in answer.json()["errors"]}


def test_figures_of_a_persons_tasks(owner, person):
    ana = person("Ana")
    late = (NOW - timedelta(hours=1)).isoformat()
    made(owner, "A", assignees=[ana["id"]], deadline=late, estimate_minutes=90, priority="high")
    done(owner, made(owner, "B", assignees=[ana["id"]], requires_approval=False))

    told = owner.get("/api/stats", params={"person": ana["id"], "group_by": "person"}).json()

    assert told["timezone"] == "Europe/Berlin"
    assert told["standing"] == {
        "total": 2, "open": 1,
        "by_status": {
            "pending": 1, "in_progress": 0, "blocked": 0, "on_hold": 0, "in_review": 0,
            "needs_revision": 0, "completed": 1, "cancelled": 0,
        },
        "by_priority": {"low": 0, "medium": 0, "high": 1, "urgent": 0},
        "in_progress": 0, "overdue": 1, "blocked": 0, "waiting_approval": 0,
        "estimate_minutes": 90,
    }  # fmt: skip
    flow = told["flow"]
    assert (flow["created"], flow["completed"], flow["completion_rate"]) == (2, 1, 0.5)
    assert (flow["with_deadline"], flow["on_time_rate"]) == (0, None)
    assert set(flow["cycle_time"]) == {"median_seconds", "mean_seconds", "p90_seconds"}
    assert (told["before"]["created"], told["before"]["cycle_time"]) == (0, None)
    (group,) = told["groups"]
    assert (group["key"], group["person"]) == (ana["id"], {"id": ana["id"], "name": ana["name"]})
    assert (group["standing"], group["flow"]) == (told["standing"], told["flow"])


def test_days_are_those_asked_for(owner):
    asked = {"from": "2026-03-28", "to": "2026-03-30", "group_by": "day"}

    told = owner.get("/api/stats", params=asked).json()

    assert told["span"] == {"from": "2026-03-28", "to": "2026-03-30"}
    assert told["span_before"] == {"from": "2026-03-25", "to": "2026-03-27"}
    assert [each["key"] for each in told["groups"]] == ["2026-03-28", "2026-03-29", "2026-03-30"]
    assert set(told["groups"][0]) == {"key", "flow"}


def test_all_bad_parameters_are_told_at_once(owner):
    asked = {"from": "yesterday", "to": "2026-02-30", "group_by": "colour", "when": "now"}

    answer = owner.get("/api/stats", params=asked)

    assert answer.status_code == 400
    assert pointers(answer) == {"?from", "?to", "?group_by", "?when"}
    assert "2026-11-27" in answer.text


def test_what_the_days_are_not_to_be_is_told_by_its_parameter(owner):
    backwards = owner.get("/api/stats", params={"from": "2026-03-02", "to": "2026-03-01"})
    far = owner.get("/api/stats", params={"from": "1999-12-31", "to": "2300-01-01"})
    nobody = owner.get("/api/stats", params={"person": ["Nobody at all", "me", "Neither"]})

    assert (backwards.status_code, pointers(backwards)) == (400, {"?to"})
    assert pointers(far) == {"?from", "?to"}
    assert (len(nobody.json()["errors"]), pointers(nobody)) == (2, {"?person"})


def test_the_first_page_in_one_call(owner, person):
    ana = person("Ana", status="away", away_until=(NOW + timedelta(days=3)).isoformat())
    oldest = (NOW - timedelta(days=900)).isoformat()
    late = made(owner, "Late", assignees=[ana["id"]], deadline=oldest)
    finished = made(owner, "Finished", requires_approval=False)
    done(owner, finished)

    told = owner.get("/api/dashboard").json()

    assert told["overdue"]["tasks"][0] == owner.get(f"/api/tasks/{late['id']}").json()
    assert told["completed"]["tasks"][0]["id"] == finished["id"]
    assert len(told["days"]) == 14
    assert told["days"][-1]["flow"]["created"] >= 2
    assert ana["id"] in [each["person"]["id"] for each in told["workload"]]
    assert ana["id"] in [each["person"]["id"] for each in told["away"]]
    lists = ("due_today", "due_this_week", "waiting_approval", "blocked")
    assert all(set(told[name]) == {"tasks", "more"} for name in lists)


def test_projects_are_listed_by_page(owner, person):
    mark = str(person("Ana")["name"]).rpartition(" ")[2]
    for name in ("B", "a", "C"):
        made(owner, name, project=f"{name} {mark}")
    seen, page = [], {"next_cursor": None}

    while page["next_cursor"] is not None or not seen:
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
        page = owner.get("/api/projects", params={"per_page": 1, **cursor}).json()
        seen += page["projects"]

    assert [each["name"] for each in seen if mark in each["name"]] == [
        f"a {mark}", f"B {mark}", f"C {mark}",
    ]  # fmt: skip
    assert page["total"] == len(seen)
    assert set(seen[0]) == {"name", "total", "open", "overdue", "completed"}
    wrong = owner.get("/api/projects", params={"per_page": 0, "cursor": ""})
    assert (wrong.status_code, pointers(wrong)) == (400, {"?per_page"})
