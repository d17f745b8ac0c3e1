"""The tables of the schema `notify`, typed. Written for reading beside `migrations/versions/`.

`target` is where a delivery goes within its channel: `person:<id>` today, a channel of a chat
server tomorrow. It and the source are what makes a delivery unique; the destination of that name
carries the lease and says when there is work.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

SCHEMA = "notify"
WAITING = "state IN ('pending', 'retrying')"

metadata = MetaData(schema=SCHEMA)

# Where the reading of the log is, and who reads: one row a consumer.
cursors = Table(
    "cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("token", UUID(as_uuid=True)),
    Column("lease_until", DateTime(timezone=True)),
)

# People as the log tells of them up to the cursor.
people = Table(
    "people",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("workspace", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("leads", ARRAY(Text), nullable=False),
    Column("language", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("quiet_hours", Text, nullable=False),
    Column("telegram_id", BigInteger),
    Column("left", Boolean, nullable=False),
    Column("position", BigInteger, nullable=False),
    Index("people_workspace_role", "workspace", "role"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("workspace", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("event", BigInteger),
    Column("channel", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("person", BigInteger),
    Column("act", Text, nullable=False),
    Column("task", BigInteger),
    Column("state", Text, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("news", JSONB, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("last_error", Text, nullable=False, server_default=text("''")),
    Column("next_attempt_at", DateTime(timezone=True)),
    Column("merged_into", BigInteger),
    Column("external_id", Text),
    Column("sent_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("source", "channel", "target", name="deliveries_once"),
    # What waits at a destination, in order; small however long the ledger grows.
    Index("deliveries_waiting", "channel", "target", "id", postgresql_where=text(WAITING)),
    Index("deliveries_workspace", "workspace", "id"),
    Index("deliveries_person", "person", "id"),
    # What was given up: few, and counted every few seconds.
    Index("deliveries_dead", "id", postgresql_where=text("state = 'dead'")),
    Index(
        "deliveries_web",
        "id",
        postgresql_where=text("channel = 'web' AND state = 'sent'"),
    ),
    Index("deliveries_merged", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
)

destinations = Table(
    "destinations",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    # When there is work next; null: none.
    Column("due_at", DateTime(timezone=True)),
    Column("token", UUID(as_uuid=True)),
    Column("lease_until", DateTime(timezone=True)),
    # The address that the outside gave in place of the person's.
    Column("moved_to", Text),
    Index("destinations_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)
