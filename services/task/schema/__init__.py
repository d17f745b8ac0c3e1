"""The tables of the schema `task`, typed; the migrations make them, a test compares the two.

Statuses, priorities, marks, roles and event types are the smallints of model.py. Hot tables have
no foreign keys to workspaces and people: each would lock the one row that all writers share
(FOR KEY SHARE), and rows of people are never deleted; the writing statement checks them instead.
"""

from __future__ import annotations

from services.task.schema.attendance import attendance, time_entries
from services.task.schema.base import SCHEMA, metadata
from services.task.schema.care import INDEXES
from services.task.schema.comments import comments
from services.task.schema.core import (
    DUE,
    HIDDEN,
    IMAGE,
    NEVER,
    SHOWN,
    acts,
    events,
    log_head,
    people,
    person_names,
    requests,
    task_assignees,
    task_dependencies,
    task_watchers,
    tasks,
    telegram_accounts,
    tokens,
    workspaces,
)
from services.task.schema.retention import retention
from services.task.schema.templates import templates
from services.task.schema.texts import texts

__all__ = [
    "DUE",
    "HIDDEN",
    "IMAGE",
    "INDEXES",
    "NEVER",
    "SCHEMA",
    "SHOWN",
    "acts",
    "attendance",
    "comments",
    "events",
    "log_head",
    "metadata",
    "people",
    "person_names",
    "requests",
    "retention",
    "task_assignees",
    "task_dependencies",
    "task_watchers",
    "tasks",
    "telegram_accounts",
    "templates",
    "texts",
    "time_entries",
    "tokens",
    "workspaces",
]
