"""The workspaces that a load test works in: made through the API, kept as a file for Locust to read."""

import json
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.load.profiles.behaviour import KEPT_TASKS, Place, Role

MEMBERS = ("Ana", "Ben", "Cleo", "Dan")
TASKS = 200
BATCH = 100


def make(base: str, token: str, *, workspaces: int) -> list[dict]:
    """Workspaces with an owner, four members and a program each, and their tasks."""
    owner = {"Authorization": f"Bearer {token}"}

    def one(number: int) -> dict:
        with httpx.Client(base_url=base, timeout=60) as client:
            made = _post(client, "/api/workspaces", {"name": f"Team {number}"}, owner)
            return _furnished(client, made["url"])

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(1, workspaces + 1)))


def places(path: Path) -> list[Place]:
    """What `make` made, as the crowd takes it."""
    read = []
    for world in json.loads(path.read_text()):
        names = world["names"]
        held = [(task, number % len(names)) for number, task in enumerate(world["tasks"])]
        place = Place(world["tokens"], names, deque(held, maxlen=KEPT_TASKS), deque(held))
        read.append(place)
    return read


def _furnished(client: httpx.Client, url: str) -> dict:
    boss = _signed_in(client, url)
    members = []
    for name in MEMBERS:
        person = _post(client, "/api/people", {"name": name}, boss)
        link = _post(client, "/api/links", {"person": person["id"]}, boss)
        members.append(_signed_in(client, link["url"])["Authorization"])
    program = _post(client, "/api/tokens", {"name": "program"}, boss)["token"]
    tasks = []
    for first in range(0, TASKS, BATCH):
        batch = [_task(number) for number in range(first, first + BATCH)]
        made = _post(client, "/api/tasks:batchCreate", {"tasks": batch}, boss)
        tasks += [task["id"] for task in made["tasks"]]
    bearer = "Bearer "
    return {
        "tokens": {
            Role.BOARD: [boss["Authorization"].removeprefix(bearer)],
            Role.BOSS: [boss["Authorization"].removeprefix(bearer)],
            Role.MEMBER: [one.removeprefix(bearer) for one in members],
            Role.PROGRAM: [program],
        },
        "names": list(MEMBERS),
        "tasks": tasks,
    }


def _task(number: int) -> dict:
    return {
        "title": f"Check the invoice number {number}",
        "description": "Compare the sums with the contract. " * 4,
        "assignees": [MEMBERS[number % len(MEMBERS)]],
        "priority": ("low", "medium", "high", "urgent")[number % 4],
        "tags": ["load", f"tag-{number % 7}"],
    }


def _signed_in(client: httpx.Client, url: str) -> dict[str, str]:
    """The header of a token of whom a sign-in link is for."""
    client.cookies.clear()
    token = url.partition("#token=")[2]
    _post(client, "/api/sessions", {"token": token, "name": "Boss"}, {})
    made = _post(client, "/api/tokens", {"name": "load"}, {})
    client.cookies.clear()
    return {"Authorization": f"Bearer {made['token']}"}


def _post(client: httpx.Client, path: str, body: dict, headers: dict[str, str]) -> dict:
    answer = client.post(path, json=body, headers=headers)
    if not answer.is_success:
        raise SystemExit(f"{path} {body}: {answer.text}")
    return answer.json()
