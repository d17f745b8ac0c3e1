"""The statements of notify, each with its name."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Float,
    Integer,
    Text,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from services.notify import schema
from services.notify.schema import cursors, deliveries, destinations, people
from services.runtime.database import Hot, Query

# As the index of what waits says it: a bound value would not be known to mean the same.
WAITING = text(f"deliveries.{schema.WAITING}")
_TOKEN = bindparam("holder", type_=UUID(as_uuid=True))
_IDS = bindparam("ids", type_=ARRAY(BigInteger))


def _seconds(name: str) -> Any:
    return func.make_interval(0, 0, 0, 0, 0, 0, bindparam(name, type_=Float))


# As text: it is read by msgspec.
_news = deliveries.c.news.cast(Text).label("news")
_LEASED = func.now() + _seconds("lease_s")

# The cursor ------------------------------------------------------------------

TAKE_CURSOR = Hot(
    "notify_take_cursor",
    update(cursors)
    .where(
        cursors.c.name == bindparam("cursor"),
        or_(
            cursors.c.token.is_(None), cursors.c.token == _TOKEN, cursors.c.lease_until < func.now()
        ),
    )
    .values(token=_TOKEN, lease_until=_LEASED)
    .returning(cursors.c.position),
)
RENEW_CURSOR = Hot(
    "notify_renew_cursor",
    update(cursors)
    .where(cursors.c.name == bindparam("cursor"), cursors.c.token == _TOKEN)
    .values(lease_until=_LEASED)
    .returning(cursors.c.name),
)
FREE_CURSOR = Hot(
    "notify_free_cursor",
    update(cursors)
    .where(cursors.c.name == bindparam("cursor"), cursors.c.token == _TOKEN)
    .values(token=None, lease_until=None),
)
# One row at least where the cursor was moved: those who may hear of the events, those whom they
# name and each workspace's approvers, or a row of nothing. No row where the lease is another's.
MOVE_CURSOR = Hot(
    "notify_move_cursor",
    text("""
WITH moved AS (
  UPDATE notify.cursors
  SET position = CAST(:new AS bigint), lease_until = now() + make_interval(secs => :lease_s)
  WHERE name = :cursor AND position = CAST(:old AS bigint) AND token = CAST(:holder AS uuid)
  RETURNING name
)
SELECT people.* FROM moved LEFT JOIN notify.people
  ON people.id = ANY(CAST(:ids AS bigint[]))
  OR (people.workspace = ANY(CAST(:workspaces AS bigint[]))
      AND people.role IN ('owner', 'boss', 'lead'))
"""),
)
POSITION = Query(
    "notify_position", select(cursors.c.position).where(cursors.c.name == bindparam("cursor"))
)

# People ----------------------------------------------------------------------

# In the order of their ids, in which all lock them; of one person the newest event counts.
SAVE_PEOPLE = Hot(
    "notify_save_people",
    text("""
INSERT INTO notify.people AS known
SELECT told.* FROM jsonb_populate_recordset(
  CAST(NULL AS notify.people), CAST(:people AS jsonb)
) AS told
ORDER BY told.id
ON CONFLICT (id) DO UPDATE
SET workspace = excluded.workspace, name = excluded.name, role = excluded.role,
    department = excluded.department, leads = excluded.leads, language = excluded.language,
    timezone = excluded.timezone, quiet_hours = excluded.quiet_hours,
    telegram_id = excluded.telegram_id, "left" = excluded.left, position = excluded.position
WHERE known.position < excluded.position
"""),
)
PERSON = Hot("notify_person", select(people).where(people.c.id == bindparam("person")))

# Deliveries ------------------------------------------------------------------

# Also what makes ids rise in the order of commits for each target: it locks the rows until the
# end. They are given in one order by all, so that no two wait for each other.
MARK_DUE = Hot(
    "notify_mark_destinations_due",
    text("""
INSERT INTO notify.destinations AS known (channel, target, due_at)
SELECT channel, target, CASE WHEN due THEN now() END
FROM unnest(
  CAST(:channels AS text[]), CAST(:targets AS text[]), CAST(:due AS boolean[])
) AS told (channel, target, due)
ON CONFLICT (channel, target) DO UPDATE SET due_at = least(known.due_at, excluded.due_at)
"""),
)
# A statement of its own, after the locks: only then are the ids drawn. `leads` has the place of
# the one that each is merged into, counted from 1, or null.
ADD_DELIVERIES = Hot(
    "notify_add_deliveries",
    text("""
