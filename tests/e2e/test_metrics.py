"""What the four services measure: as docs/metrics.md says it, and tied to the log by exemplars."""

import asyncio
import json
import re
import time
from collections import defaultdict

import asyncpg
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.e2e.prom import configured, prometheus, query
from tests.e2e.system import ROOT, running, until
from tests.e2e.traffic import whole_system

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
EVERY = "every service"
# What belongs to a form of metrics, not to the metric.
OF_THE_FORM = {"le"}


def documented() -> dict[str, dict[str, set[str]]]:
    """The labels of each metric, by the heading under which docs/metrics.md lists it."""
    found: dict[str, dict[str, set[str]]] = defaultdict(dict)
    heading = ""
    for line in (ROOT / "docs/metrics.md").read_text().splitlines():
        if said := re.match(r"\| \*\*(.+)\*\*", line):
            heading = said[1]
        elif said := re.match(r"\| `(boss_\w+)` \| ([\w, ]*)\|", line):
            found[heading][said[1]] = set(re.findall(r"\w+", said[2]))
    return found


async def exposed(system, service: str) -> dict[str, set[str] | None]:
    """The labels of each of our metrics in one service; None where it has no series yet."""
    address = system.run.services[service].metrics
    text = (await system.client.get(address, headers={"Accept": OPENMETRICS})).text
    found = {}
    for family in text_string_to_metric_families(text):
        if family.name.startswith("boss_"):
            name = family.name + ("_total" if family.type == "counter" else "")
            labels = [set(sample.labels) - OF_THE_FORM for sample in family.samples]
            assert all(each == labels[0] for each in labels), name
            found[name] = labels[0] if labels else None
    return found


@pytest.mark.timeout(300)
async def test_what_is_measured_is_what_the_document_lists_with_its_labels(tmp_path):
    listed = documented()
    async with whole_system(tmp_path) as (system, traffic):
        await traffic.round()
        for service in ("task", "ai", "notify", "gateway"):
            found = await exposed(system, service)
            told = listed[EVERY] | listed[service]

            assert found.keys() == told.keys(), service
            differing = {
                name: labels
                for name, labels in found.items()
                if labels is not None and labels != told[name]
            }
            assert differing == {}, service


def lines(system, request_id: str) -> list[dict]:
    """The lines of one request in the logs of all services."""
    return [
        line
        for path in (system.state / "logs").glob("*.log")
        for line in map(parsed, path.read_text().splitlines())
        if line.get("request_id") == request_id
    ]


def parsed(line: str) -> dict:
    try:
        return json.loads(line)
    except ValueError:
        return {}


@pytest.mark.timeout(180)
async def test_a_slow_request_leads_from_its_exemplar_to_its_lines_in_all_services(tmp_path):
    async with running(tmp_path) as system:
        config = configured(tmp_path / "prometheus", system)
        began = time.time()
        async with prometheus(config) as http:
            await until(lambda: query(http, 'up{job="boss"} == 1'), within_s=60)
            task = await system.ask("POST", "/api/tasks", {"title": "Check the invoice"})
            path = f"/api/tasks/{task['id']}"

            # Somebody else holds the row for longer than a request may take.
            holder = await asyncpg.connect(system.run.database)
            transaction = holder.transaction()
            await transaction.start()
            await holder.execute("SELECT 1 FROM task.tasks FOR UPDATE")
            change = asyncio.create_task(
                system.call(
                    "PATCH", path, {"priority": "high"}, If_Match="*", X_Request_Id="slow-one"
                )
            )
            await asyncio.sleep(0.5)  # how slow the request is to be
            await transaction.rollback()
            await holder.close()
            assert (await change).status_code == 200

            async def exemplars(metric: str) -> list[str]:
                answer = await http.get(
                    "/api/v1/query_exemplars",
                    params={"query": metric, "start": began - 10, "end": time.time() + 10},
                )
                return [
                    one["labels"]["request_id"]
                    for series in answer.json()["data"]
                    for one in series["exemplars"]
                ]

            for metric in ("boss_http_duration_seconds_bucket", "boss_rpc_duration_seconds_bucket"):

                async def told(metric: str = metric) -> bool:
                    return "slow-one" in await exemplars(metric)

                await until(told, within_s=30)

        found = {line["service"]: line for line in lines(system, "slow-one")}
        assert found.keys() == {"gateway", "task"}
        assert found["gateway"]["route"] == "/api/tasks/{id}"
        assert found["task"]["method"] == "boss.task.v1.TaskService/UpdateTask"
        assert found["gateway"]["seconds"] >= found["task"]["seconds"] > 0.3
