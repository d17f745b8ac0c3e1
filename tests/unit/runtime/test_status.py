"""Kinds, codes and details: nothing is lost on the way over the wire."""

from datetime import timedelta

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from services.runtime.errors import KINDS, Kind, ServiceError, Violation
from services.runtime.status import CODES, details, error_of, kind_of


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_class_and_a_code_of_its_own(kind):
    assert KINDS[kind].kind is kind
    assert kind_of(CODES[kind]) is kind
    assert len(set(CODES.values())) == len(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_comes_back_as_it_went(kind):
    sent = KINDS[kind](
        "SOME_REASON",
        "Do something else.",
        violations=[Violation("task.title", "is too long"), Violation("task.deadline", "é")],
        metadata={"limit": "300"},
        retry_after=timedelta(seconds=1.5),
    )

    back = error_of(CODES[kind], sent.message, details(sent))

    assert type(back) is type(sent)
    assert (back.reason, back.message) == ("SOME_REASON", "Do something else.")
    assert back.violations == sent.violations
    assert back.metadata == {"limit": "300"}
    assert back.retry_after == timedelta(seconds=1.5)


@pytest.mark.parametrize("code", grpc.StatusCode)
def test_every_code_is_some_kind(code):
    back = error_of(code, "words", None)

    assert isinstance(back, ServiceError)
    assert back.reason == code.name
    assert back.message == "words"


def test_details_are_what_other_clients_read():
    raw = details(KINDS[Kind.NOT_FOUND]("TASK_NOT_FOUND", "There is no such task."))

    status = status_pb2.Status.FromString(raw)
    info = error_details_pb2.ErrorInfo()
    status.details[0].Unpack(info)

    assert status.code == grpc.StatusCode.NOT_FOUND.value[0]
    assert (info.domain, info.reason) == ("boss", "TASK_NOT_FOUND")


def test_details_of_others_do_no_harm():
    assert error_of(grpc.StatusCode.NOT_FOUND, "words", b"\xff\xff\xff").reason == "NOT_FOUND"


def test_an_error_tells_all_it_knows():
    error = KINDS[Kind.INVALID]("BAD", "Look.", violations=[Violation("a", "is b")])

    assert str(error) == "BAD: Look.; a: is b"
