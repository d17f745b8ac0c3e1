"""What a revision says to change a table that may be large and in use.

A revision runs in one transaction, and each lock that it asks for is waited for `LOCK_WAIT` at
most: else everybody who comes later would stand in line behind it. What cannot be had so soon rolls
the revision back, and it is tried again (migration.py). So `upgrade()` may be run more than once,
and must only change the database. In it:

- `op.execute("ALTER TABLE … ADD COLUMN … DEFAULT <constant>")` is quick at any size. What writes
  the table anew is not and locks everybody out meanwhile: a stored generated column, a default that
  differs from row to row, another type. Add a plain column (with a trigger where it is derived) and
  fill it `in_batches`.
- `create_index("tasks_by_place", on="task.tasks (workspace_id, place) WHERE place > 0")` for each
  index of a table that an earlier revision made. `on` is what follows ON in CREATE INDEX.
- `ADD CONSTRAINT … NOT VALID` in one revision, `VALIDATE CONSTRAINT` in the next.
- DROP INDEX, DROP COLUMN, CREATE TABLE, CREATE FUNCTION as ever.
- Where a revision makes a trigger or a foreign key on a table and drops something of it later on,
  `LOCK TABLE` comes before both: a lock that grows is a deadlock with each writer who has read.

On an empty table both helpers act at once, inside the transaction. Else they write the step down
in `<schema>.online_steps`, in the revision's own transaction; the runner takes it right after the
commit, outside any transaction, before the next revision. A step that is cut off is still written
down, and the next start does it: an index left invalid is dropped and made again, batches go on.
"""

import sqlalchemy as sa
from alembic import op

from services.runtime.migrate import STEPS_TABLE

LOCK_WAIT = "1s"


def create_index(name: str, *, on: str, unique: bool = False) -> None:
    """Make an index without keeping anybody from reading or writing its table.

    `on` begins with the table's name with its schema: "task.tasks USING gin (tags)".
    """
    table = on.split(maxsplit=1)[0].partition("(")[0]
    kind = "UNIQUE INDEX" if unique else "INDEX"
    if _is_empty(table):
        op.get_bind().exec_driver_sql(f"CREATE {kind} {name} ON {on}")
    else:
        _write_down(table, name, "index", f"CREATE {kind} CONCURRENTLY {name} ON {on}")


def in_batches(name: str, *, table: str, sql: str) -> None:
    """Run a statement on a table again and again, each time in its own transaction, till it ends.

    It says itself which rows still lack something and takes some thousand of them: "UPDATE
    task.tasks SET x = … WHERE ctid = ANY (ARRAY(SELECT ctid FROM task.tasks WHERE x IS NULL
    LIMIT 2000 FOR UPDATE SKIP LOCKED))". It has ended when it changes no row.
    """
    if not _is_empty(table):
        _write_down(table, name, "batches", sql)


def _is_empty(table: str) -> bool:
    found = op.get_bind().scalar(sa.text(f"SELECT EXISTS (SELECT FROM {table})"))  # noqa: S608 -- a revision's own text
    return not found


def _write_down(table: str, name: str, kind: str, sql: str) -> None:
    steps = f"{table.partition('.')[0]}.{STEPS_TABLE}"
    op.get_bind().execute(
        sa.text(f"INSERT INTO {steps} (name, kind, sql) VALUES (:name, :kind, :sql)"),  # noqa: S608 -- our own names
        {"name": name, "kind": kind, "sql": sql},
    )
