"""What is said of a dead service, and how long it waits for its next start."""

import pytest

from services.cli.child import pause_s, plain


@pytest.mark.parametrize(
    ("failures", "pause"), [(0, 0.1), (1, 0.2), (2, 0.4), (5, 3.2), (7, 10.0), (1000, 10.0)]
)
def test_the_pause_doubles_up_to_ten_seconds(failures, pause):
    assert pause_s(failures) == pytest.approx(pause)


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("", "it said nothing"),
        ("first\nImportError: no module x", "ImportError: no module x"),
        ('{"event": "slow query", "error": "timeout", "level": "warning"}', "slow query: timeout"),
        ('{"event": "migrating"}', "migrating"),
        ("[1, 2]", "[1, 2]"),
    ],
)
def test_the_last_line_of_a_log_is_shown_plainly(log, line):
    assert plain(log) == line
