"""`boss db`: what it says of a real database, and what it does to it."""

import asyncio
import json

import asyncpg
import pytest
from typer.testing import CliRunner

from services.cli import care
from services.cli.commands import app
from services.cli.running import Lock, Run

LIVE, MADE = 2_000, 20_000
# A table of many rows, nine in ten of which are dead; the server does not come between.
DEAD_ROWS = f"""
ALTER TABLE task.requests SET (autovacuum_enabled = false);
INSERT INTO task.requests (workspace_id, actor_id, request_id, method, body_hash, answer, at)
SELECT 1, 1, gen_random_uuid(), 'CreateTask', sha256(n::text::bytea),
    decode(repeat('00', 90), 'hex'), '2026-11-25'::timestamptz + make_interval(secs => n)
FROM generate_series(1, {MADE}) AS n;
DELETE FROM task.requests WHERE extract(second FROM at)::int % {MADE // LIVE} <> 0;
"""  # noqa: S608 -- our own numbers


class Terminal:
    """Somebody who runs `boss db` on a database of the test's own."""

    def __init__(self, url, state):
        self.url, self.state = url, state

    def run(self, *words, code=0):
        result = CliRunner().invoke(app, ["db", *words])
        assert result.exit_code == code, result.output
        return result.stdout if code == 0 else result.output

    def json(self, *words, code=0):
        result = CliRunner().invoke(app, ["db", *words, "--json"])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def sql(self, statements, *more):
        async def run():
            connection = await asyncpg.connect(self.url)
            try:
                for each in (statements, *more):
                    await connection.execute(each)
            finally:
                await connection.close()

        asyncio.run(run())


@pytest.fixture
def terminal(databases, monkeypatch, tmp_path):
    url = databases.new()
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("BOSS_STATE_DIR", str(tmp_path / "state"))
    return Terminal(url, tmp_path / "state")


def row(rows, **wanted):
    (found,) = [one for one in rows if wanted.items() <= one.items()]
    return found


def test_a_vacuum_frees_dead_rows_and_renews_statistics(terminal):
    terminal.sql(DEAD_ROWS)
    before = row(terminal.json("tables"), name="requests")

    done = row(terminal.json("vacuum"), table="task.requests")

    after = row(terminal.json("tables"), name="requests")
    assert (done["dead_before"], done["dead_after"]) == (MADE - LIVE, 0)
    assert (before["vacuumed_at"], before["analyzed_at"]) == (None, None)
    assert after["vacuumed_at"] is not None
    assert after["analyzed_at"] is not None
    assert (after["dead"], after["rows"]) == (0, LIVE)


def test_progress_is_told_table_by_table(terminal):
    lines = terminal.run("vacuum").splitlines()

    names = [line.split()[0] for line in lines]
    assert names == sorted(names)
    assert {"task.tasks", "notify.deliveries", "gateway.sessions"} <= set(names)
    assert all("0 dead rows → 0" in line for line in lines)


def test_only_the_named_tables_are_cared_for(terminal):
    terminal.json("analyze", "events", "task.tasks")

    cared = [one["name"] for one in terminal.json("tables") if one["analyzed_at"]]
    assert sorted(cared) == ["events", "tasks"]


def test_an_unknown_table_is_a_wrong_use_and_nothing_is_done(terminal):
    said = terminal.run("vacuum", "events", "eventz", code=2)

    assert "eventz is none of the tables; there are" in said
    assert "task.events" in said
    assert not any(one["vacuumed_at"] for one in terminal.json("tables"))


def test_a_name_that_two_tables_have_is_asked_back(terminal):
    said = terminal.run("analyze", "people", code=2)

    assert "people could be notify.people or task.people" in said


def test_a_table_that_is_in_use_is_left_and_the_others_are_done(terminal, monkeypatch):
    monkeypatch.setattr(care, "LOCK_WAIT", "20ms")

    async def hold_and_vacuum():
        holder = await asyncpg.connect(terminal.url)
        try:
            await holder.execute("BEGIN; LOCK task.events IN SHARE UPDATE EXCLUSIVE MODE")
            return await asyncio.to_thread(terminal.json, "vacuum", "events", "tasks", code=1)
        finally:
            await holder.close()

    events, tasks = asyncio.run(hold_and_vacuum())

    assert "in use by another such command" in events["refusal"]
    assert tasks["refusal"] is None


def test_who_may_not_vacuum_is_told_so(terminal, monkeypatch):
    terminal.sql("CREATE ROLE onlooker LOGIN; GRANT USAGE ON SCHEMA task TO onlooker")
    monkeypatch.setenv("DATABASE_URL", terminal.url.replace("postgres@", "onlooker@"))

    said = terminal.run("vacuum", "tasks", code=1)

    assert "task.tasks  not done: permission denied to vacuum" in said


