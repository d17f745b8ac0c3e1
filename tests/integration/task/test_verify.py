"""The check of the log against the state finds whatever somebody has changed behind its back."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from dataclasses import fields

import pytest
import sqlalchemy as sa

from services.task.verify import Report, verify
from tests.integration.task.files import furnish

# What is changed behind the log's back, and what the report says then.
DAMAGE = [
    ("UPDATE task.tasks SET title = 'Other' WHERE number = 1", "tasks", (1, 1)),
    ("UPDATE task.task_assignees SET mark = 3 WHERE task_number = 2", "tasks", (1, 2)),
    ("DELETE FROM task.task_dependencies", "tasks", (1, 2)),
    ("DELETE FROM task.tasks WHERE number = 3", "lost", (1, 3)),
    ("UPDATE task.people SET role = 1 WHERE display_name = 'Ana'", "people", (1, 3)),
    ("DELETE FROM task.person_names WHERE person_id = 3", "names", (1, 3)),
    ("UPDATE task.workspaces SET settings = '{}' WHERE id = 1", "workspaces", (1, 1)),
    ("UPDATE task.comments SET text = 'No'", "comments", (1, 1)),
    ("UPDATE task.comments SET deleted_at = now()", "comments", (1, 1)),
]


async def furnished(world):
    await furnish(world)
    await world.settle(review_threshold=60)


async def damage(world, statement):
    async with world.database.transaction() as connection:
        await connection.execute(sa.text(statement))


@pytest.mark.parametrize(("statement", "part", "named"), DAMAGE)
async def test_damage_is_found_and_named(world, at_work, statement, part, named):
    await furnished(world)
    assert (await verify(world.database)).good

    await damage(world, statement)

    report = await verify(world.database)
    assert not report.good
    found = {each.name: getattr(report, each.name) for each in fields(Report)}
    assert {name: value for name, value in found.items() if value} == {part: (named,)}


async def checked(settings):
    url = settings.database_url.get_secret_value()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.task.verifying", stdin=PIPE, stdout=PIPE
    )
    out, _ = await process.communicate(url.encode())
    return process.returncode, json.loads(out)


async def test_the_program_tells_it_as_json_and_by_its_exit_code(world, task_settings):
    await world.create("Kept")

    code, report = await checked(task_settings)
    assert (code, report["good"]) == (0, True)

    await damage(world, "UPDATE task.tasks SET title = 'Other'")

    code, report = await checked(task_settings)
    assert (code, report["good"], report["tasks"]) == (1, False, [[1, 1]])
