"""Server-sent events: live, in order, and resumed where they broke off."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest


class Events:
    """Reads events from a stream."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()

    def block(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in self._lines:
            if not line:
                return found
            name, _, value = line.partition(": ")
            found[name] = value
        raise EOFError

    def next(self, of_type: str = "") -> dict[str, str]:
        while True:
            found = self.block()
            if "data" in found and (not of_type or found["event"] == of_type):
                return found

    def begun(self) -> None:
        """Return once the stream stands somewhere, so that what follows is surely in it."""
        while "id" not in self.block():
            pass


@contextmanager
def stream(client: httpx.Client, path: str, **headers: str) -> Iterator[Events]:
    with client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Events(answer)


def test_what_happens_is_told_as_it_happens(owner, person):
    ana = person("Ana")
    with stream(owner, "/api/events") as events:
        events.begun()

        made = owner.post("/api/tasks", json={"title": "a", "assignees": [ana["id"]]})
        task = made.json()["id"]
        owner.patch(f"/api/tasks/{task}", json={"priority": "high"}, headers={"If-Match": "*"})

        created = events.next("task.created")
        changed = events.next("task.changed")

    told = json.loads(created["data"])
    assert created["id"] == made.headers["x-boss-position"] == str(told["position"])
    assert (told["type"], told["task"], told["changes"]) == ("task.created", task, {})
    assert told["actor"]["id"] == "P-1"
    assert set(told) == {"position", "type", "task", "actor", "at", "changes"}
    assert json.loads(changed["data"])["changes"] == {"priority": ["medium", "high"]}


def test_what_changes_no_task_is_told_with_what_it_says(owner):
    task = owner.post("/api/tasks", json={"title": "Mend the gate"}).json()["id"]
    with stream(owner, "/api/events") as events:
        events.begun()

        owner.post(f"/api/tasks/{task}/comments", json={"text": "The hinge is here"})
        owner.patch("/api/workspace", json={"name": "Shop"}, headers={"If-Match": "*"})

        said = json.loads(events.next("comment.created")["data"])
        renamed = json.loads(events.next("workspace.changed")["data"])

    assert (said["task"], said["changes"]) == (task, {})
    assert said["detail"]["text"] == "The hinge is here"
    assert (renamed["task"], renamed["changes"].keys()) == (None, {"name"})


def test_a_stream_goes_on_where_it_broke_off(owner):
    first = owner.post("/api/tasks", json={"title": "1"}).headers["x-boss-position"]
    later = [owner.post("/api/tasks", json={"title": t}).headers["x-boss-position"] for t in "234"]

    with stream(owner, "/api/events", **{"last-event-id": first}) as events:
        seen = [events.next()["id"] for _ in later]

    assert seen == later


def test_events_of_tokens_are_nobodys_business(owner):
    with stream(owner, "/api/events") as events:
        events.begun()

        owner.post("/api/tokens", json={"name": "quiet"})
        owner.post("/api/tasks", json={"title": "loud"})

        assert events.next()["event"] == "task.created"


def test_whoever_is_not_known_hears_nothing(anybody):
    assert anybody.get("/api/events").status_code == 401
    assert anybody.get("/api/notifications").status_code == 401


@pytest.fixture
def ana_client(owner, person, installation):
    ana = person("Ana")
    link = owner.post("/api/links", json={"person": ana["id"]}).json()
    with httpx.Client(base_url=installation.url, timeout=20) as client:
        client.post("/api/sessions", json={"token": link["url"].partition("#token=")[2]})
        yield ana, client


def test_an_assignee_is_told_with_buttons(owner, ana_client):
    ana, client = ana_client
    with stream(client, "/api/notifications") as events:
        events.block()

        task = owner.post("/api/tasks", json={"title": "Fix it", "assignees": [ana["id"]]}).json()
        told = json.loads(events.next("message")["data"])

    assert "Fix it" in told["text"]
    assert told["task"] == task["id"]
    assert "Done" in [button["label"] for row in told["buttons"] for button in row]
    assert set(told) == {"id", "text", "buttons", "time", "task"}


def test_what_was_told_while_nobody_listened_is_told_then(owner, ana_client):
    ana, client = ana_client
    for title in ("One", "Two"):
        owner.post("/api/tasks", json={"title": title, "assignees": [ana["id"]]})
    with stream(client, "/api/notifications") as events:
        first, second = events.next("message"), events.next("message")

    with stream(client, "/api/notifications", **{"last-event-id": first["id"]}) as events:
        assert events.next("message")["id"] == second["id"]


def test_deliveries_tell_who_was_told(owner, ana_client):
    ana, client = ana_client
    task = owner.post("/api/tasks", json={"title": "Fix it", "assignees": [ana["id"]]}).json()
    with stream(client, "/api/notifications") as events:
        events.next("message")

    listed = owner.get("/api/deliveries", params={"person": ana["id"]}).json()["deliveries"]

    (delivery,) = [one for one in listed if one["task"] == task["id"]]
    assert (delivery["channel"], delivery["state"]) == ("web", "sent")
    assert delivery["person"] == {"id": ana["id"], "name": ana["name"]}
    refused = owner.post(f"/api/deliveries/{delivery['id']}:retry")
    assert refused.status_code == 409
