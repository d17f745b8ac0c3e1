"""A real Prometheus with the project's own configuration, over the running system.

Needs Debian's package `prometheus` (prometheus and promtool); `make test` installs it.
"""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlparse

import httpx

from services.cli.ports import Ports
from tests.e2e.system import ROOT

RULES = ROOT / "deploy/prometheus"
RULE_FILES = ("rules.yml", "alerts.yml")


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"install Debian's package prometheus ({name} is missing); make test does"
    return found


def configured(folder: Path, system) -> Path:
    """The project's own configuration, with the addresses of this system."""
    text = (RULES / "prometheus.yml").read_text().replace(": 5s", ": 1s")
    (folder / "targets").mkdir(parents=True)
    for name in RULE_FILES:
        # The rules' own intervals are longer than a test.
        written = re.sub(r"(?m)^    interval: \w+$", "    interval: 1s", (RULES / name).read_text())
        (folder / name).write_text(written)
    groups = [
        {"targets": [urlparse(one.metrics).netloc], "labels": {"service": name}}
        for name, one in system.run.services.items()
    ]
    (folder / "targets/boss.json").write_text(json.dumps(groups))
    (folder / "prometheus.yml").write_text(text)
    return folder / "prometheus.yml"


@asynccontextmanager
async def prometheus(config: Path) -> AsyncIterator[httpx.AsyncClient]:
    """One that scrapes, with the flags of deploy/compose; gives a client of its API."""
    port = Ports().next_free(19090)
    process = await asyncio.create_subprocess_exec(
        program("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={config.parent / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=exemplar-storage",
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            yield http
    finally:
        process.terminate()
        await process.wait()


async def query(http: httpx.AsyncClient, expression: str) -> list:
    """What an expression finds now; nothing where Prometheus does not answer yet."""
    try:
        answer = await http.get("/api/v1/query", params={"query": expression})
    except httpx.TransportError:
        return []
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return []  # it begins
    body = answer.json()
    assert body["status"] == "success", f"{expression}: {body.get('error')}"
    return body["data"]["result"]


async def rules(http: httpx.AsyncClient) -> list[dict]:
    """Every rule that it has, of all groups."""
    groups = (await http.get("/api/v1/rules")).json()["data"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


async def healthy(http: httpx.AsyncClient) -> bool:
    """Whether every rule was evaluated, without an error."""
    return all(rule["health"] == "ok" for rule in await rules(http))
