"""Texts of the filter grammar, as the one who asks means them: their people, their day."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from services.runtime import clock
from services.runtime.errors import Invalid
from services.task.commands.writing import Store
from services.task.convert.checks import Faults
from services.task.filters.filter import Narrowed, narrowing
from services.task.filters.grammar import parse
from services.task.filters.named import whom
from services.task.filters.where import Where
from services.task.server.calls import need_person


async def filter_meant(store: Store, text: str, faults: Faults, *, field: str) -> Narrowed:
    """What a text asks for; its faults go to the others of the request."""
    _, found = await text_meant(store, text, faults, field=field)
    return found


async def text_meant(
    store: Store, text: str, faults: Faults, *, field: str
) -> tuple[Where, Narrowed]:
    """What a text says and, with its people, asks for."""
    workspace, person = need_person()
    records = await store.roster.of(workspace, (person,))
    zone = ZoneInfo(records[person].person.timezone if person in records else "UTC")
    now = clock.now()
    try:
        where = parse(text, now=now, zone=zone, field=field)
        people = await whom(store.database, workspace, where, me=person, field=field)
    except Invalid as wrong:
        for violation in wrong.violations:
            faults.add(violation.field, violation.detail)
        return Where(), Narrowed()
    return where, narrowing(where, people, now=now)
