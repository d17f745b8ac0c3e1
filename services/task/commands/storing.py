"""One act in one statement: rows, links, events, the act and the stored answer, or nothing.

What is written is the events' after-images: the statement makes the rows from them, so that log
and state can't differ. It writes only if the people are still those that the decision rested on
and the request id is new; a concurrent duplicate waits at the unique key for the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from services.task.commands.statement import EXISTING, clock_statement, statement
from services.task.model import (
    ActKind,
    Entry,
    PersonId,
    PersonRecord,
    TaskNumber,
    WorkspaceId,
    changed_fields,
    value_of,
)
from services.task.rules.clock import next_instant


class Answer(Protocol):
    """A response as it travels; this layer only keeps its bytes."""

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes:  # noqa: N802
        """The bytes of the response."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a write, under which request id, with which body, and when."""

    workspace: WorkspaceId
    actor: PersonId
    request_id: UUID
    method: str
    body_hash: bytes
    now: datetime
    # Through what the person asks: telegram, web, api, grpc; empty where nobody said.
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """The act of a write: its id, a few words for people, and what it is to undo."""

    id: UUID
    summary: str
    kind: ActKind = ActKind.ACT
    undoes: UUID | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the statement gave one entry: its task's number and its event's id."""

    task: TaskNumber
    event: int


@dataclass(frozen=True, slots=True)
class Written:
    """A write's answer, without what was drawn, and that; nothing drawn: nothing has changed."""

    answer: Answer | bytes
    drawn: tuple[Drawn, ...]


Fetch = Callable[..., Any]


async def store(
    fetch: Fetch,
    asked: Asked,
    *,
    told: Told,
    entries: Sequence[Entry],
    touches: Sequence[Iterable[TaskNumber]],
    people: Iterable[PersonRecord],
    answer: Answer,
    zone: ZoneInfo,
) -> tuple[Drawn, ...]:
    """What was drawn, one for each entry; () where nothing was written.

    Then either the request id is known or one of the people has changed meanwhile. `zone` is the
    workspace's, by which the clock goes that has something to say of the tasks later.
    """
    known = {record.id: record for record in people}
    written = [
        {
            **_written(entry, near),
            "clock_at": next_instant(entry.after, people=known, zone=zone, now=asked.now),
        }
        for entry, near in zip(entries, touches, strict=True)
    ]
    rows = await fetch(
        statement(_parts(written, told)),
        workspace=asked.workspace,
        actor=asked.actor,
        request_id=asked.request_id,
        method=asked.method,
        body_hash=asked.body_hash,
        answer=answer.SerializeToString(),
        act=told.id,
        at=asked.now,
        kind=told.kind.value,
        summary=told.summary,
        undoes=told.undoes,
        origin=asked.origin,
        person_ids=list(known),
        person_versions=[record.touched for record in known.values()],
        sequence=f"task.task_number_{asked.workspace}",
        entries=msgspec.json.encode(written).decode(),
    )
    return tuple(Drawn(task, event) for task, event in rows)


async def store_by_clock(
    fetch: Fetch,
    workspace: WorkspaceId,
    *,
    entries: Sequence[Entry],
    touches: Sequence[Iterable[TaskNumber]],
    clock_at: Sequence[datetime | None],
    now: datetime,
) -> tuple[Drawn, ...]:
    """What was drawn, one for each entry, of what the clock does by itself.

    `clock_at` says for each task when the clock has next something to say of it.
    """
    written = [
        {**_written(entry, near), "clock_at": at}
        for entry, near, at in zip(entries, touches, clock_at, strict=True)
    ]
    rows = await fetch(
        clock_statement(_parts(written)),
        workspace=workspace,
        actor=None,
        request_id=None,
        act=None,
        at=now,
        origin="clock",
        sequence=f"task.task_number_{workspace}",
        entries=msgspec.json.encode(written).decode(),
    )
    return tuple(Drawn(task, event) for task, event in rows)


def _parts(written: Sequence[dict[str, Any]], told: Told | None = None) -> frozenset[str]:
    """The parts of the statement that these entries need."""
    parts = {name for name in ("people", "watchers", "links") if any(e[name] for e in written)}
    if any(entry["before"] is not None for entry in written):
        parts.add(EXISTING)
    if any("assignees" in entry["changed"] for entry in written):
        parts.add("fewer people")
    if told is not None and told.undoes is not None:
        parts.add("undo")
    return frozenset(parts)


def _written(entry: Entry, touches: Iterable[TaskNumber]) -> dict[str, Any]:
    changed: tuple[str, ...] = ()
    before = None
    new = entry.before is None
    if entry.before is not None:
        changed = changed_fields(entry.before, entry.after)
        # Who comes back by an undo comes back with the former mark.
        kept = (*changed, "marks") if "assignees" in changed else changed
        before = {name: value_of(entry.before, name) for name in kept}
    return {
        "number": entry.number,
        "type": entry.type.value,
        "undo": entry.undo,
        "changed": changed,
        "touches": sorted({*touches} - {entry.number}),
        "people": bool(entry.after.assignees)
        if new
        else "assignees" in changed or "marks" in changed,
        "watchers": bool(entry.after.watchers) if new else "watchers" in changed,
        "links": bool(entry.after.depends_on) if new else "depends_on" in changed,
        "before": before,
        "after": entry.after,
        "detail": entry.detail,
    }
