"""One person at many places, who does things and takes them back: each is answered."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.integration.gateway.api.conftest import OWNER

PLACES, ACTS = 8, 40
JSON, ANY = {"content-type": "application/json"}, {"If-Match": "*"}
BODIES = (b"{}", b"", b"{", b'{"act":"nonsense"}')
NEW = [{"title": "a"}, {"title": "b", "after": [0], "subtasks": ["c"]}]
Act = Callable[[httpx.Client, str, str, random.Random], httpx.Response]


def acts(tasks: list[str], ana: str) -> dict[str, Act]:
    return {
        "undo": lambda at, _t, _o, chance: at.post(
            "/api/undo", content=chance.choice(BODIES), headers=JSON
        ),
        "redo": lambda at, _t, _o, chance: at.post(
            "/api/redo", content=chance.choice(BODIES), headers=JSON
        ),
        "create": lambda at, *_: at.post("/api/tasks", json={"title": "new"}),
        "create many": lambda at, *_: at.post("/api/tasks:batchCreate", json={"tasks": NEW}),
        "change": lambda at, task, *_: at.patch(
            f"/api/tasks/{task}", json={"title": "t", "assignees": [ana]}, headers=ANY
        ),
        "wait": lambda at, task, other, _c: at.patch(
            f"/api/tasks/{task}", json={"depends_on": [other]}, headers=ANY
        ),
        "change many": lambda at, _t, _o, chance: at.post(
            "/api/tasks:batchUpdate",
            json={"ids": tasks, "changes": {"priority": chance.choice(["low", "high"])}},
        ),
        "command": lambda at, task, _o, chance: at.post(
            f"/api/tasks/{task}:{chance.choice(['start', 'hold', 'resume', 'complete', 'reopen'])}"
        ),
        "comment": lambda at, task, *_: at.post(f"/api/tasks/{task}/comments", json={"text": "x"}),
        "person": lambda at, _t, _o, chance: at.patch(
            f"/api/people/{ana}", json={"skills": [chance.choice("abc")]}
        ),
    }


def test_undo_and_redo_among_everything_else_are_always_answered(installation, owner, person):
    tasks = [owner.post("/api/tasks", json={"title": f"t{n}"}).json()["id"] for n in range(5)]
    known = acts(tasks, person("Ana")["id"])
    headers = {"Authorization": f"Bearer {OWNER}"}

    def do(place: int) -> Counter[tuple[str, int]]:
        chance = random.Random(place)  # noqa: S311 -- no secret
        seen: Counter[tuple[str, int]] = Counter()
        with httpx.Client(base_url=installation.url, headers=headers, timeout=20) as at:
            for _ in range(ACTS):
                task, other = chance.sample(tasks, 2)
                name = chance.choice(["undo", "undo", *known])
                answer = known[name](at, task, other, chance)
                assert answer.status_code < 500, f"{name}: {answer.text}"
                seen[name, answer.status_code] += 1
        return seen

    with ThreadPoolExecutor(PLACES) as pool:
        answered = sum(pool.map(do, range(PLACES)), Counter())

    assert answered["undo", 200]
    assert answered["undo", 422]


def test_as_many_acts_are_taken_back_as_are_asked_for_at_once(installation, owner):
    made = [owner.post("/api/tasks", json={"title": f"t{n}"}).json()["id"] for n in range(12)]
    headers = {"Authorization": f"Bearer {OWNER}"}

    def undo(_: int) -> httpx.Response:
        return httpx.post(f"{installation.url}/api/undo", headers=headers, timeout=20)

    with ThreadPoolExecutor(len(made)) as pool:
        undone = list(pool.map(undo, made))

    assert {one.status_code for one in undone} == {200}
    assert sorted(one.json()["tasks"][0]["id"] for one in undone) == sorted(made)
    assert owner.post("/api/tasks:batchGet", json={"ids": made}).json()["missing"] == made
