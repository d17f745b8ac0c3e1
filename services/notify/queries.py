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
    case,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID, insert

from services.notify.schema import cursors, deliveries, destinations, people
from services.runtime.database import Query

WAITING = deliveries.c.state.in_(("pending", "retrying"))
_TOKEN = bindparam("holder", type_=UUID(as_uuid=True))
_IDS = bindparam("ids", type_=ARRAY(BigInteger))


def _seconds(name: str) -> Any:
    return func.make_interval(0, 0, 0, 0, 0, 0, bindparam(name, type_=Float))


_LEASED = func.now() + _seconds("lease_s")

# The cursor ------------------------------------------------------------------

TAKE_CURSOR = Query(
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
RENEW_CURSOR = Query(
    "notify_renew_cursor",
    update(cursors)
    .where(cursors.c.name == bindparam("cursor"), cursors.c.token == _TOKEN)
    .values(lease_until=_LEASED),
)
FREE_CURSOR = Query(
    "notify_free_cursor",
    update(cursors)
    .where(cursors.c.name == bindparam("cursor"), cursors.c.token == _TOKEN)
    .values(token=None, lease_until=None),
)
MOVE_CURSOR = Query(
    "notify_move_cursor",
    update(cursors)
    .where(
        cursors.c.name == bindparam("cursor"),
        cursors.c.position == bindparam("old", type_=BigInteger),
        cursors.c.token == _TOKEN,
    )
    .values(position=bindparam("new", type_=BigInteger), lease_until=_LEASED),
)
POSITION = Query(
    "notify_position", select(cursors.c.position).where(cursors.c.name == bindparam("cursor"))
)

# People ----------------------------------------------------------------------

_person = insert(people)
SAVE_PERSON = Query(
    "notify_save_person",
    _person.on_conflict_do_update(
        index_elements=[people.c.id],
        set_={c.name: _person.excluded[c.name] for c in people.c if not c.primary_key},
        where=people.c.position < _person.excluded.position,
    ),
)
PEOPLE_FOR_ROUTING = Query(
    "notify_people_for_routing",
    select(people).where(
        or_(
            people.c.id == func.any(_IDS),
            and_(
                people.c.workspace == func.any(bindparam("workspaces", type_=ARRAY(BigInteger))),
                people.c.role.in_(("owner", "boss", "lead")),
            ),
        )
    ),
)
PERSON = Query("notify_person", select(people).where(people.c.id == bindparam("person")))

# Deliveries ------------------------------------------------------------------

NEXT_IDS = Query(
    "notify_next_delivery_ids",
    select(func.nextval("notify.deliveries_id_seq").label("id")).select_from(
        func.generate_series(1, bindparam("number", type_=Integer)).alias("n")
    ),
)
ADD_DELIVERY = Query(
    "notify_add_delivery",
    insert(deliveries).on_conflict_do_nothing(constraint="deliveries_once"),
)
# Also what makes ids rise in the order of commits for each target: it locks the row until the end.
_destination = insert(destinations).values(
    channel=bindparam("at_channel"),
    target=bindparam("at_target"),
    due_at=case((bindparam("due"), func.now()), else_=None),
)
MARK_DUE = Query(
    "notify_mark_destination_due",
    _destination.on_conflict_do_update(
        index_elements=[destinations.c.channel, destinations.c.target],
        set_={"due_at": func.least(destinations.c.due_at, _destination.excluded.due_at)},
    ),
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
CLAIM_DESTINATIONS = Query(
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
KEEP_DESTINATION = Query(
    "notify_keep_destination", update(destinations).where(_MINE).values(lease_until=_LEASED)
)
MOVE_DESTINATION = Query(
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
FREE_DESTINATION = Query(
    "notify_free_destination",
    update(destinations).where(_MINE).values(token=None, lease_until=None, due_at=_head),
)
WAITING_AT = Query(
    "notify_waiting_at",
    select(
        deliveries.c.id,
        deliveries.c.person,
        deliveries.c.act,
        deliveries.c.attempts,
        deliveries.c.news,
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
SETTLE = Query(
    "notify_settle",
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"), WAITING)
    .values(
        state=bindparam("to_state", type_=Text),
        attempts=deliveries.c.attempts + 1,
        last_error=bindparam("reason", type_=Text),
        external_id=bindparam("external", type_=Text),
        sent_at=bindparam("sent", type_=DateTime(timezone=True)),
        next_attempt_at=None,
    ),
)
MERGE = Query(
    "notify_merge",
    update(deliveries)
    .where(deliveries.c.id == func.any(_IDS), WAITING)
    .values(
        state="merged",
        merged_into=bindparam("lead", type_=BigInteger),
        last_error="",
        next_attempt_at=None,
    ),
)
BURY = Query(
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
RETRY_LATER = Query(
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
REVIVE = Query(
    "notify_revive",
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("delivery"),
        deliveries.c.state.in_(("dead", "retrying", "pending", "held")),
    )
    .values(state="pending", attempts=0, next_attempt_at=None),
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

_message = select(
    deliveries.c.id, deliveries.c.task, deliveries.c.created_at, deliveries.c.news
).where(
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
    select(deliveries.c.merged_into, deliveries.c.news)
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
