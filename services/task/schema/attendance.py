"""Who was at work when, and what the time went into."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.task.schema.base import Moment, metadata

attendance = sa.Table(
    "attendance",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("workspace_id", sa.BigInteger, nullable=False),
    sa.Column("person_id", sa.BigInteger, nullable=False),
    # The day of work that it is of, in the person's zone.
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("came_at", Moment, nullable=False),
    sa.Column("left_at", Moment),
    sa.Column("breaks", JSONB, nullable=False),
    # From when on coming is late, by the hours of then; NULL on days off and while away.
    sa.Column("late_from", Moment),
    # What the clock gives it as its end, and when, if nobody says "out".
    sa.Column("ends_at", Moment, nullable=False),
    sa.Column("closes_at", Moment, nullable=False),
    sa.Column("forgotten", sa.Boolean, nullable=False),
    sa.Column("corrected", sa.Boolean, nullable=False),
    # What a correction took away stays, out of sight.
    sa.Column("removed_at", Moment),
    sa.Column("version", sa.Integer, nullable=False),
)
_a = attendance.c
sa.Index(
    "attendance_by_person",
    _a.person_id,
    _a.day,
    _a.came_at,
    postgresql_where=_a.removed_at.is_(None),
)
# One is in once at a time.
sa.Index(
    "attendance_open",
    _a.person_id,
    unique=True,
    postgresql_where=sa.and_(_a.left_at.is_(None), _a.removed_at.is_(None)),
)
sa.Index(
    "attendance_to_close",
    _a.closes_at,
    postgresql_where=sa.and_(_a.left_at.is_(None), _a.removed_at.is_(None)),
)

time_entries = sa.Table(
    "time_entries",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("workspace_id", sa.BigInteger, nullable=False),
    sa.Column("person_id", sa.BigInteger, nullable=False),
    sa.Column("task_number", sa.BigInteger, nullable=False),
    # In the person's zone; of a timer, the day on which it was started.
    sa.Column("day", sa.Date, nullable=False),
    # 0 while a timer runs.
    sa.Column("minutes", sa.Integer, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    # Of what a timer measures.
    sa.Column("began_at", Moment),
    sa.Column("ended_at", Moment),
    sa.Column("ends_at", Moment),
    sa.Column("closes_at", Moment),
    sa.Column("forgotten", sa.Boolean, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("deleted_at", Moment),
    sa.Column("version", sa.Integer, nullable=False),
)
_e = time_entries.c
_kept = _e.deleted_at.is_(None)
_runs = sa.and_(_e.began_at.isnot(None), _e.ended_at.is_(None), _e.deleted_at.is_(None))
sa.Index("time_entries_by_person", _e.person_id, _e.day, _e.id, postgresql_where=_kept)
# Those that were removed too: their notes are erased with the task.
sa.Index("time_entries_of_task", _e.workspace_id, _e.task_number, _e.day, _e.id)
sa.Index("time_entries_by_day", _e.workspace_id, _e.day, _e.id, postgresql_where=_kept)
# One timer runs at a time.
sa.Index("time_entries_running", _e.person_id, unique=True, postgresql_where=_runs)
sa.Index("time_entries_to_close", _e.closes_at, postgresql_where=_runs)
