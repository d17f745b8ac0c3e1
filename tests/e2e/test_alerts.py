"""Recording rules and alerts, by promtool and by a real Prometheus on the running system."""

import subprocess

import pytest

from tests.e2e.prom import RULE_FILES, RULES, configured, healthy, program, prometheus, query, rules
from tests.e2e.system import ROOT, running, until


def promtool(*arguments) -> None:
    done = subprocess.run(
        [program("promtool"), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_configuration_and_the_rules_are_valid():
    promtool("check", "config", RULES / "prometheus.yml")
    promtool("check", "rules", *(RULES / name for name in RULE_FILES))


def test_each_alert_has_its_entry_in_the_runbook():
    runbook = (ROOT / "docs/runbook.md").read_text()
    text = (RULES / "alerts.yml").read_text()
    alerts = [line.split(":")[1].strip() for line in text.splitlines() if "- alert:" in line]

    assert alerts
    assert [name for name in alerts if f"### {name}" not in runbook] == []


@pytest.mark.timeout(120)
async def test_all_rules_evaluate_and_no_alert_rings_on_a_healthy_system(tmp_path):
    async with running(tmp_path) as system:
        config = configured(tmp_path / "prometheus", system)
        async with prometheus(config) as http:

            async def scraped() -> bool:
                await system.tasks()
                up = await query(http, 'sum(up{job="boss"})')
                return bool(up and up[0]["value"][1] == "4")

            await until(scraped, within_s=60)
            await until(lambda: healthy(http), within_s=30)

            ringing = [rule["name"] for rule in await rules(http) if rule.get("alerts")]
            assert ringing == []
