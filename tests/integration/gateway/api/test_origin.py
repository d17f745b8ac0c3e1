"""Histories tell through what somebody acted."""

import httpx


def origins(owner, task: str) -> list[str | None]:
    """Those of a task's history, the newest first."""
    events = owner.get(f"/api/tasks/{task}/history").json()["events"]
    return [event["origin"] for event in events]


def test_a_program_the_command_line_and_a_browser_are_told_apart(owner, installation):
    task = owner.post("/api/tasks", json={"title": "Mend the door"}).json()["id"]
    owner.post(f"/api/tasks/{task}:start", headers={"User-Agent": "boss-cli"})
    token = owner.post("/api/links", json={}).json()["url"].partition("#token=")[2]
    with httpx.Client(
        base_url=installation.url, headers={"sec-fetch-site": "same-origin"}, timeout=20
    ) as browser:
        browser.post("/api/sessions", json={"token": token})
        held = browser.post(f"/api/tasks/{task}:hold")

    assert held.status_code == 200, held.text
    assert origins(owner, task) == ["web", "cli", "api"]


def test_nobody_says_what_they_are_not(owner):
    said = {"User-Agent": "telegram", "Boss-Origin": "telegram"}
    task = owner.post("/api/tasks", json={"title": "Mend the roof"}, headers=said).json()["id"]

    assert origins(owner, task) == ["api"]
