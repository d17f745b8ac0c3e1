"""Writing a workspace as a file: records that hold everything, and a table for spreadsheets."""

import csv
import io

import pytest

from services.runtime.errors import Forbidden, Invalid
from tests.integration.task.files import CSV, exported, furnish, records


async def test_a_file_of_records_holds_everything(world, at_work):
    await furnish(world)

    content, progress = await exported(world)

    found = records(content)
    assert [each["kind"] for each in found] == [
        "workspace", *["person"] * 3, "template", *["task"] * 4, "comment", "time", "attendance",
        "end",
    ]  # fmt: skip
    assert (found[0]["name"], found[0]["last_number"], found[0]["version"]) == (
        "My workspace", 4, 1,
    )  # fmt: skip
    assert [each["key"] for each in found[1:4]] == [1, 2, 3]
    assert (found[2]["display_name"], found[2]["role"], found[2]["leads"]) == (
        "Ana", "lead", ["dev"],
    )  # fmt: skip
    first, second, part, gone = found[5:9]
    assert (first["status"], first["status_by"]) == ("in_progress", 3)
    assert first["assignees"] == [{"person": 2}, {"person": 3, "mark": "working"}]
    assert (second["depends_on"], part["parent"]) == ([1], 2)
    assert "deleted_at" in gone
    assert found[9] == {**found[9], "task": 1, "author": 1, "text": "See @Ben\nsoon"}
    assert (found[10]["minutes"], found[10]["note"]) == (90, "Drafts")
    assert found[11]["came_at"].startswith("2026-11-25T08:22")
    assert progress[-1] == (10, 10)
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)


async def test_a_table_holds_the_tasks_and_no_formula(world, at_work):
    await furnish(world)

    content, progress = await exported(world, CSV)

    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    assert [row["id"] for row in rows] == ["T-1", "T-2", "T-3"]
    assert rows[1]["title"] == "'=HYPERLINK(1)"
    assert (rows[0]["assignees"], rows[0]["tags"]) == ("Ana; Ben", r"a\;b; c")
    assert (rows[1]["depends_on"], rows[2]["parent"]) == ("T-1", "T-2")
    assert rows[1]["criteria"] == "[x] Works; [ ] On Safari"
    assert rows[0]["status"] == "in_progress"
    assert progress[-1] == (4, 4)


async def test_only_who_runs_the_workspace_exports_it(world):
    ana = await world.person("Ana", "LEAD", department="dev", leads=["dev"])

    with pytest.raises(Forbidden):
        await exported(world, by=ana)


async def test_a_file_holds_nothing_of_another_workspace(world):
    await world.create("Secret")

    content, _ = await exported(world, by=2)

    assert b"Secret" not in content
    assert [each["kind"] for each in records(content)] == ["workspace", "person", "end"]


async def test_an_unknown_form_is_refused(world):
    with pytest.raises(Invalid):
        await exported(world, 7)
