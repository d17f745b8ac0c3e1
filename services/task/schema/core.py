"""Workspaces, people, tasks, the log of what happened, and the ways in."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, UUID

from services.task.schema.base import Ids, Moment, Words, metadata

workspaces = sa.Table(
    "workspaces",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("claimed", sa.Boolean, nullable=False),
    sa.Column("settings", JSONB, nullable=False, server_default="{}"),
    sa.Column("created_at", Moment, nullable=False),
    # The id of the last event that touches it: the etag.
    sa.Column("touched", sa.BigInteger, nullable=False, server_default="0"),
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("workspace_id", sa.BigInteger, sa.ForeignKey("task.workspaces.id"), nullable=False),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("aliases", Words, nullable=False),
    sa.Column("role", sa.SmallInteger, nullable=False),
    sa.Column("department", sa.Text, nullable=False),
    sa.Column("leads", Words, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("working_days", ARRAY(sa.SmallInteger), nullable=False),
    sa.Column("working_hours", sa.Text, nullable=False),
    sa.Column("quiet_hours", sa.Text, nullable=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("telegram_id", sa.BigInteger),
    sa.Column("telegram_username", sa.Text, nullable=False),
    sa.Column("discord_id", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("skills", Words, nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("away_until", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    # The id of the last event that touches the person: the etag, and what writers check.
    sa.Column("touched", sa.BigInteger, nullable=False),
    sa.Index("people_by_telegram", "telegram_id"),
)
# Who has left keeps no account and no name from anybody.
sa.Index(
    "people_telegram",
    people.c.workspace_id,
    people.c.telegram_id,
    unique=True,
    postgresql_where=people.c.status != 3,  # noqa: PLR2004 -- left
)
sa.Index(
    "people_by_workspace",
    people.c.workspace_id,
    sa.func.lower(people.c.display_name),
    people.c.id,
)

# Who has come in from a Telegram account, not only said to have it: so a human is recognised who
# has a person in several workspaces.
telegram_accounts = sa.Table(
    "telegram_accounts",
    metadata,
    sa.Column("person_id", sa.BigInteger, sa.ForeignKey("task.people.id"), primary_key=True),
    sa.Column("telegram_id", sa.BigInteger, nullable=False),
    sa.Column("proven_at", Moment, nullable=False),
)

# Every name, alias and "@username" that a person answers to, folded: one owner per workspace.
person_names = sa.Table(
    "person_names",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("person_id", sa.BigInteger, sa.ForeignKey("task.people.id"), nullable=False),
    sa.Index("person_names_by_person", "person_id"),
)

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("touched", sa.BigInteger, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("status_since", Moment, nullable=False),
    sa.Column("status_by", sa.BigInteger),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("creator", sa.BigInteger),
    sa.Column("deadline", Moment),
    sa.Column("start", Moment),
    sa.Column("estimate_minutes", sa.Integer),
    sa.Column("tags", Words, nullable=False),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("criteria", JSONB, nullable=False),
    sa.Column("parent", sa.BigInteger),
    sa.Column("recurrence", sa.Text, nullable=False),
    sa.Column("requires_approval", sa.Boolean, nullable=False),
    sa.Column("attachments", JSONB, nullable=False),
    sa.Column("revision_count", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("completed_at", Moment),
    sa.Column("submission", sa.Text, nullable=False),
    sa.Column("feedback", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("block_reason", sa.SmallInteger),
    sa.Column("returns_to", sa.SmallInteger),
    sa.Column("delay_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("delay_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("reopen_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("submit_by_one", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("suggested", Ids, nullable=False, server_default="{}"),
    sa.Column("place", sa.Integer, nullable=False, server_default="0"),
    sa.Column("archived_at", Moment),
    sa.Column("repeats", sa.SmallInteger, nullable=False, server_default="1"),
    sa.Column("recurrence_paused", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("occurrence", sa.Integer, nullable=False, server_default="1"),
    sa.Column("successor", sa.BigInteger),
    sa.Column("anchor", Moment),
    sa.Column("legacy_id", sa.Text, nullable=False, server_default=""),
    sa.Column("deleted_at", Moment),
    # No part of the task: when the clock has next something to say of it.
    sa.Column("clock_at", Moment),
)

# The columns that an after-image of the log has. The others are drawn (numbers, event ids), worked
# out from these, or the clock's.
_OUTSIDE = frozenset({"workspace_id", "number", "touched", "clock_at"})
IMAGE = tuple(c.name for c in tasks.c if c.name not in _OUTSIDE)

task_assignees = sa.Table(
    "task_assignees",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("task_number", sa.BigInteger, primary_key=True),
    sa.Column("person_id", sa.BigInteger, primary_key=True),
    sa.Column("place", sa.SmallInteger, nullable=False),
    sa.Column("mark", sa.SmallInteger, nullable=False),
    # The task's, which never changes: a person's list is then read in order from one index.
    sa.Column("created_at", Moment, nullable=False),
    sa.Index("task_assignees_by_person", "workspace_id", "person_id", "created_at", "task_number"),
)

task_watchers = sa.Table(
    "task_watchers",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("task_number", sa.BigInteger, primary_key=True),
    sa.Column("person_id", sa.BigInteger, primary_key=True),
    sa.Column("place", sa.SmallInteger, nullable=False),
    sa.Index("task_watchers_by_person", "workspace_id", "person_id", "task_number"),
)

task_dependencies = sa.Table(
    "task_dependencies",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("task_number", sa.BigInteger, primary_key=True),
    sa.Column("on_number", sa.BigInteger, primary_key=True),
    sa.Column("place", sa.SmallInteger, nullable=False),
    sa.Index("task_dependencies_by_on", "workspace_id", "on_number"),
)

events = sa.Table(
    "events",
    metadata,
    # Drawn under the lock of the row that changes, so ids of one row's events are in true order.
    sa.Column("id", sa.BigInteger, primary_key=True),
    # Given after the commit by task.number_events: gapless and total.
    sa.Column("position", sa.BigInteger, unique=True),
    sa.Column("workspace_id", sa.BigInteger, nullable=False),
    sa.Column("type", sa.SmallInteger, nullable=False),
    sa.Column("task_number", sa.BigInteger),
    sa.Column("person_id", sa.BigInteger),
    sa.Column("actor_id", sa.BigInteger),
    sa.Column("at", Moment, nullable=False),
    sa.Column("act", UUID),
    sa.Column("request_id", UUID),
    # Numbers of the tasks whose shown content the event changes.
    sa.Column("touches", Ids, nullable=False),
    sa.Column("changed", Words, nullable=False),
    sa.Column("before", JSONB),
    sa.Column("after", JSONB),
    sa.Column("undo", sa.Boolean, nullable=False),
    # What is told beside the change, or instead of one: an event without `after` is a notice.
    sa.Column("detail", JSONB),
    sa.Column("origin", sa.Text, nullable=False, server_default=""),
    # Its image was erased: of an image, `after` is empty only then.
    sa.Column("erased", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("events_by_task", "workspace_id", "task_number", "id"),
)
sa.Index("events_unnumbered", events.c.id, postgresql_where=events.c.position.is_(None))
# Histories. Only what is numbered is in them, so that a writer's own statement pays for none.
_NUMBERED = events.c.position.isnot(None)
sa.Index(
    "events_by_workspace",
    events.c.workspace_id,
    events.c.position,
    postgresql_where=_NUMBERED,
)
sa.Index("events_by_actor", events.c.actor_id, events.c.position, postgresql_where=_NUMBERED)
sa.Index(
    "events_by_person",
    events.c.person_id,
    events.c.position,
    postgresql_where=sa.and_(_NUMBERED, events.c.person_id.isnot(None)),
)

# For statistics: when tasks were first started; when a deadline was put off, work sent back, a task
# opened again, or that was undone.
sa.Index(
    "events_of_starts",
    events.c.workspace_id,
    events.c.task_number,
    events.c.at,
    postgresql_where=sa.and_(events.c.type == 3, _NUMBERED),  # noqa: PLR2004 -- started
)
sa.Index(
    "events_of_setbacks",
    events.c.workspace_id,
    events.c.at,
    postgresql_where=sa.and_(
        _NUMBERED, sa.text("changed && '{delay_count,revision_count,reopen_count}'")
    ),
)

log_head = sa.Table(
    "log_head",
    metadata,
    sa.Column("one", sa.Boolean, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
)

acts = sa.Table(
    "acts",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("workspace_id", sa.BigInteger, nullable=False),
    sa.Column("actor_id", sa.BigInteger),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", sa.SmallInteger, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("events", Ids, nullable=False),
    sa.Column("undone_by", UUID),
    sa.Column("undoes", UUID),
    sa.Index("acts_by_actor", "actor_id", "number"),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("workspace_id", sa.BigInteger, primary_key=True),
    sa.Column("actor_id", sa.BigInteger, primary_key=True),
    sa.Column("request_id", UUID, primary_key=True),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("body_hash", BYTEA, nullable=False),
    # The answer without what the statement itself drew: task numbers, event ids, the position.
    sa.Column("answer", BYTEA, nullable=False),
    sa.Column("act", UUID),
    sa.Column("at", Moment, nullable=False),
    sa.Index("requests_by_time", "at", postgresql_using="brin"),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("workspace_id", sa.BigInteger, nullable=False),
    sa.Column("person_id", sa.BigInteger, sa.ForeignKey("task.people.id"), nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("sha256", BYTEA, nullable=False, unique=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_used_at", Moment),
    sa.Column("revoked_at", Moment),
    # The owner's, from the settings or the state folder: a new one ends the former.
    sa.Column("preset", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("tokens_by_person", "person_id"),
)

NEVER = sa.text("'infinity'::timestamptz")
DUE = sa.func.coalesce(tasks.c.deadline, sa.text("'infinity'::timestamptz"))
SHOWN = tasks.c.deleted_at.is_(None)
HIDDEN = sa.or_(tasks.c.deleted_at.isnot(None), tasks.c.archived_at.isnot(None))

sa.Index("tasks_by_creation", tasks.c.workspace_id, tasks.c.created_at, tasks.c.number)
sa.Index("tasks_by_update", tasks.c.workspace_id, tasks.c.updated_at, tasks.c.number)
sa.Index("tasks_by_deadline", tasks.c.workspace_id, DUE, tasks.c.number)
sa.Index("tasks_by_status", tasks.c.workspace_id, tasks.c.status, tasks.c.number)
sa.Index("tasks_by_priority", tasks.c.workspace_id, tasks.c.priority, tasks.c.number)
sa.Index(
    "tasks_by_parent",
    tasks.c.workspace_id,
    tasks.c.parent,
    tasks.c.number,
    postgresql_where=tasks.c.parent.isnot(None),
)
# Statistics are read from it alone, without the rows.
sa.Index(
    "tasks_for_figures",
    tasks.c.workspace_id,
    tasks.c.number,
    postgresql_include=[
        "status",
        "priority",
        "project",
        "created_at",
        "completed_at",
        "deadline",
        "status_since",
        "estimate_minutes",
    ],
    postgresql_where=tasks.c.deleted_at.is_(None),
)
sa.Index("tasks_by_creator", tasks.c.workspace_id, tasks.c.creator, tasks.c.number)
sa.Index(
    "tasks_suggested",
    tasks.c.workspace_id,
    tasks.c.number,
    postgresql_where=tasks.c.suggested != sa.text("'{}'"),
)
# What somebody's count has to leave out.
sa.Index("tasks_hidden", tasks.c.workspace_id, tasks.c.number, postgresql_where=HIDDEN)
sa.Index("tasks_by_clock", tasks.c.clock_at, postgresql_where=tasks.c.clock_at.isnot(None))
sa.Index(
    "tasks_by_former_id",
    tasks.c.workspace_id,
    tasks.c.legacy_id,
    unique=True,
    postgresql_where=sa.and_(tasks.c.legacy_id != "", SHOWN),
)
