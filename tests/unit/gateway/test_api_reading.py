import json
from datetime import UTC, datetime

import pytest

from services.gateway import reading
from services.gateway.api import people
from services.gateway.api.people import NewPerson
from services.gateway.api.task_input import NewTask, NewTasks, TaskChange, TaskQuery
from services.gateway.operation import Call
from services.gateway.problem import Refused
from services.runtime.errors import Invalid, ServiceError

JSON = [(b"content-type", b"application/json")]


def call(raw: bytes, headers=JSON) -> Call:
    async def receive():
        return {"type": "http.request", "body": raw}

    return Call({"type": "http", "method": "POST", "headers": headers}, receive, {}, raw=raw)


def faults(error: ServiceError) -> dict[str, str]:
    return {wrong.field: wrong.detail for wrong in error.violations}


def test_all_faults_of_a_body_are_told_at_once():
    raw = json.dumps({"title": " ", "priority": "huge", "tags": ["a" * 41], "colour": 1}).encode()

    with pytest.raises(Invalid) as caught:
        reading.parsed_body(call(raw), NewTask, needed=True)

    assert set(faults(caught.value)) == {"title", "priority", "tags[0]", "colour"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nothing",
        b'{"title": "\xff"}',
        b'{"title": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 5_000,
        b"\x00",
    ],
)
def test_what_is_no_json_is_a_bad_request(raw):
    with pytest.raises(Refused) as caught:
        reading.parsed_body(call(raw), NewTask, needed=True)

    assert caught.value.status == 400


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "a\u0000b"},
        {"title": "a\nb"},
        {"title": 5},
        {"title": None},
        {"title": "a" * 201},
        {"title": "a", "deadline": "tomorrow"},
        {"title": "a", "deadline": "2026-11-27T17:00:00"},
        {"title": "a", "deadline": 1e300},
        {"title": "a", "deadline": "9999-12-31T23:59:59-23:59"},
        {"title": "a", "deadline": "0001-01-01T00:00:00+23:59"},
        {"title": "a", "estimate_minutes": 10**400},
        {"title": "a", "estimate_minutes": 1.5},
        {"title": "a", "estimate_minutes": True},
        {"title": "a", "assignees": "Ana"},
        {"title": "a", "assignees": [None]},
        {"title": "a", "assignees": [""]},
        {"title": "a", "assignees": [10**30]},
        {"title": "a", "assignees": [{"person": 1}]},
        {"title": "a", "assignees": ["a"] * 21},
        {"title": "a", "requires_approval": "yes"},
        {"title": "a", "criteria": [{"done": True}]},
        [],
        "title",
        7,
        None,
    ],
)
def test_a_wrong_field_is_an_error_of_the_caller(fields):
    with pytest.raises(Invalid):
        reading.parsed_body(call(json.dumps(fields).encode()), NewTask, needed=True)


def test_not_a_number_is_no_json():
    with pytest.raises(Refused):
        reading.parsed_body(call(b'{"title":"a","estimate_minutes":NaN}'), NewTask, needed=True)


def test_a_time_is_kept_in_utc():
    raw = b'{"title":"a","deadline":"2026-11-27T17:00:00+01:00"}'

    body = reading.parsed_body(call(raw), NewTask, needed=True)

    assert body.deadline == datetime(2026, 11, 27, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"content-type", b"text/plain")],
        [(b"content-type", b"application/x-www-form-urlencoded")],
        [(b"content-type", b"\xff")],
        [*JSON, (b"content-encoding", b"gzip")],
    ],
)
def test_only_plain_json_is_taken(headers):
    with pytest.raises(Refused) as caught:
        reading.parsed_body(call(b'{"title":"a"}', headers), NewTask, needed=True)

    assert caught.value.status == 415


def test_a_charset_and_a_json_dialect_do_no_harm():
    for told in (b"application/json; charset=utf-8", b"application/merge-patch+json"):
        body = reading.parsed_body(
            call(b'{"title":"a"}', [(b"content-type", told)]), NewTask, needed=True
        )
        assert body.title == "a"


def test_a_change_has_to_change_something():
    with pytest.raises(Invalid):
        reading.parsed_body(call(b"{}"), TaskChange, needed=True)


def test_a_list_of_tasks_has_to_have_some():
    with pytest.raises(Invalid):
        reading.parsed_body(call(b'{"tasks":[]}'), NewTasks, needed=True)


def test_a_person_needs_only_a_name():
    body = reading.parsed_body(call(b'{"name":" Ana "}'), NewPerson, needed=True)

    assert people.proto(body).display_name == "Ana"


@pytest.mark.parametrize("working_hours", ["9-18", "09:00", "25:00-26:00", "09:00-18:00\n", 9])
def test_hours_are_written_as_hours(working_hours):
    raw = json.dumps({"name": "Ana", "working_hours": working_hours}).encode()

    with pytest.raises(Invalid):
        reading.parsed_body(call(raw), NewPerson, needed=True)


async def test_a_body_over_a_mebibyte_is_refused_while_it_comes_in():
    async def receive():
        return {"type": "http.request", "body": b"a" * 65536, "more_body": True}

    with pytest.raises(Refused) as caught:
        await reading.body_of(Call({"headers": []}, receive, {}))

    assert caught.value.status == 413


async def test_a_body_that_says_it_is_too_large_is_not_even_read():
    async def receive():
        raise AssertionError

    headers = [(b"content-length", b"1048577")]
    with pytest.raises(Refused) as caught:
        await reading.body_of(Call({"headers": headers}, receive, {}))

    assert caught.value.status == 413


def test_a_query_takes_lists_repeated_or_with_commas():
    query = reading.parsed_query(
        b"status=pending,blocked&status=in_review&assignee=Smith%2C+Ana&tag=a&priority=",
        TaskQuery,
    )

    assert query.status == ["pending", "blocked", "in_review"]
    assert query.assignee == ["Smith, Ana"]
    assert query.tag == ["a"]
    assert query.priority == []


def test_an_empty_query_asks_for_the_first_twenty():
    query = reading.parsed_query(b"", TaskQuery)

    assert (query.skip, query.per_page, query.sort) == (0, 20, "-created")


def test_a_plus_that_nobody_escaped_is_still_an_offset():
    query = reading.parsed_query(b"due_before=2026-11-27T17:00:00+01:00", TaskQuery)

    assert query.due_before == datetime(2026, 11, 27, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (b"page=0", "page"),
        (b"page=two", "page"),
        (b"page=1&page=2", "page"),
        (b"page=100000&per_page=100", ""),
        (b"page=2&cursor=abc", ""),
        (b"per_page=101", "per_page"),
        (b"status=done", "status[0]"),
        (b"priority=high,huge", "priority[1]"),
        (b"sort=colour", "sort"),
        (b"due_before=tomorrow", "due_before"),
        (b"q=%00", "q"),
        (b"colour=red", "colour"),
        (b"page=" + b"9" * 5000, "page"),
    ],
)
def test_a_wrong_query_names_the_parameter(query, field):
    with pytest.raises(Invalid) as caught:
        reading.parsed_query(query, TaskQuery)

    assert field in faults(caught.value)


@pytest.mark.parametrize("query", [b"q=%ff", b"q=\xff", b"&".join([b"a=1"] * 300)])
def test_a_query_that_cannot_be_read_is_a_bad_request(query):
    with pytest.raises(Refused) as caught:
        reading.parsed_query(query, TaskQuery)

    assert caught.value.status == 400
