"""How long a dead service waits for its next start."""

import pytest

from services.cli.child import pause_s


@pytest.mark.parametrize(
    ("failures", "pause"), [(0, 0.1), (1, 0.2), (2, 0.4), (5, 3.2), (7, 10.0), (1000, 10.0)]
)
def test_the_pause_doubles_up_to_ten_seconds(failures, pause):
    assert pause_s(failures) == pytest.approx(pause)
