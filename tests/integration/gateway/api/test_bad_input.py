"""Whatever is sent: an answer that says what is wrong, and never a 500."""

# ruff: noqa: E501 -- tables of bad input

import contextlib
import json
import socket

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HUGE = "9" * 5000
BODIES = [
    b"", b"{", b"[]", b"null", b"true", b'"x"', b"7", b"{}", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf{}",
    b'{"title":"\\u0000"}', b'{"title":"\\ud800"}', b'{"title":"\xed\xa0\x80"}', b'{"title":"\xff"}',
    b'{"title":1e999}', b'{"title":NaN}', b'{"title":-Infinity}', b"[" * 200_000, b'{"a":' * 50_000,
    b'{"title":"a","title":"b","title":5}', b'{"title":"a","estimate_minutes":' + HUGE.encode() + b"}",
    b'{"title":"a","estimate_minutes":1e999}', b'{"title":"a","estimate_minutes":-1}',
    b'{"title":"a","deadline":"0000-00-00T00:00:00Z"}',
    b'{"title":"a","deadline":"0001-01-01T00:00:00+23:59"}',
    b'{"title":"a","deadline":"9999-12-31T23:59:59-23:59"}',
    b'{"title":"a","deadline":"2026-02-30T00:00:00Z"}',
    b'{"title":"a","assignees":["\\u0000"]}', b'{"title":"a","assignees":[{}]}',
    b'{"title":"a","assignees":[' + HUGE.encode() + b"]}", b'{"title":"a","assignees":["me","me"]}',
    b'{"title":"a","parent":"T-999999999"}', b'{"title":"a","depends_on":["T-999999999"]}',
    b'{"title":"a","recurrence":"FREQ=SECONDLY;INTERVAL=0"}', b'{"title":"a","recurrence":"\\u0007"}',
    b'{"title":"a","tags":["a","A","a"]}', b'{"title":"a","tags":[""]}',
    b'{"title":"a","project":"\\ud83d\\ude00"}', b'{"name":"\\u202e"}',
    b'{"name":"a","timezone":"Mars/Olympus"}', b'{"name":"a","timezone":"../../etc/passwd"}',
    b'{"name":"a","language":"\\u0000"}', b'{"name":"a","email":"@"}', b'{"name":"a","working_days":[8]}',
    b'{"name":"a","working_days":[1,1,1]}', b'{"name":"a","telegram_id":' + HUGE.encode() + b"}",
    b'{"name":"a","telegram_id":9223372036854775807}', b'{"name":"a","role":"king"}',
    b'{"ids":["T-1","\\u0000"]}', b'{"tasks":[{"title":"a","after":[0]}]}',
    b'{"tasks":[{"title":"a","after":[5]}]}', b'{"act":"nonsense"}', b'{"notes":"\\u0000"}',
    b'{"token":"\\ud800"}', b'{"token":"' + b"a" * 300 + b'"}', b'{"text":"\\u0000"}',
]  # fmt: skip
POSTS = [
    "/api/tasks", "/api/tasks:batchCreate", "/api/tasks:batchGet", "/api/people", "/api/undo",
    "/api/redo", "/api/tokens", "/api/sessions", "/api/links", "/api/tasks/T-1:start",
    "/api/tasks/T-1:submit", "/api/tasks/T-1:reject", "/api/tasks/T-1:cancel", "/webhook",
]  # fmt: skip
PATHS = [
    "/api/tasks/", "/api/tasks/%00", "/api/tasks/%ff", "/api/tasks/T-", "/api/tasks/T-0",
    "/api/tasks/T--1", f"/api/tasks/{HUGE}", "/api/tasks/9223372036854775807",
    "/api/tasks/9223372036854775808", "/api/tasks/%2e%2e", "/api/tasks/T-1%0a", "/api/tasks/١",
    "/api/tasks/T-1/nothing", "/api/people/%00", "/api/people/P-99999999999999999999",
    "/api/people/nobody", "/api/deliveries/x", "/api/nothing", "//", "/api//tasks", "/console/../x",
    "/console/%2e%2e/app.py", "/%00", "/api/messages/x", f"/api/messages/{HUGE}", "/.git/config",
]  # fmt: skip
QUERIES = [
    "page=0", "page=-1", f"page={HUGE}", "page=1.5", "per_page=0", "per_page=1000", "page=%00",
    "q=%00", "q=%ff", "q=%ed%a0%80", "sort=;drop", "status=", "status=x", "status=pending&status=x",
    "assignee=%00", "assignee=Nobody+Of+That+Name", f"assignee={HUGE}", "due_before=now",
    "due_before=0001-01-01T00:00:00%2B23:59", "due_after=9999-12-31T23:59:59-23:59", "cursor=x",
    "cursor=%00", "cursor=YWJj", f"cursor={HUGE}", "tag=%00", "priority=urgent,x", "a=1&a=2", "=1", "&&&",
    "q=" + "a" * 300, "q=%27%22%5c", "q=%26%7c%21%3a%2a", "project=%00", "page=100001",
    "&".join(f"x{n}=1" for n in range(500)),
]  # fmt: skip


