"""The tables of conversations: chats, their inbox, drafts, and leases of what must run once.

JSON is kept as text: no statement looks into it, and msgspec checks it when it is read. Times that
say when work may be done are the database's; `received_at` and a draft's age are business time.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    func,
    text,
)

from services.gateway.schema import metadata

MOMENT = DateTime(timezone=True)

chats = Table(
    "chats",
    metadata,
    Column("key", Text, primary_key=True),
    # How many messages were ever accepted: who settles sees whether one came meanwhile.
    Column("accepted", BigInteger, nullable=False, server_default="0"),
    # When the next message may be handled; null where none waits.
    Column("ready_at", MOMENT),
    Column("lease_until", MOMENT),
    Column("token", Uuid),
    Column("conversation", Text, nullable=False, server_default="{}"),
    Index("chats_ready", "ready_at", postgresql_where=text("ready_at IS NOT NULL")),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    # telegram:<bot>, token:<id> or session:<id>.
    Column("source", Text, nullable=False),
    # update_id or Idempotency-Key.
    Column("external_id", Text, nullable=False),
    Column("chat", Text, nullable=False),
    # Order within the chat: update_id, or 0 where they come in the order of arrival.
    Column("position", BigInteger, nullable=False, server_default="0"),
    Column("body", Text, nullable=False),
    # The sender's id for the message, and whether this is an edit of it.
    Column("message", Text),
    Column("edit", Boolean, nullable=False, server_default=false()),
    Column("received_at", MOMENT, nullable=False),
    Column("arrived_at", MOMENT, nullable=False, server_default=func.now()),
    # waiting, done or dead.
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", MOMENT),
    Column("decided", Text),
    Column("answer", Text),
    Column("outcome", Text),
    Column("reason", Text),
    # The message that says that it takes longer; the answer replaces it.
    Column("note", Text),
    # The gateway's own message in answer, the tasks that it shows, the act that it can undo.
    Column("card", Text),
    Column("tasks", ARRAY(Text)),
    Column("act", Text),
    Column("settled_at", MOMENT),
    UniqueConstraint("source", "external_id", name="inbox_once"),
    Index("inbox_waiting", "chat", "position", "id", postgresql_where=text("state = 'waiting'")),
    Index("inbox_message", "chat", "message", postgresql_where=text("message IS NOT NULL")),
    Index("inbox_card", "chat", "card", postgresql_where=text("card IS NOT NULL")),
    Index("inbox_act", "act", postgresql_where=text("act IS NOT NULL")),
    Index("inbox_dead", "id", postgresql_where=text("state = 'dead'")),
    Index("inbox_settled", "settled_at", postgresql_where=text("settled_at IS NOT NULL")),
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("chat", Text, nullable=False),
    Column("content", Text, nullable=False),
    # open, done or cancelled.
    Column("state", Text, nullable=False, server_default="open"),
    Column("created_at", MOMENT, nullable=False),
    Column("message", Text),
    Column("tasks", ARRAY(Text), nullable=False, server_default="{}"),
    Index("drafts_created", "created_at"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("token", Uuid, nullable=False),
    Column("until", MOMENT, nullable=False),
)
