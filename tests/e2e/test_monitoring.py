"""Grafana's dashboards, by a real Prometheus on the running system under load."""

import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.e2e import panels
from tests.e2e.prom import configured, prometheus, query
from tests.e2e.system import ROOT, until
from tests.e2e.traffic import follower, whole_system

DEPLOY = ROOT / "deploy"
CHECK_JSONSCHEMA = Path(sys.executable).with_name("check-jsonschema")
# As long as a rate looks back, and a little more.
BEFORE_S = 15


class Asked:
    """Every expression of every panel, asked again until it finds something."""

    def __init__(self) -> None:
        self.empty = list(panels.targets())

    async def of(self, http: httpx.AsyncClient, *, since: float) -> bool:
        """Whether all have found something by now."""
        span = time.time() - since
        self.empty = [
            target for target in self.empty if not await panels.series(http, target, since_s=span)
        ]
        return not self.empty

    def told(self) -> str:
        """What is left, for a failing test to show."""
        return "\n".join(f"{target.where}: {target.expr}" for target in self.empty)


@pytest.mark.timeout(480)
async def test_every_expression_of_every_panel_finds_something_on_the_running_system(tmp_path):
    async with whole_system(tmp_path) as (system, traffic), follower(system):
        config = configured(tmp_path / "prometheus", system)
        since = time.time()
        async with prometheus(config) as http:

            async def scraped() -> bool:
                await traffic.round()
                known = await query(http, 'sum(max_over_time(up{job="boss"}[1m]))')
                return bool(known and known[0]["value"][1] == "4")

            await until(scraped, within_s=120, why=system.said)
            while time.time() < since + BEFORE_S:
                await traffic.round()
            await panels.week_ago(http, config.parent / "data")
        async with prometheus(config) as http:
            await until(scraped, within_s=120, why=system.said)

            asked = Asked()

            async def complete() -> bool:
                await traffic.round()
                return await asked.of(http, since=since)

            await until(complete, within_s=120, why=asked.told)
            for where, selector, label in panels.variables():
                assert await panels.label_values(http, selector, label), where


def test_the_compose_file_is_valid():
    done = subprocess.run(
        [
            CHECK_JSONSCHEMA,
            "--builtin-schema",
            "vendor.compose-spec",
            DEPLOY / "compose/compose.yml",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
