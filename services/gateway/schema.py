"""The gateway's tables: who is signed in, the links that sign people in, and the inbox.

Secrets are kept as SHA-256 alone: they are random, so nothing slower is needed.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    MetaData,
    Table,
    Text,
    func,
)

SCHEMA = "gateway"

metadata = MetaData(schema=SCHEMA)

sessions = Table(
    "sessions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("workspace", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("user_agent", Text, nullable=False, server_default=""),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("used_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("sessions_person", "person"),
)

links = Table(
    "links",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("workspace", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    # "web" signs a browser in, "telegram" a Telegram account.
    Column("place", Text, nullable=False),
    Column("created_by", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    # Who used it: a retry of the same use is told the same.
    Column("used_by", Text),
    Index("links_expires_at", "expires_at"),
)