def test_bloat_is_near_what_was_deleted(terminal):
    terminal.sql(DEAD_ROWS, "VACUUM ANALYZE task.requests")

    found = terminal.json("bloat")

    table = row(found, table="requests", index=None)
    index = row(found, table="requests", index="requests_pkey")
    assert table["share"] == pytest.approx(0.9, abs=0.05)
    assert index["share"] == pytest.approx(0.9, abs=0.1)
    assert found[0] == table


def test_what_has_just_been_written_is_not_bloated(terminal):
    terminal.sql(DEAD_ROWS, "VACUUM FULL task.requests", "ANALYZE task.requests")

    found = terminal.json("bloat")

    assert row(found, table="requests", index=None)["share"] < 0.15
    assert row(found, table="requests", index="requests_pkey")["share"] < 0.15


def test_small_ones_are_counted_and_listed_when_asked_for(terminal):
    few, every = terminal.run("bloat"), terminal.run("bloat", "--all")

    many = len(terminal.json("bloat"))
    assert f"and {many} of less than 1.0 MB: boss db bloat --all" in few
    assert len([line for line in every.splitlines() if line.startswith("task.")]) > 30
    assert "less than" not in every


def test_what_was_never_analyzed_is_said_to_be_unknown(terminal):
    terminal.sql(DEAD_ROWS)

    said = terminal.run("bloat")

    (line,) = [one for one in said.splitlines() if one.split()[:2] == ["task.requests", "2,000"]]
    assert line.endswith("?")
    assert "not known before the first: boss db analyze" in said


def test_an_index_that_is_used_counts_and_one_that_is_not_is_marked(terminal):
    before = terminal.json("indexes")["indexes"]
    terminal.sql(
        "SET enable_seqscan = off; SET enable_bitmapscan = off;"
        " SELECT FROM task.tasks WHERE workspace_id = 1 AND lower(title) = 'x'"
    )

    after = terminal.json("indexes")["indexes"]

    assert row(before, name="tasks_by_title")["unused"] is True
    used = row(after, name="tasks_by_title")
    assert (used["scans"], used["unused"]) == (1, False)
    assert used["used_at"] is not None
    assert row(after, name="tasks_by_status")["unused"] is True
    # Nothing has read it, and it keeps double answers out.
    assert row(after, name="requests_pkey")["unused"] is False
    assert "tasks_by_title" not in terminal.run("indexes", "--unused")


def test_an_index_that_no_statement_can_use_is_marked(terminal):
    terminal.sql("INSERT INTO task.log_head VALUES (false, 0)")
    with pytest.raises(asyncpg.UniqueViolationError):
        terminal.sql("CREATE UNIQUE INDEX CONCURRENTLY broken ON task.log_head (position)")

    (line,) = [one for one in terminal.run("indexes").splitlines() if one.startswith("broken")]

    assert line.endswith("INVALID: no statement goes by it")


def test_tables_are_listed_with_their_sizes_the_largest_first(terminal):
    terminal.sql(DEAD_ROWS)
    terminal.run("analyze", "requests")

    said = terminal.run("tables").splitlines()
    told = terminal.json("tables")

    heads = ["TABLE", "ROWS", "HEAP", "INDEXES", "TOAST", "VACUUMED", "ANALYZED"]
    assert said[0].split() == heads
    assert said[1].startswith("task.requests")
    assert "2,000" in said[1]
    assert f"in {len(told)} tables." in said[-1]
    assert told[0]["heap_bytes"] > told[0]["index_bytes"] > 0


def test_the_database_of_the_running_system_is_meant_where_no_other_is(terminal, monkeypatch):
    monkeypatch.delenv("DATABASE_URL")
    state = terminal.state
    state.mkdir()
    lock = Lock(state)
    assert lock.take()
    Run(pid=1, url="", started_at="2026-11-25T12:00", database=terminal.url).save(state)

    try:
        assert row(terminal.json("tables"), name="tasks")["rows"] == 0
    finally:
        lock.release()


@pytest.mark.parametrize("command", ["vacuum", "analyze", "bloat", "indexes", "tables"])
def test_without_a_running_system_it_says_how_to_get_one(terminal, monkeypatch, command):
    monkeypatch.delenv("DATABASE_URL")

    said = terminal.run(command, code=1)

    assert "start the system (boss up), or set DATABASE_URL" in said


def test_a_database_that_does_not_answer_is_named(terminal, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"postgresql://x@/x?host={tmp_path}")

    said = terminal.run("tables", code=1)

    assert "the database does not answer" in said
    assert "check DATABASE_URL" in said
