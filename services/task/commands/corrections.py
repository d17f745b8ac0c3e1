"""What a boss corrects of attendance: changed, added or taken away, with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from services.runtime.database import Fetch, Hot
from services.runtime.errors import Stale
from services.task.attendance import PRESENCE, presence_of
from services.task.commands.attendance import NEAR, Clocked, clocked, grace_of, note
from services.task.commands.presence import attendance_notice, lock_person, write_presence
from services.task.commands.recording import Recorded, perform_recorded
from services.task.commands.storing import Answer, Asked, Written
from services.task.commands.writing import Store
from services.task.model import EventType, PersonId, PersonRecord
from services.task.rules import attendance as rules
from services.task.rules.absent import person_not_found
from services.task.rules.attendance import Correction, Presence

FIND_PERSON_OF = Hot(
    "find_person_of_attendance",
    sa.text(
        """
SELECT person_id FROM task.attendance
WHERE id = CAST(:attendance AS bigint) AND workspace_id = CAST(:workspace AS bigint)
    AND removed_at IS NULL
"""
    ),
)
READ_TO_CORRECT = Hot(
    "read_attendance_to_correct",
    sa.text(
        f"""
SELECT CAST({PRESENCE} AS text) AS presence FROM task.attendance AS presence
WHERE person_id = CAST(:person AS bigint) AND removed_at IS NULL
    AND (day BETWEEN CAST(:first AS date) AND CAST(:last AS date) OR left_at IS NULL
        OR id = CAST(:attendance AS bigint))
ORDER BY came_at FOR UPDATE
"""  # noqa: S608 -- our own words
    ),
)


async def correct(
    store: Store,
    asked: Asked,
    target: int | PersonId,
    correction: Correction,
    *,
    add: bool,
    remove: bool,
    reason: str,
    etag: str,
    compose: Callable[[Clocked | None], Answer],
) -> Written:
    """The answer with the presence as corrected, added, or None where it was taken away.

    `target` is the presence's id, or with `add` the person. Raises NotFound
    ATTENDANCE_NOT_FOUND, PERSON_NOT_FOUND, Stale ETAG_MISMATCH, Conflict ATTENDANCE_OVERLAPS,
    ATTENDANCE_DISORDERED.
    """

    async def work(fetch: Fetch, actor: PersonRecord) -> Recorded:
        rules.require_correct(actor)
        person = PersonId(target) if add else await _person_of(fetch, asked, target)
        record = (await store.roster.of(asked.workspace, (person,))).get(person)
        if record is None:
            raise person_not_found()
        await lock_person(fetch, person)
        grace = await grace_of(store, asked)
        if add:
            rules.require_part(record)
            came_at = correction.came_at or asked.now
            before, presence = None, rules.begin(record, came_at, grace=grace)
        else:
            others = await _around(fetch, person, asked.now, attendance=target)
            before = next((each for each in others if each.id == target), None)
            if before is None:
                raise rules.attendance_not_found()
            _check_etag(before, etag)
            presence = before
        others = await _around(
            fetch, person, correction.came_at or presence.came_at, attendance=presence.id
        )
        after = None
        if not remove:
            after = rules.correct(
                presence, correction, record=record, others=others, now=asked.now, grace=grace
            )
            if before is not None and replace(after, corrected=before.corrected) == before:
                return Recorded((), note(""), compose(clocked(asked, record, before, others)))
            after = await write_presence(fetch, asked.workspace, after)
        else:
            await write_presence(fetch, asked.workspace, presence, removed_at=asked.now)
        shown = None if after is None else clocked(asked, record, after, others)
        late = 0 if shown is None else shown.presence.late_minutes(shown.same_day)
        notice = attendance_notice(
            EventType.ATTENDANCE_CORRECTED,
            after or presence,
            (after or presence).came_at,
            late_minutes=late,
            reason=reason,
            before=_image(before),
            after=_image(after),
        )
        told = note(f"corrected {record.person.display_name}'s attendance")
        return Recorded((notice,), told, compose(shown), (record,))

    return await perform_recorded(store, asked, work)


async def _person_of(fetch: Fetch, asked: Asked, attendance: int) -> PersonId:
    rows = await fetch(FIND_PERSON_OF, attendance=attendance, workspace=asked.workspace)
    if not rows:
        raise rules.attendance_not_found()
    return PersonId(rows[0]["person_id"])


async def _around(
    fetch: Fetch, person: PersonId, moment: datetime, *, attendance: int
) -> list[Presence]:
    """The person's presences of the days round a moment, the open one, and this one."""
    day = moment.date()
    rows = await fetch(
        READ_TO_CORRECT, person=person, first=day - NEAR, last=day + NEAR, attendance=attendance
    )
    return [presence_of(row["presence"]) for row in rows]


def _check_etag(presence: Presence, etag: str) -> None:
    if etag and etag != presence.etag:
        raise Stale(
            "ETAG_MISMATCH",
            "The attendance was changed meanwhile: read it again, then decide again.",
            metadata={"etag": presence.etag},
        )


def _image(presence: Presence | None) -> dict[str, object] | None:
    if presence is None:
        return None
    return {
        "came_at": presence.came_at,
        "left_at": presence.left_at,
        "breaks": presence.breaks,
    }
