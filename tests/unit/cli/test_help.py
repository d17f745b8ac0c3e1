"""Every command explains itself, with an example, and the overview loads none of them."""

import pytest
from typer.testing import CliRunner

from services.cli.commands import COMMANDS, app

GROUPS = {
    "db": ("vacuum", "analyze", "bloat", "indexes", "tables"),
    "token": ("create", "list", "revoke"),
    "clock": ("set", "advance"),
}
LEAVES = [(name,) for name in COMMANDS if name not in GROUPS] + [
    (name, part) for name, parts in GROUPS.items() for part in parts
]


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_has_help_with_an_example(words):
    result = CliRunner().invoke(app, [*words, "--help"])

    assert result.exit_code == 0
    assert "Example: " in result.output


def test_the_overview_names_every_command():
    result = CliRunner().invoke(app, ["--help"])

    assert result.exit_code == 0
    for name, entry in COMMANDS.items():
        assert name in result.output
        assert entry.summary in result.output


def test_an_unknown_command_is_a_wrong_use():
    result = CliRunner().invoke(app, ["tsks"])

    assert result.exit_code == 2
    assert "tsks" in result.output
