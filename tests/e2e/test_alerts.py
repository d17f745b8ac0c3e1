"""Recording rules and alerts, by promtool and by a real Prometheus on the running system."""

import re
import subprocess

import pytest
from ruamel.yaml import YAML

from tests.e2e.prom import RULE_FILES, RULES, configured, healthy, program, prometheus, query, rules
from tests.e2e.system import ROOT, running, until

PROMTOOL_TESTS = sorted((RULES / "tests").glob("*.yml"))
RUNBOOK = (ROOT / "docs/runbook.md").read_text()


def promtool(*arguments) -> None:
    done = subprocess.run(
        [program("promtool"), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def alerts() -> dict[str, dict]:
    written = YAML(typ="safe").load((RULES / "alerts.yml").read_text())
    return {rule["alert"]: rule for group in written["groups"] for rule in group["rules"]}


def entries() -> set[str]:
    """What the runbook says of alerts, by name."""
    section = RUNBOOK.split("## By alert\n")[1].split("\n## ")[0]
    return set(re.findall(r"(?m)^### (\w+)$", section))


def test_the_configuration_and_the_rules_are_valid():
    promtool("check", "config", RULES / "prometheus.yml")
    promtool("check", "rules", *(RULES / name for name in RULE_FILES))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", PROMTOOL_TESTS, ids=lambda path: path.stem)
def test_rules_say_and_alerts_ring_what_they_should(path):
    promtool("test", "rules", path)


def test_each_alert_is_tested_to_be_silent_and_to_ring():
    silent, ringing = set(), set()
    for path in PROMTOOL_TESTS:
        for one in YAML(typ="safe").load(path.read_text())["tests"]:
            for check in one["promql_expr_test"]:
                named = re.findall(r'alertname="(\w+)"', check["expr"])
                (ringing if check["exp_samples"] else silent).update(named)

    assert silent == alerts().keys(), "add a time at which all is well to deploy/prometheus/tests"
    assert ringing == alerts().keys(), "add a time at which it rings to deploy/prometheus/tests"


def test_each_alert_has_its_entry_in_the_runbook_and_each_entry_its_alert():
    assert entries() == alerts().keys()


@pytest.mark.parametrize("name", alerts())
def test_each_alert_says_how_urgent_it_is_what_it_means_and_where_to_read_on(name):
    rule = alerts()[name]

    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{name.lower()}"


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

            ringing = [
                alert["labels"]
                for rule in await rules(http)
                for alert in rule.get("alerts", ())
                if alert["state"] == "firing"
            ]
            assert ringing == []
