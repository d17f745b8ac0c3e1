"""Logs: JSON lines that show the request and no secret."""

import io
import json
import logging
import sys

import pytest

from services.runtime import context, logs


@pytest.fixture
def lines(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("task", secrets=["hunter2"])
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("boss").setLevel(logging.NOTSET)


def test_a_line_tells_service_request_and_fields(lines):
    context.begin(context.Call("r-1"))

    logs.logger("x").info("hello", task="T-1")

    (line,) = lines()
    assert line["event"] == "hello"
    assert (line["service"], line["request_id"], line["task"]) == ("task", "r-1", "T-1")
    assert (line["level"], line["logger"]) == ("info", "x")


def test_libraries_write_the_same_lines(lines):
    logging.getLogger("asyncio").warning("slow %s", "thing")

    (line,) = lines()
    assert (line["event"], line["logger"], line["service"]) == ("slow thing", "asyncio", "task")


def test_debug_is_left_out(lines):
    logs.logger("x").debug("hello")

    assert lines() == []


def test_a_traceback_is_on_its_line_without_secrets(lines):
    logs.logger("x").error("broken", exc_info=ValueError("password is hunter2"))

    (line,) = lines()
    assert "ValueError: password is [hidden]" in line["exception"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "POST https://api.telegram.org/bot123:abc/sendMessage",
            "POST https://api.telegram.org/bot[hidden]/sendMessage",
        ),
        ("token 123456789:AAE" + "x" * 32, "token [hidden]"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [hidden]"),
        ("postgresql://boss:pass@db/boss", "postgresql://boss:[hidden]@db/boss"),
        ("bst_" + "a" * 43, "[hidden]"),
        ("the key is hunter2!", "the key is [hidden]!"),
        ("T-42 at 10:30, http://host:8080/path", "T-42 at 10:30, http://host:8080/path"),
    ],
)
def test_secrets_are_hidden(text, shown):
    assert logs.Redactor(["hunter2"]).text(text) == shown