def is_answered(answer: httpx.Response) -> None:
    assert answer.status_code < 500, f"{answer.request.url}: {answer.text}"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert body["status"] == answer.status_code
        assert body["detail"]
        assert body["type"].startswith("/problems/")


@pytest.mark.parametrize("path", POSTS)
def test_no_body_is_too_bad_to_be_answered(owner, path):
    for body in BODIES:
        is_answered(owner.post(path, content=body, headers={"content-type": "application/json"}))


def test_no_change_is_too_bad_to_be_answered(owner):
    task = owner.post("/api/tasks", json={"title": "a"}).json()["id"]
    head = {"content-type": "application/json", "if-match": "*"}
    for body in BODIES:
        is_answered(owner.patch(f"/api/tasks/{task}", content=body, headers=head))
        is_answered(owner.patch("/api/people/P-99999", content=body, headers=head))


@pytest.mark.parametrize("path", PATHS)
def test_no_path_is_too_bad_to_be_answered(owner, path):
    for method in ("GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "HEAD"):
        answer = owner.request(method, path)
        if method != "HEAD":
            is_answered(answer)


@pytest.mark.parametrize("query", QUERIES)
def test_no_query_is_too_bad_to_be_answered(owner, query):
    is_answered(owner.get(f"/api/tasks?{query}"))
    is_answered(owner.get(f"/api/people?{query}"))
    is_answered(owner.get(f"/api/deliveries?{query}"))


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Basic eDp5"},
        {"authorization": "Bearer " + "a" * 5000},
        {"authorization": "Bearer \xff\xfe"},
        {"authorization": "Bearer bst_unknown"},
        {"cookie": "boss-session="},
        {"cookie": "boss-session=unknown"},
        {"cookie": "boss-session=\xff;;;=;"},
        {},
    ],
)
def test_whoever_is_not_known_has_to_sign_in(anybody, headers):
    raw = {key: value.encode("latin-1") for key, value in headers.items()}

    answer = anybody.get("/api/tasks", headers=raw)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    is_answered(answer)


@pytest.mark.parametrize(
    "header",
    [
        ("if-match", b"\xff"), ("if-match", b""), ("if-match", b",,,"), ("if-none-match", b"\xff"),
        ("idempotency-key", b""), ("idempotency-key", b"a" * 300), ("idempotency-key", b"\xff\x80"),
        ("accept-encoding", b"\xff"), ("x-request-id", b"\xff" * 100), ("content-type", b"\xff"),
        ("content-type", b"text/plain"), ("content-encoding", b"gzip"), ("last-event-id", b"x"),
    ],
)  # fmt: skip
def test_no_header_is_too_bad_to_be_answered(owner, header):
    head = {"content-type": "application/json", header[0]: header[1]}

    is_answered(owner.post("/api/tasks", content=b'{"title":"a"}', headers=head))
    is_answered(owner.patch("/api/tasks/T-1", content=b'{"title":"a"}', headers=head))
    is_answered(owner.get("/api/tasks", headers=head))


def test_only_json_is_taken(owner):
    answer = owner.post("/api/tasks", data={"title": "a"})

    assert answer.status_code == 415


def test_a_body_over_a_mebibyte_is_refused(owner):
    answer = owner.post("/api/tasks", json={"title": "a" * 1_100_000})

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/tasks HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nBad Header : x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_is_told_so(installation, raw):
    with socket.create_connection(("127.0.0.1", installation.port), timeout=5) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        told = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                told += part

    assert told.startswith((b"HTTP/1.1 400", b"HTTP/1.1 4"))
    assert json.loads(told.partition(b"\r\n\r\n")[2])["status"] >= 400


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
FIELDS = [
    "title", "description", "priority", "assignees", "deadline", "start", "estimate_minutes", "tags",
    "project", "type", "criteria", "parent", "depends_on", "recurrence", "requires_approval",
    "watchers", "attachments", "template", "id", "status", "etag",
]  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.dictionaries(st.sampled_from(FIELDS), anything, max_size=5), titled=st.booleans())
def test_any_object_is_answered(owner, body, titled):
    if titled:
        body = {**body, "title": "a"}

    is_answered(owner.post("/api/tasks", content=json.dumps(body).encode(), headers=JSON))
    is_answered(
        owner.patch(
            "/api/tasks/T-1", content=json.dumps(body).encode(), headers={**JSON, "if-match": "*"}
        )
    )


JSON = {"content-type": "application/json"}
