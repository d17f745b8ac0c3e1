"""Grafana's dashboards as they are committed: what is generated, complete, and wired together."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.grafana.build import FOLDER, files

ROOT = Path(__file__).resolve().parents[2]
GRAFANA = ROOT / "deploy/grafana"
COMPOSE = (ROOT / "deploy/compose/compose.yml").read_text()
BOARDS = {path.name: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
PANELS = [
    (name, panel)
    for name, board in BOARDS.items()
    for panel in board["panels"]
    if panel["type"] != "row"
]
EXPRESSIONS = [
    (f"{name}: {panel['title']}", target["expr"])
    for name, panel in PANELS
    for target in panel["targets"]
]


def test_the_committed_files_are_what_the_generator_gives():
    committed = {path.name: path.read_text() for path in FOLDER.iterdir()}

    assert committed == files(), "run make dashboards"


def test_every_dashboard_has_all_that_grafana_needs_of_it():
    done = subprocess.run(
        [
            Path(sys.executable).with_name("check-jsonschema"),
            "--schemafile",
            GRAFANA / "dashboard.schema.json",
            *sorted(FOLDER.glob("*.json")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_a_dashboard_for_each_service_and_each_question():
    assert {name.removesuffix(".json") for name in BOARDS} == {
        *("overview", "gateway", "task", "ai", "notify"),
        *("database", "cache", "outside", "slo", "trend", "capacity"),
    }


def test_no_two_dashboards_have_one_uid_or_title():
    for key in ("uid", "title"):
        told = [board[key] for board in BOARDS.values()]

        assert len(set(told)) == len(told)


@pytest.mark.parametrize("name", BOARDS)
def test_panels_have_ids_and_titles_of_their_own_and_lie_beside_each_other(name):
    panels = BOARDS[name]["panels"]
    ids = [panel["id"] for panel in panels]

    assert len(set(ids)) == len(ids)
    for titles in by_row(panels):
        assert len(set(titles)) == len(titles)
    assert [
        (one["title"], other["title"])
        for one, other in itertools.combinations(panels, 2)
        if overlap(one["gridPos"], other["gridPos"])
    ] == []
    assert [panel["title"] for panel in panels if wide(panel["gridPos"])] == []


def by_row(panels) -> list[list[str]]:
    rows: list[list[str]] = []
    for panel in panels:
        if panel["type"] == "row":
            rows.append([])
        else:
            rows[-1].append(panel["title"])
    return rows


def overlap(one, other) -> bool:
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )


def wide(place) -> bool:
    return place["x"] + place["w"] > 24


def test_every_panel_asks_a_datasource_that_is_provisioned():
    provisioned = (GRAFANA / "provisioning/datasources/prometheus.yml").read_text()
    asked = {
        source["uid"]
        for name, panel in PANELS
        for source in (panel["datasource"], *(target["datasource"] for target in panel["targets"]))
    }

    assert [uid for uid in asked if f"uid: {uid}\n" not in provisioned] == []


def test_what_is_provisioned_is_mounted_where_grafana_looks():
    told = (GRAFANA / "provisioning/dashboards/boss.yml").read_text()
    folder = re.search(r"path: (\S+)", told)
    assert folder is not None

    assert f"../grafana/dashboards:{folder[1]}:ro" in COMPOSE
    assert "../grafana/provisioning:/etc/grafana/provisioning:ro" in COMPOSE
    assert f"GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: {folder[1]}/overview.json" in COMPOSE


def test_links_lead_to_dashboards_that_exist():
    uids = {board["uid"] for board in BOARDS.values()}
    led = {link["url"] for _, panel in PANELS for link in panel.get("links", [])}

    assert led, "the overview leads to the others"
    assert {url.removeprefix("/d/") for url in led} <= uids


def test_no_panel_leads_to_the_dashboard_that_it_is_on():
    assert [
        panel["title"]
        for name, panel in PANELS
        for link in panel.get("links", [])
        if link["url"] == f"/d/{BOARDS[name]['uid']}"
    ] == []


@pytest.mark.parametrize("name", BOARDS)
def test_variables_are_those_that_the_expressions_use(name):
    board = BOARDS[name]
    declared = {variable["name"] for variable in board["templating"]["list"]}
    text = json.dumps([panel for of, panel in PANELS if of == name])
    used = {found for found in re.findall(r"\$(\w+)", text) if not found.startswith("__")}

    assert used == declared


def test_no_expression_makes_up_a_value_where_there_is_none():
    assert [where for where, expression in EXPRESSIONS if "vector(" in expression] == []


def test_a_rate_covers_the_scrapes_that_it_needs():
    """Grafana's own interval for what moves; fixed ones only where the window is the meaning."""
    windows = {
        (where, window)
        for where, expression in EXPRESSIONS
        for window in re.findall(r"\[([^\]]+)\]", expression)
    }

    assert {window for _, window in windows} == {
        *("$__rate_interval", "5m", "1h", "1d", "1h:15s", "1d:15s")
    }


def test_every_metric_of_ours_in_a_panel_is_documented():
    documented = (ROOT / "docs/metrics.md").read_text()
    asked = {
        re.sub(r"_(bucket|count|sum)$", "", found)
        for _, expression in EXPRESSIONS
        for found in re.findall(r"(?<![\w:])boss_\w+(?![\w:])", expression)
    }

    assert [metric for metric in sorted(asked) if f"`{metric}`" not in documented] == []
