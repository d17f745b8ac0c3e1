"""Spans of time as people and programs write them."""

from datetime import timedelta

import pytest

from services.cli.clock import parse_span
from services.runtime.errors import SettingsError


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("2h30m", timedelta(hours=2, minutes=30)),
        ("2 hours, 5 minutes", timedelta(hours=2, minutes=5)),
        ("3d", timedelta(days=3)),
        ("1w", timedelta(weeks=1)),
        ("P1DT2H", timedelta(days=1, hours=2)),
        ("PT15M", timedelta(minutes=15)),
    ],
)
def test_a_span_is_read(text, span):
    assert parse_span(text) == span


@pytest.mark.parametrize("text", ["", "soon", "5", "h", "-2h", "2x", "P"])
def test_what_is_no_span_is_refused(text):
    with pytest.raises(SettingsError, match="no span of time"):
        parse_span(text)
