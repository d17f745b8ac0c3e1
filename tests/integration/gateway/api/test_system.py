"""What machines ask: health, readiness, metrics, the description; and an orderly end."""

import re
import time

import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.integration.gateway.api.conftest import OWNER, SERVICES, System

STOP_S = 3.5


def test_health_touches_nothing_else(anybody):
    answer = anybody.get("/health")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_ready_tells_of_each_part(anybody):
    parts = anybody.get("/ready").json()["dependencies"]

    assert set(parts) == {"task", "ai", "notify", "database"}
    assert parts["task"]["state"] == "up"
    assert parts["task"]["latency_ms"] > 0


def test_metrics_are_for_this_machine_or_with_a_token(anybody, owner):
    anybody.get("/health")
    proxied = {"x-forwarded-for": "203.0.113.9"}

    here = anybody.get("/metrics")

    assert re.search(r'boss_http_duration_seconds_count\{.*route="/health".*\} [1-9]', here.text)
    assert anybody.get("/metrics", headers=proxied).status_code == 401
    assert owner.get("/metrics", headers=proxied).status_code == 200


def test_no_label_takes_a_value_from_a_caller(anybody, owner):
    anybody.get("/secret-path")
    owner.get("/api/tasks/T-4711")
    anybody.request("PROPFIND", "/health")

    text = anybody.get("/metrics").text

    assert not re.search("secret-path|T-4711|PROPFIND", text)


def resolved(schema, document):
    return {**schema, "components": document["components"]}


def test_the_description_is_exact(owner, anybody):
    document = anybody.get("/openapi.json").json()

    def holds(answer: httpx.Response, method: str, path: str) -> None:
        told = document["paths"][path][method]["responses"][str(answer.status_code)]
        if "$ref" in told:
            told = document["components"]["responses"][told["$ref"].rpartition("/")[2]]
        (schema,) = [content["schema"] for content in told["content"].values()]
        jsonschema.validate(answer.json(), resolved(schema, document))

    made = owner.post("/api/tasks", json={"title": "a", "assignees": ["me"], "criteria": ["x"]})
    task = made.json()["id"]
    holds(made, "post", "/api/tasks")
    holds(owner.get("/api/tasks"), "get", "/api/tasks")
    holds(owner.get(f"/api/tasks/{task}"), "get", "/api/tasks/{id}")
    holds(owner.get("/api/tasks/T-999999"), "get", "/api/tasks/{id}")
    holds(owner.post("/api/tasks", json={"title": ""}), "post", "/api/tasks")
    holds(owner.post(f"/api/tasks/{task}:start"), "post", "/api/tasks/{id}:start")
    holds(owner.get("/api/people"), "get", "/api/people")
    holds(owner.get("/api/me"), "get", "/api/me")
    holds(owner.get("/api/deliveries"), "get", "/api/deliveries")
    holds(owner.get("/api/tokens"), "get", "/api/tokens")
    holds(owner.post("/api/links"), "post", "/api/links")
    holds(owner.post("/api/undo"), "post", "/api/undo")
    holds(anybody.get("/ready"), "get", "/ready")
    holds(anybody.get("/health"), "get", "/health")


def test_every_reference_in_the_description_leads_somewhere(anybody):
    document = anybody.get("/openapi.json").json()
    text = str(document)

    for kind, name in re.findall(r"#/components/(\w+)/(\w+)", text):
        assert name in document["components"][kind]
    identifiers = re.findall(r"'operationId': '(\w+)'", text)
    assert len(identifiers) == len(set(identifiers))


def test_what_is_described_is_there_and_asks_for_a_sign_in(anybody):
    document = anybody.get("/openapi.json").json()

    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if operation.get("security") == []:
                continue
            answer = anybody.request(method, path.replace("{id}", "1"))
            assert answer.status_code == 401, f"{method} {path}"


def test_the_page_of_the_description_needs_nothing_from_elsewhere(anybody):
    answer = anybody.get("/docs")

    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert "/api/tasks/{id}" in answer.text
    assert not re.search(r'(src|href)="(https?:)?//', answer.text)


def test_the_console_is_served_with_a_strict_policy(anybody):
    page = anybody.get("/")

    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    for path in re.findall(r'(?:src|href)="(/console/[^"]+)"', page.text):
        part = anybody.get(path)
        assert part.status_code == 200
        assert anybody.get(path, headers={"if-none-match": part.headers["etag"]}).status_code == 304


@pytest.fixture
def own_system(databases, tmp_path):
    system = System(databases.new(), tmp_path, BOSS_RATE_API="5", BOSS_RATE_PUBLIC="3")
    for name in SERVICES:
        system.start(name)
    try:
        system.wait_ready()
        yield system
    finally:
        for name in list(system.processes):
            system.stop(name)


def test_a_system_of_its_own_is_limited_survives_a_dead_part_and_ends_in_time(own_system):
    head = {"authorization": f"Bearer {OWNER}"}
    with httpx.Client(base_url=own_system.url, headers=head, timeout=20) as client:
        # Limits, as set.
        statuses = [client.get("/api/me").status_code for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        public = [httpx.get(f"{own_system.url}/openapi.json").status_code for _ in range(4)]
        assert public == [200] * 3 + [429]

        # A needed part that dies is told, and is found again when it is back.
        own_system.kill("task")
        assert client.get("/ready").status_code == 503
        assert client.get("/health").status_code == 200
        own_system.start("task")
        own_system.wait_ready()

    # An open stream and an idle connection hold nothing up.
    own_system.stop("gateway")
    own_system.environment["BOSS_RATE_API"] = "0"
    own_system.start("gateway")
    own_system.wait_ready()
    with (
        httpx.Client(base_url=own_system.url, headers=head, timeout=20) as client,
        client.stream("GET", "/api/events") as events,
    ):
        lines = events.iter_lines()
        next(lines)
        began = time.monotonic()
        code = own_system.stop("gateway")
        took_s = time.monotonic() - began
        rest = list(lines)

    assert code == 0
    assert took_s < STOP_S
    assert rest[-1] == ""


def test_a_stream_outlives_the_service_behind_it(own_system):
    own_system.stop("gateway")
    own_system.environment["BOSS_RATE_API"] = "0"
    own_system.start("gateway")
    own_system.wait_ready()
    head = {"authorization": f"Bearer {OWNER}"}
    with (
        httpx.Client(base_url=own_system.url, headers=head, timeout=30) as client,
        client.stream("GET", "/api/events") as events,
    ):
        lines = events.iter_lines()
        while not next(lines).startswith("id:"):
            pass
        own_system.kill("task")
        own_system.start("task")
        own_system.wait_ready()

        made = client.post("/api/tasks", json={"title": "after"})
        position = next(line for line in lines if line.startswith("id:"))

    assert position == f"id: {made.headers['x-boss-position']}"