WITH drawn AS MATERIALIZED (
  SELECT place, nextval('notify.deliveries_id_seq') AS id
  FROM generate_series(1, cardinality(CAST(:targets AS text[]))) AS place
)
INSERT INTO notify.deliveries
  (id, workspace, source, event, channel, target, person, act, task, state, urgent, news,
   last_error, merged_into, sent_at, created_at)
SELECT drawn.id, workspace, source, event, channel, target, person, act, task, state, urgent,
  CAST(news AS jsonb), reason, lead.id,
  CASE WHEN state = 'sent' THEN CAST(:now AS timestamptz) END, CAST(:now AS timestamptz)
FROM unnest(
  CAST(:workspaces AS bigint[]), CAST(:sources AS text[]), CAST(:events AS bigint[]),
  CAST(:channels AS text[]), CAST(:targets AS text[]), CAST(:people AS bigint[]),
  CAST(:acts AS text[]), CAST(:tasks AS bigint[]), CAST(:states AS text[]),
  CAST(:urgent AS boolean[]), CAST(:news AS text[]), CAST(:reasons AS text[]),
  CAST(:leads AS bigint[])
) WITH ORDINALITY AS told (workspace, source, event, channel, target, person, act, task, state,
  urgent, news, reason, lead, place)
JOIN drawn USING (place)
LEFT JOIN drawn AS lead ON lead.place = told.lead
ORDER BY drawn.id
ON CONFLICT ON CONSTRAINT deliveries_once DO NOTHING
"""),
)

_due = (
    select(destinations.c.channel, destinations.c.target)
    .where(
        destinations.c.due_at <= func.now(),
        or_(destinations.c.lease_until.is_(None), destinations.c.lease_until < func.now()),
    )
    .order_by(destinations.c.due_at)
    .limit(bindparam("number", type_=Integer))
    .with_for_update(skip_locked=True)
    .cte("due")
)
CLAIM_DESTINATIONS = Hot(
    "notify_claim_destinations",
    update(destinations)
    .where(destinations.c.channel == _due.c.channel, destinations.c.target == _due.c.target)
    .values(token=func.gen_random_uuid(), lease_until=_LEASED)
    .returning(
        destinations.c.channel,
        destinations.c.target,
        destinations.c.token,
        destinations.c.moved_to,
    ),
)
_MINE = and_(
    destinations.c.channel == bindparam("at_channel"),
    destinations.c.target == bindparam("at_target"),
    destinations.c.token == _TOKEN,
)
KEEP_DESTINATION = Hot(
    "notify_keep_destination",
    update(destinations).where(_MINE).values(lease_until=_LEASED).returning(destinations.c.channel),
)
MOVE_DESTINATION = Hot(
    "notify_move_destination",
    update(destinations).where(_MINE).values(moved_to=bindparam("moved", type_=Text)),
)
_head = (
    select(
        func.greatest(
            func.coalesce(deliveries.c.next_attempt_at, func.now()),
            func.now() + _seconds("pause_s"),
        )
    )
    .where(
        deliveries.c.channel == bindparam("at_channel"),
        deliveries.c.target == bindparam("at_target"),
        WAITING,
    )
    .order_by(deliveries.c.id)
    .limit(1)
    .scalar_subquery()
)
FREE_DESTINATION = Hot(
    "notify_free_destination",
    update(destinations)
    .where(_MINE)
    .values(token=None, lease_until=None, due_at=_head)
    .returning((destinations.c.due_at <= func.now()).label("due")),
)
WAITING_AT = Hot(
    "notify_waiting_at",
    select(
        deliveries.c.id,
        deliveries.c.person,
        deliveries.c.act,
        deliveries.c.attempts,
        deliveries.c.created_at,
        _news,
        func.coalesce(deliveries.c.next_attempt_at <= func.now(), true()).label("due"),
        people.c.telegram_id,
        people.c.timezone,
        people.c.language,
        people.c.left,
    )
    .join_from(deliveries, people, deliveries.c.person == people.c.id)
    .where(
        deliveries.c.channel == bindparam("at_channel"),
        deliveries.c.target == bindparam("at_target"),
        WAITING,
    )
    .order_by(deliveries.c.id)
    .limit(bindparam("number", type_=Integer)),
)
# The first goes out, the others of its act with it. No row where the destination is another's.
SETTLE_SENT = Hot(
    "notify_settle_sent",
    text("""
