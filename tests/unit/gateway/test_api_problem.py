import json
from datetime import timedelta

import pytest

from services.gateway import problem
from services.runtime.errors import KINDS, Invalid, Kind, TooMany, Unavailable, Violation


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_error_has_a_status_and_a_stable_type(kind):
    error = KINDS[kind]("SOME_REASON", "Do something else.")

    answer = problem.of_error(error, in_query=False)

    body = json.loads(answer.body)
    assert answer.status == problem.STATUS[kind]
    assert body["status"] == answer.status
    assert body["type"] == "/problems/some-reason"
    assert body["detail"] == "Do something else."
    assert answer.media_type == b"application/problem+json"


@pytest.mark.parametrize(
    ("field", "in_query", "pointer"),
    [
        ("task.title", False, "#/title"),
        ("title", False, "#/title"),
        ("tasks[2].task.tags[0]", False, "#/tasks/2/tags/0"),
        ("assignees[1]", False, "#/assignees/1"),
        ("person.display_name", False, "#/name"),
        ("label", False, "#/name"),
        ("filter.due_before", True, "?due_before"),
        ("filter.query", True, "?q"),
        ("order_by", True, "?sort"),
        ("page_token", True, "?cursor"),
        ("assignees[0]", True, "?assignee"),
        ("", False, "#"),
    ],
)
def test_a_field_is_pointed_to_as_the_caller_wrote_it(field, in_query, pointer):
    assert problem.pointer(field, in_query=in_query) == pointer


def test_a_wrong_query_is_a_bad_request_and_a_wrong_body_cannot_be_processed():
    error = Invalid("BAD", "Say it right.", violations=[Violation("page_size", "Too large.")])

    assert problem.of_error(error, in_query=True).status == 400
    assert problem.of_error(error, in_query=False).status == 422


def test_a_limit_tells_when_to_come_again():
    error = TooMany("RATE_LIMIT", "Wait.", retry_after=timedelta(seconds=2.1))

    answer = problem.of_error(error, in_query=False)

    assert answer.status == 429
    assert (b"retry-after", b"3") in answer.headers


def test_what_does_not_answer_may_be_asked_again_soon():
    answer = problem.of_error(Unavailable("UNAVAILABLE", "Try again."), in_query=True)

    assert answer.status == 503
    assert (b"retry-after", b"1") in answer.headers
