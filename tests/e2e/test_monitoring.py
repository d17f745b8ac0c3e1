"""Grafana's panels, by a real Prometheus on the running system."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.prom import configured, prometheus, query, until_found
from tests.e2e.system import ROOT, running, until
from tests.fakes.telegram import TOKEN as BOT
from tests.fakes.telegram import FakeTelegram

DEPLOY = ROOT / "deploy"
DASHBOARDS = sorted((DEPLOY / "grafana/dashboards").glob("*.json"))
CHECK_JSONSCHEMA = Path(sys.executable).with_name("check-jsonschema")


def panels() -> list[tuple[str, str]]:
    return [
        (panel["title"], target["expr"])
        for path in DASHBOARDS
        for panel in json.loads(path.read_text())["panels"]
        for target in panel["targets"]
    ]


@pytest.mark.timeout(120)
async def test_every_panel_and_alert_finds_its_metrics_on_the_running_system(tmp_path):
    async with FakeTelegram(open_all=True) as telegram:
        outside = {"TELEGRAM_BOT_TOKEN": BOT, "TELEGRAM_API_URL": telegram.url}
        async with running(tmp_path, **outside) as system:
            config = configured(tmp_path / "prometheus", system)
            async with prometheus(config) as http:
                await system.person("Ana", telegram_id=9002)

                async def work() -> bool:
                    await system.say("Ana fix the checkout bug by friday 5pm, urgent")
                    await system.tasks()
                    up = await query(http, 'sum(up{job="boss"})')
                    rate = await query(http, "sum(rate(boss_http_duration_seconds_count[30s])) > 0")
                    return bool(up and up[0]["value"][1] == "4" and rate)

                await until(work, within_s=60)
                empty = {}
                for title, expression in panels():
                    written = expression.replace("$__rate_interval", "30s")
                    found = await until_found(http, written, work)
                    if not found:
                        empty[title] = written
                assert empty == {}


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
