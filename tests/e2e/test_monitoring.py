"""Prometheus, its alerts and Grafana's panels, by a real Prometheus on the running system.

Needs Debian's package `prometheus` (prometheus and promtool); `make test` installs it.
"""

import asyncio
import json
import shutil
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlparse

import httpx
import pytest

from services.cli.ports import Ports
from tests.e2e.system import ROOT, running, until
from tests.fakes.telegram import TOKEN as BOT
from tests.fakes.telegram import FakeTelegram

DEPLOY = ROOT / "deploy"
DASHBOARDS = sorted((DEPLOY / "grafana/dashboards").glob("*.json"))
# Alerts that hold only where something is wrong: they must evaluate, and be silent.
CHECK_JSONSCHEMA = Path(sys.executable).with_name("check-jsonschema")
QUIET = {"ServiceDown", "SlowHttp", "SlowRpc", "DatabasePoolFull"}


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"install Debian's package prometheus ({name} is missing); make test does"
    return found


def panels() -> list[tuple[str, str]]:
    return [
        (panel["title"], target["expr"])
        for path in DASHBOARDS
        for panel in json.loads(path.read_text())["panels"]
        for target in panel["targets"]
    ]


def configured(folder: Path, system) -> Path:
    """The project's own configuration, with the addresses of this system."""
    text = (DEPLOY / "prometheus/prometheus.yml").read_text().replace(": 5s", ": 1s")
    (folder / "targets").mkdir(parents=True)
    shutil.copy(DEPLOY / "prometheus/alerts.yml", folder)
    groups = [
        {"targets": [urlparse(one.metrics).netloc], "labels": {"service": name}}
        for name, one in system.run.services.items()
    ]
    (folder / "targets/boss.json").write_text(json.dumps(groups))
    (folder / "prometheus.yml").write_text(text)
    return folder / "prometheus.yml"


@asynccontextmanager
async def prometheus(config: Path):
    port = Ports().next_free(19090)
    process = await asyncio.create_subprocess_exec(
        program("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={config.parent / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            yield http
    finally:
        process.terminate()
        await process.wait()


async def query(http: httpx.AsyncClient, expression: str) -> list:
    try:
        answer = await http.get("/api/v1/query", params={"query": expression})
    except httpx.TransportError:
        return []
    body = answer.json()
    assert body["status"] == "success", f"{expression}: {body.get('error')}"
    return body["data"]["result"]


def test_the_configuration_and_the_rules_are_valid():
    for check in (["config", "prometheus.yml"], ["rules", "alerts.yml"]):
        done = subprocess.run(
            [program("promtool"), "check", check[0], DEPLOY / "prometheus" / check[1]],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_its_entry_in_the_runbook():
    runbook = (ROOT / "docs/runbook.md").read_text()
    rules = (DEPLOY / "prometheus/alerts.yml").read_text()
    alerts = [line.split(":")[1].strip() for line in rules.splitlines() if "- alert:" in line]

    assert alerts
    assert [name for name in alerts if f"### {name}" not in runbook] == []


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

                rules = (await http.get("/api/v1/rules")).json()["data"]["groups"][0]["rules"]
                assert {rule["name"] for rule in rules} == QUIET
                await until(lambda: healthy(http), within_s=20)
                assert [rule["name"] for rule in rules if rule.get("alerts")] == []


async def until_found(http: httpx.AsyncClient, expression: str, work) -> list:
    """What an expression finds, once the first samples of its metric are there."""
    for _ in range(10):
        if found := await query(http, expression):
            return found
        await work()
        await asyncio.sleep(1)  # a scrape's interval; there is nothing to wait on
    return []


async def healthy(http: httpx.AsyncClient) -> bool:
    groups = (await http.get("/api/v1/rules")).json()["data"]["groups"]
    return all(rule["health"] == "ok" for group in groups for rule in group["rules"])


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
