"""How Prometheus is answered: in the form that it asks for, from a small server in each process."""

import asyncio
import time
from contextlib import asynccontextmanager

import httpx
import pytest

from services.gateway import http_metrics
from services.runtime import context, metrics
from services.runtime.exposition import exposing
from services.runtime.settings import load_settings
from services.runtime.version import VERSION

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@asynccontextmanager
async def served(folder, *, ready=lambda: True):
    settings = load_settings({"BOSS_STATE_DIR": str(folder)}).replace(metrics_port=0)
    async with (
        exposing(settings, service="task", ready=ready) as base,
        httpx.AsyncClient(base_url=base, trust_env=False) as client,
    ):
        yield client


@pytest.fixture
def measured(monkeypatch):
    """What the switch says is put back."""
    monkeypatch.setattr(metrics, "_off", False)


def request_took(seconds: float, *, route: str, status: int = 200, request_id: str = "r-1") -> None:
    context.begin(context.Call(request_id))
    now = time.perf_counter()
    http_metrics.took(route, "GET", status, began=now - seconds)


async def test_a_browser_gets_the_plain_form_and_prometheus_the_one_with_exemplars(tmp_path):
    request_took(0.7, route="/slow", request_id="slow-request-1")
    async with served(tmp_path) as client:
        plain = await client.get("/metrics")
        asked = await client.get("/metrics", headers={"Accept": f"{OPENMETRICS},*/*;q=0.1"})

    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "slow-request-1" not in plain.text
    assert asked.headers["content-type"].startswith("application/openmetrics-text")
    assert asked.text.endswith("# EOF\n")
    [line] = [line for line in asked.text.splitlines() if "slow-request-1" in line]
    assert line.startswith('boss_http_duration_seconds_bucket{le="0.75"')


async def test_what_was_quick_leaves_no_exemplar_but_what_failed_does(tmp_path):
    request_took(0.001, route="/quick", request_id="r-quick")
    request_took(0.001, route="/failing", status=503, request_id="r-failed")
    async with served(tmp_path) as client:
        text = (await client.get("/metrics", headers={"Accept": OPENMETRICS})).text

    assert "r-quick" not in text
    assert "r-failed" in text


async def test_failures_are_counted_from_nought(tmp_path):
    http_metrics.expect(["/never"])
    async with served(tmp_path) as client:
        text = (await client.get("/metrics")).text

    assert 'boss_http_errors_total{route="/never"} 0.0' in text
    assert 'boss_db_failures_total{reason="lost"}' in text


async def test_it_tells_whether_it_is_ready_what_runs_and_how_full_the_disk_is(tmp_path):
    async with served(tmp_path, ready=lambda: False) as client:
        text = (await client.get("/metrics")).text
        health = (await client.get("/health")).json()

    assert 'boss_ready{service="task"} 0.0' in text
    assert f'boss_build_info{{version="{VERSION}"}} 1.0' in text
    [free] = [line for line in text.splitlines() if line.startswith("boss_disk_free_ratio ")]
    assert 0 < float(free.split()[1]) < 1
    assert health == {"status": "ok", "ready": False}


@pytest.mark.usefixtures("measured")
async def test_switched_off_it_measures_no_requests(tmp_path):
    metrics.switch(on=False)
    request_took(0.7, route="/unseen", status=500)
    async with served(tmp_path) as client:
        text = (await client.get("/metrics")).text

    assert "/unseen" not in text


async def test_what_is_no_request_is_hung_up_on(tmp_path):
    async with served(tmp_path) as client:
        host, port = client.base_url.host, client.base_url.port
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"\x16\x03\x01 nonsense\r\n\r\n")
        assert b"404" in await reader.readline()
        writer.close()
        assert (await client.get("/metrics")).status_code == 200