WITH held AS (
  UPDATE notify.destinations SET lease_until = now() + make_interval(secs => :lease_s)
  WHERE channel = :at_channel AND target = :at_target AND token = CAST(:holder AS uuid)
  RETURNING channel
), merged AS (
  UPDATE notify.deliveries
  SET state = 'merged', merged_into = CAST(:delivery AS bigint), last_error = '',
      next_attempt_at = NULL
  WHERE id = ANY(CAST(:others AS bigint[])) AND state IN ('pending', 'retrying')
    AND EXISTS (SELECT FROM held)
), settled AS (
  UPDATE notify.deliveries
  SET state = 'sent', attempts = attempts + 1, last_error = '', external_id = :external,
      sent_at = :sent, next_attempt_at = NULL
  WHERE id = CAST(:delivery AS bigint) AND state IN ('pending', 'retrying')
    AND EXISTS (SELECT FROM held)
)
SELECT channel FROM held
"""),
)
BURY = Hot(
    "notify_bury",
    update(deliveries)
    .where(deliveries.c.id == func.any(_IDS), WAITING)
    .values(
        state=bindparam("to_state", type_=Text),
        attempts=deliveries.c.attempts + bindparam("tries", type_=Integer),
        last_error=bindparam("reason", type_=Text),
        next_attempt_at=None,
    ),
)
RETRY_LATER = Hot(
    "notify_retry_later",
    update(deliveries)
    .where(deliveries.c.id == func.any(_IDS), WAITING)
    .values(
        state="retrying",
        attempts=deliveries.c.attempts + bindparam("tries", type_=Integer),
        last_error=bindparam("reason", type_=Text),
        next_attempt_at=func.now() + _seconds("after_s"),
    ),
)
REVIVE = Hot(
    "notify_revive",
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("delivery"),
        deliveries.c.state == func.any(bindparam("states", type_=ARRAY(Text))),
    )
    .values(state="pending", attempts=0, next_attempt_at=None)
    .returning(deliveries.c.id),
)
QUEUE = Query(
    "notify_queue",
    select(
        deliveries.c.channel,
        func.count().label("depth"),
        func.extract(
            "epoch",
            func.max(bindparam("now", type_=DateTime(timezone=True)) - deliveries.c.created_at),
        ).label("age_s"),
    )
    .where(WAITING)
    .group_by(deliveries.c.channel),
)

# Reading ---------------------------------------------------------------------

_listed = select(deliveries, people.c.name.label("person_name")).join_from(
    deliveries, people, deliveries.c.person == people.c.id, isouter=True
)
DELIVERY = Query(
    "notify_delivery",
    _listed.where(
        deliveries.c.workspace == bindparam("workspace"),
        deliveries.c.id == bindparam("delivery"),
    ),
)
LIST_DELIVERIES = Query(
    "notify_list_deliveries",
    _listed.where(
        deliveries.c.workspace == bindparam("workspace"),
        deliveries.c.id < bindparam("before", type_=BigInteger),
        deliveries.c.state == func.any(bindparam("states", type_=ARRAY(Text))),
    )
    .order_by(deliveries.c.id.desc())
    .limit(bindparam("number", type_=Integer)),
)
LIST_DELIVERIES_OF = Query(
    "notify_list_deliveries_of",
    LIST_DELIVERIES.statement.where(deliveries.c.person == bindparam("person")),  # type: ignore[attr-defined]
)

_message = select(deliveries.c.id, deliveries.c.task, deliveries.c.created_at, _news).where(
    deliveries.c.person == bindparam("person"),
    deliveries.c.channel == "web",
    deliveries.c.state == "sent",
)
WEB_MESSAGES_AFTER = Query(
    "notify_web_messages_after",
    _message.where(deliveries.c.id > bindparam("after", type_=BigInteger))
    .order_by(deliveries.c.id)
    .limit(bindparam("number", type_=Integer)),
)
LAST_WEB_MESSAGES = Query(
    "notify_last_web_messages",
    _message.order_by(deliveries.c.id.desc()).limit(bindparam("number", type_=Integer)),
)
MERGED_INTO = Query(
    "notify_merged_into",
    select(deliveries.c.merged_into, _news)
    .where(deliveries.c.merged_into == func.any(_IDS))
    .order_by(deliveries.c.id),
)
LAST_WEB_ID = Query(
    "notify_last_web_id",
    select(func.coalesce(func.max(deliveries.c.id), 0)).where(
        deliveries.c.channel == "web", deliveries.c.state == "sent"
    ),
)
NEW_WEB_MESSAGES = Query(
    "notify_new_web_messages",
    select(deliveries.c.id, deliveries.c.person)
    .where(
        deliveries.c.channel == "web",
        deliveries.c.state == "sent",
        deliveries.c.id > bindparam("after", type_=BigInteger),
    )
    .order_by(deliveries.c.id)
    .limit(bindparam("number", type_=Integer)),
)
